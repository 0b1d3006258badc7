"""What becomes of the plans: when everybody truly arrives and leaves, and how they travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.households import ADULT_AGE
from fortnight.simulate.plans import SLOTS, Plans, make_plans
from fortnight.simulate.travel import Ways, find_ways, stack_ways

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.blocks import Block
    from fortnight.simulate.town import Town

# An outing that would last beyond 22:30 is given up, which leaves time for the longest way home.
_LATEST_END_S: Final = 81_000
_LAST_LEAVE_S: Final = 86_100
_SIDEWALK_M: Final = 3.0  # how far from the middle of the street a household walks or drives
_ABREAST_M: Final = 0.5  # and its members from each other, at most 1.41 m apart
_BUS_ROWS: Final = 10
_BUS_COLUMNS_M: Final = (-0.9, -0.4, 0.4, 0.9)
_BUS_ROW_M: Final = 1.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everybody's days: stays in slots, and the ways between them. Rows x slots, seconds.

    `ways` has one slot less: way k leads from slot k to slot k + 1.
    """

    block: Block
    room: Ints
    place: Ints
    x: Floats
    y: Floats
    arrive: Ints
    leave: Ints
    ways: Ways
    aside_x: Floats  # of each row: where people go on their street
    aside_y: Floats
    bus_along: Floats  # of each way: the seat in the bus
    bus_across: Floats


def make_schedule(town: Town, block: Block, seed: int) -> Schedule:
    """Draw plans for a block of people and live through them.

    Parameters
    ----------
    town
        The town.
    block
        Which people, which days.
    seed
        The town's seed.

    """
    rng = generator(seed, Stream.SCHEDULE, block.number)
    plans = make_plans(rng, town, block)
    arrive, leave, ways = _live(town, block, plans)
    aside = _asides(rng, block)
    shape = (len(block.person), SLOTS - 1)
    bus_row = rng.integers(0, _BUS_ROWS, shape).astype(np.float64)
    seat_column = rng.integers(0, len(_BUS_COLUMNS_M), shape)
    return Schedule(
        block=block,
        room=plans.room,
        place=town.rooms.place[plans.room],
        x=plans.x,
        y=plans.y,
        arrive=arrive,
        leave=leave,
        ways=ways,
        aside_x=aside[0],
        aside_y=aside[1],
        bus_along=(bus_row - (_BUS_ROWS - 1) / 2) * _BUS_ROW_M,
        bus_across=np.array(_BUS_COLUMNS_M)[seat_column],
    )


def _live(town: Town, block: Block, plans: Plans) -> tuple[Ints, Ints, Ways]:
    """Go through the slots of all rows at once; outings that end too late are given up."""
    arrive = np.zeros_like(plans.leave)
    leave = np.zeros_like(plans.leave)
    leave[:, 0] = plans.leave[:, 0]
    adult = town.households.age[block.person] >= ADULT_AGE
    car = town.has_car[block.household]
    ways = []
    for slot in range(1, SLOTS):
        origin = town.rooms.place[plans.room[:, slot - 1]]
        drives = car & (adult | plans.optional[:, slot - 1] | plans.optional[:, slot])
        way = _way_to(town, plans, slot, origin, leave[:, slot - 1], drives)
        late = leave[:, slot - 1] + way.seconds + plans.stay[:, slot] > _LATEST_END_S
        if np.any(late & plans.optional[:, slot]):
            _give_up(town, block, plans, slot, late & plans.optional[:, slot])
            way = _way_to(town, plans, slot, origin, leave[:, slot - 1], drives)
        ways.append(way)
        arrive[:, slot] = leave[:, slot - 1] + way.seconds
        wanted = np.maximum(plans.leave[:, slot], arrive[:, slot] + plans.stay[:, slot])
        leave[:, slot] = np.minimum(wanted, _LAST_LEAVE_S)
    leave[:, -1] = plans.leave[:, -1]
    return arrive, leave, stack_ways(ways)


def _way_to(town: Town, plans: Plans, slot: int, origin: Ints, leave: Ints, drives: Bools) -> Ways:
    return find_ways(town, origin, town.rooms.place[plans.room[:, slot]], leave, drives)


def _give_up(town: Town, block: Block, plans: Plans, slot: int, rows: Bools) -> None:
    """Spend the slot in the living room, on the evening's seat."""
    plans.room[rows, slot] = town.hall[block.household[rows]]
    for seat in (plans.x, plans.y):
        seat[rows, slot] = seat[rows, SLOTS - 2]
    plans.stay[rows, slot] = plans.stay[rows, SLOTS - 2]


def _asides(rng: np.random.Generator, block: Block) -> Floats:
    """Where on its street a row goes: its household's side, and a little apart from each other."""
    shared = (block.household - block.household[0]) * block.days + block.day
    households = int(shared[-1]) + 1
    of_household = rng.uniform(-_SIDEWALK_M, _SIDEWALK_M, (2, households))
    own = rng.uniform(-_ABREAST_M, _ABREAST_M, (2, len(shared)))
    both: Floats = of_household[:, shared] + own
    return both
