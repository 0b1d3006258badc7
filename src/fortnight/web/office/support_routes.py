"""Rows of follow-up, tickets and replies in the table of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from fortnight.web.office.case_routes import CASE, CONTACT
from fortnight.web.rows import Route

if TYPE_CHECKING:
    from fortnight.staff.permissions import Permission
    from fortnight.web.rows import Relation

TICKETS: Final = "/office/tickets"
FOLLOW_UP: Final = f"{CASE}/follow-ups/{{follow_up}}"
TICKET: Final = f"{CASE}/tickets/{{ticket}}"
REPLY: Final = f"{CONTACT}/replies/{{reply}}"
_MOST_FORM_BYTES: Final = 32 * 1_024


def _row(
    path: str,
    does: Permission,
    why: str,
    relation: Relation = "case",
    method: Literal["GET", "POST"] = "POST",
) -> Route:
    most = 0 if method == "GET" else _MOST_FORM_BYTES
    return Route(path, method, "staff", "support", relation, "office", most, why, does)


def _recorded(step: str, why: str) -> Route:
    """Return the row of a form on the page of a follow-up."""
    return _row(f"{FOLLOW_UP}/{step}", "followup.record", why)


SUPPORT_ROUTES: Final = (
    _row(f"{CASE}/follow-up", "followup.record", "The case themselves is followed from now on."),
    _row(
        f"{CONTACT}/follow-up",
        "followup.record",
        "A contact who is told is followed from now on.",
        "contact",
    ),
    _row(
        FOLLOW_UP, "followup.read", "How somebody is who is followed: plan and answers.", "case",
        "GET",
    ),
    _recorded("answer", "What somebody answered on the phone; a red flag is answered at once."),
    _recorded("voice", "Somebody is called instead of texted, or texted again."),
    _recorded("zone", "Where they say that they are: nobody texts them at night there."),
    _recorded("pause", "Somebody is in hospital, or has an appointment: nobody asks."),
    _recorded("back", "They are back: they are asked again."),
    _recorded("plan", "Immunity or treatment, as they said: the plan is made anew."),
    _recorded("reply", "What a contact says of the exposure: it is scored again at once."),
    _recorded("positive", "A contact who tested positive becomes a case; the history stays."),
    _row(TICKETS, "ticket.list", "What people need, who was silent, who replied.", "nobody", "GET"),
    _row(TICKET, "ticket.read", "One ticket, without what it holds.", "case", "GET"),
    _row(f"{TICKET}/read", "ticket.read", "What a ticket holds: a look that they see."),
    _row(f"{TICKET}/take", "ticket.work", "Somebody sees to a ticket."),
    _row(f"{TICKET}/partner", "ticket.work", "A partner gets what its need takes, and no more."),
    _row(f"{TICKET}/end", "ticket.work", "How a ticket ended."),
    _row(REPLY, "reply.answer", "A reply, with before and after.", "contact", "GET"),
    _row(f"{REPLY}/read", "reply.answer", "What they wrote: a look that they see.", "contact"),
    _row(f"{REPLY}/answer", "reply.answer", "A named person answers a reply.", "contact"),
)  # fmt: skip
