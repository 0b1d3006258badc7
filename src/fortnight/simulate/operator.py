"""What a mobile operator writes: its sites, and which of them a phone was at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.plans import DAY_S
from fortnight.simulate.proximity import spread

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.meetings import Presences

SITE_PITCH_M: Final = 600.0  # chosen: a small town's
SITE_ASIDE_M: Final = 120.0
RANGE_M: Final = (900.0, 1_200.0)  # farthest that a site serves; chosen
EVENTS_A_DAY: Final = 24.0  # calls, data, updates; chosen
_FADING_M: Final = 60.0  # how much farther a site may be and still be the strongest, about
_NEIGHBOURS: Final = tuple((across, up) for across in (-1, 0, 1) for up in (-1, 0, 1))
_SITES_NUMBER: Final = (1 << 32) - 1  # of the generator that draws sites: no day has it


@dataclass(frozen=True, slots=True)
class Sites:
    """The operator's sites in a grid that reaches one pitch beyond the town on every side."""

    side: int  # sites along one side
    x: Floats  # metres
    y: Floats
    range_m: Floats


@dataclass(frozen=True, slots=True)
class CellEvents:
    """When a phone was served by a site, by person and time."""

    person: Ints
    second: Ints  # from day 0
    site: Ints


def draw_sites(side_m: float, seed: int) -> Sites:
    """Draw where the sites of a town so wide are."""
    rng = generator(seed, Stream.CELLS, _SITES_NUMBER)
    side = int(np.ceil(side_m / SITE_PITCH_M)) + 3
    number = np.arange(side * side)
    aside = rng.uniform(-SITE_ASIDE_M, SITE_ASIDE_M, (2, len(number)))
    return Sites(
        side=side,
        x=(number % side - 1) * SITE_PITCH_M + aside[0],
        y=(number // side - 1) * SITE_PITCH_M + aside[1],
        range_m=np.round(rng.uniform(*RANGE_M, len(number))),
    )


def draw_events(
    sites: Sites, presences: Presences, subscribers: Bools, day: int, seed: int
) -> CellEvents:
    """Draw one day's events; a phone under way alone makes none.

    Parameters
    ----------
    sites
        The operator's.
    presences
        One day's, of everybody.
    subscribers
        Whose phones have this operator, one flag a person.
    day
        Which day, from 0.
    seed
        The town's seed.

    """
    rng = generator(seed, Stream.CELLS, day)
    counts = rng.poisson(EVENTS_A_DAY, len(subscribers)) * subscribers
    person, _ = spread(counts)
    second = day * DAY_S + rng.integers(0, DAY_S, len(person))
    order = np.lexsort((second, person))
    person, second = person[order], second[order]
    row = _presence_of(presences, person, second, day)
    there = row >= 0
    person, second, row = person[there], second[there], row[there]
    served = _serve(rng, sites, presences.x[row], presences.y[row])
    return CellEvents(person, second, served)


def _presence_of(presences: Presences, person: Ints, second: Ints, day: int) -> Ints:
    """Return the town's presence in which each person was at each second; -1 where none."""
    town = np.flatnonzero(presences.frame == 0)
    clock = presences.person[town] * DAY_S + presences.start[town] - day * DAY_S
    order = np.argsort(clock, kind="stable")
    town, clock = town[order], clock[order]
    at = np.searchsorted(clock, person * DAY_S + second - day * DAY_S, side="right") - 1
    row = town[np.maximum(at, 0)] if len(town) else np.zeros_like(at)
    inside = (at >= 0) & (presences.person[row] == person) & (second < presences.end[row])
    return np.where(inside, row, -1)


def _serve(rng: np.random.Generator, sites: Sites, x: Floats, y: Floats) -> Ints:
    """Choose of the nine sites around each position the one that fading makes the strongest."""
    column, row = (
        np.clip(np.rint(axis / SITE_PITCH_M).astype(np.int64) + 1, 1, sites.side - 2)
        for axis in (x, y)
    )
    candidates = np.stack(
        [(row + up) * sites.side + column + across for across, up in _NEIGHBOURS], axis=1
    )
    away = np.hypot(sites.x[candidates] - x[:, np.newaxis], sites.y[candidates] - y[:, np.newaxis])
    weakness = away - rng.gumbel(0, _FADING_M, away.shape)
    weakness[away > sites.range_m[candidates]] = np.inf
    chosen: Ints = candidates[np.arange(len(x)), np.argmin(weakness, axis=1)]
    return chosen
