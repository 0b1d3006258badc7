"""Somebody calls about their own pages: another PIN, or an end of everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from litestar import Request, Response, get, post

from fortnight.enrolment.counting import TooOftenError
from fortnight.enrolment.standing import WAIT_MS
from fortnight.errors import ConflictError, FortnightError, QuestionError, RefusedError
from fortnight.web.office.callers_routes import CALLERS
from fortnight.web.office.pages import page
from fortnight.web.office.who import form_of, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.enrolment.rooms import EnrolmentRooms

_Request = Request[Any, Any, Any]
_LONGEST_NUMBER: Final = 40
_UNUSABLE: Final = 422
_WRONG: Final = (RefusedError, QuestionError, ConflictError, TooOftenError)


class _Rooms(Protocol):
    """The service, as this page sees it."""

    @property
    def clock(self) -> Callable[[], int]:
        """The present instant, in milliseconds since 1970."""

    @property
    def enrolment(self) -> EnrolmentRooms:
        """How people come in, and what guards their pages."""


def _rooms(request: _Request) -> _Rooms:
    return cast("_Rooms", request.scope["user"].door.service)


@get(CALLERS, include_in_schema=False, sync_to_thread=True)
def callers(request: _Request) -> Response[bytes]:
    """Show what can be done for somebody who calls."""
    return _page(request)


@post(f"{CALLERS}/reset", include_in_schema=False, sync_to_thread=True)
def reset(request: _Request) -> Response[bytes]:
    """Begin a reset, and show once the digits to read out."""
    rooms, now, number = _rooms(request), _rooms(request).clock(), ""
    try:
        number = form_of(request).text("number", _LONGEST_NUMBER)
        digits = rooms.enrolment.closing.reset(number, signed_in(request).reader, now)
    except _WRONG as error:
        return _page(request, error, number=number)
    return _page(request, digits=digits, due_at=now + WAIT_MS)


@post(f"{CALLERS}/close", include_in_schema=False, sync_to_thread=True)
def close(request: _Request) -> Response[bytes]:
    """Close everything of a number's person, their sessions in the portal too."""
    rooms, now, number = _rooms(request), _rooms(request).clock(), ""
    try:
        number = form_of(request).text("number", _LONGEST_NUMBER)
        person = rooms.enrolment.closing.close(number, signed_in(request).reader, now)
    except _WRONG as error:
        return _page(request, error, number=number)
    request.scope["user"].door.portal.end_of(person)
    return _page(request, is_closed=True)


def _page(
    request: _Request,
    wrong: FortnightError | None = None,
    *,
    number: str = "",
    digits: str = "",
    due_at: int = 0,
    is_closed: bool = False,
) -> Response[bytes]:
    return page(
        request,
        "callers.html",
        status=200 if wrong is None else _UNUSABLE,
        wrong="" if wrong is None else str(wrong),
        number=number,
        digits=digits,
        due_at=due_at,
        is_closed=is_closed,
    )


HANDLERS: Final = (callers, reset, close)
