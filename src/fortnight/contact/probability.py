"""How likely it is that two uncertain positions are within a radius of each other.

Both errors are normal and the same in every direction, so the true separation of two estimates
``d`` metres apart follows a Rice distribution whose scale is the root of the summed variances
(S. O. Rice, Bell System Technical Journal 24, 1945). Its distribution function at the radius is
one minus Marcum's Q function of order one.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel

_STEP: Final = 0.05
_BETA_MIN: Final = 0.10
_BETA_MAX: Final = 13.0
_Z_REACH: Final = 6.0
_NODES: Final = 48
_TABLE_ROW: Final = round(2 * _Z_REACH / _STEP) + 4

NODES, WEIGHTS = np.polynomial.legendre.leggauss(_NODES)
Table = NDArray[np.float64]


@kernel
def within_exact(alpha: float, beta: float, nodes: Table, weights: Table) -> float:
    """Probability that a unit normal around a point ``alpha`` away falls in a disc of ``beta``.

    The disc is cut into chords across the line to its centre: along the line the density is
    normal, across it the chord's share is an error function. With x = beta sin(theta) the
    integrand is smooth, and 48 Gauss-Legendre nodes give eight decimals for a ``beta`` of up to
    30, seven for one of thousands.
    """
    low = math.asin(max(-1.0, min(1.0, (alpha - 9.0) / beta)))
    high = math.asin(max(-1.0, min(1.0, (alpha + 9.0) / beta)))
    half, middle = (high - low) / 2.0, (high + low) / 2.0
    total = 0.0
    for k in range(nodes.shape[0]):
        theta = middle + half * nodes[k]
        across = beta * math.cos(theta)
        along = beta * math.sin(theta) - alpha
        total += (
            weights[k] * math.exp(-0.5 * along * along) * math.erf(across / math.sqrt(2)) * across
        )
    return total * half / math.sqrt(2.0 * math.pi)


@kernel
def _fill(table: Table, nodes: Table, weights: Table) -> None:
    for i in range(table.shape[0]):
        beta = _BETA_MIN + (i - 1) * _STEP
        for j in range(table.shape[1]):
            alpha = abs(beta - _Z_REACH + (j - 1) * _STEP)
            table[i, j] = within_exact(alpha, max(beta, 1e-9), nodes, weights)


@cache
def rice_table() -> Table:
    """Return the table that ``within`` interpolates: probability by beta and alpha - beta.

    Its rows, one a beta, stand behind each other in one line of numbers: a place in it is then
    one sum, which a compiled loop finds for several at a time.
    """
    rows = round((_BETA_MAX - _BETA_MIN) / _STEP) + 4
    table = np.empty((rows, _TABLE_ROW))
    _fill(table, NODES, WEIGHTS)
    flat = table.reshape(-1)
    flat.flags.writeable = False
    return flat


@kernel
def _weights(t: float) -> tuple[float, float, float, float]:
    """Return Lagrange's weights of four points at -1, 0, 1, 2 for ``t`` between 0 and 1."""
    before, after = t + 1.0, t - 1.0
    far = t - 2.0
    sixth = 1.0 / 6.0
    return (
        -t * after * far * sixth,
        before * after * far * 0.5,
        -before * t * far * 0.5,
        before * t * after * sixth,
    )


@kernel
def _interpolated(beta: float, z: float, table: Table) -> float:
    """Return the cubic through the 16 entries around a place that lies inside the table.

    Places are unsigned: a signed one would be asked each time whether it counts from the end.
    """
    u = (beta - _BETA_MIN) * (1.0 / _STEP) + 1.0
    v = (z + _Z_REACH) * (1.0 / _STEP) + 1.0
    i, j = np.int32(u), np.int32(v)
    a, b, c, d = _weights(v - j)
    e, f, g, h = _weights(u - i)
    one, two, three, row = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(_TABLE_ROW)
    p = np.uint32((i - 1) * _TABLE_ROW + j - 1)
    value = e * (a * table[p] + b * table[p + one] + c * table[p + two] + d * table[p + three])
    p += row
    value += f * (a * table[p] + b * table[p + one] + c * table[p + two] + d * table[p + three])
    p += row
    value += g * (a * table[p] + b * table[p + one] + c * table[p + two] + d * table[p + three])
    p += row
    value += h * (a * table[p] + b * table[p + one] + c * table[p + two] + d * table[p + three])
    return float(min(1.0, max(0.0, value)))


