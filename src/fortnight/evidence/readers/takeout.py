"""Google Takeout: Records.json, and the monthly files of the Semantic Location History."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from fortnight.evidence.batches import RawFixes, RawStays, one_name
from fortnight.evidence.columns import source_code
from fortnight.evidence.readers.gather import Fixes, Stays
from fortnight.evidence.readers.records import Records, records
from fortnight.evidence.tabular import from_e7
from fortnight.evidence.times import instants_of
from fortnight.evidence.values import accuracies, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fortnight.evidence.reading import Reading

Value = int | float | str | None


class Record(msgspec.Struct, rename="camel", gc=False):
    """One record of Records.json; what is not named here is not read."""

    latitude: Value = msgspec.field(default=None, name="latitudeE7")
    longitude: Value = msgspec.field(default=None, name="longitudeE7")
    accuracy: Value = None
    source: str | None = None
    timestamp: Value = None
    timestamp_ms: Value = None


class Location(msgspec.Struct, gc=False):
    """A place of the semantic history, or a point of a path there."""

    latitude: Value = msgspec.field(default=None, name="latitudeE7")
    longitude: Value = msgspec.field(default=None, name="longitudeE7")


class PathPoint(msgspec.Struct, rename="camel", gc=False):
    """A recorded point of a path."""

    latitude: Value = msgspec.field(default=None, name="latE7")
    longitude: Value = msgspec.field(default=None, name="lngE7")
    accuracy_meters: Value = None
    timestamp: Value = None
    timestamp_ms: Value = None


class Path(msgspec.Struct, gc=False):
    """The points that were recorded on the way."""

    points: list[PathPoint] = []


class Duration(msgspec.Struct, rename="camel", gc=False):
    """From when to when, in the newer or the older spelling."""

    start_timestamp: Value = None
    end_timestamp: Value = None
    start_timestamp_ms: Value = None
    end_timestamp_ms: Value = None

    def period(self) -> tuple[Value, Value]:
        """Return start and end, whichever way they are spelled."""
        return (
            self.start_timestamp_ms if self.start_timestamp is None else self.start_timestamp,
            self.end_timestamp_ms if self.end_timestamp is None else self.end_timestamp,
        )


class PlaceVisit(msgspec.Struct, rename="camel", gc=False):
    """A stay at a place, with what happened inside it."""

    location: Location = msgspec.field(default_factory=Location)
    duration: Duration = msgspec.field(default_factory=Duration)
    simplified_raw_path: Path = msgspec.field(default_factory=Path)
    child_visits: list[msgspec.Raw] = []


class ActivitySegment(msgspec.Struct, rename="camel", gc=False):
    """A way from one place to another."""

    start_location: Location | None = None
    end_location: Location | None = None
    duration: Duration = msgspec.field(default_factory=Duration)
    simplified_raw_path: Path = msgspec.field(default_factory=Path)


class TimelineObject(msgspec.Struct, rename="camel", gc=False):
    """One entry of a monthly file."""

    place_visit: PlaceVisit | None = None
    activity_segment: ActivitySegment | None = None


def read(reading: Reading) -> Iterator[RawFixes]:
    """Yield the records of a Records.json; those without a place are `not-a-location`."""
    for part in records(reading, Record, "locations"):
        located = []
        for place, one in enumerate(part.items):
            if one.latitude is None and one.longitude is None:
                reading.tally.refuse("not-a-location", part.where(place), "a record of no place")
            else:
                located.append(place)
        yield _record_rows(part.only(located), reading.source.participant)


def _record_rows(part: Records[Record], participant: str) -> RawFixes:
    """Return records as rows."""
    items = part.items
    names, who = one_name(participant, len(items))
    codes = (source_code(one.source) for one in items)
    return RawFixes(
        names,
        who,
        instants_of(
            [one.timestamp_ms if one.timestamp is None else one.timestamp for one in items]
        ),
        _degrees([one.longitude for one in items]),
        _degrees([one.latitude for one in items]),
        accuracies([one.accuracy for one in items]),
        np.fromiter(codes, np.uint8, len(items)),
        part.where,
    )


def read_semantic(reading: Reading) -> Iterator[RawFixes | RawStays]:
    """Yield visits as stays, and as fixes the ends and recorded points of what lay between.

    A visit inside a visit is `nested-visit`: nobody is at two places.
    """
    for part in records(reading, TimelineObject, "timelineObjects"):
        fixes, stays = Fixes(), Stays()
        for place, one in enumerate(part.items):
            where = part.where(place)
            if one.place_visit is not None:
                _add_visit(one.place_visit, where, reading, fixes, stays)
            if one.activity_segment is not None:
                _add_activity(one.activity_segment, where, reading.source.participant, fixes)
            if one.place_visit is None and one.activity_segment is None:
                reading.tally.refuse("not-a-location", where, "neither a visit nor a way")
        yield stays.rows(reading.parameters.visit_accuracy_m)
        yield fixes.rows()


def _add_visit(visit: PlaceVisit, where: str, reading: Reading, fixes: Fixes, stays: Stays) -> None:
    """Take a visit and the points recorded during it; refuse the visits inside it."""
    participant = reading.source.participant
    stays.add(participant, visit.duration.period(), _place(visit.location), where)
    _add_path(visit.simplified_raw_path, where, participant, fixes)
    if visit.child_visits:
        count = len(visit.child_visits)
        reading.tally.refuse("nested-visit", where, f"{count} inside this visit", count)


def _add_activity(way: ActivitySegment, where: str, participant: str, fixes: Fixes) -> None:
    """Take where a way began and ended and the points recorded on it."""
    start, end = way.duration.period()
    if way.start_location is not None:
        fixes.add(participant, start, _place(way.start_location), where)
    if way.end_location is not None:
        fixes.add(participant, end, _place(way.end_location), where)
    _add_path(way.simplified_raw_path, where, participant, fixes)


def _add_path(path: Path, where: str, participant: str, fixes: Fixes) -> None:
    """Take the recorded points of a path."""
    for point in path.points:
        time = point.timestamp_ms if point.timestamp is None else point.timestamp
        fixes.add(participant, time, _place(point), where, point.accuracy_meters)


def _place(location: Location | PathPoint) -> tuple[float, float]:
    """Return longitude and latitude in degrees."""
    lon, lat = _degrees([location.longitude, location.latitude]).tolist()
    return lon, lat


def _degrees(values: list[Value]) -> NDArray[np.float64]:
    """Return degrees of ten-millionths that may stand as text or be missing."""
    return from_e7(numbers(values))
