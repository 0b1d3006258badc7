"""Tickets in the office: what people need, by deadline; read under a look, taken, given, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.errors import ConflictError, GoneError, QuestionError, RefusedError
from fortnight.isolation.needs import OUTCOMES, PARTNER_FIELDS, Field, for_partner
from fortnight.web.office import support_words
from fortnight.web.office.cases import CASE_PATH
from fortnight.web.office.follow_up_page import sayer
from fortnight.web.office.pages import page, see, speech
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.support import theirs, ticket_of, waits_for
from fortnight.web.office.support_routes import TICKETS
from fortnight.web.office.who import form_of, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Asked = Request[Any, Any, Any]
else:
    Asked = Request[Any, Any, Any]  # the framework reads annotations when it runs

TICKET_PATH: Final = f"{CASE_PATH}/tickets/{{ticket:str}}"
_CANNOT: Final = (RefusedError, ConflictError, QuestionError, GoneError)
_CONFLICT: Final = 409


@get(TICKETS, include_in_schema=False, sync_to_thread=True)
def tickets(request: Asked) -> Response[bytes]:
    """Show what waits: tickets by deadline, who was silent, and replies."""
    rooms, staff = rooms_of(request), signed_in(request)
    now = rooms.clock()
    return page(
        request,
        "tickets.html",
        waits=waits_for(rooms, staff.account, now),
        names=support_words,
        say=sayer(speech(request).language),
        own=staff.account.id,
    )


@get(TICKET_PATH, include_in_schema=False, sync_to_thread=True)
def ticket(request: Asked, case_id: FromPath[str], ticket: FromPath[str]) -> Response[bytes]:
    """Show a ticket without what it holds."""
    return _ticket(request, case_id, ticket)


def _ticket(
    request: Asked,
    case_id: str,
    number: str,
    error: str | None = None,
    opened: Mapping[str, str] | None = None,
    handed: Mapping[str, str] | None = None,
) -> Response[bytes]:
    rooms, staff = rooms_of(request), signed_in(request)
    shown = ticket_of(request, case_id, number, "ticket.read")
    works = theirs(rooms, staff.account, "ticket.work")
    return page(
        request,
        "ticket.html",
        status=200 if error is None else _CONFLICT,
        case_id=case_id,
        ticket=shown,
        opened=opened,
        would_hand=None if opened is None else for_partner(shown.need, opened),
        handed=handed,
        partner_fields=[one.value for one in Field if one in PARTNER_FIELDS[shown.need]],
        outcomes=OUTCOMES,
        names=support_words,
        say=sayer(speech(request).language),
        may=works(case_id, shown.contact) and shown.outcome is None,
        may_case=theirs(rooms, staff.account, "case.read")(case_id, None),
        own=staff.account.id,
        held=form_of(request).fields,
        error=error,
    )


def _do(request: Asked, case_id: str, number: str, act: Callable[[], object]) -> Response[bytes]:
    """Do something about a ticket and show it again: with why, where that cannot be."""
    ticket_of(request, case_id, number, "ticket.work")
    try:
        act()
    except _CANNOT as error:
        return _ticket(request, case_id, number, str(error))
    return see(f"/office/cases/{case_id}/tickets/{number}")


@post(f"{TICKET_PATH}/read", include_in_schema=False, sync_to_thread=True, status_code=200)
def read(request: Asked, case_id: FromPath[str], ticket: FromPath[str]) -> Response[bytes]:
    """Show what a ticket holds: a look that they see."""
    rooms, staff = rooms_of(request), signed_in(request)
    ticket_of(request, case_id, ticket, "ticket.read")
    try:
        opened = rooms.support.tickets.read(ticket, staff.reader, rooms.clock())
    except _CANNOT as error:
        return _ticket(request, case_id, ticket, str(error))
    return _ticket(request, case_id, ticket, opened=opened)


@post(f"{TICKET_PATH}/take", include_in_schema=False, sync_to_thread=True, status_code=303)
def take(request: Asked, case_id: FromPath[str], ticket: FromPath[str]) -> Response[bytes]:
    """Become the one who sees to a ticket."""
    rooms, staff = rooms_of(request), signed_in(request)
    own, take_it = staff.account.id, rooms.support.tickets.take
    return _do(request, case_id, ticket, lambda: take_it(ticket, own, staff.reader, rooms.clock()))


@post(f"{TICKET_PATH}/partner", include_in_schema=False, sync_to_thread=True, status_code=200)
def partner(request: Asked, case_id: FromPath[str], ticket: FromPath[str]) -> Response[bytes]:
    """Give a ticket to a partner, and show exactly what it is told."""
    rooms, staff = rooms_of(request), signed_in(request)
    ticket_of(request, case_id, ticket, "ticket.work")
    try:
        handed = rooms.support.tickets.give_to_partner(
            ticket,
            form_of(request).text("partner", 128),
            staff.account.id,
            staff.reader,
            rooms.clock(),
        )
    except _CANNOT as error:
        return _ticket(request, case_id, ticket, str(error))
    return _ticket(request, case_id, ticket, handed=handed)


@post(f"{TICKET_PATH}/end", include_in_schema=False, sync_to_thread=True, status_code=303)
def end(request: Asked, case_id: FromPath[str], ticket: FromPath[str]) -> Response[bytes]:
    """Say how a ticket ended."""
    rooms, staff = rooms_of(request), signed_in(request)
    own, end_it = staff.account.id, rooms.support.tickets.end

    def act() -> None:
        outcome = form_of(request).text("outcome", 16)
        end_it(ticket, outcome, own, staff.reader, rooms.clock())

    return _do(request, case_id, ticket, act)


HANDLERS: Final = (tickets, ticket, read, take, partner, end)
