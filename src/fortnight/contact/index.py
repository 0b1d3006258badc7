"""The index: segments sorted by cell and time, beside the same sorted by participant and time.

``cells`` has one row of eleven 32-bit words a segment: its start (milliseconds of the day, with
the kind in the upper five bits) and end, its participant, and both its ends as in a vertex. The
rows of one cell and day lie together in order of time; ``blocks`` says which cells there are,
``starts`` where each begins. A row says all that a question needs: reaching from it into the
tracks would touch a page of its own for every candidate.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.grid import (
    CLASS_MASK,
    CLASS_SHIFT,
    CLASS_SIZES,
    DAY_SHIFT,
    ORIGIN_M,
    block_key,
    class_of,
    slot_of,
)
from fortnight.contact.outline import outlines_of, ticks_of
from fortnight.contact.signs import SignIndex, index_signs
from fortnight.contact.silence import TookPart, took_part
from fortnight.evidence.schema import NO_SIGNS, Signs
from fortnight.track.geometry import UNITS_A_METRE
from fortnight.track.growing import first_at_least, trimmed, with_room
from fortnight.track.rules import AREA_LEG, END, LEG
from fortnight.track.tracks import KIND_SHIFT, SIGMA_UNITS_A_METRE, TIME_MASK, Tracks, Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.contact.outline import Outlines, Ticks

CELL_WORDS: Final = 11
_RADIX_BITS: Final = 14
Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Index:
    """Tracks, and the directory by cell and time. All arrays are read-only.

    Attributes
    ----------
    cells : int32 (n, 11)
        Start and kind, end, participant, then x, y, z (1/256 m) and sigma (1/1024 m) of both
        ends; sorted by day, class, cell and start.
    outlines : int16 (256 a tile of 32 rows,)
        When and where each row of ``cells`` roughly is: ``contact.outline``.
    ticks : int16 (tiles,)
        The tick in which the first row of each tile of outlines begins.
    blocks : int64 (b, 3)
        Key, occupied cells as bits, position of the first of them in ``starts``; by key.
    starts : int64 (c + 1,)
        First row in ``cells`` of each occupied cell.
    slots : int32 (power of two,)
        Hash table from a key to its row in ``blocks``; -1 is empty.
    day_numbers : int64 (d,)
        Days since 1970 of the partitions, ascending.
    day_classes : int64 (d,)
        Which classes of cells a day has, as bits.
    signs : Signs
        The evidence that is no fix. Those known from it alone have a number, and no segments.
    listened : TookPart, optional
        When phones took part, where ``signs`` are of one case alone and do not say of others'.
    """

    tracks: Tracks
    cells: Words
    outlines: Outlines
    ticks: Ticks
    blocks: Longs
    starts: Longs
    slots: Words
    day_numbers: Longs
    day_classes: Longs
    signs: Signs = NO_SIGNS
    listened: TookPart | None = None

    @cached_property
    def sign_index(self) -> SignIndex:
        """The signs by participant, sorted once for all questions."""
        return index_signs(self.signs, self.tracks.names)

    @cached_property
    def took_part(self) -> TookPart:
        """The hours in which phones are known to have listened, noted once for all questions."""
        if self.listened is not None:
            return self.listened
        return took_part(self.sign_index.sightings, len(self.tracks.names))


@kernel
def _count_days(days: Words, vertices: Words, day_numbers: Longs) -> Longs:
    """Count the segments of each day."""
    counts = np.zeros(day_numbers.shape[0] + 1, dtype=np.int64)
    for d in range(days.shape[0]):
        end = days[d + 1, 2] if d + 1 < days.shape[0] else vertices.shape[0]
        at = first_at_least(day_numbers, 0, day_numbers.shape[0], days[d, 1])
        for v in range(days[d, 2], end):
            if vertices[v, 0] >> KIND_SHIFT != END:
                counts[at + 1] += 1
    return counts


@kernel
def _split_days(
    days: Words,
    vertices: Words,
    day_numbers: Longs,
    offsets: Longs,
    refs: NDArray[np.uint32],
    whose: Words,
) -> None:
    """Write each day's segments, by participant and time, to its part of ``refs``."""
    cursor = offsets.copy()
    for d in range(days.shape[0]):
        end = days[d + 1, 2] if d + 1 < days.shape[0] else vertices.shape[0]
        at = first_at_least(day_numbers, 0, day_numbers.shape[0], days[d, 1])
        for v in range(days[d, 2], end):
            if vertices[v, 0] >> KIND_SHIFT != END:
                refs[cursor[at]], whose[cursor[at]] = v, days[d, 0]
                cursor[at] += 1


