"""Which cases may have infected which, and since when a colleague's calls are known."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column("staff_account", sa.Column("ties_at", sa.BigInteger(), nullable=True))
    _case_source()
    _case_link()


def _case_source() -> None:
    op.create_table(
        "case_source",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("observed", sa.Float(), nullable=False),
        sa.Column("unknown", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_case_source_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_source")),
    )


def _case_link() -> None:
    op.create_table(
        "case_link",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("other", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("case_id <> other", name=op.f("ck_case_link_two_cases")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_case_link_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["other"],
            ["case_file.id"],
            name=op.f("fk_case_link_other_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "other", name=op.f("pk_case_link")),
    )
    op.create_index(op.f("ix_case_link_other"), "case_link", ["other"], unique=False)
