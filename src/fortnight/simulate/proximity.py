"""Whose phones could hear whose, from where, and through how many walls."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact import bluetooth
from fortnight.simulate.buildings import STREET
from fortnight.simulate.meetings import NEAR_M

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.meetings import Presences

STOREY_M: Final = 2.5  # nobody in another room or on another floor is nearer than that
_BETWEEN_HOMES: Final = 3  # walls: a heavy one that counts twice, and an inner one; chosen
_CELL_BITS: Final = 14
_CELL_OFFSET: Final = 16  # cells begin a little west and south of the town
_SPAN: Final = 1 << 26  # seconds: more than the longest town lives


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Periods that two people spent at a fixed distance from each other; each pair once."""

    first: Ints
    second: Ints
    start: Ints  # seconds from day 0
    end: Ints
    metres: Floats
    walls: Floats

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.first)


def find_overlaps(presences: Presences) -> Overlaps:
    """Find every period in which two people were in one place, or within 25 m of each other.

    Parameters
    ----------
    presences
        One day's, of the people whose phones take part.

    """
    in_place = _pairs(presences, presences.place, 0)
    near = _near_pairs(presences)
    elsewhere = presences.place[near[0]] != presences.place[near[1]]
    both = (in_place, near[:, elsewhere])
    return _join([_overlaps(presences, pairs) for pairs in both])


def _near_pairs(presences: Presences) -> Ints:
    """Sweep cells of 25 m and their neighbours."""
    column = np.floor(presences.x / NEAR_M).astype(np.int64) + _CELL_OFFSET
    row = np.floor(presences.y / NEAR_M).astype(np.int64) + _CELL_OFFSET
    key = (((presences.frame << _CELL_BITS) + column) << _CELL_BITS) + row
    steps = [(across << _CELL_BITS) + up for across in (-1, 0, 1) for up in (-1, 0, 1)]
    found = []
    for step in steps:
        pairs = _pairs(presences, key, step)
        found.append(pairs[:, _apart(presences, pairs) <= NEAR_M])
    return np.concatenate(found, axis=1)


def _pairs(presences: Presences, key: Ints, step: int) -> Ints:
    """Return pairs of presences that overlap in time and whose keys differ by a step, 2 x pairs.

    Of a pair the one that begins first looks for the other among those that begin before it
    ends; of two that begin at once, the one with the lower number.
    """
    kinds, rank = np.unique(key, return_inverse=True)
    clock = rank * _SPAN + presences.start
    order = np.argsort(clock, kind="stable")
    clock = clock[order]
    wanted = np.minimum(np.searchsorted(kinds, key + step), max(len(kinds) - 1, 0))
    low = np.searchsorted(clock, wanted * _SPAN + presences.start)
    high = np.searchsorted(clock, wanted * _SPAN + presences.end)
    counts = np.where(_at(kinds, wanted) == key + step, high - low, 0)
    one, number = spread(counts)
    other = order[low[one] + number]
    later = presences.start[other] > presences.start[one]
    kept = (later | (one < other)) & (presences.person[one] != presences.person[other])
    return np.stack((one[kept], other[kept]))


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """Return for each of so many entries of each row: the row, and the entry's number in it."""
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)


def _at(kinds: Ints, place: Ints) -> Ints:
    return kinds[place] if len(kinds) else place


def _apart(presences: Presences, pairs: Ints) -> Floats:
    apart: Floats = np.hypot(*(axis[pairs[0]] - axis[pairs[1]] for axis in _axes(presences)))
    return apart


def _axes(presences: Presences) -> tuple[Floats, Floats]:
    return presences.x, presences.y


def _overlaps(presences: Presences, pairs: Ints) -> Overlaps:
    one, other = pairs
    in_room: Bools = presences.room[one] == presences.room[other]
    in_place: Bools = presences.place[one] == presences.place[other]
    outdoors: Bools = (presences.setting[one] == STREET) | (presences.setting[other] == STREET)
    metres = _apart(presences, pairs)
    metres = np.where(in_room, metres, np.maximum(metres, STOREY_M))
    indoors = bluetooth.walls_between(metres, np.where(in_place, 1, _BETWEEN_HOMES))
    person = presences.person
    return Overlaps(
        first=np.minimum(person[one], person[other]),
        second=np.maximum(person[one], person[other]),
        start=np.maximum(presences.start[one], presences.start[other]),
        end=np.minimum(presences.end[one], presences.end[other]),
        metres=metres,
        walls=np.where(in_room, 0.0, np.where(outdoors & ~in_place, 1.0, indoors)),
    )


def _join(parts: list[Overlaps]) -> Overlaps:
    return Overlaps(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Overlaps)),
    )
