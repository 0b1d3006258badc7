"""My exposures: what somebody decided to tell a person, in bands, and what follows for them.

Shown are only meetings about which a named person decided that this person is told. Exact times and
places could name the case, and are shown only while the case allows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fortnight.case.bands import Banded, Met, band_of, banded
from fortnight.case.exact import exact_meetings, ms
from fortnight.case.exposures import day_parts, exposures
from fortnight.case.told import told_to
from fortnight.consent.exact import allows_exact
from fortnight.errors import GoneError
from fortnight.risk.dates import by_date, curve_of, ill_by
from fortnight.risk.disease import load_disease
from fortnight.risk.tiers import threshold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection, Row

    from fortnight.case.day_parts import DayPart
    from fortnight.case.exact import Exact
    from fortnight.case.exposures import Exposure
    from fortnight.db.engine import Database
    from fortnight.risk.disease import Disease
    from fortnight.vault.door import Vault

_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Point:
    """One day of the curve: of infections on the days of the meetings, the shares by then.

    ``found`` is what a test finds on the day, None where none is tested before symptoms.
    """

    day: int
    ill: float
    found: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What is held of the meetings, as their contact sees it.

    Attributes
    ----------
    meetings : tuple of Banded
        Empty once their days are no longer held.
    minutes : int
        The band of all of it.
    of_ten : int or None
        In about how many of ten cases like this one two people really met; None where that cannot
        be said.
    kinds : tuple of str
        Of evidence.
    least_minutes, within_hours : float
        From how long on a meeting counts as close, by the rule for this illness.
    """

    meetings: tuple[Banded, ...]
    minutes: int
    first_day: int
    last_day: int
    of_ten: int | None
    kinds: tuple[str, ...]
    tier: str | None
    least_minutes: float
    within_hours: float
    watch_until: int
    test_day: int | None
    curve: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class OwnExposure:
    """One exposure that a person was told of. ``told_at`` and ``withdrawn_at``: ms since 1970.

    ``withdrawn_at`` is when the test proved wrong: nothing follows from it any more. ``measured``
    is None then, and where nothing is held of it. ``allows_exact`` tells whether the case lets
    times and places be seen; ``exact`` holds them where they were asked for, and is empty else.
    """

    told_at: int
    disease: str
    withdrawn_at: int | None
    measured: Measured | None
    allows_exact: bool
    exact: tuple[Exact, ...]


@dataclass(frozen=True, slots=True)
class OwnExposures:
    """The exposures of people, for themselves."""

    database: Database
    vault: Vault
    zone: ZoneInfo

    def of_person(self, person: str, *, exact_until: int | None = None) -> tuple[OwnExposure, ...]:
        """Return what a person was told of, the newest first.

        ``exact_until``: with times and places of the meetings that ended by then (ms since 1970),
        as far as the case allows it. None for whoever did not show their PIN or passkey.
        """
        with self.database.read() as connection:
            return tuple(
                self._one(connection, row, exact_until) for row in told_to(connection, person)
            )

    def _one(self, connection: Connection, row: Row[Any], exact_until: int | None) -> OwnExposure:
        disease = load_disease(row.disease)
        withdrawn = row.retracted_at is not None
        found: tuple[Exact, ...] = ()
        if exact_until is not None and not withdrawn:
            found = exact_meetings(connection, row.case_id, row.contact, self.vault.opener_of_case)
        return OwnExposure(
            told_at=row.second_at or row.at,
            disease=disease.name,
            withdrawn_at=row.retracted_at,
            measured=None if withdrawn else self._measured(connection, row, disease),
            allows_exact=not withdrawn and allows_exact(connection, row.case_id),
            exact=tuple(one for one in found if one.end <= (exact_until or 0)),
        )

    def _measured(self, connection: Connection, row: Row[Any], disease: Disease) -> Measured | None:
        for one in exposures(connection, row.case_id):
            if one.contact == row.contact:
                return measured(one, self._parts(connection, row), disease, self.zone)
        return None

    def _parts(self, connection: Connection, row: Row[Any]) -> Sequence[DayPart]:
        try:
            held = day_parts(connection, row.case_id, self.vault.opener_of_case, (row.contact,))
        except GoneError:
            return ()
        return held.get(row.contact, ())


def measured(
    found: Exposure, parts: Sequence[DayPart], disease: Disease, zone: ZoneInfo
) -> Measured:
    """Return what a contact is shown of an exposure. Nothing finer than its bands goes in.

    The curve is drawn as if an infection on each of the days of the meetings were as likely: by how
    infectious the case was on each, it would tell when the case fell ill.
    """
    meetings = banded((_episodes(parts), _visits(parts)), zone)
    days = sorted({one.day for one in meetings}) or [found.first_day, found.last_day]
    rest = next((part.rest for part in parts if part.rest is not None), None)
    sure = None if rest is None else rest.probability_contact
    least, hours = threshold(disease)
    until = days[-1] + disease.follow_up.days
    return Measured(
        meetings=meetings,
        minutes=band_of(found.minutes),
        first_day=days[0],
        last_day=days[-1],
        of_ten=None if sure is None else round(10 * sure),
        kinds=found.kinds,
        tier=found.tier,
        least_minutes=least,
        within_hours=hours,
        watch_until=until,
        test_day=None if rest is None else _day_within(rest.assessment.test_day, days[0], until),
        curve=curve(disease, days, until),
    )


def curve(disease: Disease, days: Sequence[int], until: int) -> tuple[Point, ...]:
    """Return the curve from the first of some days to the last of watching (days since 1970)."""
    first, count = days[0], until - days[0] + 1
    shares = np.zeros((1, days[-1] - first + 1))
    shares[0, [day - first for day in set(days)]] = 1 / len(set(days))
    ill = by_date(shares, ill_by(disease, count), count)[0]
    found: Sequence[float | None] = [None] * count
    if disease.testing.detectable is not None:
        found = list(map(float, by_date(shares, curve_of(disease, count), count)[0]))
    return tuple(Point(first + k, float(ill[k]), found[k]) for k in range(count))


def _episodes(parts: Sequence[DayPart]) -> list[Met]:
    return [
        Met(ms(one.start), ms(one.end), one.expected_minutes)
        for part in parts
        for one in part.episodes
        if not one.presumed
    ]


def _visits(parts: Sequence[DayPart]) -> list[Met]:
    spans = [(ms(one.start), ms(one.end)) for part in parts for one in part.visits]
    return [Met(start, end, (end - start) / 60_000) for start, end in spans]


def _day_within(written: str | None, first: int, last: int) -> int | None:
    """Return a date as a day since 1970; None for none, or one that the curve does not show."""
    if written is None:
        return None
    day = date.fromisoformat(written).toordinal() - _EPOCH
    return day if first <= day <= last else None
