"""PostGIS: a GiST index over boxes in space and time, then the exact quadratic in SQL."""

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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray



LONGEST_M: Final = 500.0
NEAR_M: Final = RADIUS_M + 1.0  # the index keeps boxes in single precision
ROWS_A_COPY: Final = 1_000_000


class Postgis:
    """Lines with height and measure: earth-centred metres, and time as the measure."""

    name = "PostGIS, GiST 4-D"
    setting = (
        "lines of at most 500 m with time as measure, GiST over x, y, z, time, table clustered by "
        "it, a lateral look-up for each of the case's pieces; 2 GB of buffers, two workers, no JIT"
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
                copy_in(connection, columns, "t0")
                for statement in _INDEXED:
                    connection.execute(statement)
        finally:
            server.stop()

    def open(self, workdir: Path) -> None:
        """Start the server and connect."""
        self._server = Server(workdir)
        self._server.stop()
        self._server.start()
        self._connection = self._server.connect()

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask for all cases at once."""
        chosen = ", ".join(str(case) for case in cases)
        pairs = f"""(SELECT *, {_box("t0", "t1", NEAR_M)} AS asked
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


def _box(first: str, last: str, near_m: float) -> str:
    """Return a line whose 4-D box is the row's, widened in space."""
    ends = {axis: (f"{axis}0", f"({axis}0 + v{axis} * (t1 - t0))") for axis in "xyz"}
    low = ", ".join(f"least({a}, {b}) - {near_m}" for a, b in ends.values())
    high = ", ".join(f"greatest({a}, {b}) + {near_m}" for a, b in ends.values())
    start = f"ST_MakePoint({low}, {first} - start_ms())"
    end = f"ST_MakePoint({high}, {last} - start_ms())"
    return f"ST_MakeLine({start}, {end})"


_START: Final = """CREATE FUNCTION start_ms() RETURNS float8 IMMUTABLE PARALLEL SAFE
LANGUAGE sql AS 'SELECT {}::float8'"""
_INDEXED: Final = (
    f"CREATE TABLE piece AS SELECT *, {_box('t0', 't1', 0.0)} AS place FROM raw",
    "DROP TABLE raw",
    "CREATE INDEX piece_place ON piece USING gist (place gist_geometry_ops_nd)",
    "CLUSTER piece USING piece_place",
    "CREATE INDEX piece_who ON piece (who)",
    "VACUUM ANALYZE piece",
)


def copy_in(connection: Any, columns: exact.Columns, time: str) -> None:  # noqa: ANN401
    """Make the table ``raw`` of these columns, and ``start_ms()``, the earliest of one of them."""
    names = tuple(columns)
    fields = ", ".join(f"{name} {'int' if name == 'who' else 'float8'}" for name in names)
    connection.execute(_START.format(float(columns[time].min())))
    connection.execute(f"CREATE UNLOGGED TABLE raw ({fields})")
    with connection.cursor() as cursor:
        with cursor.copy("COPY raw FROM STDIN (FORMAT binary)") as copy:
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
