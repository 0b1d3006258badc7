"""One contact's assessment with its words: why this tier, why this date, and how sure."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from fortnight.risk.assessment import Anchor, Contacts, assess_all, infection_days, offsets_of
from fortnight.risk.daily import curves_by_date
from fortnight.risk.dates import Deadline, curve_of, deadlines, ill_by, testing_words
from fortnight.risk.dose import AnchorKind, Where, infectious_days, is_forward
from fortnight.risk.kinds import MEASURED, NOT_CLOSE, bits_of
from fortnight.risk.tiers import days_of_threshold, most_within, reason, tier_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from fortnight.risk.actions import Tier
    from fortnight.risk.assessment import Assessments
    from fortnight.risk.disease import Disease

    Floats = NDArray[np.float64]

NOT_CALIBRATED = "not calibrated"


@dataclass(frozen=True, slots=True)
class Probability:
    """Probability of a reported infection, with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What is expected of one infection among many like this contact's, by a date.

    ``detectable`` is the share that a test on that day finds (None where none is tested before
    symptoms), ``ill`` the share whose symptoms have begun.
    """

    day: date
    detectable: float | None
    ill: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What follows for one contact, and why. Dates are None where nothing follows."""

    minutes: float
    dose: float
    household: bool
    rank_weight: float
    tier: Tier | None
    tier_reason: str
    transmission: Probability | None
    transmission_words: str
    first_exposure: date | None
    last_exposure: date | None
    test_day: date | None
    test_at_once: bool
    test_words: str
    follow_up_end: date | None
    stay_home_until: date | None
    questions: tuple[str, ...]
    deadlines: tuple[Deadline, ...]
    home_if_not_immune: tuple[date, date] | None
    share_outside_window: float
    curve_checked: bool
    curve_words: str
    curve: tuple[CurvePoint, ...]


def share_outside(disease: Disease, kind: AnchorKind) -> float:
    """Return the share of the infectiousness that lies outside the look-forward."""
    curve = disease.curve if kind == "onset" else disease.curve_since_test
    return curve.outside(disease.look_forward.first_day, disease.look_forward.last_day)


def assess(
    disease: Disease,
    *,
    anchor: date,
    kind: AnchorKind,
    minutes: Mapping[date, float],
    evidence: Iterable[str],
    where: Where = "unknown",
    close_minutes: Mapping[date, float] | None = None,
    close: bool = True,
    first_instant: datetime | None = None,
    today: date | None = None,
) -> Assessment:
    """Weigh one contact.

    Parameters
    ----------
    disease : Disease
        The rules.
    anchor, kind : date, "onset" or "test"
        The date that the windows hang on, and what it is.
    minutes : mapping of date to float
        Expected minutes on each day; those outside the look-forward count for nothing.
    evidence : kinds of evidence
        Names in ``KINDS``.
    where : "unknown", "indoors" or "outdoors"
        The setting, where it is known.
    close_minutes : mapping of date to float, optional
        The minutes that Bluetooth or a household vouches for; all of them by default.
    close : bool
        Whether Bluetooth makes face to face likely; where it does not, it shows a shared place.
    first_instant : datetime, optional
        The beginning of the first exposure, for deadlines to the hour.
    today : date, optional
        The earliest day on which they can still be tested.

    Raises
    ------
    QuestionError
        Minutes that are negative or no number, an unknown kind of evidence or setting.
    """
    window = disease.look_forward
    first = anchor + timedelta(days=window.first_day)
    days = [first + timedelta(days=k) for k in range(window.last_day - window.first_day + 1)]
    contacts = Contacts(
        first=first,
        minutes=_row(minutes, days),
        evidence=np.array([bits_of(evidence) | (0 if close else NOT_CLOSE)], dtype=np.int64),
        where=(where,),
        close_minutes=None if close_minutes is None else _row(close_minutes, days),
    )
    found = assess_all(disease, Anchor(anchor, kind), contacts, today=today)
    return _explained(disease, Anchor(anchor, kind), contacts, found, first_instant)


def explain_row(
    disease: Disease, anchor: Anchor, contacts: Contacts, found: Assessments, place: int
) -> Assessment:
    """Return one of many contacts with all its words: they are weighed already.

    Parameters
    ----------
    disease, anchor, contacts : Disease, Anchor, Contacts
        What ``assess_all`` was asked.
    found : Assessments
        What it said.
    place : int
        Which of the contacts, from 0.
    """
    row = slice(place, place + 1)
    close = contacts.close_minutes
    one = replace(
        contacts,
        minutes=contacts.minutes[row],
        evidence=contacts.evidence[row],
        where=contacts.where[row],
        close_minutes=None if close is None else close[row],
    )
    own = type(found)(**{part.name: getattr(found, part.name)[row] for part in fields(found)})
    return _explained(disease, anchor, one, own, None)


def _row(minutes: Mapping[date, float], days: list[date]) -> Floats:
    return np.array([[minutes.get(day, 0.0) for day in days]], dtype=np.float64)


