"""Whether somebody still takes part: asked by text a day after they enrolled, then weekly.

The text is neutral, and is answered by coming in. Whoever was enrolled by another, on a phone
that this other holds, learns of it so. Where nobody comes in after three texts, every grant for
trace ends: nothing more is taken in until they turn it on again. What is held goes in its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from fortnight.db.enrolment_tables import enrolment
from fortnight.enrolment.people import change
from fortnight.enrolment.standing import ASKED_AT_MOST, WEEK_MS
from fortnight.errors import GoneError
from fortnight.notify.templates import Template
from fortnight.vault.purposes import TRACE_GRANTS

if TYPE_CHECKING:
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.notify.outbox import Outbox

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Again:
    """Asks again."""

    database: Database
    consents: Consents
    outbox: Outbox

    def turn(self, now: int) -> int:
        """Ask whoever is due, by day alone; return of how many people that was so."""
        if self.outbox.pace.is_quiet(now):
            return 0
        c = enrolment.c
        due = (c.state == "open") & (c.ask_at <= now)
        with self.database.read() as connection:
            query = select(c.person, c.asked, c.seen_at).where(due).order_by(c.ask_at)
            rows = connection.execute(query.limit(_AT_ONCE)).all()
        for person, asked, seen_at in rows:
            if asked < ASKED_AT_MOST:
                self._ask(person, asked, seen_at, now)
            else:
                self._end(person, now)
        return len(rows)

    def _ask(self, person: str, asked: int, seen_at: int, now: int) -> None:
        with self.database.write() as connection:
            change(connection, person, asked=asked + 1, ask_at=now + WEEK_MS)
            key = f"still:{person}:{seen_at}:{asked}"
            try:
                self.outbox.queue(connection, person, key, Template.STILL, {}, None, now)
            except GoneError:  # erased this moment: their row goes with them
                return

    def _end(self, person: str, now: int) -> None:
        for kind in TRACE_GRANTS:
            if self.consents.live(None, person, kind):
                self.consents.withdraw(person, kind, now)
        with self.database.write() as connection:
            change(connection, person, ask_at=now + WEEK_MS)
