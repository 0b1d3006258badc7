"""Whom colleagues call, so that a contact they know is somebody else's to decide about."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "colleague_tie",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("other", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["other"],
            ["person.id"],
            name=op.f("fk_colleague_tie_other_person"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.id"],
            name=op.f("fk_colleague_tie_person_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("day", "person", "other", name=op.f("pk_colleague_tie")),
    )
    op.create_index(op.f("ix_colleague_tie_other"), "colleague_tie", ["other"], unique=False)
