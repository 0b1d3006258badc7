"""A plan of follow-up, from the disease's file: days, questions, tests, end, and why. Pure.

Days are days since 1970, where the person is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from fortnight.followup.release import (
    Ill,
    Release,
    release_of_case,
    release_of_contact,
)
from fortnight.risk.listing import best_day, points_of

if TYPE_CHECKING:
    from fortnight.risk.disease import Disease

Role = Literal["contact", "case"]
What = Literal["disease", "questions", "tests", "end", "home"]
Value = str | int
Values = tuple[Value, ...]

DAILY_UP_TO: Final = 42
"""Days of follow-up up to which people are asked daily; in longer ones, once a week."""
_WEEK: Final = 7
UNFOLLOWED: Final = frozenset({None, "to-ask"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so: a word of ``texts/reasons.toml``, and what stands in its sentence."""

    word: str
    values: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Exposed:
    """What a contact's plan follows from. ``immune`` is None where nobody said."""

    first_day: int
    last_day: int
    tier: str | None
    immune: bool | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One person's follow-up.

    Attributes
    ----------
    days : tuple of int
        On which they are asked.
    asked, red_flags : tuple of str
        What they are asked about: words of ``texts/symptoms.toml``.
    test_days : tuple of int
        On which a test finds most; empty where tests wait for symptoms.
    end : int
        The last day.
    home : Release
        Until when they are asked to stay home, by which rule, and what changes it.
    """

    role: Role
    disease: str
    version: str
    days: tuple[int, ...]
    asked: tuple[str, ...]
    red_flags: tuple[str, ...]
    test_days: tuple[int, ...]
    end: int
    home: Release
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of a plan that is not as it was, and why it is now as it is."""

    what: What
    before: Values
    after: Values
    reasons: tuple[Reason, ...]


def plan_contact(disease: Disease, exposed: Exposed, today: int) -> Plan:
    """Return the plan of a contact, from ``today`` on.

    Whoever is only to be asked about an exposure, or may have been its source, is not followed.
    """
    followed = exposed.tier not in UNFOLLOWED
    length = disease.follow_up.days
    end = exposed.last_day + length if followed else exposed.last_day
    asked, flags = _questions(disease)
    return Plan(
        role="contact",
        disease=disease.id,
        version=disease.version,
        days=_asked_on(exposed.last_day, end, today, length) if followed else (),
        asked=asked,
        red_flags=flags,
        test_days=_tests(disease, exposed, today) if followed else (),
        end=end,
        home=release_of_contact(disease, exposed.last_day, exposed.tier, immune=exposed.immune),
        reasons=_reasons_of_contact(disease, exposed, followed=followed),
    )


def plan_case(disease: Disease, ill: Ill, today: int) -> Plan:
    """Return the plan of a case: asked until they are released, or until the follow-up's length.

    Where a clinician says when it ends, they are asked for as long as a contact would be.
    """
    home = release_of_case(disease, ill)
    began = ill.onset_day if ill.onset_day is not None else ill.test_day
    length = disease.follow_up.days
    end = home.day if home.day is not None else max(began + length, today)
    asked, flags = _questions(disease)
    return Plan(
        role="case",
        disease=disease.id,
        version=disease.version,
        days=_asked_on(began, end, today, end - began),
        asked=asked,
        red_flags=flags,
        test_days=(),
        end=end,
        home=home,
        reasons=(Reason("case-until-release", (("end", end),)),),
    )


def changed(old: Plan, new: Plan) -> tuple[Change, ...]:
    """Return what a new plan changes, each with the reasons of the new; empty where nothing."""
    pairs: tuple[tuple[What, Values, Values], ...] = (
        ("disease", (old.disease, old.version), (new.disease, new.version)),
        ("questions", old.asked + old.red_flags, new.asked + new.red_flags),
        ("tests", _left(old.test_days, new), _left(new.test_days, new)),
        ("end", (old.end,), (new.end,)),
        ("home", _home(old), _home(new)),
    )
    return tuple(
        Change(what, before, after, new.reasons) for what, before, after in pairs if before != after
    )


def _home(plan: Plan) -> Values:
    return (plan.home.rule, *(() if plan.home.day is None else (plan.home.day,)))


def _left(days: tuple[int, ...], new: Plan) -> Values:
    """Return the test days that are not over on the new plan's first day."""
    first = min(new.days, default=0)
    return tuple(day for day in days if day >= first)


def _questions(disease: Disease) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if disease.symptoms is None:
        return (), ()
    return disease.symptoms.asked, disease.symptoms.red_flags


def _asked_on(began: int, end: int, today: int, length: int) -> tuple[int, ...]:
    """Return the days to ask on: each, or of a long follow-up the same day of every week."""
    first = max(began, today)
    if length <= DAILY_UP_TO:
        return tuple(range(first, end + 1))
    return tuple(day for day in range(first, end + 1) if (day - began) % _WEEK == 0)


def _tests(disease: Disease, exposed: Exposed, today: int) -> tuple[int, ...]:
    """Return the days to test on, none of them before today."""
    testing = disease.testing
    days: set[int] = set()
    if testing.kind == "curve":
        shares = [point.detectable or 0.0 for point in points_of(disease)]
        days = {exposed.last_day + best_day(shares)}
    elif testing.days is not None:
        days = {exposed.last_day + testing.days} | ({today} if testing.at_once else set())
    return tuple(sorted({max(day, today) for day in days}))


def _reasons_of_contact(
    disease: Disease, exposed: Exposed, *, followed: bool
) -> tuple[Reason, ...]:
    if not followed:
        return (Reason("not-followed", (("tier", exposed.tier or "none"),)),)
    until = Reason(
        "days-after-last-exposure",
        (("days", disease.follow_up.days), ("last_day", exposed.last_day)),
    )
    tier = Reason("tier", (("tier", str(exposed.tier)),))
    tested = {
        "curve": Reason("test-when-found"),
        "schedule": Reason("test-by-schedule", (("days", disease.testing.days or 0),)),
        "symptoms": Reason("test-once-ill"),
    }[disease.testing.kind]
    weekly = (Reason("asked-weekly"),) if disease.follow_up.days > DAILY_UP_TO else ()
    return (until, tier, tested, *weekly)
