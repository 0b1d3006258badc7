"""DuckDB with a packed integer grid: cells of two sizes, long legs cut into pieces, one equi-join.

Tried and slower on 5 million segments: keys with time before cell (2 times), one bucket a day for
legs (1.5), pieces of 128 m (1.2) and of 512 m (1.5), a literal list of keys that prunes row groups
(3), a prepared statement (no difference).
"""

# ruff: noqa: S608 - every query is put together from constants, columns and whole numbers

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bench import sql
from bench.contract import ANSWER, MS_A_DAY, RADIUS_M
from bench.measured import load, missing, own_peak_bytes, version_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

STAY_CELL_M: Final = 64.0
STAY_LENGTH_M: Final = 32.0  # longer segments are legs
LEG_CELL_M: Final = 256.0  # legs are cut into pieces of at most this length
LEG_BUCKET_MS: Final = 4 * 3_600_000
MARGIN_M: Final = 0.001  # for rounding of positions 6,400 km from the origin
OFFSET: Final = 1 << 17  # makes cells positive; 18 bits reach 8,389 km with cells of 64 m
LENGTH: Final = "sqrt(vx * vx + vy * vy + vz * vz) * (t1 - t0)"


class DuckdbGrid:
    """The whole join in one statement; the table lies sorted by key in DuckDB's own file."""

    name = "DuckDB, grid join"
    setting = (
        "pieces stored once by the cell of their middle (stays 64 m a day, legs cut to 256 m "
        "a 4 hours), table sorted by the packed key, the question widened, one equi-join"
    )
    limit_people = None
    limit_cases = None

    def __init__(self) -> None:
        self._connection: Any = None
        self._start_ms = 0.0
        self._reach = {"stay": 0.0, "late": 0.0}

    def available(self) -> str | None:
        """Need the package only."""
        return missing("duckdb")

    def version(self) -> str:
        """Return DuckDB's version."""
        return version_of("duckdb")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Cut, key and sort the segments, and keep them by person for the case's own rows."""
        connection = load("duckdb").connect(str(workdir / "grid.duckdb"))
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(_own(source))
        connection.execute("CREATE TABLE start AS SELECT min(t0 - t0 % 86400000) AS ms FROM own")
        connection.execute(_pieces())
        connection.execute(
            f"""CREATE TABLE reach AS SELECT
            coalesce(max({LENGTH}) FILTER (key < {1 << 62}), 0) AS stay,
            coalesce(max(t1 - t0) FILTER (key >= {1 << 62}), 0) AS late FROM piece"""
        )
        connection.close()

    def open(self, workdir: Path) -> None:
        """Open the file read-only and read the two numbers that widen the question."""
        self._connection = load("duckdb").connect(str(workdir / "grid.duckdb"), read_only=True)
        self._start_ms = self._connection.sql("SELECT ms FROM start").fetchall()[0][0]
        ((stay, late),) = self._connection.sql("SELECT stay, late FROM reach").fetchall()
        self._reach = {"stay": stay, "late": late}

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask for all cases at once."""
        pairs = f"({self._asked(cases)}) a JOIN piece b ON a.key = b.key WHERE {sql.judged()}"
        table: pa.Table = self._connection.sql(sql.contacts(pairs)).to_arrow_table()
        return table.rename_columns(ANSWER.names).cast(ANSWER)

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    def _asked(self, cases: Sequence[int]) -> str:
        """Return the case's pieces, once under each key where something near could be stored."""
        chosen = ", ".join(str(case) for case in cases)
        own = f"SELECT * FROM own WHERE who IN ({chosen})"
        near_stays = RADIUS_M + MARGIN_M + self._reach["stay"] / 2
        near_legs = RADIUS_M + MARGIN_M + LEG_CELL_M / 2
        stays = self._widened(own, near_stays, STAY_CELL_M, MS_A_DAY, legs=False)
        legs = self._widened(own, near_legs, LEG_CELL_M, LEG_BUCKET_MS, legs=True)
        return f"{stays} UNION ALL {legs}"

    def _widened(
        self, own: str, near_m: float, cell_m: float, bucket_ms: int, *, legs: bool
    ) -> str:
        late = self._reach["late"] if legs else 0.0
        first = f"floor(greatest(t0 - {self._start_ms} - {late}, 0) / {bucket_ms})::BIGINT"
        last = f"floor((t1 - {self._start_ms} - 1e-3) / {bucket_ms})::BIGINT"
        rows = f"SELECT *, unnest(range({first}, {last} + 1)) AS tb FROM ({_cut(own, cell_m)})"
        for axis in "xyz":
            end = f"{axis}0 + v{axis} * (t1 - t0)"
            low = f"floor((least({axis}0, {end}) - {near_m}) / {cell_m})::BIGINT"
            high = f"floor((greatest({axis}0, {end}) + {near_m}) / {cell_m})::BIGINT"
            rows = f"SELECT *, unnest(range({low}, {high} + 1)) AS c{axis} FROM ({rows})"
        key = _key(str(legs), "cx", "cy", "cz", "tb")
        return f"SELECT {key} AS key, {_MOVE} FROM ({rows})"


