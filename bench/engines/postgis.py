"""PostGIS: a GiST index over boxes in space and time, then the exact quadratic in SQL."""

# ruff: noqa: S608 - every query is put together from constants, columns and whole numbers

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench import exact, pieces, sql
from bench.contract import ANSWER, RADIUS_M
from bench.engines.server import PROGRAMS, Server
from bench.measured import missing, own_peak_bytes
from bench.plane import axes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


LONGEST_M: Final = 500.0
NEAR_M: Final = RADIUS_M + 1.0  # the index keeps boxes in single precision
TILE_M: Final = 50.0
TIME_SCALE: Final = 0.01  # of time in the box, so that neither place nor time rules every split
ROWS_A_COPY: Final = 1_000_000


class Postgis:
    """Boxes in three dimensions: east and north on a plane through the town's middle, and time."""

    name = "PostGIS, GiST 3-D"
    setting = (
        "boxes of pieces of at most 500 m on a plane with time as the third axis, GiST over them, "
        "rows in order of place, one look-up for each of the case's pieces; 2 GB of buffers, two "
        "workers, no JIT, no fsync"
    )
    limit_people = None
    limit_cases = None

    def __init__(self) -> None:
        self._server: Server | None = None
        self._connection: Any = None

    def available(self) -> str | None:
        """Need PostgreSQL's programs, PostGIS and psycopg."""
        if not PROGRAMS:
            return "PostgreSQL is not installed (Debian: postgresql-15)"
        major = PROGRAMS[-1].parent.name
        if not Path(f"/usr/share/postgresql/{major}/extension/postgis.control").exists():
            return f"PostGIS is not installed (Debian: postgresql-{major}-postgis-3)"
        return missing("psycopg")

    def version(self) -> str:
        """Return PostGIS's version on PostgreSQL's."""
        major = PROGRAMS[-1].parent.name
        control = Path(f"/usr/share/postgresql/{major}/extension/postgis.control").read_text()
        line = next(row for row in control.splitlines() if row.startswith("default_version"))
        return f"{line.split(chr(39))[1]} on PostgreSQL {major}"

    def prepare(self, source: Path, workdir: Path) -> None:
        """Copy the pieces in, index them in four dimensions, cluster and analyse."""
        columns = pieces.cut(exact.usable(pq.read_table(source)), LONGEST_M)
        server = Server(workdir)
        server.create()
        server.start()
        try:
            with server.connect() as connection:
                connection.execute("CREATE EXTENSION postgis")
                copy_in(connection, _on_plane(columns), "t0")
                for statement in indexed("piece", _around(0.0)):
                    connection.execute(statement)
        finally:
            server.stop()

    def open(self, workdir: Path) -> None:
        """Start the server and connect."""
        self._server = Server(workdir)
        self._server.start()
        self._connection = self._server.connect()

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask for all cases at once."""
        chosen = ", ".join(str(case) for case in cases)
        pairs = f"""(SELECT *, {_around(NEAR_M)} AS asked
        FROM piece WHERE who IN ({chosen})) a
        JOIN piece b ON b.place &&& a.asked AND {sql.judged()}"""
        rows = self._connection.execute(sql.contacts(pairs)).fetchall()
        case, who, minutes = zip(*rows, strict=True) if rows else ((), (), ())
        return _table(case, who, minutes)

    def peak_bytes(self) -> int:
        """Return the server's, its shared buffers included, and this process's."""
        return own_peak_bytes() + (self._server.peak_bytes() if self._server else 0)

    def close(self) -> None:
        """Stop the server."""
        if self._connection is not None:
            self._connection.close()
        if self._server is not None:
            self._server.stop()


def box(low: Sequence[str], high: Sequence[str]) -> str:
    """Return a line whose box reaches from one (east, north, ms) to another."""
    points = (
        f"ST_MakePoint({e}, {n}, ({t} - start_ms()) * {TIME_SCALE})" for e, n, t in (low, high)
    )
    return f"ST_MakeLine({', '.join(points)})"


def indexed(table: str, place: str) -> tuple[str, ...]:
    """Return the statements that turn ``raw`` into an indexed table.

    Rows go in by place: a GiST tree over rows in order of time answers ten times slower. Two
    axes and time are enough and answer faster than three and time, which leave most splits bad.
    """
    return (
        f"""CREATE TABLE {table} AS SELECT *, {place} AS place FROM raw
        ORDER BY floor(east / {TILE_M}), floor(north / {TILE_M})""",
        "DROP TABLE raw",
        f"CREATE INDEX {table}_place ON {table} USING gist (place gist_geometry_ops_nd)",
        f"CREATE INDEX {table}_who ON {table} (who)",
        f"VACUUM ANALYZE {table}",
    )


def _around(near_m: float) -> str:
    """Return a piece's own box, widened on the plane."""
    corners = []
    for choose, sign in (("least", "-"), ("greatest", "+")):
        ends = [f"{choose}({a}, {a} + v{a} * (t1 - t0)) {sign} {near_m}" for a in ("east", "north")]
        corners.append([*ends, "t0" if choose == "least" else "t1"])
    return box(*corners)


def _on_plane(columns: exact.Columns) -> exact.Columns:
    """Return the columns with where each piece starts on the plane, and how fast it moves there."""
    points, speed = (
        np.stack([columns[f"{axis}{end}" if end else f"v{axis}"] for axis in "xyz"], axis=1)
        for end in ("0", "")
    )
    axes = axes_of(points)
    (east, north), (veast, vnorth) = axes @ points.T, axes @ speed.T
    return columns | {"east": east, "north": north, "veast": veast, "vnorth": vnorth}


_START: Final = """CREATE FUNCTION start_ms() RETURNS float8 IMMUTABLE PARALLEL SAFE
LANGUAGE sql AS 'SELECT {}::float8'"""


def copy_in(connection: Any, columns: exact.Columns, time: str) -> None:  # noqa: ANN401 - the peer is not typed
    """Make the table ``raw`` of these columns, and ``start_ms()``, the earliest of one of them."""
    names = tuple(columns)
    fields = ", ".join(f"{name} {'int' if name == 'who' else 'float8'}" for name in names)
    connection.execute(_START.format(float(columns[time].min())))
    connection.execute(f"CREATE UNLOGGED TABLE raw ({fields})")
    order = "COPY raw FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(order) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for begin in range(0, len(columns["who"]), ROWS_A_COPY):
            some = {name: columns[name][begin : begin + ROWS_A_COPY] for name in names}
            copy.write(_records(some).tobytes())
        copy.write(b"\xff\xff")


def _records(columns: exact.Columns) -> NDArray[np.void]:
    """Return the rows as PostgreSQL's binary copy wants them: count, then length and value."""
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for name in columns:
        fields += [(f"{name}_bytes", ">i4"), (name, ">i4" if name == "who" else ">f8")]
    record = np.empty(len(columns["who"]), np.dtype(fields))
    record["count"] = len(columns)
    for name, values in columns.items():
        record[f"{name}_bytes"] = record.dtype[name].itemsize
        record[name] = values
    return record


def _table(case: Sequence[int], who: Sequence[int], minutes: Sequence[float]) -> pa.Table:
    columns = (case, who, minutes)
    return pa.Table.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, ANSWER, strict=True)], schema=ANSWER
    )
