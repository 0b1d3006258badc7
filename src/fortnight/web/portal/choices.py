"""What somebody agrees to: one question at a time, each off until it is turned on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post

from fortnight.consent.texts import LANGUAGES
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.notify.zones import LONGEST
from fortnight.web.in_thread import in_thread
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.sign_in import GRANTS
from fortnight.web.portal.who import form_of, person_of

if TYPE_CHECKING:
    from fortnight.web.office.forms import Form
    from fortnight.web.portal.rooms import Rooms

_SHORT: Final = 40
_UNUSABLE: Final = 422
_Request = Request[Any, Any, Any]


@get(GRANTS, include_in_schema=False)
@in_thread
def choices(request: _Request) -> Response[bytes]:
    """Show each question with its text, and what was said to it."""
    return choices_page(request, person_of(request), GRANTS)


@post(GRANTS, include_in_schema=False)
@in_thread
def choose(request: _Request) -> Response[bytes]:
    """Turn one thing on or off; nothing else changes."""
    person, rooms = person_of(request), rooms_of(request)
    act = form_of(request).optional("act", _SHORT)
    if act == "of-age":
        rooms.enrolment.people.is_of_age(person, rooms.clock())
        return see(GRANTS)
    if act == "zone":
        return _zone(request, person)
    return chosen(request, person, GRANTS, by=person)


def chosen(request: _Request, person: str, action: str, *, by: str) -> Response[bytes]:
    """Take down one choice for a person, and go back to the page ``action``."""
    rooms, form = rooms_of(request), form_of(request)
    try:
        kind = form.text("kind", _SHORT)
        _take_down(rooms, form, person, kind, by)
    except ConflictError:
        return see(f"{action}#{kind}")  # it is so already: sent twice
    except (RefusedError, QuestionError) as error:
        return choices_page(request, person, action, status=_UNUSABLE, wrong=str(error), by=by)
    return see(f"{action}#{kind}")


def _zone(request: _Request, person: str) -> Response[bytes]:
    """Take down where they are, so that nobody texts them at night there."""
    rooms, said = rooms_of(request), form_of(request).optional("zone", LONGEST) or ""
    try:
        rooms.support.followups.choose_zone(person, said, rooms.clock())
    except QuestionError as error:
        return choices_page(request, person, GRANTS, status=_UNUSABLE, wrong=str(error), typed=said)
    return see(f"{GRANTS}#time")


def _take_down(rooms: Rooms, form: Form, person: str, kind: str, by: str) -> None:
    act = form.text("act", _SHORT)
    if act == "withdraw":
        rooms.enrolment.grants.withdraw(person, kind, rooms.clock())
    elif act == "give":
        version, language = form.text("version", _SHORT), form.text("language", _SHORT)
        grants = rooms.enrolment.grants
        grants.give(person, kind, version, language, rooms.clock(), by=by)
    else:
        raise QuestionError("Choose one of the list.")


def choices_page(
    request: _Request,
    person: str,
    action: str,
    *,
    status: int = 200,
    wrong: str = "",
    by: str = "",
    typed: str | None = None,
) -> Response[bytes]:
    """Return the page of a person's choices, whose forms go to ``action``."""
    rooms = rooms_of(request)
    enrolment, now = rooms.enrolment, rooms.clock()
    standing = enrolment.people.standing(person)
    is_own = by in {"", person}
    zones = rooms.support.followups.zones
    zone = zones.chosen(person)
    return page(
        request,
        "choices.html",
        status=status,
        wrong=wrong,
        action=action,
        choices=enrolment.grants.choices(person, read_in(request)),
        is_own=is_own,
        has_guardian=is_own and enrolment.guardians.of(person) is not None,
        is_of_age=not is_own or (standing is not None and standing.of_age_at is not None),
        may_choose=is_own and standing is not None and standing.may_choose(now),
        age=_age(rooms),
        zone=zone,
        zone_typed=zone or "" if typed is None else typed,
        clock_there=datetime.fromtimestamp(now / 1_000, zones.of(person)).strftime("%H:%M"),
        longest=LONGEST,
    )


def read_in(request: _Request) -> str:
    """Return the language in which the texts of grants are read."""
    language = speech(request).language
    return language if language in LANGUAGES else LANGUAGES[0]


def _age(rooms: Rooms) -> int:
    return rooms.settings.consent_age


HANDLERS: Final = (choices, choose)
