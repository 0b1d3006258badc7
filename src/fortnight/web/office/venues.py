"""Venues: who keeps the settings names a place, and prints its posters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.errors import GoneError, QuestionError
from fortnight.exchange.poster import to_poster
from fortnight.venues.posters import CATEGORIES_OF_VENUES, LONGEST_NAME, NewVenue
from fortnight.venues.rules import shown
from fortnight.web.in_thread import in_thread
from fortnight.web.office.pages import HEADERS, page, see, speech
from fortnight.web.office.venue_words import CATEGORIES
from fortnight.web.office.venues_routes import VENUES
from fortnight.web.office.who import form_of, nothing_here, signed_in
from fortnight.web.qr import modules, svg

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup

    from fortnight.settings import Settings
    from fortnight.venues.posters import Spot, Venues

PDF: Final = "application/pdf"
_ROOMS: Final = 5_000
_UNUSABLE: Final = 422
_Request = Request[Any, Any, Any]


class Rooms(Protocol):
    """The service, as these pages see it."""

    @property
    def settings(self) -> Settings:
        """What the administrator decided."""

    @property
    def clock(self) -> Callable[[], int]:
        """The present instant, in milliseconds since 1970."""

    @property
    def venues(self) -> Venues:
        """Places with a poster."""


@dataclass(frozen=True, slots=True)
class Poster:
    """One sheet."""

    spot: Spot
    code: str
    address: str
    picture: Markup


def rooms_of(request: _Request) -> Rooms:
    """Return the rooms behind the door that a request came in by."""
    return cast("Rooms", request.scope["user"].door.service)


def address_of(spot: Spot, origin: str) -> str:
    """Return what the picture of a poster holds: our own address, and the code."""
    return f"{origin}/portal/v/{spot.code}"


@get(VENUES, include_in_schema=False)
@in_thread
def venues(request: _Request) -> Response[bytes]:
    """Show the venues, and a form for one more."""
    return _page(request)


@post(VENUES, include_in_schema=False)
@in_thread
def add(request: _Request) -> Response[bytes]:
    """Make a venue, and show its posters."""
    rooms, by = rooms_of(request), signed_in(request).account.id
    try:
        made = rooms.venues.add(_new(request), by, rooms.clock())
    except QuestionError as error:
        return _page(request, status=_UNUSABLE, wrong=str(error))
    return see(f"{VENUES}/{made}")


@post(f"{VENUES}/end", include_in_schema=False, sync_to_thread=True)
def end(request: _Request) -> Response[bytes]:
    """End a venue."""
    rooms = rooms_of(request)
    rooms.venues.end(form_of(request).text("id", 32), rooms.clock())
    return see(VENUES)


@get(f"{VENUES}/{{venue:str}}", include_in_schema=False, sync_to_thread=True)
def poster(request: _Request, venue: FromPath[str]) -> Response[bytes]:
    """Show the posters of a venue, one for each room."""
    origin, said = rooms_of(request).settings.origin, speech(request)
    sheets = [
        Poster(
            spot,
            shown(spot.code),
            address_of(spot, origin),
            svg(address_of(spot, origin), said.gettext("Scan to check in")),
        )
        for spot in _spots(request, venue)
    ]
    return page(request, "poster.html", sheets=sheets, venue=venue)


@get(f"{VENUES}/{{venue:str}}/pdf", include_in_schema=False, sync_to_thread=True)
def poster_file(request: _Request, venue: FromPath[str]) -> Response[bytes]:
    """Give the posters of a venue as a file to print."""
    origin, said = rooms_of(request).settings.origin, speech(request)
    how = said.gettext("Point the camera of your phone here, or type the letters.")
    sheets = [
        (
            tuple(line for line in (spot.name, spot.room, shown(spot.code), how) if line),
            modules(address_of(spot, origin)),
        )
        for spot in _spots(request, venue)
    ]
    named = {**HEADERS, "content-disposition": 'attachment; filename="poster.pdf"'}
    return Response(to_poster(sheets), media_type=PDF, headers=named)


def _spots(request: _Request, venue: str) -> list[Spot]:
    try:
        return rooms_of(request).venues.of(venue)
    except GoneError as error:
        raise nothing_here() from error


def _new(request: _Request) -> NewVenue:
    form = form_of(request)
    closes = form.optional("closes", 5)
    listed = (form.optional("rooms", _ROOMS) or "").splitlines()
    stays = form.text("stay", 5)
    if not (stays.isascii() and stays.isdigit()):
        raise QuestionError("A visit lasts 10 to 1440 minutes.")
    made = NewVenue(
        name=form.text("name", LONGEST_NAME),
        category=form.text("category", 20),
        rooms=tuple(room.strip() for room in listed if room.strip()),
        closes=None if closes is None else _minute(closes),
        stay_minutes=int(stays),
    )
    made.check()
    return made


def _minute(typed: str) -> int:
    hours, _, minutes = typed.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):  # noqa: PLR2004 - minutes
        raise QuestionError("Give the closing time as hours and minutes, such as 22:00.")
    return int(hours) * 60 + int(minutes)


def _page(request: _Request, *, status: int = 200, wrong: str = "") -> Response[bytes]:
    form = form_of(request)
    typed = {
        name: form.optional(name, _ROOMS) or "" for name in ("name", "rooms", "closes", "stay")
    }
    return page(
        request,
        "venues.html",
        status=status,
        spots=rooms_of(request).venues.all(),
        categories={one: CATEGORIES[one] for one in CATEGORIES_OF_VENUES},
        code_of=shown,
        typed=typed,
        wrong=wrong,
    )


HANDLERS: Final = (venues, add, end, poster, poster_file)
