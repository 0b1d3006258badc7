"""Tables around texts: parts, entries, receipts, replies, calls, zones. See ``tables``."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from fortnight.db.tables import ID, metadata, one_of

OUTCOMES: Final = ("delivered", "failed", "on-the-way")
REPLIES: Final = ("stop", "help", "answer", "for-person")
ENDS: Final = ("sent", "delivered", "failed", "unknown")
REASONS: Final = ("no-answer", "unknown", "failed")


def _message(*, key: bool = False) -> Column[str]:
    return Column(
        "message",
        ID,
        ForeignKey("message.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=key,
    )


message_part = Table(
    "message_part",
    metadata,
    _message(key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("reference", String(64), nullable=False, index=True),  # what the gateway calls it
)

text_entry = Table(
    "text_entry",  # which entry of the log is a text's, and what opens it for its person
    metadata,
    Column("leaf", ID, ForeignKey("ledger_leaf.id"), primary_key=True),
    Column("message", ID, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("language", String(16), nullable=False),
    Column("salt", LargeBinary(32), nullable=False),
    one_of("outcome", ENDS),
)

receipt_heard = Table(
    "receipt_heard",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column("reference", String(64), nullable=False),
    Column("marker", Integer),  # the first 16 bits of the message's id, where it came back
    Column("outcome", String(16), nullable=False),
    Column("heard_at", BigInteger, nullable=False),
    one_of("outcome", OUTCOMES),
    Index("ix_receipt_heard_once", "reference", "person", "outcome", unique=True),
)

inbound = Table(
    "inbound",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # its words, under the person's key
    Column("words_hash", LargeBinary(32), nullable=False),  # keyed: a repeat is known by it
    Column("done_at", BigInteger),
    Column("done_by", ID),
    one_of("kind", REPLIES),
)

call_task = Table(
    "call_task",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column(
        "message", ID, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("case_id", ID, ForeignKey("case_file.id", ondelete="CASCADE"), index=True),
    Column("reason", String(16), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("done_by", ID),
    one_of("reason", REASONS),
)

own_zone = Table(
    "own_zone",
    metadata,
    Column("person", ID, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # its name, under the person's key
    Column("changed_at", BigInteger, nullable=False),
)
