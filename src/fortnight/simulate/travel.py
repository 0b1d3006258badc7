"""How long a way takes, on foot, by car or by bus, along the streets from door to door.

Buses run along every fifth street, both ways, all day. They pass evenly at their commercial
speed, stops included; their times at stops are whole minutes after the terminal's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.ground import STREET_PITCH_M
from fortnight.simulate.plans import DAY_S

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Codes, Floats, Ints
    from fortnight.simulate.town import Town

WALK_M_S: Final = 1.3
CAR_M_S: Final = 6.0  # door to door: parking, lights and corners included
BUS_M_S: Final = 5.0  # 18 km/h, stops included
DOOR_S: Final = 15  # from the seat to the street, and back
STOP_PITCH_M: Final = 300.0
LINE_PITCH_M: Final = 500.0
HEADWAY_S: Final = 600
_PHASE_S: Final = 60
LONGEST_TRIP_S: Final = 3_000  # what is farther is driven faster
_WALKABLE_M: Final = 800.0
_FAR_M: Final = 3_000.0  # beyond it people without a car are given a lift
_SHORTEST_RIDE_M: Final = 600.0

STAY, WALK, CAR, RIDE = range(4)


@dataclass(frozen=True, slots=True)
class Ways:
    """One way a row, from the door of one place to that of another. Seconds of the day."""

    mode: Codes  # STAY where both places are one
    seconds: Ints  # from seat to seat
    corner_x: Floats  # the street along y on which walkers and cars turn
    along_x: Bools  # of the bus line; what follows is meant only where the mode is RIDE
    line: Floats  # y of a line along x, x of a line along y
    board_at: Floats  # x of the stop on a line along x, y on a line along y
    alight_at: Floats
    reach: Ints  # when the stop is reached
    board: Ints
    alight: Ints
    vehicle: Ints  # the bus, unique within the day


def stack_ways(ways: list[Ways]) -> Ways:
    """Put the ways of several slots side by side: rows x slots."""
    return Ways(
        **{
            field.name: np.stack([getattr(way, field.name) for way in ways], axis=1)
            for field in fields(Ways)
        },
    )


@dataclass(frozen=True, slots=True)
class _Doors:
    """Where ways begin and end, metres."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats


@dataclass(frozen=True, slots=True)
class _Rides:
    """A bus ride for every row, sensible or not."""

    along_x: Bools
    line: Floats
    board_at: Floats
    alight_at: Floats
    walk_before: Floats  # metres
    walk_after: Floats


def find_ways(town: Town, origin: Ints, target: Ints, leave: Ints, drives: Bools) -> Ways:
    """Decide for each row how it gets from one place to another, and how long it takes.

    Parameters
    ----------
    town
        The town.
    origin, target
        Places.
    leave
        Second of the day at which each row gets up from its seat.
    drives
        Who may take a car.

    """
    doors = _Doors(
        town.door_x[origin], town.door_y[origin], town.door_x[target], town.door_y[target]
    )
    corner_x, length = _street_way(doors, (origin + target) % 2 == 0)
    rides = _best_ride(town.side_m, doors)
    reach = leave + DOOR_S + np.ceil(rides.walk_before / WALK_M_S).astype(np.int64)
    board, vehicle = _next_bus(town.side_m, rides, reach)
    ride = np.abs(rides.alight_at - rides.board_at)
    alight = board + (ride / BUS_M_S).astype(np.int64)
    by_bus = alight - leave + DOOR_S + np.ceil(rides.walk_after / WALK_M_S).astype(np.int64)
    on_foot = 2 * DOOR_S + np.ceil(length / WALK_M_S).astype(np.int64)
    by_car = 2 * DOOR_S + np.ceil(length / CAR_M_S).astype(np.int64)
    bus_pays = (ride >= _SHORTEST_RIDE_M) & (by_bus < on_foot) & (by_bus < LONGEST_TRIP_S)
    mode = np.select(
        (origin == target, length <= _WALKABLE_M, drives, bus_pays, length <= _FAR_M),
        (STAY, WALK, CAR, RIDE, WALK),
        CAR,
    ).astype(np.int8)
    seconds = np.choose(mode, (np.zeros_like(leave), on_foot, by_car, by_bus))
    return Ways(
        mode=mode,
        seconds=np.minimum(seconds, LONGEST_TRIP_S),
        corner_x=corner_x,
        along_x=rides.along_x,
        line=rides.line,
        board_at=rides.board_at,
        alight_at=rides.alight_at,
        reach=reach,
        board=board,
        alight=alight,
        vehicle=vehicle,
    )


