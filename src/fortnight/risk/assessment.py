"""A column of contacts weighed by the disease's own rules: dose, tier, probability, dates.

Pure functions over plain values: days, minutes, kinds of evidence. One contact with all its words
is ``fortnight.risk.explanation.assess``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from fortnight.errors import QuestionError
from fortnight.risk.dates import best_days, by_date, curve_of
from fortnight.risk.dose import (
    AnchorKind,
    Chance,
    Where,
    chance,
    dose,
    infectious_days,
    is_forward,
    setting_factors,
)
from fortnight.risk.kinds import KINDS, MEASURED
from fortnight.risk.tiers import STAY_HOME, TESTED, TOLD, tier_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fortnight.risk.disease import Disease

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Dates = NDArray[np.datetime64]

_SAME_DOSE = 6  # places of a minute to which two doses are told apart
_NO_DATE = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The date that the windows hang on, and what it is."""

    day: date
    kind: AnchorKind


@dataclass(frozen=True, slots=True)
class Contacts:
    """What is known of n contacts of one case, on d consecutive days from ``first`` on.

    ``minutes`` are expected minutes; ``evidence`` the kinds behind them, as bits of ``KINDS``;
    ``close_minutes`` those that Bluetooth or a household vouches for, where they are known apart.
    Days outside the look-forward count for nothing here.
    """

    first: date
    minutes: Floats  # (n, d)
    evidence: Codes  # (n,)
    where: Sequence[Where] = ()  # n, or none: nothing is known of any
    close_minutes: Floats | None = None  # (n, d)


@dataclass(frozen=True, slots=True)
class Assessments:
    """What follows for n contacts, column by column, in their order.

    Dates are NaT and probabilities NaN where there are none. ``tier`` is a place in ``TIERS``, -1
    for none. ``rank`` counts from 1, the highest dose first, households apart from the others;
    0 without an exposure. ``probability`` is that of a reported infection.
    """

    minutes: Floats
    dose: Floats
    household: Bools
    rank: Codes
    tier: Codes
    probability: Floats
    low: Floats
    high: Floats
    first_exposure: Dates
    last_exposure: Dates
    test_day: Dates
    follow_up_end: Dates
    stay_home_until: Dates


def offsets_of(anchor: Anchor, first: date, count: int) -> Codes:
    """Return the days since the anchor of ``count`` days from ``first`` on."""
    return np.arange(count, dtype=np.int64) + (first - anchor.day).days


def assess_all(
    disease: Disease, anchor: Anchor, contacts: Contacts, *, today: date | None = None
) -> Assessments:
    """Weigh every contact of one case.

    ``today``, where it is given, is the earliest day on which anyone can still be tested.

    Raises QuestionError where minutes are negative or no numbers, or a setting is unknown.
    """
    offsets = offsets_of(anchor, contacts.first, contacts.minutes.shape[1])
    forward = is_forward(disease, offsets)
    shown = (contacts.evidence & ~KINDS["ties"]) > 0
    minutes = _checked(contacts, contacts.minutes) * forward * shown[:, None]
    weights = infectious_days(disease, anchor.kind, offsets)
    factors = _factors(disease, contacts)
    doses = dose(minutes, weights, factors[:, 0])
    tier = tier_codes(disease, minutes, contacts.evidence)
    household = (contacts.evidence & KINDS["household"]) > 0
    odds = _chances(disease, contacts, weights, factors)
    met = minutes > 0.0
    first, last = _ends(met)
    tested = _test_days(disease, minutes, weights, last, _earliest(contacts, today))
    home = disease.stay_home.days if disease.stay_home else 0

    def dated(places: Floats, *, where: Bools | bool = True) -> Dates:
        return _dates(contacts.first, np.where(where, places, np.nan))

    return Assessments(
        minutes=minutes.sum(axis=1),
        dose=doses,
        household=household,
        rank=_ranks(doses, household, np.any(met, axis=1)),
        tier=tier,
        probability=odds.probability,
        low=odds.low,
        high=odds.high,
        first_exposure=dated(first),
        last_exposure=dated(last),
        test_day=dated(tested, where=np.isin(tier, TESTED)),
        follow_up_end=dated(last + disease.follow_up.days, where=tier >= TOLD),
        stay_home_until=dated(last + home, where=tier == STAY_HOME),
    )


