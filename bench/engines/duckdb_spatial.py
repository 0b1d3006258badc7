"""DuckDB's spatial extension: its own spatial join on a plane, then the exact quadratic.

The extension on the package index is built for an older DuckDB than the newest, so both live in a
folder of their own, which only this peer's process looks into:

    uv pip install --target bench/data/.duckdb-spatial duckdb==1.5.5 duckdb-extension-spatial==1.5.5
"""

# ruff: noqa: S608 - every query is put together from constants, columns and whole numbers

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq

from bench import exact, sql
from bench.contract import ANSWER, RADIUS_M
from bench.measured import load, own_peak_bytes
from bench.plane import Plane, plane_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

FOLDER: Final = Path(__file__).parents[1] / "data" / ".duckdb-spatial"
NEAR_M: Final = RADIUS_M + 0.01  # room for rounding on the plane
TILE_M: Final = 200.0


class DuckdbSpatial:
    """The join's condition is ST_DWithin alone; anything beside it would make it quadratic."""

    name = "DuckDB spatial"
    setting = (
        "points and lines on a plane, each day on a strip of its own, rows ordered by place, "
        "spatial join on ST_DWithin alone, time and uncertainty after it"
    )
    limit_people = None
    limit_cases = None

    def __init__(self) -> None:
        self._connection: Any = None

    def available(self) -> str | None:
        """Need DuckDB and the extension built for it, both in the folder of their own."""
        if _extension() is None:
            return f"no spatial.duckdb_extension below {FOLDER.relative_to(FOLDER.parents[2])}"
        return None

    def version(self) -> str:
        """Return the version of the DuckDB that the extension belongs to."""
        return str(_duckdb().__version__)

    def prepare(self, source: Path, workdir: Path) -> None:
        """Make the geometries and order the rows by place."""
        plane = plane_of(exact.usable(pq.read_table(source)))
        connection = _connected(workdir, read_only=False)
        connection.execute(
            f"""CREATE TABLE segment AS SELECT *, {_geometry(plane)} AS place FROM (
            SELECT who, t0::DOUBLE AS t0, t1::DOUBLE AS t1, x0, y0, z0, {sql.MOTION},
            least(s0, s1) AS least FROM '{source}' WHERE {sql.USABLE})
            ORDER BY floor({plane.place("x", "0")} / {TILE_M}), {plane.place("y", "0")}"""
        )
        connection.execute("CREATE TABLE own AS FROM segment ORDER BY who, t0")
        connection.close()

    def open(self, workdir: Path) -> None:
        """Open the file read-only."""
        self._connection = _connected(workdir, read_only=True)

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask for all cases at once."""
        chosen = ", ".join(str(case) for case in cases)
        near = f"""(SELECT a, b FROM (SELECT * FROM own WHERE who IN ({chosen})) a
        JOIN segment b ON ST_DWithin(a.place, b.place, {NEAR_M}))"""
        query = sql.contacts(f"{near} WHERE {sql.judged()}")
        table: pa.Table = self._connection.sql(query).to_arrow_table()
        return table.rename_columns(ANSWER.names).cast(ANSWER)

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()


def _geometry(plane: Plane) -> str:
    start, end = (f"ST_Point({plane.place('x', e)}, {plane.place('y', e)})" for e in "01")
    return f"""CASE WHEN vx = 0 AND vy = 0 AND vz = 0 THEN {start}
    ELSE ST_MakeLine({start}, {end}) END"""


def _extension() -> Path | None:
    found = sorted(FOLDER.glob("duckdb_extension_spatial/**/spatial.duckdb_extension"))
    return found[-1] if found else None


def _duckdb() -> Any:  # noqa: ANN401 - a module
    """Import DuckDB from the folder; works only in a process that has not imported another."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    return load("duckdb")


def _connected(workdir: Path, *, read_only: bool) -> Any:  # noqa: ANN401 - a connection
    connection = _duckdb().connect(str(workdir / "spatial.duckdb"), read_only=read_only)
    connection.execute(f"LOAD '{_extension()}'")
    return connection
