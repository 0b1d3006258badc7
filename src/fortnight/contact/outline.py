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
from fortnight.contact.tile import LANES, rows_within
from fortnight.track.tracks import TIME_MASK

if TYPE_CHECKING:
    from fortnight.contact.lookup import Box, Longs, Words

Outlines = NDArray[np.int16]
Ticks = NDArray[np.int16]

ROWS_SHIFT: Final = 5
ROWS_A_TILE: Final = LANES  # 1 << ROWS_SHIFT
TILE_SHIFT: Final = 8
"""A tile has 256 words: eight columns of 32 rows. First and last tick, least x, y, z, most."""
_TICK_SHIFT: Final = 12
"""A tick is 4.096 s: a day has 21,095, so that two may be subtracted in 16 bits."""
_UNIT_SHIFT: Final = 9
"""Of the smallest cells: 512 of 1/256 m, 2 m."""
_FARTHEST: Final = 32_000
"""Units that a question's box may be long: a row that lies beside it is at most 128 farther."""


class Bounds(NamedTuple):
    """What a tile is compared with: a tick, and x, y, z in units of one class."""

    highs: tuple[np.int16, np.int16, np.int16, np.int16]  # tick in which the question ends, most
    lows: tuple[np.int16, np.int16, np.int16, np.int16]
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


def ticks_of(outlines: Outlines) -> Ticks:
    """Return the first tick of each tile: beside each other they tell where to begin and to end."""
    return np.ascontiguousarray(outlines[:: 1 << TILE_SHIFT])


@kernel
def bounds_of(begin: Int, end: Int, box: Box, group: Int) -> Bounds:
    """Return what rows of a class are compared with: a period (ms of the day), and a box."""
    shift = _unit_shift(group)
    longest = max(box.x1 - box.x0, box.y1 - box.y0, box.z1 - box.z0)
    most = np.int16(box.x1 >> shift), np.int16(box.y1 >> shift), np.int16(box.z1 >> shift)
    least = np.int16(box.x0 >> shift), np.int16(box.y0 >> shift), np.int16(box.z0 >> shift)
    return Bounds(
        (tick_of(end), *most), (tick_of(begin), *least), bool((longest >> shift) > _FARTHEST)
    )


@inlined
def first_tile(ticks: Ticks, first: Int, last: Int, oldest: np.int16) -> Int:
    """Return the first tile of a cell's rows that may hold one that begins at ``oldest``."""
    tile, after = first >> ROWS_SHIFT, last >> ROWS_SHIFT
    while after - tile > 1:
        middle = (tile + after) >> 1
        if ticks[np.uint64(middle)] < oldest:
            tile = middle
        else:
            after = middle
    return tile


@inlined
def is_later(ticks: Ticks, tile: Int, first: Int, latest: np.int16) -> bool:
    """Whether none of a cell's rows from a tile on has begun: they are in order of time.

    ``first`` is the cell's first row: what stands before it in a tile is another cell's.
    """
    return bool((ticks[np.uint64(tile)] > latest) & (tile << ROWS_SHIFT >= first))


@kernel
def oldest_of(group: Int, oldest: Int) -> np.int16:
    """Return the tick before which no row of a class counts; a stay may have begun at any time."""
    return tick_of(oldest) if LEG_CLASS <= group < AREA_CLASS else np.int16(0)


@kernel
def _scan(
    outlines: Outlines,
    ticks: Ticks,
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
            start = oldest_of(group, oldest)
        tile, after = first_tile(ticks, first, last, start), (last + 31) >> ROWS_SHIFT
        while tile < after and not is_later(ticks, tile, first, bounds.highs[0]):
            at, row = np.uint64(tile) << np.uint64(TILE_SHIFT), tile << ROWS_SHIFT
            if bounds.anywhere:
                bits = rows_within(outlines, at, bounds.highs[:1], bounds.lows[:1])
            else:
                bits = rows_within(outlines, at, bounds.highs, bounds.lows)
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
    ticks: Ticks,
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
    return hits, _scan(outlines, ticks, ranges, count, begin, end, oldest, box, cells, hits)
