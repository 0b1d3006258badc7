"""Look a case's segments up among everyone's: the one kernel that has to be fast.

Two passes. The first finds the pairs that came within reach; the second follows how likely they
were near, where a minimum is asked for only of those who can come to it (``contact.bounding``).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.ahead import read_ahead
from fortnight.contact.bounding import worth_following
from fortnight.contact.grid import ALL_CLASSES
from fortnight.contact.lookup import (
    Longs,
    Shelf,
    box_around,
    ends_of,
    new_desk,
    rows_near,
    shelf_of,
)
from fortnight.contact.pairing import meet
from fortnight.contact.probability import (
    edge_squares,
    rice_table,
)
from fortnight.contact.question import PARTITION, asked_at
from fortnight.contact.sharing import PARTS, helper, parts, shared
from fortnight.contact.sifting import ASKED, PAIR_COLUMNS, new_room, sift
from fortnight.track.growing import with_room

if TYPE_CHECKING:
    from fortnight.contact.index import Index
    from fortnight.contact.meeting import Matrix, Nearness


@kernel
def find_pairs(question: Matrix, who: Int, shelf: Shelf, near: Nearness) -> Longs:
    """Return the pairs that came within reach, in the columns of ``sifting``, in order of time."""
    out = np.empty((16_384, PAIR_COLUMNS), dtype=np.int64)
    desk, room = new_desk(), new_room()
    n: Int = np.int64(0)
    for q in range(question.shape[0]):
        asked = asked_at(question, q)
        if min(asked.sigma0, asked.sigma1) > near.sigma_limit:
            continue
        day, ends = np.int64(question[q, PARTITION]), ends_of(asked)
        box, classes = box_around(ends, near.reach), np.int64(ALL_CLASSES)
        desk, count = rows_near(asked, day, classes, ends, near.reach, box, shelf, desk)
        if n + count > out.shape[0]:
            out = with_room(out, n, count)
        n = sift(question, q, who, shelf.cells, near, desk.hits, count, room, out, n)
    return out[:n]


_LARGEST_KEPT: Final = (32 << 20) - 8_192
"""Just under what the allocator takes as a measure at all."""


def search(
    index: Index,
    who: int,
    question: Matrix,
    near: Nearness,
    min_ms: float = 0.0,
    *,
    known: Longs | None = None,
    threads: int = 1,
) -> list[Matrix]:
    """Return the meetings of ``who`` with others in parts: float64 (m, 11), as in ``meeting``.

    ``question`` is what ``question.ask`` returned for ``who``. Participants whose time, expected
    or within the radius, cannot come to ``min_ms`` in any 24 hours may be left out, but for those
    in ``known``: most of a town passes by once. The rows of one pair are in no order of time,
    because cells of several sizes are searched one after the other.

    Two threads share the work in parts. No row of the answer depends on another, and the parts
    are in their order: put together they are the same bytes, whatever the threads.
    """
    _keep_memory()
    edge = edge_squares(near.radius, near.min_probability)
    table, shelf = rice_table(), shelf_of(index)

    def candidates(rows: slice) -> Longs:
        found = find_pairs(question[rows], who, shelf, near)
        found[:, ASKED] += rows.start
        return found

    def meetings(part: Longs) -> Matrix:
        return meet(question, part, index.cells, near, table, edge)

    work = parts(len(question), PARTS)
    with helper(threads) as pool:
        read_ahead(question, shelf, near, pool)
        if min_ms == 0.0:  # what was found is followed at once, while it is in the cache
            return shared(lambda rows: meetings(candidates(rows)), work, pool)
        found = shared(candidates, work, pool)
        return shared(meetings, worth_following(index, question, found, min_ms, known), pool)


@cache
def _keep_memory() -> None:
    """Have what a search gives back kept for the next one.

    GNU's allocator hands free memory back to the system at once, up to the largest block that it
    ever saw freed: its pages are then cleared one by one again, 2,500 for one case, which was a
    sixth of its time. Some 30 MB that nobody writes to are free to ask for. Elsewhere it is idle.
    """
    np.empty(_LARGEST_KEPT, dtype=np.uint8)


def is_compiled() -> bool:
    """Whether the search's machine code lies ready on disk."""
    kept: Any = find_pairs
    return bool(kept._cache._cache_file._load_index())  # noqa: SLF001 - there is no public way
