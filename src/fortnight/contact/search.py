"""Look a case's segments up among everyone's: the one kernel that has to be fast."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import kernel
from fortnight.contact.grid import (
    AREA_CLASS,
    CLASS_HALVES,
    CLASS_SIZES,
    CLASSES,
    LEG_CLASS,
    ORIGIN_M,
    block_key,
    block_place,
    box_mask,
    ones,
    slot_of,
)
from fortnight.contact.meeting import (
    AT,
    BEGIN,
    EXPECTED_MS,
    FINISH,
    MAX_PANELS,
    MEETING_COLUMNS,
    NEAR_MS,
    NEAREST,
    PERIOD,
    PRESUMED,
    WHO,
    Matrix,
    Motion,
    Nearness,
    inside,
    limit_between,
    sigmas,
    likely_periods,
    path,
    still,
    uncertain,
    comes_within,
    nearest_time,
    overlap,
    separation,
)
from fortnight.contact.probability import distance_limits, probability_peaks, rice_table, within
from fortnight.contact.question import (
    COLUMNS,
    FROM,
    HERE,
    KIND,
    MIDNIGHT,
    PARTITION,
    SIGMA0,
    SIGMA1,
    START,
    STOP,
    THERE,
    TO,
)
from fortnight.contact.question import PERIOD as ASKED_PERIOD
from fortnight.track.geometry import UNITS_A_METRE
from fortnight.track.growing import trimmed, with_room
from fortnight.track.rules import AREA_LEG, LEG
from fortnight.track.rules import PRESUMED as PRESUMED_KIND
from fortnight.track.tracks import KIND_SHIFT, SIGMA_UNITS_A_METRE, TIME_MASK, Words

if TYPE_CHECKING:
    from fortnight.contact.index import Index

Longs = NDArray[np.int64]

METRES_A_UNIT: Final = 1.0 / UNITS_A_METRE
METRES_A_SIGMA_UNIT: Final = 1.0 / SIGMA_UNITS_A_METRE

_SCAN: Final = 16
"""Rows of a cell up to which reading on is quicker than a binary search."""

# Columns of what is known about a participant who was only ever in the same area.
AREA_MS: Final = 0
AREA_ACCURACY: Final = 1
AREA_FIRST: Final = 2
AREA_LAST: Final = 3
AREA_COLUMNS: Final = 4


@kernel
def _find(key: int, blocks: Longs, slots: Words) -> int:
    """Return the row of a block, or -1."""
    mask = slots.shape[0] - 1
    slot = slot_of(key, mask)
    while slots[slot] >= 0:
        if blocks[slots[slot], 0] == key:
            return int(slots[slot])
        slot = (slot + 1) & mask
    return -1


@kernel
def _first_block(blocks: Longs, key: int) -> int:
    """Return the first row of ``blocks`` whose key is not below ``key``."""
    start, end = 0, blocks.shape[0]
    while start < end:
        middle = (start + end) // 2
        if blocks[middle, 0] < key:
            start = middle + 1
        else:
            end = middle
    return start


@kernel
def _box(asked: Matrix, group: int, widen: float, low: Longs, high: Longs) -> None:
    """Write the range of cells of class ``group`` within ``widen`` metres of a question."""
    size = CLASS_SIZES[group]
    begin, end = asked[FROM], asked[TO]
    duration = asked[3] - asked[2]
    for axis in range(3):
        here, step = asked[HERE + axis], asked[THERE + axis] - asked[HERE + axis]
        a = here + (begin - asked[2]) / duration * step
        b = here + (end - asked[2]) / duration * step
        low[axis] = np.int64(math.floor((min(a, b) - widen + ORIGIN_M) / size))
        high[axis] = np.int64(math.floor((max(a, b) + widen + ORIGIN_M) / size))


@kernel
def _cells_of_block(
    b: int,
    blocks: Longs,
    starts: Longs,
    low: Longs,
    high: Longs,
    ranges: Longs,
    n: int,
) -> tuple[Longs, int]:
    """Append the rows of the block's occupied cells inside the box."""
    bx, by, bz = block_place(blocks[b, 0])
    occupied = np.uint64(blocks[b, 1])
    mask = box_mask(
        max(low[0] - 4 * bx, 0),
        min(high[0] - 4 * bx, 3),
        max(low[1] - 4 * by, 0),
        min(high[1] - 4 * by, 3),
        max(low[2] - 4 * bz, 0),
        min(high[2] - 4 * bz, 3),
    )
    left = occupied & mask
    ranges = with_room(ranges, n, 64)
    while left:
        below = (left & (~left + np.uint64(1))) - np.uint64(1)
        at = blocks[b, 2] + ones(occupied & below)
        ranges[n, 0], ranges[n, 1] = starts[at], starts[at + 1]
        n += 1
        left &= left - np.uint64(1)
    return ranges, n


