"""Follow-up in the office: begun on the page of a case, recorded on a page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.errors import ConflictError, GoneError, QuestionError, RefusedError
from fortnight.isolation.needs import ASKED_FOR
from fortnight.isolation.rescore import Reply
from fortnight.notify.zones import LONGEST
from fortnight.web.office.cases import CASE_PATH, shown_case
from fortnight.web.office.contacts import CONTACT_PATH
from fortnight.web.office.follow_up_page import shown_follow_up
from fortnight.web.office.form_days import day_number, moment
from fortnight.web.office.pages import see
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.support import line_of
from fortnight.web.office.who import form_of, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.followup.parts import AnsweredDay

    Asked = Request[Any, Any, Any]
else:
    Asked = Request[Any, Any, Any]  # the framework reads annotations when it runs

FOLLOW_UP_PATH: Final = f"{CASE_PATH}/follow-ups/{{follow_up:str}}"
_CANNOT: Final = (RefusedError, ConflictError, QuestionError, GoneError)
_CONFLICT: Final = 409
_DAY: Final = 10
_MOMENT: Final = 40


# -- beginning -----------------------------------------------------------------------------------


def _begun(request: Asked, case_id: str, begin: Callable[[], str]) -> Response[bytes]:
    try:
        made = begin()
    except _CANNOT as error:
        return shown_case(request, case_id, str(error), _CONFLICT)
    return see(f"/office/cases/{case_id}/follow-ups/{made}")


@post(f"{CASE_PATH}/follow-up", include_in_schema=False, sync_to_thread=True, status_code=303)
def begin_case(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Begin to follow the case themselves."""
    rooms, staff = rooms_of(request), signed_in(request)
    by_voice = bool(form_of(request).all("by_voice"))
    begin = rooms.support.followups.begin_case
    return _begun(
        request,
        case_id,
        lambda: begin(case_id, staff.reader, rooms.clock(), by_voice=by_voice),
    )


@post(f"{CONTACT_PATH}/follow-up", include_in_schema=False, sync_to_thread=True, status_code=303)
def begin_contact(
    request: Asked, case_id: FromPath[str], contact: FromPath[str]
) -> Response[bytes]:
    """Begin to follow a contact who is told."""
    rooms, staff = rooms_of(request), signed_in(request)
    by_voice = bool(form_of(request).all("by_voice"))
    begin = rooms.support.followups.begin_contact
    return _begun(
        request,
        case_id,
        lambda: begin(case_id, contact, staff.reader, rooms.clock(), by_voice=by_voice),
    )


# -- the page ------------------------------------------------------------------------------------


@get(FOLLOW_UP_PATH, include_in_schema=False, sync_to_thread=True)
def follow_up(request: Asked, case_id: FromPath[str], follow_up: FromPath[str]) -> Response[bytes]:
    """Show how somebody is who is followed: a look that they see."""
    return shown_follow_up(request, case_id, follow_up)


def _do(
    request: Asked, case_id: str, number: str, act: Callable[[], str | None]
) -> Response[bytes]:
    """Record something and show the page again: with why, where it cannot be recorded."""
    line = line_of(request, case_id, number, "followup.record")
    try:
        if line.state != "running":
            raise ConflictError("This follow-up is over: nothing more is recorded of it.")
        then = act()
    except _CANNOT as error:
        return shown_follow_up(request, case_id, number, str(error))
    return see(then or f"/office/cases/{case_id}/follow-ups/{number}")


@post(f"{FOLLOW_UP_PATH}/answer", include_in_schema=False, sync_to_thread=True, status_code=303)
def answer(request: Asked, case_id: FromPath[str], follow_up: FromPath[str]) -> Response[bytes]:
    """Take down what they answered on the phone; a red flag shows what to do at once."""
    taken: list[AnsweredDay] = []
    shown = _do(request, case_id, follow_up, lambda: taken.append(_called(request, follow_up)))
    if taken and taken[0].emergency is not None:
        return shown_follow_up(request, case_id, follow_up, emergency=taken[0].emergency)
    return shown


def _called(request: Asked, number: str) -> AnsweredDay:
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    needs = form.all("need")
    if not set(needs) <= set(ASKED_FOR):
        raise QuestionError("Choose needs from the list.")
    return rooms.support.followups.record_call(
        number,
        day_number(form.text("day", _DAY)),
        form.all("symptom"),
        staff.reader,
        rooms.clock(),
        needs=needs,
        note=form.optional("note", 1_000) or "",
    )


