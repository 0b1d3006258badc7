"""Rows of texts: made once a reason, and moved from one state to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from fortnight.db.message_tables import own_zone, text_entry
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
    new = made.insert(table).values(row).on_conflict_do_nothing(index_elements=unique)
    return connection.scalar(new.returning(table.c.id)) is not None


def due(connection: Connection, now: int, most: int, *, quiet: bool) -> list[MessageRow]:
    """Return what may be sent now, oldest first.

    ``quiet``: it is night in the district, so of all but answers to people's own acts only what is
    for those who say that they are elsewhere. Whether it is night there is for the caller to ask.
    """
    waiting = or_(message.c.not_before.is_(None), message.c.not_before <= now)
    query = select(message).where(message.c.state == "queued", waiting)
    if quiet:
        elsewhere = message.c.person.in_(select(own_zone.c.person))
        query = query.where(message.c.template.in_(_OWN) | elsewhere)
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

    ``by`` is the account that said so, where no gateway did; the person is not told who. What opens
    the entry is kept beside the text, so that its person can show it to anybody.
    """
    detail = detail_of(row, end, language)
    office = {"case": row.case_id or ""} | ({"by": by} if by else {})
    leaf = make_leaf("message", now, detail, office, random)
    leaf_id = add(connection, leaf, now)
    kept = {"leaf": leaf_id, "message": row.id, "at": now, "outcome": end, "salt": leaf.salt}
    connection.execute(insert(text_entry).values(language=language, **kept))


def detail_of(row: Any, end: str, language: str) -> dict[str, str | int]:  # noqa: ANN401 - any row with a message's columns
    """Return what the log's entry of a text commits to."""
    return {
        "language": language,
        "message": row.id,
        "outcome": end,
        "person": row.person,
        "template": row.template,
        "version": row.template_version,
    }
