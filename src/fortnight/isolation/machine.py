"""The whole of isolation as one pure function: whatever happens, what follows is on a list of help.

`Follows` names everything that the service may do. Nothing on it reports anybody, makes a
release later or is kept against a person, and the store can do nothing that is not on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fortnight.followup import day as one_day
from fortnight.followup.day import Act, Day, DayState, Feeling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Event(StrEnum):
    """What may happen to somebody at home, or to their phone."""

    NIGHT = "night"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    LATE = "late"
    MIDNIGHT = "midnight"
    SAYS_WELL = "says-well"
    SAYS_UNWELL = "says-unwell"
    NEEDS_SOMETHING = "needs-something"
    RED_FLAG = "red-flag"
    LATE_ANSWER = "late-answer"  # for a day that is over
    IN_HOSPITAL = "in-hospital"
    APPOINTMENT = "appointment"
    BACK = "back"
    PHONE_DEAD = "phone-dead"
    DATA_MISSING = "data-missing"
    AT_HOME = "at-home"
    AWAY = "away"  # or located wrongly: nobody can tell
    REMIND_ON = "remind-on"
    REMIND_OFF = "remind-off"
    HELPED = "helped"  # somebody closed a ticket
    RELEASED = "released"


class Follows(StrEnum):
    """Everything that may follow: a closed list."""

    QUESTION = "question"
    QUESTION_AGAIN = "question-again"
    HELP_TICKET = "help-ticket"  # does this person need help?
    CARE_TICKET = "care-ticket"  # they said that they are unwell, or need something
    EMERGENCY_NUMBER = "emergency-number"
    DUTY_RUNG = "duty-rung"
    TICKET_ENDED = "ticket-ended"
    KIND_REMINDER = "kind-reminder"  # to that person alone
    NOTHING = "nothing"


_OF_ACT: Final[Mapping[Act, Follows]] = {
    Act.ASK: Follows.QUESTION,
    Act.REMIND: Follows.QUESTION_AGAIN,
    Act.CALL: Follows.HELP_TICKET,
    Act.SHOW_EMERGENCY: Follows.EMERGENCY_NUMBER,
    Act.RING_DUTY: Follows.DUTY_RUNG,
    Act.LISTEN: Follows.CARE_TICKET,
    Act.END_CALL: Follows.TICKET_ENDED,
}
_MINUTES: Final[Mapping[Event, int]] = {
    Event.NIGHT: 3 * 60,
    Event.MORNING: 10 * 60,
    Event.AFTERNOON: 14 * 60,
    Event.EVENING: 18 * 60,
    Event.LATE: 20 * 60,
}
_FEELINGS: Final[Mapping[Event, Feeling]] = {
    Event.SAYS_WELL: Feeling.WELL,
    Event.SAYS_UNWELL: Feeling.UNWELL,
    Event.NEEDS_SOMETHING: Feeling.NEEDS,
    Event.RED_FLAG: Feeling.RED_FLAG,
}
_CHANGES: Final[Mapping[Event, Callable[[State], State]]] = {
    Event.AT_HOME: lambda state: replace(state, reminded=False),
    Event.REMIND_ON: lambda state: replace(state, remind_on=True),
    Event.REMIND_OFF: lambda state: replace(state, remind_on=False, reminded=False),
    Event.HELPED: lambda state: replace(state, help_open=False, care_open=False),
    Event.RELEASED: lambda state: replace(state, over=True, remind_on=False),
}
_PAUSES: Final = frozenset({Event.IN_HOSPITAL, Event.APPOINTMENT})


@dataclass(frozen=True, slots=True)
class State:
    """One person at home. There is no field in which anything could be held against them."""

    day: Day = field(default_factory=Day)
    minute: int = 0
    paused: bool = False
    remind_on: bool = False
    reminded: bool = False
    help_open: bool = False
    care_open: bool = False
    over: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state after an event, and what followed."""

    state: State
    follows: tuple[Follows, ...]


def step(state: State, event: Event) -> Outcome:
    """Return what follows from an event. After the release nothing does."""
    if state.over:
        return _nothing(state)
    if event in _MINUTES:
        return _clock(state, _MINUTES[event])
    if event in _FEELINGS:
        return _acts(state, one_day.Answered(_FEELINGS[event], state.minute))
    if event is Event.MIDNIGHT:
        return _midnight(state)
    if event in _PAUSES or event is Event.BACK:
        return _pause(state, event)
    return _rest(state, event)


def _pause(state: State, event: Event) -> Outcome:
    back = event is Event.BACK
    done = _acts(state, one_day.Resumed(state.minute) if back else one_day.Paused())
    return Outcome(replace(done.state, paused=not back), done.follows)


def _clock(state: State, minute: int) -> Outcome:
    state = replace(state, minute=max(minute, state.minute))
    return _nothing(state) if state.paused else _acts(state, one_day.Tick(state.minute))


def _midnight(state: State) -> Outcome:
    done = _acts(state, one_day.DayOver())
    fresh = Day(DayState.PAUSED if state.paused else DayState.PLANNED)
    return Outcome(replace(done.state, day=fresh, minute=0, reminded=False), done.follows)


def _rest(state: State, event: Event) -> Outcome:
    """Return what follows from where a phone is, from its silence, and from others' work."""
    if event is Event.AWAY:
        by_day = one_day.WAKING[0] <= state.minute < one_day.WAKING[1]
        if state.remind_on and by_day and not state.paused and not state.reminded:
            return Outcome(replace(state, reminded=True), (Follows.KIND_REMINDER,))
        return _nothing(state)
    if event is Event.LATE_ANSWER:
        ended = (Follows.TICKET_ENDED,) if state.help_open else (Follows.NOTHING,)
        return Outcome(replace(state, help_open=False), ended)
    change = _CHANGES.get(event)
    return _nothing(state if change is None else change(state))


def _acts(state: State, event: one_day.Event) -> Outcome:
    day, acts = one_day.step(state.day, event)
    ended = state.help_open and Act.END_CALL in acts
    follows = tuple(_OF_ACT[act] for act in acts if ended or act is not Act.END_CALL)
    opened = state.help_open or Follows.HELP_TICKET in follows
    new = replace(
        state,
        day=day,
        help_open=opened and not ended,
        care_open=state.care_open or Follows.CARE_TICKET in follows,
    )
    return Outcome(new, follows or (Follows.NOTHING,))


def _nothing(state: State) -> Outcome:
    return Outcome(state, (Follows.NOTHING,))
