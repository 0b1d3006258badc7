"""Rows in columns: as a reader delivers them, and as they leave once every check has passed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Column = pa.Array[Any]
    DictionaryColumn = pa.DictionaryArray[Any, Any]

UNKNOWN_SOURCE = 3  # the place of "unknown" in schema.SOURCES


@dataclass(frozen=True, slots=True)
class FixBatch:
    """Fixes of one input that passed every row check. Arrays may be read-only.

    ``names`` may hold participants of whom no row was kept, and a name twice.
    """

    input: int  # position of its input in Stream.reports
    names: pa.StringArray  # the participants that `who` points into
    who: NDArray[np.int32]
    time: NDArray[np.int64]  # milliseconds since 1970 UTC, rounded down
    lon: NDArray[np.float64]  # degrees
    lat: NDArray[np.float64]
    accuracy: NDArray[np.float32]  # metres, NaN where none was claimed
    source: NDArray[np.uint8]  # place in schema.SOURCES

    def part(self, rows: slice) -> FixBatch:
        """Return some of the rows, without a copy."""
        return replace(
            self,
            who=self.who[rows],
            time=self.time[rows],
            lon=self.lon[rows],
            lat=self.lat[rows],
            accuracy=self.accuracy[rows],
            source=self.source[rows],
        )


@dataclass(frozen=True, slots=True)
class StayBatch:
    """Stays of one input that passed every row check. Arrays may be read-only."""

    input: int
    names: pa.StringArray
    who: NDArray[np.int32]
    start: NDArray[np.int64]  # milliseconds since 1970 UTC
    end: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    accuracy: NDArray[np.float32]  # metres, NaN where none was claimed

    def part(self, rows: slice) -> StayBatch:
        """Return some of the rows, without a copy."""
        return replace(
            self,
            who=self.who[rows],
            start=self.start[rows],
            end=self.end[rows],
            lon=self.lon[rows],
            lat=self.lat[rows],
            accuracy=self.accuracy[rows],
        )


@dataclass(frozen=True, slots=True)
class RawFixes:
    """Fixes as a reader understood them, before any check.

    ``who`` is -1 where there is no participant, ``time`` is ``NOT_A_TIME`` or ``NO_OFFSET`` of
    :mod:`fortnight.evidence.times` where there is no instant, ``lon`` and ``lat`` are NaN where
    there is no number, and ``accuracy`` is ``-inf`` where something else than a number was claimed.
    """

    names: pa.StringArray
    who: NDArray[np.int32]
    time: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    accuracy: NDArray[np.float32]
    source: NDArray[np.uint8]
    where: Callable[[int], str]  # row -> "line 14"
    shown: Callable[[int], str] | None = None  # row -> what the file said, where that is at hand

    def batch(self, place: int, keep: NDArray[np.intp] | None) -> FixBatch:
        """Return the rows at `keep` as a batch of the input at `place`; None keeps all."""
        rows = slice(None) if keep is None else keep
        return FixBatch(
            place,
            self.names,
            self.who[rows],
            self.time[rows],
            self.lon[rows],
            self.lat[rows],
            self.accuracy[rows],
            self.source[rows],
        )


@dataclass(frozen=True, slots=True)
class RawStays:
    """Stays as a reader understood them, before any check; the same marks as in RawFixes."""

    names: pa.StringArray
    who: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    accuracy: NDArray[np.float32]
    where: Callable[[int], str]
    shown: Callable[[int], str]

    def batch(self, place: int, keep: NDArray[np.intp]) -> StayBatch:
        """Return the stays at `keep` as a batch of the input at `place`."""
        return StayBatch(
            place,
            self.names,
            self.who[keep],
            self.start[keep],
            self.end[keep],
            self.lon[keep],
            self.lat[keep],
            self.accuracy[keep],
        )

    def only(self, keep: NDArray[np.intp]) -> RawStays:
        """Return the stays at `keep`."""
        return RawStays(
            self.names,
            self.who[keep],
            self.start[keep],
            self.end[keep],
            self.lon[keep],
            self.lat[keep],
            self.accuracy[keep],
            lambda row: self.where(int(keep[row])),
            lambda row: self.shown(int(keep[row])),
        )


def one_name(name: str, count: int) -> tuple[pa.StringArray, NDArray[np.int32]]:
    """Return ``names`` and ``who`` for `count` rows that all belong to `name`."""
    return text_array([name]), np.zeros(count, dtype=np.int32)


def index_names(values: Sequence[str | None]) -> tuple[pa.StringArray, NDArray[np.int32]]:
    """Return ``names`` and ``who`` for a participant a row; None or blank becomes -1."""
    places: dict[str, int] = {}
    who = np.fromiter(
        (
            places.setdefault(value.strip(), len(places)) if value and value.strip() else -1
            for value in values
        ),
        dtype=np.int32,
        count=len(values),
    )
    return text_array(list(places)), who


def text_array(values: Sequence[str | None]) -> pa.StringArray:
    """Return an Arrow string array, also for no values at all."""
    return pa.array(values, pa.string())
