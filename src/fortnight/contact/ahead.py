"""Read what a case will touch of a large index that is not in memory, before it is searched.

A page that is not in memory is asked of the disk where it is touched, and the search waits for it:
thousands of times, one after the other. Which pages they will be is known from the cells about the
case, and then from the outlines of the rows in them; asked for together, the disk brings them in a
tenth of the time. Where they are in memory, a few of them tell so, and nothing else is done.
"""

from __future__ import annotations

import ctypes
import math
import mmap
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import kernel
from fortnight.contact.grid import ALL_CLASSES
from fortnight.contact.lookup import box_around, ends_of, new_desk, ranges_near, rows_near
from fortnight.contact.outline import (
    ROWS_A_TILE,
    ROWS_SHIFT,
    TILE_SHIFT,
    first_tile,
    is_later,
    oldest_of,
    tick_of,
)
from fortnight.contact.question import PARTITION, asked_at
from fortnight.contact.sharing import PARTS, parts, shared

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from fortnight.compiled import Int
    from fortnight.contact.lookup import Shelf
    from fortnight.contact.meeting import Matrix, Nearness

Marks = NDArray[np.bool_]

LARGE_BYTES: Final = 64 << 20
"""Up to this size a file is read on ahead of where it is touched by the system itself: whole, in a
tenth of a second. Of a larger one (``contact.store`` says so to the system) a case may touch few
pages, and what lies beside them is not wanted."""

_ASKED: Final = 4  # rows of the question whose pages tell whether the rest is in memory
_PAGES: Final = 8  # of theirs, at most
_JOINED: Final = 2  # pages between two that are wanted: to skip them takes longer
_BITS: Final = 12  # of a byte's place in a page of the least size that there is
_TILE_BYTES: Final = 2 << TILE_SHIFT


class _Pages(NamedTuple):
    """An array in memory that a file is mapped to: where its first page begins."""

    address: int
    before: int  # bytes of that page which are not the array's
    held: int  # how many pages the array lies in


def read_ahead(question: Matrix, shelf: Shelf, near: Nearness, pool: Executor | None) -> None:
    """Have the system read the pages that a search for ``question`` will touch, if they are away.

    It changes no answer: where the system has no way to ask, or the index is small, it is idle.
    While one thread waits for outlines, the other asks for the rows that some of them lead to.
    """
    if min(shelf.outlines.nbytes, shelf.cells.nbytes) <= LARGE_BYTES or _system() is None:
        return
    for directory in (shelf.ticks, shelf.starts, shelf.blocks, shelf.slots):
        _ask_for_whole(_pages_of(directory))
    outlines, rows = _pages_of(shelf.outlines), _pages_of(shelf.cells)
    some = question[:: max(1, len(question) // _ASKED)]
    if _are_there(outlines, _outlines_near(some, shelf, near, outlines.before, outlines.held)):
        return
    _ask_for(outlines, _outlines_near(question, shelf, near, outlines.before, outlines.held))

    def ask_for_rows(part: slice) -> None:
        _ask_for(rows, _rows_near(question[part], shelf, near, rows.before, rows.held))

    shared(ask_for_rows, parts(len(question), PARTS), pool)


@cache
def _system() -> Any | None:  # noqa: ANN401 - ctypes has no types of its own
    """Return the system's own functions, where it can be asked; Linux can."""
    try:
        system: Any = ctypes.CDLL(None, use_errno=True)
        system.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
        system.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    except (AttributeError, OSError, TypeError):
        return None
    return system if hasattr(mmap, "MADV_WILLNEED") and mmap.PAGESIZE == 1 << _BITS else None


def _pages_of(array: NDArray[Any]) -> _Pages:
    before = array.ctypes.data & (mmap.PAGESIZE - 1)
    return _Pages(array.ctypes.data - before, before, ((before + array.nbytes - 1) >> _BITS) + 1)


def _are_there(pages: _Pages, marks: Marks) -> bool:
    """Whether most of a few marked pages are in memory."""
    system, told = _system(), ctypes.create_string_buffer(1)
    marked = np.flatnonzero(marks)
    looked = marked[:: max(1, -(-len(marked) // _PAGES))]
    there = 0
    for page in looked.tolist():
        failed = system is None or system.mincore(pages.address + (page << _BITS), 1, told)
        there += bool(failed) or bool(told.raw[0] & 1)
    return 2 * there >= len(looked)


def _ask_for_whole(pages: _Pages) -> None:
    """Ask for all pages of a small array, where one in its middle is away."""
    system, told = _system(), ctypes.create_string_buffer(1)
    middle = pages.address + (pages.held // 2 << _BITS)
    if system is not None and system.mincore(middle, 1, told) == 0 and not told.raw[0] & 1:
        system.madvise(pages.address, pages.held << _BITS, mmap.MADV_WILLNEED)


def _ask_for(pages: _Pages, marks: Marks) -> None:
    """Ask for the marked pages, in as few runs as that takes."""
    system, marked = _system(), np.flatnonzero(marks)
    if system is None or not len(marked):
        return
    ends = np.flatnonzero(np.diff(marked) > _JOINED)
    first, last = marked[np.append(0, ends + 1)], marked[np.append(ends, len(marked) - 1)]
    for low, high in zip(first.tolist(), last.tolist(), strict=True):
        length = (high - low + 1) << _BITS
        system.madvise(pages.address + (low << _BITS), length, mmap.MADV_WILLNEED)


@kernel
def _outlines_near(
    question: Matrix, shelf: Shelf, near: Nearness, before: Int, count: Int
) -> Marks:
    """Mark the pages of the outlines in the cells about a question that are of its time."""
    marks, desk = np.zeros(count, dtype=np.bool_), new_desk()
    for q in range(question.shape[0]):
        asked = asked_at(question, q)
        day, classes = np.int64(question[q, PARTITION]), np.int64(ALL_CLASSES)
        desk, found = ranges_near(day, classes, ends_of(asked), near.reach, shelf, desk)
        latest = tick_of(np.int64(math.ceil(asked.end)))
        oldest = np.int64(math.floor(asked.begin)) - np.int64(shelf.leg_max)
        for r in range(found):
            first, last, group = desk.ranges[r, 0], desk.ranges[r, 1], desk.ranges[r, 2]
            tile = first_tile(shelf.ticks, first, last, oldest_of(group, oldest))
            after = (last + ROWS_A_TILE - 1) >> ROWS_SHIFT
            while tile < after and not is_later(shelf.ticks, tile, first, latest):
                begins = before + tile * _TILE_BYTES
                marks[begins >> _BITS] = True
                marks[(begins + _TILE_BYTES - 1) >> _BITS] = True
                tile += 1
    return marks


@kernel
def _rows_near(question: Matrix, shelf: Shelf, near: Nearness, before: Int, count: Int) -> Marks:
    """Mark the pages of the rows whose outlines touch a question."""
    marks, desk = np.zeros(count, dtype=np.bool_), new_desk()
    row_bytes = 4 * shelf.cells.shape[1]
    for q in range(question.shape[0]):
        asked = asked_at(question, q)
        if min(asked.sigma0, asked.sigma1) > near.sigma_limit:
            continue
        day, ends, classes = np.int64(question[q, PARTITION]), ends_of(asked), np.int64(ALL_CLASSES)
        box = box_around(ends, near.reach)
        desk, found = rows_near(asked, day, classes, ends, near.reach, box, shelf, desk)
        for k in range(found):
            begins = before + desk.hits[k] * row_bytes
            marks[begins >> _BITS] = True
            marks[(begins + row_bytes - 1) >> _BITS] = True
    return marks
