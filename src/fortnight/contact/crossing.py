"""When the probability of being near passes 5 %, without asking for a single probability.

Of two whose summed sigma is known, there is one separation at which it is 5 %. Its square rises
and falls with the variance along a curve that never bends upwards; so every line that touches the
curve lies above it. On the way of a pair the squared separation and the variance are quadratics
of time, and when the one passes a line above the other is a quadratic's roots: a first bound of
the likely time, and with the line that touches the curve there a better one, until it stands
still. Two steps are mostly enough.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.meeting import square_at

if TYPE_CHECKING:
    from fortnight.contact.meeting import Matrix, Motion, Nearness

Floats = NDArray[np.float64]

_CLOSE_ENOUGH_MS: Final = 1.0
_MOST_STEPS: Final = 60
_LEAST_VARIANCE: Final = 1e-6
_NO_MOTION: Final = 1e-12  # squared metres in all: then roots are rounding noise
_DIP: Final = 0.02
"""Share of the reach squared by which a parabola's lowest point may be too high."""


@kernel
def variance_at(m: Motion, t: float) -> float:
    """Return the summed variance in squared metres at ``t`` ms."""
    return max(m.c0 + t * (m.c1 + t * m.c2), _LEAST_VARIANCE)


@kernel
def _place(variance: float, near: Nearness, edge: Floats) -> tuple[float, float, float]:
    """Return the sigma, the curve's value and how much it rises a metre of sigma.

    ``edge`` is what ``edge_squares`` returned. Beyond its end the curve goes on as a line, below
    nothing: there no separation is small enough.
    """
    sigma = math.sqrt(variance)
    steps = (edge.shape[0] - 1) / near.sigma_limit
    k = min(np.int64(sigma * steps), edge.shape[0] - 2)
    slope = edge[k + 1] - edge[k]
    return sigma, edge[k] + (sigma * steps - k) * slope, slope * steps


@kernel
def excess(m: Motion, t: float, near: Nearness, edge: Floats) -> float:
    """Return by how many squared metres the two are too far apart for 5 %; below 0 they have it."""
    _, most, _ = _place(variance_at(m, t), near, edge)
    return float(square_at(m, t) - most)


class Lines(NamedTuple):
    """Lines that touch the curve, one a pair: where, and from when to when the pair is below."""

    at: Floats  # ms; where the line touches, as it is at that moment
    sigma: Floats
    steps: NDArray[np.int32]
    value: Floats
    slope: Floats
    first: Floats
    last: Floats


@kernel
def new_lines(count: Int) -> Lines:
    """Return room for as many lines."""
    return Lines(
        np.empty(count),
        np.empty(count),
        np.empty(count, dtype=np.int32),
        np.empty(count),
        np.empty(count),
        np.empty(count),
        np.empty(count),
    )


@kernel
def _touch(lines: Lines, motions: Matrix, count: Int, near: Nearness, edge: Floats) -> None:
    """Find where each line touches the curve: its value there, and how much it rises.

    Nothing in the first loop depends on what it finds, so the processor does several at a time.
    """
    at, sigma, steps, value, slope = lines.at, lines.sigma, lines.steps, lines.value, lines.slope
    c0, c1, c2 = motions[7], motions[8], motions[9]
    scale, last = (edge.shape[0] - 1) / near.sigma_limit, np.float64(edge.shape[0] - 2)
    for k in range(count):
        variance = max(c0[k] + at[k] * (c1[k] + at[k] * c2[k]), _LEAST_VARIANCE)
        sigma[k] = min(math.sqrt(variance), near.sigma_limit)
        steps[k] = np.int32(min(sigma[k] * scale, last))
    for k in range(count):
        step = np.uint32(steps[k])
        value[k], slope[k] = edge[step], edge[step + np.uint32(1)] - edge[step]
    for k in range(count):
        value[k] += (sigma[k] * scale - steps[k]) * slope[k]
        slope[k] *= scale


