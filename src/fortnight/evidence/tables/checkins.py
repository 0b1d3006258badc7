"""Check-ins at venues, with their check-outs, or with the end that a forgotten one is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.evidence.batches import one_name
from fortnight.evidence.checks import MAX_LAT, MAX_LON
from fortnight.evidence.conversions import (
    Clock,
    any_numbers,
    blanks,
    dictionary,
    is_text,
    plain_text,
    unblanked,
)
from fortnight.evidence.signs import NOBODY, RawSigns
from fortnight.evidence.times import NOT_A_TIME, iso
from fortnight.evidence.values import encoded_names
from fortnight.parameters import MILLISECONDS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fortnight.evidence.batches import Column
    from fortnight.evidence.roles import Roles

    Milliseconds = NDArray[np.int64]

MINUTE_MS: Final = 60_000
DEFAULT_STAY_MINUTES: Final = 120
"""How long a forgotten check-out is presumed to be away where the venue has no rule of its own:
a choice of this project, without a source. The row says that its end is presumed."""
LEAST_STAY_MINUTES: Final = 15
MOST_STAY_MINUTES: Final = 23 * 60 + 45
"""Bounds of a venue's own rule, and a quarter of an hour for who checks in after closing time: as
Corona-Warn-App ends forgotten check-ins (cwa-app-android, DefaultAutoCheckoutLengthTest)."""

_CLOCK: Final = r"^(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::[0-5]\d(?:\.\d*)?)?$"
_OFFSET: Final = r"\d(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?$"


class CheckIns:
    """Turns the columns of a table of check-ins into visits.

    Parameters
    ----------
    roles : Roles
        Which column means what.
    participant : str
        Who checked in, where no column says.
    """

    def __init__(self, roles: Roles, participant: str) -> None:
        self._at = roles.at
        self._participant = participant
        self._clock = Clock(utc=roles.utc)

    def rows(
        self,
        data: Mapping[int, Column],
        where: Callable[[int], str],
        shown: Callable[[int], str] | None = None,
    ) -> RawSigns:
        """Return a chunk of the table as visits; `data` holds the columns by their place."""
        column = {role: data[place] for role, place in self._at.items()}
        start = self._clock.instants(column["start"])
        end, presumed = self._ends(column, start)
        names, who = one_name(self._participant, len(start))
        if "who" in column:
            names, who = encoded_names(dictionary(column["who"]))
        venue = _text(column, "venue", len(start))
        lon, lat, flaws = _places(column, len(start))
        return RawSigns(
            "visits",
            names,
            who,
            np.full(len(start), NOBODY, dtype=np.int32),
            start,
            end,
            {
                "venue": venue,
                "room": _text(column, "room", len(start)),
                "closed": pa.array(np.where(presumed, "presumed", "checked-out"), pa.string()),
                "lon": pa.array(lon, from_pandas=True),
                "lat": pa.array(lat, from_pandas=True),
            },
            where,
            shown or (lambda row: f"{iso(int(start[row]))} to {iso(int(end[row]))}"),
            {"no-venue": venue.is_null().to_numpy(zero_copy_only=False), **flaws},
            presumed,
        )

    def _ends(
        self, column: Mapping[str, Column], start: Milliseconds
    ) -> tuple[Milliseconds, NDArray[np.bool_]]:
        """Return when each visit ended, and which of these ends are presumed."""
        forgotten = np.ones(len(start), dtype=np.bool_)
        end = np.full(len(start), NOT_A_TIME)
        if "end" in column:
            forgotten = blanks(column["end"])
            end = self._clock.instants(unblanked(column["end"]))
        presumed = forgotten
        if "closed" in column:
            words = pc.utf8_lower(plain_text(column["closed"]))
            told: Any = pc.equal(words, pa.scalar("presumed", pa.string())).fill_null(False)
            presumed = forgotten | told.to_numpy(zero_copy_only=False)
        if forgotten.any():
            end = np.where(forgotten, self._presumed(column, start), end)
        return end, presumed

    def _presumed(self, column: Mapping[str, Column], start: Milliseconds) -> Milliseconds:
        """Return when each visit would end by the venue's rule, else after the default stay."""
        length = np.full(len(start), np.inf)
        if "minutes" in column:
            told = any_numbers(column["minutes"])
            length = np.where(told > 0, told, np.inf)
        if "closing" in column:
            closes = self._closing(column["closing"], column["start"], start)
            until = np.where(closes > NOT_A_TIME + 1, (closes - start) / MINUTE_MS, np.inf)
            length = np.minimum(length, until)
        length = np.where(np.isfinite(length), length, DEFAULT_STAY_MINUTES)
        length = np.clip(length, LEAST_STAY_MINUTES, MOST_STAY_MINUTES)
        known = start > NOT_A_TIME + 1
        return np.where(known, start + np.rint(length * MINUTE_MS).astype(np.int64), start)

    def _closing(self, closing: Column, opened: Column, start: Milliseconds) -> Milliseconds:
        """Return when the venue next closes: an instant, or a clock's time at the check-in's."""
        if pa.types.is_time(closing.type):
            closing = closing.cast(pa.string())
        if not is_text(closing.type):
            return self._clock.instants(closing)
        texts = plain_text(closing)
        clocks: Any = pc.extract_regex(texts, _CLOCK)
        by_clock = clocks.is_valid().to_numpy(zero_copy_only=False)
        rest = pc.if_else(pa.array(by_clock), pa.scalar(None, pa.string()), texts)
        closes = self._clock.instants(unblanked(rest))
        if not by_clock.any():
            return closes
        ahead = _offsets(opened, len(start))
        local = start + ahead
        of_day = (_part(clocks, "hour") * 60 + _part(clocks, "minute")) * MINUTE_MS
        at = local // MILLISECONDS_A_DAY * MILLISECONDS_A_DAY + of_day
        at = np.where(at <= local, at + MILLISECONDS_A_DAY, at) - ahead
        return np.where(by_clock, at, closes)


