"""Where a case met others: meetings of one place and day together, the most time first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.web.office.drawings import days_drawing, minutes_by_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortnight.case.files import CaseFile, Run
    from fortnight.report.document import EpisodeDocument
    from fortnight.web.office.drawings import Days, Met
    from fortnight.web.office.language import Speech

PLACE_M: Final = 60.0
"""Meetings that are nearer to each other are at one place, in metres: phones know no better."""
_METRES_A_DEGREE: Final = 111_195.0
_LEAST_COSINE: Final = 0.01
_BEFORE: Final = 5
_AFTER: Final = 2


@dataclass(frozen=True, slots=True)
class Place:
    """One place, on one day.

    Attributes
    ----------
    number : int
        From 1, by the time spent with others.
    start, end : int
        Of the first and the last meeting, ms since 1970.
    minutes : float
        Expected, of all contacts together.
    """

    number: int
    day: str
    start: int
    end: int
    lon: float
    lat: float
    minutes: float
    meetings: int
    window: str


def places_of(met: Iterable[Met]) -> tuple[Place, ...]:
    """Return the places of a case's meetings, one row for each day, in the order of time."""
    cells: dict[tuple[int, int], dict[str, list[Met]]] = {}
    for one in met:
        day = one.since.date().isoformat()
        cells.setdefault(_cell(one.episode), {}).setdefault(day, []).append(one)
    ranked = sorted(cells.values(), key=_minutes, reverse=True)
    found = [
        _place(number, day, there)
        for number, days in enumerate(ranked, start=1)
        for day, there in days.items()
    ]
    return tuple(sorted(found, key=lambda place: (place.start, place.number)))


def _cell(one: EpisodeDocument) -> tuple[int, int]:
    across = _METRES_A_DEGREE * max(math.cos(math.radians(one.lat)), _LEAST_COSINE)
    return (
        round(one.lat * _METRES_A_DEGREE / PLACE_M),
        round(one.lon * across / PLACE_M),
    )


def _minutes(days: dict[str, list[Met]]) -> float:
    return sum(one.episode.expected_minutes for met in days.values() for one in met)


def _place(number: int, day: str, met: Sequence[Met]) -> Place:
    longest = max((one.episode for one in met), key=lambda one: one.expected_minutes)
    return Place(
        number=number,
        day=day,
        start=min(one.start for one in met),
        end=max(one.end for one in met),
        lon=longest.lon,
        lat=longest.lat,
        minutes=sum(one.episode.expected_minutes for one in met),
        meetings=len(met),
        window=longest.window,
    )


def days_of(file: CaseFile, run: Run | None, met: Iterable[Met], speech: Speech) -> Days:
    """Return the days of a case's window, with how infectious it was and when it met others."""
    anchor = file.test_day if file.onset_day is None else file.onset_day
    first, last = (anchor - _BEFORE, anchor + _AFTER) if not run or not run.window else run.window
    held = run.held_from_day if run else None
    return days_drawing(file, minutes_by_day(met), first, last, speech, held)
