"""The steps of a case: forms of its page, each answered with the page or with why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.case.calls import NewCall
from fortnight.case.named import NewNamed
from fortnight.errors import ConflictError, FortnightError, GoneError, QuestionError, RefusedError
from fortnight.staff.permissions import allowed
from fortnight.web.office.cases import CASE_PATH, shown_case
from fortnight.web.office.form_days import day_number, moment
from fortnight.web.office.pages import see
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.who import form_of, nothing_here, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    Asked = Request[Any, Any, Any]
else:
    Asked = Request[Any, Any, Any]  # the framework reads annotations when it runs

_CANNOT: Final = (RefusedError, ConflictError, QuestionError, GoneError)
_CONFLICT: Final = 409


def _do(request: Asked, case_id: str, act: Callable[[], object]) -> Response[bytes]:
    """Take a step and show the case again: with why, where the step cannot be taken."""
    try:
        act()
    except _CANNOT as error:
        return shown_case(request, case_id, str(error), _CONFLICT)
    return see(f"/office/cases/{case_id}")


@post(f"{CASE_PATH}/code", include_in_schema=False, sync_to_thread=True, status_code=303)
def send_code(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Send the case a new code."""
    rooms, staff = rooms_of(request), signed_in(request)
    return _do(
        request, case_id, lambda: rooms.cases.send_code(case_id, staff.reader, rooms.clock())
    )


