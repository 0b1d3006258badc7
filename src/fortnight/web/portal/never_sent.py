"""Hours and places that are never sent: chosen here, left out at the door."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post

from fortnight.arrivals.never_sent import Hours, NeverSent, Place
from fortnight.errors import QuestionError
from fortnight.web.in_thread import in_thread
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.sending import sending_of
from fortnight.web.portal.unlock import unlocked
from fortnight.web.portal.who import form_of, person_of

NOT_SENT: Final = "/portal/not-sent"
RADII_M: Final = (100, 200, 500, 1_000)
_TIME: Final = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")
_PLACE: Final = re.compile(r"(-?\d{1,3}\.\d+)\s*[,;\s/]\s*(-?\d{1,3}\.\d+)")
_UNUSABLE: Final = 422
_LONGEST: Final = 500
_TYPED: Final = ("start", "until", "place", "radius")
_Request = Request[Any, Any, Any]


def minute_of(typed: str) -> int:
    """Return the minute of the day that somebody typed, such as ``22:00``."""
    found = _TIME.fullmatch(typed.strip())
    if found is None:
        raise QuestionError("Give both times as hours and minutes, such as 22:00.")
    return int(found[1]) * 60 + int(found[2])


def place_in(typed: str) -> tuple[float, float]:
    """Return longitude and latitude out of what a map app copies: two numbers, or a link."""
    found = _PLACE.search(typed)
    if found is None:
        raise QuestionError("This is no place on Earth: copy its two numbers from a map.")
    return float(found[2]), float(found[1])


def written(minute: int) -> str:
    """Return a minute of the day as clocks show it."""
    return f"{minute // 60:02}:{minute % 60:02}"


@get(NOT_SENT, include_in_schema=False)
@in_thread
def never_sent(request: _Request) -> Response[bytes]:
    """Show what is never sent, and how much that left out."""
    unlocked(request)
    return _page(request)


@post(NOT_SENT, include_in_schema=False)
@in_thread
def choose(request: _Request) -> Response[bytes]:
    """Add an hour or a place, or take one away."""
    unlocked(request)
    rooms, person = sending_of(request), person_of(request)
    try:
        chosen = _changed(request, rooms.choices.of(person))
        rooms.choices.choose(person, chosen, rooms.clock())
    except QuestionError as error:
        return _page(request, status=_UNUSABLE, wrong=str(error))
    return see(NOT_SENT)


def _changed(request: _Request, now: NeverSent) -> NeverSent:
    """Return the choice as the form changes it."""
    form = form_of(request)
    act = form.text("act", 12)
    if act == "hours":
        start, until = form.optional("start", 10) or "", form.optional("until", 10) or ""
        span = Hours(minute_of(start), minute_of(until))
        return msgspec.structs.replace(now, hours=(*now.hours, span))
    if act == "place":
        lon, lat = place_in(form.optional("place", _LONGEST) or "")
        radius = int(_number(form.text("radius", 5)))
        return msgspec.structs.replace(now, places=(*now.places, Place(lon, lat, radius)))
    which = int(_number(form.text("which", 5)))
    if act == "no-hours":
        return msgspec.structs.replace(now, hours=_without(now.hours, which))
    if act == "no-place":
        return msgspec.structs.replace(now, places=_without(now.places, which))
    raise QuestionError("Choose one of the list.")


def _without(held: tuple[Any, ...], which: int) -> tuple[Any, ...]:
    return tuple(one for place, one in enumerate(held) if place != which)


def _number(typed: str) -> str:
    if not (typed.isascii() and typed.isdigit()):
        raise QuestionError("Choose one of the list.")
    return typed


def _page(request: _Request, *, status: int = 200, wrong: str = "") -> Response[bytes]:
    rooms, person, form = sending_of(request), person_of(request), form_of(request)
    chosen = rooms.choices.of(person)
    typed = {name: form.optional(name, _LONGEST) or "" for name in _TYPED}
    return page(
        request,
        "never_sent.html",
        status=status,
        hours=[(written(one.start), written(one.until)) for one in chosen.hours],
        places=chosen.places,
        radii=RADII_M,
        counts=rooms.choices.counts(person),
        zone=rooms.settings.timezone,
        typed=typed if wrong else dict.fromkeys(typed, ""),
        wrong=wrong,
    )


HANDLERS: Final = (never_sent, choose)
