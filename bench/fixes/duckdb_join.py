"""DuckDB on raw fixes: with a grid of cells and time, and as most people write it."""

# ruff: noqa: S608 - every query is put together from constants, columns and whole numbers

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

from bench.contract import ANSWER, MS_A_MINUTE, RADIUS_M
from bench.measured import load, missing, own_peak_bytes, version_of
from bench.rawfixes import APART_MS, BUCKET_MS, NEAR_SQL, POINT_SQL
from bench.worlds import EARTH_M

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

CELL_M: Final = 50.0
SLOT_MS: Final = 720_000
OFFSET: Final = 1 << 18  # makes cells positive; 19 bits each


class _DuckdbFixes(ABC):
    """Reads the file, numbers the participants by name, and holds the connection."""

    limit_people = None
    limit_cases = None

    def __init__(self) -> None:
        self._connection: Any = None

    def available(self) -> str | None:
        """Need the package only."""
        return missing("duckdb")

    def version(self) -> str:
        """Return DuckDB's version."""
        return version_of("duckdb")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Make the table that the question wants."""
        connection = load("duckdb").connect(str(workdir / "fixes.duckdb"))
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(
            f"""CREATE TABLE person AS SELECT participant,
            (row_number() OVER (ORDER BY participant) - 1)::INTEGER AS who
            FROM (SELECT DISTINCT participant FROM '{source}')"""
        )
        rows = f"""SELECT who, epoch_ms(time) AS t, lon, lat
        FROM '{source}' JOIN person USING (participant)"""
        for statement in self._tables(rows):
            connection.execute(statement)
        connection.close()

    def open(self, workdir: Path) -> None:
        """Open the file read-only."""
        self._connection = load("duckdb").connect(str(workdir / "fixes.duckdb"), read_only=True)

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask for all cases at once."""
        query = self._query(", ".join(str(case) for case in cases))
        table: pa.Table = self._connection.sql(query).to_arrow_table()
        return table.rename_columns(ANSWER.names).cast(ANSWER)

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    @abstractmethod
    def _tables(self, rows: str) -> list[str]:
        """Return the statements that make the table from the fixes of ``rows``."""

    @abstractmethod
    def _query(self, chosen: str) -> str:
        """Return the question about the chosen cases."""


class DuckdbGridFixes(_DuckdbFixes):
    """Best effort: every fix under its cell and slot, the question widened, one equi-join."""

    name = "DuckDB, grid join on fixes"
    setting = (
        "fixes within 25 m and 180 s, sorted by 50 m cell and 12-minute slot, the question's "
        "fixes repeated into the neighbouring cells and slots, one equi-join"
    )

    def _tables(self, rows: str) -> list[str]:
        cells = ", ".join(f"floor({axis} / {CELL_M})::BIGINT AS c{axis}" for axis in "xyz")
        keyed = f"""SELECT {_cell()} AS cell, t // {SLOT_MS} AS slot, who, t, x, y, z
        FROM (SELECT *, {cells} FROM (SELECT who, t, {POINT_SQL} FROM ({rows})))"""
        return [
            f"CREATE TABLE fix AS {keyed} ORDER BY cell, slot",
            "CREATE TABLE own AS SELECT who, t, x, y, z FROM fix ORDER BY who, t",
        ]

    def _query(self, chosen: str) -> str:
        asked = f"SELECT * FROM own WHERE who IN ({chosen})"
        for axis in "xyz":
            low, high = (f"floor(({axis} {s} {RADIUS_M}) / {CELL_M})::BIGINT" for s in "-+")
            asked = f"SELECT *, unnest(range({low}, {high} + 1)) AS c{axis} FROM ({asked})"
        slots = f"range((t - {APART_MS}) // {SLOT_MS}, (t + {APART_MS}) // {SLOT_MS} + 1)"
        asked = f"SELECT *, {_cell()} AS cell, unnest({slots}) AS slot FROM ({asked})"
        return f"""SELECT a.who, b.who, {BUCKET_MS / MS_A_MINUTE}
        * count(DISTINCT a.t // {BUCKET_MS})
        FROM ({asked}) a JOIN fix b ON a.cell = b.cell AND a.slot = b.slot
        WHERE a.who <> b.who AND abs(a.t - b.t) <= {APART_MS} AND {NEAR_SQL}
        GROUP BY ALL ORDER BY ALL"""


class DuckdbPlainFixes(_DuckdbFixes):
    """The join that is found in most notebooks: same five minutes, then the haversine formula."""

    name = "DuckDB, plain join on fixes"
    setting = (
        "fixes in the same five minutes of the clock and within 25 m by the haversine formula, "
        "a hash join on the five minutes, no cells"
    )

    def _tables(self, rows: str) -> list[str]:
        return [
            f"CREATE TABLE fix AS SELECT t // {BUCKET_MS} AS bucket, * FROM ({rows}) ORDER BY t"
        ]

    def _query(self, chosen: str) -> str:
        haversine = (
            f"2 * {EARTH_M} * asin(sqrt(pow(sin(radians(b.lat - a.lat) / 2), 2) + "
            "cos(radians(a.lat)) * cos(radians(b.lat)) * pow(sin(radians(b.lon - a.lon) / 2), 2)))"
        )
        return f"""SELECT a.who, b.who, {BUCKET_MS / MS_A_MINUTE} * count(DISTINCT a.bucket)
        FROM fix a JOIN fix b ON a.bucket = b.bucket
        WHERE a.who IN ({chosen}) AND a.who <> b.who AND {haversine} <= {RADIUS_M}
        GROUP BY ALL ORDER BY ALL"""


def _cell() -> str:
    return f"((cx + {OFFSET}) << 38) | ((cy + {OFFSET}) << 19) | (cz + {OFFSET})"
