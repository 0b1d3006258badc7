"""Who lives with whom: sizes of households and ages of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Ints

# Shares of households with 1 to 6 persons: Eurostat, Household composition statistics, EU 2017
# (lfst_hhnhtych); its "five and more" (5.8 %) is split 4.0 and 1.8.
SIZE_SHARES: Final = (0.336, 0.319, 0.156, 0.131, 0.040, 0.018)
OLDER_ALONE: Final = 0.35
OLDER_COUPLE: Final = 0.35
LONE_PARENT: Final = 0.15
THIRD_IS_CHILD: Final = 0.85

ADULT_AGE: Final = 18
OLDER_AGE: Final = 65
OLDEST_AGE: Final = 91
SCHOOL_AGE: Final = 3
AGE_GROUPS: Final = ("0-5", "6-17", "18-64", "65+")
_AGE_GROUP_STARTS: Final = (6, ADULT_AGE, OLDER_AGE)

_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Households:
    """People in the order of their households, each household's people side by side."""

    first: Ints  # households + 1: where each household's people begin
    of_person: Ints
    rank: Ints  # 0, 1, ... within the household
    age: Ints

    @property
    def count(self) -> int:
        """How many households there are."""
        return len(self.first) - 1


def make_households(rng: np.random.Generator, people: int) -> Households:
    """Draw households until everybody lives in one; the last is cut to fit.

    Parameters
    ----------
    rng
        Where chance comes from.
    people
        How many people the town has, at least 1.

    """
    first = _household_bounds(rng, people)
    sizes = np.diff(first)
    of_person = np.repeat(np.arange(len(sizes)), sizes)
    rank = np.arange(people) - first[of_person]
    age = _ages(rng, sizes[of_person], rank, of_person)
    return Households(first=first, of_person=of_person, rank=rank, age=age)


def _household_bounds(rng: np.random.Generator, people: int) -> Ints:
    sizes = rng.choice(np.arange(1, len(SIZE_SHARES) + 1), size=people, p=SIZE_SHARES)
    ends = np.cumsum(sizes)
    ends = ends[: np.searchsorted(ends, people) + 1]
    ends[-1] = people
    return np.concatenate(([0], ends)).astype(np.int64)


def _ages(rng: np.random.Generator, size: Ints, rank: Ints, household: Ints) -> Ints:
    """Draw ages: one draw a household says what it is, one a person says how old they are."""
    people = len(size)
    kind = rng.random(int(household[-1]) + 1)[household]
    other = rng.random(people)
    single_parent = (size == _PAIR) & (kind >= OLDER_COUPLE) & (kind < OLDER_COUPLE + LONE_PARENT)
    older = ((size == 1) & (kind < OLDER_ALONE)) | ((size == _PAIR) & (kind < OLDER_COUPLE))
    child: Bools = (single_parent & (rank == 1)) | ((rank >= _PAIR) & (other < THIRD_IS_CHILD))
    low = np.where(child, 0, np.where(older, OLDER_AGE, ADULT_AGE))
    high = np.where(child, ADULT_AGE, np.where(older, OLDEST_AGE, OLDER_AGE))
    return rng.integers(low, high)


def age_groups(age: Ints) -> list[str]:
    """Name the age group of each person."""
    return [AGE_GROUPS[code] for code in np.searchsorted(_AGE_GROUP_STARTS, age, side="right")]
