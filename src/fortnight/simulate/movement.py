"""True positions: a person's whole fortnight as straight moves between knots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.plans import DAY_S, SLOTS
from fortnight.simulate.travel import BUS_M_S, DOOR_S, RIDE, STAY, Ways

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Codes, Floats, Ints
    from fortnight.simulate.schedule import Schedule
    from fortnight.simulate.town import Town

CHANGE_ROOM_S: Final = 10  # a move within a place, counted with the room that is entered
SIT_DOWN_S: Final = 5  # from the stop to the seat in the bus

# A slot has a knot where a stay begins and one where it ends, then those of the way onwards.
_KNOTS: Final = 10
(_SEAT, _UP, _DOOR, _TURN, _STOP, _BOARD, _SIT, _ALIGHT, _TURN_AGAIN, _LAST_DOOR) = range(_KNOTS)
_OF_WALK: Final = (_DOOR, _TURN, _STOP, _LAST_DOOR)  # _STOP serves as the second corner
_OF_RIDE: Final = tuple(range(_DOOR, _KNOTS))

INDOORS, OUTDOORS, IN_BUS = range(3)
_SURROUNDINGS: Final = (
    INDOORS,
    *(OUTDOORS,) * (_BOARD - _UP),
    *(IN_BUS,) * (_ALIGHT - _BOARD),
    *(OUTDOORS,) * (_KNOTS - _ALIGHT),
)


@dataclass(frozen=True, slots=True)
class Paths:
    """Knots of a block's people, ordered by person and time. Metres, seconds from day 0."""

    span: float  # seconds that belong to one person on the common clock
    clock: Floats  # seconds, each person's after the one before
    x: Floats
    y: Floats
    surroundings: Codes  # of the move that begins at this knot
    slot: Ints  # row x SLOTS + slot, of the stay, or of the way that leads on from it


@dataclass(frozen=True, slots=True)
class Located:
    """Where people truly are at some times."""

    x: Floats
    y: Floats
    surroundings: Codes
    slot: Ints


def make_paths(town: Town, schedule: Schedule) -> Paths:
    """Turn a block's schedule into knots.

    Parameters
    ----------
    town
        The town.
    schedule
        Stays and ways of the block.

    """
    block = schedule.block
    rows = len(block.person)
    time, x, y = (np.zeros((rows, SLOTS, _KNOTS)) for _ in range(3))
    _write_stays(schedule, time, x, y)
    _write_ways(town, schedule, time, x, y)
    _write_rides(schedule, time, x, y)
    kept = _kept(schedule.ways.mode)
    span = float(block.days * DAY_S + 1)
    base = (block.person - block.first_person) * span + block.day * DAY_S
    clock = (time + base[:, np.newaxis, np.newaxis])[kept]
    slot = np.arange(rows * SLOTS).reshape(rows, SLOTS, 1)
    return Paths(
        span=span,
        clock=clock,
        x=x[kept],
        y=y[kept],
        surroundings=_surroundings(schedule.ways.mode)[kept],
        slot=np.broadcast_to(slot, kept.shape)[kept],
    )


def locate(paths: Paths, clock: Floats) -> Located:
    """Find true positions by straight moves between knots.

    Parameters
    ----------
    paths
        Knots of a block.
    clock
        Times on the block's common clock: person within the block x `span` + seconds.

    """
    before = np.searchsorted(paths.clock, clock, side="right") - 1
    after = np.minimum(before + 1, len(paths.clock) - 1)
    start = paths.clock[before]
    length = paths.clock[after] - start
    share = np.where(length > 0, (clock - start) / np.maximum(length, 1e-9), 0.0)
    x, y = paths.x[before], paths.y[before]
    return Located(
        x=x + share * (paths.x[after] - x),
        y=y + share * (paths.y[after] - y),
        surroundings=paths.surroundings[before],
        slot=paths.slot[before],
    )


def _kept(mode: Codes) -> Bools:
    """Which knots exist: both ends of every stay, and those of the way that was taken."""
    rows = len(mode)
    kept = np.zeros((rows, SLOTS, _KNOTS), dtype=np.bool_)
    kept[:, :, (_SEAT, _UP)] = True
    kept[:, :-1, _OF_WALK] = (mode != STAY)[:, :, np.newaxis]
    kept[:, :-1, _OF_RIDE] |= (mode == RIDE)[:, :, np.newaxis]
    return kept


def _surroundings(mode: Codes) -> Codes:
    """Say what is around people from each knot on; who only changes rooms stays indoors."""
    rows = len(mode)
    around = np.tile(np.array(_SURROUNDINGS, dtype=np.int8), (rows, SLOTS, 1))
    around[:, :-1, _UP] = np.where(mode == STAY, INDOORS, OUTDOORS)
    around[:, -1, _UP] = INDOORS
    return around


