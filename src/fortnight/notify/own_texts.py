"""The texts that a person was sent, as they see them: when, why, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from fortnight.db.message_tables import text_entry
from fortnight.db.tables import message
from fortnight.notify.rows import detail_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from fortnight.db.engine import Database


@dataclass(frozen=True, slots=True)
class TextEntry:
    """One entry of the log about a text; ``leaf`` names it, ``salt`` and ``detail`` open it."""

    leaf: str
    outcome: str
    salt: bytes = field(repr=False)
    detail: Mapping[str, str | int] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnText:
    """One text, without its words: they are kept no longer than it takes to send them.

    ``at`` is when it was sent, or made where it was not; in ms since 1970. ``entries`` stand in the
    order in which they were made: it was sent, it arrived.
    """

    id: str
    template: str
    at: int
    state: str
    entries: tuple[TextEntry, ...] = ()


def texts_of(database: Database, person: str) -> tuple[OwnText, ...]:
    """Return a person's texts, the oldest first."""
    mine = select(message).where(message.c.person == person)
    with database.read() as connection:
        rows = connection.execute(mine.order_by(message.c.made_at, message.c.id)).all()
        entries = _entries(connection, person)
    return tuple(
        OwnText(
            row.id,
            row.template,
            row.sent_at or row.made_at,
            row.state,
            tuple(
                TextEntry(leaf, outcome, salt, detail_of(row, outcome, language))
                for leaf, outcome, language, salt in entries.get(row.id, ())
            ),
        )
        for row in rows
    )


def _entries(connection: Connection, person: str) -> dict[str, list[tuple[str, str, str, bytes]]]:
    e = text_entry.c
    query = (
        select(e.message, e.leaf, e.outcome, e.language, e.salt)
        .join(message, message.c.id == e.message)
        .where(message.c.person == person)
        .order_by(e.at, e.outcome.desc())  # of one instant: sent, then delivered
    )
    found: dict[str, list[tuple[str, str, str, bytes]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.message, []).append((row.leaf, row.outcome, row.language, row.salt))
    return found
