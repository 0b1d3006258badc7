"""Who truly met: pairs of people whose stays overlap in time and lie close enough."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.compiled import kernel
from fortnight.simulate.plans import DAY_S

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Codes, Floats, Ints

NEAR_M: Final = 25.0
CLOSE_M: Final = 2.0
KINDS: Final = ("close", "room", "place", "near")
CLOSE, ROOM, PLACE, NEAR = range(4)

_CELL_M: Final = NEAR_M  # so that whoever is near lies in one of nine cells
_CELL_BITS: Final = 14
_CELL_OFFSET: Final = 16  # cells begin a little west and south of the town
# Half of the eight neighbours: the other half finds the pair from the other side.
_NEIGHBOURS: Final = ((0, 1), (1, -1), (1, 0), (1, 1))
MOST_FIRSTS: Final = 4_096
_PERSON_BITS: Final = 20  # for the million people that a town may have
_KIND_BITS: Final = 2
_SECOND_BITS: Final = 17
_FIRST_GUESS: Final = 16  # pairs a presence; more are found by a second sweep


@dataclass(frozen=True, slots=True)
class Presences:
    """Periods that people spent without moving, in the town or in something that moves.

    Positions are metres in a frame: the town (frame 0), one bus on one trip, or one group that
    goes along a street together. People in different frames never meet.
    """

    person: Ints
    start: Ints  # seconds from day 0, within one day
    end: Ints
    frame: Ints
    place: Ints
    room: Ints
    x: Floats
    y: Floats
    setting: Codes

    def take(self, which: Ints) -> Presences:
        """Pick and order rows."""
        return Presences(*(getattr(self, field.name)[which] for field in fields(self)))


def join_presences(parts: list[Presences]) -> Presences:
    """Put the presences of several blocks behind each other."""
    return Presences(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Presences)
        ),
    )


@dataclass(frozen=True, slots=True)
class Meetings:
    """Periods in which two people were together in one way."""

    first: Ints
    second: Ints
    start: Ints
    end: Ints
    kind: Codes
    setting: Codes


def find_meetings(presences: Presences, firsts: tuple[int, int]) -> Meetings:
    """Find every meeting of one day, of every kind, sorted by pair, kind and start.

    Periods of one pair that touch are one period, if their setting is one. Where two people are
    in places of different settings, the one that comes first in `buildings.SETTINGS` is written.

    Parameters
    ----------
    presences
        One day's, in any order.
    firsts
        Only pairs whose first person (the lower number) lies from the one to below the other,
        at most `MOST_FIRSTS` apart: what is kept in memory grows with them.

    """
    near = _near_pairs(presences, firsts)
    together = _place_pairs(presences, firsts)
    in_room = together[:, presences.room[together[0]] == presences.room[together[1]]]
    far = np.hypot(*(axis[in_room[0]] - axis[in_room[1]] for axis in (presences.x, presences.y)))
    in_reach = in_room[:, far <= CLOSE_M]
    by_kind = ((CLOSE, in_reach), (ROOM, in_room), (PLACE, together), (NEAR, near))
    return _merge([_meetings(presences, pairs, kind) for kind, pairs in by_kind], firsts[0])


def _near_pairs(presences: Presences, firsts: tuple[int, int]) -> Ints:
    """Sweep cells of 25 m: each against itself and half of its neighbours."""
    column = np.floor(presences.x / _CELL_M).astype(np.int64) + _CELL_OFFSET
    row = np.floor(presences.y / _CELL_M).astype(np.int64) + _CELL_OFFSET
    key = (((presences.frame << _CELL_BITS) + column) << _CELL_BITS) + row
    steps = [(across << _CELL_BITS) + up for across, up in _NEIGHBOURS]
    return _sweep(presences, firsts, key, steps, NEAR_M)


def _place_pairs(presences: Presences, firsts: tuple[int, int]) -> Ints:
    return _sweep(presences, firsts, presences.place, [], np.inf)


def _sweep(
    presences: Presences, firsts: tuple[int, int], key: Ints, steps: list[int], reach: float
) -> Ints:
    """Return index pairs of presences that overlap in time, 2 x pairs.

    Parameters
    ----------
    presences
        One day's.
    firsts
        As for `find_meetings`.
    key
        What presences must share to be compared.
    steps
        Further keys to compare with, as differences.
    reach
        Largest distance, metres.

    """
    order = np.lexsort((presences.start, key))
    key = key[order]
    low = np.stack([np.arange(1, len(key) + 1), *(np.searchsorted(key, key + s) for s in steps)])
    high = np.stack([np.searchsorted(key, key + s, side="right") for s in (0, *steps)])
    them = presences.take(order)
    capacity = _FIRST_GUESS * len(key) + 1
    while True:
        pairs = np.empty((2, capacity), dtype=np.int64)
        found = _overlaps(
            low,
            high,
            them.person,
            them.start,
            them.end,
            them.x,
            them.y,
            firsts[0],
            firsts[1],
            reach * reach,
            pairs,
        )
        if found <= capacity:
            indices: Ints = order[pairs[:, :found]]
            return indices
        capacity = found


@kernel
def _overlaps(
    low: Ints,
    high: Ints,
    person: Ints,
    start: Ints,
    end: Ints,
    x: Floats,
    y: Floats,
    first: int,
    last: int,
    reach2: float,
    pairs: Ints,
) -> int:
    """Write pairs that overlap and are in reach; count on where there is no more room."""
    found = 0
    for i in range(len(person)):
        if person[i] < first:
            continue
        for k in range(low.shape[0]):
            for j in range(low[k, i], high[k, i]):
                if start[j] >= end[i]:
                    break  # each key's presences are sorted by start
                if end[j] <= start[i] or person[j] == person[i]:
                    continue
                if not first <= min(person[i], person[j]) < last:
                    continue
                across = x[j] - x[i]
                up = y[j] - y[i]
                if across * across + up * up > reach2:
                    continue
                if found < pairs.shape[1]:
                    pairs[0, found] = i
                    pairs[1, found] = j
                found += 1
    return found


def _meetings(presences: Presences, pairs: Ints, kind: int) -> Meetings:
    one, other = pairs
    person = presences.person
    return Meetings(
        first=np.minimum(person[one], person[other]),
        second=np.maximum(person[one], person[other]),
        start=np.maximum(presences.start[one], presences.start[other]),
        end=np.minimum(presences.end[one], presences.end[other]),
        kind=np.full(len(one), kind, dtype=np.int8),
        setting=np.minimum(presences.setting[one], presences.setting[other]),
    )


def _merge(parts: list[Meetings], lowest: int) -> Meetings:
    """Sort, and make one period of those that touch. `lowest` is the least first person."""
    first, second, start, end, kind, setting = (
        np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Meetings)
    )
    # One sort by one number: two people, kind and second of the day. None occurs twice.
    pair = ((((first - lowest) << _PERSON_BITS) + second) << _KIND_BITS) + kind
    order = np.argsort((pair << _SECOND_BITS) + start % DAY_S)
    pair, start, end, setting = pair[order], start[order], end[order], setting[order]
    begins = np.ones(len(pair), dtype=np.bool_)
    begins[1:] = (pair[1:] != pair[:-1]) | (start[1:] != end[:-1]) | (setting[1:] != setting[:-1])
    at = np.flatnonzero(begins)
    last = np.append(at[1:], len(pair))[: len(at)] - 1
    kept = order[at]
    return Meetings(first[kept], second[kept], start[at], end[last], kind[kept], setting[at])
