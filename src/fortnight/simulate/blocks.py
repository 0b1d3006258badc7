"""Blocks of whole households: the unit that is drawn, written and forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from datetime import date

    from fortnight.simulate.arrays import Bools, Ints
    from fortnight.simulate.town import Town

FIXES_A_PERSON_DAY: Final = 250
_ROWS_A_BLOCK: Final = 1_000_000
_PEOPLE_LIMITS: Final = (64, 4_096)
_WEEK: Final = 7
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Block:
    """Some neighbouring people on all days; a row is one person's day, persons slowest."""

    number: int
    days: int
    first_person: int
    last_person: int  # exclusive
    person: Ints  # of each row, in the town
    household: Ints  # of each row, in the town
    day: Ints  # of each row, from 0
    weekend: Bools  # of each row

    @property
    def people(self) -> int:
        """How many people the block has."""
        return self.last_person - self.first_person


def block_bounds(town: Town, days: int) -> list[tuple[int, int]]:
    """Cut the town's people into blocks of whole households, about a million fixes each.

    The bounds depend on the town and on the days alone, never on threads.
    """
    target = int(np.clip(_ROWS_A_BLOCK // (FIXES_A_PERSON_DAY * days), *_PEOPLE_LIMITS))
    first = town.households.first
    people = int(first[-1])
    wanted = np.arange(0, people, target)
    starts = np.unique(first[np.searchsorted(first, wanted)])
    bounds = np.append(starts[starts < people], people)
    return list(pairwise(bounds.tolist()))


def make_block(town: Town, number: int, bounds: tuple[int, int], days: int, start: date) -> Block:
    """Lay out one block's rows.

    Parameters
    ----------
    town
        The town.
    number
        The block's number, which its chance hangs on.
    bounds
        First person, and one past the last.
    days
        Days of the simulation.
    start
        The date of day 0.

    """
    person = np.repeat(np.arange(*bounds), days)
    day = np.tile(np.arange(days), bounds[1] - bounds[0])
    return Block(
        number=number,
        days=days,
        first_person=bounds[0],
        last_person=bounds[1],
        person=person,
        household=town.households.of_person[person],
        day=day,
        weekend=(day + start.weekday()) % _WEEK >= _SATURDAY,
    )
