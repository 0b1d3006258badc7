"""What a contact is shown of a meeting: a day, a part of it, and a band of minutes.

The exact minute could tell whose visit it was, and so who the case is. Every meeting belongs whole
to the part of the day in which most of it lay: cut where parts meet, two short halves would tell
the minute.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

EDGES: Final = (15, 60, 240)
"""Minutes at which a band ends and the next begins."""
PARTS: Final = ("night", "morning", "afternoon", "evening")
"""Six hours each of the local day, from midnight on."""
_PART_HOURS: Final = 6
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).date()


class Met(NamedTuple):
    """One meeting as it was measured: ms since 1970, and the minutes that count of it."""

    start: int
    end: int
    minutes: float


class Banded(NamedTuple):
    """What is shown of it: a local day since 1970, the place in PARTS, and the number of a band."""

    day: int
    part: int
    band: int


def band_of(minutes: float) -> int:
    """Return the number of the band that minutes lie in."""
    return sum(minutes >= edge for edge in EDGES)


def banded(groups: Iterable[Sequence[Met]], zone: ZoneInfo) -> tuple[Banded, ...]:
    """Return what is shown of meetings, in order of time.

    Each group is one kind of evidence. What several kinds saw in the same part of a day is counted
    once: the longest of them holds.
    """
    longest: dict[tuple[int, int], float] = {}
    for group in groups:
        minutes: dict[tuple[int, int], float] = {}
        for one in group:
            at = part_of(one.start, one.end, zone)
            minutes[at] = minutes.get(at, 0.0) + one.minutes
        for at, spent in minutes.items():
            longest[at] = max(longest.get(at, 0.0), spent)
    return tuple(Banded(*at, band_of(longest[at])) for at in sorted(longest))


def part_of(start: int, end: int, zone: ZoneInfo) -> tuple[int, int]:
    """Return the local day, and the part of it, in which most of a period lay: the first of equals.

    ``start`` and ``end`` are ms since 1970.
    """
    begin, stop = _local(start, zone), _local(max(start, end), zone)
    found, most = _part(begin), timedelta(-1)
    at = begin
    while at <= stop:
        nearest = at.replace(minute=0, second=0, microsecond=0)
        following = nearest + timedelta(hours=_PART_HOURS - at.hour % _PART_HOURS)
        spent = min(stop, following) - at
        if spent > most:
            found, most = _part(at), spent
        at = following
    return found


def _local(at: int, zone: ZoneInfo) -> datetime:
    """Return an instant as the clocks there show it, without the zone: parts go by the clocks."""
    return datetime.fromtimestamp(at / 1_000, UTC).astimezone(zone).replace(tzinfo=None)


def _part(at: datetime) -> tuple[int, int]:
    return (at.date() - _EPOCH).days, at.hour // _PART_HOURS
