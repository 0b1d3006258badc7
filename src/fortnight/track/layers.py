"""Layers of a track: where two claim the same minute, the better evidence has it.

The order is: stays and legs from fixes, visits of a phone's own timeline, presumed stays,
segments from coarse fixes. A track is one sequence in time in which nothing overlaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fortnight.compiled import Int, kernel

if TYPE_CHECKING:
    from fortnight.track.runs import Matrix


@kernel
def _clip(source: Matrix, k: Int, start: float, end: float, target: Matrix, n: Int) -> Int:
    """Append the part ``start`` to ``end`` of a row, its ends moved along its line."""
    if end <= start:
        return n
    duration = source[k, 1] - source[k, 0]
    a, b = (start - source[k, 0]) / duration, (end - source[k, 0]) / duration
    target[n, 0], target[n, 1], target[n, 10] = start, end, source[k, 10]
    for axis in range(2, 5):
        step = source[k, axis + 3] - source[k, axis]
        target[n, axis] = source[k, axis] + a * step
        target[n, axis + 3] = source[k, axis] + b * step
    step = source[k, 9] - source[k, 8]
    target[n, 8], target[n, 9] = source[k, 8] + a * step, source[k, 8] + b * step
    return n + 1


@kernel
def _copy(source: Matrix, k: Int, target: Matrix, n: Int) -> Int:
    for column in range(source.shape[1]):
        target[n, column] = source[k, column]
    return n + 1


@kernel
def overlay(base: Matrix, n_base: Int, layer: Matrix, n_layer: Int, target: Matrix) -> Int:
    """Write ``base`` and what it leaves free of ``layer`` to ``target``, in order of time.

    Both are sorted and free of overlaps. Room for ``2 n_base + n_layer`` rows is enough.
    Returns the number of rows written.
    """
    n: Int = np.int64(0)
    i: Int = np.int64(0)
    covered = -1.0
    for k in range(n_layer):
        cursor, end = layer[k, 0], layer[k, 1]
        while i < n_base and base[i, 0] <= cursor:
            n = _copy(base, i, target, n)
            covered = base[i, 1]
            i += 1
        cursor = max(cursor, covered)
        while cursor < end:
            if i < n_base and base[i, 0] < end:
                n = _clip(layer, k, cursor, base[i, 0], target, n)
                n = _copy(base, i, target, n)
                covered = cursor = base[i, 1]
                i += 1
            else:
                n = _clip(layer, k, cursor, end, target, n)
                cursor = end
    for rest in range(i, n_base):
        n = _copy(base, rest, target, n)
    return n
