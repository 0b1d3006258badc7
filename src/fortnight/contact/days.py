"""Periods cut into local days, which may begin at another hour than midnight."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from zoneinfo import ZoneInfo


class DayPart(NamedTuple):
    """The part of a period (ms since 1970) on one local day, and its share of the whole."""

    day: date
    start: int
    end: int
    share: float


def by_day(start: int, end: int, zone: ZoneInfo, *, begins: int = 0) -> Iterator[DayPart]:
    """Yield the parts of a period that fall on each local day.

    Parameters
    ----------
    start, end : int
        Milliseconds since 1970; a period without length is whole on its day.
    zone : ZoneInfo
        The zone whose days are meant.
    begins : int
        Hour of the clock at which a day begins.
    """
    at = start
    while True:
        day = _day(at, zone, begins)
        stop = min(end, _beginning(day + timedelta(days=1), zone, begins))
        yield DayPart(day, at, stop, (stop - at) / (end - start) if end > start else 1.0)
        if stop >= end:
            return
        at = stop


def _beginning(day: date, zone: ZoneInfo, begins: int) -> int:
    local = datetime.combine(day, time(begins), tzinfo=zone)
    return round(local.astimezone(UTC).timestamp() * 1_000)


def _day(instant: int, zone: ZoneInfo, begins: int) -> date:
    """Return the local day of an instant: the last that has begun, also where clocks change."""
    day = datetime.fromtimestamp(instant / 1_000, tz=zone).date() + timedelta(days=1)
    while _beginning(day, zone, begins) > instant:
        day -= timedelta(days=1)
    return day
