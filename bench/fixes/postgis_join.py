"""PostGIS on raw fixes: points with time as measure under one GiST index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bench.contract import MS_A_MINUTE, RADIUS_M
from bench.engines.postgis import Postgis, copy_in
from bench.engines.server import Server
from bench.measured import own_peak_bytes
from bench.rawfixes import APART_MS, BUCKET_MS, NEAR_SQL, read, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

NEAR_M: Final = RADIUS_M + 1.0  # the index keeps boxes in single precision
_PLACE: Final = "ST_MakePoint(x, y, z, t - start_ms())"
_LOW: Final = f"ST_MakePoint(x - {NEAR_M}, y - {NEAR_M}, z - {NEAR_M}, t - start_ms() - {APART_MS})"
_HIGH: Final = _LOW.replace(" - start_ms() - ", " - start_ms() + ").replace(
    f" - {NEAR_M}", f" + {NEAR_M}"
)
_TABLES: Final = (
    f"CREATE TABLE fix AS SELECT *, {_PLACE} AS place FROM raw",
    "DROP TABLE raw",
    "CREATE INDEX fix_place ON fix USING gist (place gist_geometry_ops_nd)",
    "CLUSTER fix USING fix_place",
    "CREATE INDEX fix_who ON fix (who)",
    "VACUUM ANALYZE fix",
)


class PostgisFixes:
    """A look-up in space and time for each of the case's fixes."""

    name = "PostGIS on fixes"
    setting = "fixes within 25 m and 180 s, points under GiST over x, y, z, time, clustered by it"
    limit_people = 3_000
    limit_cases = None

    def __init__(self) -> None:
        self._server: Server | None = None
        self._connection: Any = None

    def available(self) -> str | None:
        """Need what the peer of table 1 needs."""
        return Postgis().available()

    def version(self) -> str:
        """Return PostGIS's version on PostgreSQL's."""
        return Postgis().version()

    def prepare(self, source: Path, workdir: Path) -> None:
        """Copy the fixes in, index, cluster and analyse."""
        server = Server(workdir)
        server.create()
        server.start()
        try:
            with server.connect() as connection:
                connection.execute("CREATE EXTENSION postgis")
                copy_in(connection, read(source), "t")
                for statement in _TABLES:
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
        rows = self._connection.execute(
            f"""SELECT a.who, b.who,
            count(DISTINCT floor(a.t / {BUCKET_MS})) * {BUCKET_MS / MS_A_MINUTE}::float8
            FROM (SELECT *, ST_MakeLine({_LOW}, {_HIGH}) AS asked
                  FROM fix WHERE who IN ({chosen})) a
            JOIN fix b ON b.place &&& a.asked
            WHERE a.who <> b.who AND abs(a.t - b.t) <= {APART_MS} AND {NEAR_SQL}
            GROUP BY 1, 2 ORDER BY 1, 2"""
        ).fetchall()
        return table_of(*zip(*rows, strict=True)) if rows else table_of([], [], [])

    def peak_bytes(self) -> int:
        """Return the server's, its shared buffers included, and this process's."""
        return own_peak_bytes() + (self._server.peak_bytes() if self._server else 0)

    def close(self) -> None:
        """Stop the server."""
        if self._connection is not None:
            self._connection.close()
        if self._server is not None:
            self._server.stop()
