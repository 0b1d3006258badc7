"""Which entry of the log is a text's, and where people say that they are."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0010"
down_revision: Final = "0009"


def upgrade() -> None:
    """Make the tables."""
    _text_entry()
    _own_zone()


def _text_entry() -> None:
    op.create_table(
        "text_entry",
        sa.Column("leaf", sa.String(length=32), nullable=False),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('sent', 'delivered', 'failed', 'unknown')",
            name=op.f("ck_text_entry_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["leaf"], ["ledger_leaf.id"], name=op.f("fk_text_entry_leaf_ledger_leaf")
        ),
        sa.ForeignKeyConstraint(
            ["message"],
            ["message.id"],
            name=op.f("fk_text_entry_message_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("leaf", name=op.f("pk_text_entry")),
    )
    op.create_index(op.f("ix_text_entry_message"), "text_entry", ["message"], unique=False)


def _own_zone() -> None:
    op.create_table(
        "own_zone",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_own_zone")),
    )
