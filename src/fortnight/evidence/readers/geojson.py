"""GeoJSON: a collection of features, features one after another, or one feature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from fortnight.evidence import columns
from fortnight.evidence.readers.gather import Fixes
from fortnight.evidence.readers.records import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fortnight.evidence.batches import RawFixes
    from fortnight.evidence.reading import Reading

_TIMES: Final = ("coordtimes", "times", "timestamps", "coordinatetimes")  # one for each vertex
# how deep lists stand around the positions of a geometry
_DEPTH: Final = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2}


class Geometry(msgspec.Struct, gc=False):
    """Where a feature is."""

    type: str | None = None
    coordinates: object = None


class Feature(msgspec.Struct, gc=False):
    """One feature; its properties say who, when and how exactly."""

    geometry: Geometry | None = None
    properties: dict[str, object] | None = None


def read(reading: Reading) -> Iterator[RawFixes]:
    """Yield points, and the vertices of lines with the times that stand beside them.

    Areas and features without a place are `not-a-location`.
    """
    for part in records(reading, Feature, "features", "locations"):
        fixes = Fixes()
        for place, feature in enumerate(part.items):
            where = part.where(place)
            if not _add(feature, where, reading.source.participant, fixes):
                kind = feature.geometry.type if feature.geometry else "no geometry"
                reading.tally.refuse("not-a-location", where, f"{kind}")
        yield fixes.rows()


@dataclass(frozen=True, slots=True)
class Roles:
    """Which properties of a feature mean what: those of each role, the likeliest first."""

    participant: tuple[str, ...]
    user: tuple[str, ...]
    device: tuple[str, ...]
    time: tuple[str, ...]
    times: tuple[str, ...]  # a list of times, one for each vertex
    accuracy: tuple[str, ...]
    source: tuple[str, ...]


@lru_cache(maxsize=1024)
def _roles(names: tuple[str, ...]) -> Roles:
    """Return the roles of properties by their names. A name is a title, an id a number."""

    def spelled(spellings: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for one in spellings for name in names if columns.spelling(name) == one)

    return Roles(
        participant=spelled(columns.PARTICIPANT),
        user=spelled(columns.USER),
        device=spelled(columns.DEVICE),
        time=spelled(columns.TIME),
        times=spelled(_TIMES),
        accuracy=spelled(columns.ACCURACY),
        source=spelled(columns.SOURCE),
    )


def _add(feature: Feature, where: str, participant: str, fixes: Fixes) -> bool:
    """Take the points of a feature; return whether it is of a kind that has any."""
    geometry = feature.geometry
    depth = _DEPTH.get(geometry.type or "") if geometry else None
    if geometry is None or depth is None:
        return False
    told = feature.properties or {}
    roles = _roles(tuple(told))
    who = _participant(told, roles) or participant
    vertices = _flattened(geometry.coordinates, depth)
    times = _times(told, roles, depth, len(vertices))
    accuracy, source = _first(told, roles.accuracy), _first(told, roles.source)
    for vertex, time in zip(vertices, times, strict=True):
        fixes.add(who, time, _place(vertex), where, accuracy, source)
    return bool(vertices)


def _flattened(coordinates: object, depth: int) -> Sequence[object]:
    """Return all positions of a geometry, whose lists are nested `depth` deep around them."""
    if depth == 0:
        return [coordinates]
    if not isinstance(coordinates, list):
        return []
    if depth == 1:
        return coordinates
    return [vertex for line in coordinates if isinstance(line, list) for vertex in line]


def _place(vertex: object) -> tuple[object, object]:
    """Return longitude and latitude of a position."""
    if isinstance(vertex, list) and len(vertex) >= 2:  # noqa: PLR2004 - longitude and latitude
        return vertex[0], vertex[1]
    return None, None


def _times(told: Mapping[str, object], roles: Roles, depth: int, count: int) -> Sequence[object]:
    """Return a time for each vertex, from the list beside them; a lone point has the feature's.

    Where the list is shorter, the vertices beyond it have no time.
    """
    if depth == 0:
        return [_first(told, roles.time)]
    listed = _first(told, roles.times)
    beside = told.get("coordinateProperties")
    if listed is None and isinstance(beside, dict):
        listed = _first(beside, _roles(tuple(beside)).times)
    if not isinstance(listed, list):
        return [None] * count
    nested = any(isinstance(one, list) for one in listed)
    flat = _flattened(listed, 2 if nested else 1)
    return [*flat[:count], *[None] * (count - len(flat))]


def _participant(told: Mapping[str, object], roles: Roles) -> str | None:
    """Return whom a feature names, None if nobody."""
    own = _first(told, roles.participant)
    if own is not None:
        return str(own) if isinstance(own, (str, int)) else None
    both = (_first(told, roles.user), _first(told, roles.device))
    return "/".join(str(one) for one in both if isinstance(one, (str, int)) and one != "") or None


def _first(told: Mapping[str, object], names: Sequence[str]) -> object:
    """Return the first of some properties that says something."""
    for name in names:
        value = told[name]
        if value is not None:
            return value
    return None
