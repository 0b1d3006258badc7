"""When moving pairs were likely near each other: the probability of many pairs at a time.

A pair that passes by is followed towards its nearest moment and away from it, in panels. One
probability waits for its roots and quotients longer than it takes; so all that a batch of pairs
needs is laid side by side and asked at once, first for the ends and middles of all panels, then
for every moment at which 5 % is passed, a step of each search at a time. No value depends on
what else is in the batch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.batch import (
    AT,
    EDGE,
    ENDS,
    FAR,
    MAX_PANELS,
    MIDDLE,
    PAIR,
    PANELS,
    PASSES,
    PERIODS,
    SAMPLES,
    SEARCHES,
    SINCE,
    STEP,
    UNTIL,
    motion_at,
)
from fortnight.contact.crossing import find_searches, sample_middles, search_all
from fortnight.contact.lookup import segment_at
from fortnight.contact.meeting import (
    inside,
    limit_between,
    nearest_time,
    overlap,
    path,
    sigmas,
    square_at,
    uncertain,
    variances,
)
from fortnight.contact.pairs import moves
from fortnight.contact.probability import all_within
from fortnight.contact.question import asked_at
from fortnight.contact.tops import find_tops

if TYPE_CHECKING:
    from fortnight.contact.batch import Batch
    from fortnight.contact.lookup import Longs, Words
    from fortnight.contact.meeting import Matrix, Motion, Nearness

_PANEL_SHARE: Final = 1.0
"""A panel of the integral lets the separation move by at most this share of its sigma; by
Simpson's rule the error is then some milliseconds a passage."""

_ALIKE: Final = 1.125
"""Sigmas that differ by no more are as good as one: what follows from both is one panel."""


@kernel
def _take(
    question: Matrix,
    pairs: Longs,
    first: Int,
    last: Int,
    cells: Words,
    near: Nearness,
    motions: Matrix,
) -> None:
    """Write the motions of some pairs; one that stays at its distance gets a span of nothing."""
    for k in range(first, last):
        asked, other = asked_at(question, pairs[k, 0]), segment_at(cells, pairs[k, 1])
        pair = k - first
        motions[pair, 0] = 0.0
        if not (moves(asked) or moves(other)):
            continue
        begin, end = overlap(asked, other)
        m = uncertain(path(asked, other, begin, end), asked, other, begin, near.leg_spread)
        motions[pair, 0], motions[pair, 1], motions[pair, 2] = m.span, m.x, m.y
        motions[pair, 3], motions[pair, 4], motions[pair, 5] = m.z, m.u, m.v
        motions[pair, 6], motions[pair, 7], motions[pair, 8] = m.w, m.c0, m.c1
        motions[pair, 9] = m.c2


