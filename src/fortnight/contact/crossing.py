"""When the probability of being near passes 5 %: many searches for the moment, in step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.batch import (
    AT,
    EDGE,
    FAR,
    HIGH,
    KEPT,
    LOW,
    OF,
    OVER,
    PAIR,
    PANELS,
    PASSES,
    SEARCHES,
    SINCE,
    STEP,
    UNDER,
    motion_at,
)
from fortnight.contact.meeting import square_at
from fortnight.contact.probability import all_within

if TYPE_CHECKING:
    from fortnight.contact.batch import Batch
    from fortnight.contact.lookup import Longs
    from fortnight.contact.meeting import Matrix, Nearness

_CLOSE_ENOUGH_MS: Final = 20.0
_CLOSE_ENOUGH: Final = 1e-5  # of a probability
_MOST_STEPS: Final = 60
_LOW_KEPT: Final = 1.0
_HIGH_KEPT: Final = 2.0


@kernel
def _note(batch: Batch, pair: float, low: float, high: float, under: float, over: float) -> None:
    """Note a search between a moment of less than 5 % and one that has it."""
    searches, n = batch.searches, batch.used[SEARCHES]
    searches[n, OF], searches[n, KEPT] = pair, 0.0
    searches[n, LOW], searches[n, HIGH], searches[n, FAR] = low, high, high
    searches[n, UNDER], searches[n, OVER] = under, over
    batch.active[n] = n
    batch.used[SEARCHES] = n + 1


@kernel
def find_searches(batch: Batch, floor: float) -> None:
    """Note each panel at one end of which the probability is 5 %, and at the other not.

    And twice each panel that has it at its top alone.
    """
    passes, chances = batch.passes, batch.panels.chances
    batch.used[SEARCHES] = 0
    for p in range(batch.used[PASSES]):
        pair, begin, step = passes[p, PAIR], passes[p, SINCE], passes[p, STEP]
        at, count = np.int64(passes[p, AT]), np.int64(passes[p, PANELS])
        before = chances[at] - floor
        for k in range(count):
            a, b, after = begin + k * step, begin + (k + 1) * step, chances[at + k + 1] - floor
            middle = at + count + 1 + k
            if before < 0.0 <= after:
                _note(batch, pair, a, b, before, after)
            elif after < 0.0 <= before:
                _note(batch, pair, b, a, after, before)
            elif after < 0.0 and chances[middle] >= floor:
                top, over = batch.tops[middle], chances[middle] - floor
                _note(batch, pair, a, top, before, over)
                _note(batch, pair, b, top, after, over)
            before = after


@kernel
def _probe(
    motions: Matrix,
    searches: Matrix,
    active: Longs,
    left: Int,
    squares: Matrix,
    variances: Matrix,
) -> None:
    """Choose where each search looks next, and write what the probability there needs."""
    for k in range(left):
        s = active[k]
        low, high, over = searches[s, LOW], searches[s, HIGH], searches[s, OVER]
        t = high - over * (high - low) / (over - searches[s, UNDER])
        searches[s, EDGE] = t
        m = motion_at(motions, np.int64(searches[s, OF]))
        squares[k] = square_at(m, t)
        variances[k] = m.c0 + t * (m.c1 + t * m.c2)


@kernel
def _narrow(searches: Matrix, active: Longs, left: Int, chances: Matrix, floor: float) -> Int:
    """Take in what each search found; return how many go on.

    Regula falsi, halving the weight of an end that stays (the Illinois variant), to within
    20 ms or 1e-5 of the probability.
    """
    on: Int = np.int64(0)
    for k in range(left):
        s, chance = active[k], chances[k] - floor
        if chance < 0.0:
            searches[s, LOW], searches[s, UNDER] = searches[s, EDGE], chance
            if searches[s, KEPT] == _HIGH_KEPT:
                searches[s, OVER] *= 0.5
            searches[s, KEPT] = _HIGH_KEPT
        else:
            searches[s, HIGH], searches[s, OVER] = searches[s, EDGE], chance
            if searches[s, KEPT] == _LOW_KEPT:
                searches[s, UNDER] *= 0.5
            searches[s, KEPT] = _LOW_KEPT
        width = abs(searches[s, HIGH] - searches[s, LOW])
        if abs(chance) >= _CLOSE_ENOUGH and width >= _CLOSE_ENOUGH_MS:
            active[on] = s
            on += 1
    return on


@kernel
def search_all(batch: Batch, near: Nearness, table: Matrix) -> None:
    """Find the moments at which the probability passes 5 %, a step of all of them at a time."""
    probes = batch.probes
    squares, variances, chances = probes.squares, probes.variances, probes.chances
    left = batch.used[SEARCHES]
    for _ in range(_MOST_STEPS):
        _probe(batch.motions, batch.searches, batch.active, left, squares, variances)
        all_within(probes, left, near.radius, table)
        left = _narrow(batch.searches, batch.active, left, chances, near.min_probability)
        if left == 0:
            return
    for k in range(left):
        s = batch.active[k]
        batch.searches[s, EDGE] = batch.searches[s, HIGH]


@kernel
def sample_middles(
    motions: Matrix, searches: Matrix, count: Int, squares: Matrix, variances: Matrix
) -> None:
    """Write what the probability needs halfway between each edge and its likely end."""
    for s in range(count):
        t = (searches[s, EDGE] + searches[s, FAR]) / 2.0
        m = motion_at(motions, np.int64(searches[s, OF]))
        squares[s] = square_at(m, t)
        variances[s] = m.c0 + t * (m.c1 + t * m.c2)
