"""Whether a contact was met where many were: naming one of a crowd takes two people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from fortnight.report.local_time import parse
from fortnight.report.stops import metres

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CROWD: Final = 10
"""Contacts of one case at one place and time that make a crowd."""
NEAR_M: Final = 50.0
"""Metres within which two meetings are at one place."""


class _Episode(msgspec.Struct, frozen=True, gc=False):
    start: str
    end: str
    lon: float
    lat: float


class _Visit(msgspec.Struct, frozen=True, gc=False):
    start: str
    end: str
    venue: str


class MetPart(msgspec.Struct, frozen=True):
    """Where and when the case met a contact on one day: of a `day_parts.DayPart` this alone.

    A page asks it of every contact of a case, and whole parts take four times as long to read.
    """

    episodes: list[_Episode]
    visits: list[_Visit]


class _PlaceTime(NamedTuple):
    start: float  # seconds since 1970
    end: float
    venue: str | None
    lon: float
    lat: float


def is_in_crowd(met: Mapping[str, Sequence[MetPart]], contact: str) -> bool:
    """Tell whether the case met at least `CROWD` contacts where and when it met this one."""
    places = {other: list(_places(parts)) for other, parts in met.items()}
    return any(
        sum(any(_same(own, one) for one in theirs) for theirs in places.values()) >= CROWD
        for own in places.get(contact, ())
    )


def _places(parts: Sequence[MetPart]) -> Iterator[_PlaceTime]:
    for part in parts:
        for one in part.episodes:
            yield _PlaceTime(*_times(one.start, one.end), None, one.lon, one.lat)
        for visit in part.visits:
            yield _PlaceTime(*_times(visit.start, visit.end), visit.venue, 0.0, 0.0)


def _times(start: str, end: str) -> tuple[float, float]:
    return parse(start).timestamp(), parse(end).timestamp()


def _same(one: _PlaceTime, other: _PlaceTime) -> bool:
    if one.start > other.end or other.start > one.end or one.venue != other.venue:
        return False
    return one.venue is not None or metres(one.lon, one.lat, other.lon, other.lat) <= NEAR_M
