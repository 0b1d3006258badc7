"""Enrolment: codes by text, PINs and passkeys, guardians."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0009"
down_revision: Final = "0008"


def upgrade() -> None:
    """Make the tables."""
    _enrolment()
    _entry_code()
    _entry_limit()
    _guardianship()
    _pin_reset()
    _portal_ceremony()
    _portal_passkey()
    _portal_pin()
    _start_over()


def _enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=True),
        sa.Column("choose_until", sa.BigInteger(), nullable=True),
        sa.Column("of_age_at", sa.BigInteger(), nullable=True),
        sa.Column("ask_at", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_enrolment_state")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_enrolment")),
    )
    op.create_index(op.f("ix_enrolment_ask_at"), "enrolment", ["ask_at"], unique=False)


def _entry_code() -> None:
    op.create_table(
        "entry_code",
        sa.Column("number_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number_hash", name=op.f("pk_entry_code")),
    )
    op.create_index(op.f("ix_entry_code_expires_at"), "entry_code", ["expires_at"], unique=False)


def _entry_limit() -> None:
    op.create_table(
        "entry_limit",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_entry_limit")),
    )
    op.create_index(op.f("ix_entry_limit_until"), "entry_limit", ["until"], unique=False)


def _guardianship() -> None:
    op.create_table(
        "guardianship",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("guardian", sa.String(length=32), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_guardianship")),
    )
    op.create_index(op.f("ix_guardianship_guardian"), "guardianship", ["guardian"], unique=False)
    op.create_index(op.f("ix_guardianship_until_day"), "guardianship", ["until_day"], unique=False)


def _pin_reset() -> None:
    op.create_table(
        "pin_reset",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_pin_reset")),
    )


def _portal_ceremony() -> None:
    op.create_table(
        "portal_ceremony",
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("challenge", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('register', 'unlock')", name=op.f("ck_portal_ceremony_kind")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_portal_ceremony")),
    )
    op.create_index(
        op.f("ix_portal_ceremony_expires_at"), "portal_ceremony", ["expires_at"], unique=False
    )
    op.create_index(op.f("ix_portal_ceremony_person"), "portal_ceremony", ["person"], unique=False)


def _portal_passkey() -> None:
    op.create_table(
        "portal_passkey",
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("credential", name=op.f("pk_portal_passkey")),
    )
    op.create_index(op.f("ix_portal_passkey_person"), "portal_passkey", ["person"], unique=False)


def _portal_pin() -> None:
    op.create_table(
        "portal_pin",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pin_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_portal_pin")),
    )


def _start_over() -> None:
    op.create_table(
        "start_over",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_start_over")),
    )
    op.create_index(op.f("ix_start_over_due_at"), "start_over", ["due_at"], unique=False)