@kernel
def _rows_near(
    asked: Matrix,
    group: int,
    widen: float,
    blocks: Longs,
    starts: Longs,
    slots: Words,
    low: Longs,
    high: Longs,
    ranges: Longs,
) -> tuple[Longs, int]:
    """Return the ranges of rows, one an occupied cell, that may hold what is ``widen`` near."""
    _box(asked, group, widen, low, high)
    day = np.int64(asked[PARTITION])
    n = none = np.int64(0)
    looks = 1.0
    for axis in range(3):
        looks *= float((high[axis] >> 2) - (low[axis] >> 2) + 1)
    if looks > 64.0:
        first = _first_block(blocks, block_key(day, group, none, none, none))
        last = _first_block(blocks, block_key(day, group + 1, none, none, none))
        if looks > last - first:
            for b in range(first, last):
                ranges, n = _cells_of_block(b, blocks, starts, low, high, ranges, n)
            return ranges, n
    for bz in range(low[2] >> 2, (high[2] >> 2) + 1):
        for by in range(low[1] >> 2, (high[1] >> 2) + 1):
            for bx in range(low[0] >> 2, (high[0] >> 2) + 1):
                b = _find(block_key(day, group, bx, by, bz), blocks, slots)
                if b >= 0:
                    ranges, n = _cells_of_block(b, blocks, starts, low, high, ranges, n)
    return ranges, n


@kernel
def _first_row(cells: Words, start: int, end: int, time: float) -> int:
    """Return the first row from ``start`` on that begins at ``time`` or later."""
    while end - start > _SCAN:
        middle = (start + end) // 2
        if cells[middle, 0] & TIME_MASK < time:
            start = middle + 1
        else:
            end = middle
    while start < end and cells[start, 0] & TIME_MASK < time:
        start += 1
    return start


@kernel
def _note(
    out: Matrix,
    asked: Matrix,
    other: Matrix,
    who: int,
    m: Motion,
    offset: float,
    begin: float,
    end: float,
    near_ms: float,
    expected_ms: float,
) -> None:
    """Write one meeting; ``begin`` and ``end`` count from ``offset`` (ms of the day)."""
    out[WHO], out[BEGIN] = who, asked[MIDNIGHT] + offset + begin
    out[FINISH] = asked[MIDNIGHT] + offset + end
    out[NEAR_MS], out[EXPECTED_MS] = near_ms, expected_ms
    t = nearest_time(m, begin, end)
    out[NEAREST] = separation(m, t)
    share = (offset + t - other[2]) / (other[3] - other[2])
    for axis in range(3):
        out[AT + axis] = other[HERE + axis] + share * (other[THERE + axis] - other[HERE + axis])
    out[AT] -= (m.x + t * m.u) / 2.0
    out[AT + 1] -= (m.y + t * m.v) / 2.0
    out[AT + 2] -= (m.z + t * m.w) / 2.0
    presumed = asked[KIND] == PRESUMED_KIND or other[KIND] == PRESUMED_KIND
    out[PRESUMED] = 1.0 if presumed else 0.0
    out[PERIOD] = asked[ASKED_PERIOD]


@kernel
def _meet_moving(
    asked: Matrix,
    other: Matrix,
    who: int,
    begin: float,
    end: float,
    near: Nearness,
    table: Matrix,
    limits: Matrix,
    periods: Matrix,
    out: Matrix,
    n: int,
) -> int:
    """Write the meetings of a pair of which one moves: each likely period, and the time within
    the radius, as one where they overlap."""
    m = uncertain(path(asked, other, begin, end), asked, other, begin, near.leg_spread)
    count = likely_periods(m, near, table, limits, periods)
    enter, leave = inside(m, near.radius)
    is_near = leave > enter
    first, last = enter, leave
    expected = 0.0
    for k in range(count):
        a, b = periods[k, 0], periods[k, 1]
        if is_near and a <= leave and b >= enter:
            first, last = min(first, a), max(last, b)
            expected += periods[k, 2]
        else:
            _note(out[n], asked, other, who, m, begin, a, b, 0.0, periods[k, 2])
            n += 1
    if is_near:
        _note(out[n], asked, other, who, m, begin, first, last, leave - enter, expected)
        n += 1
    return n


