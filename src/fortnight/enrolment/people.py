"""Enrolments in the database: who came in, who chose a PIN, who is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, update

from fortnight.db.enrolment_tables import enrolment, start_over
from fortnight.enrolment.standing import CHOOSE_MS, Standing, Way, asked_first, next_text
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.enrolment.pins import Pins
    from fortnight.enrolment.standing import First

TOO_LATE: Final = (
    "A PIN is chosen within a day of the first eight digits. Now it takes the health team: call "
    "them."
)


@dataclass(frozen=True, slots=True)
class People:
    """The enrolments.

    Who agreed to anything before they first came in by a code, as on paper, chooses no PIN alone:
    the number may have a new owner by now.
    """

    database: Database
    consents: Consents
    pins: Pins

    def standing(self, person: str) -> Standing | None:
        """Return how a person's enrolment stands; None for who never came in by a code."""
        with self.database.read() as connection:
            return standing_of(connection, person)

    def first(self, person: str, way: Way, now: int) -> First:
        """Return what a page of a person's own asks for before it opens."""
        return asked_first(self.standing(person), way, now)

    def is_closed(self, person: str) -> bool:
        """Tell whether somebody called the health team to close everything of theirs."""
        standing = self.standing(person)
        return standing is not None and standing.is_closed

    def came_in(self, person: str, way: Way, now: int) -> None:
        """Take down that a person came in: they are there, and are asked again later."""
        was_there = bool(self.consents.held(person))
        with self.database.write() as connection:
            standing = standing_of(connection, person)
            if standing is not None:
                seen = {"seen_at": now, "asked": 0, "ask_at": next_text(standing.began_at, now)}
                change(connection, person, **seen)
            elif way == "code":
                row = {"person": person, "state": "open", "began_at": now, "seen_at": now}
                row |= {"ask_at": next_text(now, now), "asked": 0}
                row["choose_until"] = None if was_there else now + CHOOSE_MS
                connection.execute(insert(enrolment).values(row))

    def choose(self, person: str, pin: str, now: int) -> None:
        """Keep a person's first PIN. Raises RefusedError where it takes the health team by now."""
        with self.database.write() as connection:
            standing = standing_of(connection, person)
            if standing is None or not standing.may_choose(now):
                raise RefusedError(TOO_LATE)
            self.pins.keep(connection, person, pin, now)
            change(connection, person, shown_at=now)

    def show(self, person: str, pin: str, now: int) -> None:
        """Raise RefusedError or TooOftenError unless it is the person's PIN; see `Pins.check`."""
        self.pins.check(person, pin, now)
        self.showed(person, now)

    def showed(self, person: str, now: int) -> None:
        """Take down that PIN or passkey were shown: whoever wants to start over is not they."""
        with self.database.write() as connection:
            change(connection, person, shown_at=now)
            connection.execute(delete(start_over).where(start_over.c.person == person))

    def is_of_age(self, person: str, now: int) -> None:
        """Take down that somebody said that they are old enough to agree for themselves."""
        with self.database.write() as connection:
            change(connection, person, of_age_at=now)


def standing_of(connection: Connection, person: str) -> Standing | None:
    """Return how a person's enrolment stands, in the caller's transaction."""
    row = connection.execute(select(enrolment).where(enrolment.c.person == person)).one_or_none()
    if row is None:
        return None
    return Standing(
        row.state == "closed",
        row.began_at,
        row.seen_at,
        row.shown_at,
        row.choose_until,
        row.of_age_at,
    )


def change(connection: Connection, person: str, **values: int | str | None) -> None:
    """Change a person's enrolment in the caller's transaction."""
    connection.execute(update(enrolment).where(enrolment.c.person == person).values(**values))
