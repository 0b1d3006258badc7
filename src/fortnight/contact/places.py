"""Place-times: where and when several nearnesses fall together."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.contact.days import by_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

RADIUS_M: Final = 25.0
"""Metres from its middle that a place reaches: the radius of nearness."""

GAP_MS: Final = 3_600_000
"""Longest quiet time (ms) inside one place-time; chosen, see docs/source-chain-places.md."""

DAY_BEGINS: Final = 4
"""Hour at which a place-time ends at the latest: when fewest are out; chosen."""

DECIMALS: Final = 4
"""Decimals of a degree to which a place is told: 11 m, finer than phones indoors can tell."""

CELL_M: Final = 5.0
"""Spots this near are taken together before places are looked for; chosen."""

_EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius, IUGG

Matrix = NDArray[np.float64]
Cell = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Spot:
    """One nearness in space and time: degrees, ms since 1970."""

    lon: float
    lat: float
    start: int
    end: int


class Part(NamedTuple):
    """The part of a spot that lies in a place-time, and its share of the spot's time."""

    spot: int
    start: int
    end: int
    share: float


def groups(
    spots: Sequence[Spot], radius_m: float, zone: ZoneInfo, gap_ms: float = GAP_MS
) -> list[list[Part]]:
    """Return the place-times among spots, by place and time.

    The spot with the most others within ``radius_m`` is the middle of a place, and all within
    the radius belong to it; then the next among those that are left. So no place is wider than
    twice the radius, where joining neighbour to neighbour would make one place of a town. The
    time at a place is parted where nobody was there for longer than ``gap_ms``, and at four in
    the morning. The order of spots does not matter.
    """
    found: list[list[Part]] = []
    for members in _places(spots, radius_m):
        parts = [
            Part(k, part.start, part.end, part.share)
            for k in members
            for part in by_day(spots[k].start, spots[k].end, zone, begins=DAY_BEGINS)
        ]
        found += _runs(parts, zone, gap_ms)
    return found


def count_places(places: Sequence[tuple[float, float]], radius_m: float = RADIUS_M) -> int:
    """Return how many places there are among longitudes and latitudes, whatever the time."""
    return len(_places([Spot(lon, lat, 0, 0) for lon, lat in places], radius_m))


def centre(spots: Sequence[Spot]) -> tuple[float, float]:
    """Return the mean place of spots, rounded to what phones can tell (degrees)."""
    x, y, z = _mean(sphere([(spot.lon, spot.lat) for spot in spots]))
    lon, lat = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
    return round(float(lon), DECIMALS), round(float(lat), DECIMALS)


def sphere(places: Sequence[tuple[float, float]]) -> Matrix:
    """Return earth-centred coordinates (n, 3) in metres of longitudes and latitudes."""
    lon, lat = np.radians(np.array(places, dtype=np.float64).reshape(-1, 2)).T
    ring = np.cos(lat)
    unit = np.column_stack((ring * np.cos(lon), ring * np.sin(lon), np.sin(lat)))
    return np.asarray(_EARTH_RADIUS_M * unit)


def _mean(xyz: Matrix) -> tuple[float, float, float]:
    """Return the mean point; exact sums, so that no order of points shows."""
    x, y, z = (fsum(column) / len(column) for column in xyz.T.tolist())
    return x, y, z


def _places(spots: Sequence[Spot], radius_m: float) -> list[list[int]]:
    """Return the spots of each place, the place with the most first."""
    xyz = sphere([(spot.lon, spot.lat) for spot in spots])
    cells: dict[Cell, list[int]] = {}
    for k, cell in enumerate(_cells(xyz, CELL_M)):
        cells.setdefault(cell, []).append(k)
    points = {cell: np.array(_mean(xyz[cells[cell]])) for cell in sorted(cells)}
    near = _neighbours(points, radius_m)
    weight = {cell: len(members) for cell, members in cells.items()}
    return [
        sorted(k for cell in place for k in cells[cell]) for place in _densest_first(near, weight)
    ]


def _cells(xyz: Matrix, size: float) -> Iterator[Cell]:
    return ((x, y, z) for x, y, z in np.floor(xyz / size).astype(np.int64).tolist())


def _neighbours(
    points: Mapping[Cell, NDArray[np.float64]], radius_m: float
) -> dict[Cell, list[Cell]]:
    """Return for each point the points within the radius, itself among them."""
    blocks: dict[Cell, list[Cell]] = {}
    if points:
        all_points = np.array(list(points.values()))
        for cell, block in zip(points, _cells(all_points, radius_m), strict=True):
            blocks.setdefault(block, []).append(cell)
    found = {}
    for (x, y, z), members in blocks.items():
        steps = itertools.product((-1, 0, 1), repeat=3)
        around = [c for i, j, k in steps for c in blocks.get((x + i, y + j, z + k), ())]
        places = np.array([points[cell] for cell in around])
        for cell in members:
            within = np.linalg.norm(places - points[cell], axis=1) <= radius_m
            found[cell] = [around[k] for k in np.flatnonzero(within).tolist()]
    return found


def _densest_first(
    near: Mapping[Cell, Sequence[Cell]], weight: Mapping[Cell, int]
) -> Iterator[list[Cell]]:
    """Yield places: the point with the most unplaced around it, and those; equals by their cell."""
    free = set(near)
    queue = [(-sum(weight[c] for c in around), cell) for cell, around in near.items()]
    heapq.heapify(queue)
    while queue:
        held, cell = heapq.heappop(queue)
        if cell not in free:
            continue
        around = [c for c in near[cell] if c in free]
        now = -sum(weight[c] for c in around)
        if now > held:  # some were placed since it was counted: it has to wait its turn
            heapq.heappush(queue, (now, cell))
            continue
        free.difference_update(around)
        yield around


def _runs(parts: Sequence[Part], zone: ZoneInfo, gap_ms: float) -> Iterator[list[Part]]:
    """Yield the parts of one place in runs without a quiet time longer than the gap."""
    run: list[Part] = []
    end, day = 0, None
    for part in sorted(parts, key=lambda part: (part.start, part.end, part.spot)):
        its_day = next(by_day(part.start, part.start, zone, begins=DAY_BEGINS)).day
        if run and (part.start > end + gap_ms or its_day != day):
            yield run
            run = []
        end = max(end, part.end) if run else part.end
        day = its_day
        run.append(part)
    if run:
        yield run
