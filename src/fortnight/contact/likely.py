"""When moving pairs are likely near each other: the periods with a probability of 5 %, of a batch.

Most pairs have one period at most, and a few lines tell it (`contact.crossing`); for all pairs of
a batch they are drawn side by side. Two who move almost alike, with an uncertainty that swells
beyond where the curve rises, may have several, and are looked at step by step. No period depends
on what else is in the batch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.compiled import Int, inlined, kernel
from fortnight.contact.batch import PAIR, PERIODS, SINCE, UNTIL, motion_at
from fortnight.contact.crossing import crossing, dip, draw, excess, steepest_fall
from fortnight.contact.meeting import inside, nearest_time, variances

if TYPE_CHECKING:
    from fortnight.contact.batch import Batch
    from fortnight.contact.crossing import Floats
    from fortnight.contact.meeting import Matrix, Motion, Nearness

_CLOSE_ENOUGH_MS: Final = 5.0
_MOST_STEPS: Final = 60
_LEAST_SQUARE: Final = 1e-24  # of a speed or a bend that is next to none

_LOOK_SHARE: Final = 1.0
"""The separation moves by at most this share of its sigma between two looks."""

_LOOKS: Final = 24
_ALIKE: Final = 1.125
"""Sigmas that differ by no more are as good as one."""


@kernel
def panels_of(m: Motion, begin: float, end: float, share: float, most_panels: Int) -> Int:
    """Return into how many panels to cut a part of the way."""
    least, most = variances(m, begin, end)
    square, lasting = m.u * m.u + m.v * m.v + m.w * m.w, end - begin
    count = max(1.0, math.ceil(math.sqrt(square * lasting * lasting / (share * share * least))))
    if most > _ALIKE * _ALIKE * least:
        # the probability falls with the variance: the more it grows, the sooner it has fallen
        low, high = math.sqrt(least), math.sqrt(most)
        swelling = max(8.0 * (high - low) / high, 4.0 * (high / low - 1.0)) / share
        count = max(count, math.ceil(swelling))
    return np.int64(min(np.float64(most_panels), count))


@kernel
def _around(m: Motion, begin: float, end: float, most: float) -> tuple[float, float]:
    """Return between which moments the variance is above the limit ``most`` squared.

    In the middle of a leg sigma may swell beyond its limit, and then nothing gives 5 %: what is
    left on both sides of that is looked at closely, for it may last seconds.
    """
    # the variance is a parabola that opens downwards: it passes the limit's square twice
    root = math.sqrt(max(0.0, m.c1 * m.c1 - 4.0 * m.c2 * (m.c0 - most * most)))
    first, last = (-m.c1 + root) / (2.0 * m.c2), (-m.c1 - root) / (2.0 * m.c2)
    return min(end, first), max(begin, last)


@inlined
def _add_period(periods: Matrix, n: Int, pair: Int, since: float, until: float) -> Int:
    """Write a likely period, if it is one; return how many there are then."""
    periods[n, PAIR], periods[n, SINCE], periods[n, UNTIL] = pair, since, until
    return n + 1 if until > since else n


@kernel
def _look_along(
    m: Motion,
    pair: Int,
    begin: float,
    end: float,
    near: Nearness,
    edge: Floats,
    periods: Matrix,
    n: Int,
    since: float,
) -> tuple[Int, float]:
    """Add the likely periods of a part of the way, looked at now and then.

    ``since`` is when one began that goes on, -1 where none does. Returns how many there are, and
    when one began that still goes on at the end.
    """
    count = panels_of(m, begin, end, _LOOK_SHARE, np.int64(_LOOKS))
    step = (end - begin) / count
    a, before = begin, excess(m, begin, near, edge)
    if before <= 0.0 and since < 0.0:
        since = begin
    for k in range(count):
        b = begin + (k + 1) * step
        after = excess(m, b, near, edge)
        if before > 0.0 and after > 0.0:
            top = dip(m, a, b, near, edge)
            if top >= 0.0:
                first, last = crossing(m, a, top, near, edge), crossing(m, b, top, near, edge)
                n = _add_period(periods, n, pair, first, last)
        elif before > 0.0:
            since = crossing(m, a, b, near, edge)
        elif after > 0.0:
            n = _add_period(periods, n, pair, since, crossing(m, b, a, near, edge))
            since = -1.0
        a, before = b, after
    return n, since


@kernel
def _look_closely(
    m: Motion,
    pair: Int,
    begin: float,
    end: float,
    near: Nearness,
    edge: Floats,
    periods: Matrix,
    n: Int,
) -> Int:
    """Add the likely periods of a stretch on which a larger variance may also be too large.

    They may begin or end about the nearest moment and about the least certain one.
    """
    least_certain = min(end, max(begin, 0.5 * m.c1 / max(-m.c2, _LEAST_SQUARE)))
    nearest, since = nearest_time(m, begin, end), -1.0
    first, second = min(nearest, least_certain), max(nearest, least_certain)
    if first > begin:
        n, since = _look_along(m, pair, begin, first, near, edge, periods, n, since)
    if second > first:
        n, since = _look_along(m, pair, first, second, near, edge, periods, n, since)
    if end > second:
        n, since = _look_along(m, pair, second, end, near, edge, periods, n, since)
    if since >= 0.0:
        n = _add_period(periods, n, pair, since, end)
    return n


@kernel
def _bound(batch: Batch, count: Int, near: Nearness, edge: Floats) -> None:
    """Bound the likely time of each pair by the line at its nearest moment.

    ``single`` says of which pairs the lines tell all that there is: of those that do not move
    almost alike, and of those whose variances are where the curve rises.
    """
    motions, lines = batch.motions, batch.lines
    spans, x, y, z = motions[0], motions[1], motions[2], motions[3]
    u, v, w = motions[4], motions[5], motions[6]
    c0, c1, c2 = motions[7], motions[8], motions[9]
    for k in range(count):
        along = x[k] * u[k] + y[k] * v[k] + z[k] * w[k]
        square = max(u[k] * u[k] + v[k] * v[k] + w[k] * w[k], _LEAST_SQUARE)
        lines.at[k] = min(spans[k], max(0.0, -along / square))
    draw(lines, motions, count, near, edge)
    peak, steepest = near.peak_sigma * near.peak_sigma, steepest_fall(near, edge)
    for k in range(count):
        first, last = lines.first[k], lines.last[k]
        most = max(c0[k] + first * (c1[k] + first * c2[k]), c0[k] + last * (c1[k] + last * c2[k]))
        inside = (c1[k] + 2.0 * first * c2[k] > 0.0) & (c1[k] + 2.0 * last * c2[k] < 0.0)
        top = c0[k] - c1[k] * c1[k] / (4.0 * min(c2[k], -_LEAST_SQUARE))
        most = max(most, top) if inside else most
        most = max(most, lines.sigma[k] * lines.sigma[k])
        square = u[k] * u[k] + v[k] * v[k] + w[k] * w[k]
        batch.single[k] = (most <= peak) | (square >= -steepest * c2[k])
        batch.froms[k], batch.untils[k] = first, last


@kernel
def _settle(batch: Batch, count: Int, near: Nearness, edge: Floats) -> None:
    """Let both ends of each pair's likely time move inwards until they stand still."""
    lines, froms, untils, moving = batch.lines, batch.froms, batch.untils, batch.moving
    left = 0
    for k in range(count):
        moving[k] = batch.single[k] & (froms[k] < untils[k])
        left += moving[k]
    for _ in range(_MOST_STEPS):
        if left == 0:
            return
        for k in range(count):
            lines.at[k] = froms[k]
        draw(lines, batch.motions, count, near, edge)
        for k in range(count):
            batch.firsts[k] = lines.first[k]
            lines.at[k] = untils[k]
        draw(lines, batch.motions, count, near, edge)
        left = 0
        for k in range(count):
            first, last = max(froms[k], batch.firsts[k]), min(untils[k], lines.last[k])
            moved = max(first - froms[k], untils[k] - last)
            goes_on = moving[k]
            froms[k], untils[k] = (first if goes_on else froms[k]), (last if goes_on else untils[k])
            moving[k] = goes_on & (moved > _CLOSE_ENOUGH_MS) & (first < last)
            left += moving[k]


