"""Who is to be called: derived from decisions, calls and households each time it is asked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from sqlalchemy import bindparam, select

from fortnight.case.retraction import MAY_HAVE_ARRIVED
from fortnight.db.office_tables import (
    call_record,
    case_assignment,
    case_merge,
    decision,
    named_contact,
)
from fortnight.db.tables import case_file, exposure, message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection, Row, Select

    Key = tuple[str, str | None]  # case, contact

DAY_MS: Final = 86_400_000
AGAIN_MS: Final = 4 * 3_600_000
"""After a call that nobody answered."""
_OPEN: Final = ("opened", "agreed", "traced")


@dataclass(frozen=True, slots=True)
class CallItem:
    """One call to make: to the case (no contacts), or to contacts of one household together.

    ``kind``: ``tell`` what was decided, ask the ``case``, or take back (``retraction``) what they
    were told on the phone. Instants are ms since 1970.
    """

    case_id: str
    kind: Literal["tell", "case", "retraction"]
    contacts: tuple[str, ...]
    household: bool
    care: bool
    pregnant: bool
    weak_immunity: bool
    rank: int
    due_at: int
    is_overdue: bool
    attempts: int
    last_outcome: str | None
    language: str | None


class _Call(NamedTuple):
    """One contact who is to be called."""

    case_id: str
    kind: Literal["tell", "case", "retraction"]
    contact: str | None
    since: int  # when it became known that they are to be called
    named: Row[Any] | None
    rank: int


def to_call(
    connection: Connection,
    account: str | None,
    district: str | None,
    now: int,
    case_id: str | None = None,
) -> tuple[CallItem, ...]:
    """Return who is to be called in the cases of an account, of a district, or in one case."""
    among = {"account": account, "district": district, "case": case_id}
    asked = {name: value for name, value in among.items() if value is not None}
    ask = _queries(frozenset(asked))
    called: dict[Key, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(ask.calls, asked):
        called[row.case_id, row.contact].append(row)
    waiting = [one for one in _all(connection, ask, asked, called) if _is_open(one, called)]
    items = [_item(group, called, now) for group in _households(waiting)]
    return tuple(sorted(items, key=_urgency))


class _Queries(NamedTuple):
    """What is asked of some cases, by which of ``account``, ``district`` and ``case`` are given."""

    calls: Select[Any]
    files: Select[Any]
    told: Select[Any]
    ranks: Select[Any]
    named: Select[Any]
    texted: Select[Any]


@cache
def _queries(given: frozenset[str]) -> _Queries:
    """Return the queries, written down once: that takes longer than a database to answer them."""
    cases, called, text = _cases(given), call_record.c, message.c
    listed, named = exposure.c, named_contact.c
    return _Queries(
        calls=select(call_record).where(called.case_id.in_(cases)).order_by(called.at, called.id),
        files=select(case_file).where(case_file.c.id.in_(cases)),
        told=select(decision).where(decision.c.case_id.in_(cases), decision.c.kind == "tell"),
        ranks=select(listed.case_id, listed.contact, listed.rank).where(listed.case_id.in_(cases)),
        named=select(named_contact).where(named.case_id.in_(cases), named.objected_at.is_(None)),
        texted=select(text.case_id, text.key).where(
            text.case_id.in_(cases),
            text.template == "please-call",
            text.state.in_(MAY_HAVE_ARRIVED),
        ),
    )


def _cases(by: frozenset[str]) -> Select[Any]:
    """Return the query of the cases whose calls are asked for; merged ones are in the other."""
    c, given = case_file.c, case_assignment.c
    cases = select(c.id).where(c.id.not_in(select(case_merge.c.merged)))
    if "account" in by:
        whose = given.account == bindparam("account")
        own = select(given.case_id).where(whose, given.until_at.is_(None))
        cases = cases.where(c.id.in_(own))
    if "district" in by:
        cases = cases.where(c.district == bindparam("district"))
    return cases.where(c.id == bindparam("case")) if "case" in by else cases


def _all(
    connection: Connection,
    ask: _Queries,
    asked: Mapping[str, str],
    called: dict[Key, list[Row[Any]]],
) -> Iterator[_Call]:
    """Yield everybody who is, or was, to be called."""
    files = {row.id: row for row in connection.execute(ask.files, asked)}
    for row in files.values():
        if row.state == "opened":  # for the interview, and the yes
            yield _Call(row.id, "case", None, row.opened_at, None, 0)
    listed = connection.execute(ask.ranks, asked)
    ranks = {(row.case_id, row.contact): row.rank for row in listed}
    named = _named(connection.execute(ask.named, asked))
    texted = _texted(connection.execute(ask.texted, asked))
    for row in connection.execute(ask.told, asked):
        about = named.get((row.case_id, row.contact))
        if row.needs_second and row.second_by is None:
            continue
        rank = ranks.get((row.case_id, row.contact), 0)
        if row.retracted_at is None and files[row.case_id].state in _OPEN:
            since = row.second_at or row.at
            yield _Call(row.case_id, "tell", row.contact, since, about, rank)
        elif (row.case_id, row.contact) not in texted and _was_reached(row, called):
            since = row.retracted_at
            yield _Call(row.case_id, "retraction", row.contact, since, about, rank)


def _was_reached(made: Row[Any], called: dict[Key, list[Row[Any]]]) -> bool:
    """Tell whether somebody was told on the phone what does not stand any more."""
    return made.retracted_at is not None and any(
        call.outcome == "reached" and made.at <= call.at <= made.retracted_at
        for call in called[made.case_id, made.contact]
    )


def _texted(rows: Iterable[Row[Any]]) -> set[Key]:
    """Return the contacts whom a text may have reached: where it was wrong, another says so."""
    keys = [(row.case_id, row.key.split()) for row in rows]
    return {(case_id, words[2]) for case_id, words in keys if words[0] == "told"}


def _is_open(one: _Call, called: dict[Key, list[Row[Any]]]) -> bool:
    """Tell whether a call is still to be made: nobody was reached, or something is to follow."""
    since = _since(one, called)
    return not since or since[-1].next_at is not None or since[-1].outcome == "no-answer"


def _since(one: _Call, called: dict[Key, list[Row[Any]]]) -> list[Row[Any]]:
    """Return the calls that were made for it."""
    calls = called.get((one.case_id, one.contact), [])
    late = [call for call in calls if call.at >= one.since]
    return [call for call in late if call.at > one.since] if one.kind == "retraction" else late


def _households(waiting: Iterable[_Call]) -> list[list[_Call]]:
    """Put together who is called once."""
    groups: dict[tuple[str, str, str], list[_Call]] = defaultdict(list)
    for one in waiting:
        home = None if one.named is None else one.named.household
        name = f"alone {one.contact}" if home is None else f"household {home}"
        groups[one.case_id, one.kind, name].append(one)
    return list(groups.values())


def _item(group: list[_Call], called: dict[Key, list[Row[Any]]], now: int) -> CallItem:
    first = group[0]
    made = [call for one in group for call in _since(one, called)]
    last = max(made, key=lambda call: call.at, default=None)
    due_at = _due(min(one.since for one in group), last)
    about = [one.named for one in group if one.named is not None]
    return CallItem(
        case_id=first.case_id,
        kind=first.kind,
        contacts=tuple(sorted(one.contact for one in group if one.contact is not None)),
        household=any(row.setting == "household" for row in about),
        care=any(row.setting == "care" for row in about),
        pregnant=any(row.pregnant for row in about),
        weak_immunity=any(row.weak_immunity for row in about),
        rank=min(one.rank for one in group),
        due_at=due_at,
        is_overdue=due_at < now,
        attempts=len({call.at for call in made}),
        last_outcome=None if last is None else last.outcome,
        language=None if last is None else last.language,
    )


def _due(since: int, last: Row[Any] | None) -> int:
    if last is None:
        return since + DAY_MS
    return int(last.at + AGAIN_MS if last.next_at is None else last.next_at)


def _urgency(item: CallItem) -> tuple[object, ...]:
    return (
        not item.is_overdue,
        not item.household,
        not item.care,
        not item.pregnant,
        not item.weak_immunity,
        item.rank,
        item.due_at,
        item.case_id,
        item.contacts,
    )


def _named(rows: Iterable[Row[Any]]) -> dict[tuple[str, str], Row[Any]]:
    """Return whom cases named, by their number and by that of whom they are merged with."""
    found: dict[tuple[str, str], Row[Any]] = {}
    for row in rows:
        found[row.case_id, row.contact] = row
        if row.merged_with is not None:
            found[row.case_id, row.merged_with] = row
    return found
