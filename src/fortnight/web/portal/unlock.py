"""What was never sent to a phone is shown again before any place, map or export."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from litestar import Request, Response, get, post

from fortnight.enrolment.counting import TooOftenError
from fortnight.enrolment.pins import LONGEST
from fortnight.errors import QuestionError, RefusedError
from fortnight.web.office.who import ElsewhereError, cookie
from fortnight.web.portal.pages import in_thread, page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.sessions import COOKIE
from fortnight.web.portal.sign_in import TODAY
from fortnight.web.portal.who import form_of, guest_of, person_of

if TYPE_CHECKING:
    from fortnight.web.door import Door

UNLOCK: Final = "/portal/unlock"
_OURS: Final = re.compile(r"/portal(?:/[a-z-]{1,40}){0,3}")
_LONGEST_PATH: Final = 200
_REFUSED: Final = 403
_TOO_OFTEN: Final = 429
_Request = Request[Any, Any, Any]


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
    """Ask for the PIN."""
    return _page(request, after=request.query_params.get("next", TODAY))


@post(UNLOCK, include_in_schema=False)
@in_thread
def show(request: _Request) -> Response[bytes]:
    """Open the pages with places where it is the PIN, and go back to where somebody was."""
    rooms, form, person = rooms_of(request), form_of(request), person_of(request)
    after = form.optional("next", _LONGEST_PATH) or TODAY
    try:
        rooms.enrolment.pins.check(person, form.optional("pin", LONGEST) or "", rooms.clock())
    except (RefusedError, QuestionError) as error:
        return _page(request, after=after, status=_REFUSED, wrong=str(error))
    except TooOftenError as error:
        return _page(request, after=after, status=_TOO_OFTEN, wrong=str(error))
    unlock_session(request)
    return see(own_path(after))


def unlock_session(request: _Request) -> None:
    """Note that whoever holds this session showed what was never sent."""
    door: Door = request.scope["user"].door
    secret = cookie(door, request.scope, COOKIE)
    if secret is not None:
        door.portal.unlock(secret, rooms_of(request).clock())


def own_path(text: str) -> str:
    """Return a path of the portal as it is, and its first page for anything else."""
    return text if _OURS.fullmatch(text) else TODAY


def _page(request: _Request, *, after: str, status: int = 200, wrong: str = "") -> Response[bytes]:
    settings = rooms_of(request).settings
    return page(
        request,
        "unlock.html",
        status=status,
        wrong=wrong,
        after=own_path(after),
        has_pin=rooms_of(request).enrolment.pins.is_there(person_of(request)),
        line=settings.published_number,
    )


HANDLERS: Final = (ask, show)
