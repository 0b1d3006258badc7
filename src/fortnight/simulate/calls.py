"""Calls and messages: people call those they live, work and are friends with, and a few others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.plans import DAY_S
from fortnight.simulate.proximity import spread

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Ints
    from fortnight.simulate.town import Town

TIE_KINDS: Final = ("call", "message")
CALL, MESSAGE = range(2)

# Calls and messages of one pair a day, by what they are to each other; chosen.
HOUSEHOLD: Final = (0.4, 1.5)
FRIENDS: Final = (0.15, 0.6)
COLLEAGUES: Final = (0.05, 0.25)
OTHERS: Final = (0.02, 0.05)
_COLLEAGUES_EACH: Final = 3
_OWN_PHONE_AGE: Final = 12
_LOG_SECONDS: Final = (4.5, 1.0)  # of a call: median 90 s; chosen
_LONGEST_S: Final = 5_400
_AWAKE_S: Final = (8 * 3_600, 22 * 3_600)


@dataclass(frozen=True, slots=True)
class Ties:
    """Calls and messages, by time."""

    caller: Ints
    called: Ints
    second: Ints  # from day 0
    kind: Ints  # index into TIE_KINDS
    seconds: Ints  # 0 for a message


def draw_calls(town: Town, days: int, seed: int) -> Ties:
    """Draw everybody's calls and messages on all days.

    Parameters
    ----------
    town
        The town.
    days
        How many.
    seed
        The town's seed.

    """
    rng = generator(seed, Stream.CALLS)
    adult = town.households.age >= _OWN_PHONE_AGE
    groups = (
        (_household_pairs(town), HOUSEHOLD),
        (_friends(town), FRIENDS),
        (_colleagues(town), COLLEAGUES),
        (_others(rng, len(adult)), OTHERS),
    )
    parts = [
        _talk(rng, pairs[:, _both(adult, pairs)], rate * days, days, kind)
        for pairs, rates in groups
        for kind, rate in enumerate(rates)
    ]
    joined = np.concatenate(parts, axis=1)
    order = np.lexsort((joined[1], joined[0], joined[2]))
    return Ties(*joined[:, order])


def _both(adult: Bools, pairs: Ints) -> Bools:
    both: Bools = adult[pairs[0]] & adult[pairs[1]] & (pairs[0] != pairs[1])
    return both


def _household_pairs(town: Town) -> Ints:
    of_person = town.households.of_person
    steps = range(1, int(np.diff(town.households.first).max()))
    return _stack([_at_step(np.arange(len(of_person)), of_person, step) for step in steps])


def _friends(town: Town) -> Ints:
    """Return the first person of each household and of the one that it visits."""
    first = town.households.first[:-1]
    return np.stack((first, first[town.friend]))


def _colleagues(town: Town) -> Ints:
    """Return pairs of people who sit next to each other in one room."""
    rows = np.flatnonzero(town.main.room >= 0)
    rows = rows[np.argsort(town.main.room[rows], kind="stable")]
    room = town.main.room[rows]
    return _stack([_at_step(rows, room, step) for step in range(1, _COLLEAGUES_EACH + 1)])


def _others(rng: np.random.Generator, people: int) -> Ints:
    return np.stack((np.arange(people), rng.integers(0, people, people)))


def _at_step(person: Ints, group: Ints, step: int) -> Ints:
    """Return pairs so many rows apart that are of one group."""
    same = group[step:] == group[:-step]
    return np.stack((person[:-step][same], person[step:][same]))


def _stack(parts: list[Ints]) -> Ints:
    return np.concatenate([np.empty((2, 0), dtype=np.int64), *parts], axis=1)


def _talk(rng: np.random.Generator, pairs: Ints, mean: float, days: int, kind: int) -> Ints:
    """Draw the columns of `Ties` for some pairs."""
    counts: Ints = np.asarray(rng.poisson(mean, pairs.shape[1]), dtype=np.int64)
    pair, _ = spread(counts)
    count = len(pair)
    towards = rng.integers(0, 2, count)
    second = rng.integers(0, days, count) * DAY_S + rng.integers(*_AWAKE_S, count)
    length = np.exp(rng.normal(*_LOG_SECONDS, count)).clip(1, _LONGEST_S).astype(np.int64)
    return np.stack(
        (
            pairs[towards, pair],
            pairs[1 - towards, pair],
            second,
            np.full(count, kind),
            length if kind == CALL else np.zeros_like(length),
        ),
    )
