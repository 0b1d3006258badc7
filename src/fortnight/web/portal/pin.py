"""Choosing what opens pages with places: a PIN, or a passkey. Neither is ever sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post

from fortnight.enrolment.counting import TooOftenError
from fortnight.enrolment.pins import LONGEST
from fortnight.errors import QuestionError, RefusedError
from fortnight.web.in_thread import in_thread
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.sign_in import TODAY
from fortnight.web.portal.unlock import (
    WITH_A_KEY,
    Answer,
    asked_of,
    ceremony_of,
    said,
    unlock_session,
)
from fortnight.web.portal.who import UNLOCK, form_of, signed_of

if TYPE_CHECKING:
    from fortnight.web.office.forms import Form

PIN: Final = "/portal/pin"
NOT_TWICE: Final = "These are two different PINs. Type the same one twice."
_DIGITS: Final = 20
_UNUSABLE: Final = 422
_REFUSED: Final = 403
_TOO_OFTEN: Final = 429
_Request = Request[Any, Any, Any]


@get(PIN, include_in_schema=False)
@in_thread
def ask(request: _Request) -> Response[bytes]:
    """Show how a PIN is chosen, to whoever may."""
    return _page(request)


@post(PIN, include_in_schema=False)
@in_thread
def choose(request: _Request) -> Response[bytes]:
    """Keep a PIN: a first one in its time, or another with the digits that were read out."""
    rooms, form, person = rooms_of(request), form_of(request), signed_of(request).person
    try:
        pin = _typed_twice(form)
        digits = form.optional("digits", _DIGITS)
        if digits is None:
            rooms.enrolment.people.choose(person, pin, rooms.clock())
        else:
            rooms.enrolment.resets.choose(person, digits, pin, rooms.clock())
    except (RefusedError, QuestionError) as error:
        return _page(request, status=_UNUSABLE, wrong=str(error))
    except TooOftenError as error:
        return _page(request, status=_TOO_OFTEN, wrong=str(error))
    unlock_session(request)
    return see(TODAY)


@post(PIN + "/options", include_in_schema=False, status_code=200)
@in_thread
def options(request: _Request) -> Response[bytes]:
    """Ask the browser for a new passkey."""
    rooms, person = rooms_of(request), signed_of(request).person
    asked = rooms.enrolment.passkeys.begin_choosing(person, rooms.clock())
    return asked_of(request, asked.options, asked.secret)


@post(PIN + "/answer", include_in_schema=False, status_code=200)
@in_thread
def keep(request: _Request) -> Response[bytes]:
    """Keep a passkey: a first one in its time, or one beside what was shown a moment ago."""
    rooms, signed = rooms_of(request), signed_of(request)
    sent: Answer = form_of(request).json(Answer)
    now = rooms.clock()
    try:
        rooms.enrolment.passkeys.choose(
            ceremony_of(request),
            signed.person,
            bytes(sent.answer),
            now,
            is_unlocked=signed.is_unlocked(now),
        )
    except RefusedError as error:
        return said(request, {"detail": str(error)}, _REFUSED)
    unlock_session(request)
    return said(request, {"next": TODAY})


def _typed_twice(form: Form) -> str:
    pin = form.optional("pin", LONGEST) or ""
    if pin != (form.optional("again", LONGEST) or ""):
        raise QuestionError(NOT_TWICE)
    return pin


def _page(request: _Request, *, status: int = 200, wrong: str = "") -> Response[bytes]:
    rooms, signed = rooms_of(request), signed_of(request)
    person, now = signed.person, rooms.clock()
    standing = rooms.enrolment.people.standing(person)
    waiting = rooms.enrolment.resets.waiting(person, now)
    is_due = waiting is not None and waiting.is_reset and waiting.due_at <= now
    may_choose = standing is not None and standing.may_choose(now)
    if not (is_due or may_choose or signed.is_unlocked(now)):
        return see(UNLOCK)
    answer = page(
        request,
        "pin.html",
        status=status,
        wrong=wrong,
        is_due=is_due,
        may_choose=may_choose,
    )
    answer.headers["content-security-policy"] = WITH_A_KEY
    return answer


HANDLERS: Final = (ask, choose, options, keep)
