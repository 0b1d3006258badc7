"""The shape of evidence once it is inside: fixes, stays, and what became of each input."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads it when an index is opened
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

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
    format: str  # "gpx", "owntracks", …; "none" where the file was refused whole
    received: int
    kept: int
    refused: Mapping[str, int]
    examples: tuple[Refusal, ...] = ()  # the first few, for people
    problem: str | None = None  # why the file, or its rest from some line on, was not read


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was read: fixes in any order, stays, and a report for each input."""

    fixes: pa.Table
    stays: pa.Table
    inputs: tuple[InputReport, ...]
