"""Everything that is held of a person, for them to take: one file, made while they wait."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get, post

from fortnight.taking.published import left_out
from fortnight.web.in_thread import in_thread
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import HEADERS, page
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.unlock import unlocked
from fortnight.web.portal.who import person_of

TAKE: Final = "/portal/take"
_Request = Request[Any, Any, Any]


@get(TAKE, include_in_schema=False)
@in_thread
def take(request: _Request) -> Response[bytes]:
    """Say what the copy holds, and what it does not."""
    unlocked(request)
    person_of(request)
    language = speech(request).language
    reasons = [group.why[language] for group in left_out() if group.is_about_people]
    return page(request, "take.html", left_out=reasons)


@post(TAKE, include_in_schema=False)
@in_thread
def taken(request: _Request) -> Response[bytes]:
    """Give the copy. It is in memory alone, and gone once it is sent."""
    unlocked(request)
    rooms, person = rooms_of(request), person_of(request)
    whole = rooms.taking.take(person, speech(request).language, rooms.clock())
    # A name that says nothing to whoever looks through the folder of downloads.
    kept = {**HEADERS, "content-disposition": 'attachment; filename="copy.zip"'}
    return Response(whole, status_code=200, media_type="application/zip", headers=kept)


HANDLERS: Final = (take, taken)
