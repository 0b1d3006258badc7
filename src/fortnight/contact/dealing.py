"""Meetings as a search found them, in parts, dealt out to their participants in order of time."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.meeting import BEGIN, MEETING_COLUMNS, PRESUMED, WHO, Matrix
from fortnight.contact.sharing import shared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

Longs = NDArray[np.int64]
Words = NDArray[np.int32]


class Dealt(NamedTuple):
    """All meetings, and what they are dealt out by: numbers that lie together are read sooner."""

    rows: Matrix
    groups: Words  # twice the participant, and one more where it is presumed
    times: Longs  # in which each begins, whole ms


@kernel
def _gather(part: Matrix, at: Int, rows: Matrix, groups: Words, times: Longs) -> None:
    """Copy one part's meetings to their rows of all."""
    for k in range(part.shape[0]):
        for column in range(MEETING_COLUMNS):
            rows[at + k, column] = part[k, column]
        groups[at + k] = 2 * np.int32(part[k, WHO]) + np.int32(part[k, PRESUMED])
        times[at + k] = np.int64(part[k, BEGIN])


def gathered(found: Sequence[Matrix], pool: Executor | None) -> Dealt:
    """Return the meetings of all parts, in their order."""
    ends = [0, *accumulate(len(part) for part in found)]
    rows = np.empty((ends[-1], MEETING_COLUMNS))
    groups, times = np.empty(ends[-1], dtype=np.int32), np.empty(ends[-1], dtype=np.int64)

    def gather(part: tuple[Matrix, int]) -> None:
        _gather(*part, rows, groups, times)

    shared(gather, list(zip(found, ends, strict=False)), pool)
    return Dealt(rows, groups, times)


@kernel
def first_of(groups: Words) -> Longs:
    """Return where the meetings of each begin, observed and then presumed; and where all end."""
    most: Int = np.int64(-1)
    for k in range(groups.shape[0]):
        most = max(most, np.int64(groups[k]))
    first = np.zeros(2 * ((most + 2) // 2) + 1, dtype=np.int64)
    for k in range(groups.shape[0]):
        first[np.int64(groups[k]) + 1] += 1
    for k in range(1, first.shape[0]):
        first[k] += first[k - 1]
    return first


def shares(first: Longs, threads: int) -> list[slice]:
    """Return a range of participants for each thread, with about as many meetings each.

    Who lives together has numbers side by side: halves of all would be of very different weight.
    """
    ends = [int(first[-1]) * share // threads for share in range(1, threads)]
    edges = [0, *np.searchsorted(first[::2], ends).tolist(), len(first) // 2]
    return [slice(low, high) for low, high in pairwise(edges)]


@kernel
def order_of(groups: Words, times: Longs, low: Int, high: Int, first: Longs) -> Longs:
    """Return the meetings of participants from ``low`` to below ``high``, in order.

    By participant, observed ones first, then time. Cells of several sizes are searched one after
    the other, so rows of one pair arrive mixed; a state carried along the scan would split
    episodes that belong together. They arrive nearly in order of time, though: each is moved up
    the few places that it came late. What is equal stays as it came.
    """
    before, cursor = first[2 * low], first.copy()
    order = np.empty(first[2 * high] - before, dtype=np.int64)
    for k in range(groups.shape[0]):
        group = np.int64(groups[k])
        if not 2 * low <= group < 2 * high:
            continue
        at, begins, time = cursor[group] - before, first[group] - before, times[k]
        cursor[group] += 1
        while at > begins and times[order[at - 1]] > time:
            order[at] = order[at - 1]
            at -= 1
        order[at] = k
    return order
