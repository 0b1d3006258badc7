"""The right of reply in the office: what a contact says, before and after, and the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.errors import ConflictError, GoneError, QuestionError, RefusedError
from fortnight.web.office import support_words
from fortnight.web.office.contacts import CONTACT_PATH
from fortnight.web.office.follow_up_page import sayer
from fortnight.web.office.pages import page, see, speech
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.support_routes import TICKETS
from fortnight.web.office.who import form_of, nothing_here, signed_in

if TYPE_CHECKING:
    from fortnight.isolation.replies import Waiting

    Asked = Request[Any, Any, Any]
else:
    Asked = Request[Any, Any, Any]  # the framework reads annotations when it runs

REPLY_PATH: Final = f"{CONTACT_PATH}/replies/{{reply:str}}"
_CANNOT: Final = (RefusedError, ConflictError, QuestionError, GoneError)
_CONFLICT: Final = 409


def _waiting(request: Asked, case_id: str, contact: str, number: str) -> Waiting:
    """Return a reply of a contact; the door has held whoever asks against both."""
    rooms = rooms_of(request)
    for one in rooms.support.replies.of_case(case_id, rooms.clock()):
        if (one.id, one.contact) == (number, contact):
            return one
    raise nothing_here()


def _reply(
    request: Asked,
    case_id: str,
    contact: str,
    number: str,
    error: str | None = None,
    note: str | None = None,
) -> Response[bytes]:
    shown = _waiting(request, case_id, contact, number)
    return page(
        request,
        "reply.html",
        status=200 if error is None else _CONFLICT,
        case_id=case_id,
        contact=contact,
        reply=shown,
        note=note,
        names=support_words,
        say=sayer(speech(request).language),
        held=form_of(request).optional("words", 5_000) or "",
        error=error,
    )


@get(REPLY_PATH, include_in_schema=False, sync_to_thread=True)
def reply(
    request: Asked, case_id: FromPath[str], contact: FromPath[str], reply: FromPath[str]
) -> Response[bytes]:
    """Show a reply with before and after, without their words."""
    return _reply(request, case_id, contact, reply)


@post(f"{REPLY_PATH}/read", include_in_schema=False, sync_to_thread=True, status_code=200)
def read(
    request: Asked, case_id: FromPath[str], contact: FromPath[str], reply: FromPath[str]
) -> Response[bytes]:
    """Show what they wrote: a look that they see."""
    rooms, staff = rooms_of(request), signed_in(request)
    _waiting(request, case_id, contact, reply)
    try:
        note = rooms.support.replies.read(reply, staff.reader, rooms.clock())
    except _CANNOT as error:
        return _reply(request, case_id, contact, reply, str(error))
    return _reply(request, case_id, contact, reply, note=note)


@post(f"{REPLY_PATH}/answer", include_in_schema=False, sync_to_thread=True, status_code=303)
def answer(
    request: Asked, case_id: FromPath[str], contact: FromPath[str], reply: FromPath[str]
) -> Response[bytes]:
    """Answer a reply by name: it stands or does not, and why."""
    _waiting(request, case_id, contact, reply)
    try:
        _answer(request, reply)
    except _CANNOT as error:
        return _reply(request, case_id, contact, reply, str(error))
    return see(f"{TICKETS}#replies")


def _answer(request: Asked, number: str) -> None:
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    stands = form.optional("stands", 3)
    if stands not in {"yes", "no"}:
        raise QuestionError("Say whether it is so, or not.")
    rooms.support.replies.answer(
        number,
        form.optional("words", 1_000) or "",
        staff.account.id,
        staff.reader,
        rooms.clock(),
        stands=stands == "yes",
    )


HANDLERS: Final = (reply, read, answer)
