"""What a person sees of their follow-up and support: every question, ticket and pause, no answers.

Each line has its entry of the log in the same transaction, and the salt that opens it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from fortnight.db.support_tables import support_record
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.vault.purposes import Reader

KINDS: Final = (
    "begun",
    "plan-changed",
    "asked",
    "asked-again",
    "answered",
    "red-flag",
    "call-wanted",
    "ticket",
    "ticket-ended",
    "given-to-partner",
    "paused",
    "back",
    "reminder-on",
    "reminder-off",
    "reply",
    "reply-answered",
    "household",
    "time-zone",
    "became-case",
    "ended",
)
"""What may be in a record. Of the reminder it is on and off alone: there is no word for more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; ``leaf`` is its entry in the log, which ``detail_of`` and ``salt`` open."""

    id: str
    at: int
    kind: str
    detail: str
    leaf: str
    salt: bytes = field(repr=False)

    def detail_of(self, person: str) -> dict[str, str | int]:
        """Return what the log's entry commits to."""
        return _detail(self.id, person, self.kind, self.detail)


@dataclass(frozen=True, slots=True)
class Record:
    """The records of people."""

    database: Database
    random: Callable[[int], bytes]

    def note(
        self,
        connection: Connection,
        person: str | None,
        kind: str,
        detail: str,
        now: int,
        reader: Reader | None = None,
    ) -> None:
        """Add a line in the caller's transaction; for who never enrolled, to the log alone."""
        line = self.random(16).hex()
        office: dict[str, str | int] | None = None if reader is None else {"actor": reader.actor}
        entry = _detail(line, person or "", kind, detail)
        leaf = make_leaf("case", now, entry, office, self.random)
        leaf_id = add(connection, leaf, now)
        if person is None:
            return
        row = {"id": line, "person": person, "at": now, "kind": kind, "detail": detail}
        connection.execute(insert(support_record).values(leaf=leaf_id, salt=leaf.salt, **row))

    def of_person(self, person: str) -> tuple[Entry, ...]:
        """Return a person's lines, the oldest first."""
        c = support_record.c
        with self.database.read() as connection:
            rows = connection.execute(
                select(support_record).where(c.person == person).order_by(c.at, c.id)
            )
            return tuple(Entry(r.id, r.at, r.kind, r.detail, r.leaf, r.salt) for r in rows)


def _detail(line: str, person: str, kind: str, detail: str) -> dict[str, str | int]:
    return {"detail": detail, "kind": kind, "person": person, "record": line}
