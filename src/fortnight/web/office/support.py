"""Who may see which follow-ups, tickets and replies, and what pages of cases and home say of them.

The door holds whoever asks against the case; here they are held against the contact too: nobody
works on themself, and contacts whom a case worker calls are for the lead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fortnight.staff.permissions import allowed
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.who import nothing_here, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Request

    from fortnight.case.work import CasePage
    from fortnight.followup.beginning import Link
    from fortnight.followup.parts import FollowLine
    from fortnight.isolation.replies import Waiting
    from fortnight.isolation.tickets import Ticket
    from fortnight.staff.accounts import Account
    from fortnight.staff.permissions import Permission
    from fortnight.web.office.rooms import Rooms

    Asked = Request[Any, Any, Any]
    IsTheirs = Callable[[str, str | None], bool]


def theirs(rooms: Rooms, account: Account, does: Permission) -> IsTheirs:
    """Return what tells whether an account may do something with a case's contact, or the case."""
    relations = rooms.staff.relations
    held: dict[str, tuple[bool, frozenset[str]]] = {}

    def is_theirs(case_id: str, contact: str | None) -> bool:
        if case_id not in held:
            may = allowed(account.role, does, relations.of(account, case_id) or "none")
            held[case_id] = may, relations.not_for(account, case_id)
        may, not_for = held[case_id]
        return may and contact not in not_for

    return is_theirs


def line_of(request: Asked, case_id: str, follow_up: str, does: Permission) -> FollowLine:
    """Return a follow-up of a case, for whoever may; the one answer to everybody else."""
    rooms, account = rooms_of(request), signed_in(request).account
    may = theirs(rooms, account, does)
    for one in rooms.support.followups.of_case(case_id, rooms.clock()):
        if one.id == follow_up and may(case_id, one.contact):
            return one
    raise nothing_here()


def ticket_of(request: Asked, case_id: str, ticket: str, does: Permission) -> Ticket:
    """Return a ticket of a case, as `line_of`."""
    rooms, account = rooms_of(request), signed_in(request).account
    may = theirs(rooms, account, does)
    for one in rooms.support.tickets.of_case(case_id, rooms.clock()):
        if one.id == ticket and may(case_id, one.contact):
            return one
    raise nothing_here()


@dataclass(frozen=True, slots=True)
class Section:
    """What the page of a case says of follow-up.

    Attributes
    ----------
    to_start : tuple of str
        Contacts who are told, and not followed yet.
    is_case_to_start : bool
        Whether the case themselves is enrolled, and not followed.
    came_from : Link or None
        Whose contact the case was.
    became : dict
        By contact, the case that it became.
    """

    lines: tuple[FollowLine, ...]
    to_start: tuple[str, ...]
    is_case_to_start: bool
    came_from: Link | None
    became: dict[str, str]


def section_of(
    rooms: Rooms, account: Account, shown: CasePage, not_for: frozenset[str], now: int
) -> Section:
    """Return what the page of a case says of follow-up."""
    case_id, followups = shown.file.id, rooms.support.followups
    lines = followups.of_case(case_id, now)
    followed = {one.contact for one in lines if one.state in {"running", "became-case"}}
    links = followups.chain(case_id)
    may_read = theirs(rooms, account, "case.read")
    came = [
        one for one in links if one.case_id == case_id and may_read(one.source_case, one.contact)
    ]
    told = (one.contact for one in shown.contacts if one.decision and one.decision.is_told)
    return Section(
        lines=tuple(one for one in lines if one.contact not in not_for),
        to_start=tuple(one for one in told if one not in not_for and one not in followed),
        is_case_to_start=shown.file.enrolled and None not in followed,
        came_from=came[0] if came else None,
        became={
            one.contact: one.case_id
            for one in links
            if one.source_case == case_id and one.contact not in not_for
        },
    )


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for a person, of what an account may see: the soonest due first."""

    silent: tuple[FollowLine, ...]
    tickets: tuple[Ticket, ...]
    replies: tuple[Waiting, ...]

    @property
    def late_tickets(self) -> int:
        """How many tickets are overdue."""
        return sum(one.is_overdue for one in self.tickets)

    @property
    def late_replies(self) -> int:
        """How many replies nobody answered within a day."""
        return sum(one.is_overdue for one in self.replies)


def waits_for(rooms: Rooms, account: Account, now: int) -> Waits:
    """Return who did not answer, the open tickets, and the replies that wait."""
    support, district = rooms.support, account.district
    reads = theirs(rooms, account, "followup.read")
    works, answers = theirs(rooms, account, "ticket.read"), theirs(rooms, account, "reply.answer")
    return Waits(
        silent=tuple(
            one
            for one in support.followups.unanswered(district, now)
            if reads(one.case_id, one.contact)
        ),
        tickets=tuple(
            one
            for one in support.tickets.open_ones(district, now)
            if works(one.case_id, one.contact)
        ),
        replies=tuple(
            one
            for one in support.replies.waiting(district, now)
            if answers(one.case_id, one.contact)
        ),
    )
