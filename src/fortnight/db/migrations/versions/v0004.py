"""Which cases may have infected which; since when a colleague's calls are known; closing."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"
OLD_RULE: Final = "state = 'opened' OR state = 'withdrawn' OR agreed_at IS NOT NULL"
NEW_RULE: Final = f"{OLD_RULE} OR (state = 'closed' AND person IS NULL)"


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column("staff_account", sa.Column("ties_at", sa.BigInteger(), nullable=True))
    _case_source()
    _case_link()
    _agreed()


def _agreed() -> None:
    """Let a case of somebody who is not enrolled be closed, without a yes that they cannot give."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_case_file_agreed"), "case_file", type_="check")
        op.create_check_constraint(op.f("ck_case_file_agreed"), "case_file", NEW_RULE)
        return
    # A table made anew would be dropped first, and what hangs on its rows would go with them. Only
    # a rule changes, nothing of what is stored: SQLite's own way for that is to write the new text.
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
        (OLD_RULE, NEW_RULE, "case_file"),
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {int(version) + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


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