@kernel
def _meet_still(
    asked: Matrix,
    other: Matrix,
    who: int,
    begin: float,
    end: float,
    near: Nearness,
    table: Matrix,
    out: Matrix,
    n: int,
) -> int:
    """Write the meeting of two stays, whose separation and probability do not change."""
    x, y, z = other[4] - asked[4], other[5] - asked[5], other[6] - asked[6]
    square = x * x + y * y + z * z
    if square > near.reach * near.reach:
        return n
    distance = math.sqrt(square)
    sigma = math.sqrt(asked[SIGMA0] ** 2 + other[SIGMA0] ** 2)
    chance = within(distance, sigma, near.radius, table)
    likely = chance >= near.min_probability
    is_near = distance <= near.radius
    if not (likely or is_near):
        return n
    m = still(x, y, z, end - begin)
    expected = chance * m.span if likely else 0.0
    near_ms = m.span if is_near else 0.0
    _note(out[n], asked, other, who, m, begin, 0.0, m.span, near_ms, expected)
    return n + 1


@kernel
def _moves(segment: Matrix) -> bool:
    return bool(segment[KIND] == LEG or segment[KIND] == AREA_LEG)


@kernel
def judged(asked: Matrix, other: Matrix, sigma_limit: float) -> bool:
    """Whether a pair is fine enough for any probability of 5 %: else it is "same area"."""
    a = min(asked[SIGMA0], asked[SIGMA1])
    b = min(other[SIGMA0], other[SIGMA1])
    return bool(a * a + b * b <= sigma_limit * sigma_limit)


@kernel
def _unpack(cells: Words, row: int, other: Matrix) -> None:
    """Write a row of the index as a segment, in the columns of a question."""
    other[START], other[STOP] = cells[row, 0] & TIME_MASK, cells[row, 1]
    for axis in range(3):
        other[HERE + axis] = cells[row, 3 + axis] * METRES_A_UNIT
        other[THERE + axis] = cells[row, 7 + axis] * METRES_A_UNIT
    other[SIGMA0] = cells[row, 6] * METRES_A_SIGMA_UNIT
    other[SIGMA1] = cells[row, 10] * METRES_A_SIGMA_UNIT
    other[KIND] = cells[row, 0] >> KIND_SHIFT


@kernel
def _bound_box(asked: Matrix, widen: float, box: Longs) -> None:
    """Write the box around the asked part of a segment, ``widen`` metres wider, in 1/256 m."""
    duration = asked[STOP] - asked[START]
    for axis in range(3):
        here, step = asked[HERE + axis], asked[THERE + axis] - asked[HERE + axis]
        a = here + (asked[FROM] - asked[START]) / duration * step
        b = here + (asked[TO] - asked[START]) / duration * step
        box[axis] = np.int64(math.floor((min(a, b) - widen) * UNITS_A_METRE)) - 1
        box[3 + axis] = np.int64(math.ceil((max(a, b) + widen) * UNITS_A_METRE)) + 1


@kernel
def _misses(cells: Words, row: int, box: Longs) -> bool:
    """Whether a segment lies wholly to one side of a box: true of most rows of a cell."""
    for axis in range(3):
        a, b = cells[row, 3 + axis], cells[row, 7 + axis]
        if (a < box[axis] and b < box[axis]) or (a > box[3 + axis] and b > box[3 + axis]):
            return True
    return False


@kernel
def _at_most(
    asked: Matrix,
    other: Matrix,
    begin: float,
    end: float,
    near: Nearness,
    limits: Matrix,
    peaks: Matrix,
) -> float:
    """Return a bound of a pair's expected time (ms), or of its time near; 0 where never near.

    The time in which they were closer than any sigma on the way allows for 5 %, times a bound
    of the probability: that at no separation and the smallest of those sigmas, or that at the
    smallest separation and whichever sigma suits it best.
    """
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
    most = 1.0 - math.exp(-0.5 * (near.radius / low) ** 2)
    closest = separation(m, nearest_time(m, enter, leave))
    step = np.int64(closest / near.reach * (peaks.shape[0] - 1))
    return float((leave - enter) * min(most, peaks[min(step, peaks.shape[0] - 1)]))


