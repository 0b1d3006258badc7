"""For somebody whom one cares for: a child, or a person who cannot agree for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post

from fortnight.enrolment.counting import TooOftenError
from fortnight.enrolment.guardians import day_of_age
from fortnight.errors import ConflictError, FortnightError, QuestionError, RefusedError
from fortnight.web.in_thread import in_thread
from fortnight.web.office.who import nothing_here
from fortnight.web.portal.choices import choices_page, chosen
from fortnight.web.portal.enter import LONGEST_CODE, LONGEST_NUMBER, address_of
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.unlock import unlocked
from fortnight.web.portal.who import form_of, person_of

if TYPE_CHECKING:
    from fortnight.enrolment.guardians import Ward

OTHERS: Final = "/portal/others"
ONE: Final = "/portal/others/choices"
_SHORT: Final = 20
_UNUSABLE: Final = 422
_Request = Request[Any, Any, Any]


@get(OTHERS, include_in_schema=False)
@in_thread
def others(request: _Request) -> Response[bytes]:
    """Show for whom somebody cares, and how another is added."""
    unlocked(request)
    return _page(request)


@post(OTHERS, include_in_schema=False)
@in_thread
def add(request: _Request) -> Response[bytes]:
    """Send digits to the number of whom somebody cares for, or take them on by these digits."""
    unlocked(request)
    form, number, month, act = form_of(request), "", None, ""
    try:
        month = None if form.optional("unable", _SHORT) else form.optional("month", _SHORT) or ""
        number, act = form.text("number", LONGEST_NUMBER), form.text("act", _SHORT)
        if month is not None:
            day_of_age(month, rooms_of(request).settings.consent_age)
        if act == "take":
            return _taken_on(request, number, month)
        entry, said = rooms_of(request).enrolment.entry, speech(request).language
        entry.ask(number, said, address_of(request), rooms_of(request).clock())
    except (RefusedError, QuestionError, ConflictError, TooOftenError) as error:
        return _page(request, error, number=number, month=month, is_asked=act == "take")
    return _page(request, number=number, month=month, is_asked=True)


@get(ONE, include_in_schema=False)
@in_thread
def one(request: _Request) -> Response[bytes]:
    """Show the choices for one of them."""
    unlocked(request)
    ward, action = _ward(request, request.query_params.get("who", ""))
    return choices_page(request, ward.person, action, by=person_of(request))


@post(ONE, include_in_schema=False)
@in_thread
def choose(request: _Request) -> Response[bytes]:
    """Turn one thing on or off for one of them."""
    unlocked(request)
    ward, action = _ward(request, request.query_params.get("who", ""))
    return chosen(request, ward.person, action, by=person_of(request))


def _taken_on(request: _Request, number: str, month: str | None) -> Response[bytes]:
    rooms, guardian, now = rooms_of(request), person_of(request), rooms_of(request).clock()
    enrolment, code = rooms.enrolment, form_of(request).text("code", LONGEST_CODE)
    person = enrolment.entry.come_in(number, code.replace(" ", ""), address_of(request), now)
    enrolment.people.came_in(person, "code", now)
    enrolment.guardians.take_on(guardian, person, month, now)
    return see(f"{ONE}?who={len(enrolment.guardians.wards(guardian))}")


def _ward(request: _Request, place: str) -> tuple[Ward, str]:
    """Return one of those whom the holder cares for, counted from 1, and the address of theirs."""
    wards = rooms_of(request).enrolment.guardians.wards(person_of(request))
    if not (place.isascii() and place.isdecimal() and 0 < int(place[:6]) <= len(wards)):
        raise nothing_here()
    return wards[int(place) - 1], f"{ONE}?who={int(place)}"


def _page(
    request: _Request,
    wrong: FortnightError | None = None,
    *,
    number: str = "",
    month: str | None = "",
    is_asked: bool = False,
) -> Response[bytes]:
    rooms, person = rooms_of(request), person_of(request)
    return page(
        request,
        "others.html",
        status=200 if wrong is None else _UNUSABLE,
        wrong="" if wrong is None else str(wrong),
        wards=rooms.enrolment.guardians.wards(person),
        number=number,
        month=month,
        is_asked=is_asked,
        age=rooms.settings.consent_age,
    )


HANDLERS: Final = (others, add, one, choose)
