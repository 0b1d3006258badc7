"""When two moving, uncertain positions were near each other: exact entry and exit.

Within a pair of segments the relative motion is linear, so the squared separation is a
quadratic of time and the entry and exit of any distance are its roots.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.probability import within
from fortnight.contact.question import (
    FROM,
    HERE,
    KIND,
    SIGMA0,
    SIGMA1,
    START,
    STOP,
    THERE,
    TO,
)
from fortnight.track.rules import AREA_LEG, LEG

Matrix = NDArray[np.float64]

MAX_PANELS: Final = 96
_CLOSE_ENOUGH_MS: Final = 20.0
_CLOSE_ENOUGH: Final = 1e-5  # of a probability
_NO_MOTION_M2: Final = 1e-12  # squared; under a micrometre in all, roots are rounding noise
_LOW_KEPT: Final = 1
_HIGH_KEPT: Final = 2
_PANEL_SHARE: Final = 1.0
"""A panel of the integral lets the separation move by at most this share of its sigma; by
Simpson's rule the error is then some milliseconds a passage."""

# Columns of a meeting.
WHO: Final = 0
BEGIN: Final = 1  # ms since 1970
FINISH: Final = 2
NEAR_MS: Final = 3  # time with estimated separation within the radius
EXPECTED_MS: Final = 4  # integral of the probability where it is at least 5 %
NEAREST: Final = 5  # smallest estimated separation, metres
AT: Final = 6  # x, y, z halfway between the two at that moment
PRESUMED: Final = 9
PERIOD: Final = 10
MEETING_COLUMNS: Final = 11


class Nearness(NamedTuple):
    """What counts as near, in metres and as a probability."""

    radius: float
    reach: float
    sigma_limit: float
    min_probability: float
    leg_spread: float
    peak_sigma: float  # at which the probability reaches farthest


class Motion(NamedTuple):
    """One segment's position relative to another's, linear in time from ``0`` to ``span`` ms.

    The separation is (x, y, z) + t (u, v, w); the summed variance c0 + c1 t + c2 t^2.
    """

    span: float
    x: float
    y: float
    z: float
    u: float
    v: float
    w: float
    c0: float
    c1: float
    c2: float


@kernel
def _variance(segment: Matrix, begin: float, spread: float) -> tuple[float, float, float]:
    """Coefficients of a segment's variance in time from ``begin`` (ms of the day).

    Along a leg: interpolated, plus a Brownian bridge (track.segments.sigma_on_leg).
    """
    first, last = segment[SIGMA0] ** 2, segment[SIGMA1] ** 2
    if segment[KIND] != LEG and segment[KIND] != AREA_LEG:
        return first, 0.0, 0.0
    duration = segment[STOP] - segment[START]
    square = 0.0
    for axis in range(3):
        square += (segment[THERE + axis] - segment[HERE + axis]) ** 2
    bridge = 4.0 * spread * spread * square
    share = (begin - segment[START]) / duration
    slope = last - first
    return (
        first + share * slope + bridge * share * (1.0 - share),
        (slope + bridge * (1.0 - 2.0 * share)) / duration,
        -bridge / (duration * duration),
    )


