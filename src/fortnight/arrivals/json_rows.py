"""Rows out of a JSON message: decoded together where all are sound, else one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar, cast

import msgspec
import numpy as np

from fortnight.errors import RefusedError
from fortnight.evidence.batches import text_array
from fortnight.evidence.times import instants_of
from fortnight.evidence.values import accuracies, blank_as_null, numbers, trimmed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from fortnight.arrivals.bounds import Bounds

Value = int | float | str | None
R = TypeVar("R", bound=msgspec.Struct)
NOT_JSON: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON that was asked for."""
_MILLISECONDS: Final = (100_000_000_000, 100_000_000_000_000)
"""Between which sizes the library reads an epoch number as milliseconds."""
_MOST: Final = 2**63


class FixRow(msgspec.Struct, gc=False):
    """One fix as a client says it."""

    time: Value = None
    lon: Value = None
    lat: Value = None
    accuracy: Value = None
    source: Value = None


class VisitRow(msgspec.Struct, gc=False):
    """One check-in as a client says it."""

    venue: Value = None
    room: Value = None
    start: Value = None
    end: Value = None


class EncounterRow(msgspec.Struct, gc=False):
    """One hearing of another phone as a client says it."""

    seen: Value = None
    time: Value = None
    start: Value = None
    end: Value = None
    attenuation: Value = None
    rssi: Value = None


class Table(Protocol):
    """Rows of a message, column by column, whatever format they came in."""

    @property
    def numbers_of_rows(self) -> NDArray[np.int64]:
        """Where each row stood in the message, from 0."""

    @property
    def damaged(self) -> Sequence[int]:
        """Where what was no row stood."""

    def given(self, name: str) -> NDArray[np.bool_]:
        """Mark the rows that say something in a column."""

    def instants(self, name: str) -> NDArray[np.int64]:
        """Return a column of times in ms since 1970 UTC, with the marks of `evidence.times`."""

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column of numbers, NaN where there is none."""

    def accuracies(self, name: str) -> NDArray[np.float32]:
        """Return a column of accuracies in metres, as `evidence.values.accuracy` reads them."""

    def texts(self, name: str) -> pa.StringArray:
        """Return a column of text without blanks around it, null where there is none."""


@dataclass(frozen=True, slots=True)
class JsonTable(Generic[R]):
    """Rows of a JSON message."""

    rows: Sequence[R]
    numbers_of_rows: NDArray[np.int64]
    damaged: Sequence[int]

    def given(self, name: str) -> NDArray[np.bool_]:
        """Mark the rows that say something in a column."""
        return np.array([value not in (None, "") for value in self._column(name)], dtype=np.bool_)

    def instants(self, name: str) -> NDArray[np.int64]:
        """Return a column of times; one that is all epoch milliseconds is read in one go."""
        values = self._column(name)
        if set(map(type, values)) == {int}:
            whole = cast("list[int]", values)
            least, most = _MILLISECONDS
            if min(whole) >= least and max(whole) < most:
                return np.array(whole, dtype=np.int64)
        return instants_of([_sized(value) for value in values])

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column of numbers, NaN where there is none."""
        return numbers(self._column(name))

    def accuracies(self, name: str) -> NDArray[np.float32]:
        """Return a column of accuracies in metres."""
        return accuracies(self._column(name))

    def texts(self, name: str) -> pa.StringArray:
        """Return a column of text, numbers among it as they are written."""
        values = self._column(name)
        if set(map(type, values)) - {str, type(None)}:
            sized = [_sized(value) for value in values]
            values = [None if value is None else str(value) for value in sized]
        return blank_as_null(trimmed(text_array(cast("list[str | None]", values))))

    def _column(self, name: str) -> list[Value]:
        return [getattr(row, name) for row in self.rows]


def read_json(
    body: bytes, bounds: Bounds, kind: str, row: type[R]
) -> tuple[str | None, JsonTable[R]]:
    """Return the batch id and the rows of ``{"batch": …, kind: [row, …]}``.

    Raises RefusedError where the whole is of no use: too large, too deep, not JSON, no rows.
    """
    bounds.check_json(body)
    try:
        parts = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        batch = msgspec.json.decode(parts.get("batch", b"null"), type=str | None)
        listed = parts[kind]
        table = _table(listed, row)
    except KeyError as error:
        raise RefusedError(f'The message has no list "{kind}": send {{"{kind}": […]}}.') from error
    except NOT_JSON as error:
        raise RefusedError(
            f'The message is not JSON of the form {{"batch": "…", "{kind}": […]}}.'
        ) from error
    bounds.check_rows(len(table.rows) + len(table.damaged))
    return batch, table


def _table(listed: bytes, row: type[R]) -> JsonTable[R]:
    """Return the rows of a list; where one is unsound, each is decoded alone."""
    try:
        rows = msgspec.json.decode(listed, type=list[row])  # type: ignore[valid-type] # at run time only
    except NOT_JSON:
        return _one_by_one(msgspec.json.decode(listed, type=list[msgspec.Raw]), row)
    return JsonTable(rows, np.arange(len(rows)), ())


def _one_by_one(parts: Sequence[bytes], kind: type[R]) -> JsonTable[R]:
    decoder = msgspec.json.Decoder(kind)
    rows: list[R] = []
    places: list[int] = []
    damaged: list[int] = []
    for place, part in enumerate(parts):
        try:
            rows.append(decoder.decode(part))
            places.append(place)
        except NOT_JSON:
            damaged.append(place)
    return JsonTable(rows, np.array(places, dtype=np.int64), damaged)


def _sized(value: Value) -> Value:
    """Return a value, or nothing in place of a whole number that 64 bits do not hold."""
    return None if isinstance(value, int) and abs(value) >= _MOST else value
