"""Asking for eight digits by text: the same answer, in the same time, for every number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, post

from fortnight.enrolment.counting import TooOftenError
from fortnight.enrolment.entry import DIGITS, NOT_SAID
from fortnight.errors import QuestionError, RefusedError
from fortnight.web.in_thread import in_thread
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import page
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.who import form_of

if TYPE_CHECKING:
    from fortnight.enrolment.standing import Way

DIGITS_PAGE: Final = "/portal/digits"
LONGEST_NUMBER: Final = 40
LONGEST_CODE: Final = 20
UNUSABLE: Final = 422
TOO_OFTEN: Final = 429
_Request = Request[Any, Any, Any]


@post(DIGITS_PAGE, include_in_schema=False)
@in_thread
def ask(request: _Request) -> Response[bytes]:
    """Take down that digits are wanted, and show where they are typed: whoever's number it is."""
    rooms, now = rooms_of(request), rooms_of(request).clock()
    number = ""
    try:
        number = form_of(request).text("number", LONGEST_NUMBER)
        rooms.enrolment.entry.ask(number, speech(request).language, address_of(request), now)
    except (RefusedError, QuestionError) as error:
        return first_page(request, status=UNUSABLE, wrong=str(error), number=number)
    except TooOftenError as error:
        return first_page(request, status=TOO_OFTEN, wrong=str(error), number=number)
    return digits_page(request, number)


def digits_page(
    request: _Request, number: str, *, status: int = 200, wrong: str = ""
) -> Response[bytes]:
    """Return the page on which the digits of a text are typed."""
    return page(request, "digits.html", status=status, number=number, wrong=wrong)


def first_page(
    request: _Request, *, status: int = 200, wrong: str = "", number: str = ""
) -> Response[bytes]:
    """Return the page on which somebody comes in, with what they typed."""
    settings = rooms_of(request).settings
    return page(
        request,
        "sign_in.html",
        status=status,
        wrong=wrong,
        number=number,
        line=settings.published_number,
        emergency=settings.emergency_number,
    )


def came_in(request: _Request, number: str, code: str) -> tuple[str, Way]:
    """Return whose number and digits these are, and how they came in.

    Raises RefusedError in one wording: which of the two was wrong, or who is known here, is
    nobody's; TooOftenError where it was tried too often.
    """
    rooms, digits = rooms_of(request), re.sub(r"\s", "", code)
    enrolment, address, now = rooms.enrolment, address_of(request), rooms.clock()
    way: Way = "code" if len(digits) == DIGITS else "digits"
    try:
        if way == "code":
            person = enrolment.entry.come_in(number, digits, address, now)
        else:
            enrolment.entry.count_try(number, address, now)
            person = rooms.support.followups.sign_in(number, digits, now)
    except (RefusedError, QuestionError) as error:
        raise RefusedError(NOT_SAID) from error
    if enrolment.people.is_closed(person):
        raise RefusedError(NOT_SAID)
    enrolment.people.came_in(person, way, now)
    return person, way


def address_of(request: _Request) -> str:
    """Return the address that a request came from."""
    client = request.scope.get("client")
    return "" if client is None else client[0]


HANDLERS: Final = (ask,)
