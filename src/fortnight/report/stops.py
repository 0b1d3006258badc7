"""Letters for the places where the case stayed, so that a map without streets can be read.

A stop is a name on this page alone and decides nothing: stays of the case within 100 m of each
other carry one letter, the longest time is A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.report.local_time import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.report.document import TrackPart

STOP_RADIUS_M: Final = 100.0
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius, IUGG
_STILL: Final = frozenset({"stay", "presumed"})


@dataclass(frozen=True, slots=True)
class Stop:
    """A place where the case stayed: centre (degrees), minutes observed and presumed."""

    letter: str
    lon: float
    lat: float
    minutes: float
    presumed_minutes: float


def stops(track: Sequence[TrackPart]) -> list[Stop]:
    """Return up to 26 lettered stops, the longest time first."""
    groups: list[list[TrackPart]] = []
    for part in sorted(_still(track), key=lambda part: (-_minutes(part), part.start)):
        group = next((g for g in groups if _within(g[0], part.lon, part.lat)), None)
        if group is None:
            groups.append([part])
        else:
            group.append(part)
    groups.sort(key=lambda group: -sum(map(_minutes, group)))
    return [_stop(letter, group) for letter, group in zip(LETTERS, groups, strict=False)]


def stop_at(found: Sequence[Stop], lon: float, lat: float) -> int | None:
    """Return the place in ``found`` of the stop nearest to a point, within 100 m of it."""
    distances = [metres(stop.lon, stop.lat, lon, lat) for stop in found]
    if not distances or min(distances) > STOP_RADIUS_M:
        return None
    return distances.index(min(distances))


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the great-circle distance of two points in metres (haversine)."""
    south, north = math.radians(lat), math.radians(other_lat)
    chord = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south) * math.cos(north) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


def _still(track: Sequence[TrackPart]) -> list[TrackPart]:
    return [part for part in track if part.kind in _STILL]


def _within(part: TrackPart, lon: float, lat: float) -> bool:
    return metres(part.lon, part.lat, lon, lat) <= STOP_RADIUS_M


def _minutes(part: TrackPart) -> float:
    return (parse(part.end) - parse(part.start)).total_seconds() / 60


def _stop(letter: str, group: list[TrackPart]) -> Stop:
    # The longest stay's centre, not a mean: a mean is nobody's place, and breaks at 180 degrees.
    centre = group[0]
    observed = sum(_minutes(part) for part in group if part.kind == "stay")
    presumed = sum(_minutes(part) for part in group if part.kind == "presumed")
    return Stop(letter, centre.lon, centre.lat, observed, presumed)