@kernel
def _address(
    vertices: Words, v: Int, day: Int, sigma_per_accuracy: float, coarse: float
) -> tuple[Int, Int]:
    """Return a segment's block key and its cell in the block."""
    kind = vertices[v, 0] >> KIND_SHIFT
    moves = kind == LEG or kind == AREA_LEG  # noqa: PLR1714 - a tuple compiles slowly
    square = 0.0
    for axis in range(1, 4):
        step = np.float64(vertices[v + 1, axis]) - np.float64(vertices[v, axis])
        square += step * step
    sigma = max(vertices[v, 4], vertices[v + 1, 4]) / SIGMA_UNITS_A_METRE
    half_length = np.sqrt(square) / (2 * UNITS_A_METRE)
    group = class_of(moves, half_length, sigma * sigma_per_accuracy, coarse)
    size = CLASS_SIZES[group]
    cx = cy = cz = np.int64(0)
    for axis in range(1, 4):
        twice = np.float64(vertices[v, axis]) + np.float64(vertices[v + 1, axis])
        c = np.int64(np.floor((twice / (2 * UNITS_A_METRE) + ORIGIN_M) / size))
        if axis == 1:
            cx = c
        elif axis == 2:  # noqa: PLR2004 - the second of three axes
            cy = c
        else:
            cz = c
    cell = ((cz & 3) << 4) | ((cy & 3) << 2) | (cx & 3)
    return block_key(day, group, cx >> 2, cy >> 2, cz >> 2), cell


@kernel
def _number_blocks(keys: Longs, mask: Int, numbers: Words) -> Longs:
    """Give each distinct key a number in order of first sight; return keys, one a number."""
    table = np.full(mask + 1, -1, dtype=np.int32)
    distinct = np.empty((1024, 1), dtype=np.int64)
    n: Int = np.int64(0)
    for k in range(keys.shape[0]):
        slot = slot_of(keys[k], mask)
        while table[slot] >= 0 and distinct[table[slot], 0] != keys[k]:
            slot = (slot + 1) & mask
        if table[slot] < 0:
            distinct = with_room(distinct, n, 1)
            distinct[n, 0], table[slot] = keys[k], n
            n += 1
        numbers[k] = table[slot]
    return trimmed(distinct, n)


@kernel
def _by_time(times: Words) -> Words:
    """Return the order of times of day: a stable radix sort in two passes of 14 bits."""
    n = times.shape[0]
    order = np.arange(n).astype(np.int32)
    spare = np.empty(n, dtype=np.int32)
    digits = (1 << _RADIX_BITS) - 1
    for shift in (0, _RADIX_BITS):
        count = np.zeros(digits + 2, dtype=np.int64)
        for k in range(n):
            count[((times[k] >> shift) & digits) + 1] += 1
        for d in range(digits + 1):
            count[d + 1] += count[d]
        for k in range(n):
            digit = (times[order[k]] >> shift) & digits
            spare[count[digit]] = order[k]
            count[digit] += 1
        order, spare = spare, order
    return order


@kernel
def _addresses(
    vertices: Words,
    refs: NDArray[np.uint32],
    day: Int,
    sigma_per_accuracy: float,
    coarse: float,
    keys: Longs,
    within: NDArray[np.uint8],
    times: Words,
) -> None:
    """Write the block, the cell in it and the start of each of one day's segments."""
    for k in range(refs.shape[0]):
        times[k] = vertices[refs[k], 0] & TIME_MASK
        keys[k], within[k] = _address(vertices, refs[k], day, sigma_per_accuracy, coarse)


@kernel
def _sort_day(
    vertices: Words,
    refs: NDArray[np.uint32],
    whose: Words,
    times: Words,
    places: Longs,
    rows: Words,
    blocks: Longs,
    starts: Longs,
) -> Int:
    """Write one day's segments to ``rows`` by place (64 x block + cell) and start.

    Fills the cells of ``blocks`` and ``starts``; returns how many cells are occupied.
    """
    cursor = np.zeros(64 * blocks.shape[0] + 1, dtype=np.int64)
    for k in range(places.shape[0]):
        cursor[places[k] + 1] += 1
    occupied: Int = np.int64(0)
    for b in range(blocks.shape[0]):
        bits = np.uint64(0)
        blocks[b, 2] = occupied
        for cell in range(64):
            at = 64 * b + cell
            if cursor[at + 1]:
                bits |= np.uint64(1) << np.uint64(cell)
                starts[occupied] = cursor[at]
                occupied += 1
            cursor[at + 1] += cursor[at]
        blocks[b, 1] = np.int64(bits)
    order = _by_time(times)
    for i in range(order.shape[0]):
        k = order[i]
        v, at = refs[k], cursor[places[k]]
        cursor[places[k]] += 1
        rows[at, 0], rows[at, 1] = vertices[v, 0], vertices[v + 1, 0] & TIME_MASK
        rows[at, 2] = whose[k]
        for word in range(4):
            rows[at, 3 + word] = vertices[v, 1 + word]
            rows[at, 7 + word] = vertices[v + 1, 1 + word]
    return occupied


