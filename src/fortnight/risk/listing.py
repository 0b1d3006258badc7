"""A disease's figures as rows for people: what, how much, whose, and how far it was checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortnight.risk.dates import curve_of, ill_by
from fortnight.risk.figures import PointPeriod
from fortnight.risk.tiers import threshold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.risk.disease import Disease
    from fortnight.risk.figures import Checked, ContactRule, Days, Figure, Period
    from fortnight.risk.support import Isolation

_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure with its source."""

    key: str
    figure: str
    source: str
    checked: Checked
    note: str


@dataclass(frozen=True, slots=True)
class Point:
    """One day after a single exposure: the share that a test finds, and the share fallen ill."""

    day: int
    detectable: float | None
    ill: float


def rows_of(disease: Disease) -> tuple[Row, ...]:
    """Return every figure of a disease, in the order of its file."""
    return tuple(
        Row(key, said, figure.source, figure.checked, figure.note)
        for key, said, figure in _figures(disease)
    )


def points_of(disease: Disease) -> tuple[Point, ...]:
    """Return the curve that explains the day to test, day by day to the end of the follow-up.

    One exposure, on day 0. Follow-ups of months are given in steps of 30 days.
    """
    last = disease.follow_up.days
    tested = None if disease.testing.detectable is None else curve_of(disease, last)
    ill = ill_by(disease, last)
    step = 1 if last <= 31 else 30  # noqa: PLR2004 - a month
    return tuple(
        Point(day, None if tested is None else float(tested[day]), float(ill[day]))
        for day in range(0, last + 1, step)
    )


def _figures(disease: Disease) -> Iterator[tuple[str, str, Figure]]:
    yield "contact", _contact(disease.contact), disease.contact
    yield "look_back", _days(disease.look_back), disease.look_back
    yield "look_forward", _days(disease.look_forward), disease.look_forward
    yield "incubation", period_words(disease.incubation), disease.incubation
    yield "latent", period_words(disease.latent), disease.latent
    yield "infectiousness", _infectiousness(disease), disease.infectiousness
    if disease.onset_to_test is not None:
        yield "onset_to_test", period_words(disease.onset_to_test), disease.onset_to_test
    yield "follow_up", f"{disease.follow_up.days} days", disease.follow_up
    yield "testing", _testing(disease), disease.testing
    if disease.testing.detectable is not None:
        lasting = disease.testing.detectable
        yield "testing.detectable", period_words(lasting), lasting
    yield "tiers", _tiers(disease), disease.tiers
    yield from _optional(disease)


def _optional(disease: Disease) -> Iterator[tuple[str, str, Figure]]:
    if disease.stay_home is not None:
        home = f"{disease.stay_home.days} days after the last exposure"
        yield "stay_home", home, disease.stay_home
    if disease.immunity is not None:
        asked = disease.immunity
        said = (
            f"vaccine within {asked.vaccine_hours:g} hours, immunoglobulin within "
            f"{asked.immunoglobulin_days:g} days of the first exposure; not immune: home from "
            f"day {asked.stay_home_first_day} after the first to day {asked.stay_home_last_day} "
            "after the last"
        )
        yield "immunity", said, asked
    if disease.setting is not None:
        setting = disease.setting
        said = f"an hour outdoors counts {setting.outdoors:g} ({setting.low:g} to {setting.high:g})"
        yield "setting", said, setting
    if disease.transmission is not None:
        measured = disease.transmission
        said = (
            f"{percent(measured.per_hour, 1)} an hour at the mean infectiousness of days "
            f"{signed(measured.first_day)} to {signed(measured.last_day)}; "
            f"measured on {', '.join(measured.measured_on)}"
        )
        yield "transmission", said, measured
    yield from _support(disease)