def _offsets(opened: Column, count: int) -> Milliseconds:
    """Return by how many milliseconds the clock of each check-in is ahead of UTC, as it says."""
    if not is_text(opened.type):
        return np.zeros(count, dtype=np.int64)
    found: Any = pc.extract_regex(plain_text(opened), _OFFSET)
    minutes = _part(found, "hours") * 60 + _part(found, "minutes")
    behind: Any = pc.equal(pc.struct_field(found, "sign"), pa.scalar("-", pa.string())).fill_null(
        False
    )
    return np.where(behind.to_numpy(zero_copy_only=False), -minutes, minutes) * MINUTE_MS


def _part(found: pa.Array[Any], name: str) -> NDArray[np.int64]:
    """Return what a group of an expression matched as whole numbers, 0 where nothing."""
    digits = pc.struct_field(found, name)
    blank = pc.equal(digits, pa.scalar("", pa.string()))
    texts: Any = pc.if_else(blank, pa.scalar("0", pa.string()), digits).fill_null("0")
    values: NDArray[np.int64] = texts.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return values


def _text(column: Mapping[str, Column], role: str, count: int) -> pa.Array[Any]:
    """Return a column of text with null for nothing, all null where there is no column."""
    if role not in column:
        return pa.nulls(count, pa.string())
    held = column[role]
    if not is_text(held.type):
        held = plain_text(held)
    return unblanked(held)


def _places(
    column: Mapping[str, Column], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[str, NDArray[np.bool_]]]:
    """Return longitudes and latitudes, NaN where none is given, and what is wrong with some."""
    if "lon" not in column or "lat" not in column:
        return np.full(count, np.nan), np.full(count, np.nan), {}
    given = ~(blanks(column["lon"]) & blanks(column["lat"]))
    lon, lat = any_numbers(column["lon"]), any_numbers(column["lat"])
    return (
        lon,
        lat,
        {
            "not-a-number": given & ~(np.isfinite(lon) & np.isfinite(lat)),
            "off-globe": (np.abs(lon) > MAX_LON) | (np.abs(lat) > MAX_LAT),
            "null-island": (lon == 0) & (lat == 0),
        },
    )