@kernel
def within(distance: float, sigma: float, radius: float, table: Table) -> float:
    """Probability that two positions estimated ``distance`` apart are truly within ``radius``.

    ``sigma`` is the root of the summed variances per axis; all in metres. Interpolated to within
    2e-6 of ``within_exact``, which answers itself outside the table.
    """
    beta = radius / sigma
    z = distance / sigma - beta
    if z >= _Z_REACH:
        return 0.0
    if z <= -_Z_REACH:
        return 1.0
    if beta > _BETA_MAX or beta < _BETA_MIN:
        return within_exact(distance / sigma, beta, NODES, WEIGHTS)
    return _interpolated(beta, z, table)


class Samples(NamedTuple):
    """Where many probabilities are wanted, and room for what they are made of."""

    squares: Table  # of separations; ``all_within`` overwrites them, and the variances
    variances: Table
    weights: Table  # eight of each sample: four across, four along
    places: NDArray[np.int32]  # of the first of its 16 entries in the table
    chances: Table


@kernel
def new_samples(rows: Int) -> Samples:
    """Return room for ``rows`` samples."""
    return Samples(
        np.empty(rows),
        np.empty(rows),
        np.empty((8, rows)),
        np.empty(rows, dtype=np.int32),
        np.empty(rows),
    )


@kernel
def _weigh(samples: Samples, count: Int, radius: float) -> Int:
    """Find place and weights in the table of each sample; return how many lie outside it.

    Nothing in this loop depends on what it finds, so the processor does four at a time.
    """
    squares, variances, weights = samples.squares, samples.variances, samples.weights
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    e, f, g, h, places = weights[4], weights[5], weights[6], weights[7], samples.places
    outside = 0
    for k in range(count):
        sigma = math.sqrt(max(variances[k], 1e-6))
        beta, away = radius / sigma, math.sqrt(squares[k]) / sigma
        z = away - beta
        squares[k], variances[k] = away, beta
        outside += (abs(z) >= _Z_REACH) | (beta > _BETA_MAX) | (beta < _BETA_MIN)
        beta, z = min(max(beta, _BETA_MIN), _BETA_MAX), min(max(z, -_Z_REACH), _Z_REACH)
        u = (beta - _BETA_MIN) * (1.0 / _STEP) + 1.0
        v = (z + _Z_REACH) * (1.0 / _STEP) + 1.0
        i, j = np.int32(u), np.int32(v)
        places[k] = (i - np.int32(1)) * np.int32(_TABLE_ROW) + j - np.int32(1)
        a[k], b[k], c[k], d[k] = _weights(v - j)
        e[k], f[k], g[k], h[k] = _weights(u - i)
    return np.int64(outside)


@kernel
def _look_up(samples: Samples, count: Int, table: Table) -> None:
    """Put each sample's 16 entries of the table together by their weights."""
    weights, places, chances = samples.weights, samples.places, samples.chances
    one, two, three, row = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(_TABLE_ROW)
    for k in range(count):
        p = np.uint32(places[k])
        a, b, c, d = weights[0, k], weights[1, k], weights[2, k], weights[3, k]
        along = a * table[p] + b * table[p + one] + c * table[p + two] + d * table[p + three]
        value = weights[4, k] * along
        p += row
        along = a * table[p] + b * table[p + one] + c * table[p + two] + d * table[p + three]
        value += weights[5, k] * along
        p += row
        along = a * table[p] + b * table[p + one] + c * table[p + two] + d * table[p + three]
        value += weights[6, k] * along
        p += row
        along = a * table[p] + b * table[p + one] + c * table[p + two] + d * table[p + three]
        value += weights[7, k] * along
        chances[k] = min(1.0, max(0.0, value))


