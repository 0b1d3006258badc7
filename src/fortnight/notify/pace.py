"""When a text may go: not at night where the person is, and not too many to one person.

"Where the person is" is the district of the service: nothing else is known of where somebody is,
and nothing is looked up to find out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
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
        Of the district.
    quiet_from, quiet_until : int
        Full hours there, such as 21 and 8: at 21:00 it is quiet already, at 8:00 no more.
    a_day : int
        Texts to one person within 24 hours; what answers their own acts comes on top.
    """

    zone: tzinfo = UTC
    quiet_from: int = QUIET_FROM
    quiet_until: int = QUIET_UNTIL
    a_day: int = 4

    def is_quiet(self, now: int) -> bool:
        """Tell whether it is night at an instant, in ms since 1970."""
        hour = datetime.fromtimestamp(now / 1_000, self.zone).hour
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= hour < self.quiet_until
        return hour >= self.quiet_from or hour < self.quiet_until

    def day(self, now: int) -> int:
        """Return the day in the district, counted from 1970."""
        there = datetime.fromtimestamp(now / 1_000, self.zone)
        return there.date().toordinal() - datetime(1970, 1, 1, tzinfo=UTC).date().toordinal()
