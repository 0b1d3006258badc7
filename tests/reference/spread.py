"""A disease let loose among people whose every meeting is known: who infected whom is the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from fortnight.contact.confirmed import Shared
from fortnight.contact.timing import Curve, Dated, Timing

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST = date(2024, 7, 1)
DAYS = 45


@dataclass(frozen=True)
class Spread:
    """One outbreak: when each case fell ill, what pairs shared, and each one's true source."""

    dates: list[Dated]
    shared: list[list[Shared]]
    sources: list[int | None]


def spread(
    seed: int, timing: Timing, *, people: int, a_minute: float, unknown_a_day: float
) -> Spread:
    """Let people meet and infect each other for some weeks.

    On each day each susceptible meets an infector's hazard of ``a_minute`` x minutes x
    infectiousness, and an unknown source's of ``unknown_a_day``. Nobody infects on the day of
    their own infection or before.
    """
    chance = np.random.default_rng(seed)
    met = _meetings(chance, people)
    ill = np.full(people, -1)
    onset = np.full(people, 10_000)
    source = np.full(people, -1)
    periods = np.array(timing.onset_after) / sum(timing.onset_after)
    for day in range(DAYS):
        able = _infectious(timing.since_onset, day - onset) * ((ill >= 0) & (ill < day))
        hazard = a_minute * met[day] * able[:, None]
        total = hazard.sum(axis=0) + unknown_a_day
        caught = np.flatnonzero((ill < 0) & (chance.random(people) < -np.expm1(-total)))
        for who in caught:
            shares = np.append(hazard[:, who], unknown_a_day) / total[who]
            source[who] = chance.choice(people + 1, p=shares)
            ill[who] = day
            onset[who] = day + chance.choice(len(periods), p=periods)
    return _told(met, ill, onset, source)


def _meetings(chance: np.random.Generator, people: int) -> NDArray[np.float64]:
    """Return minutes (days, people, people): groups of four who meet daily, and chance meetings."""
    group = np.arange(people) // 4
    together = group[:, None] == group[None, :]
    daily = chance.random((DAYS, people, people)) < np.where(together, 0.7, 0.02)
    minutes = np.triu(daily * chance.lognormal(4.5, 1.0, daily.shape), 1)
    return np.asarray(minutes + minutes.transpose(0, 2, 1))


def _infectious(curve: Curve, since: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([curve.on(int(day)) for day in since])


def _told(
    met: NDArray[np.float64],
    ill: NDArray[np.int64],
    onset: NDArray[np.int64],
    source: NDArray[np.int64],
) -> Spread:
    """Keep what a health team would know, and the truth beside it."""
    cases = np.flatnonzero(ill >= 0)
    number = {int(who): k for k, who in enumerate(cases)}
    dates = [Dated(FIRST + timedelta(days=int(onset[who]))) for who in cases]
    shared = [
        [
            Shared(j, FIRST + timedelta(days=day), 0, 1, float(met[day, a, b]))
            for j, b in enumerate(cases)
            for day in range(min(DAYS, int(onset[a]) + 1))
            if met[day, a, b] > 0
        ]
        for a in cases
    ]
    return Spread(dates, shared, [number.get(int(source[who])) for who in cases])
