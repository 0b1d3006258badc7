"""SedonaDB: its spatial join on a plane, time beside it, then the exact quadratic."""

# ruff: noqa: S608 - every query is put together from constants, columns and whole numbers

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from bench import exact, sql
from bench.contract import ANSWER, RADIUS_M
from bench.measured import load, missing, own_peak_bytes, version_of
from bench.plane import Plane, plane_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NEAR_M: Final = RADIUS_M + 0.01  # room for rounding on the plane


class Sedona:
    """SedonaDB keeps no index on disk: rows are held in memory and indexed in every join."""

    name = "SedonaDB"
    setting = (
        "lines on a plane, each day on a strip of its own, held in memory; spatial join on "
        "ST_DWithin with time and uncertainty as its filter"
    )
    limit_people = None
    limit_cases = None

    def __init__(self) -> None:
        self._context: Any = None

    def available(self) -> str | None:
        """Need the package, and geoarrow for handing its answers over."""
        return missing("sedonadb", "geoarrow")

    def version(self) -> str:
        """Return SedonaDB's version."""
        return version_of("sedonadb")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Write the usable segments and the plane; geometries are made when they are loaded."""
        columns = exact.usable(pq.read_table(source))
        arrays = {name: pa.array(values) for name, values in columns.items()}
        pq.write_table(pa.table(arrays), workdir / "segment.parquet")
        (workdir / "plane.json").write_text(json.dumps(asdict(plane_of(columns))))

    def open(self, workdir: Path) -> None:
        """Load the rows with their geometry into memory."""
        plane = Plane(**json.loads((workdir / "plane.json").read_text()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for PROJ and GDAL, which no query here needs
            self._context = load("sedonadb").connect()
        self._context.read_parquet(workdir / "segment.parquet").to_view("plain")
        start, end = (f"ST_Point({plane.place('x', e)}, {plane.place('y', e)})" for e in "01")
        made = self._context.sql(f"SELECT *, ST_MakeLine({start}, {end}) AS place FROM plain")
        made.to_memtable().to_view("segment")

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask for all cases at once."""
        chosen = ", ".join(str(case) for case in cases)
        query = sql.contacts(
            f"""(SELECT * FROM segment WHERE who IN ({chosen})) a
            JOIN segment b ON ST_DWithin(a.place, b.place, {NEAR_M}) AND {sql.judged()}"""
        )
        table: pa.Table = self._context.sql(query).to_arrow_table()
        return table.rename_columns(ANSWER.names).cast(ANSWER)

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Let go of the rows."""
        self._context = None
