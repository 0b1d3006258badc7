"""Simulated fortnights at home: what phones say of somebody who stays, or leaves for an hour.

Positions are metres east and north of home. A phone's error indoors is made of a part that stays
for hours and a part that forgets itself in 20 minutes; what it claims is a guess of its own that
is too good more often than not. Cell fixes come in runs, kilometres off; dead phones say nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter  # type: ignore[import-untyped]  # SciPy ships no types

from fortnight.isolation.reminder import (
    LEAST_ACCURACY_M,
    MOST_ACCURACY_M,
    RADIUS_M,
    Home,
    Position,
    Watch,
    judge,
)

Floats = NDArray[np.float64]
EVERY_MIN: Final = 5
A_DAY: Final = 24 * 60 // EVERY_MIN
DAYS: Final = 14
HOME: Final = Home(0.0, 0.0)
_METRES_A_DEGREE: Final = 6_371_008.8 * math.pi / 180.0
_LASTING: Final = 72  # fixes for which the slow part of an error stays: 6 hours
_FORGETS: Final = math.exp(-EVERY_MIN / 20.0)
_ONE_SD: Final = 1.515
_SURE_SD: Final = 1.644_854


@dataclass(frozen=True)
class Fixes:
    """What one phone said, in order: minutes since the first midnight, metres, accuracy.

    Accuracy is NaN where the phone said nothing at all.
    """

    minute: NDArray[np.int64]
    east: Floats
    north: Floats
    accuracy: Floats
    cell: NDArray[np.bool_]


def at_home(rng: np.random.Generator, days: int = DAYS) -> Fixes:
    """Return a phone that stays at home: errors of 20 to 60 m (68 %), cell fixes, dead hours."""
    count = days * A_DAY
    true = rng.uniform(20.0, 60.0)
    east, north = (_indoor(rng, count, true) for _ in range(2))
    accuracy = true * rng.lognormal(-0.2, 0.4, count)
    cell = _runs(rng, count, share=0.05, length=12)
    far = rng.uniform(500.0, 2_000.0)
    east, north = (_with_cell(rng, axis, cell, far) for axis in (east, north))
    accuracy = np.where(cell, far * rng.uniform(0.5, 1.5, count), accuracy)
    accuracy[_runs(rng, count, share=0.1, length=36)] = np.nan  # a dead battery, for hours
    accuracy[rng.random(count) < 0.1] = np.nan
    return Fixes(np.arange(count) * EVERY_MIN, east, north, accuracy, cell)


def an_hour_away(rng: np.random.Generator) -> Fixes:
    """Return a day at home with an hour away in it, by day, 300 m to 3 km off."""
    fixes = at_home(rng, days=1)
    begin = int(rng.integers(9 * 12, 19 * 12))
    count = 60 // EVERY_MIN
    off = min(3_000.0, max(300.0, rng.lognormal(math.log(600.0), 0.6)))
    walk = np.minimum(np.arange(count), count - 1 - np.arange(count)) * EVERY_MIN * 72.0
    distance, angle = np.minimum(walk, off), rng.uniform(0.0, 2.0 * math.pi)
    true = rng.uniform(10.0, 40.0)
    there = slice(begin, begin + count)
    only_cell, dead = rng.random() < 0.05, rng.random() < 0.05
    fixes.east[there] = distance * math.cos(angle) + _indoor(rng, count, true)
    fixes.north[there] = distance * math.sin(angle) + _indoor(rng, count, true)
    fixes.accuracy[there] = np.nan if dead else 1_000.0 if only_cell else true
    fixes.cell[there] = only_cell
    return fixes


def reminders(fixes: Fixes) -> int:
    """Return how many reminders a phone's own answers would have held."""
    watch, count = Watch(), 0
    for place in _places(fixes):
        judged = judge(HOME, watch, _position(fixes, place))
        watch, count = judged.watch, count + judged.remind
    return count


def sure_outside(fixes: Fixes) -> NDArray[np.bool_]:
    """Return which fixes are sure to be outside: the rule of `reminder`, for whole arrays."""
    heard = ~np.isnan(fixes.accuracy) & ~fixes.cell & (fixes.accuracy <= MOST_ACCURACY_M)
    sigma = np.maximum(fixes.accuracy, LEAST_ACCURACY_M) / _ONE_SD
    return heard & (np.hypot(fixes.east, fixes.north) > RADIUS_M + _SURE_SD * sigma)


def _places(fixes: Fixes) -> list[int]:
    """Return the fixes that are worth judging: within half an hour of one that is sure.

    Any other that says something ends an outing, and those between outings change nothing.
    """
    sure = np.flatnonzero(sure_outside(fixes))
    near = {place for one in sure for place in range(one - 6, one + 7)}
    heard = ~np.isnan(fixes.accuracy)
    return [place for place in sorted(near) if 0 <= place < len(heard) and heard[place]]


def _position(fixes: Fixes, place: int) -> Position:
    minute = int(fixes.minute[place])
    return Position(
        at=minute * 60_000,
        minute=minute % 1_440,
        lon=float(fixes.east[place]) / _METRES_A_DEGREE,
        lat=float(fixes.north[place]) / _METRES_A_DEGREE,
        accuracy=float(fixes.accuracy[place]),
        source="cell" if fixes.cell[place] else "unknown",
    )


def _indoor(rng: np.random.Generator, count: int, true: float) -> Floats:
    sigma = true / _ONE_SD
    slow = np.repeat(rng.normal(0.0, 1.0, count // _LASTING + 1), _LASTING)[:count]
    fresh = rng.normal(0.0, 1.0, count)
    fresh[1:] *= math.sqrt(1 - _FORGETS**2)
    fast = lfilter([1.0], [1.0, -_FORGETS], fresh)
    mixed: Floats = sigma * (slow + fast) / math.sqrt(2.0)
    return mixed


def _with_cell(
    rng: np.random.Generator, axis: Floats, cell: NDArray[np.bool_], far: float
) -> Floats:
    return np.where(cell, rng.normal(0.0, far / _ONE_SD) + axis, axis)


def _runs(rng: np.random.Generator, count: int, *, share: float, length: int) -> NDArray[np.bool_]:
    marked = np.zeros(count, dtype=np.bool_)
    for start in np.flatnonzero(rng.random(count) < share / length):
        marked[start : start + length] = True
    return marked
