"""Whether a contact was met where many were: naming one of a crowd takes two people."""

from __future__ import annotations

from collections import Counter
from datetime import date
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
_DAY: Final = len("2026-03-01")


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
    own: dict[str, list[_PlaceTime]] = {}
    for one in _meetings(met.get(contact, ())):
        for day in _days(one.start, one.end):
            own.setdefault(day, []).append(_place_time(one))
    there = Counter[_PlaceTime]()
    for parts in met.values():
        there.update(_where_both(own, parts))
    return max(there.values(), default=0) >= CROWD


def _where_both(
    own: Mapping[str, Sequence[_PlaceTime]], parts: Sequence[MetPart]
) -> set[_PlaceTime]:
    """Return at which of a contact's own places and times somebody was met too.

    ``own`` is by day: to read an instant takes longer than all else here, and those of other days
    are not read.
    """
    both: set[_PlaceTime] = set()
    for one in _meetings(parts):
        days = _days(one.start, one.end)
        if own.keys().isdisjoint(days):
            continue  # as most: a page asks it of every meeting of a case
        near = {place for day in days for place in own.get(day, ())} - both
        if near:
            other = _place_time(one)
            both.update(place for place in near if _same(place, other))
    return both


def _meetings(parts: Sequence[MetPart]) -> Iterator[_Episode | _Visit]:
    for part in parts:
        yield from part.episodes
        yield from part.visits


def _days(start: str, end: str) -> Sequence[str]:
    """Return the UTC days of a period, as documents write them."""
    day = start[:_DAY]
    if end.startswith(day) and start[-1] == end[-1] == "Z":
        return (day,)
    begun, ended = parse(start).date(), parse(end).date()
    days = range(begun.toordinal(), ended.toordinal() + 1)
    return [date.fromordinal(day).isoformat() for day in days]


def _place_time(one: _Episode | _Visit) -> _PlaceTime:
    if isinstance(one, _Visit):
        return _PlaceTime(*_times(one.start, one.end), one.venue, 0.0, 0.0)
    return _PlaceTime(*_times(one.start, one.end), None, one.lon, one.lat)


def _times(start: str, end: str) -> tuple[float, float]:
    return parse(start).timestamp(), parse(end).timestamp()


def _same(one: _PlaceTime, other: _PlaceTime) -> bool:
    if one.start > other.end or other.start > one.end or one.venue != other.venue:
        return False
    return one.venue is not None or metres(one.lon, one.lat, other.lon, other.lat) <= NEAR_M
