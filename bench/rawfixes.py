"""Raw fixes as arrays, and the question of table 2 that the peers are asked about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.contract import ANSWER, MS_A_MINUTE, RADIUS_M
from bench.worlds import EARTH_M

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Rows = Sequence[float] | NDArray[np.float64] | NDArray[np.int64]

APART_MS: Final = 180_000
"""Two fixes belong together when they are at most this far apart in time, and 25 m in space."""

BUCKET_MS: Final = 5 * MS_A_MINUTE
"""A contact's minutes are five for every five minutes in which a fix of the case has company."""

POINT_SQL: Final = ", ".join(
    (
        f"{EARTH_M} * cos(radians(lat)) * cos(radians(lon)) AS x",
        f"{EARTH_M} * cos(radians(lat)) * sin(radians(lon)) AS y",
        f"{EARTH_M} * sin(radians(lat)) AS z",
    )
)
"""Earth-centred metres from degrees, for engines that read the file themselves."""

NEAR_SQL: Final = (
    "(a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) + (a.z - b.z) * (a.z - b.z) "
    f"<= {RADIUS_M**2}"
)


def read(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return who (place in the sorted list of names), t (ms), x, y, z of all fixes, as float64."""
    table = pq.read_table(
        path, columns=["participant", "time", "lon", "lat"], read_dictionary=["participant"]
    )
    coded: Any = table["participant"].combine_chunks()
    codes = coded.indices.to_numpy()
    names = np.array(coded.dictionary.to_pylist())
    # The file's dictionary names people without any fix too: numbered with them, the question
    # would be about somebody else than the other engines are asked about.
    seen = np.unique(codes)
    rank = np.zeros(len(names), dtype=np.int64)
    rank[seen[np.argsort(names[seen])]] = np.arange(len(seen))
    lon, lat = (np.radians(table[name].to_numpy()) for name in ("lon", "lat"))
    return {
        "who": rank[codes].astype(np.float64),
        "t": pc.cast(table["time"], pa.int64()).to_numpy().astype(np.float64),
        "x": EARTH_M * np.cos(lat) * np.cos(lon),
        "y": EARTH_M * np.cos(lat) * np.sin(lon),
        "z": EARTH_M * np.sin(lat),
    }


def answer(case: Floats, who: Floats, time: Floats) -> pa.Table:
    """Return the answer from pairs of fixes: five minutes for each bucket of the case's fix."""
    bucket = time.astype(np.int64) // BUCKET_MS
    met = np.unique(np.stack([case.astype(np.int64), who.astype(np.int64), bucket]), axis=1)
    pairs, counts = np.unique(met[:2], axis=1, return_counts=True)
    minutes = counts.astype(np.float64) * (BUCKET_MS / MS_A_MINUTE)
    return table_of(pairs[0], pairs[1], minutes)


def table_of(case: Rows, who: Rows, minutes: Rows) -> pa.Table:
    """Return three columns shaped as ``bench.contract.ANSWER``."""
    columns = [np.asarray(column) for column in (case, who, minutes)]
    arrays = [pa.array(c).cast(f.type) for c, f in zip(columns, ANSWER, strict=True)]
    return pa.Table.from_arrays(arrays, schema=ANSWER)
