"""A person's own reminder: on or off, and where home is. Who was reminded shows nowhere."""

from __future__ import annotations

import re
from typing import Any, Final

from litestar import Request, Response, get, post

from fortnight.errors import ConflictError, QuestionError
from fortnight.web.in_thread import in_thread
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.who import form_of, person_of

REMIND: Final = "/portal/remind"
_LONGEST: Final = 80
_UNUSABLE: Final = 422
_DEGREES: Final = r"([+-]?\d{1,3}(?:\.\d{1,12})?)°?"
_PLACE: Final = re.compile(rf"(?:geo:)?{_DEGREES}\s*[,; ]\s*{_DEGREES}(?:[;?].*)?")
_MOST_LAT: Final = 90.0
NO_PLACE: Final = (
    "These are not two numbers of a place. Type them as a map app shows them, such as "
    "54.6872, 25.2797."
)
_Request = Request[Any, Any, Any]


def place_of(said: str) -> tuple[float, float]:
    """Return longitude and latitude of two numbers as map apps show them: latitude first.

    Raises QuestionError for anything else.
    """
    found = _PLACE.fullmatch(said.strip())
    if found is None or abs(float(found[1])) > _MOST_LAT:
        raise QuestionError(NO_PLACE)
    return float(found[2]), float(found[1])


@get(REMIND, include_in_schema=False)
@in_thread
def remind(request: _Request) -> Response[bytes]:
    """Show whether the reminder is on, and how it works."""
    return _page(request)


@post(REMIND, include_in_schema=False)
@in_thread
def change(request: _Request) -> Response[bytes]:
    """Turn the reminder on, around the place typed or where the phone says; or off."""
    typed = form_of(request).optional("place", _LONGEST) or ""
    try:
        _change(request, form_of(request).text("act", 10), typed)
    except (QuestionError, ConflictError) as error:
        return _page(request, status=_UNUSABLE, wrong=str(error), typed=typed)
    return see(REMIND)


def _change(request: _Request, act: str, typed: str) -> None:
    rooms, person = rooms_of(request), person_of(request)
    reminders, now = rooms.support.reminders, rooms.clock()
    if act == "off":
        reminders.turn_off(person, now)
    elif act == "here":
        reminders.turn_on_here(person, now)
    elif act == "place":
        reminders.turn_on(person, *place_of(typed), now)
    else:
        raise QuestionError("Choose one of the list.")


def _page(
    request: _Request, *, status: int = 200, wrong: str = "", typed: str = ""
) -> Response[bytes]:
    rooms, person = rooms_of(request), person_of(request)
    now = rooms.clock()
    return page(
        request,
        "remind.html",
        status=status,
        wish=rooms.support.reminders.wish(person, now).value,
        is_asked=bool(rooms.support.followups.mine(person, now)),
        wrong=wrong,
        typed=typed,
        longest=_LONGEST,
    )


HANDLERS: Final = (remind, change)
