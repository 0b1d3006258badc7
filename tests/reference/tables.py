"""People as the tables that the library reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from fortnight.evidence.schema import FIXES, STAYS, Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.reference.people import Fix, Person, Visit, World

Row = tuple["str", "Fix"]


def rows_of_world(people: Iterable[Person]) -> list[tuple[str, Fix]]:
    """Return every fix with its participant."""
    return [(person.name, fix) for person in people for fix in person.fixes]


def fixes_table(rows: Sequence[tuple[str, Fix]]) -> pa.Table:
    """Return fixes as a table, in the order given."""
    return pa.table(
        {
            "participant": pa.array([name for name, _ in rows], pa.string()),
            "time": pa.array([fix.time for _, fix in rows], pa.int64()).cast(
                FIXES.field("time").type
            ),
            "lon": pa.array([fix.lon for _, fix in rows], pa.float64()),
            "lat": pa.array([fix.lat for _, fix in rows], pa.float64()),
            "accuracy": pa.array([fix.accuracy for _, fix in rows], pa.float32()),
            "source": pa.array([fix.source for _, fix in rows], pa.string()),
        },
    )


def stays_table(rows: Sequence[tuple[str, Visit]]) -> pa.Table:
    """Return visits as a table, in the order given."""
    return pa.table(
        {
            "participant": pa.array([name for name, _ in rows], pa.string()),
            "start": pa.array([visit.start for _, visit in rows], pa.int64()),
            "end": pa.array([visit.end for _, visit in rows], pa.int64()),
            "lon": pa.array([visit.lon for _, visit in rows], pa.float64()),
            "lat": pa.array([visit.lat for _, visit in rows], pa.float64()),
            "accuracy": pa.array([visit.accuracy for _, visit in rows], pa.float32()),
        },
    ).cast(STAYS)


def evidence_of(people: World) -> Evidence:
    """Return a world as evidence that was read."""
    visits = [(person.name, visit) for person in people for visit in person.visits]
    return Evidence(fixes_table(rows_of_world(people)), stays_table(visits), ())