@kernel
def _look_all_over(
    m: Motion, pair: Int, near: Nearness, edge: Floats, periods: Matrix, n: Int
) -> Int:
    """Add the periods of a pair whose variance may also be too large for its separation."""
    begin, end = inside(m, near.reach)
    if end <= begin:
        return n
    least, most = variances(m, begin, end)
    limit = near.sigma_limit
    if least >= limit * limit:
        return n
    if most <= limit * limit or m.c2 >= 0.0:
        return _look_closely(m, pair, begin, end, near, edge, periods, n)
    first, last = _around(m, begin, end, limit)
    if first > begin:
        n = _look_closely(m, pair, begin, first, near, edge, periods, n)
    if end > last:
        n = _look_closely(m, pair, last, end, near, edge, periods, n)
    return n


@kernel
def find_periods(batch: Batch, count: Int, near: Nearness, edge: Floats) -> None:
    """Find the periods in which pairs have 5 %, in the order of pairs."""
    _bound(batch, count, near, edge)
    _settle(batch, count, near, edge)
    n: Int = np.int64(0)
    for pair in range(count):
        if batch.motions[0, pair] <= 0.0:
            continue
        if batch.single[pair]:
            n = _add_period(batch.periods, n, pair, batch.froms[pair], batch.untils[pair])
        else:
            m = motion_at(batch.motions, pair)
            n = _look_all_over(m, pair, near, edge, batch.periods, n)
    batch.used[PERIODS] = n
