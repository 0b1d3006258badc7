"""One case's evidence of several kinds, put together minute by minute: the kernel."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel

Matrix = NDArray[np.float64]
Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]

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

# Columns of a piece: minutes between two neighbouring starts or ends of a contact's spans.
_P: Final = 0
_RATIO: Final = 1
_COUNT: Final = 2
_FACE_SUM: Final = 3
_VISIT: Final = 4
_PIECE_COLUMNS: Final = 5

# Columns of a run: neighbouring minutes of which the same is known.
_FIRST: Final = 0  # minute
_END: Final = 1
_NEAR: Final = 2  # probability of being within the radius
_FACE: Final = 3  # probability of face to face
_HEARD: Final = 4  # 1 where one phone heard the other
_RUN_COLUMNS: Final = 5

_BLOCK: Final = 32
"""Cuts are looked for by blocks of minutes: most of two weeks nothing is known of a pair."""


@kernel
def _minute_at(ms: float, minutes: Int) -> Int:
    """Return the first minute whose middle does not lie before a time."""
    place: Int = np.int64(min(float(minutes), max(0.0, math.ceil(ms / MINUTE_MS - 0.5))))
    return place


@kernel
def _cut(spans: Matrix, first: Int, last: Int, cut: Bytes, blocks: Bytes) -> None:
    """Mark the minutes at which one kind of evidence begins or ends to say something."""
    minutes = np.int64(cut.shape[0] - 1)
    for k in range(first, last):
        low, high = _minute_at(spans[k, FROM], minutes), _minute_at(spans[k, TO], minutes)
        if low < high:
            cut[low] = cut[high] = 1
            blocks[low // _BLOCK] = blocks[high // _BLOCK] = 1


@kernel
def _gather_cuts(cut: Bytes, blocks: Bytes, cuts: Longs, place: Longs) -> Int:
    """List the marked minutes and note each one's place in the list; takes the marks away."""
    n: Int = np.int64(0)
    for block in range(blocks.shape[0]):
        if blocks[block] == 0:
            continue
        blocks[block] = 0
        for m in range(block * _BLOCK, min((block + 1) * _BLOCK, cut.shape[0])):
            if cut[m] != 0:
                cut[m] = 0
                cuts[n] = m
                place[m] = n
                n += 1
    return n


@kernel
def _mark(
    spans: Matrix, first: Int, last: Int, pieces: Matrix, place: Longs, minutes: Int, kind: Int
) -> None:
    """Write what one kind of evidence says to the pieces whose minutes' middles it covers."""
    for k in range(first, last):
        low, high = _minute_at(spans[k, FROM], minutes), _minute_at(spans[k, TO], minutes)
        if high <= low:
            continue
        says, face = spans[k, SAYS], spans[k, FACE]
        for i in range(place[low], place[high]):
            if kind == _RATIO:
                pieces[i, _RATIO] += says
                pieces[i, _FACE_SUM] += face
                pieces[i, _COUNT] += 1.0
            else:
                pieces[i, kind] = max(pieces[i, kind], says)


@kernel
def _same(pieces: Matrix, i: Int) -> bool:
    """Whether the same is known of a piece as of the one before it."""
    return bool(
        pieces[i, _P] == pieces[i - 1, _P]
        and pieces[i, _RATIO] == pieces[i - 1, _RATIO]
        and pieces[i, _COUNT] == pieces[i - 1, _COUNT]
        and pieces[i, _FACE_SUM] == pieces[i - 1, _FACE_SUM]
        and pieces[i, _VISIT] == pieces[i - 1, _VISIT]
    )


@kernel
def _weigh(pieces: Matrix, i: Int, prior: float, least: float, runs: Matrix, n: Int) -> None:
    """Add the log odds of all that is known of a piece, with which a run begins."""
    odds, share, count = prior, pieces[i, _P], pieces[i, _COUNT]
    if share > 0.0:
        share = min(1.0 - least, max(least, share))
        odds = math.log(share / (1.0 - share))
    runs[n, _FACE] = runs[n, _HEARD] = 0.0
    if count > 0.0:  # both phones' scans of a minute are one witness, not two
        odds += pieces[i, _RATIO] / count
        runs[n, _FACE], runs[n, _HEARD] = pieces[i, _FACE_SUM] / count, 1.0
    odds += pieces[i, _VISIT]
    runs[n, _NEAR] = 1.0 / (1.0 + math.exp(-odds))


@kernel
def _gather(
    pieces: Matrix, cuts: Longs, count: Int, prior: float, least: float, runs: Matrix
) -> Int:
    """List the runs of minutes of which the same is known; nothing known is no run."""
    n: Int = np.int64(0)
    for i in range(count - 1):
        if not (pieces[i, _P] > 0.0 or pieces[i, _COUNT] > 0.0 or pieces[i, _VISIT] > 0.0):
            continue
        if n > 0 and runs[n - 1, _END] == cuts[i] and _same(pieces, i):
            runs[n - 1, _END] = cuts[i + 1]
            continue
        _weigh(pieces, i, prior, least, runs, n)
        runs[n, _FIRST], runs[n, _END] = cuts[i], cuts[i + 1]
        n += 1
    return n


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


@kernel
def _most_cuts(located_first: Longs, heard_first: Longs, visited_first: Longs) -> Int:
    """Return how many starts and ends of spans the contact with most of them has."""
    most: Int = np.int64(0)
    for c in range(located_first.shape[0] - 1):
        spans = located_first[c + 1] - located_first[c]
        spans += heard_first[c + 1] - heard_first[c]
        spans += visited_first[c + 1] - visited_first[c]
        most = max(most, 2 * spans)
    return most


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

    Between two neighbouring starts or ends of spans every minute is like the next: what is known
    is written once for each such piece, not for each minute.

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
    minutes = np.int64(edges[-1])
    cut = np.zeros(minutes + 1, dtype=np.int8)
    blocks = np.zeros(minutes // _BLOCK + 1, dtype=np.int8)
    place = np.empty(minutes + 1, dtype=np.int64)
    most = min(_most_cuts(located_first, heard_first, visited_first), minutes + 1)
    cuts = np.empty(most, dtype=np.int64)
    pieces, runs = np.empty((most, _PIECE_COLUMNS)), np.empty((most, _RUN_COLUMNS))
    for c in range(out.shape[0]):
        a, b = located_first[c], located_first[c + 1]
        d, e = heard_first[c], heard_first[c + 1]
        f, g = visited_first[c], visited_first[c + 1]
        _cut(located, a, b, cut, blocks)
        _cut(heard, d, e, cut, blocks)
        _cut(visited, f, g, cut, blocks)
        count = _gather_cuts(cut, blocks, cuts, place)
        for i in range(count):
            for column in range(_PIECE_COLUMNS):
                pieces[i, column] = 0.0
        _mark(located, a, b, pieces, place, minutes, np.int64(_P))
        _mark(heard, d, e, pieces, place, minutes, np.int64(_RATIO))
        _mark(visited, f, g, pieces, place, minutes, np.int64(_VISIT))
        n = _gather(pieces, cuts, count, prior, least, runs)
        if n > 0:
            _sum_up(runs, n, edges, out, days, heard_days, c)
