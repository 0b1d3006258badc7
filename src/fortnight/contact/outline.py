"""Sixteen bytes a segment that say roughly when and where it is: most rows are refused by them.

Rows are in the order of the index's, 32 to a tile. In a tile each of the eight columns lies
together, so that the processor compares all 32 rows at once, and a search reads a third of what
whole rows would be. Nothing is lost: an outline holds its segment, and what touches it is looked
at exactly afterwards.

Places are counted in units that grow with the cells, modulo 65,536: a cell is 64 units wide. Two
of them may be subtracted as long as they are less than half of that apart, which is 65 km in the
smallest cells; a question that is longer is compared by time alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, fetch_ahead, inlined, kernel
from fortnight.contact.grid import AREA_CLASS, LEG_CLASS, class_of_key, ones
from fortnight.track.tracks import TIME_MASK

if TYPE_CHECKING:
    from fortnight.contact.lookup import Box, Longs, Words

Outlines = NDArray[np.int16]

ROWS_SHIFT: Final = 5
ROWS_A_TILE: Final = 1 << ROWS_SHIFT
TILE_SHIFT: Final = 8
"""A tile has 256 words: eight columns of 32 rows. First and last tick, least x, y, z, most."""
_TICK_SHIFT: Final = 12
"""A tick is 4.096 s: a day has 21,095, so that two may be subtracted in 16 bits."""
_UNIT_SHIFT: Final = 9
"""Of the smallest cells: 512 of 1/256 m, 2 m."""
_FARTHEST: Final = 32_000
"""Units that a question's box may be long: a row that lies beside it is at most 128 farther."""


class Bounds(NamedTuple):
    """What a tile is compared with: ticks, and units of one class."""

    first: np.int16  # tick in which the question begins
    last: np.int16
    x0: np.int16
    y0: np.int16
    z0: np.int16
    x1: np.int16
    y1: np.int16
    z1: np.int16
    anywhere: bool  # too long to be compared by place


@kernel
def tick_of(time: Int) -> np.int16:
    """Return the tick of a time of day in ms; of one before the day, the first."""
    return np.int16(np.int64(max(time, 0)) >> _TICK_SHIFT)


@kernel
def _unit_shift(group: Int) -> Int:
    """Return by how many bits a coordinate in 1/256 m is shifted for units of a class."""
    if group >= AREA_CLASS:
        return _UNIT_SHIFT + group - AREA_CLASS
    return _UNIT_SHIFT + max(np.int64(0), group - LEG_CLASS)


@kernel
def _fill(cells: Words, blocks: Longs, starts: Longs, out: Outlines) -> None:
    """Write the outline of every row, cell by cell: a class has its own units."""
    for b in range(blocks.shape[0]):
        shift = _unit_shift(class_of_key(blocks[b, 0]))
        cell_end = blocks[b, 2] + ones(blocks[b, 1])
        for row in range(starts[blocks[b, 2]], starts[cell_end]):
            at = ((row >> ROWS_SHIFT) << TILE_SHIFT) + (row & (ROWS_A_TILE - 1))
            out[at] = tick_of(cells[row, 0] & TIME_MASK)
            out[at + ROWS_A_TILE] = tick_of(cells[row, 1])
            for axis in range(3):
                here, there = np.int64(cells[row, 3 + axis]), np.int64(cells[row, 7 + axis])
                out[at + ROWS_A_TILE * (2 + axis)] = np.int16(min(here, there) >> shift)
                out[at + ROWS_A_TILE * (5 + axis)] = np.int16(max(here, there) >> shift)


def words_of(rows: int) -> int:
    """Return how many words the outlines of ``rows`` rows have."""
    return (rows + ROWS_A_TILE - 1) >> ROWS_SHIFT << TILE_SHIFT


def outlines_of(cells: Words, blocks: Longs, starts: Longs) -> Outlines:
    """Return the outlines of an index's rows: int16 (256 a tile,), the last tile filled with 0."""
    out = np.zeros(words_of(len(cells)), dtype=np.int16)
    _fill(cells, blocks, starts, out)
    return out


@kernel
def bounds_of(begin: Int, end: Int, box: Box, group: Int) -> Bounds:
    """Return what rows of a class are compared with: a period (ms of the day), and a box."""
    shift = _unit_shift(group)
    longest = max(box.x1 - box.x0, box.y1 - box.y0, box.z1 - box.z0)
    return Bounds(
        tick_of(begin),
        tick_of(end),
        np.int16(box.x0 >> shift),
        np.int16(box.y0 >> shift),
        np.int16(box.z0 >> shift),
        np.int16(box.x1 >> shift),
        np.int16(box.y1 >> shift),
        np.int16(box.z1 >> shift),
        bool((longest >> shift) > _FARTHEST),
    )


