"""The shape of evidence once it is inside: fixes, stays, signs, and what became of each input."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads it when an index is opened
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

SOURCES: Final = ("gnss", "wifi", "cell", "unknown")
"""What a fix was made from; its place in this tuple is its code in compact rows."""

_FIXES: list[pa.Field[Any]] = [
    pa.field("participant", pa.string(), nullable=False),
    pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False),
    pa.field("lon", pa.float64(), nullable=False),
    pa.field("lat", pa.float64(), nullable=False),
    pa.field("accuracy", pa.float32()),  # metres, 68 %; null where the phone claimed none
    pa.field("source", pa.string(), nullable=False),
]
FIXES: Final = pa.schema(_FIXES)
"""One location observation a row (WGS 84 degrees)."""

_STAYS: list[pa.Field[Any]] = [
    pa.field("participant", pa.string(), nullable=False),
    pa.field("start", pa.timestamp("ms", tz="UTC"), nullable=False),
    pa.field("end", pa.timestamp("ms", tz="UTC"), nullable=False),
    pa.field("lon", pa.float64(), nullable=False),
    pa.field("lat", pa.float64(), nullable=False),
    pa.field("accuracy", pa.float32()),
]
STAYS: Final = pa.schema(_STAYS)
"""One period at one place that a phone's own timeline claims."""

_INSTANT: Final = pa.timestamp("ms", tz="UTC")

_ENCOUNTERS: list[pa.Field[Any]] = [
    pa.field("participant", pa.string(), nullable=False),
    pa.field("other", pa.string(), nullable=False),
    pa.field("start", _INSTANT, nullable=False),
    pa.field("end", _INSTANT, nullable=False),
    pa.field("attenuation", pa.float32()),  # dB; null where the sensor tells closeness itself
    pa.field("kind", pa.string(), nullable=False),  # "bluetooth" or "sensor"
]
ENCOUNTERS: Final = pa.schema(_ENCOUNTERS)
"""One time that a device noticed another. Where it ends as it starts, nothing says how long."""

_SCAN: list[pa.Field[Any]] = [
    pa.field("typical", pa.float32()),  # dB
    pa.field("minimum", pa.float32()),  # dB; null where the phone kept none
    pa.field("seconds", pa.int32()),  # since the scan before
]
_WINDOWS: list[pa.Field[Any]] = [
    pa.field("participant", pa.string(), nullable=False),
    pa.field("other", pa.string()),  # null where the file does not name the infected person
    pa.field("day", pa.date32(), nullable=False),  # UTC
    pa.field("report_type", pa.int8(), nullable=False),  # as Google and Apple number them
    pa.field("infectiousness", pa.int8(), nullable=False),  # 0 none, 1 standard, 2 high
    pa.field("confidence", pa.int8(), nullable=False),  # of the calibration: 0 lowest to 3 high
    pa.field("scans", pa.list_(pa.struct(_SCAN)), nullable=False),
]
WINDOWS: Final = pa.schema(_WINDOWS)
"""One exposure window of the Google/Apple system: at most half an hour near one infected phone."""

_VISITS: list[pa.Field[Any]] = [
    pa.field("participant", pa.string(), nullable=False),
    pa.field("venue", pa.string(), nullable=False),
    pa.field("room", pa.string()),
    pa.field("start", _INSTANT, nullable=False),
    pa.field("end", _INSTANT, nullable=False),
    pa.field("closed", pa.string(), nullable=False),  # "checked-out" or "presumed"
    pa.field("lon", pa.float64()),
    pa.field("lat", pa.float64()),
]
VISITS: Final = pa.schema(_VISITS)
"""One check-in at a venue, with its check-out or a presumed end."""

_TIES: list[pa.Field[Any]] = [
    pa.field("participant", pa.string(), nullable=False),  # who called or wrote
    pa.field("other", pa.string(), nullable=False),  # whom
    pa.field("start", _INSTANT, nullable=False),
    pa.field("kind", pa.string(), nullable=False),  # "call" or "message"
    pa.field("seconds", pa.int32(), nullable=False),  # 0 for a message
]
TIES: Final = pa.schema(_TIES)
"""One call or message between two participants who both agreed."""

_DAY_MS: Final = 86_400_000

SIGNS: Final[Mapping[str, pa.Schema]] = {
    "encounters": ENCOUNTERS,
    "windows": WINDOWS,
    "visits": VISITS,
    "ties": TIES,
}
"""The evidence that is no fix, by its name in :class:`Signs`."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Evidence other than fixes, each table sorted by all of its columns, with no row twice."""

    encounters: pa.Table
    windows: pa.Table
    visits: pa.Table
    ties: pa.Table

    def tables(self) -> Mapping[str, pa.Table]:
        """Return the tables by their names."""
        return {name: getattr(self, name) for name in SIGNS}

    def last(self) -> int | None:
        """Return the last instant of any sign, in ms since 1970, or None where there is none.

        An exposure window lasts to the end of its day.
        """
        moments = [
            pc.max(self.encounters["end"]),
            pc.max(self.visits["end"]),
            pc.max(self.ties["start"]),
        ]
        known = [moment.cast(pa.int64()).as_py() for moment in moments if moment.is_valid]
        day = pc.max(self.windows["day"])
        if day.is_valid:
            known.append((day.cast(pa.int32()).as_py() + 1) * _DAY_MS - 1)
        return max(known, default=None)


NO_SIGNS: Final = Signs(**{name: schema.empty_table() for name, schema in SIGNS.items()})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One example of a refused row: why, and where to look."""

    reason: str
    where: str  # "line 14", "row 3", "semanticSegments[2]", "byte 812"
    detail: str  # the value at fault, shortened


@dataclass(frozen=True, slots=True)
class InputReport:
    """What became of one input file. ``received == kept + sum(refused.values())``, always."""

    path: str
    format: str  # "gpx", "check-ins", …; "none" where the file was refused whole
    received: int
    kept: int
    refused: Mapping[str, int]
    examples: tuple[Refusal, ...] = ()  # the first few, for people
    problem: str | None = None  # why the file, or its rest from some line on, was not read


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was read: fixes in any order, stays, a report for each input, and signs."""

    fixes: pa.Table
    stays: pa.Table
    inputs: tuple[InputReport, ...]
    signs: Signs = NO_SIGNS
