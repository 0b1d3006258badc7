"""Compile every kernel once, by tracing a case: `python -m fortnight.cli.compile`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from fortnight.api import trace

_FIXES = 200
_COARSE = 3  # of twenty fixes
_DAY = date(2026, 3, 2)


def main() -> None:
    """Trace one made-up person among another, both moving and still, fine and coarse."""
    start = int(datetime(_DAY.year, _DAY.month, _DAY.day, tzinfo=UTC).timestamp() * 1_000)
    steps = np.arange(_FIXES)
    people: list[dict[str, Any]] = [
        {
            "participant": [name] * _FIXES,
            "time": start + steps * 300_000,
            "lon": 21.0 + np.maximum(0, steps - 100) * 1e-4,
            "lat": np.full(_FIXES, 52.0),
            "accuracy": np.where(steps % 20 < _COARSE, 2_000.0, 10.0),
        }
        for name in ("one", "two")
    ]
    table = pa.concat_tables([pa.table(person) for person in people])
    trace(table, case="one", onset=_DAY, min_minutes=0).contacts.num_rows  # noqa: B018


if __name__ == "__main__":
    main()
