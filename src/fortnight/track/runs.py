"""Runs of fixes at one place: how far one reaches, and where its centre is.

A point is a row ``(time ms, x, y, z, accuracy m)`` of a float64 matrix, sorted by time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel

if TYPE_CHECKING:
    from fortnight.track.rules import Rules

Matrix = NDArray[np.float64]

DAY_MS: Final = 86_400_000.0
NO_CROSSING: Final = 0
OBSERVED: Final = 1
PRESUMED: Final = 2


class Run(NamedTuple):
    """A run of fixes around one centre, inside one UTC day."""

    x: float
    y: float
    z: float
    sigma: float  # standard deviation per axis, metres
    last_time: float  # of the last fix that joined
    following: Int  # the first point that the run leaves over
    breaks: Int  # how many silences were noted
    crossing: Int  # whether, and how, the run goes on past midnight


@kernel
def _distance(points: Matrix, k: Int, x: float, y: float, z: float) -> float:
    return math.sqrt((points[k, 1] - x) ** 2 + (points[k, 2] - y) ** 2 + (points[k, 3] - z) ** 2)


@kernel
def joins(points: Matrix, k: Int, x: float, y: float, z: float, rules: Rules) -> bool:
    """Whether point ``k`` lies within max(30 m, 2 x its accuracy) of the centre."""
    reach = max(rules.stay_radius, rules.stay_factor * points[k, 4])
    return bool(_distance(points, k, x, y, z) <= reach)


@kernel
def contradicted(
    others: Matrix,
    n_others: Int,
    start: float,
    end: float,
    x: float,
    y: float,
    z: float,
    rules: Rules,
) -> bool:
    """Whether a coarse fix inside the silence ``(start, end)`` was somewhere else."""
    low: Int = np.int64(0)
    high = n_others
    while low < high:
        middle = (low + high) // 2
        if others[middle, 0] <= start:
            low = middle + 1
        else:
            high = middle
    while low < n_others and others[low, 0] < end:
        if not joins(others, low, x, y, z, rules):
            return True
        low += 1
    return False


@kernel
def _sigma(n: Int, weight: float, spread: float, best: float, rules: Rules) -> float:
    """Return the standard deviation of a run's centre, per axis.

    The weighted mean's own, never below the floor (and, for coarse fixes, whose errors a tower
    shares, never below the best of them), plus the variance of the fixes beyond their claims.
    """
    floor = rules.stay_sigma_floor
    if best * rules.sigma_per_accuracy > rules.coarse_accuracy:
        floor = best
    averaged = max(1.0 / weight, floor * floor)
    return math.sqrt(averaged + max(0.0, (spread / 2.0 - (n - 1)) / weight))


@kernel
def grow(
    points: Matrix,
    first: Int,
    last: Int,
    others: Matrix,
    n_others: Int,
    rules: Rules,
    breaks: Matrix,
) -> Run:
    """Grow a run from ``points[first]`` until a fix does not join or midnight passes.

    One stray fix followed, within 30 minutes of the last that joined, by one that joins does
    not end it. Silences of 30 minutes or more are noted in ``breaks`` as (from, to).
    """
    x0, y0, z0 = points[first, 1], points[first, 2], points[first, 3]
    sigma = points[first, 4] / rules.sigma_per_accuracy
    best, n, weight = sigma, 1, 1.0 / (sigma * sigma)
    sx = sy = sz = squares = 0.0
    x, y, z = x0, y0, z0
    midnight = (math.floor(points[first, 0] / DAY_MS) + 1.0) * DAY_MS
    last_time = points[first, 0]
    n_breaks: Int = np.int64(0)
    crossing: Int = np.int64(NO_CROSSING)
    k = first + 1
    while k < last:
        if not joins(points, k, x, y, z, rules):
            if k + 1 >= last or points[k + 1, 0] - last_time >= rules.presume_min:
                break
            if not joins(points, k + 1, x, y, z, rules):
                break
            k += 1
        time = points[k, 0]
        silent = time - last_time >= rules.presume_min
        if silent and time - last_time > rules.presume_max:
            break
        if silent and contradicted(others, n_others, last_time, time, x, y, z, rules):
            break
        if time >= midnight:
            crossing = np.int64(PRESUMED if silent else OBSERVED)
            break
        if silent:
            breaks[n_breaks, 0], breaks[n_breaks, 1] = last_time, time
            n_breaks += 1
        sigma = points[k, 4] / rules.sigma_per_accuracy
        w = 1.0 / (sigma * sigma)
        dx, dy, dz = points[k, 1] - x0, points[k, 2] - y0, points[k, 3] - z0
        n, weight, best = n + 1, weight + w, min(best, sigma)
        sx, sy, sz = sx + w * dx, sy + w * dy, sz + w * dz
        squares += w * (dx * dx + dy * dy + dz * dz)
        x, y, z = x0 + sx / weight, y0 + sy / weight, z0 + sz / weight
        last_time = time
        k += 1
    spread = squares - (sx * sx + sy * sy + sz * sz) / weight
    spread_sigma = _sigma(n, weight, spread, best, rules)
    # without a crossing, k is the first fix after the last that joined: strays inside are passed
    return Run(x, y, z, spread_sigma, last_time, k, n_breaks, crossing)
