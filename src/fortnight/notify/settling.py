"""What became of a text, by the receipts that were heard of its parts.

A receipt may come before the answer that names its part, or days after; it is written down first
and matched then, so the order does not matter. Where the link was lost the gateway's name of a part
is unknown: a receipt leads to such a text by the 16 bits of its id that went along, and by whose
phone it comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from fortnight.db.message_tables import message_part, receipt_heard
from fortnight.db.tables import message
from fortnight.notify.gateway import MARKER_DIGITS, marker_of
from fortnight.notify.rows import log_end, moved

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.notify.rows import MessageRow

_TURN: Final = 7_310_642
"""The name of the lock: a number that no other lock of ours has."""


def take_turn(connection: Connection) -> None:
    """Let what is heard and what the gateway said be written down one after the other.

    Each is matched with what the other wrote. On PostgreSQL two at once would see nothing of each
    other, and the text would wait for its receipt for ever; writers of SQLite take turns anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_TURN)))


def settle(
    connection: Connection, message_id: str, now: int, random: Callable[[int], bytes]
) -> None:
    """End a text that is with the gateway, or unknown, if what was heard says how."""
    row = connection.execute(select(message).where(message.c.id == message_id)).one()
    if row.state not in ("sent", "unknown"):
        return
    heard = list(_heard_of(connection, row).values())
    if "failed" in heard:
        end = "failed"
    elif heard and heard.count("delivered") >= _parts_of(connection, row):
        end = "delivered"
    else:
        return
    sent_at = row.sent_at or (row.claimed_at if end == "delivered" else None)
    if moved(connection, row.id, row.state, end, sent_at=sent_at):
        log_end(connection, row, end, row.language, now, random)


def messages_of(
    connection: Connection, person: str, reference: str, marker: int | None
) -> list[str]:
    """Return which texts to a person a receipt may be about."""
    query = (
        select(message.c.id)
        .join(message_part, message_part.c.message == message.c.id)
        .where(message_part.c.reference == reference, message.c.person == person)
    )
    found = list(connection.scalars(query))
    if found or marker is None:
        return found
    begins = f"{marker:0{MARKER_DIGITS}x}%"
    unknown = select(message.c.id).where(
        message.c.person == person, message.c.state == "unknown", message.c.id.like(begins)
    )
    return list(connection.scalars(unknown))


def _parts_of(connection: Connection, row: MessageRow) -> int:
    """Return of how many parts a receipt has to come: as the gateway took them, where it said."""
    named = select(func.count()).where(message_part.c.message == row.id)
    taken = int(connection.scalar(named) or 0) if row.state == "sent" else 0
    return taken or row.parts or 1


def _heard_of(connection: Connection, row: MessageRow) -> dict[str, str]:
    """Return the last outcome of each part, by the gateway's name of it."""
    query = select(receipt_heard).where(
        receipt_heard.c.person == row.person, receipt_heard.c.outcome != "on-the-way"
    )
    if row.state == "sent":
        parts = select(message_part.c.reference).where(message_part.c.message == row.id)
        query = query.where(receipt_heard.c.reference.in_(parts))
    else:
        since = row.claimed_at or row.made_at
        query = query.where(
            receipt_heard.c.marker == marker_of(row.id), receipt_heard.c.heard_at >= since
        )
    return {one.reference: one.outcome for one in connection.execute(query)}
