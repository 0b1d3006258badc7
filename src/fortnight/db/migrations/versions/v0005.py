"""Texts: their parts and receipts, replies, and whom somebody has to call."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"


def upgrade() -> None:
    """Make the tables, and what is new of a message."""
    _message()
    _message_part()
    _receipt_heard()
    _inbound()
    _call_task()


def _message() -> None:
    for column in (
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("awaits", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reminds", sa.String(length=32), nullable=True),
        sa.Column("resolved_by", sa.String(length=32), nullable=True),
    ):
        op.add_column("message", column)
    op.create_index("ix_message_state_made_at", "message", ["state", "made_at"])


def _message_part() -> None:
    op.create_table(
        "message_part",
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"],
            ["message.id"],
            name=op.f("fk_message_part_message_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message", "part", name=op.f("pk_message_part")),
    )
    op.create_index(op.f("ix_message_part_reference"), "message_part", ["reference"])


def _receipt_heard() -> None:
    op.create_table(
        "receipt_heard",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("marker", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('delivered', 'failed', 'on-the-way')",
            name=op.f("ck_receipt_heard_outcome"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_heard")),
    )
    op.create_index(op.f("ix_receipt_heard_person"), "receipt_heard", ["person"])
    op.create_index(
        "ix_receipt_heard_once", "receipt_heard", ["reference", "person", "outcome"], unique=True
    )


def _inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("words_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "kind IN ('stop', 'help', 'answer', 'for-person')", name=op.f("ck_inbound_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound")),
    )
    op.create_index(op.f("ix_inbound_person"), "inbound", ["person"])


def _call_task() -> None:
    op.create_table(
        "call_task",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "reason IN ('no-answer', 'unknown', 'failed')", name=op.f("ck_call_task_reason")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_call_task_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message"],
            ["message.id"],
            name=op.f("fk_call_task_message_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_task")),
        sa.UniqueConstraint("message", name=op.f("uq_call_task_message")),
    )
    op.create_index(op.f("ix_call_task_case_id"), "call_task", ["case_id"])
    op.create_index(op.f("ix_call_task_person"), "call_task", ["person"])
