"""From a question to the rows of the index that may have met it: cells, then outlines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.grid import (
    AREA_CLASS,
    CLASS_HALVES,
    CLASS_SIZES,
    LEG_CLASS,
    ORIGIN_M,
    block_key,
    block_place,
    box_mask,
    ones,
    slot_of,
)
from fortnight.contact.outline import bounds_of, tick_of, touching
from fortnight.contact.question import (
    FROM,
    HERE,
    PARTITION,
    THERE,
    TO,
    Segment,
)
from fortnight.track.geometry import UNITS_A_METRE
from fortnight.track.growing import first_row_at_least, with_room
from fortnight.track.tracks import KIND_SHIFT, SIGMA_UNITS_A_METRE, TIME_MASK

if TYPE_CHECKING:
    from fortnight.contact.index import Index
    from fortnight.contact.outline import Outlines

Matrix = NDArray[np.float64]
Words = NDArray[np.int32]
Longs = NDArray[np.int64]

METRES_A_UNIT: Final = 1.0 / UNITS_A_METRE
METRES_A_SIGMA_UNIT: Final = 1.0 / SIGMA_UNITS_A_METRE

_FEW_BLOCKS: Final = 64.0
"""Blocks in a box from which on it may be quicker to go through all that the day has."""


class Shelf(NamedTuple):
    """What a search reads of an index, and the longest leg in ms."""

    cells: Words
    outlines: Outlines
    blocks: Longs
    starts: Longs
    slots: Words
    day_classes: Longs
    leg_max: float


class Desk(NamedTuple):
    """Room to work in: two corners of a question's box, in cells."""

    low: Longs
    high: Longs


class Box(NamedTuple):
    """The box of a question, in 1/256 m; in numbers, to be compared with every row."""

    x0: Int
    y0: Int
    z0: Int
    x1: Int
    y1: Int
    z1: Int


def shelf_of(index: Index) -> Shelf:
    """Return what a search reads of ``index``."""
    leg_max = index.tracks.parameters.leg_max_s * 1_000.0
    return Shelf(
        index.cells,
        index.outlines,
        index.blocks,
        index.starts,
        index.slots,
        index.day_classes,
        leg_max,
    )


@kernel
def new_desk() -> Desk:
    """Return room to work in."""
    return Desk(np.empty(3, dtype=np.int64), np.empty(3, dtype=np.int64))


@kernel
def _find(key: Int, blocks: Longs, slots: Words) -> Int:
    """Return the row of a block, or -1."""
    mask = slots.shape[0] - 1
    slot = slot_of(key, mask)
    while slots[slot] >= 0:
        if blocks[slots[slot], 0] == key:
            return int(slots[slot])
        slot = (slot + 1) & mask
    return -1


@kernel
def _box(asked: Matrix, group: Int, widen: float, low: Longs, high: Longs) -> None:
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
    b: Int,
    blocks: Longs,
    starts: Longs,
    low: Longs,
    high: Longs,
    ranges: Longs,
    n: Int,
) -> tuple[Longs, Int]:
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
        at = blocks[b, 2] + ones(np.int64(occupied & below))
        ranges[n, 0], ranges[n, 1] = starts[at], starts[at + 1]
        n += 1
        left &= left - np.uint64(1)
    return ranges, n


@kernel
def ranges_near(
    asked: Matrix, group: Int, widen: float, shelf: Shelf, desk: Desk, ranges: Longs
) -> tuple[Longs, Int]:
    """Return the ranges of rows, one an occupied cell, that may hold what is ``widen`` near."""
    low, high, blocks = desk.low, desk.high, shelf.blocks
    _box(asked, group, widen, low, high)
    day = np.int64(asked[PARTITION])
    n: Int = np.int64(0)
    none: Int = np.int64(0)
    looks = 1.0
    for axis in range(3):
        looks *= float((high[axis] >> 2) - (low[axis] >> 2) + 1)
    if looks > _FEW_BLOCKS:
        first = first_row_at_least(blocks, block_key(day, group, none, none, none))
        last = first_row_at_least(blocks, block_key(day, group + 1, none, none, none))
        if looks > last - first:
            for b in range(first, last):
                ranges, n = _cells_of_block(b, blocks, shelf.starts, low, high, ranges, n)
            return ranges, n
    for bz in range(low[2] >> 2, (high[2] >> 2) + 1):
        for by in range(low[1] >> 2, (high[1] >> 2) + 1):
            for bx in range(low[0] >> 2, (high[0] >> 2) + 1):
                block = _find(block_key(day, group, bx, by, bz), blocks, shelf.slots)
                if block >= 0:
                    ranges, n = _cells_of_block(block, blocks, shelf.starts, low, high, ranges, n)
    return ranges, n