@kernel
def _candidates(
    question: Matrix,
    who: int,
    cells: Words,
    blocks: Longs,
    starts: Longs,
    slots: Words,
    day_classes: Longs,
    near: Nearness,
    leg_max: float,
    limits: Matrix,
    peaks: Matrix,
    most: Matrix,
) -> Longs:
    """Return the pairs (row of the question, row of the index) that may have met.

    ``most`` (participants, days) gets a bound of each participant's expected time by UTC day,
    which costs a fraction of the integral. Presumed time is always looked at.
    """
    out = np.empty((1024, 2), dtype=np.int64)
    other, box = np.empty(COLUMNS), np.empty(6, dtype=np.int64)
    ranges = np.empty((256, 2), dtype=np.int64)
    low, high = np.empty(3, dtype=np.int64), np.empty(3, dtype=np.int64)
    n = np.int64(0)
    for q in range(question.shape[0]):
        asked = question[q]
        day = np.int64(asked[PARTITION])
        if min(asked[SIGMA0], asked[SIGMA1]) > near.sigma_limit:
            continue
        _bound_box(asked, near.reach, box)
        for group in range(CLASSES):
            if not (day_classes[day] >> group) & 1:
                continue
            widen = CLASS_HALVES[group] + near.reach
            ranges, count = _rows_near(
                asked, group, widen, blocks, starts, slots, low, high, ranges
            )
            oldest = asked[FROM] - leg_max if LEG_CLASS <= group < AREA_CLASS else 0.0
            for r in range(count):
                first, last = ranges[r, 0], ranges[r, 1]
                if oldest > 0.0:
                    first = _first_row(cells, first, last, oldest)
                for row in range(first, last):
                    if cells[row, 0] & TIME_MASK >= asked[TO]:
                        break
                    if cells[row, 1] <= asked[FROM] or _misses(cells, row, box):
                        continue
                    if cells[row, 2] == who:
                        continue
                    _unpack(cells, row, other)
                    if not judged(asked, other, near.sigma_limit):
                        continue
                    begin, end = overlap(asked, other)
                    bound = _at_most(asked, other, begin, end, near, limits, peaks)
                    if bound <= 0.0:
                        continue
                    out = with_room(out, n, 1)
                    out[n, 0], out[n, 1] = q, row
                    n += 1
                    if asked[KIND] == PRESUMED_KIND or other[KIND] == PRESUMED_KIND:
                        bound = np.inf
                    most[cells[row, 2], day] += bound
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
    wanted: NDArray[np.bool_],
    cells: Words,
    near: Nearness,
    table: Matrix,
    limits: Matrix,
) -> Matrix:
    """Return the meetings of those candidate pairs whose participant is wanted."""
    out = np.empty((256, MEETING_COLUMNS))
    other = np.empty(COLUMNS)
    periods = np.empty((MAX_PANELS + 2, 3))
    n = np.int64(0)
    for k in range(pairs.shape[0]):
        asked, row = question[pairs[k, 0]], pairs[k, 1]
        if not wanted[cells[row, 2]]:
            continue
        _unpack(cells, row, other)
        begin, end = overlap(asked, other)
        out = with_room(out, n, MAX_PANELS)
        whom = np.int64(cells[row, 2])
        if _moves(asked) or _moves(other):
            n = _meet_moving(
                asked, other, whom, begin, end, near, table, limits, periods, out, n
            )
        else:
            n = _meet_still(asked, other, whom, begin, end, near, table, out, n)
    return trimmed(out, n)


def search(
    index: Index, who: int, question: Matrix, near: Nearness, min_ms: float = 0.0
) -> Matrix:
    """Return the meetings of ``who`` with others: float64 (m, 11), columns as in ``meeting``.

    ``question`` is what ``question.ask`` returned for ``who``. Participants whose expected time
    cannot reach ``min_ms`` in any 24 hours are left out: most of a town passes by once, and the
    bound that shows it costs a fraction of the integral. The rows of one pair are in no order of
    time, because cells of several sizes are searched one after the other.
    """
    limits = distance_limits(near.radius, near.min_probability)
    most = np.zeros((len(index.tracks.names), len(index.day_numbers)))
    pairs = _candidates(
        question,
        who,
        index.cells,
        index.blocks,
        index.starts,
        index.slots,
        index.day_classes,
        near,
        index.tracks.parameters.leg_max_s * 1_000.0,
        limits,
        probability_peaks(near.radius, near.min_probability),
        most,
    )
    wanted = _may_reach(most, index.day_numbers, min_ms)
    table = rice_table()
    return _evaluate(question, pairs, wanted, index.cells, near, table, limits)


@kernel
def _area_overlap(asked: Matrix, other: Matrix, sigma_per_accuracy: float) -> tuple[float, float]:
    """Return when (ms of the day) a pair was within the larger of its two accuracies."""
    a = max(asked[SIGMA0], asked[SIGMA1])
    b = max(other[SIGMA0], other[SIGMA1])
    begin, end = overlap(asked, other)
    m = path(asked, other, begin, end)
    enter, leave = inside(m, max(a, b) * sigma_per_accuracy)
    return begin + enter, begin + leave


