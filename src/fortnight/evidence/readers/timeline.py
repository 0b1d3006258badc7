"""The phone's own Timeline.json: an object as Android writes it, a list as iOS does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from fortnight.evidence.readers.gather import Fixes, Stays
from fortnight.evidence.readers.records import records
from fortnight.evidence.times import NO_OFFSET, instant_of, iso
from fortnight.evidence.values import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fortnight.evidence.batches import RawFixes, RawStays
    from fortnight.evidence.reading import Reading

Value = int | float | str | None
# "40.712776°, -74.005974°" on Android, "geo:40.712776,-74.005974" on iOS; latitude comes first
_POINT: Final = re.compile(r"\s*(?:geo:)?\s*([-+.\deE]+)\s*°?\s*,\s*([-+.\deE]+)\s*°?")
_MINUTE_MS: Final = 60_000


class Place(msgspec.Struct, rename="camel", gc=False):
    """A place that is an object rather than text."""

    lat_lng: str | None = None


Point = Place | str | None


class PathPoint(msgspec.Struct, rename="camel", gc=False):
    """A point of a path, with its own time or with minutes since the segment's start."""

    point: Point = None
    time: Value = None
    offset: Value = msgspec.field(default=None, name="durationMinutesOffsetFromStartTime")


class Candidate(msgspec.Struct, rename="camel", gc=False):
    """The place at which a visit probably was."""

    place_location: Point = None


class Visit(msgspec.Struct, rename="camel", gc=False):
    """A stay. Level 0 is a place, 1 a place within that, and so on."""

    hierarchy_level: Value = None
    is_timeless_visit: bool | str | None = None
    top_candidate: Candidate = msgspec.field(default_factory=Candidate)


class Activity(msgspec.Struct, gc=False):
    """A way from one point to another."""

    start: Point = None
    end: Point = None


class Position(msgspec.Struct, rename="camel", gc=False):
    """A raw location as the phone took it."""

    point: Point = msgspec.field(default=None, name="LatLng")
    point_too: Point = msgspec.field(default=None, name="latLng")
    accuracy_meters: Value = None
    source: str | None = None
    timestamp: Value = None


class Entry(msgspec.Struct, rename="camel", gc=False):
    """One semantic segment, or one raw signal."""

    start_time: Value = None
    end_time: Value = None
    timeline_path: list[PathPoint] | None = None
    visit: Visit | None = None
    activity: Activity | None = None
    position: Position | None = None


@dataclass(slots=True)
class Visits:
    """All visits of a file: which of them lie inside others shows only at its end."""

    stays: Stays = field(default_factory=Stays)
    levels: list[float] = field(default_factory=list)


def read(reading: Reading) -> Iterator[RawFixes | RawStays]:
    """Yield visits as stays; path points, ends of activities and raw positions as fixes.

    A visit that overlaps one of a lower level is `nested-visit`: nobody is at two places.
    """
    visits = Visits()
    for part in records(reading, Entry, "semanticSegments", "rawSignals"):
        fixes = Fixes()
        for place, entry in enumerate(part.items):
            if not _add(entry, part.where(place), reading.source.participant, fixes, visits):
                reading.tally.refuse("not-a-location", part.where(place), "it holds no position")
        yield fixes.rows()
    yield _outermost(visits, reading)


def _add(entry: Entry, where: str, who: str, fixes: Fixes, visits: Visits) -> bool:
    """Take what an entry says of places; return whether it says anything of them."""
    if entry.visit is not None:
        _add_visit(entry, entry.visit, where, who, visits)
    for point in entry.timeline_path or ():
        fixes.add(who, _path_time(entry, point), _lon_lat(point.point), where)
    if entry.activity is not None:
        fixes.add(who, entry.start_time, _lon_lat(entry.activity.start), where)
        fixes.add(who, entry.end_time, _lon_lat(entry.activity.end), where)
    if entry.position is not None:
        raw = entry.position
        place = _lon_lat(raw.point if raw.point is not None else raw.point_too)
        fixes.add(who, raw.timestamp, place, where, raw.accuracy_meters, raw.source)
    parts = (entry.visit, entry.timeline_path, entry.activity, entry.position)
    return any(part is not None for part in parts)


def _add_visit(entry: Entry, visit: Visit, where: str, who: str, visits: Visits) -> None:
    """Take one visit; one whose times the phone does not stand by has none."""
    timeless = str(visit.is_timeless_visit).lower() == "true"
    period = (None, None) if timeless else (entry.start_time, entry.end_time)
    visits.stays.add(who, period, _lon_lat(visit.top_candidate.place_location), where)
    level = number(visit.hierarchy_level)
    visits.levels.append(0.0 if np.isnan(level) else level)


def _path_time(entry: Entry, point: PathPoint) -> Value:
    """Return when a path point was passed."""
    if point.time is not None or point.offset is None:
        return point.time
    start, minutes = instant_of(entry.start_time), number(point.offset)
    if start <= NO_OFFSET or not np.isfinite(minutes):
        return entry.start_time if start == NO_OFFSET else None
    return iso(start + round(minutes * _MINUTE_MS))


def _lon_lat(point: Point) -> tuple[str | None, str | None]:
    """Return longitude and latitude of a point as text, None where it cannot be read."""
    text = point.lat_lng if isinstance(point, Place) else point
    match = _POINT.match(text) if text else None
    return (match[2], match[1]) if match else (None, None)


def _outermost(visits: Visits, reading: Reading) -> RawStays:
    """Return the visits that overlap none of a lower level, and refuse the others."""
    rows = visits.stays.rows(reading.parameters.visit_accuracy_m)
    nested = nested_visits(rows.start, rows.end, np.array(visits.levels))
    for row in np.flatnonzero(nested).tolist():
        reading.tally.refuse("nested-visit", rows.where(row), "inside a visit of a lower level")
    return rows.only(np.flatnonzero(~nested))


def nested_visits(
    start: NDArray[np.int64], end: NDArray[np.int64], level: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell for each visit whether it overlaps in time one of a lower level.

    Overlap with any of the lower ones: among those that start before this one ends, the latest
    end lies after this one's start.
    """
    nested = np.zeros(len(level), dtype=bool)
    sound = (start > NO_OFFSET) & (end >= start)
    for upper in np.unique(level)[1:]:
        lower = np.flatnonzero(sound & (level < upper))
        lower = lower[np.argsort(start[lower], kind="stable")]
        if not len(lower):
            continue
        latest = np.maximum.accumulate(end[lower])
        mine = np.flatnonzero(sound & (level == upper))
        before = np.searchsorted(start[lower], end[mine], side="left")
        overlaps = (before > 0) & (latest[np.maximum(before - 1, 0)] > start[mine])
        nested[mine] = overlaps
    return nested