def _explained(
    disease: Disease,
    anchor: Anchor,
    contacts: Contacts,
    found: Assessments,
    first_instant: datetime | None,
) -> Assessment:
    offsets = offsets_of(anchor, contacts.first, contacts.minutes.shape[1])
    forward = contacts.minutes * is_forward(disease, offsets)
    tier = tier_of(int(found.tier[0]))
    first, last = _day(found.first_exposure), _day(found.last_exposure)
    tested = _day(found.test_day)
    return Assessment(
        minutes=float(found.minutes[0]),
        dose=float(found.dose[0]),
        household=bool(found.household[0]),
        rank_weight=float(found.dose[0]),
        tier=tier,
        tier_reason=_reason(disease, forward, int(found.tier[0]), int(contacts.evidence[0])),
        transmission=_probability(found),
        transmission_words=transmission_words(disease, int(contacts.evidence[0])),
        first_exposure=first,
        last_exposure=last,
        test_day=tested,
        test_at_once=disease.testing.at_once and tested is not None,
        test_words=testing_words(disease.testing),
        follow_up_end=_day(found.follow_up_end),
        stay_home_until=_day(found.stay_home_until),
        questions=_questions(disease, tier),
        deadlines=_deadlines(disease, tier, first, first_instant),
        home_if_not_immune=_home_if_not_immune(disease, tier, first, last),
        share_outside_window=share_outside(disease, anchor.kind),
        curve_checked=disease.curve_checked,
        curve_words=curve_words(disease, anchor.kind),
        curve=_curve(
            disease,
            infection_days(forward, infectious_days(disease, anchor.kind, offsets)),
            contacts.first,
            found,
        ),
    )


def _day(column: NDArray[np.datetime64]) -> date | None:
    day: date | None = column[0].item()
    return day


def _reason(disease: Disease, forward: Floats, tier: int, evidence: int) -> str:
    most = most_within(forward, days_of_threshold(disease, forward.shape[1]))
    return reason(disease, tier, float(most[0]), evidence)


def _probability(found: Assessments) -> Probability | None:
    if np.isnan(found.probability[0]):
        return None
    return Probability(float(found.probability[0]), float(found.low[0]), float(found.high[0]))


def transmission_words(disease: Disease, evidence: int) -> str:
    """Return what the probability is, or why there is none."""
    measured = disease.transmission
    if measured is None:
        return f"{NOT_CALIBRATED}: none was measured for {disease.name}"
    if not evidence & MEASURED:
        return f"{NOT_CALIBRATED}: measured only for Bluetooth and for a confirmed household"
    words = (
        "of a reported infection, for a contact like this one among many, by 1.1 % an hour at "
        "first (Ferretti et al. 2023); the interval spans on which days of infectiousness the "
        "hours were measured, not the differences between people"
    )
    checked = disease.variant in measured.measured_on
    return words if checked else f"{words}; not measured on the {disease.variant}: unchecked"


def curve_words(disease: Disease, kind: AnchorKind) -> str:
    """Return where the curve of infectiousness comes from, and what it is laid upon."""
    measured = disease.infectiousness.measured_on
    if disease.infectiousness.flat:
        said = "no measured curve: the same on every day of the window, unchecked"
    elif disease.curve_checked:
        said = f"measured on {disease.variant}"
    else:
        said = f"measured on {', '.join(measured)}, used on {disease.variant}: unchecked"
    if kind == "onset":
        return said
    delay = disease.onset_to_test
    if delay is None:
        return f"{said}; the onset is not known, and the test's date stands for it"
    return (
        f"{said}; the onset is not known: infectiousness is averaged over an onset "
        f"{delay.mean():.1f} days before the test in the mean, as a distribution"
    )


def _questions(disease: Disease, tier: Tier | None) -> tuple[str, ...]:
    if tier is None:
        return ()
    if disease.immunity is not None and tier == "asked-about-immunity":
        return (disease.immunity.question,)
    return disease.contact.asks


def _deadlines(
    disease: Disease, tier: Tier | None, first: date | None, instant: datetime | None
) -> tuple[Deadline, ...]:
    if disease.immunity is None or tier != "asked-about-immunity" or first is None:
        return ()
    return deadlines(disease.immunity, first, instant)


def _home_if_not_immune(
    disease: Disease, tier: Tier | None, first: date | None, last: date | None
) -> tuple[date, date] | None:
    asked = disease.immunity
    if asked is None or tier != "asked-about-immunity" or first is None or last is None:
        return None
    return (
        first + timedelta(days=asked.stay_home_first_day),
        last + timedelta(days=asked.stay_home_last_day),
    )


def _curve(
    disease: Disease, shares: Floats, begin: date, found: Assessments
) -> tuple[CurvePoint, ...]:
    """Return the contact's own curve from the first exposure to the end of the follow-up.

    ``shares`` are the chances that they were infected on each day from ``begin`` on.
    """
    first, end = _day(found.first_exposure), _day(found.follow_up_end)
    if first is None or end is None:
        return ()
    count = (end - begin).days + 1
    ill = curves_by_date(shares, ill_by(disease, count), count)[0]
    detectable = None
    if disease.testing.detectable is not None:
        detectable = curves_by_date(shares, curve_of(disease, count), count)[0]
    start = (first - begin).days
    return tuple(
        CurvePoint(
            day=begin + timedelta(days=k),
            detectable=None if detectable is None else float(detectable[k]),
            ill=float(ill[k]),
        )
        for k in range(start, count)
    )