@inlined
def _in_time(outlines: Outlines, at: np.uint64, b: Bounds) -> np.uint32:
    """Return which rows of a tile last during the bounds' ticks, as bits."""
    bits = np.uint32(0)
    for row in range(ROWS_A_TILE):
        k = at + np.uint64(row)
        meets = np.int16(b.last - outlines[k]) >= 0
        meets &= np.int16(outlines[k + np.uint64(32)] - b.first) >= 0
        bits |= np.uint32(meets) << np.uint32(row)
    return bits


@inlined
def _in_box(outlines: Outlines, at: np.uint64, b: Bounds) -> np.uint32:
    """Return which rows of a tile last during the bounds' ticks and touch the box, as bits.

    Every comparison is the sign of a difference of 16 bits: of units it is right whatever was cut
    off, and a compiler does all rows at once where it would widen plain comparisons to 64 bits.
    """
    bits = np.uint32(0)
    for row in range(ROWS_A_TILE):
        k = at + np.uint64(row)
        meets = np.int16(b.last - outlines[k]) >= 0
        meets &= np.int16(outlines[k + np.uint64(32)] - b.first) >= 0
        meets &= np.int16(b.x1 - outlines[k + np.uint64(64)]) >= 0
        meets &= np.int16(b.y1 - outlines[k + np.uint64(96)]) >= 0
        meets &= np.int16(b.z1 - outlines[k + np.uint64(128)]) >= 0
        meets &= np.int16(outlines[k + np.uint64(160)] - b.x0) >= 0
        meets &= np.int16(outlines[k + np.uint64(192)] - b.y0) >= 0
        meets &= np.int16(outlines[k + np.uint64(224)] - b.z0) >= 0
        bits |= np.uint32(meets) << np.uint32(row)
    return bits


@inlined
def _first_tile(outlines: Outlines, first: Int, last: Int, oldest: np.int16) -> Int:
    """Return the first tile of a cell's rows that may hold one that begins at ``oldest``."""
    tile, after = first >> ROWS_SHIFT, last >> ROWS_SHIFT
    while after - tile > 1:
        middle = (tile + after) >> 1
        if outlines[np.uint64(middle << TILE_SHIFT)] < oldest:
            tile = middle
        else:
            after = middle
    return tile


@kernel
def _scan(
    outlines: Outlines,
    ranges: Longs,
    count: Int,
    begin: Int,
    end: Int,
    oldest: Int,
    box: Box,
    cells: Words,
    hits: Longs,
) -> Int:
    """Write the rows of some cells whose outlines touch; return how many they are.

    Whole rows are looked at next, and lie far apart: each is fetched while others are sought.
    """
    n, group, start = np.uint64(0), np.int64(-1), np.int16(0)
    bounds = bounds_of(begin, end, box, np.int64(0))
    for r in range(count):
        first, last = ranges[r, 0], ranges[r, 1]
        if ranges[r, 2] != group:
            group = ranges[r, 2]
            bounds = bounds_of(begin, end, box, group)
            start = tick_of(oldest) if LEG_CLASS <= group < AREA_CLASS else np.int16(0)
        tile, after = _first_tile(outlines, first, last, start), (last + 31) >> ROWS_SHIFT
        while tile < after:
            at, row = np.uint64(tile) << np.uint64(TILE_SHIFT), tile << ROWS_SHIFT
            if outlines[at] > bounds.last and row >= first:
                break  # a cell's rows are in order of time: none of those that follow has begun
            if bounds.anywhere:
                bits = _in_time(outlines, at, bounds)
            else:
                bits = _in_box(outlines, at, bounds)
            if row < first:
                bits &= np.uint32(0xFFFFFFFF) << np.uint32(first - row)
            if last - row < ROWS_A_TILE:
                bits &= (np.uint32(1) << np.uint32(last - row)) - np.uint32(1)
            while bits:
                lowest = bits & (~bits + np.uint32(1))
                hit = row + ones(np.int64(lowest) - 1)
                hits[n] = hit
                fetch_ahead(cells, hit)
                n += np.uint64(1)
                bits &= bits - np.uint32(1)
            tile += 1
    return np.int64(n)


@kernel
def touching(
    outlines: Outlines,
    ranges: Longs,
    count: Int,
    begin: Int,
    end: Int,
    oldest: Int,
    box: Box,
    cells: Words,
    hits: Longs,
) -> tuple[Longs, Int]:
    """Return the rows of some cells whose outlines touch a period and a box, and how many.

    ``ranges`` are of rows, and their class. Legs that began before ``oldest`` may be left out.
    """
    most: Int = np.int64(0)
    for r in range(count):
        most += ranges[r, 1] - ranges[r, 0]
    if most > hits.shape[0]:  # none of the old ones is wanted any more
        hits = np.empty(2 * most, dtype=np.int64)
    return hits, _scan(outlines, ranges, count, begin, end, oldest, box, cells, hits)
