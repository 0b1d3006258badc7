"""From a question to the rows of the index that may have met it: cells, then outlines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, inlined, kernel
from fortnight.contact.grid import (
    CLASS_HALVES,
    CLASS_SIZES,
    CLASSES,
    ORIGIN_M,
    block_key,
    block_place,
    box_mask,
    class_of_key,
    ones,
    slot_of,
)
from fortnight.contact.outline import touching
from fortnight.contact.question import Segment
from fortnight.track.geometry import UNITS_A_METRE
from fortnight.track.growing import first_row_at_least, longer
from fortnight.track.tracks import KIND_SHIFT, SIGMA_UNITS_A_METRE, TIME_MASK

if TYPE_CHECKING:
    from fortnight.contact.index import Index
    from fortnight.contact.outline import Outlines, Ticks

Matrix = NDArray[np.float64]
Words = NDArray[np.int32]
Longs = NDArray[np.int64]

METRES_A_UNIT: Final = 1.0 / UNITS_A_METRE
METRES_A_SIGMA_UNIT: Final = 1.0 / SIGMA_UNITS_A_METRE

_HALF_DIAGONAL: Final = 0.8661
"""Of a cell, in its sizes: so far from its centre is its farthest corner, rounded up."""

_LEAST_SQUARE: Final = 1e-9  # of a way that is next to none, metres

_FEW_BLOCKS: Final = 64.0
"""Blocks in a box from which on it may be quicker to go through all that the day has."""


class Shelf(NamedTuple):
    """What a search reads of an index, and the longest leg in ms."""

    cells: Words
    outlines: Outlines
    ticks: Ticks
    blocks: Longs
    starts: Longs
    slots: Words
    day_classes: Longs
    leg_max: float


class Desk(NamedTuple):
    """Room to work in."""

    blocks: Longs
    ranges: Longs  # of rows: first, after the last, class
    hits: Longs  # rows


class Ends(NamedTuple):
    """Where what is asked of a segment begins and ends, in metres."""

    x0: float
    y0: float
    z0: float
    x1: float
    y1: float
    z1: float


class Box(NamedTuple):
    """The box of a question, in 1/256 m or in cells; in numbers, to be compared with rows."""

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
        index.ticks,
        index.blocks,
        index.starts,
        index.slots,
        index.day_classes,
        leg_max,
    )


@kernel
def new_desk() -> Desk:
    """Return room to work in."""
    return Desk(
        np.empty(64, dtype=np.int64),
        np.empty((256, 3), dtype=np.int64),
        np.empty(1024, dtype=np.int64),
    )


@inlined
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
def ends_of(asked: Segment) -> Ends:
    """Return both ends of the asked part of a segment."""
    duration = asked.stop - asked.start
    first, last = (asked.begin - asked.start) / duration, (asked.end - asked.start) / duration
    dx, dy, dz = asked.x1 - asked.x0, asked.y1 - asked.y0, asked.z1 - asked.z0
    return Ends(
        asked.x0 + first * dx,
        asked.y0 + first * dy,
        asked.z0 + first * dz,
        asked.x0 + last * dx,
        asked.y0 + last * dy,
        asked.z0 + last * dz,
    )


@kernel
def _cells_around(ends: Ends, group: Int, widen: float) -> Box:
    """Return the range of cells of class ``group`` within ``widen`` metres of a question."""
    reach, a_metre = CLASS_HALVES[group] + widen, 1.0 / CLASS_SIZES[group]
    low, high = ORIGIN_M - reach, ORIGIN_M + reach
    return Box(
        np.int64(math.floor((min(ends.x0, ends.x1) + low) * a_metre)),
        np.int64(math.floor((min(ends.y0, ends.y1) + low) * a_metre)),
        np.int64(math.floor((min(ends.z0, ends.z1) + low) * a_metre)),
        np.int64(math.floor((max(ends.x0, ends.x1) + high) * a_metre)),
        np.int64(math.floor((max(ends.y0, ends.y1) + high) * a_metre)),
        np.int64(math.floor((max(ends.z0, ends.z1) + high) * a_metre)),
    )


@kernel
def _blocks_of_class(
    day: Int, group: Int, cells: Box, blocks: Longs, slots: Words, found: Longs, n: Int
) -> tuple[Longs, Int]:
    """Append the blocks of a class that a box of cells touches; return them, and how many."""
    none = np.int64(0)
    wide = (cells.x1 >> 2) - (cells.x0 >> 2) + 1
    deep = (cells.y1 >> 2) - (cells.y0 >> 2) + 1
    high = (cells.z1 >> 2) - (cells.z0 >> 2) + 1
    looks = float(wide) * float(deep) * float(high)
    if looks > _FEW_BLOCKS:
        first = first_row_at_least(blocks, block_key(day, group, none, none, none))
        last = first_row_at_least(blocks, block_key(day, group + 1, none, none, none))
        if looks > last - first:
            found = longer(found, n, last - first)
            for b in range(first, last):
                found[n + b - first] = b
            return found, n + last - first
    found = longer(found, n, np.int64(looks))
    at = np.uint64(n)
    for bz in range(cells.z0 >> 2, (cells.z1 >> 2) + 1):
        for by in range(cells.y0 >> 2, (cells.y1 >> 2) + 1):
            for bx in range(cells.x0 >> 2, (cells.x1 >> 2) + 1):
                block = _find(block_key(day, group, bx, by, bz), blocks, slots)
                found[at] = block
                at += np.uint64(block >= 0)
    return found, np.int64(at)


@kernel
def _cells_of(
    found: Longs, count: Int, ends: Ends, widen: float, blocks: Longs, starts: Longs, ranges: Longs
) -> tuple[Longs, Int]:
    """Return the rows of the occupied cells of some blocks that are near, and their class.

    Near the way from one end to the other, not only its box: of a long slanting one that holds
    many cells that lie far to its sides.
    """
    group: Int = np.int64(-1)
    n, box = np.uint64(0), _cells_around(ends, np.int64(0), widen)
    dx, dy, dz = ends.x1 - ends.x0, ends.y1 - ends.y0, ends.z1 - ends.z0
    shorter = 1.0 / max(dx * dx + dy * dy + dz * dz, _LEAST_SQUARE)
    size, most = 0.0, 0.0
    if 64 * count > ranges.shape[0]:
        ranges = np.empty((128 * count, 3), dtype=np.int64)
    for k in range(count):
        b = np.uint64(found[k])
        if class_of_key(blocks[b, 0]) != group:
            group = class_of_key(blocks[b, 0])
            box = _cells_around(ends, group, widen)
            size = CLASS_SIZES[group]
            most = (_HALF_DIAGONAL * size + CLASS_HALVES[group] + widen) ** 2
        bx, by, bz = block_place(blocks[b, 0])
        occupied = np.uint64(blocks[b, 1])
        left = occupied & box_mask(
            max(box.x0 - 4 * bx, 0),
            min(box.x1 - 4 * bx, 3),
            max(box.y0 - 4 * by, 0),
            min(box.y1 - 4 * by, 3),
            max(box.z0 - 4 * bz, 0),
            min(box.z1 - 4 * bz, 3),
        )
        while left:
            below = (left & (~left + np.uint64(1))) - np.uint64(1)
            place = ones(np.int64(below))
            x = (4 * bx + (place & 3) + 0.5) * size - ORIGIN_M - ends.x0
            y = (4 * by + ((place >> 2) & 3) + 0.5) * size - ORIGIN_M - ends.y0
            z = (4 * bz + (place >> 4) + 0.5) * size - ORIGIN_M - ends.z0
            along = min(1.0, max(0.0, (x * dx + y * dy + z * dz) * shorter))
            x, y, z = x - along * dx, y - along * dy, z - along * dz
            at = np.uint64(blocks[b, 2] + ones(np.int64(occupied & below)))
            ranges[n, 0], ranges[n, 1] = starts[at], starts[at + np.uint64(1)]
            ranges[n, 2] = group
            n += np.uint64(x * x + y * y + z * z <= most)
            left &= left - np.uint64(1)
    return ranges, np.int64(n)


@kernel
def ranges_near(
    day: Int, classes: Int, ends: Ends, widen: float, shelf: Shelf, desk: Desk
) -> tuple[Desk, Int]:
    """Find the ranges of rows, one an occupied cell, that may hold what is ``widen`` near.

    Of those ``classes`` (bits) that the day has, one after the other: what is called for each of
    them would be handed its arrays a dozen times a question. Returns the room to work in, which
    may have grown and holds them, and how many they are.
    """
    blocks, slots, found = shelf.blocks, shelf.slots, desk.blocks
    n: Int = np.int64(0)
    classes &= shelf.day_classes[day]
    for group in range(CLASSES):
        if (classes >> group) & 1:
            box = _cells_around(ends, group, widen)
            found, n = _blocks_of_class(day, group, box, blocks, slots, found, n)
    ranges, count = _cells_of(found, n, ends, widen, blocks, shelf.starts, desk.ranges)
    return Desk(found, ranges, desk.hits), count


@kernel
def box_around(ends: Ends, widen: float) -> Box:
    """Return the box around the asked part of a segment, ``widen`` metres wider."""
    return Box(
        np.int64(math.floor((min(ends.x0, ends.x1) - widen) * UNITS_A_METRE)) - 1,
        np.int64(math.floor((min(ends.y0, ends.y1) - widen) * UNITS_A_METRE)) - 1,
        np.int64(math.floor((min(ends.z0, ends.z1) - widen) * UNITS_A_METRE)) - 1,
        np.int64(math.ceil((max(ends.x0, ends.x1) + widen) * UNITS_A_METRE)) + 1,
        np.int64(math.ceil((max(ends.y0, ends.y1) + widen) * UNITS_A_METRE)) + 1,
        np.int64(math.ceil((max(ends.z0, ends.z1) + widen) * UNITS_A_METRE)) + 1,
    )


@inlined
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
    asked: Segment,
    day: Int,
    classes: Int,
    ends: Ends,
    widen: float,
    box: Box,
    shelf: Shelf,
    desk: Desk,
) -> tuple[Desk, Int]:
    """Find the rows of some ``classes`` (bits) that may overlap a question and touch its ``box``.

    The box is the question's own, from ``box_around`` with the same ``widen``. What is found is to
    be looked at exactly: by its outline it may be in time and place, and it may be the case's
    own. Returns the room to work in, which may have grown, and how many of its ``hits``.
    """
    desk, count = ranges_near(day, classes, ends, widen, shelf, desk)
    begin, end = np.int64(math.floor(asked.begin)), np.int64(math.ceil(asked.end))
    oldest = begin - np.int64(shelf.leg_max)
    hits, n = touching(
        shelf.outlines,
        shelf.ticks,
        desk.ranges,
        count,
        begin,
        end,
        oldest,
        box,
        shelf.cells,
        desk.hits,
    )
    return Desk(desk.blocks, desk.ranges, hits), n


@inlined
def is_met(cells: Words, row: Int, who: Int, asked: Segment) -> bool:
    """Whether a row is somebody else's, and lasts while it is asked for."""
    begins, ends = np.float64(cells[row, 0] & TIME_MASK), np.float64(cells[row, 1])
    return bool((cells[row, 2] != who) & (begins < asked.end) & (ends > asked.begin))
