"""One case's evidence of several kinds, put together minute by minute: the kernel."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel

Matrix = NDArray[np.float64]
Longs = NDArray[np.int64]

MINUTE_MS: Final = 60_000.0
_DAY_MINUTES: Final = 1_440

# Columns of a span, times in ms from the window's start; sorted by contact.
FROM: Final = 0
TO: Final = 1
SAYS: Final = 2  # a probability for positions, a log likelihood ratio for the others
FACE: Final = 3  # probability of face to face; sightings only
SPAN_COLUMNS: Final = 4

# Columns of what is known of a contact; minutes.
F_EXPECTED: Final = 0
F_EXPECTED_24H: Final = 1
F_FACE: Final = 2
F_FACE_24H: Final = 3
F_HEARD: Final = 4
F_VARIANCE: Final = 5  # of the expected minutes, minutes squared
F_FIRST: Final = 6  # ms from the window's start
F_LAST: Final = 7
F_HEARD_24H: Final = 8
FUSED_COLUMNS: Final = 9

# Rows of the buffer of minutes.
_P: Final = 0
_RATIO: Final = 1
_COUNT: Final = 2
_FACE_SUM: Final = 3
_VISIT: Final = 4
_FUSED: Final = 5
_FACE_OUT: Final = 6
_BUFFERS: Final = 7


@kernel
def _mark(spans: Matrix, first: Int, last: Int, minutes: Matrix, kind: Int, edge: Longs) -> None:
    """Write what one kind of evidence says to the minutes whose middle it covers."""
    n = minutes.shape[1]
    for k in range(first, last):
        low = max(0, math.ceil(spans[k, FROM] / MINUTE_MS - 0.5))
        high = min(n, math.ceil(spans[k, TO] / MINUTE_MS - 0.5))
        if high <= low:
            continue
        edge[0], edge[1] = min(edge[0], low), max(edge[1], high)
        for m in range(low, high):
            if kind == _P:
                minutes[_P, m] = max(minutes[_P, m], spans[k, SAYS])
            elif kind == _RATIO:
                minutes[_RATIO, m] += spans[k, SAYS]
                minutes[_FACE_SUM, m] += spans[k, FACE]
                minutes[_COUNT, m] += 1.0
            else:
                minutes[_VISIT, m] = max(minutes[_VISIT, m], spans[k, SAYS])


@kernel
def _fuse_minute(minutes: Matrix, m: Int, prior: float, least: float) -> None:
    """Add the log odds of all that is known of a minute; nothing known stays nothing."""
    count, share = minutes[_COUNT, m], minutes[_P, m]
    if share <= 0.0 and count == 0.0 and minutes[_VISIT, m] == 0.0:
        return
    odds = prior
    if share > 0.0:
        share = min(1.0 - least, max(least, share))
        odds = math.log(share / (1.0 - share))
    if count > 0.0:  # both phones' scans of a minute are one witness, not two
        odds += minutes[_RATIO, m] / count
        minutes[_FACE_OUT, m] = minutes[_FACE_SUM, m] / count
    odds += minutes[_VISIT, m]
    minutes[_FUSED, m] = 1.0 / (1.0 + math.exp(-odds))


@kernel
def _most(minutes: Matrix, row: Int, low: Int, high: Int) -> float:
    """Return the largest sum of a row in any 24 hours between two minutes."""
    best = total = 0.0
    for m in range(low, high):
        total += minutes[row, m]
        if m - low >= _DAY_MINUTES:
            total -= minutes[row, m - _DAY_MINUTES]
        best = max(best, total)
    return best


@kernel
def _sum_up(
    minutes: Matrix,
    low: Int,
    high: Int,
    edges: Longs,
    out: Matrix,
    days: Matrix,
    heard_days: Matrix,
    c: Int,
) -> None:
    """Write one contact's sums; a run of minutes is together or apart as a whole."""
    day: Int = np.int64(0)
    length = total = 0.0
    for m in range(low, high):
        while edges[day + 1] <= m:
            day += 1
        p = minutes[_FUSED, m]
        days[c, day] += p
        out[c, F_EXPECTED] += p
        out[c, F_FACE] += minutes[_FACE_OUT, m]
        if minutes[_COUNT, m] > 0.0:
            minutes[_COUNT, m] = 1.0
            out[c, F_HEARD] += 1.0
            heard_days[c, day] += 1.0
        if p > 0.0:
            length += 1.0
            total += p
        if length > 0.0 and (p <= 0.0 or m == high - 1):
            out[c, F_VARIANCE] += total * (length - total)
            length = total = 0.0
    out[c, F_EXPECTED_24H] = _most(minutes, _FUSED, low, high)
    out[c, F_FACE_24H] = _most(minutes, _FACE_OUT, low, high)
    out[c, F_HEARD_24H] = _most(minutes, _COUNT, low, high)
    out[c, F_FIRST], out[c, F_LAST] = low * MINUTE_MS, high * MINUTE_MS


@kernel
def fuse_minutes(
    located: Matrix,
    located_first: Longs,
    heard: Matrix,
    heard_first: Longs,
    visited: Matrix,
    visited_first: Longs,
    edges: Longs,
    prior: float,
    least: float,
    out: Matrix,
    days: Matrix,
    heard_days: Matrix,
) -> None:
    """Put together, for each contact, what positions, sightings and check-ins say of each minute.

    Parameters
    ----------
    located, heard, visited
        Spans (n, 4) of each kind, by contact.
    located_first, heard_first, visited_first
        First row of each contact, and one more.
    edges
        Minutes from the window's start at which its local days begin, and its end.
    prior
        Log odds of a minute for which there is no position.
    least
        A position's probability is kept this far from 0 and 1: no position alone is certain.
    out, days, heard_days
        Zeros of shape (contacts, 9) and twice (contacts, days); filled.
    """
    minutes = np.zeros((_BUFFERS, edges[-1]))
    edge = np.empty(2, dtype=np.int64)
    for c in range(out.shape[0]):
        edge[0], edge[1] = minutes.shape[1], 0
        _mark(located, located_first[c], located_first[c + 1], minutes, np.int64(_P), edge)
        _mark(heard, heard_first[c], heard_first[c + 1], minutes, np.int64(_RATIO), edge)
        _mark(visited, visited_first[c], visited_first[c + 1], minutes, np.int64(_VISIT), edge)
        low, high = edge[0], edge[1]
        if high <= low:
            continue
        for m in range(low, high):
            _fuse_minute(minutes, m, prior, least)
        _sum_up(minutes, low, high, edges, out, days, heard_days, c)
        for row in range(_BUFFERS):
            for m in range(low, high):
                minutes[row, m] = 0.0
