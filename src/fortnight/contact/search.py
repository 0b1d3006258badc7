"""Look a case's segments up among everyone's: the one kernel that has to be fast.

Two passes. The first bounds each pair's expected time by what costs little; the second integrates
the probability, for those participants only who can reach the minimum that is listed.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.grid import CLASSES
from fortnight.contact.lookup import (
    Longs,
    Shelf,
    Words,
    bound_box,
    new_desk,
    rows_near,
    shelf_of,
    unpack_row,
)
from fortnight.contact.meeting import (
    MAX_PANELS,
    MEETING_COLUMNS,
    Matrix,
    Nearness,
    comes_within,
    inside,
    limit_between,
    nearest_time,
    overlap,
    path,
    separation,
    sigmas,
    uncertain,
)
from fortnight.contact.pairing import meet_moving, meet_still
from fortnight.contact.pairs import judged, moves
from fortnight.contact.probability import distance_limits, probability_peaks, rice_table
from fortnight.contact.question import COLUMNS, KIND, PARTITION, SIGMA0, SIGMA1
from fortnight.track.growing import trimmed, with_room
from fortnight.track.rules import PRESUMED as PRESUMED_KIND

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fortnight.contact.index import Index

_Part = TypeVar("_Part")
_Found = TypeVar("_Found")


@kernel
def _at_most(
    asked: Matrix,
    other: Matrix,
    near: Nearness,
    limits: Matrix,
    peaks: Matrix,
) -> float:
    """Return a bound of a pair's expected time (ms), or of its time near; 0 where never near.

    The time in which they were closer than any sigma on the way allows for 5 %, times a bound
    of the probability: that at no separation and the smallest of those sigmas, or that at the
    smallest separation and whichever sigma suits it best. Presumed time is without bound.
    """
    if not judged(asked, other, near.sigma_limit):
        return 0.0
    begin, end = overlap(asked, other)
    m = path(asked, other, begin, end)
    if not comes_within(m, near.reach):
        return 0.0
    m = uncertain(m, asked, other, begin, near.leg_spread)
    low, high = sigmas(m)
    limit = near.radius
    if low < near.sigma_limit:
        limit = max(limit, limit_between(low, high, limits, near))
    enter, leave = inside(m, limit)
    if leave <= enter:
        return 0.0
    if asked[KIND] == PRESUMED_KIND or other[KIND] == PRESUMED_KIND:
        return np.inf
    most = 1.0 - math.exp(-0.5 * (near.radius / low) ** 2)
    closest = separation(m, nearest_time(m, enter, leave))
    step = np.int64(closest / near.reach * (peaks.shape[0] - 1))
    return float((leave - enter) * min(most, peaks[min(step, peaks.shape[0] - 1)]))


@kernel
def _candidates(
    question: Matrix,
    who: Int,
    shelf: Shelf,
    near: Nearness,
    limits: Matrix,
    peaks: Matrix,
    most: Matrix,
) -> Longs:
    """Return the pairs (row of the question, row of the index) that may have met.

    ``most`` (participants, days) gets a bound of each participant's expected time by UTC day,
    which costs a fraction of the integral. Presumed time is always looked at.
    """
    out = np.empty((1024, 2), dtype=np.int64)
    ranges, hits = np.empty((256, 2), dtype=np.int64), np.empty((1024, 1), dtype=np.int64)
    other, desk = np.empty(COLUMNS), new_desk()
    n: Int = np.int64(0)
    for q in range(question.shape[0]):
        asked = question[q]
        day = np.int64(asked[PARTITION])
        if min(asked[SIGMA0], asked[SIGMA1]) > near.sigma_limit:
            continue
        bound_box(asked, near.reach, desk.box)
        for group in range(CLASSES):
            if not (shelf.day_classes[day] >> group) & 1:
                continue
            ranges, hits, count = rows_near(
                asked, who, group, near.reach, shelf, desk, ranges, hits
            )
            for k in range(count):
                row = hits[k, 0]
                unpack_row(shelf.cells, row, other)
                bound = _at_most(asked, other, near, limits, peaks)
                if bound > 0.0:
                    out = with_room(out, n, 1)
                    out[n, 0], out[n, 1] = q, row
                    n += 1
                    most[shelf.cells[row, 2], day] += bound
    return trimmed(out, n)


@kernel
def _may_reach(most: Matrix, day_numbers: Longs, min_ms: float) -> NDArray[np.bool_]:
    """Which participants may reach ``min_ms`` in 24 hours, which two UTC days always hold."""
    out = np.zeros(most.shape[0], dtype=np.bool_)
    for who in range(most.shape[0]):
        before = 0.0
        for day in range(most.shape[1]):
            if day > 0 and day_numbers[day] != day_numbers[day - 1] + 1:
                before = 0.0
            if most[who, day] > 0.0 and before + most[who, day] >= min_ms:
                out[who] = True
                break
            before = most[who, day]
    return out


@kernel
def _evaluate(
    question: Matrix,
    pairs: Longs,
    cells: Words,
    near: Nearness,
    table: Matrix,
    limits: Matrix,
) -> Matrix:
    """Return the meetings of candidate pairs."""
    out = np.empty((256, MEETING_COLUMNS))
    other = np.empty(COLUMNS)
    periods = np.empty((MAX_PANELS + 2, 3))
    n: Int = np.int64(0)
    for k in range(pairs.shape[0]):
        asked, row = question[pairs[k, 0]], pairs[k, 1]
        unpack_row(cells, row, other)
        begin, end = overlap(asked, other)
        out = with_room(out, n, MAX_PANELS)
        whom = np.int64(cells[row, 2])
        if moves(asked) or moves(other):
            n = meet_moving(asked, other, whom, begin, end, near, table, limits, periods, out, n)
        else:
            n = meet_still(asked, other, whom, begin, end, near, table, out, n)
    return trimmed(out, n)


def search(
    index: Index,
    who: int,
    question: Matrix,
    near: Nearness,
    min_ms: float = 0.0,
    *,
    threads: int = 1,
) -> Matrix:
    """Return the meetings of ``who`` with others: float64 (m, 11), columns as in ``meeting``.

    ``question`` is what ``question.ask`` returned for ``who``. Participants whose expected time
    cannot reach ``min_ms`` in any 24 hours are left out: most of a town passes by once, and the
    bound that shows it costs a fraction of the integral. The rows of one pair are in no order of
    time, because cells of several sizes are searched one after the other.

    The work is always cut into the same two halves, whether one thread does them or two: sums
    are then added in the same order, and the answer has the same bytes.
    """
    limits = distance_limits(near.radius, near.min_probability)
    peaks, table = probability_peaks(near.min_probability), rice_table()
    shelf = shelf_of(index)
    shape = (len(index.tracks.names), len(index.day_numbers))

    def candidates(rows: Matrix) -> tuple[Longs, Matrix]:
        most = np.zeros(shape)
        return _candidates(rows, who, shelf, near, limits, peaks, most), most

    middle = len(question) // 2
    (first, most), (second, more) = _both(
        candidates, question[:middle], question[middle:], threads=threads
    )
    most += more
    wanted = _may_reach(most, index.day_numbers, min_ms)
    second[:, 0] += middle
    pairs = np.concatenate((first, second))
    pairs = pairs[wanted[index.cells[pairs[:, 1], 2]]]

    def evaluate(part: Longs) -> Matrix:
        return _evaluate(question, part, index.cells, near, table, limits)

    middle = len(pairs) // 2
    return np.concatenate(_both(evaluate, pairs[:middle], pairs[middle:], threads=threads))


def _both(
    task: Callable[[_Part], _Found], first: _Part, second: _Part, *, threads: int
) -> tuple[_Found, _Found]:
    """Do a task on two parts, side by side where there are two threads."""
    if threads == 1:
        return task(first), task(second)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(task, second)
        return task(first), other.result()


def is_compiled() -> bool:
    """Whether the search's machine code lies ready on disk."""
    kept: Any = _candidates
    return bool(kept._cache._cache_file._load_index())  # noqa: SLF001 - there is no public way
