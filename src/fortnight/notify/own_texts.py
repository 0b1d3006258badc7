"""The texts that a person was sent, as they see them: when, why, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fortnight.db.tables import message

if TYPE_CHECKING:
    from fortnight.db.engine import Database


@dataclass(frozen=True, slots=True)
class OwnText:
    """One text, without its words: they are kept no longer than it takes to send them.

    ``at`` is when it was sent, or made where it was not; in ms since 1970.
    """

    id: str
    template: str
    at: int
    state: str


def texts_of(database: Database, person: str) -> tuple[OwnText, ...]:
    """Return a person's texts, the oldest first."""
    m = message.c
    columns = select(m.id, m.template, m.made_at, m.sent_at, m.state)
    with database.read() as connection:
        rows = connection.execute(columns.where(m.person == person).order_by(m.made_at, m.id))
        return tuple(OwnText(r.id, r.template, r.sent_at or r.made_at, r.state) for r in rows)
