"""When moving pairs were likely near each other, and how likely: many pairs at a time.

Between two moments at which the probability passes 5 % it is integrated in panels. One
probability waits for its roots and quotients longer than it takes; so all that a batch of pairs
needs is laid side by side and asked at once. No value depends on what else is in the batch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.compiled import Int, inlined, kernel
from fortnight.contact.batch import (
    INTEGRAL,
    MOST_PANELS,
    PAIR,
    PERIODS,
    SAMPLES,
    SINCE,
    UNTIL,
    motion_at,
)
from fortnight.contact.likely import find_periods, panels_of
from fortnight.contact.lookup import segment_at
from fortnight.contact.meeting import overlap, path, square_at, uncertain
from fortnight.contact.pairs import moves
from fortnight.contact.probability import all_within
from fortnight.contact.question import asked_at

if TYPE_CHECKING:
    from fortnight.contact.batch import Batch
    from fortnight.contact.crossing import Floats
    from fortnight.contact.lookup import Longs, Words
    from fortnight.contact.meeting import Matrix, Motion, Nearness

_PANEL_SHARE: Final = 2.5
"""A panel of the integral lets the separation move by at most this share of its sigma: three
nodes of Gauss and Legendre are then some milliseconds off a passage."""

_AWAY: Final = 0.5 * math.sqrt(0.6)
"""The outer two of the three nodes, from the middle, in panels."""
_OUTER: Final = 5.0 / 18.0
_INNER: Final = 8.0 / 18.0


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
        for row in range(10):
            motions[row, pair] = 0.0
        if not (moves(asked) or moves(other)):
            continue
        begin, end = overlap(asked, other)
        m = uncertain(path(asked, other, begin, end), asked, other, begin, near.leg_spread)
        motions[0, pair], motions[1, pair], motions[2, pair] = m.span, m.x, m.y
        motions[3, pair], motions[4, pair], motions[5, pair] = m.z, m.u, m.v
        motions[6, pair], motions[7, pair], motions[8, pair] = m.w, m.c0, m.c1
        motions[9, pair] = m.c2


@inlined
def _put(m: Motion, t: float, squares: Floats, variances: Floats, at: np.uint64) -> np.uint64:
    """Write what one probability needs; return where the next one's goes."""
    squares[at] = square_at(m, t)
    variances[at] = m.c0 + t * (m.c1 + t * m.c2)
    return at + np.uint64(1)


@kernel
def _sample(batch: Batch, first: Int) -> Int:
    """Write what the nodes of periods from ``first`` on need; return the first without room."""
    motions, periods, samples, panels = batch.motions, batch.periods, batch.samples, batch.panels
    squares, variances = samples.squares, samples.variances
    at, p = np.uint64(0), first
    while p < batch.used[PERIODS] and at + np.uint64(3 * MOST_PANELS) <= squares.shape[0]:
        m = motion_at(motions, np.int64(periods[p, PAIR]))
        begin, end = periods[p, SINCE], periods[p, UNTIL]
        panels[p] = panels_of(m, begin, end, _PANEL_SHARE, np.int64(MOST_PANELS))
        step = (end - begin) / panels[p]
        for k in range(panels[p]):
            t = begin + step * (k + 0.5)
            at = _put(m, t - step * _AWAY, squares, variances, at)
            at = _put(m, t, squares, variances, at)
            at = _put(m, t + step * _AWAY, squares, variances, at)
        p += 1
    batch.used[SAMPLES] = np.int64(at)
    return p


@kernel
def _integrate(batch: Batch, near: Nearness, table: Matrix) -> None:
    """Integrate the probability over each period: by Gauss and Legendre, three nodes a panel."""
    periods, chances = batch.periods, batch.samples.chances
    first: Int = np.int64(0)
    while first < batch.used[PERIODS]:
        last = _sample(batch, first)
        all_within(batch.samples, batch.used[SAMPLES], near.radius, table)
        at = np.uint64(0)
        for p in range(first, last):
            total = 0.0
            for _ in range(batch.panels[p]):
                outer = chances[at] + chances[at + np.uint64(2)]
                total += _OUTER * outer + _INNER * chances[at + np.uint64(1)]
                at += np.uint64(3)
            lasting = periods[p, UNTIL] - periods[p, SINCE]
            periods[p, INTEGRAL] = total * lasting / batch.panels[p]
        first = last


@kernel
def follow(
    question: Matrix,
    pairs: Longs,
    first: Int,
    last: Int,
    cells: Words,
    near: Nearness,
    table: Matrix,
    edge: Floats,
    batch: Batch,
) -> None:
    """Write the motions of some pairs of which one moves, and their likely periods.

    Those are the periods in which the probability is at least 5 %: rows of ``batch.periods``, of
    the batch's pairs in their order, as many as ``batch.used[PERIODS]``.
    """
    _take(question, pairs, first, last, cells, near, batch.motions)
    find_periods(batch, last - first, near, edge)
    _integrate(batch, near, table)
