"""Meetings as a search found them, in parts, dealt out to their participants in order of time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.meeting import BEGIN, MEETING_COLUMNS, PRESUMED, WHO, Matrix
from fortnight.contact.sharing import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

Longs = NDArray[np.int64]
Parts: TypeAlias = tuple[Matrix, ...]
"""Meetings in as many parts as a search has: a kernel is compiled for a number of them."""

_NONE: Final = np.empty((0, MEETING_COLUMNS))


def as_parts(found: Sequence[Matrix]) -> Parts:
    """Return meetings in ``PARTS`` parts, in the same order; empty ones where there are fewer."""
    if len(found) > PARTS:
        return (*found[: PARTS - 1], np.concatenate(found[PARTS - 1 :]))
    return (*found, *[_NONE] * (PARTS - len(found)))


@kernel
def _people(found: Parts) -> Int:
    """Return one more than the highest number of a participant."""
    most: Int = np.int64(0)
    for meetings in found:
        for k in range(meetings.shape[0]):
            most = max(most, np.int64(meetings[k, WHO]) + 1)
    return most


@kernel
def first_of(found: Parts) -> Longs:
    """Return where the meetings of each begin, observed and then presumed; and where all end."""
    first = np.zeros(2 * _people(found) + 1, dtype=np.int64)
    for meetings in found:
        for k in range(meetings.shape[0]):
            first[2 * np.int64(meetings[k, WHO]) + np.int64(meetings[k, PRESUMED]) + 1] += 1
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
def _deal(found: Parts, low: Int, high: Int, first: Longs, order: Longs, times: Longs) -> Int:
    """Deal meetings out: by participant, observed first, then time (whole ms).

    Cells of several sizes are searched one after the other, so rows of one pair arrive mixed;
    a state carried along the scan would split episodes that belong together. They arrive nearly
    in order of time, though: each is moved up the few places that it came late. What is equal
    stays as it came. ``order`` names a meeting by its number in all parts, which is returned.
    """
    cursor, number, before = first.copy(), np.int64(0), first[2 * low]
    for meetings in found:
        for k in range(meetings.shape[0]):
            who = np.int64(meetings[k, WHO])
            number += 1
            if not low <= who < high:
                continue
            group = 2 * who + np.int64(meetings[k, PRESUMED])
            time, at, begins = np.int64(meetings[k, BEGIN]), cursor[group], first[group]
            cursor[group] += 1
            while at > begins and times[at - before - 1] > time:
                order[at - before] = order[at - before - 1]
                times[at - before] = times[at - before - 1]
                at -= 1
            order[at - before], times[at - before] = number - 1, time
    return number


@kernel
def dealt(found: Parts, low: Int, high: Int, first: Longs) -> Matrix:
    """Return the meetings of participants from ``low`` to below ``high``, in order."""
    count = first[2 * high] - first[2 * low]
    order, times = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    places = np.full(_deal(found, low, high, first, order, times), -1)
    for k in range(count):
        places[order[k]] = k
    out, number = np.empty((count, MEETING_COLUMNS)), np.int64(0)
    for meetings in found:
        for k in range(meetings.shape[0]):
            place = places[number]
            number += 1
            if place >= 0:
                for column in range(MEETING_COLUMNS):
                    out[place, column] = meetings[k, column]
    return out
