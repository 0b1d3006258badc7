"""One case's evidence of several kinds, put together minute by minute: the kernel."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.marks import BITS, list_marks, set_mark

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


@kernel
def _minute_at(ms: float, minutes: Int) -> Int:
    """Return the first minute whose middle does not lie before a time."""
    place: Int = np.int64(min(float(minutes), max(0.0, math.ceil(ms / MINUTE_MS - 0.5))))
    return place


@kernel
def _cut(spans: Matrix, first: Int, last: Int, minutes: Int, marks: Longs, words: Longs) -> None:
    """Mark the minutes at which one kind of evidence begins or ends to say something."""
    for k in range(first, last):
        low, high = _minute_at(spans[k, FROM], minutes), _minute_at(spans[k, TO], minutes)
        if low < high:
            set_mark(marks, words, low)
            set_mark(marks, words, high)


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
def _odds(share: float, prior: float, least: float) -> float:
    """Return the log odds of nearness by positions, or the prior where there are none."""
    if not share > 0.0:
        return prior
    share = min(1.0 - least, max(least, share))
    return math.log(share / (1.0 - share))


@kernel
def _gather(
    pieces: Matrix, cuts: Longs, count: Int, prior: float, least: float, runs: Matrix
) -> Int:
    """List the runs of minutes of which the same is known; nothing known is no run.

    The log odds of all that is known of a run add up.
    """
    n: Int = np.int64(0)
    end: Int = np.int64(-1)
    before = (0.0, 0.0, 0.0, 0.0, 0.0)
    by_share, odds = 0.0, prior
    for i in range(count - 1):
        share, ratio, heard = pieces[i, _P], pieces[i, _RATIO], pieces[i, _COUNT]
        face, visit = pieces[i, _FACE_SUM], pieces[i, _VISIT]
        if not (share > 0.0 or heard > 0.0 or visit > 0.0):
            continue
        known = (share, ratio, heard, face, visit)
        if end == cuts[i] and known == before:
            runs[n - 1, _END] = end = cuts[i + 1]
            continue
        if share != by_share:
            by_share, odds = share, _odds(share, prior, least)
        total = odds
        runs[n, _FACE] = runs[n, _HEARD] = 0.0
        if heard > 0.0:  # both phones' scans of a minute are one witness, not two
            total += ratio / heard
            runs[n, _FACE], runs[n, _HEARD] = face / heard, 1.0
        total += visit
        runs[n, _NEAR] = 1.0 / (1.0 + math.exp(-total))
        runs[n, _FIRST], runs[n, _END] = cuts[i], cuts[i + 1]
        before, end = known, cuts[i + 1]
        n += 1
    return n


@kernel
def _most_ending(runs: Matrix, n: Int, span: float) -> tuple[float, float, float]:
    """Return the largest sums in any ``span`` minutes that end where a run does.

    Of the minutes near, face to face and heard. What is summed are the runs from ``low`` up to
    the one in hand, all of them whole; what lies before the span is taken off.
    """
    near = face = heard = most_near = most_face = most_heard = 0.0
    low: Int = np.int64(0)
    for k in range(n):
        end = runs[k, _END]
        lasting = end - runs[k, _FIRST]
        near += runs[k, _NEAR] * lasting
        face += runs[k, _FACE] * lasting
        heard += runs[k, _HEARD] * lasting
        while runs[low, _END] <= end - span:
            lasting = runs[low, _END] - runs[low, _FIRST]
            near -= runs[low, _NEAR] * lasting
            face -= runs[low, _FACE] * lasting
            heard -= runs[low, _HEARD] * lasting
            low += 1
        cut = max(0.0, end - span - runs[low, _FIRST])
        most_near = max(most_near, near - cut * runs[low, _NEAR])
        most_face = max(most_face, face - cut * runs[low, _FACE])
        most_heard = max(most_heard, heard - cut * runs[low, _HEARD])
    return most_near, most_face, most_heard


@kernel
def _most_beginning(runs: Matrix, n: Int, span: float) -> tuple[float, float, float]:
    """Return the largest sums in any ``span`` minutes that begin where a run does."""
    near = face = heard = most_near = most_face = most_heard = 0.0
    low = n - 1
    for k in range(n - 1, -1, -1):
        first = runs[k, _FIRST]
        lasting = runs[k, _END] - first
        near += runs[k, _NEAR] * lasting
        face += runs[k, _FACE] * lasting
        heard += runs[k, _HEARD] * lasting
        while runs[low, _FIRST] >= first + span:
            lasting = runs[low, _END] - runs[low, _FIRST]
            near -= runs[low, _NEAR] * lasting
            face -= runs[low, _FACE] * lasting
            heard -= runs[low, _HEARD] * lasting
            low -= 1
        cut = max(0.0, runs[low, _END] - first - span)
        most_near = max(most_near, near - cut * runs[low, _NEAR])
        most_face = max(most_face, face - cut * runs[low, _FACE])
        most_heard = max(most_heard, heard - cut * runs[low, _HEARD])
    return most_near, most_face, most_heard


@kernel
def _write_most(runs: Matrix, n: Int, out: Matrix, c: Int) -> None:
    """Write the largest sums in 24 hours and in a bout: one begins or ends where a run does."""
    ends, begins = _most_ending(runs, n, _DAY_MINUTES), _most_beginning(runs, n, _DAY_MINUTES)
    out[c, F_EXPECTED_24H] = max(ends[0], begins[0])
    if out[c, F_HEARD] > 0.0:
        out[c, F_FACE_24H], out[c, F_HEARD_24H] = max(ends[1], begins[1]), max(ends[2], begins[2])
        bout = np.float64(BOUT_MINUTES)
        ends, begins = _most_ending(runs, n, bout), _most_beginning(runs, n, bout)
        out[c, F_FACE_BOUT] = max(ends[1], begins[1])


@kernel
def _by_day(runs: Matrix, n: Int, edges: Longs, days: Matrix, heard: Matrix, c: Int) -> None:
    """Add the runs to the local days in which they lie."""
    day: Int = np.int64(0)
    for k in range(n):
        begin, last = runs[k, _FIRST], runs[k, _END]
        while edges[day + 1] <= begin:
            day += 1
        while begin < last:
            end = min(last, float(edges[day + 1]))
            days[c, day] += runs[k, _NEAR] * (end - begin)
            heard[c, day] += runs[k, _HEARD] * (end - begin)
            begin = end
            if begin < last:
                day += 1


@kernel
def _sum_up(runs: Matrix, n: Int, out: Matrix, c: Int) -> None:
    """Write one contact's sums; unbroken minutes are together or apart as a whole."""
    length = total = variance = near = face = heard = 0.0
    before = runs[0, _FIRST]
    for k in range(n):
        first, end = runs[k, _FIRST], runs[k, _END]
        if first > before:
            variance += total * (length - total)
            length = total = 0.0
        lasting, before = end - first, end
        length += lasting
        total += runs[k, _NEAR] * lasting
        near += runs[k, _NEAR] * lasting
        face += runs[k, _FACE] * lasting
        heard += runs[k, _HEARD] * lasting
    out[c, F_EXPECTED], out[c, F_FACE], out[c, F_HEARD] = near, face, heard
    out[c, F_VARIANCE] = variance + total * (length - total)
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
    marks = np.zeros(minutes // BITS + 1, dtype=np.int64)
    words = np.zeros(marks.shape[0] // BITS + 1, dtype=np.int64)
    place = np.empty(minutes + 1, dtype=np.int64)
    most = min(_most_cuts(located_first, heard_first, visited_first), minutes + 1)
    cuts = np.empty(most, dtype=np.int64)
    pieces, runs = np.empty((most, _PIECE_COLUMNS)), np.empty((most, _RUN_COLUMNS))
    for c in range(out.shape[0]):
        a, b = located_first[c], located_first[c + 1]
        d, e = heard_first[c], heard_first[c + 1]
        f, g = visited_first[c], visited_first[c + 1]
        _cut(located, a, b, minutes, marks, words)
        _cut(heard, d, e, minutes, marks, words)
        _cut(visited, f, g, minutes, marks, words)
        count = list_marks(marks, words, cuts, place)
        for i in range(count):
            for column in range(_PIECE_COLUMNS):
                pieces[i, column] = 0.0
        _mark(located, a, b, pieces, place, minutes, np.int64(_P))
        _mark(heard, d, e, pieces, place, minutes, np.int64(_RATIO))
        _mark(visited, f, g, pieces, place, minutes, np.int64(_VISIT))
        n = _gather(pieces, cuts, count, prior, least, runs)
        if n > 0:
            _by_day(runs, n, edges, days, heard_days, c)
            _sum_up(runs, n, out, c)
            _write_most(runs, n, out, c)