def _index_day(
    tracks: Tracks,
    refs: NDArray[np.uint32],
    whose: Words,
    day: int,
    rows: Words,
) -> tuple[Longs, Longs]:
    """Sort one day's segments by cell and time into ``rows``; return its blocks and starts."""
    n = len(refs)
    keys, numbers = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int32)
    within, times = np.empty(n, dtype=np.uint8), np.empty(n, dtype=np.int32)
    claims = tracks.parameters.sigma_per_accuracy, tracks.parameters.coarse_accuracy_m
    _addresses(tracks.vertices, refs, day, *claims, keys, within, times)
    mask = (1 << max(1, (2 * n - 1).bit_length())) - 1
    distinct = _number_blocks(keys, mask, numbers)[:, 0]
    order = np.argsort(distinct)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    blocks = np.zeros((len(order), 3), dtype=np.int64)
    blocks[:, 0] = distinct[order]
    places = 64 * rank[numbers] + within
    starts = np.empty(min(n, 64 * len(order)), dtype=np.int64)
    occupied = _sort_day(tracks.vertices, refs, whose, times, places, rows, blocks, starts)
    return blocks, starts[:occupied]


@kernel
def hashed(blocks: Longs) -> Words:
    """Return a hash table from key to row, at most half full."""
    size = 16
    while size < 2 * blocks.shape[0]:
        size *= 2
    slots = np.full(size, -1, dtype=np.int32)
    for b in range(blocks.shape[0]):
        slot = slot_of(blocks[b, 0], size - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        slots[slot] = b
    return slots


def build_index(
    tracks: Tracks,
    *,
    threads: int = 2,
    on_progress: Callable[[int, int], None] | None = None,
) -> Index:
    """Sort the segments of ``tracks`` by cell and time, days in parallel.

    The result does not depend on ``threads``. ``on_progress`` is told (days done, days in all).
    """
    day_numbers = np.unique(tracks.days[:, 1]).astype(np.int64)
    offsets = np.cumsum(_count_days(tracks.days, tracks.vertices, day_numbers))
    refs = np.empty(offsets[-1], dtype=np.uint32)
    whose = np.empty(offsets[-1], dtype=np.int32)
    _split_days(tracks.days, tracks.vertices, day_numbers, offsets, refs, whose)
    cells = np.empty((int(offsets[-1]), CELL_WORDS), dtype=np.int32)

    def one_day(k: int) -> tuple[Longs, Longs]:
        own = slice(offsets[k], offsets[k + 1])
        return _index_day(tracks, refs[own], whose[own], k, cells[own])

    blocks: list[Longs] = []
    starts: list[Longs] = []
    occupied = 0
    with ThreadPoolExecutor(threads) as pool:
        for k, (own_blocks, own_starts) in enumerate(pool.map(one_day, range(len(day_numbers)))):
            own_blocks[:, 2] += occupied
            occupied += len(own_starts)
            blocks.append(own_blocks)
            starts.append(own_starts + offsets[k])
            if on_progress is not None:
                on_progress(k + 1, len(day_numbers))
    all_blocks = np.concatenate(blocks) if blocks else np.empty((0, 3), np.int64)
    all_starts = np.append(np.concatenate([*starts, offsets[:0]]), offsets[-1])
    outlines = outlines_of(cells, all_blocks, all_starts)
    return Index(
        tracks=tracks,
        cells=_read_only(cells),
        outlines=_read_only(outlines),
        ticks=_read_only(ticks_of(outlines)),
        blocks=_read_only(all_blocks),
        starts=_read_only(all_starts),
        slots=_read_only(hashed(all_blocks)),
        day_numbers=_read_only(day_numbers),
        day_classes=_read_only(_classes(all_blocks, len(day_numbers))),
    )


def _classes(blocks: Longs, days: int) -> Longs:
    """Return the classes of each day as bits."""
    out = np.zeros(days, dtype=np.int64)
    group = (blocks[:, 0] >> CLASS_SHIFT) & CLASS_MASK
    np.bitwise_or.at(out, blocks[:, 0] >> DAY_SHIFT, np.int64(1) << group)
    return out


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
