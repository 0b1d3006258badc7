"""Rows of texts: made once a reason, and moved from one state to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from fortnight.db.tables import message
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf
from fortnight.notify.templates import OWN_ACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Table

    MessageRow: TypeAlias = Row[tuple[Any, ...]]

_OWN: Final = tuple(sorted(OWN_ACTS))
_CARRIED: Final = ("sending", "sent", "delivered", "unknown")


def insert_new(
    connection: Connection, table: Table, row: Mapping[str, object], *unique: str
) -> bool:
    """Insert a row unless one with the same unique columns is there; tell whether it was."""
    made = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = made.insert(table).values(row).on_conflict_do_nothing(index_elements=unique)
    return connection.scalar(insert.returning(table.c.id)) is not None


def due(connection: Connection, now: int, most: int, *, quiet: bool) -> list[MessageRow]:
    """Return what may be sent now, oldest first: at night only what answers a person's own act."""
    waiting = or_(message.c.not_before.is_(None), message.c.not_before <= now)
    query = select(message).where(message.c.state == "queued", waiting)
    if quiet:
        query = query.where(message.c.template.in_(_OWN))
    return list(connection.execute(query.order_by(message.c.made_at, message.c.id).limit(most)))


def carried_since(connection: Connection, person: str, since: int) -> int:
    """Return how many texts went to a person since an instant, besides answers to their acts."""
    query = select(func.count()).where(
        message.c.person == person,
        message.c.claimed_at >= since,
        message.c.state.in_(_CARRIED),
        message.c.template.not_in(_OWN),
    )
    return int(connection.scalar(query) or 0)


def moved(
    connection: Connection, message_id: str, before: str, after: str, **changed: object
) -> bool:
    """Move a message from one state to the next; False where it is no longer there."""
    done = connection.execute(
        update(message)
        .where(message.c.id == message_id, message.c.state == before)
        .values(state=after, **changed)
    )
    return done.rowcount == 1


def log_end(
    connection: Connection,
    row: MessageRow,
    end: str,
    language: str,
    now: int,
    random: Callable[[int], bytes],
    *,
    by: str = "",
) -> None:
    """Add the entry of what became of a text: which, in which version and language, how it ended.

    ``by`` is the account that said so, where no gateway did; the person is not told who.
    """
    detail = {
        "language": language,
        "message": row.id,
        "outcome": end,
        "person": row.person,
        "template": row.template,
        "version": row.template_version,
    }
    office = {"case": row.case_id or ""} | ({"by": by} if by else {})
    add(connection, make_leaf("message", now, detail, office, random), now)