def _write_stays(schedule: Schedule, time: Floats, x: Floats, y: Floats) -> None:
    """Sit from arrival to leaving; who changes rooms sits ten seconds later."""
    walked_in = np.zeros(schedule.arrive.shape, dtype=np.int64)
    changes = (np.diff(schedule.x, axis=1) != 0) | (np.diff(schedule.y, axis=1) != 0)
    walked_in[:, 1:] = np.where(changes & (schedule.ways.mode == STAY), CHANGE_ROOM_S, 0)
    time[:, :, _SEAT] = np.minimum(schedule.arrive + walked_in, schedule.leave)
    time[:, :, _UP] = schedule.leave
    for knot in (_SEAT, _UP):
        x[:, :, knot], y[:, :, knot] = schedule.x, schedule.y


def _write_ways(town: Town, schedule: Schedule, time: Floats, x: Floats, y: Floats) -> None:
    """Go from the door to the corner, to the next corner, to the other door, at one speed."""
    ways = schedule.ways
    origin, target = schedule.place[:, :-1], schedule.place[:, 1:]
    knot_x = (town.door_x[origin], ways.corner_x, ways.corner_x, town.door_x[target])
    knot_y = (
        town.door_y[origin],
        town.door_y[origin],
        town.door_y[target],
        town.door_y[target],
    )
    steps = [
        np.abs(knot_x[i + 1] - knot_x[i]) + np.abs(knot_y[i + 1] - knot_y[i]) for i in range(3)
    ]
    gone = np.cumsum([np.zeros_like(steps[0]), *steps], axis=0)
    leave = schedule.leave[:, :-1] + DOOR_S
    speed = np.maximum(gone[-1], 1e-9) / np.maximum(ways.seconds - 2 * DOOR_S, 1)
    for step, knot in enumerate(_OF_WALK):
        time[:, :-1, knot] = leave + gone[step] / speed
        x[:, :-1, knot] = knot_x[step] + schedule.aside_x[:, np.newaxis]
        y[:, :-1, knot] = knot_y[step] + schedule.aside_y[:, np.newaxis]


def _write_rides(schedule: Schedule, time: Floats, x: Floats, y: Floats) -> None:
    """Walk to the stop, wait, ride, walk on; overwrites the corners of those who ride."""
    ways = schedule.ways
    aside_x, aside_y = schedule.aside_x[:, np.newaxis], schedule.aside_y[:, np.newaxis]
    door_x, door_y = x[:, :-1, _DOOR] - aside_x, y[:, :-1, _DOOR] - aside_y
    last_x, last_y = x[:, :-1, _LAST_DOOR] - aside_x, y[:, :-1, _LAST_DOOR] - aside_y
    on_x, on_y = _on_line(ways, ways.board_at)
    off_x, off_y = _on_line(ways, ways.alight_at)
    rolled = np.sign(ways.alight_at - ways.board_at) * SIT_DOWN_S * BUS_M_S
    sit_x, sit_y = _on_line(ways, ways.board_at + rolled)
    seat_x = np.where(ways.along_x, schedule.bus_along, schedule.bus_across)
    seat_y = np.where(ways.along_x, schedule.bus_across, schedule.bus_along)
    start, end = schedule.leave[:, :-1] + DOOR_S, schedule.arrive[:, 1:] - DOOR_S
    before = _share(door_x - on_x, door_y - on_y) * (ways.reach - start)
    walk = end - ways.alight
    stand_up = np.minimum(SIT_DOWN_S, walk)
    after = np.maximum(_share(last_y - off_y, last_x - off_x) * walk, stand_up)
    knots = (
        (_TURN, start + before, on_x + aside_x, door_y + aside_y),
        (_STOP, ways.reach, on_x + aside_x, on_y + aside_y),
        (_BOARD, ways.board, on_x + aside_x, on_y + aside_y),
        (_SIT, ways.board + SIT_DOWN_S, sit_x + seat_x, sit_y + seat_y),
        (_ALIGHT, ways.alight, off_x + seat_x, off_y + seat_y),
        (_TURN_AGAIN, ways.alight + after, off_x + aside_x, last_y + aside_y),
    )
    rides = ways.mode == RIDE
    for knot, when, at_x, at_y in knots:
        time[:, :-1, knot] = np.where(rides, when, time[:, :-1, knot])
        x[:, :-1, knot] = np.where(rides, at_x, x[:, :-1, knot])
        y[:, :-1, knot] = np.where(rides, at_y, y[:, :-1, knot])


def _on_line(ways: Ways, at: Floats) -> tuple[Floats, Floats]:
    """Turn a place along a bus line into metres east and north."""
    return np.where(ways.along_x, at, ways.line), np.where(ways.along_x, ways.line, at)


def _share(first: Floats, second: Floats) -> Floats:
    """How much of a way with one corner lies before that corner."""
    first, second = np.abs(first), np.abs(second)
    return first / np.maximum(first + second, 1e-9)
