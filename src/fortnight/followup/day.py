"""One day of one person's follow-up: asked, reminded twice, then a person calls. Pure.

    planned -> asked -> reminded -> reminded-again -> to-call -> answered

Whoever answers, early or late, has answered. Silence leads to a call that asks whether help is
needed, and to nothing else: there is no other state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

HOUR: Final = 60  # minutes
WHOLE_DAY: Final = 24 * HOUR
ASK_FROM: Final = 10 * HOUR
"""Minute of the day from which people are asked, where they are."""
WAKING: Final = (8 * HOUR, 21 * HOUR)
"""Minutes of the day between which people are texted: as quiet hours have it."""
BETWEEN: Final = 4 * HOUR
"""Minutes between a question and a reminder, and between two reminders."""
BEFORE_CALL: Final = 2 * HOUR
"""Minutes after the last reminder after which a person calls."""


class DayState(StrEnum):
    """Where a day stands."""

    PLANNED = "planned"
    ASKED = "asked"
    REMINDED = "reminded"
    REMINDED_AGAIN = "reminded-again"
    TO_CALL = "to-call"
    ANSWERED = "answered"
    PAUSED = "paused"  # in hospital, or at an appointment: nobody asks


class Act(StrEnum):
    """What follows from a step: a closed list, and nothing on it harms anybody."""

    ASK = "ask"
    REMIND = "remind"
    CALL = "call"  # a ticket: does this person need help?
    SHOW_EMERGENCY = "show-emergency"
    RING_DUTY = "ring-duty"
    LISTEN = "listen"  # a ticket: they said that they are worse, or need something
    END_CALL = "end-call"  # they were heard of: a call that silence asked for is not needed


class Feeling(StrEnum):
    """What an answer comes to."""

    WELL = "well"
    NEEDS = "needs"  # something, such as food
    UNWELL = "unwell"
    RED_FLAG = "red-flag"


@dataclass(frozen=True, slots=True)
class Day:
    """A day, and since which minute of it (0 to 1,439, where they are) it stands so."""

    state: DayState = DayState.PLANNED
    since: int = 0
    by_voice: bool = False  # never texted: called


@dataclass(frozen=True, slots=True)
class Tick:
    """It is this minute of the day, where they are."""

    minute: int


@dataclass(frozen=True, slots=True)
class Answered:
    """They answered, by whatever way and whenever."""

    feeling: Feeling
    minute: int = 0


@dataclass(frozen=True, slots=True)
class DayOver:
    """It is past midnight, where they are."""


@dataclass(frozen=True, slots=True)
class Paused:
    """They are in hospital, or have an appointment."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """They are back."""

    minute: int = 0


Event: TypeAlias = Tick | Answered | DayOver | Paused | Resumed
Step: TypeAlias = tuple[Day, tuple[Act, ...]]

_NEXT: Final = {
    DayState.ASKED: (DayState.REMINDED, BETWEEN, Act.REMIND),
    DayState.REMINDED: (DayState.REMINDED_AGAIN, BETWEEN, Act.REMIND),
    DayState.REMINDED_AGAIN: (DayState.TO_CALL, BEFORE_CALL, Act.CALL),
}
_UNANSWERED: Final = frozenset({DayState.ASKED, DayState.REMINDED, DayState.REMINDED_AGAIN})


def step(day: Day, event: Event) -> Step:
    """Return the day after an event, and what is to be done."""
    match event:
        case Tick(minute):
            return _tick(day, minute)
        case Answered(feeling, minute):
            return _answered(day, feeling, minute)
        case DayOver():
            return _over(day)
        case Paused():
            return _paused(day)
        case Resumed(minute):
            state = DayState.PLANNED if day.state is DayState.PAUSED else day.state
            return Day(state, minute, day.by_voice), ()


def next_minute(day: Day, minute: int) -> int | None:
    """Return the next minute of a day at which the clock may do something; None for none.

    Where nothing is done at ``minute``, nothing is done before the one that is returned.
    """
    _, wait, _ = _NEXT.get(day.state, (day.state, WHOLE_DAY, Act.ASK))
    later = sorted(one for one in (WAKING[0], ASK_FROM, day.since + wait) if one > minute)
    return next((one for one in later if one < WAKING[1]), None)


def _tick(day: Day, minute: int) -> Step:
    if not WAKING[0] <= minute < WAKING[1]:
        return day, ()
    if day.state is DayState.PLANNED:
        return _first(day, minute) if minute >= ASK_FROM else (day, ())
    state, wait, act = _NEXT.get(day.state, (day.state, WHOLE_DAY, Act.ASK))
    if minute - day.since < wait:
        return day, ()
    return Day(state, minute, day.by_voice), (act,)


def _first(day: Day, minute: int) -> Step:
    """Ask; whoever is served by voice alone is called instead."""
    if day.by_voice:
        return Day(DayState.TO_CALL, minute, day.by_voice), (Act.CALL,)
    return Day(DayState.ASKED, minute), (Act.ASK,)


def _answered(day: Day, feeling: Feeling, minute: int) -> Step:
    acts = {
        Feeling.WELL: (),
        Feeling.NEEDS: (Act.LISTEN,),
        Feeling.UNWELL: (Act.LISTEN,),
        Feeling.RED_FLAG: (Act.SHOW_EMERGENCY, Act.RING_DUTY, Act.LISTEN),
    }[feeling]
    return Day(DayState.ANSWERED, minute, day.by_voice), (*acts, Act.END_CALL)


def _over(day: Day) -> Step:
    """End a day. Where it ended before its reminders did, the call is what is left."""
    if day.state in _UNANSWERED:
        return Day(DayState.TO_CALL, day.since, day.by_voice), (Act.CALL,)
    return day, ()


def _paused(day: Day) -> Step:
    state = day.state if day.state is DayState.ANSWERED else DayState.PAUSED
    return Day(state, day.since, day.by_voice), (Act.END_CALL,)
