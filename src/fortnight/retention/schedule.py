"""What is kept, where, how long and why, and how it ends: one table that the sweep obeys.

A column or a kind of file without a row here fails the build (tests/unit/test_retention_schedule).
Days are UTC days. Evidence of day D is kept on D and on the fourteen days after it: on the
fifteenth it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from fortnight.retention.schedule_rows_cases import CASES
from fortnight.retention.schedule_rows_evidence import EVIDENCE
from fortnight.retention.schedule_rows_office import OFFICE
from fortnight.retention.schedule_rows_people import PEOPLE
from fortnight.retention.schedule_rows_sending import SENDING
from fortnight.retention.schedule_rows_service import QUEUE, SERVICE
from fortnight.retention.schedule_rows_support import SUPPORT

if TYPE_CHECKING:
    from fortnight.retention.parts import Ending, Part

ON_POSTGRES_ALONE: Final = frozenset({"ledger_leaf.xid", "look.xid", "look.written"})
SCHEDULE: Final = (*EVIDENCE, *SENDING, *CASES, *SUPPORT, *PEOPLE, *OFFICE, *SERVICE, *QUEUE)


class Row(NamedTuple):
    """One row of the table that people read."""

    where: str
    kept: str
    why: str
    ends: Ending


def rows() -> tuple[Row, ...]:
    """Return the whole table, a row for each column and each kind of file."""
    return tuple(
        Row(_where(part.of, name), part.kept, part.why, part.ends)
        for part in SCHEDULE
        for name in part.names
    )


def swept_tables() -> tuple[Part, ...]:
    """Return the parts that the sweep empties by a query of their own, in order."""
    return tuple(part for part in SCHEDULE if part.terms)


def _where(of: str, name: str) -> str:
    """Return the name of a column, or of a kind of file."""
    is_file = of.startswith("home/") or of in {"home", "keys", "logs"}
    return f"{of}/{name}" if is_file else f"{of}.{name}"