_MOVE: Final = "who, t0, t1, x0, y0, z0, vx, vy, vz, least"


def _own(source: Path) -> str:
    return f"""CREATE TABLE own AS SELECT who, t0::DOUBLE AS t0, t1::DOUBLE AS t1, x0, y0, z0,
    {sql.MOTION}, least(s0, s1) AS least FROM '{source}' WHERE {sql.USABLE} ORDER BY who, t0"""


def _pieces() -> str:
    leg = f"({LENGTH} > {STAY_LENGTH_M})"
    rows = " UNION ALL ".join(
        (
            f"SELECT *, false AS leg FROM own WHERE NOT {leg}",
            f"SELECT *, true AS leg FROM ({_cut(f'SELECT * FROM own WHERE {leg}', LEG_CELL_M)})",
        )
    )
    cell = f"CASE WHEN leg THEN {LEG_CELL_M} ELSE {STAY_CELL_M} END"
    bucket = f"CASE WHEN leg THEN {LEG_BUCKET_MS} ELSE {MS_A_DAY} END"
    x, y, z = (f"floor(({a}0 + v{a} * (t1 - t0) / 2) / ({cell}))::BIGINT" for a in "xyz")
    time = f"floor((t0 - (SELECT ms FROM start)) / ({bucket}))::BIGINT"
    return f"""CREATE TABLE piece AS SELECT {_key("leg", x, y, z, time)} AS key, {_MOVE}
    FROM ({rows}) ORDER BY key"""


def _cut(rows: str, longest_m: float) -> str:
    """Return the rows cut into equal pieces of at most ``longest_m``, each a segment of its own."""
    count = f"greatest(1, ceil({LENGTH} / {longest_m}))::BIGINT"
    numbered = f"SELECT *, unnest(range(n)) AS k FROM (SELECT *, {count} AS n FROM ({rows}))"
    places = ", ".join(f"{a}0 + v{a} * (t1 - t0) * k / n AS {a}0" for a in "xyz")
    return f"""SELECT who, t0 + (t1 - t0) * k / n AS t0,
    CASE WHEN k + 1 = n THEN t1 ELSE t0 + (t1 - t0) * (k + 1) / n END AS t1,
    {places}, vx, vy, vz, least FROM ({numbered})"""


def _key(leg: str, x: str, y: str, z: str, bucket: str) -> str:
    """Pack kind, cell and time bucket into 63 bits, cell before time."""
    return (
        f"((({leg})::BIGINT << 62) | (({x} + {OFFSET}) << 44) | (({y} + {OFFSET}) << 26) "
        f"| (({z} + {OFFSET}) << 8) | ({bucket}))"
    )
