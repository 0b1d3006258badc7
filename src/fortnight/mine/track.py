"""A person's own days, where they were and when: nothing of the last 24 hours.

Whoever holds somebody's phone must not see there where they are, or were this morning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from fortnight.lake.one_person import OwnPart, parts_of
from fortnight.parameters import MILLISECONDS_A_DAY as DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from fortnight.lake.lake import Lake
    from fortnight.mine.reading import OwnReading

BEHIND_MS: Final = DAY_MS
"""What is newer than this is on no map."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).date()


class Visit(NamedTuple):
    """A check-in of one's own; instants in ms since 1970."""

    start: int
    end: int
    venue: str
    room: str | None


@dataclass(frozen=True, slots=True)
class OwnDay:
    """One local day (since 1970): which days there are, and what it holds."""

    day: int
    days: tuple[int, ...]
    parts: tuple[OwnPart, ...]
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class OwnTrack:
    """People's own days, for themselves."""

    reading: OwnReading
    lake: Lake
    zone: ZoneInfo

    def day(self, person: str, wanted: int | None, now: int) -> OwnDay:
        """Return one of a person's days, or the last one, under a look of their own."""
        own = self.reading.pseudonyms(person, now)
        until = now - BEHIND_MS
        tracks = self.lake.tracks_of_one(own)
        parts = _before(
            (part for day in sorted(tracks) for part in parts_of(day, tracks[day])), until
        )
        visits = [one for one in self._visits(own) if one.end <= until]
        starts = [one.start for one in parts] + [one.start for one in visits]
        days = sorted({self._day(start) for start in starts})
        chosen = wanted if wanted is not None else (days[-1] if days else self._day(until))
        start, end = self._bounds(chosen)
        return OwnDay(
            chosen,
            tuple(days),
            tuple(one for one in parts if one.start < end and one.end > start),
            tuple(one for one in visits if one.start < end and one.end > start),
        )

    def _visits(self, own: Mapping[int, bytes]) -> list[Visit]:
        return [
            Visit(row["start"], row["end"], row["venue"], row["room"])
            for day in sorted(own)
            for row in self.lake.rows_of_one(day, "visits", own[day]).to_pylist()
        ]

    def _day(self, at: int) -> int:
        return (datetime.fromtimestamp(at / 1_000, UTC).astimezone(self.zone).date() - _EPOCH).days

    def _bounds(self, day: int) -> tuple[int, int]:
        midnights = (
            datetime.combine(_EPOCH + timedelta(days=one), time(), self.zone)
            for one in (day, day + 1)
        )
        start, end = (round(one.timestamp() * 1_000) for one in midnights)
        return start, end


def _before(parts: Iterable[OwnPart], until: int) -> list[OwnPart]:
    """Return what began before an instant; a stay that goes on ends there, a move is left out."""
    kept = []
    for one in parts:
        if one.end <= until:
            kept.append(one)
        elif one.start < until and (one.lon, one.lat) == (one.end_lon, one.end_lat):
            kept.append(one._replace(end=until))
    return kept
