"""The log, looks, grants, arrivals and the lake's catalogue."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    """Make the tables."""
    _arrival()
    _lake_day()
    _lake_file()
    _ledger_head()
    _ledger_leaf()
    _receipt()
    _consent_grant()
    _look()
    _transactions()


def _arrival() -> None:
    op.create_table(
        "arrival",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('fixes', 'visits', 'encounters', 'ties')", name=op.f("ck_arrival_kind")
        ),
        sa.CheckConstraint(
            "origin IN ('phone', 'upload', 'operator')", name=op.f("ck_arrival_origin")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_arrival_person"), "arrival", ["person"], unique=False)


def _lake_day() -> None:
    op.create_table(
        "lake_day",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("index_name", sa.String(length=128), nullable=True),
        sa.Column("indexed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_lake_day")),
    )


def _lake_file() -> None:
    op.create_table(
        "lake_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('fixes', 'visits', 'encounters', 'ties')", name=op.f("ck_lake_file_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lake_file")),
        sa.UniqueConstraint("name", name=op.f("uq_lake_file_name")),
    )
    op.create_index(op.f("ix_lake_file_day"), "lake_file", ["day"], unique=False)


def _ledger_head() -> None:
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )


def _ledger_leaf() -> None:
    op.create_table(
        "ledger_leaf",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_leaf")),
        sa.UniqueConstraint("place", name=op.f("uq_ledger_leaf_place")),
    )
    op.create_index(
        "ix_ledger_leaf_pending",
        "ledger_leaf",
        ["made_at", "id"],
        unique=False,
        sqlite_where=sa.text("place IS NULL"),
        postgresql_where=sa.text("place IS NULL"),
    )


def _receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('fixes', 'visits', 'encounters', 'ties')", name=op.f("ck_receipt_kind")
        ),
        sa.PrimaryKeyConstraint("person", "kind", "batch", name=op.f("pk_receipt")),
    )


def _consent_grant() -> None:
    op.create_table(
        "consent_grant",
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
        sa.CheckConstraint(
            "kind IN ('trace.phone', 'trace.operator', 'trace.ties', 'trace.bluetooth', "
            "'trace.visits', 'notify', 'support', 'statistics')",
            name=op.f("ck_consent_grant_kind"),
        ),
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
    op.create_index(op.f("ix_consent_grant_person"), "consent_grant", ["person"], unique=False)
    op.create_index(
        "uq_consent_grant_live",
        "consent_grant",
        ["person", "kind"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def _look() -> None:
    op.create_table(
        "look",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("district", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("fields", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("office_salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("leaf", sa.String(length=32), nullable=False),
        sa.CheckConstraint("outcome IN ('opened', 'read')", name=op.f("ck_look_outcome")),
        sa.CheckConstraint(
            "purpose IN ('trace', 'notify', 'support', 'rights', 'repair')",
            name=op.f("ck_look_purpose"),
        ),
        sa.ForeignKeyConstraint(
            ["leaf"], ["ledger_leaf.id"], name=op.f("fk_look_leaf_ledger_leaf")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
    )
    op.create_index(op.f("ix_look_person"), "look", ["person"], unique=False)


def _transactions() -> None:
    """Keep, on PostgreSQL, which transaction wrote a look or an entry, by the server's own count.

    Without it the functions that read could not tell a committed look from one of their own
    transaction; without ``written`` they could not tell a fresh one from a forgotten one.
    """
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE ledger_leaf ADD xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
        op.execute("ALTER TABLE look ADD xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
        op.execute("ALTER TABLE look ADD written timestamptz NOT NULL DEFAULT clock_timestamp()")
