"""The rows of a case, as values; and the entry of the log that each step leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, update

from fortnight.case.state import State, Step, after
from fortnight.db.office_tables import case_merge
from fortnight.db.tables import case_file, trace_run
from fortnight.errors import ConflictError, RefusedError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Row

    from fortnight.vault.purposes import Reader

# Written down once: SQLAlchemy takes longer to write a query than a database to answer it.
_CASE: Final = select(case_file).where(case_file.c.id == bindparam("case"))
_LOCKED: Final = _CASE.with_for_update()
_RUN: Final = select(trace_run).where(trace_run.c.id == bindparam("run"))
_LAST_RUN: Final = (
    select(trace_run)
    .where(trace_run.c.case_id == bindparam("case"))
    .order_by(trace_run.c.asked_at.desc(), trace_run.c.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What is known of a case, without who it is.

    Days count from 1970, instants are ms since then, both UTC. ``enrolled`` tells whether the
    tested person takes part, so that there is anything to trace.
    """

    id: str
    state: State
    enrolled: bool
    disease: str
    onset_day: int | None
    test_day: int
    sample_at: int
    opened_at: int
    agreed_at: int | None
    follow_up_end_day: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """One trace of a case: where it stands, and over which days (since 1970) it looked."""

    id: str
    case_id: str
    state: str
    asked_at: int
    ended_at: int | None
    problem: str | None
    window: tuple[int, int] | None
    held_from_day: int | None
    contacts: int | None


def locked(connection: Connection, case_id: str) -> Row[Any]:
    """Return a case's row, held until the transaction ends. Raises RefusedError for none."""
    row = connection.execute(_LOCKED, {"case": case_id}).first()
    if row is None:
        raise RefusedError(f"There is no case {case_id}.")
    return row


def step(
    connection: Connection, case_id: str, taken: Step, values: dict[str, Any] | None = None
) -> Row[Any]:
    """Take a step of a case in the caller's transaction; return its row as it was before.

    Raises ConflictError where the step does not follow, RefusedError where there is no such case.
    """
    row = locked(connection, case_id)
    _refuse_merged(connection, case_id, taken)
    state = after(State(row.state), taken)
    connection.execute(
        update(case_file).where(case_file.c.id == case_id).values(state=state, **(values or {}))
    )
    return row


def _refuse_merged(connection: Connection, case_id: str, taken: Step) -> None:
    """Raise ConflictError where a case was merged: its work goes on in the other file."""
    merged = select(case_merge.c.kept).where(case_merge.c.merged == case_id)
    if taken is not Step.WITHDRAW and connection.scalar(merged) is not None:
        raise ConflictError("This case was merged with another: go on there.")


def log(
    connection: Connection,
    kind: str,
    detail: dict[str, str | int],
    reader: Reader | None,
    now: int,
    random: Callable[[int], bytes],
) -> None:
    """Add the entry of a step to the log, in the caller's transaction."""
    office: dict[str, str | int] = {}
    if reader is not None:
        detail = detail | {"district": reader.district, "role": reader.role}
        office = {"actor": reader.actor}
    add(connection, make_leaf(kind, now, detail, office, random), now)


def read_case(connection: Connection, case_id: str) -> CaseFile:
    """Return one case. Raises RefusedError where there is none."""
    row = connection.execute(_CASE, {"case": case_id}).first()
    if row is None:
        raise RefusedError(f"There is no case {case_id}.")
    return CaseFile(
        id=row.id,
        state=State(row.state),
        enrolled=row.person is not None,
        disease=row.disease,
        onset_day=row.onset_day,
        test_day=row.test_day,
        sample_at=row.sample_at,
        opened_at=row.opened_at,
        agreed_at=row.agreed_at,
        follow_up_end_day=row.follow_up_end_day,
    )


def read_run(connection: Connection, run_id: str) -> Run:
    """Return one trace of a case. Raises RefusedError where there is none."""
    row = connection.execute(_RUN, {"run": run_id}).first()
    if row is None:
        raise RefusedError(f"There is no trace {run_id}.")
    return _run(row)


def last_run(connection: Connection, case_id: str) -> Run | None:
    """Return the last trace of a case that was asked for, or None."""
    row = connection.execute(_LAST_RUN, {"case": case_id}).first()
    return None if row is None else _run(row)


def _run(row: Row[Any]) -> Run:
    first, last = row.window_first_day, row.window_last_day
    return Run(
        id=row.id,
        case_id=row.case_id,
        state=row.state,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        problem=row.problem,
        window=None if first is None else (first, last),
        held_from_day=row.held_from_day,
        contacts=row.contacts,
    )
