"""From a table's header to what turns its columns into rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fortnight.errors import InputError
from fortnight.evidence.columns import Columns, find_columns, first_of, missing_columns, spelling
from fortnight.evidence.roles import (
    AFTER_FIXES,
    BEFORE_FIXES,
    OWNER,
    SUBSCRIBER,
    Roles,
    find_roles,
    nearly,
)
from fortnight.evidence.tables.calls import Calls
from fortnight.evidence.tables.cells import CellEvents, CellSites
from fortnight.evidence.tables.checkins import CheckIns
from fortnight.evidence.tables.sightings import Sightings
from fortnight.evidence.tabular import Tabular

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fortnight.evidence.batches import Column
    from fortnight.evidence.reading import Raw


class Table(Protocol):
    """Turns the columns of one table into rows, chunk by chunk."""

    def rows(
        self,
        data: Mapping[int, Column],
        where: Callable[[int], str],
        shown: Callable[[int], str] | None = None,
    ) -> Raw:
        """Return a chunk; `data` holds the columns by their place."""


def find_table(header: Sequence[str]) -> Columns | Roles | None:
    """Return what the columns of a table mean, or None where it is of no known kind."""
    found = find_roles(header, BEFORE_FIXES)
    if found is not None:
        return found
    columns = find_columns(header)
    if columns is None:
        return find_roles(header, AFTER_FIXES)
    return None if _of_subscribers(header) else columns


def needed_table(header: Sequence[str]) -> Columns | Roles:
    """Return what the columns of a table mean.

    Raises
    ------
    InputError
        If it is of no known kind, with what it lacks.
    """
    found = find_table(header)
    if found is None:
        raise InputError(no_table(header))
    return found


def no_table(header: Sequence[str]) -> str:
    """Say why a header is of no known kind of table."""
    if find_columns(header) is not None and _of_subscribers(header):
        return (
            "places of an operator's subscribers: give the operator's events with a column of "
            "cell ids and its table of cells, or call the column of people participant"
        )
    return nearly(header) or missing_columns(header)


def table_of(found: Columns | Roles, participant: str, enrolled: frozenset[str] | None) -> Table:
    """Return what turns the columns into rows.

    Parameters
    ----------
    found : Columns or Roles
        Which column means what.
    participant : str
        Who all rows belong to where no column says.
    enrolled : frozenset of str, optional
        Those who agreed that their operator gives their data.

    Raises
    ------
    InputError
        If it is a table of an operator and nothing says who is enrolled.
    """
    if isinstance(found, Columns):
        return Tabular(found, participant)
    if found.private and enrolled is None:
        what = "calls and messages" if found.format == "calls" else "an operator's events"
        raise InputError(
            f"{what}, which may be about people who did not agree: give --enrolled FILE with "
            "the ids of those who did (enrolled=... in the library), and no other row is kept",
        )
    agreed = enrolled or frozenset()
    tables: Mapping[str, Callable[[], Table]] = {
        "sightings": lambda: Sightings(found, participant),
        "check-ins": lambda: CheckIns(found, participant),
        "calls": lambda: Calls(found, agreed),
        "cell-events": lambda: CellEvents(found, agreed),
        "cell-sites": lambda: CellSites(found),
    }
    return tables[found.format]()


def format_of(found: Columns | Roles, other: str) -> str:
    """Return the format to report: that of the kind of table, `other` for one of fixes."""
    return other if isinstance(found, Columns) else found.format


def _of_subscribers(header: Sequence[str]) -> bool:
    """Tell whether nothing but an operator's number says whose the rows are."""
    keys = [spelling(name) for name in header]
    return first_of(keys, SUBSCRIBER) is not None and first_of(keys, OWNER) is None
