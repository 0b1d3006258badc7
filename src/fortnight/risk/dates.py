"""Dates for a contact: when a test finds most, when the follow-up ends, what has to be asked by.

How the day to test follows from the latent period: a test on day t after an exposure finds an
infection that has become detectable (latent period L at most t) and still is (L plus the time D
for which it stays so, more than t):

    share(t) = P(L <= t < L + D)

with L and D independent. Someone exposed on several days may have been infected on each, with the
chance that the day's part of the dose gives; their curve by date is the mean of the single ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.risk.actions import Immunity, Testing
    from fortnight.risk.disease import Disease
    from fortnight.risk.distributions import Law

    Floats = NDArray[np.float64]

_STEPS_A_DAY = 16
_PLACES = 9  # digits kept, so that the last bits of a sum decide nothing


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when a remedy still helps. ``instant`` is exact where the first exposure's time is known.

    ``by`` is the date, the day of the first exposure being day 0.
    """

    remedy: str
    hours: float
    by: date
    instant: datetime | None


@lru_cache(maxsize=64)
def detectable(latent: Law, lasting: Law, days: int) -> tuple[float, ...]:
    """Return the share of infections that a test finds 0, 1 ... ``days`` days after exposure."""
    edges = np.arange(days * _STEPS_A_DAY + 1) / _STEPS_A_DAY
    begun = np.diff([latent.cdf(edge) for edge in edges])
    middles = (edges[:-1] + edges[1:]) / 2.0
    still = np.array([1.0 - lasting.cdf(k / _STEPS_A_DAY) for k in range(len(edges))])
    shares = [0.0]
    for day in range(1, days + 1):
        count = day * _STEPS_A_DAY
        since = day - middles[:count]
        shares.append(float(begun[:count] @ np.interp(since, edges, still)))
    return tuple(shares)


def curve_of(disease: Disease, days: int) -> Floats:
    """Return the share detectable on each day after one exposure.

    Where contacts are not tested before symptoms, the share whose symptoms have begun instead.
    """
    lasting = disease.testing.detectable
    if lasting is None:
        return ill_by(disease, days)
    return _as_array(disease.latent.law(), lasting.law(), days)


@lru_cache(maxsize=64)  # every case of a day asks for the same
def _as_array(latent: Law, lasting: Law, days: int) -> Floats:
    curve = np.array(detectable(latent, lasting, days))
    curve.flags.writeable = False
    return curve


def ill_by(disease: Disease, days: int) -> Floats:
    """Return the share of infections whose symptoms have begun on each day after exposure."""
    return _taken_by(disease.incubation.law(), days)


@lru_cache(maxsize=256)  # every contact of a case asks for one of a few
def _taken_by(law: Law, days: int) -> Floats:
    """Return the share of a period that is over on each day."""
    shares = np.array([law.cdf(float(day)) for day in range(days + 1)])
    shares.flags.writeable = False
    return shares


def by_date(shares: Floats, curve: Floats, count: int) -> Floats:
    """Return each contact's own curve by date, from the first column's date on.

    Parameters
    ----------
    shares : float64 (n, d)
        Chance that each contact was infected on each of d consecutive days; rows sum to 1.
    curve : float64 (k,)
        Share by day after one exposure; beyond its end its last value holds.
    count : int
        How many dates.
    """
    since = np.arange(count)[None, :] - np.arange(shares.shape[1])[:, None]
    single = np.where(since >= 0, curve[np.clip(since, 0, len(curve) - 1)], 0.0)
    return np.round(shares @ single, _PLACES)


def testing_words(testing: Testing) -> str:
    """Return why a contact is tested on that day, in a sentence."""
    if testing.kind == "curve":
        return (
            "the first day on which the share of infections that a test finds is within 0.01 of "
            "its highest, by the latent period and the time for which an infection stays "
            "detectable; a test that finds nothing does not mean that there is nothing"
        )
    if testing.kind == "schedule":
        again = f"{testing.days} days after the last exposure"
        return f"at once, and again {again}" if testing.at_once else again
    return "only once symptoms begin; the curve is the share whose symptoms have begun"


def deadlines(immunity: Immunity, first: date, instant: datetime | None) -> tuple[Deadline, ...]:
    """Return by when vaccine and immunoglobulin still help, from the first exposure on."""
    remedies = (
        ("vaccine", immunity.vaccine_hours),
        ("immunoglobulin", immunity.immunoglobulin_days * 24.0),
    )
    return tuple(
        Deadline(
            remedy=remedy,
            hours=hours,
            by=first + timedelta(days=int(hours // 24)),
            instant=None if instant is None else instant + timedelta(hours=hours),
        )
        for remedy, hours in remedies
    )
