"""Check-ins at venues: who showed a code on coming and, mostly, on going."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.buildings import VENUE
from fortnight.simulate.chance import Stream, generator

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Ints
    from fortnight.simulate.meetings import Presences
    from fortnight.simulate.town import Town

TAKEN: Final = 0.9  # of their visits that people who check in do check in to; chosen
FORGOTTEN: Final = 0.15  # of check-ins that are never closed; chosen
ROOM_CODES: Final = 0.5  # venues with a code in each room; the others have one at the door; chosen
_LATE_S: Final = 120  # a check-in comes up to so much after the guest
_EARLY_S: Final = 60  # and a check-out so much before they leave
_SAME_STAY_S: Final = 1
_CODES_NUMBER: Final = (1 << 32) - 1  # of the generator that draws which venues have room codes


@dataclass(frozen=True, slots=True)
class CheckIns:
    """Visits as venues' codes know them, by person and time."""

    person: Ints
    place: Ints
    room: Ints  # 0: the hall; -1: the venue has no codes for rooms
    check_in: Ints  # seconds from day 0
    check_out: Ints  # -1: forgotten


@dataclass(frozen=True, slots=True)
class _Stays:
    """Whole stays at venues, each cut where the room changes."""

    person: Ints
    room: Ints
    start: Ints
    end: Ints


def check_in(town: Town, presences: Presences, checks_in: Bools, day: int, seed: int) -> CheckIns:
    """Draw one day's check-ins; who works at a venue does not check in there.

    Parameters
    ----------
    town
        The town.
    presences
        One day's, of everybody.
    checks_in
        Who ever does, one flag a person.
    day
        Which day, from 0.
    seed
        The town's seed.

    """
    rng = generator(seed, Stream.VISITS, day)
    by_room = generator(seed, Stream.VISITS, _CODES_NUMBER).random(len(town.setting)) < ROOM_CODES
    stays = _stays(town, presences, checks_in)
    chosen = np.flatnonzero(rng.random(len(stays.person)) < TAKEN)
    person, start, end = stays.person[chosen], stays.start[chosen], stays.end[chosen]
    room = stays.room[chosen]
    place = town.rooms.place[room]
    length = end - start
    late = (rng.random(len(chosen)) * np.minimum(_LATE_S, length / 4)).astype(np.int64)
    early = (rng.random(len(chosen)) * np.minimum(_EARLY_S, length / 4)).astype(np.int64)
    forgotten = rng.random(len(chosen)) < FORGOTTEN
    return CheckIns(
        person=person,
        place=place,
        room=np.where(by_room[place], room - town.hall[place], -1),
        check_in=start + late,
        check_out=np.where(forgotten, -1, end - early),
    )


def _stays(town: Town, presences: Presences, checks_in: Bools) -> _Stays:
    """Join what touches: a stay may be written as two that follow each other on one seat."""
    main = town.main.room[presences.person]
    staff = (main >= 0) & (town.rooms.place[np.maximum(main, 0)] == presences.place)
    guest = (presences.setting == VENUE) & ~staff & checks_in[presences.person]
    rows = np.flatnonzero(guest)
    rows = rows[np.lexsort((presences.start[rows], presences.person[rows]))]
    person, room = presences.person[rows], presences.room[rows]
    start, end = presences.start[rows], presences.end[rows]
    begins = np.ones(len(rows), dtype=np.bool_)
    begins[1:] = (person[1:] != person[:-1]) | (room[1:] != room[:-1])
    begins[1:] |= start[1:] > end[:-1] + _SAME_STAY_S
    at = np.flatnonzero(begins)
    last = np.append(at[1:], len(rows))[: len(at)] - 1
    return _Stays(person[at], room[at], start[at], end[last])
