"""The looks of a case are found by it: its page lists them, and looked through those of all."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0012"
down_revision: Final = "0011"


def upgrade() -> None:
    """Make the index."""
    op.create_index(op.f("ix_look_case_id"), "look", ["case_id"], unique=False)
