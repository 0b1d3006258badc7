"""The lake's files: one day and one kind of evidence each, under daily pseudonyms.

A file is written once, synchronised, and never changed: what has to go is left out of a new file
that takes its place. Rows are sorted by pseudonym, so that one person's are found by the bounds
that each group of rows carries, and no list of pseudonyms is kept anywhere else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
PSEUDONYM: Final = pa.binary(16)
ORIGIN_NAMES: Final = ("phone", "upload", "operator")
"""Where evidence came from; its place is its code in a row."""

_OF_ALL: Final[list[tuple[str, Any]]] = [("origin", pa.uint8()), ("received", pa.int32())]
SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "fixes": pa.schema(
        [
            ("pseudonym", PSEUDONYM),
            ("time", pa.int64()),  # ms since 1970 UTC
            ("lon", pa.int32()),  # 1e-7 degrees
            ("lat", pa.int32()),
            ("accuracy", pa.float32()),  # metres, NaN where none was claimed
            ("source", pa.uint8()),  # place in evidence.schema.SOURCES
            *_OF_ALL,
        ]
    ),
    "visits": pa.schema(
        [
            ("pseudonym", PSEUDONYM),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("venue", pa.string()),
            ("room", pa.string()),
            ("presumed", pa.bool_()),
            *_OF_ALL,
        ]
    ),
    "encounters": pa.schema(
        [
            ("pseudonym", PSEUDONYM),
            ("other", PSEUDONYM),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("attenuation", pa.float32()),  # dB
            *_OF_ALL,
        ]
    ),
    "ties": pa.schema(
        [
            ("pseudonym", PSEUDONYM),  # who called or wrote
            ("other", PSEUDONYM),
            ("start", pa.int64()),
            ("kind", pa.uint8()),  # 0 a call, 1 a message
            ("seconds", pa.int32()),
            *_OF_ALL,
        ]
    ),
}
"""Columns by kind of evidence. ``received`` is in hours since 1970 UTC."""

_ROWS_A_GROUP: Final = 32_768


@dataclass(frozen=True, slots=True)
class Written:
    """A file that lies on disk, durably."""

    name: str
    kind: str
    day: int
    rows: int
    bytes: int


def instants_of(kind: str) -> str:
    """Return the column that says on which day a row lies."""
    return "time" if kind == "fixes" else "start"


def encoded(column: pa.ChunkedArray[Any] | pa.Array[Any]) -> tuple[list[bytes], NDArray[np.int32]]:
    """Return the distinct pseudonyms of a column, and each row's place among them."""
    whole: Any = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    codes: Any = whole.dictionary_encode()
    return codes.dictionary.to_pylist(), codes.indices.to_numpy(zero_copy_only=False)


def write_rows(folder: Path, name: str, day: int, kind: str, rows: pa.Table) -> Written:
    """Write rows of one day and kind, sorted by pseudonym and time, and synchronise the file.

    It is an orphan, which the next sweep removes, until the catalogue names it.
    """
    names, codes = encoded(rows["pseudonym"])
    rank = np.empty(len(names), dtype=np.int64)
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    within = rows[instants_of(kind)].to_numpy() - day * DAY_MS
    order: Any = pa.array(np.argsort(rank[codes] * DAY_MS + within, kind="stable"))
    path = folder / name
    texts: Any = ["pseudonym", "venue", "room"] if kind == "visits" else ["pseudonym"]
    with path.open("xb") as file:
        pq.write_table(
            rows.take(order),
            file,
            row_group_size=_ROWS_A_GROUP,
            compression="zstd",
            compression_level=1,
            use_dictionary=texts,
            write_statistics=["pseudonym"],
        )
        file.flush()
        os.fsync(file.fileno())
    return Written(name, kind, day, rows.num_rows, path.stat().st_size)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_rows(folder: Path, names: Collection[str], kind: str) -> pa.Table:
    """Return the rows of some files of one kind.

    Raises FileNotFoundError where one was replaced meanwhile: ask the catalogue again.
    """
    tables = [pq.read_table(folder / name, schema=SCHEMAS[kind]) for name in sorted(names)]
    return pa.concat_tables([SCHEMAS[kind].empty_table(), *tables])


def rows_of(
    folder: Path,
    names: Collection[str],
    kind: str,
    pseudonyms: Collection[bytes],
    columns: Collection[str] | None = None,
) -> pa.Table:
    """Return the rows of some pseudonyms alone, reading only the groups that may hold them.

    ``columns`` are those wanted, ``pseudonym`` among them; all by default. Raises
    FileNotFoundError as ``read_rows``.
    """
    wanted: Any = pa.array(sorted(pseudonyms), PSEUDONYM)
    listed = list(SCHEMAS[kind].names if columns is None else columns)
    schema = pa.schema([SCHEMAS[kind].field(column) for column in listed])
    parts = [schema.empty_table()]
    for name in sorted(names):
        with pq.ParquetFile(folder / name) as file:
            groups = _groups(file, sorted(pseudonyms))
            if groups:
                rows = file.read_row_groups(groups, columns=listed).select(listed).cast(schema)
                parts.append(rows.filter(pc.is_in(rows["pseudonym"], value_set=wanted)))
    return pa.concat_tables(parts)


def _groups(file: pq.ParquetFile, pseudonyms: list[bytes]) -> list[int]:
    """Return the groups whose bounds hold one of some pseudonyms."""
    found = []
    for place in range(file.metadata.num_row_groups):
        bounds: Any = file.metadata.row_group(place).column(0).statistics
        known = bounds is not None and bounds.has_min_max
        if not known or any(bounds.min <= one <= bounds.max for one in pseudonyms):
            found.append(place)
    return found


def without(rows: pa.Table, pseudonym: bytes) -> pa.Table:
    """Return the rows that do not name a pseudonym, on either side."""
    mine: Any = pa.scalar(pseudonym, PSEUDONYM)
    kept: Any = pc.not_equal(rows["pseudonym"], mine)
    if "other" in rows.column_names:
        kept = pc.and_(kept, pc.not_equal(rows["other"], mine))
    return rows.filter(kept)
