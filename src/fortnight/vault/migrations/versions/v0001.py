"""The tables of people."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    """Make the tables."""
    _person()
    _beacon()
    _case_contact()
    _device()
    _pseudonym()


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("number_lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("number_lookup", name=op.f("uq_person_number_lookup")),
    )


def _beacon() -> None:
    op.create_table(
        "beacon",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("beacon", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name=op.f("fk_beacon_person_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("day", "beacon", name=op.f("pk_beacon")),
    )
    op.create_index(op.f("ix_beacon_person"), "beacon", ["person"], unique=False)


def _case_contact() -> None:
    op.create_table(
        "case_contact",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.id"],
            name=op.f("fk_case_contact_person_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "contact", name=op.f("pk_case_contact")),
        sa.UniqueConstraint("case_id", "person", name=op.f("uq_case_contact_case_id")),
    )
    op.create_index(op.f("ix_case_contact_person"), "case_contact", ["person"], unique=False)


def _device() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("owntracks_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('owntracks', 'api')", name=op.f("ck_device_kind")),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name=op.f("fk_device_person_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_device_secret_hash")),
    )
    op.create_index(op.f("ix_device_person"), "device", ["person"], unique=False)


def _pseudonym() -> None:
    op.create_table(
        "pseudonym",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name=op.f("fk_pseudonym_person_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("day", "pseudonym", name=op.f("pk_pseudonym")),
    )
    op.create_index(op.f("ix_pseudonym_person"), "pseudonym", ["person"], unique=False)
