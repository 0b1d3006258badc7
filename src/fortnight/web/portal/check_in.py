"""Check in where a poster hangs, leave, and have a visit forgotten."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.errors import ConflictError, GoneError, QuestionError, RefusedError
from fortnight.venues.rules import code_in, shown
from fortnight.venues.visits import GRANT
from fortnight.web.in_thread import in_thread
from fortnight.web.office.session import ended_cookie, made_cookie
from fortnight.web.office.who import is_secure
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.scanned import SCANNED, SCANNED_S, VISITS, waiting
from fortnight.web.portal.sending import sending_of
from fortnight.web.portal.unlock import unlocked
from fortnight.web.portal.who import form_of, person_of

if TYPE_CHECKING:
    from fortnight.venues.posters import Spot

PAST: Final = f"{VISITS}/past"
_CODE: Final = 40
_ID: Final = 32
_UNUSABLE: Final = 422
_Request = Request[Any, Any, Any]


@get("/portal/v/{code:str}", include_in_schema=False, sync_to_thread=False)
def scanned(request: _Request, code: FromPath[str]) -> Response[bytes]:
    """Remember the code of a poster in the browser, and go on to where it is used."""
    answer = see(VISITS)
    found, door = code_in(code), request.scope["user"].door
    if found is not None:
        kept = made_cookie(SCANNED, found, is_secure=is_secure(door), age_s=SCANNED_S)
        answer.cookies.append(kept)
    return answer


@get(VISITS, include_in_schema=False)
@in_thread
def here(request: _Request) -> Response[bytes]:
    """Show where somebody is checked in, and how they check in."""
    return _page(request)


@post(VISITS, include_in_schema=False)
@in_thread
def change(request: _Request) -> Response[bytes]:
    """Check in, or leave."""
    rooms, form, person = sending_of(request), form_of(request), person_of(request)
    act, now = form.text("act", 10), rooms.clock()
    if act == "leave":
        rooms.visits.leave(person, now)
        return see(VISITS)
    try:
        rooms.visits.begin(person, rooms.venues.spot(form.optional("code", _CODE) or ""), now)
    except ConflictError:
        pass  # two taps on one button
    except (RefusedError, QuestionError) as error:
        return _page(request, status=_UNUSABLE, wrong=str(error))
    answer, door = see(VISITS), request.scope["user"].door
    answer.cookies.append(ended_cookie(SCANNED, is_secure=is_secure(door)))
    return answer


@get(PAST, include_in_schema=False)
@in_thread
def past(request: _Request) -> Response[bytes]:
    """Show the visits that are kept."""
    unlocked(request)
    rooms, person = sending_of(request), person_of(request)
    visits = rooms.visits.of(person)
    names = rooms.venues.names([one.said.venue for one in visits])
    return page(request, "visits_past.html", visits=visits, names=names)


@post(PAST, include_in_schema=False)
@in_thread
def forget(request: _Request) -> Response[bytes]:
    """Forget one visit, wherever it is kept."""
    unlocked(request)
    rooms, person = sending_of(request), person_of(request)
    with suppress(GoneError):  # it was forgotten a moment ago
        rooms.visits.forget(person, form_of(request).text("visit", _ID), rooms.clock())
    return see(PAST)


def _spot(request: _Request, code: str | None) -> Spot | None:
    try:
        return None if code is None else sending_of(request).venues.spot(code)
    except QuestionError:
        return None


def _page(request: _Request, *, status: int = 200, wrong: str = "") -> Response[bytes]:
    rooms, person = sending_of(request), person_of(request)
    code = waiting(request)
    going_on = next((one for one in rooms.visits.of(person) if one.due_at is not None), None)
    names = {} if going_on is None else rooms.venues.names([going_on.said.venue])
    typed = form_of(request).optional("code", _CODE) if wrong else None
    return page(
        request,
        "visits.html",
        status=status,
        going_on=going_on,
        names=names,
        scanned=_spot(request, code),
        code=typed or (shown(code) if code else ""),
        is_on=rooms.consents.live(None, person, GRANT),
        wrong=wrong,
    )


HANDLERS: Final = (scanned, here, change, past, forget)
