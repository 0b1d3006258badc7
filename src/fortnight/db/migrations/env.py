"""Alembic runs this file, and not as a module: `fortnight.db.migrate` gives it a connection."""

from __future__ import annotations

from alembic import context

context.configure(**context.config.attributes["fortnight"])
context.run_migrations()
