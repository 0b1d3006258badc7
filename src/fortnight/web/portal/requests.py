"""What a person needs at home: asked for here, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post

from fortnight.errors import QuestionError
from fortnight.isolation.needs import ASKED_FOR, PARTNER_FIELDS, Field, Need
from fortnight.isolation.tickets import LONGEST
from fortnight.web.in_thread import in_thread
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.who import form_of, person_of

if TYPE_CHECKING:
    from collections.abc import Mapping

HELP: Final = "/portal/help"
_KNOWN: Final = frozenset({Field.NUMBER, Field.LANGUAGE})
"""What is known of a person and is not asked again."""
_Request = Request[Any, Any, Any]


def fields_of(need: Need) -> tuple[Field, ...]:
    """Return what the form of a need asks for: what a partner has to know, and a note."""
    wanted = PARTNER_FIELDS[need] - _KNOWN | {Field.NOTE}
    return tuple(field for field in Field if field in wanted)


@get(HELP, include_in_schema=False)
@in_thread
def requests(request: _Request) -> Response[bytes]:
    """Show what was asked for, and a form for each need."""
    rooms, person = rooms_of(request), person_of(request)
    return page(
        request,
        "help.html",
        tickets=rooms.support.tickets.of_person(person),
        needs={need: fields_of(need) for need in ASKED_FOR},
        partner=PARTNER_FIELDS,
        given={need: sorted(PARTNER_FIELDS[need] & _KNOWN, reverse=True) for need in ASKED_FOR},
        longest=LONGEST,
        is_asked=bool(rooms.support.followups.mine(person, rooms.clock())),
        line=rooms.settings.published_number,
    )


@post(HELP, include_in_schema=False)
@in_thread
def ask(request: _Request) -> Response[bytes]:
    """Open a request."""
    rooms, form = rooms_of(request), form_of(request)
    said = form.text("need", 20)
    if said not in set(ASKED_FOR):
        raise QuestionError("Choose one of the list.")
    need = Need(said)
    given = {field.value: form.optional(field.value, LONGEST) for field in fields_of(need)}
    details: Mapping[str, str] = {name: words for name, words in given.items() if words}
    rooms.support.tickets.ask(person_of(request), need, details, rooms.clock())
    return see(HELP)


HANDLERS: Final = (requests, ask)
