"""Hours and places of which a person wants nothing kept: a rule without any store.

It is asked at the last moment before rows are sealed, on bytes that every door makes alike, so
that no door can be without it.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import numpy as np
import pyarrow as pa

from fortnight.errors import QuestionError
from fortnight.evidence.packed import (
    Encounters,
    Fixes,
    Visits,
    pack_encounters,
    pack_fixes,
    pack_visits,
    unpack_encounters,
    unpack_fixes,
    unpack_visits,
)
from fortnight.parameters import MILLISECONDS_A_MINUTE
from fortnight.track.geometry import E7, EARTH_RADIUS_M

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    Longs = NDArray[np.int64]
    Mask = NDArray[np.bool_]

REASON: Final = "never-sent"
DAY_MINUTES: Final = 1_440
RADII_M: Final = (50, 2_000)
MOST: Final = 20
_QUARTER_MS: Final = 15 * MILLISECONDS_A_MINUTE
"""No clock on Earth is changed but at a quarter of an hour."""


class Hours(msgspec.Struct, frozen=True, order=True):
    """A part of every day, in minutes of the local day; ``until`` is outside. It may pass midnight.

    The same minute twice stands for the whole day.
    """

    start: int
    until: int


class Place(msgspec.Struct, frozen=True, order=True):
    """A place, in degrees (WGS 84) and metres around it."""

    lon: float
    lat: float
    radius_m: int


class NeverSent(msgspec.Struct, frozen=True):
    """Everything that one person chose."""

    hours: tuple[Hours, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen."""
        return not self.hours and not self.places

    def check(self) -> None:
        """Raise QuestionError, with what to do, for a choice that means nothing."""
        if len(self.hours) > MOST or len(self.places) > MOST:
            raise QuestionError("There are twenty already: take one away first.")
        if any(not 0 <= one < DAY_MINUTES for hours in self.hours for one in hours_of(hours)):
            raise QuestionError("Give both times as hours and minutes, such as 22:00.")
        for place in self.places:
            if not (abs(place.lon) <= 180 and abs(place.lat) <= 90):  # noqa: PLR2004 - degrees
                raise QuestionError("This is no place on Earth: copy its two numbers from a map.")
            if not RADII_M[0] <= place.radius_m <= RADII_M[1]:
                raise QuestionError("Choose one of the list.")


NOTHING: Final = NeverSent()


class Chosen(Protocol):
    """Who chose what."""

    def of(self, person: str) -> NeverSent:
        """Return a person's choice. Raises GoneError where their key was destroyed."""

    @property
    def zone(self) -> ZoneInfo:
        """In which hours are meant."""


def hours_of(hours: Hours) -> tuple[int, int]:
    """Return both ends."""
    return hours.start, hours.until


def hidden_instants(times: Longs, chosen: NeverSent, zone: ZoneInfo) -> Mask:
    """Mark the instants (ms since 1970 UTC) that lie within a chosen hour."""
    return hidden_spans(times, times, chosen, zone)


def hidden_spans(start: Longs, end: Longs, chosen: NeverSent, zone: ZoneInfo) -> Mask:
    """Mark the spans of which any instant, both ends included, lies within a chosen hour."""
    hidden = np.zeros(len(start), dtype=np.bool_)
    if not chosen.hours or not len(start):
        return hidden
    first = _local_ms(start, zone)
    last = np.maximum(_local_ms(end, zone), first)
    for hours in chosen.hours:
        hidden |= _meets(first, last, hours)
    return hidden


def hidden_places(lon: Any, lat: Any, accuracy: Any, chosen: NeverSent) -> Mask:  # noqa: ANN401 - arrays of numbers
    """Mark the fixes that may lie within a chosen place, by degrees and metres.

    A fix counts as within where the circle of its own accuracy reaches into the place; at most
    the place's radius is added, or one use of a distant mast would hide a whole town.
    """
    hidden = np.zeros(len(lon), dtype=np.bool_)
    reach = np.nan_to_num(np.asarray(accuracy, dtype=np.float64), nan=0.0)
    for place in chosen.places:
        metres = _metres(np.asarray(lon), np.asarray(lat), place)
        hidden |= metres <= place.radius_m + np.minimum(reach, place.radius_m)
    return hidden


