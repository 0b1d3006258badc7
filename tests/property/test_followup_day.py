"""A day of follow-up at every minute: when people are asked, and that silence is a call."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from fortnight.followup.day import (
    WAKING,
    Act,
    Answered,
    Day,
    DayOver,
    DayState,
    Feeling,
    Paused,
    Resumed,
    Tick,
    step,
)

MINUTES = st.integers(0, 1_439)
TEXTS = {Act.ASK, Act.REMIND}


def run(minutes: list[int], day: Day | None = None) -> tuple[Day, list[tuple[int, Act]]]:
    """Return the day, and what was done at which minute, of ticks in order."""
    day, done = day or Day(), []
    for minute in sorted(minutes):
        day, acts = step(day, Tick(minute))
        done += [(minute, act) for act in acts]
    return day, done


def test_a_silent_day_is_a_question_two_reminders_and_a_call() -> None:
    day, done = run(list(range(1_440)))
    assert done == [
        (600, Act.ASK),
        (840, Act.REMIND),
        (1_080, Act.REMIND),
        (1_200, Act.CALL),
    ]
    assert day.state is DayState.TO_CALL


def test_whoever_is_served_by_voice_is_called_and_never_texted() -> None:
    day, done = run(list(range(1_440)), Day(by_voice=True))
    assert done == [(600, Act.CALL)]
    assert day.by_voice


@given(st.lists(MINUTES, max_size=80))
@settings(deadline=None)
def test_nobody_is_texted_at_night_nor_more_than_three_times(minutes: list[int]) -> None:
    _, done = run(minutes)
    texts = [minute for minute, act in done if act in TEXTS]
    assert len(texts) <= 3
    assert all(WAKING[0] <= minute < WAKING[1] for minute, _ in done)
    assert all(later - sooner >= 240 for sooner, later in pairwise(texts))


@given(st.lists(MINUTES, max_size=80))
@settings(deadline=None)
def test_whoever_was_asked_and_is_silent_is_called_once_at_the_latest_at_midnight(
    minutes: list[int],
) -> None:
    day, done = run(minutes)
    over, acts = step(day, DayOver())
    called = [act for _, act in done if act is Act.CALL] + [act for act in acts if act is Act.CALL]
    asked = any(act is Act.ASK for _, act in done)
    assert len(called) == (1 if asked else 0)
    assert step(over, DayOver()) == (over, ())


@given(st.lists(MINUTES, max_size=30), st.lists(MINUTES, max_size=30), st.sampled_from(Feeling))
@settings(deadline=None)
def test_an_answer_ends_the_day_whenever_it_comes(
    before: list[int], after: list[int], feeling: Feeling
) -> None:
    day, _ = run(before)
    answered, acts = step(day, Answered(feeling, 900))
    assert answered.state is DayState.ANSWERED
    assert Act.END_CALL in acts
    assert (Act.SHOW_EMERGENCY in acts) is (feeling is Feeling.RED_FLAG)
    assert (Act.RING_DUTY in acts) is (feeling is Feeling.RED_FLAG)
    assert run(after, answered)[1] == []


@given(st.lists(MINUTES, max_size=30), st.lists(MINUTES, max_size=30))
@settings(deadline=None)
def test_a_pause_asks_nothing_and_its_end_begins_the_day_anew(
    before: list[int], during: list[int]
) -> None:
    day, _ = run(before)
    paused, _ = step(day, Paused())
    assert run(during, paused)[1] == []
    back, acts = step(paused, Resumed(700))
    assert acts == ()
    assert back.state is DayState.PLANNED
    assert run([720], back)[1] == [(720, Act.ASK)]
