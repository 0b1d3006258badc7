"""Look a case's segments up among everyone's: the one kernel that has to be fast.

Two passes. The first bounds each pair's expected time by what costs little; the second integrates
the probability, for those participants only who can reach the minimum that is listed.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.ahead import read_ahead
from fortnight.contact.grid import ALL_CLASSES
from fortnight.contact.lookup import (
    Longs,
    Shelf,
    Words,
    box_around,
    ends_of,
    is_met,
    new_desk,
    rows_near,
    segment_at,
    shelf_of,
)
from fortnight.contact.meeting import (
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
from fortnight.contact.pairing import meet
from fortnight.contact.pairs import judged
from fortnight.contact.probability import (
    distance_limits,
    edge_squares,
    probability_peaks,
    rice_table,
)
from fortnight.contact.question import PARTITION, Segment, asked_at
from fortnight.contact.sharing import PARTS, helper, parts, shared
from fortnight.track.growing import with_room
from fortnight.track.rules import PRESUMED as PRESUMED_KIND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.index import Index


@kernel
def _at_most(
    asked: Segment,
    other: Segment,
    near: Nearness,
    limits: Matrix,
    peaks: Matrix,
) -> float:
    """Return a bound of a pair's expected time (ms), or of its time near; 0 where never near.

    The time in which they were closer than any sigma on the way allows for 5 %, times a bound
    of the probability: that at no separation and the smallest of those sigmas, or that at the
    smallest separation and whichever sigma suits it best. Presumed time is without bound.
    """
    begin, end = overlap(asked, other)
    m = uncertain(path(asked, other, begin, end), asked, other, begin, near.leg_spread)
    low, high = sigmas(m)
    limit = near.radius
    if low < near.sigma_limit:
        limit = max(limit, limit_between(low, high, limits, near))
    enter, leave = inside(m, limit)
    if leave <= enter:
        return 0.0
    if asked.kind == PRESUMED_KIND or other.kind == PRESUMED_KIND:  # noqa: PLR1714 - a tuple compiles slowly
        return np.inf
    most = 1.0 - math.exp(-0.5 * (near.radius / low) ** 2)
    closest = separation(m, nearest_time(m, enter, leave))
    step = np.int64(closest / near.reach * (peaks.shape[0] - 1))
    return float((leave - enter) * min(most, peaks[min(step, peaks.shape[0] - 1)]))


@kernel
def _keep_near(
    question: Matrix,
    q: Int,
    who: Int,
    cells: Words,
    near: Nearness,
    hits: Longs,
    count: Int,
    out: Longs,
) -> Int:
    """Write the pairs of one row of the question that come within reach; return how many."""
    asked = asked_at(question, q)
    n = np.uint64(0)
    for k in range(count):
        other = segment_at(cells, hits[k])
        begin, end = overlap(asked, other)
        meets = is_met(cells, hits[k], who, asked) & judged(asked, other, near.sigma_limit)
        meets &= comes_within(path(asked, other, begin, end), near.reach)
        out[n, 0], out[n, 1] = q, hits[k]
        n += np.uint64(meets)
    return np.int64(n)


@kernel
def find_pairs(question: Matrix, who: Int, shelf: Shelf, near: Nearness) -> Longs:
    """Return the pairs (row of the question, row of the index) that came within reach."""
    out = np.empty((4096, 2), dtype=np.int64)
    desk, n = new_desk(), np.int64(0)
    for q in range(question.shape[0]):
        asked = asked_at(question, q)
        if min(asked.sigma0, asked.sigma1) > near.sigma_limit:
            continue
        day, ends = np.int64(question[q, PARTITION]), ends_of(asked)
        box, classes = box_around(ends, near.reach), np.int64(ALL_CLASSES)
        desk, count = rows_near(asked, day, classes, ends, near.reach, box, shelf, desk)
        if n + count > out.shape[0]:
            out = with_room(out, n, count)
        n += _keep_near(question, q, who, shelf.cells, near, desk.hits, count, out[n:])
    return out[:n]


@kernel
def _bounds(
    question: Matrix, pairs: Longs, cells: Words, near: Nearness, limits: Matrix, peaks: Matrix
) -> Matrix:
    """Return a bound of each pair's expected time, which costs a fraction of the integral."""
    out = np.empty(pairs.shape[0])
    for k in range(pairs.shape[0]):
        asked, other = asked_at(question, pairs[k, 0]), segment_at(cells, pairs[k, 1])
        out[k] = _at_most(asked, other, near, limits, peaks)
    return out