def left(kind: str, packed: bytes, chosen: NeverSent, zone: ZoneInfo) -> tuple[bytes, int]:
    """Return packed rows of one person without those that are never sent, and how many are left."""
    hidden, rows = _HIDDEN[kind](packed, chosen, zone)
    if not hidden.any():
        return packed, len(hidden)
    keep = np.flatnonzero(~hidden)
    if not len(keep):
        return b"", 0
    return _PACK[kind](rows, keep), len(keep)


def _fixes(packed: bytes, chosen: NeverSent, zone: ZoneInfo) -> tuple[Mask, Fixes]:
    rows, _ = unpack_fixes([packed])
    near = hidden_places(rows.lon_e7 * E7, rows.lat_e7 * E7, rows.accuracy, chosen)
    return hidden_instants(rows.time, chosen, zone) | near, rows


def _visits(packed: bytes, chosen: NeverSent, zone: ZoneInfo) -> tuple[Mask, Visits]:
    rows, _ = unpack_visits([packed])
    return hidden_spans(rows.start, rows.end, chosen, zone), rows


def _encounters(packed: bytes, chosen: NeverSent, zone: ZoneInfo) -> tuple[Mask, Encounters]:
    rows, _ = unpack_encounters([packed])
    return hidden_spans(rows.start, rows.end, chosen, zone), rows


def _some_fixes(rows: Fixes, keep: NDArray[np.intp]) -> bytes:
    place = rows.lon_e7[keep], rows.lat_e7[keep]
    return pack_fixes(Fixes(rows.time[keep], *place, rows.accuracy[keep], rows.source[keep]))


def _some_visits(rows: Visits, keep: NDArray[np.intp]) -> bytes:
    some: Any = pa.array(keep)
    venue, room = rows.venue.take(some), rows.room.take(some)
    return pack_visits(Visits(venue, room, rows.start[keep], rows.end[keep], rows.presumed[keep]))


def _some_encounters(rows: Encounters, keep: NDArray[np.intp]) -> bytes:
    span = rows.start[keep], rows.end[keep]
    return pack_encounters(Encounters(rows.beacon[keep], *span, rows.attenuation[keep]))


_HIDDEN: Final[dict[str, Any]] = {"fixes": _fixes, "visits": _visits, "encounters": _encounters}
_PACK: Final[dict[str, Any]] = {
    "fixes": _some_fixes,
    "visits": _some_visits,
    "encounters": _some_encounters,
}


def _meets(first: Longs, last: Longs, hours: Hours) -> Mask:
    """Mark spans of local milliseconds that meet a part of the day."""
    day = DAY_MINUTES * MILLISECONDS_A_MINUTE
    start = hours.start * MILLISECONDS_A_MINUTE
    lasts = (hours.until - hours.start) % DAY_MINUTES * MILLISECONDS_A_MINUTE or day
    # The last beginning of the part that is not after the span's end: does it still last?
    begins = (last - start) // day * day + start
    met: Mask = begins + lasts > first
    return met


def _local_ms(times: Longs, zone: ZoneInfo) -> Longs:
    """Return instants by the local clock, as ms since the local 1970."""
    quarters, which = np.unique(times // _QUARTER_MS, return_inverse=True)
    offsets = [_offset_ms(int(one) * _QUARTER_MS, zone) for one in quarters.tolist()]
    local: Longs = times + np.array(offsets, dtype=np.int64)[which]
    return local


def _offset_ms(instant: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(instant / 1_000, tz=UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) * 1_000


def _metres(lon: NDArray[np.float64], lat: NDArray[np.float64], place: Place) -> Any:  # noqa: ANN401 - an array
    """Return how far points are from a place's centre, over the ground."""
    across, up = np.radians(lon - place.lon) / 2, np.radians(lat - place.lat) / 2
    beside = np.cos(np.radians(lat)) * math.cos(math.radians(place.lat))
    chord = np.sin(up) ** 2 + beside * np.sin(across) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
