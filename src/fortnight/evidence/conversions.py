"""Columns of any kind to instants, numbers and text: what tables of every kind have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.errors import InputError
from fortnight.evidence.times import (
    epoch_scale,
    from_epoch,
    from_timestamps,
    from_whole_epoch,
    instants,
)
from fortnight.evidence.values import blank_as_null, text_numbers, trimmed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.evidence.batches import Column, DictionaryColumn

SAMPLE: Final = 10_000
"""Rows of a table's first chunk that decide what holds for all of it."""


class Clock:
    """Turns the columns of times of one table into instants.

    The first column it sees decides for all: the unit of epoch numbers, and whether times that
    stand as text are numbers.

    Parameters
    ----------
    utc : bool
        Whether the header says that times without an offset are UTC.
    """

    def __init__(self, *, utc: bool) -> None:
        self._utc = utc
        self._scale: float | None = None  # microseconds in one unit of an epoch
        self._iso: bool | None = None

    def instants(self, column: Column) -> NDArray[np.int64]:
        """Return a column of times in milliseconds, with the marks of ``times``."""
        kind = column.type
        if pa.types.is_timestamp(kind):
            return from_timestamps(column)
        if pa.types.is_integer(kind):
            return from_whole_epoch(*whole(column), self._unit(column))
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return from_epoch(floats(column), self._unit(column))
        if not is_text(kind):
            raise InputError(
                f"the column of times holds {kind}: give instants, as epoch numbers, "
                "timestamps or ISO 8601 text with an offset",
            )
        texts = plain_text(column)
        if self._iso is None:
            self._iso = _mostly_iso(texts)
        if self._iso:
            return instants(texts, naive_is_utc=self._utc)
        numbers = text_numbers(texts)
        return from_epoch(numbers, self._unit(numbers))

    def _unit(self, values: Column | NDArray[np.float64]) -> float:
        """Return how many microseconds one unit of the epoch column is."""
        if self._scale is None:
            numbers = floats(values[:SAMPLE]) if isinstance(values, pa.Array) else values
            self._scale = epoch_scale(numbers)
        return self._scale


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a column holds text, as itself or as a dictionary."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_null(kind)
    )  # fmt: skip


def plain_text(column: Column) -> pa.StringArray:
    """Return any column as plain text without blanks around it."""
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):  # whole numbers that a null elsewhere made floats
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        column = column.cast(pa.int64(), safe=False)
    return trimmed(column.cast(pa.string()))


def dictionary(column: Column) -> DictionaryColumn:
    """Return any column as a dictionary of text."""
    if isinstance(column, pa.DictionaryArray):
        return column
    return plain_text(column).dictionary_encode()


def floats(column: Column) -> NDArray[np.float64]:
    """Return a column of numbers as floats, NaN for null."""
    try:
        return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    except pa.ArrowNotImplementedError:
        raise InputError(f"a column that should hold numbers holds {column.type}") from None


def whole(column: Column) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    """Return a column of whole numbers, and where it has none."""
    missing = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
    filled = column.fill_null(0) if column.null_count else column
    return filled.cast(pa.int64(), safe=False).to_numpy(zero_copy_only=False), missing


def any_numbers(column: Column) -> NDArray[np.float64]:
    """Return a column of numbers, or of numbers as text, as floats; NaN where there is none."""
    return text_numbers(plain_text(column)) if is_text(column.type) else floats(column)


def unblanked(column: Column) -> Column:
    """Return a column with null in place of blank text, so that the other cells are read fast."""
    return blank_as_null(plain_text(column)) if is_text(column.type) else column


def blanks(column: Column) -> NDArray[np.bool_]:
    """Mark the cells that hold nothing: null, blank text, or a float that is no number."""
    if pa.types.is_floating(column.type):
        return np.isnan(floats(column))
    return unblanked(column).is_null().to_numpy(zero_copy_only=False)


def _mostly_iso(texts: pa.StringArray) -> bool:
    """Tell whether at least half of the first times are no bare numbers."""
    first = texts[:SAMPLE]
    return 2 * int(np.isfinite(text_numbers(first)).sum()) <= len(first)
