"""Where the log holds a review that was asked for and its answer, and what opens their entries."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0008"
down_revision: Final = "0007"


def upgrade() -> None:
    """Add the columns; questions that were asked before have none."""
    for step in ("asked", "answered"):
        op.add_column("review", sa.Column(f"{step}_leaf", sa.String(length=32), nullable=True))
        op.add_column("review", sa.Column(f"{step}_salt", sa.LargeBinary(length=32), nullable=True))
