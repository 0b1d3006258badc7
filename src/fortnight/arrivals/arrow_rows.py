"""Rows out of an Arrow IPC stream, which is trusted in nothing: sizes, types, offsets, codecs."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from fortnight.errors import InputError, RefusedError
from fortnight.evidence.conversions import Clock, any_numbers, blanks, is_text, plain_text
from fortnight.evidence.values import blank_as_null, narrow_accuracies, text_accuracies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fortnight.arrivals.bounds import Bounds
    from fortnight.evidence.batches import Column

_BROKEN: Final = (pa.ArrowException, OSError, ValueError, KeyError, struct.error, OverflowError)
_HEADER_FIELD: Final = 2  # of the flatbuffer table Message: its RecordBatch or DictionaryBatch
_DATA_FIELD: Final = 1  # of DictionaryBatch: its RecordBatch
_COMPRESSION_FIELD: Final = 3  # of RecordBatch
_TABLES: Final = {"record batch": (_HEADER_FIELD,), "dictionary": (_HEADER_FIELD, _DATA_FIELD)}


@dataclass(frozen=True, slots=True)
class ArrowTable:
    """Rows of an Arrow message: the columns that mean something, each one array."""

    columns: Mapping[str, Column]
    count: int
    damaged: Sequence[int] = ()

    @property
    def numbers_of_rows(self) -> NDArray[np.int64]:
        """Where each row stood in the message, from 0."""
        return np.arange(self.count)

    def given(self, name: str) -> NDArray[np.bool_]:
        """Mark the rows that say something in a column."""
        return ~blanks(self._column(name))

    def instants(self, name: str) -> NDArray[np.int64]:
        """Return a column of times; raises RefusedError where its type holds none."""
        try:
            return Clock(utc=False).instants(self._column(name))
        except InputError as error:
            raise RefusedError(f"Column {name}: {error}.") from error

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column of numbers, NaN where there is none."""
        return any_numbers(self._column(name))

    def accuracies(self, name: str) -> NDArray[np.float32]:
        """Return a column of accuracies in metres."""
        column = self._column(name)
        if is_text(column.type):
            return text_accuracies(plain_text(column))
        return narrow_accuracies(any_numbers(column))

    def texts(self, name: str) -> pa.StringArray:
        """Return a column of text without blanks around it, null where there is none."""
        return blank_as_null(plain_text(self._column(name)))

    def _column(self, name: str) -> Column:
        missing: Any = pa.nulls(self.count, pa.string())
        return self.columns.get(name, missing)


def read_arrow(
    body: bytes, bounds: Bounds, names: Sequence[str], needed: Sequence[str]
) -> tuple[str | None, ArrowTable]:
    """Return the batch id of the schema's metadata, and the columns of those names.

    Raises RefusedError where the whole is of no use: too large, compressed, damaged, a column
    missing or of a type that no such column has.
    """
    bounds.check_bytes(body)
    try:
        _check_uncompressed(body)
        with ipc.open_stream(pa.py_buffer(body)) as reader:
            schema = reader.schema
            _check_schema(schema, names, needed)
            batches = _batches(reader, bounds)
        table = pa.Table.from_batches(batches, schema).select(
            [name for name in names if name in schema.names]
        )
        batch = (schema.metadata or {}).get(b"batch")
        return (None if batch is None else batch.decode()), arrow_table(table)
    except _BROKEN:  # whose words may hold what a cell said
        raise RefusedError(
            "The message is not a whole, sound Arrow IPC stream: write it again, uncompressed."
        ) from None


def arrow_table(table: pa.Table) -> ArrowTable:
    """Return a table with each column as one array, out of dictionaries."""
    columns = {name: _one_array(table.column(name)) for name in table.column_names}
    return ArrowTable(columns, table.num_rows)


def _batches(reader: ipc.RecordBatchStreamReader, bounds: Bounds) -> list[pa.RecordBatch]:
    """Return the batches, each checked in full: offsets out of bounds would be read otherwise."""
    batches: list[pa.RecordBatch] = []
    rows = 0
    for batch in reader:
        rows += batch.num_rows
        bounds.check_rows(rows)  # a column of nulls claims any number of rows in no bytes
        batch.validate(full=True)
        batches.append(batch)
    return batches


def _check_schema(schema: pa.Schema, names: Sequence[str], needed: Sequence[str]) -> None:
    for name in needed:
        if name not in schema.names:
            raise RefusedError(f"The Arrow schema has no column {name}.")
    for name in names:
        if schema.names.count(name) > 1:
            raise RefusedError(f"The Arrow schema has two columns {name}.")
        if name in schema.names and not is_plain(schema.field(name).type):
            raise RefusedError(
                f"Column {name} is of type {schema.field(name).type}: give numbers, text, or "
                "for times timestamps."
            )


def is_plain(kind: pa.DataType) -> bool:
    """Tell whether a type takes as much memory as it has bytes: no runs, no views, no lists."""
    if pa.types.is_dictionary(kind):
        return bool(pa.types.is_string(kind.value_type))
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_null(kind)
    )


def _one_array(column: pa.ChunkedArray[Any]) -> Column:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    whole: Any = column.cast(kind).combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)


def _check_uncompressed(body: bytes) -> None:
    """Refuse compressed buffers: eight megabytes of them unpack to any number of gigabytes.

    pyarrow does not say whether a batch is compressed before it has unpacked it, so this reads
    one field of the message's flatbuffer.
    """
    for message in ipc.MessageReader.open_stream(pa.py_buffer(body)):
        data = message.metadata.to_pybytes()
        table: int | None = struct.unpack_from("<I", data)[0]
        for field in _TABLES.get(message.type, ()):
            table = None if table is None else _field(data, table, field)
        if message.type in _TABLES and (table is None or _offset(data, table, _COMPRESSION_FIELD)):
            raise RefusedError("The Arrow stream is compressed: write it uncompressed.")


def _field(data: bytes, table: int, field: int) -> int | None:
    """Return where the table lies that is a field of a flatbuffer's table, None without one."""
    offset = _offset(data, table, field)
    if not offset:
        return None
    place = table + offset
    return place + int(struct.unpack_from("<I", data, place)[0])


def _offset(data: bytes, table: int, field: int) -> int:
    """Return a field's offset within its table, 0 where the table does not have it."""
    vtable = table - int(struct.unpack_from("<i", data, table)[0])
    if vtable < 0:
        raise ValueError("a flatbuffer's table that points before its start")
    size = int(struct.unpack_from("<H", data, vtable)[0])
    place = 4 + 2 * field
    return int(struct.unpack_from("<H", data, vtable + place)[0]) if place < size else 0
