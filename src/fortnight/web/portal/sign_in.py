"""Coming in with a number and the digits of a text; leaving at once."""

from __future__ import annotations

import re
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.enrolment.counting import TooOftenError
from fortnight.enrolment.entry import NOT_SAID
from fortnight.errors import QuestionError, RefusedError
from fortnight.web.in_thread import in_thread
from fortnight.web.office.language import COOKIE as LANGUAGE
from fortnight.web.office.session import ended_cookie, made_cookie
from fortnight.web.office.who import cookie, is_secure, nothing_here
from fortnight.web.portal.enter import (
    LONGEST_CODE,
    LONGEST_NUMBER,
    TOO_OFTEN,
    came_in,
    digits_page,
    first_page,
)
from fortnight.web.portal.language import LANGUAGES
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.scanned import goes_on
from fortnight.web.portal.sessions import COOKIE
from fortnight.web.portal.who import START, form_of, guest_of

TODAY: Final = "/portal/today"
GRANTS: Final = "/portal/choices"
_OURS: Final = re.compile(r"/portal(?:/[a-z-]+)?")
_YEAR_S: Final = 31_536_000
_REFUSED: Final = 403
_Request = Request[Any, Any, Any]


@get("/", include_in_schema=False, sync_to_thread=False)
def home() -> Response[bytes]:
    """Send whoever typed the service's name on."""
    return see(START)


@get(START, include_in_schema=False, sync_to_thread=False)
def start(request: _Request) -> Response[bytes]:
    """Show the page on which somebody comes in."""
    if guest_of(request).signed is not None:
        return see(TODAY)
    return first_page(request)


@post(START, include_in_schema=False)
@in_thread
def come_in(request: _Request) -> Response[bytes]:
    """Begin a session where number and digits go together; refuse in one wording otherwise."""
    door, now, number, form = (
        request.scope["user"].door,
        rooms_of(request).clock(),
        "",
        form_of(request),
    )
    try:
        number = form.optional("number", LONGEST_NUMBER) or ""
        person, way = came_in(request, number, form.optional("code", LONGEST_CODE) or "")
    except (RefusedError, QuestionError):
        # One wording for all: which of the two was wrong, or who is known here, is nobody's.
        return digits_page(request, number, status=_REFUSED, wrong=NOT_SAID)
    except TooOftenError as error:
        return digits_page(request, number, status=TOO_OFTEN, wrong=str(error))
    standing = rooms_of(request).enrolment.people.standing(person)
    is_new = way == "code" and standing is not None and standing.may_choose(now)
    answer = see(GRANTS if is_new else goes_on(request, TODAY))
    secret = door.portal.begin(person, now, way)
    answer.cookies.append(made_cookie(COOKIE, secret, is_secure=is_secure(door)))
    return answer


@post("/portal/leave", include_in_schema=False, sync_to_thread=False)
def leave(request: _Request) -> Response[bytes]:
    """End the session, and put another site in the page's place."""
    door = request.scope["user"].door
    secret = cookie(door, request.scope, COOKIE)
    if secret is not None:
        door.portal.end(secret)
    # A link, and no part of ours: nothing of that site is loaded before somebody leaves for it.
    answer = page(request, "left.html", elsewhere=rooms_of(request).settings.leave_to)
    answer.cookies.append(ended_cookie(COOKIE, is_secure=is_secure(door)))
    answer.headers["clear-site-data"] = '"cache"'
    return answer


@get("/portal/language/{language:str}", include_in_schema=False, sync_to_thread=False)
def choose_language(request: _Request, language: FromPath[str]) -> Response[bytes]:
    """Speak another language from now on, and go back to the page."""
    if language not in LANGUAGES:
        raise nothing_here()
    wanted = request.query_params.get("next", START)
    answer = see(wanted if _OURS.fullmatch(wanted) else START)
    rules = f"Path=/portal; Max-Age={_YEAR_S}; SameSite=Lax; HttpOnly"
    answer.headers["set-cookie"] = f"{LANGUAGE}={language}; {rules}"
    return answer


HANDLERS: Final = (home, start, come_in, leave, choose_language)
