"""The chain of a case as one account may see it: what it cannot open has no number and no date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortnight.risk.disease import load_disease
from fortnight.staff.permissions import allowed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fortnight.case.chain import CaseChain, ChainRow, Share
    from fortnight.case.work import CasePage
    from fortnight.contact.confirmed import DayTogether
    from fortnight.staff.accounts import Account
    from fortnight.web.office.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Who:
    """A case of the chain; ``case_id`` is None where it is another team's."""

    case_id: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A probable source. ``is_hidden``: the contact is somebody else's to work on."""

    who: Who
    contact: str | None
    is_hidden: bool
    share: Share
    days: tuple[DayTogether, ...]
    either_way: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A case of the tree, and those that it probably infected."""

    who: Who
    day: int | None
    by_test: bool
    is_root: bool
    probability: Share
    below: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown; ``to_ask`` counts contacts met before who are no known cases."""

    observed: float
    unknown: Share
    candidates: tuple[Source, ...]
    tree: tuple[Node, ...]
    to_ask: int


def chain_of(
    rooms: Rooms, account: Account, page: CasePage, not_for: frozenset[str]
) -> Shown | None:
    """Return the chain of a case for an account; None where no trace looked for one."""
    found = rooms.work.chains.of(page.file.id)
    if found is None:
        return None
    hidden = {one.case_id for one in found.candidates if one.contact in not_for}
    known = _names(rooms, account, hidden, page.file.id)
    return Shown(
        observed=found.observed,
        unknown=found.unknown,
        candidates=_candidates(found, known, not_for),
        tree=_tree(found.rows, known),
        to_ask=_to_ask(page, {one.contact for one in found.candidates}),
    )


def _names(rooms: Rooms, account: Account, hidden: set[str], own: str) -> Callable[[str], Who]:
    """Return how cases are called: by number those that the account may read.

    But for a ``hidden`` one: its number would tell which contact it is.
    """
    seen: dict[str, Who] = {}

    def who(case_id: str) -> Who:
        if case_id not in seen:
            relation = rooms.staff.relations.of(account, case_id) or "none"
            may = case_id == own or allowed(account.role, "case.read", relation)
            named = may and case_id not in hidden
            seen[case_id] = Who(case_id if named else None, case_id == own)
        return seen[case_id]

    return who


def _candidates(
    found: CaseChain, who: Callable[[str], Who], not_for: frozenset[str]
) -> tuple[Source, ...]:
    sources = []
    for one in found.candidates:
        hidden = one.contact in not_for
        sources.append(
            Source(
                who=who(one.case_id),
                contact=None if hidden else one.contact,
                is_hidden=hidden,
                share=one.share,
                days=() if hidden else one.days,
                either_way=one.either_way,
            )
        )
    return tuple(sources)


def _tree(rows: Sequence[ChainRow], who: Callable[[str], Who]) -> tuple[Node, ...]:
    below: dict[str | None, list[ChainRow]] = {}
    for row in rows:
        below.setdefault(row.infector, []).append(row)

    def node(row: ChainRow) -> Node:
        named = who(row.case_id)
        return Node(
            who=named,
            day=None if named.case_id is None else row.day,
            by_test=row.by_test,
            is_root=row.infector is None,
            probability=row.probability,
            below=tuple(node(one) for one in below.get(row.case_id, [])),
        )

    return tuple(node(row) for row in below.get(None, []))


def _to_ask(page: CasePage, cases: set[str | None]) -> int:
    """Return how many contacts were met while the case was infected and are no known cases."""
    file = page.file
    anchor = file.test_day if file.onset_day is None else file.onset_day
    first = anchor + load_disease(file.disease).look_back.first_day
    return sum(
        line.measured is not None
        and line.contact not in cases
        and line.measured.first_day <= anchor
        and line.measured.last_day >= first
        for line in page.contacts
    )
