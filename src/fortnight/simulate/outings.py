"""Where people go besides home, work and school: venues near home, and friends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from fortnight.simulate.town import VENUE_KINDS

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.town import Town

FRIEND: Final = len(VENUE_KINDS)
_CANDIDATES: Final = 3  # of so many venues drawn, people go to the one nearest to home
_IN_HALL: Final = 0.7
_TABLE_M: Final = 0.6  # half the width of a table that companions share
_MARGIN_M: Final = 0.5


_STAY_MIN: Final = np.array([*(kind.stay_min for kind in VENUE_KINDS), (60, 180)])

# What people go out for at one time of day: shares of VENUE_KINDS, and of a friend's home.
Taste: TypeAlias = tuple[float, ...]
DAYTIME: Final[Taste] = (0.40, 0.25, 0.10, 0.0, 0.15, 0.10, 0.0)
AFTER_WORK: Final[Taste] = (0.35, 0.30, 0.05, 0.20, 0.10, 0.0, 0.0)
EVENING: Final[Taste] = (0.0, 0.0, 0.35, 0.10, 0.25, 0.0, 0.30)
LUNCH: Final[Taste] = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Outings:
    """One outing a row: where to, and how long."""

    room: Ints
    x: Floats
    y: Floats
    stay_s: Ints


def draw_outings(rng: np.random.Generator, town: Town, household: Ints, taste: Taste) -> Outings:
    """Draw an outing for each row, whether or not it will be made.

    Parameters
    ----------
    rng
        Where chance comes from.
    town
        The town.
    household
        Whose home each row starts from.
    taste
        What people go out for.

    """
    kind = rng.choice(len(taste), size=len(household), p=taste)
    place = np.where(
        kind == FRIEND,
        town.friend[household],
        _near_venue(rng, town, household, np.minimum(kind, FRIEND - 1)),
    )
    others = town.room_count[place] - 1
    behind = 1 + (rng.random(len(place)) * others).astype(np.int64)
    stays_in_hall = (rng.random(len(place)) < _IN_HALL) | (kind == FRIEND)
    room = town.hall[place] + np.where(stays_in_hall, 0, behind)
    x, y = draw_spots(rng, town, room)
    shortest, longest = _STAY_MIN[kind].T * 60
    stay_s = rng.integers(shortest, longest)
    return Outings(room=room, x=x, y=y, stay_s=stay_s)


def _near_venue(rng: np.random.Generator, town: Town, household: Ints, kind: Ints) -> Ints:
    place = np.zeros(len(kind), dtype=np.int64)
    for code, venues in enumerate(town.venues):
        rows = np.flatnonzero(kind == code)
        candidates = venues[rng.integers(0, len(venues), (len(rows), _CANDIDATES))]
        home = household[rows][:, np.newaxis]
        far = np.abs(town.door_x[candidates] - town.door_x[home]) + np.abs(
            town.door_y[candidates] - town.door_y[home],
        )
        place[rows] = candidates[np.arange(len(rows)), np.argmin(far, axis=1)]
    return place


def draw_spots(rng: np.random.Generator, town: Town, room: Ints) -> tuple[Floats, Floats]:
    """Draw a spot in each room, half a metre or more from its walls."""
    rooms = town.rooms
    inner_width = rooms.width[room] - 2 * _MARGIN_M
    inner_depth = rooms.depth[room] - 2 * _MARGIN_M
    return (
        rooms.x[room] + _MARGIN_M + rng.random(len(room)) * inner_width,
        rooms.y[room] + _MARGIN_M + rng.random(len(room)) * inner_depth,
    )


def join(
    rng: np.random.Generator, own: Outings, shared: Outings, row: Ints, joins: Bools
) -> Outings:
    """Let those who join go where their household goes, and sit at its table.

    Parameters
    ----------
    rng
        Where chance comes from.
    own
        What each row would do alone.
    shared
        What each household does on each day.
    row
        The row of `shared` that belongs to each row.
    joins
        Who joins.

    """
    aside = rng.uniform(-_TABLE_M, _TABLE_M, (2, len(row)))
    return Outings(
        room=np.where(joins, shared.room[row], own.room),
        x=np.where(joins, shared.x[row] + aside[0], own.x),
        y=np.where(joins, shared.y[row] + aside[1], own.y),
        stay_s=np.where(joins, shared.stay_s[row], own.stay_s),
    )
