"""Rows of evidence that lie in a window, or that two share: plain loops without the interpreter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel

Longs = NDArray[np.int64]


@kernel
def begun_within(start: Longs, low: Int, high: Int) -> Longs:
    """Return the rows that began in a window, ``high`` left out."""
    kept = np.empty(start.shape[0], dtype=np.int64)
    count: Int = np.int64(0)
    for k in range(start.shape[0]):
        if low <= start[k] < high:
            kept[count] = k
            count += 1
    return kept[:count]


@kernel
def of_one(who: Longs, start: Longs, end: Longs, one: Int, low: Int, high: Int) -> Longs:
    """Return the rows of one participant that touch a window."""
    kept = np.empty(who.shape[0], dtype=np.int64)
    count: Int = np.int64(0)
    for k in range(who.shape[0]):
        if who[k] == one and end[k] > low and start[k] < high:
            kept[count] = k
            count += 1
    return kept[:count]


@kernel
def at_once(
    who: Longs, start: Longs, end: Longs, own: Longs, first: Longs, last: Longs
) -> tuple[Longs, Longs]:
    """Return own rows and those of others that they overlap with, pair by pair.

    ``own`` are rows of one participant; ``first`` and ``last`` say for each between which rows the
    others are looked for.
    """
    most = (last - first).sum()
    mine, theirs = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    count: Int = np.int64(0)
    for i in range(own.shape[0]):
        k = own[i]
        for other in range(first[i], last[i]):
            if who[other] != who[k] and min(end[k], end[other]) > max(start[k], start[other]):
                mine[count], theirs[count] = k, other
                count += 1
    return mine[:count], theirs[:count]