def _checked(contacts: Contacts, minutes: Floats) -> Floats:
    wrong = np.argwhere(~(minutes >= 0.0) | ~np.isfinite(minutes))
    if len(wrong):
        row, column = wrong[0]
        day = contacts.first + timedelta(days=int(column))
        raise QuestionError(
            f"The minutes of contact {row + 1} on {day} are {minutes[row, column]}: "
            "give 0 or more.",
        )
    return minutes


def _factors(disease: Disease, contacts: Contacts) -> Floats:
    """Return what a minute counts in each contact's setting, with its interval (n, 3)."""
    if not contacts.where:
        return np.ones((len(contacts.evidence), 3))
    of = {where: setting_factors(disease, where) for where in set(contacts.where)}
    return np.array([of[where] for where in contacts.where])


def _chances(disease: Disease, contacts: Contacts, weights: Floats, factors: Floats) -> Chance:
    """Return probabilities where they were measured: NaN for every other contact."""
    shown = (contacts.evidence & MEASURED) > 0
    if disease.transmission is None or not shown.any():
        nothing = np.full(len(shown), np.nan)
        return Chance(nothing, nothing, nothing)
    known = contacts.close_minutes
    close = contacts.minutes if known is None else _checked(contacts, known)
    found = chance(disease, *(dose(close, weights, factors[:, k]) for k in range(3)))
    shown &= (close * weights > 0.0).any(axis=1)
    probability, low, high = (
        np.where(shown, values, np.nan) for values in (found.probability, found.low, found.high)
    )
    return Chance(probability, low, high)


def _ends(exposed: Bools) -> tuple[Floats, Floats]:
    """Return the first and the last exposed column of each row, NaN where there is none."""
    some = exposed.any(axis=1)
    last = exposed.shape[1] - 1 - exposed[:, ::-1].argmax(axis=1)
    return np.where(some, exposed.argmax(axis=1), np.nan), np.where(some, last, np.nan)


def infection_days(minutes: Floats, weights: Floats) -> Floats:
    """Return the chance that each contact was infected on each day, if on any; rows sum to 1.

    In proportion to the day's part of the dose, or of the minutes where the curve knows of no
    infectiousness on any of the days. Rows without a minute stay 0.
    """
    parts = minutes * weights
    parts = np.where(parts.sum(axis=1, keepdims=True) > 0.0, parts, minutes)
    whole = parts.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(parts, whole, out=np.zeros_like(parts), where=whole > 0.0)
    return shares


def _test_days(
    disease: Disease, minutes: Floats, weights: Floats, last: Floats, earliest: int
) -> Floats:
    """Return the column, counted on beyond the last, of the day to test; NaN for none."""
    testing = disease.testing
    if testing.kind == "symptoms":
        return np.full(len(minutes), np.nan)
    if testing.days is not None:
        return np.maximum(last + testing.days, earliest)
    days = disease.follow_up.days
    count = minutes.shape[1] + days
    curves = by_date(infection_days(minutes, weights), curve_of(disease, count), count)
    ends = np.nan_to_num(last, nan=-1.0).astype(np.int64) + days
    return best_days(curves, np.full(len(minutes), earliest), ends)


def _earliest(contacts: Contacts, today: date | None) -> int:
    return 0 if today is None else max(0, (today - contacts.first).days)


def _dates(first: date, places: Floats) -> Dates:
    """Return the dates of columns counted from ``first``; NaT for NaN."""
    whole = np.nan_to_num(places, nan=0.0).astype("timedelta64[D]")
    return np.where(np.isnan(places), _NO_DATE, np.datetime64(first, "D") + whole)


def _ranks(doses: Floats, household: Bools, exposed: Bools) -> Codes:
    """Return 1 + the number of contacts of the same group with a higher dose; 0 unexposed."""
    rounded = np.round(doses, _SAME_DOSE)
    ranks = np.zeros(len(doses), dtype=np.int64)
    for group in (household & exposed, ~household & exposed):
        own = np.sort(rounded[group])
        ranks[group] = 1 + len(own) - np.searchsorted(own, rounded[group], side="right")
    return ranks