@kernel
def _search_area(
    question: Matrix,
    who: int,
    people: int,
    cells: Words,
    blocks: Longs,
    starts: Longs,
    slots: Words,
    day_classes: Longs,
    sigma_limit: float,
    sigma_per_accuracy: float,
    leg_max: float,
    fine: float,
) -> Matrix:
    """Return, for each participant, how long they were in the same area and no more is known."""
    out = np.zeros((people, AREA_COLUMNS))
    other = np.empty(COLUMNS)
    ranges = np.empty((256, 2), dtype=np.int64)
    low, high = np.empty(3, dtype=np.int64), np.empty(3, dtype=np.int64)
    for q in range(question.shape[0]):
        asked = question[q]
        if asked[KIND] == PRESUMED_KIND:
            continue
        present = day_classes[np.int64(asked[PARTITION])]
        accuracy = max(asked[SIGMA0], asked[SIGMA1]) * sigma_per_accuracy
        # Nothing in the fine classes has a sigma above `fine`: where a question is judged with
        # that, it needs its coarse counterparts alone. This is what keeps the list cheap.
        least = min(asked[SIGMA0], asked[SIGMA1])
        fine_pairs = least * least + fine * fine > sigma_limit * sigma_limit
        for group in range(CLASSES):
            if not (present >> group) & 1 or (group < AREA_CLASS and not fine_pairs):
                continue
            ranges, count = _rows_near(
                asked,
                group,
                CLASS_HALVES[group] + accuracy,
                blocks,
                starts,
                slots,
                low,
                high,
                ranges,
            )
            oldest = asked[FROM] - leg_max if LEG_CLASS <= group < AREA_CLASS else 0.0
            for r in range(count):
                first, last = ranges[r, 0], ranges[r, 1]
                if oldest > 0.0:
                    first = _first_row(cells, first, last, oldest)
                for row in range(first, last):
                    if cells[row, 0] & TIME_MASK >= asked[TO]:
                        break
                    if cells[row, 1] <= asked[FROM] or cells[row, 2] == who:
                        continue
                    _unpack(cells, row, other)
                    if other[KIND] == PRESUMED_KIND or judged(asked, other, sigma_limit):
                        continue
                    begin, end = _area_overlap(asked, other, sigma_per_accuracy)
                    if end > begin:
                        _note_area(out[cells[row, 2]], asked, other, begin, end, sigma_per_accuracy)
    return out


@kernel
def _note_area(
    out: Matrix,
    asked: Matrix,
    other: Matrix,
    begin: float,
    end: float,
    sigma_per_accuracy: float,
) -> None:
    """Add one period in the same area to what is known of a participant."""
    sigma = max(max(asked[SIGMA0], asked[SIGMA1]), max(other[SIGMA0], other[SIGMA1]))
    accuracy = sigma * sigma_per_accuracy
    start, stop = asked[MIDNIGHT] + begin, asked[MIDNIGHT] + end
    if out[AREA_MS] == 0.0:
        out[AREA_ACCURACY], out[AREA_FIRST], out[AREA_LAST] = accuracy, start, stop
    out[AREA_MS] += end - begin
    out[AREA_ACCURACY] = min(out[AREA_ACCURACY], accuracy)
    out[AREA_FIRST] = min(out[AREA_FIRST], start)
    out[AREA_LAST] = max(out[AREA_LAST], stop)


def search_area(index: Index, who: int, question: Matrix, near: Nearness) -> Matrix:
    """Return float64 (participants, 4): minutes in ms, finest accuracy (m), first and last (ms).

    Only pairs that are too coarse for a probability of 5 % even at no separation.
    """
    parameters = index.tracks.parameters
    return _search_area(  # type: ignore[no-any-return]
        question,
        who,
        len(index.tracks.names),
        index.cells,
        index.blocks,
        index.starts,
        index.slots,
        index.day_classes,
        near.sigma_limit,
        parameters.sigma_per_accuracy,
        parameters.leg_max_s * 1_000.0,
        parameters.coarse_accuracy_m / parameters.sigma_per_accuracy,
    )




def is_compiled() -> bool:
    """Whether the search's machine code lies ready on disk."""
    kept: Any = _candidates
    return bool(kept._cache._cache_file._load_index())  # noqa: SLF001 - there is no public way