def _support(disease: Disease) -> Iterator[tuple[str, str, Figure]]:
    if disease.symptoms is not None:
        asked = disease.symptoms
        said = f"{', '.join(asked.asked)}; red flags: {', '.join(asked.red_flags)}"
        yield "symptoms", said, asked
    if disease.isolation is not None:
        yield "isolation", _isolation(disease.isolation), disease.isolation
    if disease.masks is not None:
        masks = disease.masks
        said = f"an hour with masks counts {masks.worn:g} ({masks.low:g} to {masks.high:g})"
        yield "masks", said, masks


def _isolation(rule: Isolation) -> str:
    parts = []
    if rule.days is not None:
        free = f" and {rule.symptom_free_days} without symptoms" if rule.symptom_free_days else ""
        parts.append(f"{rule.days} days after onset{free}")
    if rule.without_symptoms_days is not None:
        parts.append(f"without symptoms {rule.without_symptoms_days} days after the test")
    if rule.treatment_days is not None:
        parts.append(f"{rule.treatment_days} days of treatment")
    return "; ".join(parts) or "until a clinician says so"


def signed(day: int) -> str:
    """Return a day with its sign, as the documents write it."""
    return f"{_MINUS}{-day}" if day < 0 else f"+{day}" if day else "0"


def percent(share: float, places: int = 0) -> str:
    """Return a share in hundredths, as the documents write them."""
    return f"{100.0 * share:.{places}f} %"


def period_words(period: Period) -> str:
    """Return a distribution in words, days to a tenth."""
    law = period.law()
    if isinstance(period, PointPeriod):
        return f"{law.mean():g} days"
    name = type(period).__name__.removesuffix("Period").lower()
    return (
        f"{name}: mean {law.mean():.1f} days, SD {law.sd():.1f}, median {law.quantile(0.5):.1f}, "
        f"{percent(0.95)} within {law.quantile(0.95):.1f}"
    )


def _days(window: Days) -> str:
    return f"days {signed(window.first_day)} to {signed(window.last_day)}"


def _contact(rule: ContactRule) -> str:
    least = f"{rule.min_minutes:g} minutes within {rule.within_hours:g} hours"
    if rule.kind == "prompts":
        return f"{least} at one place prompt {len(rule.asks)} questions; infection takes touch"
    if rule.kind == "shared-air":
        time = least if rule.min_minutes else "any time"
        after = f", and {rule.linger_minutes:g} minutes after the case left"
        return f"same air for {time}{after if rule.linger_minutes else ''}"
    return f"close for {least}"


def _infectiousness(disease: Disease) -> str:
    curve, part = disease.curve, disease.infectiousness
    days = f"days {signed(curve.first_day)} to {signed(curve.last_day)}"
    if part.flat:
        return f"the same on {days}"
    highest = curve.first_day + curve.mass.index(max(curve.mass))
    window = disease.look_forward
    outside = curve.outside(window.first_day, window.last_day)
    own = disease.variant in part.measured_on
    used = "" if own else f"; used on {disease.variant}, unchecked"
    return (
        f"a share for each of {days}, highest on day {signed(highest)}; {percent(outside)} outside "
        f"the look-forward; measured on {', '.join(part.measured_on)}{used}"
    )


def _testing(disease: Disease) -> str:
    testing = disease.testing
    if testing.kind == "symptoms":
        return "once symptoms begin"
    if testing.kind == "schedule":
        again = f"{testing.days} days after the last exposure"
        return f"at once, and {again}" if testing.at_once else again
    shares = [point.detectable or 0.0 for point in points_of(disease)]
    day = best_day(shares)
    return f"day {day} after a single exposure, which finds {percent(shares[day])}"


def best_day(shares: list[float]) -> int:
    """Return the first day whose share is within 0.01 of the highest."""
    return next(day for day, share in enumerate(shares) if share >= max(shares) - 0.01)


def _tiers(disease: Disease) -> str:
    least, hours = threshold(disease)
    rule = disease.tiers
    if rule.close == rule.place:
        return f"{rule.close}"
    return (
        f"{rule.close} where closeness is shown for {least:g} minutes within {hours:g} hours, "
        f"{rule.place} for a shared place alone"
    )
