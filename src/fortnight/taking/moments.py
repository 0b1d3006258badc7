"""Instants, days and places as people and programs read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from fortnight.case.bands import EDGES, band_of

E7: Final = 10_000_000
_FIRST: Final = date(1970, 1, 1)
_BANDS: Final = (
    *(f"{least} to {most} minutes" for least, most in zip((0, *EDGES), EDGES, strict=False)),
    f"{EDGES[-1]} minutes or more",
)


def instant(ms: int) -> str:
    """Return an instant, in ms since 1970, as ISO 8601 in UTC."""
    at = datetime.fromtimestamp(ms // 1_000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{at}.{ms % 1_000:03d}Z"


def day(number: int) -> str:
    """Return a day since 1970 as ISO 8601."""
    return (_FIRST + timedelta(days=number)).isoformat()


def band(minutes: int) -> str:
    """Return minutes as a band: the exact number could tell whose visit it was."""
    return _BANDS[band_of(minutes)]


def degrees(e7: int) -> float:
    """Return ten-millionths of a degree as degrees."""
    return e7 / E7
