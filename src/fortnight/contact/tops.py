"""Where the probability rises above 5 % and falls again between two samples of it.

Two that follow each other are at an even distance, and less is known of either in the middle of
a leg: there the probability has a top, seconds wide, that the ends of a panel do not see.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.batch import AT, PAIR, PANELS, PASSES, SINCE, STEP, motion_at
from fortnight.contact.meeting import square_at
from fortnight.contact.probability import within

if TYPE_CHECKING:
    from fortnight.contact.batch import Batch
    from fortnight.contact.meeting import Matrix, Motion, Nearness

_NEARLY: Final = 1e-3  # of a probability: by how much a parabola's top may be too low
_LEAST_VARIANCE: Final = 1e-6


@kernel
def _top_share(before: float, middle: float, after: float, floor: float) -> float:
    """Return where, from 0 to 1, a parabola has a top that may reach the floor; else -1."""
    bend = before - 2.0 * middle + after
    if bend >= 0.0:
        return -1.0
    slope = after - before
    share = 0.5 - 0.25 * slope / bend
    if not 0.0 < share < 1.0:
        return -1.0
    return share if middle - 0.125 * slope * slope / bend >= floor - _NEARLY else -1.0


@kernel
def _chance_at(m: Motion, t: float, near: Nearness, table: Matrix) -> float:
    variance = max(m.c0 + t * (m.c1 + t * m.c2), _LEAST_VARIANCE)
    return float(within(math.sqrt(square_at(m, t)), math.sqrt(variance), near.radius, table))


@kernel
def _find_top(
    batch: Batch, p: Int, panel: Int, share: float, near: Nearness, table: Matrix
) -> None:
    """Ask at the top of a panel in place of its middle, where the top is the higher."""
    passes, chances = batch.passes, batch.panels.chances
    t = passes[p, SINCE] + (np.float64(panel) + share) * passes[p, STEP]
    chance = _chance_at(motion_at(batch.motions, np.int64(passes[p, PAIR])), t, near, table)
    middle = np.int64(passes[p, AT]) + np.int64(passes[p, PANELS]) + 1 + panel
    if chance > chances[middle]:
        chances[middle], batch.tops[middle] = chance, t


@kernel
def find_tops(batch: Batch, near: Nearness, table: Matrix) -> None:
    """Look for a top in each panel of which both ends have less than 5 %.

    Its middle sample becomes the top's, where that is more; ``batch.tops`` says when it is.
    """
    passes, chances, floor = batch.passes, batch.panels.chances, near.min_probability
    for p in range(batch.used[PASSES]):
        at, count = np.int64(passes[p, AT]), np.int64(passes[p, PANELS])
        for k in range(count):
            before, after = chances[at + k], chances[at + k + 1]
            if before >= floor or after >= floor:
                continue
            middle = at + count + 1 + k
            batch.tops[middle] = passes[p, SINCE] + (np.float64(k) + 0.5) * passes[p, STEP]
            share = _top_share(before, chances[middle], after, floor)
            if share >= 0.0:
                _find_top(batch, p, k, share, near, table)
