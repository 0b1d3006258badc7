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
from fortnight.risk.daily import (
    D_CLOSE,
    D_CLOSE_DAYS,
    D_DOSE,
    D_FIRST,
    D_LAST,
    D_MINUTES,
    D_MOST,
    add_days,
    best_days,
    first_wrong,
    ranks_of,
)
from fortnight.risk.dates import curve_of
from fortnight.risk.dose import (
    AnchorKind,
    Chance,
    Where,
    chance,
    infectious_days,
    is_forward,
    setting_factors,
)
from fortnight.risk.kinds import KINDS, MEASURED
from fortnight.risk.tiers import STAY_HOME, TESTED, TOLD, days_of_threshold, tier_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fortnight.risk.disease import Disease

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Dates = NDArray[np.datetime64]

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
    sums, minutes, weights = _added_up(disease, anchor, contacts)
    exposed = sums[:, D_FIRST] >= 0.0
    factors = _factors(disease, contacts)
    doses = sums[:, D_DOSE] * factors[:, 0]
    tier = tier_codes(disease, sums[:, D_MOST], exposed, contacts.evidence)
    household = (contacts.evidence & KINDS["household"]) > 0
    odds = _chances(disease, contacts, sums, factors)
    tested = _test_days(disease, minutes, weights, sums, _earliest(contacts, today))
    dates = _dates(contacts.first, *_days(disease, sums, tier, tested))
    return Assessments(
        minutes=sums[:, D_MINUTES],
        dose=doses,
        household=household,
        rank=ranks_of(doses, household, exposed),
        tier=tier,
        probability=odds.probability,
        low=odds.low,
        high=odds.high,
        first_exposure=dates[0],
        last_exposure=dates[1],
        test_day=dates[2],
        follow_up_end=dates[3],
        stay_home_until=dates[4],
    )


def _added_up(
    disease: Disease, anchor: Anchor, contacts: Contacts
) -> tuple[Floats, Floats, Floats]:
    """Return the columns of ``fortnight.risk.daily``, the minutes that count, days' weights."""
    minutes = _checked(contacts, contacts.minutes)
    known = contacts.close_minutes
    close = minutes if known is None or known is minutes else _checked(contacts, known)
    offsets = offsets_of(anchor, contacts.first, minutes.shape[1])
    weights = infectious_days(disease, anchor.kind, offsets)
    shown = (contacts.evidence & ~KINDS["ties"]) > 0
    counts = np.concatenate((shown, is_forward(disease, offsets)))
    width = days_of_threshold(disease, minutes.shape[1])
    return *add_days(minutes, close, counts, weights, width), weights


def _checked(contacts: Contacts, minutes: Floats) -> Floats:
    wrong = first_wrong(minutes)
    if wrong >= 0:
        row, column = divmod(int(wrong), minutes.shape[1])
        day = contacts.first + timedelta(days=column)
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


def _chances(disease: Disease, contacts: Contacts, sums: Floats, factors: Floats) -> Chance:
    """Return probabilities where they were measured: NaN for every other contact."""
    shown = ((contacts.evidence & MEASURED) > 0) & (sums[:, D_CLOSE_DAYS] > 0.0)
    if disease.transmission is None or not shown.any():
        nothing = np.full(len(shown), np.nan)
        return Chance(nothing, nothing, nothing)
    close = sums[:, D_CLOSE]
    found = chance(disease, *(close * factors[:, k] for k in range(3)))
    probability, low, high = (
        np.where(shown, values, np.nan) for values in (found.probability, found.low, found.high)
    )
    return Chance(probability, low, high)


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
    disease: Disease, minutes: Floats, weights: Floats, sums: Floats, earliest: int
) -> Floats:
    """Return the column, counted on beyond the last, of the day to test; NaN for none."""
    testing = disease.testing
    if testing.kind == "symptoms":
        return np.full(len(minutes), np.nan)
    if testing.days is not None:
        return np.maximum(sums[:, D_LAST] + testing.days, earliest)
    days = disease.follow_up.days
    curve = curve_of(disease, minutes.shape[1] + days)
    return best_days(minutes, weights, curve, sums, days, earliest)


def _earliest(contacts: Contacts, today: date | None) -> int:
    return 0 if today is None else max(0, (today - contacts.first).days)


def _days(disease: Disease, sums: Floats, tier: Codes, tested: Floats) -> tuple[Floats, Bools]:
    """Return the columns of all five dates, one row a date, and which of them there are."""
    first, last = sums[:, D_FIRST], sums[:, D_LAST]
    exposed = first >= 0.0
    home = disease.stay_home.days if disease.stay_home else 0
    tests = ((tier == TESTED[0]) | (tier == TESTED[1])) & ~np.isnan(tested)
    places = np.stack((first, last, tested, last + disease.follow_up.days, last + home))
    known = np.stack((exposed, exposed, tests, tier >= TOLD, tier == STAY_HOME))
    return places, known & exposed


def _dates(first: date, places: Floats, known: Bools) -> Dates:
    """Return the dates of columns counted from ``first``; NaT for those that are not known."""
    whole = np.where(known, places, 0.0).astype(np.int64)
    return np.where(known, np.datetime64(first, "D") + whole, _NO_DATE)
