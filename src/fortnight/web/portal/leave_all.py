"""Leaving with everything; and the proof of it, for whoever has the code that names nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post

from fortnight.errors import GoneError, QuestionError, RefusedError
from fortnight.taking.leaving import NOT_KNOWN, PROOF_DAYS, grouped
from fortnight.web.in_thread import in_thread
from fortnight.web.office.session import ended_cookie
from fortnight.web.office.who import is_secure
from fortnight.web.portal.pages import HEADERS, page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.sessions import COOKIE
from fortnight.web.portal.unlock import unlocked
from fortnight.web.portal.who import START, form_of, person_of

if TYPE_CHECKING:
    from fortnight.taking.leaving import Left

LEAVE_ALL: Final = "/portal/leave-all"
PROOF: Final = "/portal/proof"
_LONGEST_CODE: Final = 80
_NOT_FOUND: Final = 404
_UNUSABLE: Final = 422
_Request = Request[Any, Any, Any]


@get(LEAVE_ALL, include_in_schema=False)
@in_thread
def leave_all(request: _Request) -> Response[bytes]:
    """Say what happens, and ask once more."""
    _guard(request)
    return page(request, "leave_all.html", unsure=False, days=PROOF_DAYS)


@post(LEAVE_ALL, include_in_schema=False)
@in_thread
def leave(request: _Request) -> Response[bytes]:
    """Let a person leave, end their sessions, and give them the code of the proof."""
    person = _guard(request)
    if form_of(request).optional("sure", 3) != "yes":
        return page(request, "leave_all.html", status=_UNUSABLE, unsure=True, days=PROOF_DAYS)
    rooms, door = rooms_of(request), request.scope["user"].door
    try:
        code = rooms.taking.leaving.leave(person, rooms.clock())
    except GoneError:  # sent twice
        return see(START)
    door.portal.end_of(person)
    answer = page(request, "left_all.html", code=grouped(code), days=PROOF_DAYS)
    answer.cookies.append(ended_cookie(COOKIE, is_secure=is_secure(door)))
    answer.headers["clear-site-data"] = '"cache"'
    return answer


@get(PROOF, include_in_schema=False, sync_to_thread=False)
def proof(request: _Request) -> Response[bytes]:
    """Ask for the code."""
    return _proof(request)


@post(PROOF, include_in_schema=False)
@in_thread
def shown(request: _Request) -> Response[bytes]:
    """Show how far it is, or give the proof as a file."""
    rooms, form, code = rooms_of(request), form_of(request), ""
    try:
        code = form.optional("code", _LONGEST_CODE) or ""
        left = rooms.taking.leaving.left(code, rooms.clock())
    except (RefusedError, QuestionError):
        return _proof(request, code=code, status=_NOT_FOUND, wrong=NOT_KNOWN)
    if form.optional("act", 4) == "file" and left.receipt is not None:
        kept = {**HEADERS, "content-disposition": 'attachment; filename="proof.json"'}
        body = left.receipt.encode()
        return Response(body, status_code=200, media_type="application/json", headers=kept)
    return _proof(request, left, code)


def _proof(
    request: _Request,
    left: Left | None = None,
    code: str = "",
    *,
    status: int = 200,
    wrong: str = "",
) -> Response[bytes]:
    return page(
        request, "proof.html", status=status, left=left, code=code, wrong=wrong, days=PROOF_DAYS
    )


def _guard(request: _Request) -> str:
    """Return who leaves: with the PIN or passkey where they chose one.

    Somebody else may hold the phone, and may not delete what is not theirs. Who chose none, or
    forgot it, still ends each grant on the page of choices, at once.
    """
    person, enrolment = person_of(request), rooms_of(request).enrolment
    if enrolment.pins.is_there(person) or enrolment.passkeys.is_there(person):
        unlocked(request)
    return person


HANDLERS: Final = (leave_all, leave, proof, shown)
