"""Pages of contacts: why they are listed, what to ask, and the decision of a named person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.errors import ConflictError, GoneError, QuestionError, RefusedError
from fortnight.report import course
from fortnight.web.office.case_steps import call_of
from fortnight.web.office.drawings import days_drawing, met_of, minutes_by_day, ms_of, strip
from fortnight.web.office.explanation import explained
from fortnight.web.office.pages import page, see, speech
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.who import form_of, nothing_here, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fortnight.case.decision_rows import Decision
    from fortnight.case.files import CaseFile
    from fortnight.case.named import Identity
    from fortnight.case.work import Reached
    from fortnight.web.office.drawings import Days, Met
    from fortnight.web.office.language import Speech
    from fortnight.web.office.rooms import Rooms

    Asked = Request[Any, Any, Any]
else:
    Asked = Request[Any, Any, Any]  # the framework reads annotations when it runs

CONTACT_PATH: Final = "/office/cases/{case_id:str}/contacts/{contact:str}"
_CANNOT: Final = (RefusedError, ConflictError, QuestionError, GoneError)
_CONFLICT: Final = 409
_AROUND: Final = 3


@get(CONTACT_PATH, include_in_schema=False, sync_to_thread=True)
def contact(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Show why a contact is listed, after a look at them was written down."""
    return _contact(request, case_id, contact)


def _contact(
    request: Asked,
    case_id: str,
    number: str,
    error: str | None = None,
    opened: Identity | None = None,
    reached: Reached | None = None,
) -> Response[bytes]:
    rooms, staff, said = rooms_of(request), signed_in(request), speech(request)
    now = rooms.clock()
    try:
        shown = rooms.work.contact(case_id, number, staff.reader, now)
    except RefusedError:  # no such contact: as one that somebody else has to work on
        raise nothing_here() from None
    file = rooms.cases.case(case_id)
    detail = shown.detail
    met = [] if detail is None else met_of(detail.episodes, said)
    return page(
        request,
        "contact.html",
        status=200 if error is None else _CONFLICT,
        case_id=case_id,
        contact=number,
        shown=shown,
        line=shown.line,
        detail=detail,
        explained=None if detail is None else explained(detail, said),
        file=file,
        strip=None if detail is None or not detail.episodes else strip(met, said),
        curve=None if detail is None else _curve(file, met, said),
        course=None if detail is None else course.course(detail.assessment),
        drawing=course,
        calls=shown.calls,
        decisions=shown.decisions,
        measured=shown.measured,
        by_phone=rooms.cases.takes_a_call(case_id, number),
        opened=opened,
        reached=reached,
        caller=_caller(rooms, reached, now),
        ms_of=ms_of,
        error=error,
        held=_held(request),
        now=now,
        may=_may(request),
    )


def _caller(rooms: Rooms, reached: Reached | None, now: int) -> str:
    """Return the words by which whoever is called knows the caller; empty without a portal."""
    if reached is None or reached.person is None:
        return ""
    return rooms.texts.calling_words(reached.person, reached.language or "", now)


def _held(request: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in form_of(request).fields.items() if name != "csrf"}


def _may(request: Asked) -> bool:
    """Tell whether this is somebody who decides here, and not only reads."""
    return signed_in(request).relation in {"assigned", "own-district", "tied"}


def _curve(file: CaseFile, met: Sequence[Met], said: Speech) -> Days:
    """Return how infectious the case was by day, with the days on which the two met."""
    spent = {day: minutes for day, minutes in minutes_by_day(met).items() if minutes > 0}
    anchor = file.test_day if file.onset_day is None else file.onset_day
    first = min([anchor - _AROUND, *spent])
    last = max([anchor + 2 * _AROUND, *spent])
    return days_drawing(file, spent, first, last, said)


# -- decisions and calls -----------------------------------------------------------------------


def _do(
    request: Asked,
    case_id: str,
    number: str,
    act: Callable[[], object],
    then: str | None = None,
) -> Response[bytes]:
    """Take a step and show the contact again: with why, where the step cannot be taken."""
    try:
        act()
    except _CANNOT as error:
        return _contact(request, case_id, number, str(error))
    return see(then or f"/office/cases/{case_id}/contacts/{number}")


