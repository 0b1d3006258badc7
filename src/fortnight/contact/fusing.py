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
BOUT_MINUTES: Final = 20
"""Two who talk do so for some minutes, and their phones stay as they are meanwhile."""

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
F_FACE_BOUT: Final = 9  # the most face to face in any 20 minutes
FUSED_COLUMNS: Final = 10

# Columns of the buffer of minutes: what each kind of evidence says of one.
_P: Final = 0
_RATIO: Final = 1
_COUNT: Final = 2
_FACE_SUM: Final = 3
_VISIT: Final = 4
_BUFFERS: Final = 5

# Rows of the list of minutes of which anything is known.
_WHEN: Final = 0
_FUSED: Final = 1
_FACE: Final = 2
_HEARD: Final = 3
_KNOWN: Final = 4

_BLOCK: Final = 64
"""Minutes are looked through by blocks: most of two weeks nothing is known of a pair."""


@kernel
def _mark(
    spans: Matrix,
    first: Int,
    last: Int,
    minutes: Matrix,
    kind: Int,
    touched: NDArray[np.bool_],
) -> None:
    """Write what one kind of evidence says to the minutes whose middle it covers."""
    n = minutes.shape[0]
    for k in range(first, last):
        low = max(0, math.ceil(spans[k, FROM] / MINUTE_MS - 0.5))
        high = min(n, math.ceil(spans[k, TO] / MINUTE_MS - 0.5))
        if high <= low:
            continue
        for block in range(low // _BLOCK, (high - 1) // _BLOCK + 1):
            touched[block] = True
        for m in range(low, high):
            if kind == _P:
                minutes[m, _P] = max(minutes[m, _P], spans[k, SAYS])
            elif kind == _RATIO:
                minutes[m, _RATIO] += spans[k, SAYS]
                minutes[m, _FACE_SUM] += spans[k, FACE]
                minutes[m, _COUNT] += 1.0
            else:
                minutes[m, _VISIT] = max(minutes[m, _VISIT], spans[k, SAYS])


@kernel
def _fuse_minute(
    minutes: Matrix, m: Int, prior: float, least: float, known: Matrix, n: Int, memo: Matrix
) -> Int:
    """Add the log odds of all that is known of a minute; nothing known stays nothing.

    Neighbouring minutes often say the same: ``memo`` keeps the last logarithm and exponential.
    """
    count, share = minutes[m, _COUNT], minutes[m, _P]
    if share <= 0.0 and count == 0.0 and minutes[m, _VISIT] == 0.0:
        return n
    odds = prior
    if share > 0.0:
        if share != memo[0, 0]:
            memo[0, 0] = share
            share = min(1.0 - least, max(least, share))
            memo[0, 1] = math.log(share / (1.0 - share))
        odds = memo[0, 1]
    known[_FACE, n] = known[_HEARD, n] = 0.0
    if count > 0.0:  # both phones' scans of a minute are one witness, not two
        odds += minutes[m, _RATIO] / count
        known[_FACE, n] = minutes[m, _FACE_SUM] / count
        known[_HEARD, n] = 1.0
    odds += minutes[m, _VISIT]
    if odds != memo[1, 0]:
        memo[1, 0], memo[1, 1] = odds, 1.0 / (1.0 + math.exp(-odds))
    known[_WHEN, n], known[_FUSED, n] = m, memo[1, 1]
    return n + 1


@kernel
def _gather(
    minutes: Matrix, touched: NDArray[np.bool_], prior: float, least: float, known: Matrix
) -> Int:
    """List the minutes of which anything is known, in order, and wipe the buffer."""
    n: Int = np.int64(0)
    memo = np.full((2, 2), np.nan)
    for block in range(touched.shape[0]):
        if not touched[block]:
            continue
        touched[block] = False
        for m in range(block * _BLOCK, min((block + 1) * _BLOCK, minutes.shape[0])):
            n = _fuse_minute(minutes, m, prior, least, known, n, memo)
            for row in range(_BUFFERS):
                minutes[m, row] = 0.0
    return n


@kernel
def _most(known: Matrix, row: Int, n: Int, span: Int) -> float:
    """Return the largest sum of a row in any ``span`` minutes."""
    best = total = 0.0
    oldest = 0
    for k in range(n):
        total += known[row, k]
        while known[_WHEN, k] - known[_WHEN, oldest] >= span:
            total -= known[row, oldest]
            oldest += 1
        best = max(best, total)
    return best


@kernel
def _sum_up(
    known: Matrix, n: Int, edges: Longs, out: Matrix, days: Matrix, heard_days: Matrix, c: Int
) -> None:
    """Write one contact's sums; a run of minutes is together or apart as a whole."""
    day: Int = np.int64(0)
    length = total = 0.0
    for k in range(n):
        while edges[day + 1] <= known[_WHEN, k]:
            day += 1
        if k > 0 and known[_WHEN, k] > known[_WHEN, k - 1] + 1.0:
            out[c, F_VARIANCE] += total * (length - total)
            length = total = 0.0
        length += 1.0
        total += known[_FUSED, k]
        days[c, day] += known[_FUSED, k]
        heard_days[c, day] += known[_HEARD, k]
        out[c, F_EXPECTED] += known[_FUSED, k]
        out[c, F_FACE] += known[_FACE, k]
        out[c, F_HEARD] += known[_HEARD, k]
    out[c, F_VARIANCE] += total * (length - total)
    day_long, bout = np.int64(_DAY_MINUTES), np.int64(BOUT_MINUTES)
    out[c, F_EXPECTED_24H] = _most(known, np.int64(_FUSED), n, day_long)
    out[c, F_FACE_24H] = _most(known, np.int64(_FACE), n, day_long)
    out[c, F_HEARD_24H] = _most(known, np.int64(_HEARD), n, day_long)
    out[c, F_FACE_BOUT] = _most(known, np.int64(_FACE), n, bout)
    out[c, F_FIRST] = known[_WHEN, 0] * MINUTE_MS
    out[c, F_LAST] = (known[_WHEN, n - 1] + 1.0) * MINUTE_MS


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
        Zeros of shape (contacts, 10) and twice (contacts, days); filled.
    """
    minutes, known = np.zeros((edges[-1], _BUFFERS)), np.empty((_KNOWN, edges[-1]))
    touched = np.zeros(edges[-1] // _BLOCK + 1, dtype=np.bool_)
    for c in range(out.shape[0]):
        a, b = located_first[c], located_first[c + 1]
        _mark(located, a, b, minutes, np.int64(_P), touched)
        _mark(heard, heard_first[c], heard_first[c + 1], minutes, np.int64(_RATIO), touched)
        a, b = visited_first[c], visited_first[c + 1]
        _mark(visited, a, b, minutes, np.int64(_VISIT), touched)
        n = _gather(minutes, touched, prior, least, known)
        if n > 0:
            _sum_up(known, n, edges, out, days, heard_days, c)
