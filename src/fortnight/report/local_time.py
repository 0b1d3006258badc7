"""Instants of a document in the words and the clock of the district that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

_HOUR = timedelta(hours=1)


def parse(instant: str) -> datetime:
    """Return an ISO 8601 instant of a document in UTC.

    Parameters
    ----------
    instant
        With an offset or ``Z``; without either it is taken as UTC.

    Raises
    ------
    ValueError
        Where the text is no instant.
    """
    moment = datetime.fromisoformat(instant)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def seconds(instant: str) -> int:
    """Return an ISO 8601 instant as whole seconds since 1970 (UTC)."""
    return round(parse(instant).timestamp())


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day of the district: its two ends in UTC and its name."""

    start: datetime
    end: datetime
    name: str


@dataclass(frozen=True, slots=True)
class LocalClock:
    """A district's clock: turns instants into its dates and times of day."""

    name: str
    zone: tzinfo
    known: bool  # false where the machine has no such time zone and UTC stands in

    def moment(self, instant: str) -> str:
        """Return an instant as ``Sat 14 Nov 17:25``."""
        return _day_name(self._local(instant)) + self._local(instant).strftime(" %H:%M")

    def short(self, instant: str) -> str:
        """Return an instant as ``14 Nov 17:25``, for narrow tables."""
        local = self._local(instant)
        return f"{local.day} {local:%b %H:%M}"

    def period(self, start: str, end: str) -> str:
        """Return a period as ``Sat 14 Nov 17:25 to 18:10``, the day again where it is another."""
        same = self._local(start).date() == self._local(end).date()
        until = f"{self._local(end):%H:%M}" if same else self.moment(end)
        return f"{self.moment(start)} to {until}"

    def date(self, instant: str) -> str:
        """Return the day of an instant as ``Sat 14 Nov 2026``."""
        local = self._local(instant)
        return f"{_day_name(local)} {local.year}"

    def last_date(self, end: str) -> str:
        """Return the last day of a period that ends at an instant; midnight ends the day before."""
        local = self._local(end) - timedelta(milliseconds=1)
        return f"{_day_name(local)} {local.year}"

    def days(self, start: str, end: str) -> Iterator[Day]:
        """Yield the calendar days that a period touches, first to last."""
        day, last = self._local(start).date(), self._local(end) - timedelta(milliseconds=1)
        while day <= last.date():
            following = day + timedelta(days=1)
            midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
            next_midnight = datetime(
                following.year, following.month, following.day, tzinfo=self.zone
            )
            yield Day(midnight.astimezone(UTC), next_midnight.astimezone(UTC), _day_name(midnight))
            day = following

    def offsets(self, start: str, end: str) -> list[tuple[int, int]]:
        """Return when which offset from UTC holds: (seconds since 1970, offset in seconds).

        The first entry holds from the start; clocks change on whole hours UTC or halves of them.
        """
        moment, last = parse(start), parse(end)
        found = [(round(moment.timestamp()), self._offset(moment))]
        moment = moment.replace(minute=0, second=0, microsecond=0)
        while moment < last:
            moment += _HOUR / 2
            if self._offset(moment) != found[-1][1]:
                found.append((round(moment.timestamp()), self._offset(moment)))
        return found

    def _local(self, instant: str) -> datetime:
        return parse(instant).astimezone(self.zone)

    def _offset(self, moment: datetime) -> int:
        offset = moment.astimezone(self.zone).utcoffset()
        return round(offset.total_seconds()) if offset else 0


def local_clock(name: str) -> LocalClock:
    """Return the clock of a time zone by its IANA name, or UTC where it is not known here."""
    if name.upper() in {"UTC", "Z"}:
        return LocalClock("UTC", UTC, known=True)
    try:
        return LocalClock(name, ZoneInfo(name), known=True)
    except (KeyError, ValueError, OSError):  # no such zone, no zone's name, no zones on the machine
        return LocalClock("UTC", UTC, known=False)


def _day_name(local: datetime) -> str:
    return f"{local:%a} {local.day} {local:%b}"
