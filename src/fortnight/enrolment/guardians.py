"""Children, and people who cannot agree for themselves: a guardian does, until an age.

The guardian is somebody who enrolled with a number of their own, and shows their own PIN. Digits
go to the number of whom they care for, so nobody becomes the guardian of a number that they cannot
reach. The grant ends on the day on which a child reaches the age that the settings give.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from fortnight.db.enrolment_tables import enrolment, guardianship
from fortnight.enrolment.people import change, standing_of
from fortnight.enrolment.standing import DAY_MS
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database

_FIRST: Final = date(1970, 1, 1)
_MONTHS: Final = 12
OWN_TIME_MS: Final = 30 * DAY_MS
"""Milliseconds after a guardian's grant ended in which a PIN of one's own may be chosen."""
AGREED_ALREADY: Final = "This person agreed for themselves, or has a guardian already."
NOT_ONESELF: Final = "Nobody is their own guardian: type the number of whom you care for."
NOT_A_GUARDIAN: Final = "Whoever has a guardian cannot be one."
NO_MONTH: Final = "Give the month of birth, such as 2014-09."
OLD_ENOUGH: Final = "At this age people agree for themselves, unless they cannot: say so."


@dataclass(frozen=True, slots=True)
class Ward:
    """Somebody whom a guardian cares for. ``until_day`` since 1970 UTC; None: it has no age."""

    person: str
    guardian: str
    until_day: int | None
    made_at: int


def day_of_age(month: str, age: int) -> int:
    """Return the day, since 1970, on which whoever was born in a month is surely of an age.

    It is the last day of that month: nobody is asked for the day of their birth. Raises
    QuestionError for what is no month.
    """
    year, _, number = month.strip().partition("-")
    try:
        born = date(int(year), int(number), 1)
        after = born.year * _MONTHS + born.month + age * _MONTHS
        return (date(after // _MONTHS, after % _MONTHS + 1, 1) - _FIRST).days - 1
    except ValueError as error:
        raise QuestionError(NO_MONTH) from error


@dataclass(frozen=True, slots=True)
class Guardians:
    """Who cares for whom. ``age`` is in years."""

    database: Database
    consents: Consents
    random: Callable[[int], bytes]
    age: int

    def take_on(self, guardian: str, person: str, month: str | None, now: int) -> None:
        """Make somebody the guardian of a person, whose digits they just typed.

        ``month`` is the month of a child's birth; None for a person who cannot agree at any age.
        Raises RefusedError, QuestionError or ConflictError, with what to do.
        """
        until = None if month is None else day_of_age(month, self.age)
        if until is not None and until <= now // DAY_MS:
            raise QuestionError(OLD_ENOUGH)
        if guardian == person:
            raise RefusedError(NOT_ONESELF)
        given = any(one.given_by == "self" for one in self.consents.held(person))
        leaf = make_leaf("grant", now, _said(person, guardian, until), None, self.random)
        with self.database.write() as connection:
            if _of(connection, guardian) is not None:
                raise RefusedError(NOT_A_GUARDIAN)
            if given or _of(connection, person) is not None:
                raise ConflictError(AGREED_ALREADY)
            add(connection, leaf, now)
            row = {"person": person, "guardian": guardian, "until_day": until, "made_at": now}
            connection.execute(insert(guardianship).values(row))

    def of(self, person: str) -> Ward | None:
        """Return who cares for a person; None where nobody does."""
        with self.database.read() as connection:
            return _of(connection, person)

    def wards(self, guardian: str) -> tuple[Ward, ...]:
        """Return for whom somebody cares, the first one first."""
        c = guardianship.c
        query = select(guardianship).where(c.guardian == guardian).order_by(c.made_at, c.person)
        with self.database.read() as connection:
            return tuple(Ward(*row) for row in connection.execute(query))

    def turn(self, now: int) -> int:
        """End what is past its age, or whose guardian left. Return of how many people."""
        c = guardianship.c
        there = select(enrolment.c.person)
        with self.database.read() as connection:
            past = select(c.person).where((c.until_day <= now // DAY_MS) | c.guardian.not_in(there))
            people = list(connection.scalars(past))
        for person in people:
            self.consents.withdraw_all(person, now)
            with self.database.write() as connection:
                connection.execute(delete(guardianship).where(c.person == person))
                if standing_of(connection, person) is not None:
                    change(connection, person, choose_until=now + OWN_TIME_MS)
        return len(people)


def _of(connection: Connection, person: str) -> Ward | None:
    query = select(guardianship).where(guardianship.c.person == person)
    row = connection.execute(query).one_or_none()
    return None if row is None else Ward(*row)


def _said(person: str, guardian: str, until: int | None) -> dict[str, str | int]:
    """Return what the log's entry of a guardian's grant commits to."""
    return {"guardian": guardian, "person": person, "until": -1 if until is None else until}