@kernel
def steepest_fall(near: Nearness, edge: Floats) -> float:
    """Return by how much the curve falls a square metre of variance, at most: at its end.

    Where the squared speed is no less than this times the bend of the variance, the squared
    separation less any line is a quadratic that opens upwards: there is one likely period.
    """
    last = edge.shape[0] - 1
    sigma = near.sigma_limit / last
    return float((edge[last - 1] - edge[last]) / (sigma * sigma * (2.0 * last - 2.0)))


@kernel
def draw(lines: Lines, motions: Matrix, count: Int, near: Nearness, edge: Floats) -> None:
    """Find from when to when pairs are below the lines that touch the curve at given moments.

    ``first`` is after ``last`` where one never is. Two that move almost alike may be above a line
    that falls in the middle of the way alone: for them a level one stands in.
    """
    _touch(lines, motions, count, near, edge)
    spans, x, y, z = motions[0], motions[1], motions[2], motions[3]
    u, v, w = motions[4], motions[5], motions[6]
    c0, c1, c2 = motions[7], motions[8], motions[9]
    first, last, steepest = lines.first, lines.last, steepest_fall(near, edge)
    for k in range(count):
        sigma = lines.sigma[k]
        rate, square = lines.slope[k] / (2.0 * sigma), u[k] * u[k] + v[k] * v[k] + w[k] * w[k]
        rate = rate if square >= -steepest * c2[k] else max(0.0, rate)
        level = lines.value[k] - rate * sigma * sigma
        a = square - rate * c2[k]
        b = x[k] * u[k] + y[k] * v[k] + z[k] * w[k] - 0.5 * rate * c1[k]
        c = x[k] * x[k] + y[k] * y[k] + z[k] * z[k] - rate * c0[k] - level
        # Without motion a root is rounding noise: the least that counts keeps it finite.
        a = max(a, _NO_MOTION / (spans[k] * spans[k]))
        inside = b * b - a * c
        root = math.sqrt(max(inside, 0.0))
        # The larger root in magnitude first, the other from the product: no cancellation.
        q = -b - root if b >= 0.0 else root - b
        one, two = q / a, c / q
        low, high = max(0.0, min(one, two)), min(spans[k], max(one, two))
        first[k] = low if inside > 0.0 else 1.0
        last[k] = high if inside > 0.0 else 0.0


@kernel
def crossing(m: Motion, away: float, near_by: float, near: Nearness, edge: Floats) -> float:
    """Return when 5 % is passed between a moment that has less and one that has it.

    Regula falsi, halving the weight of an end that stays (the Illinois variant), to a millisecond;
    every third step halves the time, for an end at which next to nothing is lacking.
    """
    over, under = excess(m, away, near, edge), excess(m, near_by, near, edge)
    kept = 0
    for step in range(_MOST_STEPS):
        if abs(near_by - away) <= _CLOSE_ENOUGH_MS:
            break
        share = 0.5 if step % 3 == 2 else under / (under - over)  # noqa: PLR2004 - the third
        t = near_by - share * (near_by - away)
        value = excess(m, t, near, edge)
        if value > 0.0:
            away, over = t, value
            if kept == 1:
                under *= 0.5
            kept = 1
        else:
            near_by, under = t, value
            if kept == -1:
                over *= 0.5
            kept = -1
    return near_by


@kernel
def dip(m: Motion, a: float, b: float, near: Nearness, edge: Floats) -> float:
    """Return a moment with 5 % between two that have less, or -1.

    Two that follow each other are at an even distance, and less is known of either in the middle
    of a leg: there 5 % may be had for seconds that the ends of a panel do not see.
    """
    before, after = excess(m, a, near, edge), excess(m, b, near, edge)
    t = (a + b) / 2.0
    value = excess(m, t, near, edge)
    if value <= 0.0:
        return t
    bend, slope = before - 2.0 * value + after, after - before
    if bend <= 0.0 or value - 0.125 * slope * slope / bend > _DIP * near.reach * near.reach:
        return -1.0
    share = 0.5 - 0.25 * slope / bend
    if not 0.0 < share < 1.0:
        return -1.0
    t = a + share * (b - a)
    return t if excess(m, t, near, edge) <= 0.0 else -1.0
