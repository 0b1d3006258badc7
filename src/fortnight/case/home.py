"""The day's work: which cases wait for what, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import bindparam, func, select

from fortnight.db.office_tables import (
    case_assignment,
    case_merge,
    decision,
    named_contact,
    staff_account,
)
from fortnight.db.tables import case_file, exposure, trace_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import BindParameter, Connection, Row, Select

    from fortnight.case.call_list import CallItem
    from fortnight.case.decision_rows import Decision

Due = Literal["yes", "interview", "trace", "decide", "second", "call", "close"]
DAY_MS: Final = 86_400_000
TRACE_MS: Final = 3_600_000
_OPEN: Final = ("opened", "agreed", "traced")


@dataclass(frozen=True, slots=True)
class HomeCase:
    """One case and the next thing that it waits for; instants are ms since 1970."""

    case_id: str
    state: str
    disease: str
    enrolled: bool
    opened_at: int
    assigned_to: str | None
    assigned_name: str | None
    due_at: int
    due: Due
    is_overdue: bool
    undecided: int
    contacts: int


@dataclass(frozen=True, slots=True)
class Home:
    """The day's work of one account. ``overdue`` counts cases and calls."""

    cases: tuple[HomeCase, ...]
    calls: tuple[CallItem, ...]
    waiting: tuple[Decision, ...]
    overdue: int


@dataclass(frozen=True, slots=True)
class _Known:
    """By case: measured contacts, named ones, decided ones, the last trace's end, calls due."""

    measured: Mapping[str, int]
    named: Mapping[str, int]
    decided: Mapping[str, int]
    traced_at: Mapping[str, int]
    waits_since: Mapping[str, int]
    call_at: Mapping[str, int]


def home_of(
    connection: Connection,
    account: str | None,
    district: str,
    calls: Sequence[CallItem],
    waiting: tuple[Decision, ...],
    now: int,
) -> Home:
    """Return the work of an account, or with None of its district."""
    query, asked = (_OF_DISTRICT, {}) if account is None else (_OF_ACCOUNT, {"account": account})
    rows = connection.execute(query, {"district": district, **asked}).all()
    known = _known(connection, [row.id for row in rows], calls)
    cases = sorted(
        (_case(row, known, now) for row in rows),
        key=lambda one: (not one.is_overdue, one.due_at, one.case_id),
    )
    own = tuple(calls)
    overdue = sum(one.is_overdue for one in cases) + sum(one.is_overdue for one in own)
    return Home(tuple(cases), own, waiting, overdue)


def _cases() -> Select[Any]:
    """Return the query of a district's open cases, and whose they are."""
    c, given = case_file.c, case_assignment.c
    return (
        select(case_file, given.account, staff_account.c.name)
        .outerjoin(case_assignment, (given.case_id == c.id) & given.until_at.is_(None))
        .outerjoin(staff_account, staff_account.c.id == given.account)
        .where(
            c.district == bindparam("district"),
            c.state.in_(_OPEN),
            c.id.not_in(select(case_merge.c.merged)),
        )
    )


_OF_DISTRICT: Final = _cases()
_OF_ACCOUNT: Final = _OF_DISTRICT.where(case_assignment.c.account == bindparam("account"))


def _known(connection: Connection, cases: list[str], calls: Sequence[CallItem]) -> _Known:
    call_at: dict[str, int] = {}
    for item in calls:
        if item.kind != "case":
            call_at[item.case_id] = min(item.due_at, call_at.get(item.case_id, item.due_at))
    read = [
        {row[0]: row[1] for row in connection.execute(query, {"cases": cases})}
        for query in _QUERIES
    ]
    measured, named, decided, traced_at, waits_since = read
    return _Known(measured, named, decided, traced_at, waits_since, call_at)


def _queries() -> tuple[Select[Any], ...]:
    """Return what is asked of some cases; written down once."""
    d, n, run = decision.c, named_contact.c, trace_run.c
    standing = (n.merged_with.is_(None)) & n.objected_at.is_(None)
    live = d.retracted_at.is_(None)
    waits = live & d.needs_second.is_(True) & d.second_by.is_(None)
    asked = (
        (exposure.c.case_id, select(exposure.c.case_id, func.count())),
        (n.case_id, select(n.case_id, func.count()).where(standing)),
        (d.case_id, _decided()),
        (run.case_id, select(run.case_id, func.max(run.ended_at)).where(run.state == "done")),
        (d.case_id, select(d.case_id, func.min(d.at)).where(waits)),
    )
    cases: BindParameter[list[str]] = bindparam("cases", expanding=True)
    return tuple(query.where(case.in_(cases)).group_by(case) for case, query in asked)


def _decided() -> Select[Any]:
    """Return the query of how many of a case's listed contacts are decided."""
    d, n = decision.c, named_contact.c
    measured = select(exposure.c.case_id).where(
        exposure.c.case_id == d.case_id, exposure.c.contact == d.contact
    )
    named = select(n.id).where(
        n.case_id == d.case_id,
        n.contact == d.contact,
        n.merged_with.is_(None),
        n.objected_at.is_(None),
    )
    return select(d.case_id, func.count()).where(
        d.retracted_at.is_(None), measured.exists() | named.exists()
    )


_QUERIES: Final = _queries()


def _case(row: Row[Any], known: _Known, now: int) -> HomeCase:
    contacts = known.measured.get(row.id, 0) + known.named.get(row.id, 0)
    undecided = contacts - known.decided.get(row.id, 0)
    due_at, due = min(_dues(row, known, undecided))
    return HomeCase(
        case_id=row.id,
        state=row.state,
        disease=row.disease,
        enrolled=row.person is not None,
        opened_at=row.opened_at,
        assigned_to=row.account,
        assigned_name=row.name,
        due_at=due_at,
        due=due,
        is_overdue=due_at < now,
        undecided=undecided,
        contacts=contacts,
    )


def _dues(row: Row[Any], known: _Known, undecided: int) -> list[tuple[int, Due]]:
    """Return what a case waits for: always one thing, its closing, at the least."""
    end = DAY_MS * ((row.follow_up_end_day or row.opened_at // DAY_MS) + 1)
    dues: list[tuple[int, Due]] = [(end, "close")]
    if row.person is not None and row.state == "opened":
        dues.append((row.opened_at + DAY_MS, "yes"))
    if row.person is None and row.id not in known.named:
        dues.append((row.opened_at + DAY_MS, "interview"))
    if row.state == "agreed":
        dues.append((row.agreed_at + TRACE_MS, "trace"))
    if undecided:
        dues.append((known.traced_at.get(row.id, row.opened_at) + DAY_MS, "decide"))
    if row.id in known.waits_since:
        dues.append((known.waits_since[row.id] + DAY_MS, "second"))
    if row.id in known.call_at:
        dues.append((known.call_at[row.id], "call"))
    return dues