@post(f"{CONTACT_PATH}/decide", include_in_schema=False, sync_to_thread=True, status_code=303)
def decide(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Decide to tell a contact, or not, with a reason."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)

    def act() -> None:
        kind = form.text("kind", 16)
        if kind not in {"tell", "dismiss"}:
            raise QuestionError("Choose whether to tell the contact.")
        rooms.work.decisions.decide(
            case_id,
            contact,
            kind,  # type: ignore[arg-type] # one of the two
            form.text("reason", 500),
            staff.account.id,
            staff.reader,
            rooms.clock(),
            crowd=bool(form.all("crowd")),
        )
        if staff.relation == "tied":  # a lead may have nobody above them: it is looked into
            rooms.oversight.reviews.ask("look-questioned", case_id, rooms.clock())

    return _do(request, case_id, contact, act)


@post(f"{CONTACT_PATH}/approve", include_in_schema=False, sync_to_thread=True, status_code=303)
def approve(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Agree, as a second person, that a contact is told."""
    rooms, staff = rooms_of(request), signed_in(request)
    made = _waiting(request, case_id, contact)
    rooms.work.decisions.approve(made.id, staff.account.id, staff.reader, rooms.clock())
    return see("/office")


@post(f"{CONTACT_PATH}/decline", include_in_schema=False, sync_to_thread=True, status_code=303)
def decline(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Do not agree, and say why."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    made, reason = _waiting(request, case_id, contact), form.text("reason", 200)
    rooms.work.decisions.decline(made.id, reason, staff.account.id, staff.reader, rooms.clock())
    return see("/office")


@post(f"{CONTACT_PATH}/take-back", include_in_schema=False, sync_to_thread=True, status_code=303)
def take_back(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Take back a decision that nobody acted on."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)

    def act() -> None:
        made = _live(request, case_id, contact)
        reason = form.text("reason", 200)
        rooms.work.decisions.take_back(
            made.id, reason, staff.account.id, staff.reader, rooms.clock()
        )

    return _do(request, case_id, contact, act)


def _live(request: Asked, case_id: str, contact: str) -> Decision:
    made = rooms_of(request).work.decisions.live(case_id).get(contact)
    if made is None:
        raise ConflictError("There is no decision on this contact any more.")
    return made


def _waiting(request: Asked, case_id: str, contact: str) -> Decision:
    made = rooms_of(request).work.decisions.live(case_id).get(contact)
    if made is None or not made.is_waiting:  # no page of ours leads here
        raise nothing_here()
    return made


@post(f"{CONTACT_PATH}/call", include_in_schema=False, sync_to_thread=True, status_code=303)
def call(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Write down a call to a contact, and to those of their household at once."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    return _do(
        request,
        case_id,
        contact,
        lambda: rooms.work.calls.record(
            call_of(request, case_id, contact),
            staff.account.id,
            staff.reader,
            rooms.clock(),
            household=bool(form.all("with_household")),
        ),
    )


@post(f"{CONTACT_PATH}/reach", include_in_schema=False, sync_to_thread=True, status_code=200)
def reach(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Show how to call a contact who is to be told: a look that they see."""
    rooms, staff = rooms_of(request), signed_in(request)
    try:
        reached = rooms.work.reach(case_id, contact, staff.reader, rooms.clock())
    except _CANNOT as error:
        return _contact(request, case_id, contact, str(error))
    return _contact(request, case_id, contact, reached=reached)


# -- contacts that the case named --------------------------------------------------------------


@post(f"{CONTACT_PATH}/open", include_in_schema=False, sync_to_thread=True, status_code=200)
def open_named(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Show name and number of a contact that the case named; that is written down."""
    rooms, staff = rooms_of(request), signed_in(request)
    try:
        opened = rooms.work.named.open(case_id, contact, staff.reader, rooms.clock())
    except _CANNOT as error:
        return _contact(request, case_id, contact, str(error))
    return _contact(request, case_id, contact, opened=opened)


@post(f"{CONTACT_PATH}/merge", include_in_schema=False, sync_to_thread=True, status_code=303)
def merge(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Take a named and a measured contact for one person."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    return _do(
        request,
        case_id,
        contact,
        lambda: rooms.work.named.merge(
            case_id,
            contact,
            form.text("measured", 16),
            staff.account.id,
            staff.reader,
            rooms.clock(),
        ),
        f"/office/cases/{case_id}",
    )


@post(f"{CONTACT_PATH}/split", include_in_schema=False, sync_to_thread=True, status_code=303)
def split(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Take them for two again."""
    rooms, staff = rooms_of(request), signed_in(request)
    return _do(
        request,
        case_id,
        contact,
        lambda: rooms.work.named.split(
            case_id, contact, staff.account.id, staff.reader, rooms.clock()
        ),
        f"/office/cases/{case_id}",
    )


@post(f"{CONTACT_PATH}/object", include_in_schema=False, sync_to_thread=True, status_code=303)
def object_to(request: Asked, case_id: FromPath[str], contact: FromPath[str]) -> Response[bytes]:
    """Take down that a named contact does not want to be held."""
    rooms, staff = rooms_of(request), signed_in(request)
    return _do(
        request,
        case_id,
        contact,
        lambda: rooms.work.named.object(case_id, contact, staff.reader, rooms.clock()),
        f"/office/cases/{case_id}",
    )


HANDLERS: Final = (
    contact,
    decide,
    approve,
    decline,
    take_back,
    call,
    reach,
    open_named,
    merge,
    split,
    object_to,
)
