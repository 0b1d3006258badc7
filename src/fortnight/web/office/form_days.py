"""Days and times as forms write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from fortnight.errors import QuestionError

_FIRST: Final = date(1970, 1, 1)


def read_day(text: str, name: str, wrong: dict[str, str]) -> int | None:
    """Return a day of a form since 1970; None, with what is ``wrong`` by field, for no day."""
    try:
        return (date.fromisoformat(text) - _FIRST).days
    except ValueError:
        wrong[name] = "Give a day, such as 2026-03-01."
        return None


def read_moment(text: str, name: str, wrong: dict[str, str], timezone: str) -> int | None:
    """Return a local time of a form in ms since 1970; None as `read_day`."""
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone))
        return round(local.astimezone(UTC).timestamp() * 1_000)
    except (ValueError, OverflowError):
        wrong[name] = "Give a day and a time, such as 2026-03-01 09:30."
        return None


def moment(text: str, timezone: str) -> int:
    """Return a local time of a form in ms since 1970. Raises QuestionError for none."""
    wrong: dict[str, str] = {}
    found = read_moment(text, "", wrong, timezone)
    if found is None:
        raise QuestionError(wrong[""])
    return found


def day_number(text: str) -> int:
    """Return a day of a form since 1970. Raises QuestionError for none."""
    wrong: dict[str, str] = {}
    found = read_day(text, "", wrong)
    if found is None:
        raise QuestionError(wrong[""])
    return found
