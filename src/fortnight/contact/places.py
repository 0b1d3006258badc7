"""Place-times: where and when several nearnesses fall together."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RADIUS_M: Final = 25.0
"""Metres within which two spots are one place: the radius of nearness."""

GAP_MS: Final = 3_600_000
"""Longest quiet time (ms) inside one place-time; chosen, see docs/source-chain-places.md."""

DECIMALS: Final = 4
"""Decimals of a degree to which a place is told: 11 m, finer than phones indoors can tell."""

_EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius, IUGG
_REACH: Final = 2  # cells of radius/√3 that a radius can span beside the own

Matrix = NDArray[np.float64]
Cell = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Spot:
    """One nearness in space and time: degrees, ms since 1970."""

    lon: float
    lat: float
    start: int
    end: int


def groups(spots: Sequence[Spot], radius_m: float, gap_ms: float = GAP_MS) -> list[list[int]]:
    """Return the place-times among spots, as places in ``spots``.

    Two spots belong together if they are within ``radius_m`` of each other and no more than
    ``gap_ms`` apart in time, or if other spots join them so (single linkage). What belongs
    together does not depend on the order of the spots.
    """
    joined = _Joined(len(spots))
    xyz = sphere([(spot.lon, spot.lat) for spot in spots])
    runs = _runs(spots, xyz, radius_m, gap_ms, joined)
    for here, there in _neighbours(runs):
        for a, b in itertools.product(runs[here], runs[there]):
            if _close_in_time(spots, a, b, gap_ms) and not joined.same(a[0], b[0]):
                _join_near(spots, xyz, a, b, radius_m, gap_ms, joined)
    return joined.sets()


def groups_of_places(places: Sequence[tuple[float, float]], radius_m: float = RADIUS_M) -> int:
    """Return how many places there are among longitudes and latitudes, whatever the time."""
    return len(groups([Spot(lon, lat, 0, 0) for lon, lat in places], radius_m))


def centre(spots: Sequence[Spot]) -> tuple[float, float]:
    """Return the mean place of spots, rounded to what phones can tell (degrees)."""
    xyz = sphere([(spot.lon, spot.lat) for spot in spots])
    x, y, z = (fsum(column) for column in xyz.T.tolist())
    lon, lat = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
    return round(float(lon), DECIMALS), round(float(lat), DECIMALS)


def sphere(places: Sequence[tuple[float, float]]) -> Matrix:
    """Return earth-centred coordinates (n, 3) in metres of longitudes and latitudes."""
    lon, lat = np.radians(np.array(places, dtype=np.float64).reshape(-1, 2)).T
    ring = np.cos(lat)
    unit = np.column_stack((ring * np.cos(lon), ring * np.sin(lon), np.sin(lat)))
    return np.asarray(_EARTH_RADIUS_M * unit)


class _Joined:
    """Numbers that are joined two by two into sets."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, k: int) -> int:
        """Return the number that stands for the set of ``k``, and shorten the way to it."""
        while self._parent[k] != k:
            self._parent[k] = self._parent[self._parent[k]]
            k = self._parent[k]
        return k

    def same(self, a: int, b: int) -> bool:
        """Tell whether two are in one set."""
        return self.find(a) == self.find(b)

    def join(self, a: int, b: int) -> None:
        """Make one set of two."""
        low, high = sorted((self.find(a), self.find(b)))
        self._parent[high] = low

    def sets(self) -> list[list[int]]:
        """Return the sets, each in order, by their lowest number."""
        found: dict[int, list[int]] = {}
        for k in range(len(self._parent)):
            found.setdefault(self.find(k), []).append(k)
        return [found[k] for k in sorted(found)]


def _runs(
    spots: Sequence[Spot], xyz: Matrix, radius_m: float, gap_ms: float, joined: _Joined
) -> dict[Cell, list[list[int]]]:
    """Return the spots by cell, each cell's in runs of time, and join those of a run.

    A cell's diagonal is the radius, so all of a cell are near each other and only time can part
    them: a sweep does, where comparing all with all would not end at a place with many.
    """
    cells: dict[Cell, list[int]] = {}
    corners = np.floor(xyz / (radius_m / 3**0.5)).astype(np.int64)
    for k, (x, y, z) in enumerate(corners.tolist()):
        cells.setdefault((x, y, z), []).append(k)
    runs = {}
    for cell, members in cells.items():
        members.sort(key=lambda k: (spots[k].start, spots[k].end, k))
        runs[cell] = list(_swept(spots, members, gap_ms))
        for run in runs[cell]:
            for k in run[1:]:
                joined.join(run[0], k)
    return runs


def _swept(spots: Sequence[Spot], members: Sequence[int], gap_ms: float) -> Iterator[list[int]]:
    """Yield members (by start) in runs without a quiet time longer than the gap."""
    run: list[int] = []
    end = 0
    for k in members:
        if run and spots[k].start > end + gap_ms:
            yield run
            run = []
        end = max(end, spots[k].end) if run else spots[k].end
        run.append(k)
    yield run


def _neighbours(runs: dict[Cell, list[list[int]]]) -> Iterator[tuple[Cell, Cell]]:
    """Yield each pair of held cells that a radius can span, once."""
    steps = [
        step for step in itertools.product(range(-_REACH, _REACH + 1), repeat=3) if step > (0, 0, 0)
    ]
    for x, y, z in sorted(runs):
        for i, j, k in steps:
            there = (x + i, y + j, z + k)
            if there in runs:
                yield (x, y, z), there


def _close_in_time(
    spots: Sequence[Spot], a: Sequence[int], b: Sequence[int], gap_ms: float
) -> bool:
    starts = [min(spots[k].start for k in run) for run in (a, b)]
    ends = [max(spots[k].end for k in run) for run in (a, b)]
    return starts[1] <= ends[0] + gap_ms and starts[0] <= ends[1] + gap_ms


def _join_near(
    spots: Sequence[Spot],
    xyz: Matrix,
    a: Sequence[int],
    b: Sequence[int],
    radius_m: float,
    gap_ms: float,
    joined: _Joined,
) -> None:
    """Join two runs if any of the one is near any of the other in space and time."""
    starts = np.array([spots[k].start for k in b])
    ends = np.array([spots[k].end for k in b])
    for k in a:
        near = np.linalg.norm(xyz[list(b)] - xyz[k], axis=1) <= radius_m
        near &= (starts <= spots[k].end + gap_ms) & (ends >= spots[k].start - gap_ms)
        if near.any():
            joined.join(k, b[0])
            return
