"""The machine's clock, read at the edge only; every rule takes time as an argument."""

from __future__ import annotations

from time import time_ns

_NS_A_MS = 1_000_000


def now_ms() -> int:
    """Return the present instant in milliseconds since 1970."""
    return time_ns() // _NS_A_MS