@post(f"{CASE_PATH}/agree", include_in_schema=False, sync_to_thread=True, status_code=303)
def agree(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Take the code that the case read back: their yes."""
    rooms, form = rooms_of(request), form_of(request)
    return _do(
        request,
        case_id,
        lambda: rooms.cases.agree(case_id, form.text("code", 16).replace(" ", ""), rooms.clock()),
    )


@post(f"{CASE_PATH}/hide", include_in_schema=False, sync_to_thread=True, status_code=303)
def hide(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Leave a period of the case's own out of the trace."""
    rooms, form = rooms_of(request), form_of(request)

    def act() -> None:
        start = moment(form.text("start", 40), rooms.settings.timezone)
        end = moment(form.text("end", 40), rooms.settings.timezone)
        rooms.cases.hide(case_id, start, end, rooms.clock())

    return _do(request, case_id, act)


@post(f"{CASE_PATH}/trace", include_in_schema=False, sync_to_thread=True, status_code=303)
def trace(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Ask for a trace."""
    rooms, staff = rooms_of(request), signed_in(request)
    return _do(
        request, case_id, lambda: rooms.cases.request_trace(case_id, staff.reader, rooms.clock())
    )


@post(f"{CASE_PATH}/note", include_in_schema=False, sync_to_thread=True, status_code=303)
def note(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Write something down."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    return _do(
        request,
        case_id,
        lambda: rooms.work.notes.add(
            case_id, form.text("text", 4_000), staff.account.id, staff.reader, rooms.clock()
        ),
    )


@post(f"{CASE_PATH}/named", include_in_schema=False, sync_to_thread=True, status_code=303)
def named(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Add somebody whom the case named in the interview."""
    rooms, staff = rooms_of(request), signed_in(request)

    def act() -> None:
        new = _named(request, case_id)
        rooms.work.named.add(new, staff.account.id, staff.reader, rooms.clock())

    return _do(request, case_id, act)


def _named(request: Asked, case_id: str) -> NewNamed:
    form = form_of(request)
    household = form.optional("household", 16)
    return NewNamed(
        case_id=case_id,
        name=form.text("name", 200),
        number=form.text("number", 40),
        notes=form.optional("notes", 2_000) or "",
        first_day=day_number(form.text("first", 10)),
        last_day=day_number(form.text("last", 10)),
        setting=form.text("setting", 32),
        household=household,
        pregnant=bool(form.all("pregnant")),
        weak_immunity=bool(form.all("weak_immunity")),
    )


@post(f"{CASE_PATH}/call", include_in_schema=False, sync_to_thread=True, status_code=303)
def call(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Write down a call to the case."""
    rooms, staff = rooms_of(request), signed_in(request)
    return _do(
        request,
        case_id,
        lambda: rooms.work.calls.record(
            call_of(request, case_id, None), staff.account.id, staff.reader, rooms.clock()
        ),
    )


def call_of(request: Asked, case_id: str, contact: str | None) -> NewCall:
    """Return the call of a form. Raises QuestionError for what it does not hold."""
    form, timezone = form_of(request), rooms_of(request).settings.timezone
    again = form.optional("next_at", 40)
    return NewCall(
        case_id,
        contact,
        form.text("outcome", 16),  # type: ignore[arg-type] # it is checked where it is written
        form.text("language", 8),
        form.optional("next_step", 200) or "",
        None if again is None else moment(again, timezone),
    )


@post(f"{CASE_PATH}/hand-over", include_in_schema=False, sync_to_thread=True, status_code=303)
def hand_over(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Hand a case over to somebody, with what they have to know."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    own = staff.account.id
    try:
        rooms.work.assignments.hand_over(
            case_id, form.text("to", 32), form.text("note", 2_000), own, staff.reader, rooms.clock()
        )
    except _CANNOT as error:
        return shown_case(request, case_id, str(error), _CONFLICT)
    return see("/office")  # it is no longer theirs to read


@post(f"{CASE_PATH}/assign", include_in_schema=False, sync_to_thread=True, status_code=303)
def assign(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Give a case to somebody."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    return _do(
        request,
        case_id,
        lambda: rooms.work.assignments.assign(
            case_id, form.text("to", 32), staff.account.id, staff.reader, rooms.clock()
        ),
    )


@post(f"{CASE_PATH}/conflict", include_in_schema=False, sync_to_thread=True, status_code=303)
def conflict(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Declare that one knows the case: from now on it is somebody else's."""
    rooms, staff = rooms_of(request), signed_in(request)
    try:
        rooms.work.assignments.declare_conflict(
            case_id, staff.account.id, staff.reader, rooms.clock()
        )
    except _CANNOT as error:
        return shown_case(request, case_id, str(error), _CONFLICT)
    return see("/office")


@post(f"{CASE_PATH}/merge", include_in_schema=False, sync_to_thread=True, status_code=303)
def merge(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Take another file of the same case into this one."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)
    other, account = form.text("other", 32), staff.account
    relation = rooms.staff.relations.of(account, other) or "none"
    if not allowed(account.role, "case.write", relation):
        raise nothing_here()
    return _do(
        request,
        case_id,
        lambda: rooms.work.duplicates.merge(
            case_id, other, account.id, staff.reader, rooms.clock()
        ),
    )


@post(f"{CASE_PATH}/question", include_in_schema=False, sync_to_thread=True, status_code=303)
def question(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Have the data protection officer look into the looks for a case."""
    rooms = rooms_of(request)
    reviews = rooms.oversight.reviews
    return _do(request, case_id, lambda: reviews.ask("look-questioned", case_id, rooms.clock()))


@post(f"{CASE_PATH}/withdraw", include_in_schema=False, sync_to_thread=True, status_code=303)
def withdraw(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Withdraw a test that was wrong, and retract what it caused."""
    rooms, staff, form = rooms_of(request), signed_in(request), form_of(request)

    def act() -> None:
        if not form.all("sure"):
            raise QuestionError("Tick the box: a withdrawn test cannot be put back.")
        rooms.cases.withdraw_test(case_id, staff.reader, rooms.clock())

    return _do(request, case_id, act)


@post(f"{CASE_PATH}/close", include_in_schema=False, sync_to_thread=True, status_code=303)
def close(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Close a case whose work is done."""
    rooms, staff = rooms_of(request), signed_in(request)
    try:
        rooms.cases.close(case_id, staff.reader, rooms.clock())
    except FortnightError as error:
        return shown_case(request, case_id, str(error), _CONFLICT)
    return see("/office")


HANDLERS: Final = (
    send_code,
    agree,
    hide,
    trace,
    note,
    named,
    call,
    hand_over,
    assign,
    conflict,
    merge,
    question,
    withdraw,
    close,
)
