"""The machine's clock, read at the edge only; every rule takes time as an argument."""

from __future__ import annotations

from datetime import UTC, datetime


def now_ms() -> int:
    """Return the present instant in milliseconds since 1970."""
    return int(datetime.now(UTC).timestamp() * 1_000)
