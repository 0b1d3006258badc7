"""Days: one's own days on a map and in a list. Only unlocked, and nothing of the last 24 hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get

from fortnight.web.in_thread import in_thread
from fortnight.web.portal import mine_words
from fortnight.web.portal.language import speech
from fortnight.web.portal.map import drawing
from fortnight.web.portal.pages import page
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.unlock import unlocked
from fortnight.web.portal.who import person_of

DAYS: Final = "/portal/days"
_DIGITS: Final = 6
_Request = Request[Any, Any, Any]

if TYPE_CHECKING:
    from fortnight.mine.track import OwnDay


@get(DAYS, include_in_schema=False)
@in_thread
def days(request: _Request) -> Response[bytes]:
    """Show one day: the last that is old enough, or the one that was asked for."""
    unlocked(request)
    rooms = rooms_of(request)
    found: OwnDay = rooms.mine.track.day(person_of(request), _wanted(request), rooms.clock())
    return page(
        request, "days.html", found=found, drawn=drawing(found, speech(request)), mine=mine_words
    )


def _wanted(request: _Request) -> int | None:
    said = request.query_params.get("day", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= _DIGITS else None


HANDLERS: Final = (days,)
