"""Isolation as a pure machine: nothing adverse follows from silence, or from anything at all."""

from __future__ import annotations

import re
from dataclasses import fields

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fortnight.followup.day import Act, DayState
from fortnight.isolation.machine import Event, Follows, State, step
from fortnight.isolation.needs import OUTCOMES, Need

HELP = {
    Follows.QUESTION,
    Follows.QUESTION_AGAIN,
    Follows.HELP_TICKET,
    Follows.CARE_TICKET,
    Follows.EMERGENCY_NUMBER,
    Follows.DUTY_RUNG,
    Follows.TICKET_ENDED,
    Follows.KIND_REMINDER,
    Follows.NOTHING,
}
CLOCK = {
    Event.NIGHT,
    Event.MORNING,
    Event.AFTERNOON,
    Event.EVENING,
    Event.LATE,
    Event.MIDNIGHT,
}
SILENT = CLOCK | {Event.PHONE_DEAD, Event.DATA_MISSING, Event.AWAY, Event.AT_HOME}
"""What happens around somebody who says nothing at all."""
FROM_SILENCE = {
    Follows.QUESTION,
    Follows.QUESTION_AGAIN,
    Follows.HELP_TICKET,
    Follows.KIND_REMINDER,
    Follows.NOTHING,
}
ADVERSE = re.compile(
    r"polic|fine|penal|punish|report|breach|violat|escap|warn|extend|longer|late-release|score"
    r"|suspect|court|order|flagged|strike|count"
)
DEPTH = 8


def walked(events: set[Event], depth: int) -> tuple[set[State], set[Follows]]:
    """Return every state and everything that followed, after every sequence of at most so many.

    The machine is a function of its state: each state that can be reached is left once by each
    event, and that is every sequence.
    """
    seen, follows = {State()}, set[Follows]()
    edge = set(seen)
    for _ in range(depth):
        found = [step(state, event) for state in edge for event in events]
        follows |= {one for outcome in found for one in outcome.follows}
        edge = {outcome.state for outcome in found} - seen
        seen |= edge
    return seen, follows


def test_the_list_of_what_may_follow_is_the_list_of_help() -> None:
    assert set(Follows) == HELP
    words = [*Follows, *Act, *DayState, *Event, *Need, *OUTCOMES, *(f.name for f in fields(State))]
    assert [word for word in words if ADVERSE.search(str(word))] == []


def test_every_sequence_of_eight_events_ends_in_help_or_in_nothing() -> None:
    states, follows = walked(set(Event), DEPTH)
    assert follows == HELP
    assert len(states) > 500
    for state in states:
        for event in Event:
            assert set(step(state, event).follows) <= HELP


def test_silence_missing_data_a_dead_phone_and_a_wrong_place_lead_to_one_ticket_at_most() -> None:
    states, follows = walked(SILENT, DEPTH)
    assert follows <= FROM_SILENCE
    assert not any(state.care_open or state.over or state.paused for state in states)


def test_after_eight_silent_steps_nothing_is_different_for_whoever_then_answers() -> None:
    for state in walked(SILENT, DEPTH)[0]:
        after = step(state, Event.SAYS_WELL).state
        assert after.day.state is DayState.ANSWERED
        assert not after.help_open


def test_a_phone_that_is_dead_or_silent_changes_nothing_in_any_state() -> None:
    for state in walked(set(Event), DEPTH)[0]:
        for event in (Event.PHONE_DEAD, Event.DATA_MISSING):
            assert step(state, event).state == state
            assert step(state, event).follows == (Follows.NOTHING,)


def test_wherever_a_phone_is_only_the_reminder_can_follow() -> None:
    for state in walked(set(Event), DEPTH)[0]:
        outcome = step(state, Event.AWAY)
        assert set(outcome.follows) <= {Follows.KIND_REMINDER, Follows.NOTHING}
        same = {f.name for f in fields(State)} - {"reminded"}
        assert all(getattr(outcome.state, name) == getattr(state, name) for name in same)
        if Follows.KIND_REMINDER in outcome.follows:
            assert state.remind_on
            assert not state.paused
            assert 8 * 60 <= state.minute < 21 * 60


def test_whoever_is_in_hospital_or_at_an_appointment_is_left_alone() -> None:
    asking = {Follows.QUESTION, Follows.QUESTION_AGAIN, Follows.HELP_TICKET, Follows.KIND_REMINDER}
    for state in walked(set(Event), DEPTH)[0]:
        for pause in (Event.IN_HOSPITAL, Event.APPOINTMENT):
            paused = step(state, pause).state
            for event in SILENT:
                assert not set(step(paused, event).follows) & asking


def test_a_red_flag_shows_the_number_and_rings_in_every_state_and_at_every_hour() -> None:
    for state in walked(set(Event), DEPTH)[0]:
        if not state.over:
            follows = set(step(state, Event.RED_FLAG).follows)
            assert {Follows.EMERGENCY_NUMBER, Follows.DUTY_RUNG, Follows.CARE_TICKET} <= follows


@given(st.lists(st.sampled_from(list(Event)), max_size=60))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_late_answer_ends_the_ticket_that_silence_opened(events: list[Event]) -> None:
    state = State()
    for event in events:
        state = step(state, event).state
    assert not step(state, Event.LATE_ANSWER).state.help_open or state.over


class AtHome(RuleBasedStateMachine):
    """Somebody at home, for as long as Hypothesis likes."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.asked_today = 0
        self.texts_today = 0

    @rule(event=st.sampled_from(list(Event)))
    def happens(self, event: Event) -> None:
        before = self.state
        outcome = step(before, event)
        assert outcome.follows
        assert set(outcome.follows) <= HELP
        asked = {Follows.QUESTION, Follows.QUESTION_AGAIN} & set(outcome.follows)
        self.texts_today = 0 if event is Event.MIDNIGHT else self.texts_today + len(asked)
        if event is Event.BACK:
            self.texts_today = 0  # asked anew after a pause
        self.state = outcome.state

    @invariant()
    def nobody_is_texted_more_than_three_times_a_day(self) -> None:
        assert self.texts_today <= 3

    @invariant()
    def the_machine_remembers_nothing_of_where_they_were(self) -> None:
        assert {f.name for f in fields(self.state)} == {
            "day",
            "minute",
            "paused",
            "remind_on",
            "reminded",
            "help_open",
            "care_open",
            "over",
        }


AtHome.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAtHome = AtHome.TestCase
