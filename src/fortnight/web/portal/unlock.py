"""What was never sent to a phone is shown again before any place, map or export."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post

from fortnight.enrolment.counting import TooOftenError
from fortnight.enrolment.pins import LONGEST
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.web.in_thread import in_thread
from fortnight.web.office.session import CEREMONY, ended_cookie, made_cookie
from fortnight.web.office.who import ElsewhereError, cookie, is_secure
from fortnight.web.portal.pages import POLICY, page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.sessions import COOKIE
from fortnight.web.portal.sign_in import TODAY
from fortnight.web.portal.who import UNLOCK, form_of, guest_of, signed_of

if TYPE_CHECKING:
    from fortnight.web.door import Door

WITH_A_KEY: Final = f"{POLICY}; script-src 'self'; connect-src 'self'"
"""The two pages that ask a browser for a passkey run one script of ours."""
_OURS: Final = re.compile(r"/portal(?:/[a-z-]{1,40}){0,3}")
_LONGEST_PATH: Final = 200
_REFUSED: Final = 403
_CONFLICT: Final = 409
_TOO_OFTEN: Final = 429
_Request = Request[Any, Any, Any]


class Answer(msgspec.Struct, frozen=True):
    """What the script sends: what the passkey signed, and where to go then."""

    answer: msgspec.Raw
    next: str = TODAY


def unlocked(request: Request[Any, Any, Any]) -> None:
    """Raise ElsewhereError to the page that asks for it unless the PIN or passkey was shown.

    For every page with a place, a map or an export: it holds for 10 minutes, and then the browser
    comes back to where it was.
    """
    signed = guest_of(request).signed
    if signed is None or not signed.is_unlocked(rooms_of(request).clock()):
        raise ElsewhereError(f"{UNLOCK}?next={quote(request.scope['path'], safe='/')}")


@get(UNLOCK, include_in_schema=False)
@in_thread
def ask(request: _Request) -> Response[bytes]:
    """Ask for the PIN or the passkey."""
    return _page(request, after=request.query_params.get("next", TODAY))


@post(UNLOCK, include_in_schema=False)
@in_thread
def show(request: _Request) -> Response[bytes]:
    """Open the pages with places where it is the PIN, and go back to where somebody was."""
    rooms, form, person = rooms_of(request), form_of(request), signed_of(request).person
    after = TODAY
    try:
        after = form.optional("next", _LONGEST_PATH) or TODAY
        pin = form.optional("pin", LONGEST) or ""
        rooms.enrolment.people.show(person, pin, rooms.clock())
    except (RefusedError, QuestionError) as error:
        return _page(request, after=after, status=_REFUSED, wrong=str(error))
    except TooOftenError as error:
        return _page(request, after=after, status=_TOO_OFTEN, wrong=str(error))
    unlock_session(request)
    return see(own_path(after))


@post(UNLOCK + "/options", include_in_schema=False, status_code=200)
@in_thread
def options(request: _Request) -> Response[bytes]:
    """Ask the browser for a passkey of theirs."""
    rooms, person = rooms_of(request), signed_of(request).person
    asked = rooms.enrolment.passkeys.begin(person, rooms.clock())
    return asked_of(request, asked.options, asked.secret)


@post(UNLOCK + "/answer", include_in_schema=False, status_code=200)
@in_thread
def signed_answer(request: _Request) -> Response[bytes]:
    """Open the pages with places where it was their passkey that signed."""
    rooms, person = rooms_of(request), signed_of(request).person
    sent: Answer = form_of(request).json(Answer)
    try:
        rooms.enrolment.passkeys.show(
            ceremony_of(request), person, bytes(sent.answer), rooms.clock()
        )
    except RefusedError as error:
        return said(request, {"detail": str(error)}, _REFUSED)
    rooms.enrolment.people.showed(person, rooms.clock())
    unlock_session(request)
    return said(request, {"next": own_path(sent.next)})


@post(UNLOCK + "/stop", include_in_schema=False)
@in_thread
def stop(request: _Request) -> Response[bytes]:
    """Stop a new PIN, or a new beginning, that somebody asked for: anybody who comes in may."""
    rooms_of(request).enrolment.resets.stop(signed_of(request).person)
    return see(UNLOCK)


@post(UNLOCK + "/over", include_in_schema=False)
@in_thread
def start_over(request: _Request) -> Response[bytes]:
    """Begin anew with a number whose PIN nobody knows, once the wait is over."""
    rooms, person = rooms_of(request), signed_of(request).person
    try:
        rooms.enrolment.resets.start_over(person, rooms.clock())
    except ConflictError as error:
        return _page(request, after=TODAY, status=_CONFLICT, wrong=str(error))
    return see(UNLOCK)


def unlock_session(request: _Request) -> None:
    """Note that whoever is signed in here showed what was never sent."""
    door: Door = request.scope["user"].door
    secret = cookie(door, request.scope, COOKIE)
    if secret is not None:
        door.portal.unlock(secret, rooms_of(request).clock())


def asked_of(request: _Request, asked: str, secret: str) -> Response[bytes]:
    """Return what a browser is asked, and the cookie by which its answer is known."""
    door: Door = request.scope["user"].door
    cookies = [made_cookie(CEREMONY, secret, is_secure=is_secure(door))]
    return Response(asked.encode(), media_type="application/json", cookies=cookies)


def ceremony_of(request: _Request) -> str | None:
    """Return the secret by which a browser's answer is known."""
    return cookie(request.scope["user"].door, request.scope, CEREMONY)


def said(request: _Request, document: dict[str, str], status: int = 200) -> Response[bytes]:
    """Return an answer to the script; what it was asked is over."""
    gone = ended_cookie(CEREMONY, is_secure=is_secure(request.scope["user"].door))
    body = msgspec.json.encode(document)
    return Response(body, status_code=status, media_type="application/json", cookies=[gone])


def own_path(text: str) -> str:
    """Return a path of the portal as it is, and its first page for anything else."""
    return text if _OURS.fullmatch(text) else TODAY


def _page(request: _Request, *, after: str, status: int = 200, wrong: str = "") -> Response[bytes]:
    rooms, signed = rooms_of(request), signed_of(request)
    enrolment, person, now = rooms.enrolment, signed.person, rooms.clock()
    standing = enrolment.people.standing(person)
    answer = page(
        request,
        "unlock.html",
        status=status,
        wrong=wrong,
        after=own_path(after),
        has_pin=enrolment.pins.is_there(person),
        has_key=enrolment.passkeys.is_there(person),
        may_choose=standing is not None and standing.may_choose(now),
        waiting=enrolment.resets.waiting(person, now),
        now=now,
        line=rooms.settings.published_number,
    )
    answer.headers["content-security-policy"] = WITH_A_KEY
    return answer


HANDLERS: Final = (ask, show, options, signed_answer, stop, start_over)