@kernel
def _panels(m: Motion, begin: float, end: float) -> Int:
    """Return into how many panels to cut an integral of the probability."""
    least, most = variances(m, begin, end)
    low = math.sqrt(least)
    speed = math.sqrt(m.u * m.u + m.v * m.v + m.w * m.w)
    count = max(1.0, math.ceil(speed * (end - begin) / (_PANEL_SHARE * low)))
    if most > _ALIKE * _ALIKE * least:
        # the probability falls with the variance: the more it grows, the sooner it has fallen
        high = math.sqrt(most)
        swelling = max(8.0 * (high - low) / high, 4.0 * (high / low - 1.0))
        count = max(count, math.ceil(swelling))
    return np.int64(min(MAX_PANELS // 4, count))


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


@kernel
def _near_enough(m: Motion, near: Nearness, limits: Matrix) -> tuple[float, float, float]:
    """Return from when to when the two are near enough for their sigmas, and the largest.

    Farther apart than the limit for the sigmas on the way nothing gives 5 %. It is asked once
    more of the part that is left: a leg is least known in its middle, and that may lie elsewhere.
    """
    low, high = sigmas(m)
    if low >= near.sigma_limit:
        return 0.0, 0.0, high
    begin, end = inside(m, limit_between(low, high, limits, near))
    if end <= begin or high <= _ALIKE * low:
        return begin, end, high
    least, most = variances(m, begin, end)
    low, high = math.sqrt(least), math.sqrt(most)
    first, last = inside(m, limit_between(low, high, limits, near))
    return max(begin, first), min(end, last), high


@kernel
def _likely_between(m: Motion, near: Nearness, limits: Matrix) -> tuple[float, float, float, float]:
    """Return the two stretches to follow, from and to each."""
    begin, end, high = _near_enough(m, near, limits)
    if end <= begin or high <= near.sigma_limit or m.c2 >= 0.0:
        return begin, end, end, end
    first, last = _around(m, begin, end, near.sigma_limit)
    return begin, first, last, end


@kernel
def _plan(
    motions: Matrix,
    pairs: Int,
    near: Nearness,
    limits: Matrix,
    passes: Matrix,
    used: Longs,
) -> None:
    """Note the passes of all pairs: on both sides of the nearest moment of each stretch."""
    n, at = np.int64(0), np.int64(0)
    for pair in range(pairs):
        m = motion_at(motions, pair)
        if m.span <= 0.0:
            continue
        a, b, c, d = _likely_between(m, near, limits)
        for stretch in range(2):
            begin, end = (a, b) if stretch == 0 else (c, d)
            if end <= begin:
                continue
            nearest = nearest_time(m, begin, end)
            for side in range(2):
                start, stop = (begin, nearest) if side == 0 else (nearest, end)
                if stop <= start:
                    continue
                count = _panels(m, start, stop)
                passes[n, PAIR], passes[n, SINCE], passes[n, UNTIL] = pair, start, stop
                passes[n, STEP] = (stop - start) / count
                passes[n, PANELS], passes[n, AT] = count, at
                passes[n, ENDS] = 1.0 if stop == end else 0.0
                n, at = n + 1, at + 2 * count + 1
    used[PASSES], used[SAMPLES] = n, at


@kernel
def _sample_passes(
    motions: Matrix, passes: Matrix, count: Int, squares: Matrix, variances: Matrix
) -> None:
    """Write the squared separation and the variance at the ends and middles of all panels."""
    for p in range(count):
        m = motion_at(motions, np.int64(passes[p, PAIR]))
        begin, step = passes[p, SINCE], passes[p, STEP]
        at, panels = np.uint64(passes[p, AT]), np.uint64(passes[p, PANELS])
        for k in range(panels + np.uint64(1)):
            t = begin + np.float64(k) * step
            squares[at + k] = square_at(m, t)
            variances[at + k] = m.c0 + t * (m.c1 + t * m.c2)
        at += panels + np.uint64(1)
        for k in range(panels):
            a = begin + np.float64(k) * step
            t = (a + (begin + np.float64(k + np.uint64(1)) * step)) / 2.0
            squares[at + k] = square_at(m, t)
            variances[at + k] = m.c0 + t * (m.c1 + t * m.c2)


@kernel
def _integral(a: float, b: float, ends: float, middle: float) -> float:
    """Integrate the probability from ``a`` to ``b`` by Simpson's rule."""
    return (b - a) / 6.0 * (ends + 4.0 * middle)


@kernel
def _add_top(pair: float, searches: Matrix, s: Int, ends: float, periods: Matrix, n: Int) -> None:
    """Write the period around a top between two panel ends that are not likely.

    ``ends`` is the sum of the probabilities at the top and at 5 %.
    """
    top, first, last = searches[s, FAR], searches[s, EDGE], searches[s + 1, EDGE]
    rising = _integral(first, top, ends, searches[s, MIDDLE])
    falling = _integral(top, last, ends, searches[s + 1, MIDDLE])
    periods[n, 0], periods[n, 1], periods[n, 2] = pair, first, last
    periods[n, 3] = rising + falling


@kernel
def _add_up(
    passes: Matrix,
    chances: Matrix,
    searches: Matrix,
    floor: float,
    periods: Matrix,
    used: Longs,
) -> None:
    """Write the likely periods of all pairs."""
    n, s = np.int64(0), np.int64(0)
    open_at = -1.0  # the integral of a period that is open; -1: none is
    for p in range(used[PASSES]):
        begin, step, at = passes[p, SINCE], passes[p, STEP], np.int64(passes[p, AT])
        count, before = np.int64(passes[p, PANELS]), chances[at]
        for k in range(count):
            a, b, after = begin + k * step, begin + (k + 1) * step, chances[at + k + 1]
            if before >= floor and open_at < 0.0:
                periods[n, 0], periods[n, 1], open_at = passes[p, PAIR], a, 0.0
            if before >= floor and after >= floor:
                open_at += _integral(a, b, before + after, chances[at + count + 1 + k])
            elif after >= floor:
                edge, middle = searches[s, EDGE], searches[s, MIDDLE]
                periods[n, 0], periods[n, 1] = passes[p, PAIR], edge
                open_at = _integral(edge, b, floor + after, middle)
                s += 1
            elif before >= floor:
                edge, middle = searches[s, EDGE], searches[s, MIDDLE]
                periods[n, 2] = edge
                periods[n, 3] = open_at + _integral(a, edge, before + floor, middle)
                n, s, open_at = n + 1, s + 1, -1.0
            elif chances[at + count + 1 + k] >= floor:
                _add_top(
                    passes[p, PAIR], searches, s, floor + chances[at + count + 1 + k], periods, n
                )
                n, s = n + 1, s + 2
            before = after
        if passes[p, ENDS] > 0.0 and open_at >= 0.0:
            periods[n, 2], periods[n, 3] = passes[p, UNTIL], open_at
            n, open_at = n + 1, -1.0
    used[PERIODS] = n


@kernel
def follow(
    question: Matrix,
    pairs: Longs,
    first: Int,
    last: Int,
    cells: Words,
    near: Nearness,
    table: Matrix,
    limits: Matrix,
    batch: Batch,
) -> None:
    """Write the motions of some pairs of which one moves, and their likely periods.

    Those are the periods in which the probability is at least 5 %: rows of ``batch.periods``, of
    the batch's pairs in their order, as many as ``batch.used[PERIODS]``.
    """
    motions, passes, searches, used = batch.motions, batch.passes, batch.searches, batch.used
    _take(question, pairs, first, last, cells, near, motions)
    _plan(motions, last - first, near, limits, passes, used)
    panels, probes = batch.panels, batch.probes
    chances, middles = panels.chances, probes.chances
    _sample_passes(motions, passes, used[PASSES], panels.squares, panels.variances)
    all_within(panels, used[SAMPLES], near.radius, table)
    find_tops(batch, near, table)
    find_searches(batch, near.min_probability)
    search_all(batch, near, table)
    sample_middles(motions, searches, used[SEARCHES], probes.squares, probes.variances)
    all_within(probes, used[SEARCHES], near.radius, table)
    for s in range(used[SEARCHES]):
        searches[s, MIDDLE] = middles[s]
    _add_up(passes, chances, searches, near.min_probability, batch.periods, used)
