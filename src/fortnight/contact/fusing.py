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
_DAY_MINUTES: Final = 1_440.0
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

# Rows of the buffer of minutes: what each kind of evidence says of one.
_P: Final = 0
_RATIO: Final = 1
_COUNT: Final = 2
_FACE_SUM: Final = 3
_VISIT: Final = 4
_BUFFERS: Final = 5

# Columns of a run: neighbouring minutes of which the same is known.
_FIRST: Final = 0  # minute
_END: Final = 1
_NEAR: Final = 2  # probability of being within the radius
_FACE: Final = 3  # probability of face to face
_HEARD: Final = 4  # 1 where one phone heard the other
_RUN_COLUMNS: Final = 5

_BY_POSITION: Final = 1  # a block's marks: which rows of the buffer have to be wiped
_BY_SIGN: Final = 2
_BLOCK: Final = 32
"""Minutes are looked through by blocks: most of two weeks nothing is known of a pair."""


@kernel
def _mark(
    spans: Matrix, first: Int, last: Int, minutes: Matrix, kind: Int, touched: NDArray[np.int8]
) -> None:
    """Write what one kind of evidence says to the minutes whose middle it covers."""
    n = minutes.shape[1]
    for k in range(first, last):
        low = max(0, math.ceil(spans[k, FROM] / MINUTE_MS - 0.5))
        high = min(n, math.ceil(spans[k, TO] / MINUTE_MS - 0.5))
        if high <= low:
            continue
        for block in range(low // _BLOCK, (high - 1) // _BLOCK + 1):
            touched[block] |= _BY_POSITION if kind == _P else _BY_SIGN
        says, face = spans[k, SAYS], spans[k, FACE]
        if kind == _RATIO:
            for m in range(low, high):
                minutes[_RATIO, m] += says
                minutes[_FACE_SUM, m] += face
                minutes[_COUNT, m] += 1.0
        else:
            for m in range(low, high):
                minutes[kind, m] = max(minutes[kind, m], says)


@kernel
def _same(minutes: Matrix, m: Int) -> bool:
    """Whether the same is known of a minute as of the one before it."""
    return bool(
        minutes[_P, m] == minutes[_P, m - 1]
        and minutes[_RATIO, m] == minutes[_RATIO, m - 1]
        and minutes[_COUNT, m] == minutes[_COUNT, m - 1]
        and minutes[_FACE_SUM, m] == minutes[_FACE_SUM, m - 1]
        and minutes[_VISIT, m] == minutes[_VISIT, m - 1]
    )


@kernel
def _weigh(minutes: Matrix, m: Int, prior: float, least: float, runs: Matrix, n: Int) -> None:
    """Add the log odds of all that is known of a minute, with which a run begins."""
    odds, share, count = prior, minutes[_P, m], minutes[_COUNT, m]
    if share > 0.0:
        share = min(1.0 - least, max(least, share))
        odds = math.log(share / (1.0 - share))
    runs[n, _FACE] = runs[n, _HEARD] = 0.0
    if count > 0.0:  # both phones' scans of a minute are one witness, not two
        odds += minutes[_RATIO, m] / count
        runs[n, _FACE], runs[n, _HEARD] = minutes[_FACE_SUM, m] / count, 1.0
    odds += minutes[_VISIT, m]
    runs[n, _FIRST], runs[n, _NEAR] = m, 1.0 / (1.0 + math.exp(-odds))


@kernel
def _gather(
    minutes: Matrix, touched: NDArray[np.int8], prior: float, least: float, runs: Matrix
) -> Int:
    """List the runs of minutes of which the same is known; nothing known is no run."""
    n: Int = np.int64(0)
    for block in range(touched.shape[0]):
        if touched[block] == 0:
            continue
        for m in range(block * _BLOCK, min((block + 1) * _BLOCK, minutes.shape[1])):
            known = minutes[_P, m] > 0.0 or minutes[_COUNT, m] > 0.0 or minutes[_VISIT, m] > 0.0
            if not known:
                continue
            if n > 0 and runs[n - 1, _END] == m and _same(minutes, m):
                runs[n - 1, _END] = m + 1.0
                continue
            _weigh(minutes, m, prior, least, runs, n)
            runs[n, _END] = m + 1.0
            n += 1
    return n


@kernel
def _wipe(minutes: Matrix, touched: NDArray[np.int8]) -> None:
    """Forget a contact: the rows of the buffer that were written to."""
    for block in range(touched.shape[0]):
        if touched[block] == 0:
            continue
        last = min((block + 1) * _BLOCK, minutes.shape[1])
        for row in range(_BUFFERS if touched[block] & _BY_SIGN else _P + 1):
            for m in range(block * _BLOCK, last):
                minutes[row, m] = 0.0
        touched[block] = 0


@kernel
def _most(runs: Matrix, n: Int, column: Int, span: float) -> float:
    """Return the largest sum in any ``span`` minutes: one begins or ends where a run does.

    ``tail`` is what the runs from ``low`` up to the one in hand sum up to, all of them whole.
    """
    best = tail = 0.0
    low: Int = np.int64(0)
    for k in range(n):  # spans that end with a run
        tail += runs[k, column] * (runs[k, _END] - runs[k, _FIRST])
        while runs[low, _END] <= runs[k, _END] - span:
            tail -= runs[low, column] * (runs[low, _END] - runs[low, _FIRST])
            low += 1
        cut = max(0.0, runs[k, _END] - span - runs[low, _FIRST])
        best = max(best, tail - cut * runs[low, column])
    tail = 0.0
    low = n - 1
    for k in range(n - 1, -1, -1):  # spans that begin with a run
        tail += runs[k, column] * (runs[k, _END] - runs[k, _FIRST])
        while runs[low, _FIRST] >= runs[k, _FIRST] + span:
            tail -= runs[low, column] * (runs[low, _END] - runs[low, _FIRST])
            low -= 1
        cut = max(0.0, runs[low, _END] - runs[k, _FIRST] - span)
        best = max(best, tail - cut * runs[low, column])
    return best


@kernel
def _by_day(
    runs: Matrix, k: Int, edges: Longs, day: Int, days: Matrix, heard: Matrix, c: Int
) -> Int:
    """Add a run to the local days in which it lies; returns the last of them."""
    begin = runs[k, _FIRST]
    while edges[day + 1] <= begin:
        day += 1
    while begin < runs[k, _END]:
        end = min(runs[k, _END], float(edges[day + 1]))
        days[c, day] += runs[k, _NEAR] * (end - begin)
        heard[c, day] += runs[k, _HEARD] * (end - begin)
        begin = end
        if begin < runs[k, _END]:
            day += 1
    return day


@kernel
def _sum_up(
    runs: Matrix, n: Int, edges: Longs, out: Matrix, days: Matrix, heard_days: Matrix, c: Int
) -> None:
    """Write one contact's sums; unbroken minutes are together or apart as a whole."""
    day: Int = np.int64(0)
    length = total = 0.0
    for k in range(n):
        day = _by_day(runs, k, edges, day, days, heard_days, c)
        if k > 0 and runs[k, _FIRST] > runs[k - 1, _END]:
            out[c, F_VARIANCE] += total * (length - total)
            length = total = 0.0
        lasting = runs[k, _END] - runs[k, _FIRST]
        length += lasting
        total += runs[k, _NEAR] * lasting
        out[c, F_EXPECTED] += runs[k, _NEAR] * lasting
        out[c, F_FACE] += runs[k, _FACE] * lasting
        out[c, F_HEARD] += runs[k, _HEARD] * lasting
    out[c, F_VARIANCE] += total * (length - total)
    out[c, F_EXPECTED_24H] = _most(runs, n, np.int64(_NEAR), _DAY_MINUTES)
    if out[c, F_HEARD] > 0.0:
        out[c, F_FACE_24H] = _most(runs, n, np.int64(_FACE), _DAY_MINUTES)
        out[c, F_HEARD_24H] = _most(runs, n, np.int64(_HEARD), _DAY_MINUTES)
        out[c, F_FACE_BOUT] = _most(runs, n, np.int64(_FACE), BOUT_MINUTES)
    out[c, F_FIRST] = runs[0, _FIRST] * MINUTE_MS
    out[c, F_LAST] = runs[n - 1, _END] * MINUTE_MS


def new_buffers(minutes: int) -> tuple[Matrix, Matrix]:
    """Return the room that ``fuse_minutes`` works in, for a window of so many minutes."""
    return np.zeros((_BUFFERS, minutes)), np.empty((minutes, _RUN_COLUMNS))


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
    minutes: Matrix,
    runs: Matrix,
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
    minutes, runs
        ``new_buffers`` of the window; ``minutes`` is left as it came, all zeros.
    """
    touched = np.zeros(edges[-1] // _BLOCK + 1, dtype=np.int8)
    for c in range(out.shape[0]):
        a, b = located_first[c], located_first[c + 1]
        _mark(located, a, b, minutes, np.int64(_P), touched)
        _mark(heard, heard_first[c], heard_first[c + 1], minutes, np.int64(_RATIO), touched)
        a, b = visited_first[c], visited_first[c + 1]
        _mark(visited, a, b, minutes, np.int64(_VISIT), touched)
        n = _gather(minutes, touched, prior, least, runs)
        _wipe(minutes, touched)
        if n > 0:
            _sum_up(runs, n, edges, out, days, heard_days, c)
