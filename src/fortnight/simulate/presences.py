"""What truth is made from: where people of a block stayed, waited, rode and went together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.buildings import BUS, STREET
from fortnight.simulate.meetings import Presences, join_presences
from fortnight.simulate.movement import SIT_DOWN_S
from fortnight.simulate.plans import DAY_S, SLOTS
from fortnight.simulate.travel import CAR, DOOR_S, RIDE, WALK

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Codes, Floats, Ints
    from fortnight.simulate.schedule import Schedule
    from fortnight.simulate.town import Town

# Places of the town are numbered from 0 and rooms too; what moves is numbered far above them.
_BUSES: Final = 1 << 32
_BUSES_A_DAY: Final = 1 << 20
_GROUPS: Final = 1 << 33
_STOPS: Final = 1 << 34


def find_presences(town: Town, schedule: Schedule) -> Presences:
    """List every period that people of a block spent without moving against each other.

    Walks, drives and bus rides that somebody makes alone are not listed: who passes others on
    the street is outside this world's truth.

    Parameters
    ----------
    town
        The town.
    schedule
        Stays and ways of the block.

    """
    parts = (
        _stays(town, schedule),
        _rides(schedule),
        _waits(schedule),
        _groups(schedule),
    )
    joined = join_presences(list(parts))
    return joined.take(np.flatnonzero(joined.end > joined.start))


def _make(
    schedule: Schedule,
    row: Ints,
    period: tuple[Ints, Ints],
    where: tuple[Ints, Ints, Ints],
    spot: tuple[Floats, Floats],
    setting: Codes | int,
) -> Presences:
    """Fill in person and day; `where` is frame, place and room."""
    midnight = schedule.block.day[row] * DAY_S
    return Presences(
        person=schedule.block.person[row],
        start=midnight + period[0],
        end=midnight + period[1],
        frame=where[0],
        place=where[1],
        room=where[2],
        x=spot[0],
        y=spot[1],
        setting=np.broadcast_to(np.asarray(setting, dtype=np.int8), row.shape),
    )


def _stays(town: Town, schedule: Schedule) -> Presences:
    row = np.repeat(np.arange(len(schedule.room)), SLOTS)
    place = schedule.place.ravel()
    return _make(
        schedule,
        row,
        (schedule.arrive.ravel(), schedule.leave.ravel()),
        (np.zeros_like(place), place, schedule.room.ravel()),
        (schedule.x.ravel(), schedule.y.ravel()),
        town.setting[place],
    )


def _rides(schedule: Schedule) -> Presences:
    """Take a bus for a room that moves: seats are all that matters."""
    row, slot = np.nonzero(schedule.ways.mode == RIDE)
    ways, at = schedule.ways, (row, slot)
    bus = _BUSES + schedule.block.day[row] * _BUSES_A_DAY + ways.vehicle[at]
    along, across = schedule.bus_along[at], schedule.bus_across[at]
    period = (ways.board[at] + SIT_DOWN_S, ways.alight[at])
    return _make(schedule, row, period, (bus, bus, bus), (along, across), BUS)


def _waits(schedule: Schedule) -> Presences:
    """Take a stop for a place of the town, so that who lives beside it is near."""
    row, slot = np.nonzero(schedule.ways.mode == RIDE)
    ways, at = schedule.ways, (row, slot)
    stop_x = np.where(ways.along_x[at], ways.board_at[at], ways.line[at])
    stop_y = np.where(ways.along_x[at], ways.line[at], ways.board_at[at])
    stop = _STOPS + (stop_x.astype(np.int64) << 24) + stop_y.astype(np.int64)
    spot = (stop_x + schedule.aside_x[row], stop_y + schedule.aside_y[row])
    period = (ways.reach[at], ways.board[at])
    return _make(schedule, row, period, (np.zeros_like(stop), stop, stop), spot, STREET)


def _groups(schedule: Schedule) -> Presences:
    """Members of a household who leave one place at once for another go as a group."""
    block, ways = schedule.block, schedule.ways
    row, slot = np.nonzero((ways.mode == WALK) | (ways.mode == CAR))
    at = (row, slot)
    seconds = ways.seconds[at]
    household_day = block.household[row] * block.days + block.day[row]
    same = np.stack(
        (
            household_day * SLOTS + slot,
            schedule.leave[at],
            seconds,
            schedule.place[at],
            schedule.place[row, slot + 1],
            ways.mode[at],
        ),
    )
    order = np.lexsort(same[::-1])
    begins = np.append(True, np.any(same[:, order[1:]] != same[:, order[:-1]], axis=0))
    begins = begins[: len(order)]
    run = np.cumsum(begins) - 1
    sizes = np.bincount(run, minlength=1)
    chosen = order[sizes[run] > 1]
    # A group is named by its first way, which is its own in the whole town.
    leader = order[np.flatnonzero(begins)][run[sizes[run] > 1]]
    group = _GROUPS + (block.person[row[leader]] * block.days + block.day[row[leader]]) * SLOTS
    group = group + slot[leader]
    row, leave = row[chosen], schedule.leave[at][chosen]
    return _make(
        schedule,
        row,
        (leave + DOOR_S, leave + seconds[chosen] - DOOR_S),
        (group, group, group),
        (schedule.aside_x[row], schedule.aside_y[row]),
        STREET,
    )
