"""Where chance comes from: one generator for each purpose and number, and no other.

A block of people draws from generators of its own, so what it gets depends neither on
the number of threads nor on the order in which blocks are made.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a generator is for. A new purpose gets a new number, so old draws stay as they were."""

    TOWN = 1
    SCHEDULE = 2
    PHONES = 3
    FIX_TIMES = 4
    FIX_ERRORS = 5
    CASES = 6
    AGREED = 7
    RADIOS = 8
    MEETINGS = 9
    SCANS = 10
    VISITS = 11
    CALLS = 12
    CELLS = 13
    CROWD = 14


def generator(seed: int, stream: Stream, number: int = 0) -> np.random.Generator:
    """Return the generator of one purpose and one block.

    Parameters
    ----------
    seed
        The town's seed, 0 or more.
    stream
        What is drawn.
    number
        Which block of people it is drawn for.

    """
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence((seed, int(stream), number))),
    )