@post(f"{FOLLOW_UP_PATH}/voice", include_in_schema=False, sync_to_thread=True, status_code=303)
def voice(request: Asked, case_id: FromPath[str], follow_up: FromPath[str]) -> Response[bytes]:
    """Call somebody instead of texting, or text them again."""
    rooms, staff = rooms_of(request), signed_in(request)
    by_voice = form_of(request).optional("by_voice", 3) == "yes"
    change = rooms.support.followups.set_by_voice
    return _do(
        request,
        case_id,
        follow_up,
        lambda: change(follow_up, staff.reader, rooms.clock(), by_voice=by_voice),
    )


@post(f"{FOLLOW_UP_PATH}/zone", include_in_schema=False, sync_to_thread=True, status_code=303)
def zone(request: Asked, case_id: FromPath[str], follow_up: FromPath[str]) -> Response[bytes]:
    """Take down in which time zone somebody is: at night there, nobody texts them."""
    rooms, staff = rooms_of(request), signed_in(request)
    said = form_of(request).optional("zone", LONGEST) or ""
    change = rooms.support.followups.set_zone
    return _do(
        request,
        case_id,
        follow_up,
        lambda: change(follow_up, said, staff.reader, rooms.clock()),
    )


@post(f"{FOLLOW_UP_PATH}/pause", include_in_schema=False, sync_to_thread=True, status_code=303)
def pause(request: Asked, case_id: FromPath[str], follow_up: FromPath[str]) -> Response[bytes]:
    """Ask nothing while they are in hospital, or have an appointment."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)

    def act() -> None:
        kind, until = form.text("kind", 16), form.optional("until", _MOMENT)
        ends = None if until is None else moment(until, rooms.settings.timezone)
        rooms.support.pauses.pause_by(
            follow_up,
            kind,  # type: ignore[arg-type] # it is checked where it is kept
            ends,
            staff.reader,
            rooms.clock(),
        )

    return _do(request, case_id, follow_up, act)


@post(f"{FOLLOW_UP_PATH}/back", include_in_schema=False, sync_to_thread=True, status_code=303)
def back(request: Asked, case_id: FromPath[str], follow_up: FromPath[str]) -> Response[bytes]:
    """Ask them again: they are back."""
    rooms, staff = rooms_of(request), signed_in(request)
    return _do(
        request,
        case_id,
        follow_up,
        lambda: rooms.support.pauses.back_by(follow_up, staff.reader, rooms.clock()),
    )


@post(f"{FOLLOW_UP_PATH}/plan", include_in_schema=False, sync_to_thread=True, status_code=303)
def plan(request: Asked, case_id: FromPath[str], follow_up: FromPath[str]) -> Response[bytes]:
    """Make the plan anew with what they said of immunity, or of a treatment."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)

    def act() -> None:
        immune, treated = form.optional("immune", 3), form.optional("treatment", _DAY)
        rooms.support.followups.replan(
            follow_up,
            staff.reader,
            rooms.clock(),
            immune=None if immune is None else immune == "yes",
            treatment_day=None if treated is None else day_number(treated),
        )

    return _do(request, case_id, follow_up, act)


@post(f"{FOLLOW_UP_PATH}/reply", include_in_schema=False, sync_to_thread=True, status_code=303)
def reply(request: Asked, case_id: FromPath[str], follow_up: FromPath[str]) -> Response[bytes]:
    """Take down what a contact says of the exposure."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)

    def act() -> None:
        kind = form.text("kind", 16)
        if kind not in set(Reply):
            raise QuestionError("Choose what they say from the list.")
        note = form.optional("note", 1_000) or ""
        now = rooms.clock()
        rooms.support.replies.reply_by(follow_up, Reply(kind), note, staff.reader, now)

    return _do(request, case_id, follow_up, act)


@post(f"{FOLLOW_UP_PATH}/positive", include_in_schema=False, sync_to_thread=True, status_code=303)
def positive(request: Asked, case_id: FromPath[str], follow_up: FromPath[str]) -> Response[bytes]:
    """Make a contact who tested positive a case."""
    return _do(request, case_id, follow_up, lambda: _case_of(request, follow_up))


def _case_of(request: Asked, number: str) -> str:
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    onset, now = form.optional("onset", _DAY), rooms.clock()
    case_id = rooms.support.followups.become_case(
        number,
        form.text("token", 100),
        None if onset is None else day_number(onset),
        day_number(form.text("test", _DAY)),
        moment(form.text("sample", _MOMENT), rooms.settings.timezone),
        staff.reader,
        now,
    )
    if staff.account.role == "case-worker":  # who opens it works on it, or could not read it
        own = staff.account.id
        rooms.work.assignments.assign(case_id, own, own, staff.reader, now)
    return f"/office/cases/{case_id}"


HANDLERS: Final = (
    begin_case,
    begin_contact,
    follow_up,
    answer,
    voice,
    zone,
    pause,
    back,
    plan,
    reply,
    positive,
)
