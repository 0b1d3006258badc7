"""When a text may go: not at night where the person is, and not too many to one person.

"Where the person is" is where they say that they are (`zones`), else the district of the service:
nothing is looked up to find out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
QUIET_FROM: Final = 21
QUIET_UNTIL: Final = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """The rules of one service.

    Attributes
    ----------
    zone : tzinfo
        Of the district: for whoever says of no other that they are there.
    quiet_from, quiet_until : int
        Full hours there, such as 21 and 8: at 21:00 it is quiet already, at 8:00 no more.
    a_day : int
        Texts to one person within 24 hours; what answers their own acts comes on top.
    """

    zone: tzinfo = UTC
    quiet_from: int = QUIET_FROM
    quiet_until: int = QUIET_UNTIL
    a_day: int = 4

    def is_quiet(self, now: int, zone: tzinfo | None = None) -> bool:
        """Tell whether it is night in a zone, at an instant in ms since 1970."""
        hour = self._there(now, zone).hour
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= hour < self.quiet_until
        return hour >= self.quiet_from or hour < self.quiet_until

    def morning(self, now: int, zone: tzinfo | None = None) -> int:
        """Return when the night ends that is now in a zone, in ms since 1970."""
        there = self._there(now, zone)
        is_evening = there.hour >= self.quiet_until
        day = there.date() + timedelta(days=1) if is_evening else there.date()
        return (
            round(datetime.combine(day, time(self.quiet_until), there.tzinfo).timestamp()) * 1_000
        )

    def day(self, now: int, zone: tzinfo | None = None) -> int:
        """Return the day in a zone, counted from 1970."""
        there = self._there(now, zone)
        return there.date().toordinal() - datetime(1970, 1, 1, tzinfo=UTC).date().toordinal()

    def _there(self, now: int, zone: tzinfo | None) -> datetime:
        return datetime.fromtimestamp(now / 1_000, zone or self.zone)
