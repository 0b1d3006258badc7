"""Files of evidence other than fixes, written for a test and read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

import fortnight

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from fortnight.evidence.schema import Evidence, InputReport

NOW = 1_800_000_000_000
DAY = "2024-07-01"


def at(clock: str, day: str = DAY) -> datetime:
    """Return a moment of the day in UTC, from `18:00`."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


def stamp(clock: str) -> str:
    """Return a moment of the day as a file has it."""
    return at(clock).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(
    folder: Path,
    *contents: object,
    enrolled: Collection[str] | None = None,
    window: tuple[int, int] | None = None,
    now: int = NOW,
) -> Evidence:
    """Write each of some contents to a file of its own, and read them all.

    Bytes and text are written as they are, tables as Parquet, anything else as JSON.
    """
    paths = [folder / f"file{place}.dat" for place in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        _write(path, content)
    return fortnight.read(*paths, now=now, enrolled=enrolled, window=window)


def _write(path: Path, content: object) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif isinstance(content, pa.Table):
        pq.write_table(content, path)
    else:
        path.write_text(json.dumps(content), encoding="utf-8")


def only(evidence: Evidence) -> InputReport:
    """Return the one report, which accounts for every row."""
    (report,) = evidence.inputs
    assert report.received == report.kept + sum(report.refused.values())
    return report


def rows(table: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of a table, row by row."""
    return [tuple(row[name] for name in columns) for row in table.to_pylist()]


def csv(header: str, lines: Sequence[str]) -> str:
    """Return lines under a header."""
    return "\n".join([header, *lines, ""])