@kernel
def _sum_by_day(
    question: Matrix, pairs: Longs, cells: Words, bounds: Matrix, people: Int, days: Int
) -> Matrix:
    """Return the sum of bounds by participant and UTC day."""
    out = np.zeros((people, days))
    for k in range(pairs.shape[0]):
        day = np.int64(question[pairs[k, 0], PARTITION])
        out[cells[pairs[k, 1], 2], day] += bounds[k]
    return out


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


_LARGEST_KEPT: Final = (32 << 20) - 8_192
"""Just under what the allocator takes as a measure at all."""


def search(
    index: Index,
    who: int,
    question: Matrix,
    near: Nearness,
    min_ms: float = 0.0,
    *,
    threads: int = 1,
) -> list[Matrix]:
    """Return the meetings of ``who`` with others in parts: float64 (m, 11), as in ``meeting``.

    ``question`` is what ``question.ask`` returned for ``who``. Participants whose expected time
    cannot reach ``min_ms`` in any 24 hours are left out: most of a town passes by once, and the
    bound that shows it costs a fraction of the integral. The rows of one pair are in no order of
    time, because cells of several sizes are searched one after the other.

    Two threads share the work in parts. No row of the answer depends on another, and the parts
    are in their order: put together they are the same bytes, whatever the threads.
    """
    _keep_memory()
    edge = edge_squares(near.radius, near.min_probability)
    table, shelf = rice_table(), shelf_of(index)

    def candidates(rows: slice) -> Longs:
        found = find_pairs(question[rows], who, shelf, near)
        found[:, 0] += rows.start
        return found

    def meetings(part: Longs) -> Matrix:
        return meet(question, part, index.cells, near, table, edge)

    work = parts(len(question), PARTS)
    with helper(threads) as pool:
        read_ahead(question, shelf, near, pool)
        if min_ms == 0.0:  # what was found is followed at once, while it is in the cache
            return shared(lambda rows: meetings(candidates(rows)), work, pool)
        pairs = np.concatenate(shared(candidates, work, pool))
        pairs = _worth_following(index, question, pairs, near, min_ms)
        return shared(meetings, [pairs[part] for part in parts(len(pairs), PARTS)], pool)


@cache
def _keep_memory() -> None:
    """Have what a search gives back kept for the next one.

    GNU's allocator hands free memory back to the system at once, up to the largest block that it
    ever saw freed: its pages are then cleared one by one again, 2,500 for one case, which was a
    sixth of its time. Some 30 MB that nobody writes to are free to ask for. Elsewhere it is idle.
    """
    np.empty(_LARGEST_KEPT, dtype=np.uint8)


def _worth_following(
    index: Index, question: Matrix, pairs: Longs, near: Nearness, min_ms: float
) -> Longs:
    """Return the pairs of those participants only who may reach ``min_ms`` in 24 hours."""
    limits = distance_limits(near.radius, near.min_probability)
    peaks = probability_peaks(near.min_probability)
    bounds = _bounds(question, pairs, index.cells, near, limits, peaks)
    people, days = len(index.tracks.names), len(index.day_numbers)
    most = _sum_by_day(question, pairs, index.cells, bounds, people, days)
    wanted = _may_reach(most, index.day_numbers, min_ms)
    kept: Longs = pairs[wanted[index.cells[pairs[:, 1], 2]]]
    return kept


def is_compiled() -> bool:
    """Whether the search's machine code lies ready on disk."""
    kept: Any = find_pairs
    return bool(kept._cache._cache_file._load_index())  # noqa: SLF001 - there is no public way