def _street_way(doors: _Doors, turn_early: Bools) -> tuple[Floats, Floats]:
    """Turn into a street along y near the beginning or near the end; on one street, not at all."""
    near = np.where(turn_early, doors.x0, doors.x1)
    street = np.round(near / STREET_PITCH_M) * STREET_PITCH_M
    corner_x = np.where(doors.y0 == doors.y1, doors.x1, street)
    length = np.abs(doors.x0 - corner_x) + np.abs(doors.y0 - doors.y1) + np.abs(corner_x - doors.x1)
    return corner_x, length


def _best_ride(side: float, doors: _Doors) -> _Rides:
    """Of the nearest line along x and the nearest along y take the one with less walking."""
    last_stop = np.floor(side / STOP_PITCH_M) * STOP_PITCH_M
    last_line = np.floor(side / LINE_PITCH_M) * LINE_PITCH_M

    def one(a0: Floats, b0: Floats, a1: Floats, b1: Floats, *, along_x: bool) -> _Rides:
        line = np.clip(np.round((b0 + b1) / 2 / LINE_PITCH_M) * LINE_PITCH_M, 0, last_line)
        board = np.clip(np.round(a0 / STOP_PITCH_M) * STOP_PITCH_M, 0, last_stop)
        alight = np.clip(np.round(a1 / STOP_PITCH_M) * STOP_PITCH_M, 0, last_stop)
        return _Rides(
            along_x=np.full(len(a0), along_x),
            line=line,
            board_at=board,
            alight_at=alight,
            walk_before=np.abs(a0 - board) + np.abs(b0 - line),
            walk_after=np.abs(a1 - alight) + np.abs(b1 - line),
        )

    east = one(doors.x0, doors.y0, doors.x1, doors.y1, along_x=True)
    north = one(doors.y0, doors.x0, doors.y1, doors.x1, along_x=False)
    better = _cost(east) <= _cost(north)
    return _Rides(
        **{
            field.name: np.where(better, getattr(east, field.name), getattr(north, field.name))
            for field in fields(_Rides)
        },
    )


def _cost(rides: _Rides) -> Floats:
    """Seconds without waiting; a line that would be ridden too short a way is out."""
    ride = np.abs(rides.alight_at - rides.board_at)
    seconds = (rides.walk_before + rides.walk_after) / WALK_M_S + ride / BUS_M_S
    return np.where(ride >= _SHORTEST_RIDE_M, seconds, np.inf)


def _next_bus(side: float, rides: _Rides, reach: Ints) -> tuple[Ints, Ints]:
    """Return when the next bus leaves the stop, and which bus it is."""
    terminal = np.floor(side / STOP_PITCH_M) * STOP_PITCH_M
    back = rides.alight_at < rides.board_at
    line = np.round(rides.line / LINE_PITCH_M).astype(np.int64) * 4 + 2 * rides.along_x + back
    travelled = np.where(back, terminal - rides.board_at, rides.board_at)
    first = line * 7 * _PHASE_S % HEADWAY_S + (travelled / BUS_M_S).astype(np.int64)
    turn = -((first - reach) // HEADWAY_S)  # buses from the terminal before midnight are below 0
    turns_a_day = 2 * DAY_S // HEADWAY_S
    return first + turn * HEADWAY_S, line * turns_a_day + turn + turns_a_day // 4
