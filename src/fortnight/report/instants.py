"""Instants and tables as a document writes them: ISO 8601 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fortnight.report.document import Interval


def instant(ms: float) -> str:
    """Return an instant as ISO 8601 in UTC, to the millisecond where there is one."""
    moment = datetime.fromtimestamp(round(ms) / 1_000, tz=UTC)
    precision = "milliseconds" if round(ms) % 1_000 else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def interval(start: float, end: float) -> Interval:
    """Return a period between two instants in ms since 1970."""
    return Interval(start=instant(start), end=instant(end))


def iso(table: pa.Table, *columns: str) -> list[dict[str, Any]]:
    """Return a table's rows with the given timestamp columns as ISO 8601 text."""
    for name in columns:
        place = table.schema.get_field_index(name)
        moments: list[Any] = pc.cast(table[name], pa.int64()).to_pylist()
        text = [instant(ms) for ms in moments]
        table = table.set_column(place, name, pa.array(text, pa.string()))
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
