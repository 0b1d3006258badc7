"""Room for a batch of moving pairs whose probability is followed together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, inlined, kernel
from fortnight.contact.crossing import Floats, Lines, new_lines
from fortnight.contact.meeting import Matrix, Motion
from fortnight.contact.probability import Samples, new_samples

if TYPE_CHECKING:
    from fortnight.contact.lookup import Longs

Flags = NDArray[np.bool_]

BATCH: Final = 256
"""Pairs that are followed together. Their samples stay near the processor; and a batch's arrays are
handed on some ten times for each, which was a third of the time where it had 64 pairs."""

MOST_PERIODS: Final = 144
"""Of one pair: one a look, at two stretches in three parts of at most 24 looks each."""

MOST_PANELS: Final = 48
"""Of one likely period."""

_SAMPLES: Final = 4_096

# Columns of a likely period, in the order of its pair.
PAIR: Final = 0
SINCE: Final = 1
UNTIL: Final = 2
INTEGRAL: Final = 3  # of the probability, ms
PERIOD_COLUMNS: Final = 4

# What is counted.
SAMPLES: Final = 0
PERIODS: Final = 1
COUNTS: Final = 2


class Batch(NamedTuple):
    """Room for a batch of pairs, and how much of it is used."""

    motions: Matrix  # a column a pair, the fields of ``Motion``
    lines: Lines
    froms: Floats  # when a pair begins to be likely
    untils: Floats
    firsts: Floats
    single: Flags  # whether there is one likely period at most
    moving: Flags
    periods: Matrix
    panels: Longs  # of each period
    samples: Samples
    used: Longs


@kernel
def new_batch() -> Batch:
    """Return room for ``BATCH`` pairs."""
    most = np.int64(BATCH * MOST_PERIODS + 1)  # what is no period is written behind the last
    return Batch(
        np.empty((10, BATCH)),
        new_lines(np.int64(BATCH)),
        np.empty(BATCH),
        np.empty(BATCH),
        np.empty(BATCH),
        np.empty(BATCH, dtype=np.bool_),
        np.empty(BATCH, dtype=np.bool_),
        np.empty((most, PERIOD_COLUMNS)),
        np.empty(most, dtype=np.int64),
        new_samples(np.int64(_SAMPLES)),
        np.zeros(COUNTS, dtype=np.int64),
    )


@inlined
def motion_at(motions: Matrix, pair: Int) -> Motion:
    """Return the motion of one of a batch's pairs."""
    return Motion(
        motions[0, pair],
        motions[1, pair],
        motions[2, pair],
        motions[3, pair],
        motions[4, pair],
        motions[5, pair],
        motions[6, pair],
        motions[7, pair],
        motions[8, pair],
        motions[9, pair],
    )
