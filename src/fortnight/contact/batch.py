"""Room for a batch of moving pairs whose probability is followed together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.meeting import Matrix, Motion
from fortnight.contact.probability import Samples, new_samples

if TYPE_CHECKING:
    from fortnight.contact.lookup import Longs

BATCH: Final = 64
"""Pairs that are followed together: their samples stay in the nearest cache."""

MAX_PANELS: Final = 96

# Columns of a pass: towards the nearest moment of a pair, or away from it.
PAIR: Final = 0
SINCE: Final = 1
UNTIL: Final = 2
STEP: Final = 3
PANELS: Final = 4  # how many
AT: Final = 5  # its first sample: the ends of all panels, then their middles
ENDS: Final = 6  # 1 where no other pass goes on from its end
PASS_COLUMNS: Final = 7

# Columns of a search for the moment between two at which the probability is 5 %.
OF: Final = 0  # the pair
LOW: Final = 1
HIGH: Final = 2
UNDER: Final = 3  # how much less it is at the one
OVER: Final = 4  # and more at the other
KEPT: Final = 5
EDGE: Final = 6
FAR: Final = 7  # the end of the panel that is likely
MIDDLE: Final = 8  # probability between edge and that
SEARCH_COLUMNS: Final = 9

# What is counted.
PASSES: Final = 0
SAMPLES: Final = 1
SEARCHES: Final = 2
PERIODS: Final = 3
COUNTS: Final = 4

MOST_PASSES: Final = 4 * BATCH
MOST_PANELS: Final = MAX_PANELS * BATCH


class Batch(NamedTuple):
    """Room for a batch of pairs, and how much of it is used."""

    motions: Matrix  # a row a pair, the columns of ``Motion``
    passes: Matrix
    panels: Samples
    tops: Matrix  # when a panel's middle sample is, where neither of its ends is likely
    searches: Matrix
    active: Longs
    probes: Samples
    periods: Matrix  # pair, from, to, integral of the probability
    used: Longs


@kernel
def new_batch() -> Batch:
    """Return room for ``BATCH`` pairs."""
    panels = np.int64(MOST_PANELS)
    return Batch(
        np.empty((BATCH, 10)),
        np.empty((MOST_PASSES, PASS_COLUMNS)),
        new_samples(2 * panels + MOST_PASSES),
        np.empty(2 * panels + MOST_PASSES),
        np.empty((2 * panels, SEARCH_COLUMNS)),
        np.empty(2 * panels, dtype=np.int64),
        new_samples(2 * panels),
        np.empty((panels + 2 * BATCH, 4)),
        np.zeros(COUNTS, dtype=np.int64),
    )


@kernel
def motion_at(motions: Matrix, pair: Int) -> Motion:
    """Return the motion of one of a batch's pairs."""
    return Motion(
        motions[pair, 0],
        motions[pair, 1],
        motions[pair, 2],
        motions[pair, 3],
        motions[pair, 4],
        motions[pair, 5],
        motions[pair, 6],
        motions[pair, 7],
        motions[pair, 8],
        motions[pair, 9],
    )