@kernel
def still(x: float, y: float, z: float, span: float) -> Motion:
    """Return the motion of two that keep a separation of (x, y, z) for ``span`` ms."""
    return Motion(span, x, y, z, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@kernel
def path(a: Matrix, b: Matrix, begin: float, end: float) -> Motion:
    """Return the motion of ``b`` relative to ``a`` from ``begin`` to ``end`` (ms of the day).

    Its variance is left at nothing: most pairs turn out too far apart to need one.
    """
    rate_a = 1.0 / (a[STOP] - a[START])
    rate_b = 1.0 / (b[STOP] - b[START])
    share_a, share_b = (begin - a[START]) * rate_a, (begin - b[START]) * rate_b
    ax, ay, az = a[THERE] - a[HERE], a[THERE + 1] - a[HERE + 1], a[THERE + 2] - a[HERE + 2]
    bx, by, bz = b[THERE] - b[HERE], b[THERE + 1] - b[HERE + 1], b[THERE + 2] - b[HERE + 2]
    return Motion(
        end - begin,
        b[HERE] - a[HERE] + share_b * bx - share_a * ax,
        b[HERE + 1] - a[HERE + 1] + share_b * by - share_a * ay,
        b[HERE + 2] - a[HERE + 2] + share_b * bz - share_a * az,
        rate_b * bx - rate_a * ax,
        rate_b * by - rate_a * ay,
        rate_b * bz - rate_a * az,
        0.0,
        0.0,
        0.0,
    )


@kernel
def uncertain(m: Motion, a: Matrix, b: Matrix, begin: float, spread: float) -> Motion:
    """Return a path with the variance of both its ends from ``begin`` on."""
    p0, p1, p2 = _variance(a, begin, spread)
    q0, q1, q2 = _variance(b, begin, spread)
    return Motion(m.span, m.x, m.y, m.z, m.u, m.v, m.w, p0 + q0, p1 + q1, p2 + q2)


@kernel
def comes_within(m: Motion, distance: float) -> bool:
    """Whether the separation is ever at most ``distance``; what most pairs are refused by."""
    c = m.x * m.x + m.y * m.y + m.z * m.z - distance * distance
    if c <= 0.0:
        return True
    b = m.x * m.u + m.y * m.v + m.z * m.w
    if b >= 0.0:
        return False
    a = m.u * m.u + m.v * m.v + m.w * m.w
    if -b > a * m.span:  # nearest after the end
        return bool(c + m.span * (2.0 * b + m.span * a) <= 0.0)
    return bool(b * b >= a * c)


@kernel
def inside(m: Motion, distance: float) -> tuple[float, float]:
    """Return when (from, to) the separation is at most ``distance``; from >= to where never."""
    a = m.u * m.u + m.v * m.v + m.w * m.w
    b = m.x * m.u + m.y * m.v + m.z * m.w
    c = m.x * m.x + m.y * m.y + m.z * m.z - distance * distance
    if a * m.span * m.span < _NO_MOTION_M2:
        return (0.0, m.span) if c <= 0.0 else (0.0, 0.0)
    discriminant = b * b - a * c
    if discriminant <= 0.0:
        return 0.0, 0.0
    root = math.sqrt(discriminant)
    # The larger root in magnitude first, the other from the product: no cancellation.
    q = -(b + root) if b >= 0.0 else -(b - root)
    one, two = q / a, (c / q if q != 0.0 else 0.0)
    return max(0.0, min(one, two)), min(m.span, max(one, two))


@kernel
def separation(m: Motion, t: float) -> float:
    """Estimated separation in metres at ``t`` ms."""
    return math.sqrt((m.x + t * m.u) ** 2 + (m.y + t * m.v) ** 2 + (m.z + t * m.w) ** 2)


@kernel
def nearest_time(m: Motion, begin: float, end: float) -> float:
    """Return when in (begin, end) the separation is smallest."""
    a = m.u * m.u + m.v * m.v + m.w * m.w
    if a * m.span * m.span < _NO_MOTION_M2:
        return begin
    return min(end, max(begin, -(m.x * m.u + m.y * m.v + m.z * m.w) / a))


@kernel
def probability_at(m: Motion, t: float, near: Nearness, table: Matrix) -> float:
    """Probability that the true separation is within the radius at ``t`` ms."""
    sigma = math.sqrt(max(m.c0 + t * (m.c1 + t * m.c2), 1e-6))
    return float(within(separation(m, t), sigma, near.radius, table))


@kernel
def _crossing(
    m: Motion,
    low: float,
    high: float,
    below: float,
    above: float,
    near: Nearness,
    table: Matrix,
) -> float:
    """Return when the probability passes 5 %, between ``low``, where it is less, and ``high``.

    ``below`` and ``above`` are the probabilities there. Regula falsi, halving the weight of an
    end that stays (the Illinois variant), to within 20 ms or 1e-5 of the probability.
    """
    floor = near.min_probability
    f, g = below - floor, above - floor
    kept = 0
    for _ in range(60):
        t = high - g * (high - low) / (g - f)
        chance = probability_at(m, t, near, table) - floor
        if chance < 0.0:
            low, f = t, chance
            g = g * 0.5 if kept == _HIGH_KEPT else g
            kept = _HIGH_KEPT
        else:
            high, g = t, chance
            f = f * 0.5 if kept == _LOW_KEPT else f
            kept = _LOW_KEPT
        if abs(chance) < _CLOSE_ENOUGH or abs(high - low) < _CLOSE_ENOUGH_MS:
            return t
    return high


@kernel
def sigmas(m: Motion) -> tuple[float, float]:
    """Return the smallest and largest sigma on the way; the variance is concave in time."""
    first, last = m.c0, m.c0 + m.span * (m.c1 + m.span * m.c2)
    most = max(first, last)
    if m.c2 < 0.0:
        top = -m.c1 / (2.0 * m.c2)
        if 0.0 < top < m.span:
            most = m.c0 + top * (m.c1 + top * m.c2)
    return math.sqrt(max(min(first, last), 1e-6)), math.sqrt(max(most, 1e-6))


@kernel
def _panels(m: Motion, begin: float, end: float, low: float, high: float) -> Int:
    """Return into how many panels to cut an integral of the probability."""
    speed = math.sqrt(m.u * m.u + m.v * m.v + m.w * m.w)
    moved = speed * (end - begin) / (_PANEL_SHARE * low)
    # the probability falls with the variance: the more it grows, the sooner it has fallen
    swelling = max(8.0 * (high - low) / high, 4.0 * (high / low - 1.0))
    return int(min(MAX_PANELS // 4, max(1.0, math.ceil(moved), math.ceil(swelling))))


@kernel
def _simpson(m: Motion, a: float, b: float, ends: float, near: Nearness, table: Matrix) -> float:
    """Integrate the probability from ``a`` to ``b``, the sum of whose ends is known."""
    middle = probability_at(m, (a + b) / 2.0, near, table)
    return (b - a) / 6.0 * (ends + 4.0 * middle)


@kernel
def limit_between(low: float, high: float, limits: Matrix, near: Nearness) -> float:
    """Return a separation that none of the sigmas from ``low`` to ``high`` needs to exceed."""
    last = limits.shape[0] - 1
    first = min(last, int(low / near.sigma_limit * last))
    final = min(last, int(high / near.sigma_limit * last) + 1)
    if low <= near.peak_sigma <= high:
        return near.reach
    return float(max(limits[first], limits[final]))


@kernel
def _walk(
    m: Motion,
    begin: float,
    end: float,
    count: Int,
    near: Nearness,
    table: Matrix,
    periods: Matrix,
    n: Int,
    open_at: float,
) -> tuple[Int, float]:
    """Follow the probability from ``begin`` to ``end`` in ``count`` panels.

    ``open_at`` is the integral of a period that is open (-1: none is). Returns the number of
    closed periods and the open one's integral.
    """
    floor = near.min_probability
    step = (end - begin) / count
    before = probability_at(m, begin, near, table)
    for k in range(count):
        a, b = begin + k * step, begin + (k + 1) * step
        after = probability_at(m, b, near, table)
        if before >= floor and open_at < 0.0:
            periods[n, 0], open_at = a, 0.0
        if before >= floor and after >= floor:
            open_at += _simpson(m, a, b, before + after, near, table)
        elif after >= floor:
            edge = _crossing(m, a, b, before, after, near, table)
            periods[n, 0], open_at = edge, _simpson(m, edge, b, floor + after, near, table)
        elif before >= floor:
            edge = _crossing(m, b, a, after, before, near, table)
            periods[n, 1] = edge
            periods[n, 2] = open_at + _simpson(m, a, edge, before + floor, near, table)
            n, open_at = n + 1, -1.0
        before = after
    return n, open_at


@kernel
def _follow(
    m: Motion,
    begin: float,
    end: float,
    low: float,
    high: float,
    near: Nearness,
    table: Matrix,
    periods: Matrix,
    n: Int,
) -> Int:
    """Write the likely periods between two moments, on both sides of the nearest one."""
    if end <= begin:
        return n
    nearest = nearest_time(m, begin, end)
    open_at = -1.0
    if nearest > begin:
        count = _panels(m, begin, nearest, low, high)
        n, open_at = _walk(m, begin, nearest, count, near, table, periods, n, open_at)
    if end > nearest:
        count = _panels(m, nearest, end, low, high)
        n, open_at = _walk(m, nearest, end, count, near, table, periods, n, open_at)
    if open_at >= 0.0:
        periods[n, 1], periods[n, 2] = end, open_at
        n += 1
    return n


@kernel
def likely_periods(
    m: Motion, near: Nearness, table: Matrix, limits: Matrix, periods: Matrix
) -> Int:
    """Write the periods in which the probability is at least 5 %: (from, to, integral) rows.

    Farther apart than the limit for the sigmas on the way nothing gives 5 %, nor does anything
    in the middle of a leg whose sigma swells beyond its own limit: what is left on both sides of
    that is looked at closely, for it may last seconds. Returns how many periods there are.
    """
    n: Int = np.int64(0)
    low, high = sigmas(m)
    if low >= near.sigma_limit:
        return n
    begin, end = inside(m, limit_between(low, high, limits, near))
    if end <= begin:
        return n
    most = near.sigma_limit
    if high <= most or m.c2 >= 0.0:
        return _follow(m, begin, end, low, high, near, table, periods, n)
    # the variance is a parabola that opens downwards: it passes the limit's square twice
    root = math.sqrt(max(0.0, m.c1 * m.c1 - 4.0 * m.c2 * (m.c0 - most * most)))
    first, last = (-m.c1 + root) / (2.0 * m.c2), (-m.c1 - root) / (2.0 * m.c2)
    n = _follow(m, begin, min(end, first), low, most, near, table, periods, n)
    return _follow(m, max(begin, last), end, low, most, near, table, periods, n)


@kernel
def overlap(a: Matrix, b: Matrix) -> tuple[float, float]:
    """Return the period in which the asked part of ``a`` and segment ``b`` both last."""
    return max(a[FROM], b[START]), min(a[TO], b[STOP])
