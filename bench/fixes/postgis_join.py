"""PostGIS on raw fixes: points with time as measure under one GiST index."""

# ruff: noqa: S608 - every query is put together from constants, columns and whole numbers

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench.contract import MS_A_MINUTE, RADIUS_M
from bench.engines.postgis import TIME_SCALE, Postgis, box, copy_in, indexed
from bench.engines.server import Server
from bench.measured import own_peak_bytes
from bench.plane import axes_of
from bench.rawfixes import APART_MS, BUCKET_MS, NEAR_SQL, read, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

NEAR_M: Final = RADIUS_M + 1.0  # the index keeps boxes in single precision
_PLACE: Final = f"ST_MakePoint(east, north, (t - start_ms()) * {TIME_SCALE})"
_ASKED: Final = box(
    *([f"east {s} {NEAR_M}", f"north {s} {NEAR_M}", f"(t {s} {APART_MS})"] for s in "-+")
)


class PostgisFixes:
    """A look-up in space and time for each of the case's fixes."""

    name = "PostGIS on fixes"
    setting = (
        "fixes within 25 m and 180 s, points on a plane with time as the third axis, GiST, rows "
        "in order of place"
    )
    limit_people = None
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
                copy_in(connection, _on_plane(read(source)), "t")
                for statement in indexed("fix", _PLACE):
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
        rows = self._connection.execute(
            f"""SELECT a.who, b.who,
            count(DISTINCT floor(a.t / {BUCKET_MS})) * {BUCKET_MS / MS_A_MINUTE}::float8
            FROM (SELECT *, {_ASKED} AS asked
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


def _on_plane(columns: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    points = np.stack([columns[axis] for axis in "xyz"], axis=1)
    east, north = axes_of(points) @ points.T
    return columns | {"east": east, "north": north}
