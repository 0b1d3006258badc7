"""Many rows added by one statement.

A driver gives the interpreter up with each statement, and a busy event loop lets the writer wait
for it each time: row by row, the writing of a group took longer than its commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from fortnight.db.tables import arrival, receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    Row = tuple[str | int | bytes, ...]

_AT_ONCE: Final = 64
"""Rows a statement on SQLite, where each row has its place in the statement's text."""


@dataclass(frozen=True, slots=True)
class Adding:
    """Which table is added to, and what its rows hold.

    Attributes
    ----------
    columns : tuple
        Names and PostgreSQL's types, in the order of a row's values.
    ending : str
        What is done about rows whose key is there.
    """

    table: str
    columns: tuple[tuple[str, str], ...]
    ending: str = ""

    @property
    def beginning(self) -> str:
        """The start of the statement: table and columns."""
        return f"INSERT INTO {self.table} ({', '.join(name for name, _ in self.columns)})"


RECEIPTS: Final = Adding(
    receipt.name,
    (
        ("person", "text"),
        ("kind", "text"),
        ("batch", "text"),
        ("received_at", "bigint"),
        ("answer", "bytea"),
    ),
    " ON CONFLICT DO NOTHING",
)
ARRIVALS: Final = Adding(
    arrival.name,
    (
        ("person", "text"),
        ("kind", "text"),
        ("origin", "text"),
        ("received_at", "bigint"),
        ("rows", "integer"),
        ("sealed", "bytea"),
    ),
)


def add_rows(connection: Connection, adding: Adding, rows: Sequence[Row]) -> int:
    """Add rows in the connection's transaction; return how many were added."""
    if not rows:
        return 0
    if connection.dialect.name == "postgresql":
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        return connection.exec_driver_sql(_of_arrays(adding), columns).rowcount
    added = 0
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        values = tuple(chain.from_iterable(some))
        added += connection.exec_driver_sql(_of_rows(adding, len(some)), values).rowcount
    return added


@cache
def _of_arrays(adding: Adding) -> str:
    """Return PostgreSQL's statement: one array a column, however many rows."""
    arrays = ", ".join(f"%s::{kind}[]" for _, kind in adding.columns)
    selected = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - of the words above alone
    return f"{adding.beginning} {selected}{adding.ending}"


@cache
def _of_rows(adding: Adding, count: int) -> str:
    """Return SQLite's statement for so many rows."""
    row = f"({', '.join('?' * len(adding.columns))})"
    return f"{adding.beginning} VALUES {', '.join([row] * count)}{adding.ending}"
