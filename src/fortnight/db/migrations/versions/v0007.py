"""What people send, and what they never do: choices, phones, venues, visits."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0007"
down_revision: Final = "0006"

_OPEN: Final = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Make the tables."""
    _never_sent()
    _sending_phone()
    _venue()
    _check_in()


def _never_sent() -> None:
    op.create_table(
        "never_sent",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_never_sent")),
    )
    op.create_table(
        "never_sent_count",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.CheckConstraint("rows > 0", name=op.f("ck_never_sent_count_some")),
        sa.PrimaryKeyConstraint("person", "day", name=op.f("pk_never_sent_count")),
    )


def _sending_phone() -> None:
    op.create_table(
        "sending_phone",
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("app", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "app IN ('owntracks', 'traccar', 'overland')", name=op.f("ck_sending_phone_app")
        ),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_sending_phone")),
    )
    op.create_index(op.f("ix_sending_phone_person"), "sending_phone", ["person"])


def _venue() -> None:
    op.create_table(
        "venue",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=True),
        sa.Column("stay_minutes", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "category IN ('food', 'shop', 'school', 'work', 'worship', 'culture', 'sport', "
            "'health', 'transport', 'office', 'other')",
            name=op.f("ck_venue_category"),
        ),
        sa.CheckConstraint(
            "closes IS NULL OR closes BETWEEN 0 AND 1439", name=op.f("ck_venue_closes")
        ),
        sa.CheckConstraint("stay_minutes BETWEEN 10 AND 1440", name=op.f("ck_venue_stay")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
    )
    op.create_table(
        "venue_code",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("venue", sa.String(length=32), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["venue"], ["venue.id"], name=op.f("fk_venue_code_venue_venue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_venue_code")),
    )
    op.create_index(op.f("ix_venue_code_venue"), "venue_code", ["venue"])


def _check_in() -> None:
    op.create_table(
        "check_in",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
    )
    op.create_index(op.f("ix_check_in_person"), "check_in", ["person"])
    op.create_index(
        op.f("uq_check_in_open"),
        "check_in",
        ["person"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
