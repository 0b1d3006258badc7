"""Parquet, streamed a row group at a time, the next part being read while this one is used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from fortnight.errors import InputError
from fortnight.evidence.conversions import is_text
from fortnight.evidence.tables.kinds import format_of, needed_table, table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from fortnight.evidence.reading import Raw
    from fortnight.evidence.tables.kinds import Table
    from fortnight.evidence.tally import Tally

BATCH_ROWS: Final = 1 << 20
MAX_ROWS_AT_ONCE: Final = 4 << 20
_BROKEN: Final = (pa.ArrowException, OSError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class Lost:
    """Rows of a row group that could not be decoded."""

    where: str
    count: int
    why: str


def read(
    path: Path,
    participant: str,
    tally: Tally,
    on_share: Callable[[float], None] | None = None,
    enrolled: frozenset[str] | None = None,
) -> Iterator[Raw]:
    """Yield the rows of a Parquet file; row groups that cannot be decoded are `damaged`.

    Parameters
    ----------
    on_share : callable
        Is told from time to time which share of the rows was read.
    enrolled : frozenset of str, optional
        Those who agreed that an operator gives their data.

    Raises
    ------
    InputError
        If the file's end, where Parquet says what is in it, is missing or broken, or a column
        that is needed is missing.
    """
    file, names = _opened(path)
    with file:
        found = needed_table(names)
        tally.format = format_of(found, "parquet")
        table = table_of(found, participant, enrolled)
        done, total = 0, max(file.metadata.num_rows, 1)
        for part in _ahead(_parts(file, names)):
            if isinstance(part, Lost):
                tally.refuse("damaged", part.where, part.why, part.count)
                done += part.count
            else:
                yield table_rows(table, part, done)
                done += part.num_rows
            if on_share is not None:
                on_share(done / total)


def table_rows(table: Table, batch: pa.RecordBatch, first: int) -> Raw:
    """Return a batch as rows; `first` is how many rows of the table stand before it."""
    data = dict(enumerate(batch.columns))
    return table.rows(data, lambda row: f"row {first + row + 1}")


def _opened(path: Path) -> tuple[pq.ParquetFile, list[str]]:
    """Open a Parquet file; return it and the columns to read, names among them as dictionaries."""
    try:
        with pq.ParquetFile(path) as whole:
            metadata, schema = whole.metadata, whole.schema_arrow
        columns = needed_table(schema.names)
        named = [schema.field(place) for place in columns.named()]
        dictionaries = [field.name for field in named if is_text(field.type)]
        file = pq.ParquetFile(path, metadata=metadata, read_dictionary=dictionaries)
    except _BROKEN as error:
        raise InputError(
            f"the Parquet file is cut off or damaged ({_first_line(error)}): write it again",
        ) from error
    return file, [schema.names[place] for place in sorted(columns.places())]


def _parts(file: pq.ParquetFile, names: Sequence[str]) -> Iterator[pa.RecordBatch | Lost]:
    """Yield the rows in batches; small row groups are read together, as that is faster."""
    metadata = file.metadata
    together: list[int] = []
    rows = 0
    for group in range(metadata.num_row_groups):
        size = metadata.row_group(group).num_rows
        if together and rows + size > BATCH_ROWS:
            yield from _groups(file, together, names)
            together, rows = [], 0
        together.append(group)
        rows += size
    if together:
        yield from _groups(file, together, names)


def _groups(
    file: pq.ParquetFile, groups: list[int], names: Sequence[str]
) -> Iterator[pa.RecordBatch | Lost]:
    """Yield some row groups; where that fails, those of them that can be read."""
    left = sum(file.metadata.row_group(group).num_rows for group in groups)
    try:
        for batch in _batches(file, groups, names, left):
            _check_places(batch)
            left -= batch.num_rows
            yield batch
    except _BROKEN as error:
        if len(groups) == 1:
            yield Lost(f"row group {groups[0]}", left, _first_line(error))
            return
        for group in groups:
            yield from _groups(file, [group], names)


def _check_places(batch: pa.RecordBatch) -> None:
    """Raise ArrowInvalid where a column names a text that its dictionary does not have.

    Arrow reads such damage without a word, and whoever looks the text up falls out of the list.
    """
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            column.validate(full=True)


def _batches(
    file: pq.ParquetFile, groups: list[int], names: Sequence[str], rows: int
) -> Iterable[pa.RecordBatch]:
    """Return row groups at once where they fit in memory, else bit by bit, which is slower."""
    if rows > MAX_ROWS_AT_ONCE:
        return file.iter_batches(BATCH_ROWS, row_groups=groups, columns=list(names))
    return file.read_row_groups(groups, columns=list(names)).to_batches()


def _ahead(parts: Iterable[pa.RecordBatch | Lost]) -> Iterator[pa.RecordBatch | Lost]:
    """Yield the parts, reading each next one in a thread while the caller is busy with the last."""
    source = iter(parts)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="parquet") as pool:
        coming = pool.submit(next, source, None)
        while (part := coming.result()) is not None:
            coming = pool.submit(next, source, None)
            yield part


def _first_line(error: BaseException) -> str:
    """Return the first line of an error's text."""
    return str(error).partition("\n")[0].strip() or type(error).__name__
