"""One file of an operator, Parquet or CSV, in memory alone: its columns, and what kind it is."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from fortnight.arrivals.arrow_rows import ArrowTable, arrow_table, is_plain
from fortnight.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fortnight.arrivals.manifest import Promised

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "ties": ("number", "other", "time", "kind"),
    "fixes": ("number", "time", "lon", "lat"),
    "events": ("number", "time", "cell"),
    "sites": ("cell", "lon", "lat"),
}
"""The columns that make a file one of a kind; the first kind that fits counts."""
OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "ties": ("seconds",),
    "fixes": ("accuracy", "source"),
    "events": (),
    "sites": ("range",),
}
_MAGIC: Final = b"PAR1"
_MARK: Final = b"\xef\xbb\xbf"
_MOST_UNPACKED: Final = 16
"""A Parquet file may be this many times larger unpacked: tables of numbers are two to five."""
_LEAST_UNPACKED: Final = 1 << 24
_BROKEN: Final = (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, csv.Error)
_NUMBER: Final = r"^\+?[1-9][0-9]{6,14}$"


@dataclass(frozen=True, slots=True)
class OperatorFile:
    """The columns of one file that mean something, and how many lines were no rows."""

    kind: str  # of NEEDED
    table: ArrowTable
    damaged: int

    @property
    def rows(self) -> int:
        """Rows of the file, those that could not be read among them."""
        return self.table.count + self.damaged


def read_file(promised: Promised, data: bytes) -> OperatorFile:
    """Return the columns of a file whose hash was found right.

    Raises ConflictError where it is no table, or another than was promised. Nothing of a cell is
    ever in the message, nor in its cause: most are of people who did not agree.
    """
    try:
        if data.startswith(_MAGIC):
            return _parquet(promised, data)
        return _delimited(promised, data)
    except _BROKEN:
        raise ConflictError(
            f"{promised.name}: it is neither whole Parquet nor CSV in UTF-8 with a header. "
            "Nothing was imported."
        ) from None


def canonical_numbers(column: pa.StringArray) -> pa.StringArray:
    """Return phone numbers in E.164 with their plus, null in place of what is none."""
    sound: Any = pc.match_substring_regex(column, _NUMBER).fill_null(False)
    plus = pa.scalar("+", pa.string())
    numbers: Any = pc.binary_join_element_wise(  # type: ignore[call-overload] # not in the stubs
        plus, pc.utf8_ltrim(column, "+"), pa.scalar("", pa.string())
    )
    written: pa.StringArray = pc.if_else(sound, numbers, pa.scalar(None, pa.string()))
    return written


def _parquet(promised: Promised, data: bytes) -> OperatorFile:
    with pq.ParquetFile(pa.BufferReader(data)) as file:
        promised.check_rows(file.metadata.num_rows)
        kind, names = _kind(promised, file.schema_arrow.names)
        for name in names:
            if not is_plain(file.schema_arrow.field(name).type):
                raise ConflictError(
                    f"{promised.name}: column {name} holds {file.schema_arrow.field(name).type}: "
                    "give numbers, text, or for times timestamps. Nothing was imported."
                )
        groups = (file.metadata.row_group(at) for at in range(file.metadata.num_row_groups))
        if sum(one.total_byte_size for one in groups) > max(
            _MOST_UNPACKED * len(data), _LEAST_UNPACKED
        ):
            raise ConflictError(f"{promised.name}: it unpacks to too many bytes. Split it.")
        table = file.read(columns=names, use_threads=False)
    return OperatorFile(kind, arrow_table(table), 0)


def _delimited(promised: Promised, data: bytes) -> OperatorFile:
    text = data.removeprefix(_MARK)
    header = next(csv.reader([text.partition(b"\n")[0].decode().rstrip("\r")]), [])
    names = [name.strip() for name in header]
    kind, wanted = _kind(promised, names)
    damaged: list[int] = []

    def pass_over(_: arrow_csv.InvalidRow) -> Literal["skip"]:
        damaged.append(1)
        return "skip"

    table = arrow_csv.read_csv(
        BytesIO(text),
        read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=1, use_threads=False),
        parse_options=arrow_csv.ParseOptions(invalid_row_handler=pass_over),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=wanted,
            strings_can_be_null=False,
        ),
    )
    return OperatorFile(kind, arrow_table(table), len(damaged))


def _kind(promised: Promised, names: Sequence[str]) -> tuple[str, list[str]]:
    """Return the kind of a file by its columns, and the columns to read."""
    for kind, needed in NEEDED.items():
        if set(needed) <= set(names):
            wanted = [name for name in (*needed, *OPTIONAL[kind]) if name in names]
            if any(names.count(name) > 1 for name in wanted):
                raise ConflictError(
                    f"{promised.name}: a column is there twice. Nothing was imported."
                )
            return kind, wanted
    kinds = "; ".join(", ".join(needed) for needed in NEEDED.values())
    raise ConflictError(
        f"{promised.name}: its columns are of no known kind. Needed are {kinds}. "
        "Nothing was imported."
    )
