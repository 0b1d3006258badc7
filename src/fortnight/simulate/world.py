"""One simulated world: a town, its days, and each block's life in it.

Everything here follows from four numbers. `true_positions` answers where somebody truly was
without any file, so that what the files say can be checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.errors import QuestionError
from fortnight.simulate import files
from fortnight.simulate.blocks import block_bounds, make_block
from fortnight.simulate.movement import Paths, locate, make_paths
from fortnight.simulate.phones import Phones, draw_fix_times, draw_phones
from fortnight.simulate.plans import DAY_S
from fortnight.simulate.presences import find_presences
from fortnight.simulate.schedule import Schedule, make_schedule
from fortnight.simulate.sensing import sense
from fortnight.simulate.town import Town, build_town

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from fortnight.simulate.arrays import Floats, Ints
    from fortnight.simulate.meetings import Presences

MOST_PEOPLE: Final = 1_000_000  # beyond it the town is too wide to cross before midnight
MOST_DAYS: Final = 366
MOST_SEED: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class World:
    """A town and the days that are lived in it."""

    town: Town
    bounds: list[tuple[int, int]]  # of each block: first person, one past the last
    days: int
    seed: int
    start: date

    @property
    def people(self) -> int:
        """How many live here."""
        return self.bounds[-1][1]

    @property
    def origin_ms(self) -> int:
        """When day 0 begins, milliseconds since 1970."""
        return files.midnight_ms(self.start)

    @property
    def end_ms(self) -> int:
        """When the last day ends, milliseconds since 1970."""
        return self.origin_ms + self.days * DAY_S * 1_000


@dataclass(frozen=True, slots=True)
class Lived:
    """What one block leaves behind: fixes to write, phones, and presences day by day."""

    fixes: pa.Table
    phones: Phones
    presences: list[Presences]  # empty where no truth is asked for


def make_world(people: int, days: int, seed: int, start: date) -> World:
    """Build the town and cut it into blocks.

    Raises
    ------
    QuestionError
        Where a number is out of its range.

    """
    limits = {
        "people": (people, 1, MOST_PEOPLE),
        "days": (days, 1, MOST_DAYS),
        "seed": (seed, 0, MOST_SEED),
    }
    for name, (value, least, most) in limits.items():
        if not least <= value <= most:
            raise QuestionError(f"{name} is {value}: give a number from {least} to {most}.")
    town = build_town(people, seed)
    return World(town, block_bounds(town, days), days, seed, start)


def block_schedule(world: World, number: int) -> Schedule:
    """Draw what one block's people do on all days."""
    block = make_block(world.town, number, world.bounds[number], world.days, world.start)
    return make_schedule(world.town, block, world.seed)


def live_block(world: World, number: int, *, truth: bool) -> Lived:
    """Live one block's days and take its fixes.

    Parameters
    ----------
    world
        The world.
    number
        Which block.
    truth
        Whether presences are wanted too.

    """
    schedule = block_schedule(world, number)
    paths = make_paths(world.town, schedule)
    phones = draw_phones(schedule.block, world.seed)
    fixes = draw_fix_times(schedule, phones, world.seed)
    located = locate(paths, fixes.person.astype(np.float64) * paths.span + fixes.second)
    sensed = sense(world.town, schedule, phones, fixes, located, world.seed)
    table = files.fixes_table(
        files.participant_names(*world.bounds[number]),
        fixes.person,
        world.origin_ms + fixes.second * 1_000,
        (sensed.x, sensed.y),
        sensed.accuracy,
        sensed.source,
    )
    presences = _by_day(find_presences(world.town, schedule), world.days) if truth else []
    return Lived(table, phones, presences)


def _by_day(presences: Presences, days: int) -> list[Presences]:
    day = presences.start // DAY_S
    order = np.argsort(day, kind="stable")
    cuts = np.searchsorted(day[order], np.arange(days + 1))
    return [presences.take(order[begin:end]) for begin, end in pairwise(cuts)]


@dataclass(frozen=True, slots=True)
class TruePosition:
    """Where somebody was at some times. Metres east and north of the town's corner."""

    x: Floats
    y: Floats
    presences: Presences  # what truth knows of this person, all days


def true_positions(world: World, person: int, seconds: Floats) -> TruePosition:
    """Work out where a person truly was.

    Parameters
    ----------
    world
        The world.
    person
        Number of the inhabitant, from 0.
    seconds
        Times from the start of day 0, seconds, any order.

    """
    number = next(n for n, (first, last) in enumerate(world.bounds) if first <= person < last)
    schedule = block_schedule(world, number)
    paths: Paths = make_paths(world.town, schedule)
    within = person - world.bounds[number][0]
    clock: Floats = within * paths.span + seconds
    located = locate(paths, clock)
    presences = find_presences(world.town, schedule)
    own: Ints = np.flatnonzero(presences.person == person)
    return TruePosition(located.x, located.y, presences.take(own))
