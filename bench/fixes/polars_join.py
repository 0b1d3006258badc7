"""Polars on raw fixes: cells and slots, one join."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.contract import ANSWER, MS_A_MINUTE, RADIUS_M
from bench.measured import load, missing, own_peak_bytes, version_of
from bench.rawfixes import APART_MS, BUCKET_MS, read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

from bench.fixes.duckdb_join import CELL_M, OFFSET, SLOT_MS


class PolarsFixes:
    """The DuckDB peer's cells and slots in a frame."""

    name = "Polars, grid join on fixes"
    setting = "as DuckDB's grid join on fixes, in a frame sorted by cell and slot, in memory"
    limit_people = None
    limit_cases = None

    def __init__(self) -> None:
        self._fix: Any = None
        self._own: Any = None

    def available(self) -> str | None:
        """Need the package only."""
        return missing("polars")

    def version(self) -> str:
        """Return Polars' version."""
        return version_of("polars")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Write the fixes by cell and slot, and by person."""
        polars = load("polars")
        frame = polars.DataFrame(read(source)).with_columns(
            polars.col("who").cast(polars.Int32), polars.col("t").cast(polars.Int64)
        )
        frame.sort("who", "t").write_ipc(workdir / "own.arrow")
        cells = [(polars.col(a) / CELL_M).floor().cast(polars.Int64) for a in "xyz"]
        slot = polars.col("t") // SLOT_MS
        keyed = frame.with_columns(_cell(*cells).alias("cell"), slot.alias("slot"))
        keyed.sort("cell", "slot").write_ipc(workdir / "fix.arrow")

    def open(self, workdir: Path) -> None:
        """Read both frames into memory."""
        polars = load("polars")
        self._fix = polars.read_ipc(workdir / "fix.arrow")
        self._own = polars.read_ipc(workdir / "own.arrow").with_columns(
            polars.col("who").set_sorted()
        )

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask for all cases at once."""
        col = load("polars").col
        apart = sum((col(a) - col(f"{a}_b")) ** 2 for a in "xyz")
        found = (
            self._asked(cases)
            .join(self._fix.lazy(), on=["cell", "slot"], suffix="_b")
            .filter(
                (col("who") != col("who_b"))
                & ((col("t") - col("t_b")).abs() <= APART_MS)
                & (apart <= RADIUS_M**2)
            )
            .group_by("who", "who_b")
            .agg((col("t") // BUCKET_MS).n_unique() * (BUCKET_MS / MS_A_MINUTE))
            .sort("who", "who_b")
            .collect()
        )
        table: pa.Table = found.to_arrow().rename_columns(ANSWER.names)
        return table.cast(ANSWER)

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Let go of both frames."""
        self._fix = self._own = None

    def _asked(self, cases: Sequence[int]) -> Any:  # noqa: ANN401 - a lazy frame
        """Return the cases' fixes, once for every cell and slot where company could be stored."""
        polars = load("polars")
        col = polars.col
        asked = self._own.lazy().filter(col("who").is_in(list(cases)))
        for axis in "xyz":
            low, high = (
                ((col(axis) + step) / CELL_M).floor().cast(polars.Int64)
                for step in (-RADIUS_M, RADIUS_M)
            )
            spread = polars.int_ranges(low, high + 1).alias(f"c{axis}")
            asked = asked.with_columns(spread).explode(f"c{axis}")
        first, last = ((col("t") + step) // SLOT_MS for step in (-APART_MS, APART_MS))
        cell = _cell(col("cx"), col("cy"), col("cz")).alias("cell")
        slots = polars.int_ranges(first, last + 1).alias("slot")
        return asked.with_columns(cell, slots).explode("slot").drop("cx", "cy", "cz")


def _cell(x: Any, y: Any, z: Any) -> Any:  # noqa: ANN401 - expressions
    """Pack as DuckDB does; shifts as products, which expressions have."""
    return (x + OFFSET) * (1 << 38) + (y + OFFSET) * (1 << 19) + (z + OFFSET)
