"""Tables in Markdown, and how numbers and times are written in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_NUMBER: Final = "none"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table; all columns but the first hold numbers."""
    rule = ("---", *("---:",) * (len(head) - 1))
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def percent(share: float | None) -> str:
    """Return a share in per cent, with one decimal."""
    return NO_NUMBER if share is None else f"{100 * share:.1f} %"


def iso(time_ms: int) -> str:
    """Return milliseconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(time_ms / 1_000, tz=UTC).isoformat().replace("+00:00", "Z")
