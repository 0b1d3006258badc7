"""A PIN that was forgotten: a health worker, 72 hours, and a text at once to whoever did not ask.

The worker reads out digits to the person, by voice. They are sent to no phone, and a new PIN
takes them: whoever only holds the phone gets nowhere. Until the time is over anybody who comes in
can stop it, which is the safe side.

Where nobody is left who could ask, as after a number got a new owner, whoever holds the number
may start over. It takes the same 72 hours and the same text; then everything of the person before
is erased, and the number enrols anew. It opens nothing of theirs.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from fortnight.db.enrolment_tables import enrolment, pin_reset, portal_passkey, start_over
from fortnight.enrolment.counting import HOUR_MS, MINUTE_MS, Bound
from fortnight.enrolment.people import change, standing_of
from fortnight.enrolment.standing import WAIT_MS
from fortnight.errors import ConflictError, RefusedError
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.enrolment.counting import Counting
    from fortnight.enrolment.pins import Pins
    from fortnight.notify.outbox import Outbox

DIGITS: Final = 8
HOLDS_MS: Final = 2 * WAIT_MS
"""Milliseconds after the wait in which the new PIN may be chosen."""
TRIES: Final = Bound("reset", 5, 15 * MINUTE_MS)
TRIES_A_DAY: Final = Bound("reset-day", 20, 24 * HOUR_MS)
NOT_THESE: Final = (
    "These are not the digits that the health team read out, or it is too early or too late for "
    "them. After five wrong ones you wait a quarter of an hour."
)
ASKED_ALREADY: Final = "A reset was asked for already: it goes on, or is stopped first."


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for its 72 hours: a new PIN, or a new beginning. Instants in ms since 1970."""

    is_reset: bool
    asked_at: int
    due_at: int


@dataclass(frozen=True, slots=True)
class Resets:
    """Resets of PINs, and new beginnings. ``secret`` is of the folder of keys."""

    database: Database
    pins: Pins
    counting: Counting
    outbox: Outbox
    random: Callable[[int], bytes]
    secret: bytes = field(repr=False)

    def ask(self, person: str, by: str, now: int) -> str:
        """Begin a reset for a person, and return the digits that the worker reads out to them.

        The person is told by text at once. Raises ConflictError where one waits already.
        """
        digits = f"{int.from_bytes(self.random(8), 'big') % 10**DIGITS:0{DIGITS}}"
        with self.database.write() as connection:
            if _of(connection, person, now) is not None:
                raise ConflictError(ASKED_ALREADY)
            _end(connection, person)
            row = {"person": person, "asked_at": now, "due_at": now + WAIT_MS, "by": by}
            row["code_hash"] = self._hash(person, digits)
            connection.execute(insert(pin_reset).values(row))
            self._tell(connection, person, Template.PIN_RESET, now)
        return digits

    def start_over(self, person: str, now: int) -> None:
        """Take down that whoever holds the number now wants to begin anew; tell the number so.

        Raises ConflictError where something waits already.
        """
        with self.database.write() as connection:
            if _of(connection, person, now) is not None:
                raise ConflictError(ASKED_ALREADY)
            _end(connection, person)
            row = {"person": person, "asked_at": now, "due_at": now + WAIT_MS}
            connection.execute(insert(start_over).values(row))
            self._tell(connection, person, Template.START_OVER, now)

    def waiting(self, person: str, now: int) -> Waiting | None:
        """Return what waits at a person, or may be used by now; None where nothing does."""
        with self.database.read() as connection:
            return _of(connection, person, now)

    def stop(self, person: str) -> None:
        """Stop whatever waits: anybody who comes in may."""
        with self.database.write() as connection:
            _end(connection, person)

    def choose(self, person: str, digits: str, pin: str, now: int) -> None:
        """Keep a new PIN for whoever knows the digits; the old one and every passkey end.

        Raises RefusedError where they are others, or it is too early or too late; TooOftenError.
        """
        self._check(person, digits, now)
        with self.database.write() as connection:
            self.pins.keep(connection, person, pin, now)
            connection.execute(delete(portal_passkey).where(portal_passkey.c.person == person))
            _end(connection, person)
            if standing_of(connection, person) is None:
                row = {"person": person, "began_at": now, "seen_at": now, "asked": 0}
                connection.execute(insert(enrolment).values(row | {"state": "open", "ask_at": now}))
            change(connection, person, state="open", shown_at=now, choose_until=None)

    def over(self, now: int) -> list[str]:
        """Return who is to be erased: the number's holder started over, and nobody stopped it."""
        with self.database.read() as connection:
            due = select(start_over.c.person).where(start_over.c.due_at <= now)
            return sorted(connection.scalars(due))

    def _check(self, person: str, digits: str, now: int) -> None:
        c = pin_reset.c
        with self.database.write() as connection:
            bounds = ((TRIES, person), (TRIES_A_DAY, person))
            self.counting.count(connection, bounds, now)
            holds = (c.person == person) & (c.due_at <= now) & (c.due_at + HOLDS_MS > now)
            kept = connection.scalar(select(c.code_hash).where(holds))
        if not hmac.compare_digest(kept or bytes(32), self._hash(person, digits)):
            raise RefusedError(NOT_THESE)

    def _tell(self, connection: Connection, person: str, template: Template, now: int) -> None:
        key = f"{template}:{person}:{now}"
        self.outbox.queue(connection, person, key, template, {}, None, now)

    def _hash(self, person: str, digits: str) -> bytes:
        said = f"reset {person} {digits.strip()}".encode()
        return hmac.digest(self.secret, said, "sha256")


def _of(connection: Connection, person: str, now: int) -> Waiting | None:
    r, s = pin_reset.c, start_over.c
    reset = connection.execute(
        select(r.asked_at, r.due_at).where(r.person == person, r.due_at + HOLDS_MS > now)
    ).one_or_none()
    if reset is not None:
        return Waiting(is_reset=True, asked_at=reset.asked_at, due_at=reset.due_at)
    over = connection.execute(select(s.asked_at, s.due_at).where(s.person == person)).one_or_none()
    return None if over is None else Waiting(False, over.asked_at, over.due_at)


def _end(connection: Connection, person: str) -> None:
    for table in (pin_reset, start_over):
        connection.execute(delete(table).where(table.c.person == person))