@kernel
def all_within(samples: Samples, count: Int, radius: float, table: Table) -> None:
    """Write ``within`` of the first ``count`` samples, the same to the last bit.

    First roots, quotients and weights, four at a time; then the table; then the few outside it:
    a third of the time of asking one by one.
    """
    outside, chances = _weigh(samples, count, radius), samples.chances
    _look_up(samples, count, table)
    if outside == 0:
        return
    for k in range(count):
        beta, z = samples.variances[k], samples.squares[k] - samples.variances[k]
        if z >= _Z_REACH:
            chances[k] = 0.0
        elif z <= -_Z_REACH:
            chances[k] = 1.0
        elif beta > _BETA_MAX or beta < _BETA_MIN:
            chances[k] = within_exact(samples.squares[k], beta, NODES, WEIGHTS)


def sigma_limit(radius: float, probability: float) -> float:
    """Return the summed sigma above which even no separation at all gives less.

    At zero separation the probability is 1 - exp(-radius^2 / 2 sigma^2).
    """
    return radius / math.sqrt(-2.0 * math.log1p(-probability))


_LIMIT_STEPS: Final = 512
_LIMIT_EXACT: Final = 1e-9  # radii


@kernel
def _fill_limits(limits: Table, most: float, chance: float) -> None:
    """Find, for each sigma, the largest separation that still gives the probability, in radii."""
    for k in range(limits.shape[0]):
        sigma = max(most * k / (limits.shape[0] - 1), 1.0 / 200.0)
        # no sigma gives more than (1 / distance)^2 / e by much: beyond this nothing does
        low, high = 0.0, 2.0 + 1.0 / math.sqrt(chance)
        while high - low > _LIMIT_EXACT:
            middle = (low + high) / 2.0
            if within_exact(middle / sigma, 1.0 / sigma, NODES, WEIGHTS) >= chance:
                low = middle
            else:
                high = middle
        limits[k] = high


@cache
def _limits_in_radii(probability: float) -> Table:
    """Return ``distance_limits`` of a radius of one: separation and sigma scale with it."""
    limits = np.empty(_LIMIT_STEPS)
    _fill_limits(limits, sigma_limit(1.0, probability), probability)
    limits.flags.writeable = False
    return limits


@cache
def distance_limits(radius: float, probability: float) -> Table:
    """Return the largest separation that gives ``probability``, by sigma from 0 to its limit.

    Evenly spaced in sigma, the last at ``sigma_limit``. It rises from the radius to a peak and
    falls to nothing: 25 m, 68 m and 0 m for the defaults.
    """
    limits: Table = radius * _limits_in_radii(probability)
    limits.flags.writeable = False
    return limits


@cache
def edge_squares(radius: float, probability: float) -> Table:
    """Return the squares of ``distance_limits``: where the probability passes, by sigma."""
    squares: Table = distance_limits(radius, probability) ** 2
    squares.flags.writeable = False
    return squares


INNER: Final = 1.4
"""Radii from which on a probability is small, whatever sigma: 20 % at most."""

_PEAK_MARGIN: Final = 1.01
"""Between two of the sigmas that are tried the peak is higher by less than this factor."""


@cache
def probability_peak(away: float, least: float) -> float:
    """Return the largest probability that any sigma gives at ``away`` radii or farther.

    A larger separation never gives more. ``least`` is the one from which on it counts: it counts
    as that much at the edge of the reach. Within the radius a small enough sigma makes anything
    certain.
    """
    if away <= 1.0:
        return 1.0
    return min(1.0, max(least, _PEAK_MARGIN * _peak(away, np.geomspace(0.02, 8.0, 160))))


@kernel
def _peak(away: float, sigmas: Table) -> float:
    best = 0.0
    for k in range(sigmas.shape[0]):
        best = max(best, within_exact(away / sigmas[k], 1.0 / sigmas[k], NODES, WEIGHTS))
    return best


@cache
def reach(radius: float, probability: float) -> float:
    """Return the estimated separation beyond which no sigma gives ``probability`` any more.

    It is a multiple of the radius, 2.72 for 5 %, rounded up to the next hundredth.
    """
    return radius * math.ceil(100.0 * float(_limits_in_radii(probability).max())) / 100.0
