"""One more thing that may be agreed to: exact times and places, by a tested person."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0011"
down_revision: Final = "0010"
_KINDS: Final = (
    "kind IN ('trace.phone', 'trace.operator', 'trace.ties', 'trace.bluetooth', "
    "'trace.visits', 'notify', 'support', 'statistics', 'exact')"
)


def upgrade() -> None:
    """Let the column hold the word; SQLite cannot change a rule, so its table is written anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_consent_grant_kind"), "consent_grant", type_="check")
        op.create_check_constraint(op.f("ck_consent_grant_kind"), "consent_grant", _KINDS)
        return
    _new_table()
    op.execute("INSERT INTO consent_grant_new SELECT * FROM consent_grant")
    op.drop_table("consent_grant")
    op.rename_table("consent_grant_new", "consent_grant")
    op.create_index(op.f("ix_consent_grant_person"), "consent_grant", ["person"], unique=False)
    op.create_index(
        "uq_consent_grant_live",
        "consent_grant",
        ["person", "kind"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )


def _new_table() -> None:
    """Make the table as it was (its columns in the same order), with the longer list."""
    op.create_table(
        "consent_grant_new",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("text_version", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.String(length=16), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("leaf", sa.String(length=32), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_salt", sa.LargeBinary(length=32), nullable=True),
        sa.Column("withdrawn_leaf", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "given_by IN ('self', 'guardian')", name=op.f("ck_consent_grant_given_by")
        ),
        sa.CheckConstraint(_KINDS, name=op.f("ck_consent_grant_kind")),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR withdrawn_at >= given_at", name=op.f("ck_consent_grant_order")
        ),
        sa.ForeignKeyConstraint(
            ["leaf"], ["ledger_leaf.id"], name=op.f("fk_consent_grant_leaf_ledger_leaf")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_leaf"],
            ["ledger_leaf.id"],
            name=op.f("fk_consent_grant_withdrawn_leaf_ledger_leaf"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_grant")),
    )