@kernel
def _side(here: float, there: float, first: float, last: float, widen: float) -> tuple[Int, Int]:
    """Return the least and the most of one axis of a way from ``first`` to ``last`` share."""
    step = there - here
    a, b = here + first * step, here + last * step
    return (
        np.int64(math.floor((min(a, b) - widen) * UNITS_A_METRE)) - 1,
        np.int64(math.ceil((max(a, b) + widen) * UNITS_A_METRE)) + 1,
    )


@kernel
def box_around(asked: Segment, widen: float) -> Box:
    """Return the box around the asked part of a segment, ``widen`` metres wider."""
    duration = asked.stop - asked.start
    first, last = (asked.begin - asked.start) / duration, (asked.end - asked.start) / duration
    x0, x1 = _side(asked.x0, asked.x1, first, last, widen)
    y0, y1 = _side(asked.y0, asked.y1, first, last, widen)
    z0, z1 = _side(asked.z0, asked.z1, first, last, widen)
    return Box(x0, y0, z0, x1, y1, z1)


@kernel
def segment_at(cells: Words, row: Int) -> Segment:
    """Return a row of the index; all of it is asked about."""
    start, stop = np.float64(cells[row, 0] & TIME_MASK), np.float64(cells[row, 1])
    return Segment(
        start,
        stop,
        start,
        stop,
        cells[row, 3] * METRES_A_UNIT,
        cells[row, 4] * METRES_A_UNIT,
        cells[row, 5] * METRES_A_UNIT,
        cells[row, 7] * METRES_A_UNIT,
        cells[row, 8] * METRES_A_UNIT,
        cells[row, 9] * METRES_A_UNIT,
        cells[row, 6] * METRES_A_SIGMA_UNIT,
        cells[row, 10] * METRES_A_SIGMA_UNIT,
        np.float64(cells[row, 0] >> KIND_SHIFT),
        0.0,
        0.0,
    )


@kernel
def rows_near(
    asked: Matrix,
    group: Int,
    widen: float,
    box: Box,
    shelf: Shelf,
    desk: Desk,
    ranges: Longs,
    hits: Longs,
) -> tuple[Longs, Longs, Int]:
    """Find the rows of class ``group`` that may overlap a question in time and touch its ``box``.

    The box is the question's own, from ``box_around`` with the same ``widen``. What is returned
    is to be looked at exactly: by its outline it may be in time and place, and it may be the
    case's own. Returns the two buffers, which may have grown, and how many ``hits``.
    """
    reach = CLASS_HALVES[group] + widen
    ranges, count = ranges_near(asked, group, reach, shelf, desk, ranges)
    begin, end = np.int64(math.floor(asked[FROM])), np.int64(math.ceil(asked[TO]))
    oldest = begin - np.int64(shelf.leg_max) if LEG_CLASS <= group < AREA_CLASS else np.int64(0)
    bounds = bounds_of(begin, end, box, group)
    hits, n = touching(shelf.outlines, ranges, count, tick_of(oldest), bounds, shelf.cells, hits)
    return ranges, hits, n


@kernel
def is_met(cells: Words, row: Int, who: Int, asked: Segment) -> bool:
    """Whether a row is somebody else's, and lasts while it is asked for."""
    begins, ends = np.float64(cells[row, 0] & TIME_MASK), np.float64(cells[row, 1])
    return bool((cells[row, 2] != who) & (begins < asked.end) & (ends > asked.begin))
