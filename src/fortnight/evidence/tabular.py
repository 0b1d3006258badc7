"""Tables of fixes to rows: CSV text, Parquet columns and tables in memory meet here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.evidence.batches import RawFixes, RawStays, one_name
from fortnight.evidence.columns import Columns, source_code
from fortnight.evidence.conversions import (
    SAMPLE,
    Clock,
    any_numbers,
    dictionary,
    floats,
    is_text,
    plain_text,
)
from fortnight.evidence.times import iso
from fortnight.evidence.values import (
    blank_as_null,
    encoded_names,
    narrow_accuracies,
    text_accuracies,
    text_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fortnight.evidence.batches import Column

_E7: Final = 1e7
_DEGREES_AT_MOST: Final = 1_000  # a whole number beyond this is not degrees but ten-millionths
_MIN_NUMBERED: Final = 3


class Tabular:
    """Turns the columns of one table into rows, chunk by chunk.

    What has to be the same for the whole table is decided by its first chunk: the unit of epoch
    numbers, whether times as text are numbers, and whether a bare id only numbers the rows.

    Parameters
    ----------
    columns : Columns
        Which column means what.
    participant : str
        Who all rows belong to where no column says.
    """

    def __init__(self, columns: Columns, participant: str) -> None:
        self._columns = columns
        self._participant = participant
        self._clock = Clock(utc=columns.utc)
        self._whole_e7: bool | None = None
        self._numbered: bool | None = None

    def rows(
        self,
        data: Mapping[int, Column],
        where: Callable[[int], str],
        shown: Callable[[int], str] | None = None,
    ) -> RawFixes | RawStays:
        """Return a chunk of the table as rows; `data` holds the columns by their place."""
        columns = self._columns
        names, who = self._who(data, len(data[columns.time]))
        time = self._clock.instants(data[columns.time])
        lon, lat = self._degrees(data[columns.lon]), self._degrees(data[columns.lat])
        accuracy = _accuracies(data, columns.accuracy, len(who))
        if columns.end is not None:
            end = self._clock.instants(data[columns.end])
            told = shown or (lambda row: f"{iso(int(time[row]))} to {iso(int(end[row]))}")
            return RawStays(names, who, time, end, lon, lat, accuracy, where, told)
        source = _sources(data, columns.source, len(who))
        return RawFixes(names, who, time, lon, lat, accuracy, source, where, shown)

    def _who(
        self, data: Mapping[int, Column], count: int
    ) -> tuple[pa.StringArray, NDArray[np.int32]]:
        """Return names and codes of the participants."""
        places = self._columns.who
        if places and self._columns.numbered and self._numbered is None:
            self._numbered = _numbers_rows(data[places[0]])
        if not places or self._numbered:
            return one_name(self._participant, count)
        if len(places) == 1:
            return encoded_names(dictionary(data[places[0]]))
        user, device = (blank_as_null(plain_text(data[place])) for place in places)
        joined = pc.binary_join_element_wise(  # type: ignore[call-overload] # not in the stubs
            user, device, pa.scalar("/"), null_handling="skip"
        )
        return encoded_names(joined.dictionary_encode())

    def _degrees(self, column: Column) -> NDArray[np.float64]:
        """Return a column of longitudes or latitudes."""
        degrees = any_numbers(column)
        if pa.types.is_integer(column.type) and self._whole_e7 is None:
            self._whole_e7 = bool((np.abs(degrees[:SAMPLE]) > _DEGREES_AT_MOST).any())
        return from_e7(degrees) if self._columns.e7 or self._whole_e7 else degrees


def from_e7(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return degrees of ten-millionths of a degree.

    Google wrote some of them as unsigned 32-bit numbers: those come out 2**32 too large.
    """
    wrapped = np.where(values > 1.8e9, values - 2.0**32, values)  # noqa: PLR2004 - 180 degrees
    return wrapped / _E7


def _accuracies(data: Mapping[int, Column], place: int | None, count: int) -> NDArray[np.float32]:
    """Return the claimed accuracies, NaN where none is."""
    if place is None:
        return np.full(count, np.nan, dtype=np.float32)
    column = data[place]
    if pa.types.is_float32(column.type):
        return column.to_numpy(zero_copy_only=False)
    if is_text(column.type):
        return text_accuracies(plain_text(column))
    return narrow_accuracies(floats(column))


def _sources(data: Mapping[int, Column], place: int | None, count: int) -> NDArray[np.uint8]:
    """Return the codes of the sources."""
    if place is None or not is_text(data[place].type):
        return np.full(count, source_code(None), dtype=np.uint8)
    column = dictionary(data[place])
    words = column.dictionary.cast(pa.string()).to_pylist()
    # the last place is what -1, a null, points to
    codes = np.array([*map(source_code, words), source_code(None)], dtype=np.uint8)
    places = column.indices.fill_null(-1) if column.null_count else column.indices
    return np.take(codes, places.to_numpy(zero_copy_only=False))


def _numbers_rows(column: Column) -> bool:
    """Tell whether a bare id only counts the rows: each is one more than the one before."""
    ids = text_numbers(plain_text(column[:SAMPLE]))
    return len(ids) >= _MIN_NUMBERED and bool((np.diff(ids) == 1).all())
