"""Room for more rows, inside compiled code.

Plain loops in place of slices: a slice assignment brings its error messages along, and with
them seconds of compilation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fortnight.compiled import Int, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel
def with_room(rows: NDArray[Any], used: Int, needed: Int) -> NDArray[Any]:
    """Return ``rows``, or a copy with room for ``needed`` more behind the ``used`` ones."""
    if used + needed <= rows.shape[0]:
        return rows
    larger = np.empty((2 * rows.shape[0] + needed, rows.shape[1]), dtype=rows.dtype)
    for k in range(used):
        for column in range(rows.shape[1]):
            larger[k, column] = rows[k, column]
    return larger


@kernel
def longer(values: NDArray[np.int64], used: Int, needed: Int) -> NDArray[np.int64]:
    """Return ``values``, or a copy with room for ``needed`` more behind the ``used`` ones."""
    if used + needed <= values.shape[0]:
        return values
    larger = np.empty(2 * values.shape[0] + needed, dtype=np.int64)
    for k in range(used):
        larger[k] = values[k]
    return larger


@kernel
def trimmed(rows: NDArray[Any], used: Int) -> NDArray[Any]:
    """Return a copy of the first ``used`` rows."""
    out = np.empty((used, rows.shape[1]), dtype=rows.dtype)
    for k in range(used):
        for column in range(rows.shape[1]):
            out[k, column] = rows[k, column]
    return out


@kernel
def first_at_least(values: NDArray[np.int64], start: Int, end: Int, wanted: Int) -> Int:
    """Return the first place in ``start`` to ``end`` of ascending values not below ``wanted``."""
    while start < end:
        middle = (start + end) // 2
        if values[middle] < wanted:
            start = middle + 1
        else:
            end = middle
    return start


@kernel
def _halved(rows: NDArray[Any], wanted: Int, start: Int, end: Int) -> Int:
    """Return the first row from ``start`` to ``end`` whose first column is not below ``wanted``."""
    while start < end:
        middle = (start + end) // 2
        if rows[middle, 0] < wanted:
            start = middle + 1
        else:
            end = middle
    return start


@kernel
def first_row_at_least(rows: NDArray[Any], wanted: Int) -> Int:
    """Return the first row whose first column, which ascends, is not below ``wanted``.

    NumPy's own search would copy the whole column first: 4 ms for the days of 28,800 people.
    """
    return _halved(rows, wanted, np.int64(0), np.int64(rows.shape[0]))


@kernel
def first_row_around(rows: NDArray[Any], wanted: Int, guess: Int) -> Int:
    """Return what ``first_row_at_least`` does, sought from about ``guess`` outwards.

    Of a file that is not in memory, halving its whole length touches a page on each of a dozen
    steps; near a good guess it is one page or two.
    """
    start, end, step = np.int64(0), np.int64(rows.shape[0]), np.int64(16)
    guess = min(max(np.int64(guess), start), end)
    while guess - step > start and rows[guess - step, 0] >= wanted:
        end = guess - step
        step *= 2
    start, step = max(start, guess - step), np.int64(16)
    while guess + step < end and rows[guess + step, 0] < wanted:
        start = guess + step + 1
        step *= 2
    return _halved(rows, wanted, start, min(end, guess + step))
