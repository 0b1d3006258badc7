"""Pages of cases: opened, agreed to, traced, listed by rank, handed over, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.case.calls import NewCall
from fortnight.case.cases import NewCase
from fortnight.case.named import SETTINGS, NewNamed
from fortnight.errors import ConflictError, FortnightError, GoneError, QuestionError, RefusedError
from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.risk.disease import diseases, load_disease
from fortnight.web.office.drawings import infectiousness
from fortnight.web.office.form_days import day_number, moment, read_day, read_moment
from fortnight.web.office.pages import page, see, speech
from fortnight.web.office.places import days_of, places_of
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.who import form_of, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.case.work import CasePage, ContactLine
    from fortnight.report.document import ContactDocument
    from fortnight.web.office.rooms import Rooms

    Asked = Request[Any, Any, Any]
else:
    Asked = Request[Any, Any, Any]  # the framework reads annotations when it runs

SHOWN: Final = 50
"""Contacts on one page: more would make it too large to load on a bad line."""
CASE_PATH: Final = "/office/cases/{case_id:str}"
_CANNOT: Final = (RefusedError, ConflictError, QuestionError, GoneError)
_FIELDS: Final = ("token", "number", "disease", "onset", "test", "sample")
_UNPROCESSABLE: Final = 422
_CONFLICT: Final = 409


# -- a new case --------------------------------------------------------------------------------


@get("/office/cases/new", include_in_schema=False, sync_to_thread=True)
def new_case(request: Asked) -> Response[bytes]:
    """Show the form of a new case."""
    return _new_case(request, dict.fromkeys(_FIELDS, ""), {})


@post("/office/cases", include_in_schema=False, sync_to_thread=True, status_code=303)
def open_case(request: Asked) -> Response[bytes]:
    """Open a case; where that cannot be, show the form again with everything in it."""
    staff, rooms, now = signed_in(request), rooms_of(request), rooms_of(request).clock()
    form = form_of(request)
    held = {name: (form.all(name) or [""])[0].strip()[:500] for name in _FIELDS}
    wrong: dict[str, str] = {}
    new = _read_case(held, wrong, rooms.settings.timezone)
    if new is None:
        return _new_case(request, held, wrong)
    try:
        case_id = rooms.cases.open(new, staff.reader, now)
    except _CANNOT as error:
        return _new_case(request, held, {"": str(error)})
    if staff.account.role == "case-worker":  # who opens it works on it, or could not read it
        own = staff.account.id
        rooms.work.assignments.assign(case_id, own, own, staff.reader, now)
    return see(f"/office/cases/{case_id}")


def _new_case(request: Asked, held: dict[str, str], wrong: dict[str, str]) -> Response[bytes]:
    today = speech(request).local(rooms_of(request).clock())
    return page(
        request,
        "case_new.html",
        status=_UNPROCESSABLE if wrong else 200,
        held=held,
        wrong=wrong,
        diseases=diseases(),
        today=today.date().isoformat(),
        present=today.strftime("%Y-%m-%dT%H:%M"),
    )


def _read_case(held: dict[str, str], wrong: dict[str, str], timezone: str) -> NewCase | None:
    """Return the case of a form, or None with what was ``wrong`` by field."""
    for name, text in (("token", "Give the token"), ("number", "Give the number")):
        if not held[name]:
            wrong[name] = f"{text}."
    if held["disease"] not in diseases():
        wrong["disease"] = "Choose a disease."
    onset = read_day(held["onset"], "onset", wrong) if held["onset"] else None
    test = read_day(held["test"], "test", wrong)
    sample = read_moment(held["sample"], "sample", wrong, timezone)
    if wrong or test is None or sample is None:
        return None
    return NewCase(held["token"], held["number"], held["disease"], onset, test, sample)


# -- one case ----------------------------------------------------------------------------------


@get(CASE_PATH, include_in_schema=False, sync_to_thread=True)
def case(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Show where a case stands, what is next, and whom it met."""
    return _case(request, case_id)


@get(f"{CASE_PATH}/progress", include_in_schema=False, sync_to_thread=True)
def progress(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Show how far a trace is; once it ended, have the whole page loaded again."""
    run = rooms_of(request).work.case_page(case_id, rooms_of(request).clock()).run
    answer = page(request, "case_progress.html", run=run, case_id=case_id)
    if run is None or run.state not in {"queued", "running"}:
        answer.headers["hx-refresh"] = "true"
    return answer


@get(f"{CASE_PATH}/places", include_in_schema=False, sync_to_thread=True)
def places(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Show where a case met others, on a map and in a table."""
    rooms, said = rooms_of(request), speech(request)
    shown = rooms.work.case_page(case_id, rooms.clock())
    details = _details(request, case_id, shown.contacts)
    episodes = [one for found in details.values() for one in found.episodes]
    return page(
        request,
        "case_places.html",
        case_id=case_id,
        file=shown.file,
        found=places_of(episodes, said),
        days=days_of(shown.file, shown.run, episodes, said),
    )


def _case(
    request: Asked, case_id: str, error: str | None = None, status: int = 200
) -> Response[bytes]:
    rooms, staff = rooms_of(request), signed_in(request)
    now = rooms.clock()
    shown = rooms.work.case_page(case_id, now)
    begin = _begin(request, len(shown.contacts))
    listed = shown.contacts[begin : begin + SHOWN]
    return page(
        request,
        "case.html",
        status=status,
        case_id=case_id,
        shown=shown,
        file=shown.file,
        listed=listed,
        begin=begin,
        step=SHOWN,
        details=_details(request, case_id, listed),
        infectious={line.contact: _most(shown, line) for line in listed if line.measured},
        undecided=sum(
            line.measured is not None and line.measured.tier is not None and line.decision is None
            for line in shown.contacts
        ),
        notes=rooms.work.notes.of_case(case_id),
        looks=rooms.work.looks_of_case(case_id),
        colleagues=_colleagues(rooms, staff.account.district),
        settings=SETTINGS,
        disease=load_disease(shown.file.disease),
        held=_held(request),
        error=error,
        now=now,
        today=now // MILLISECONDS_A_DAY,
    )


def _held(request: Asked) -> dict[str, str]:
    """Return what a form held that was not taken, so that nothing has to be typed again."""
    return {name: values[0] for name, values in form_of(request).fields.items() if name != "csrf"}


def _begin(request: Asked, count: int) -> int:
    asked = str(request.query_params.get("from", "0"))
    begin = int(asked) if asked.isdecimal() and len(asked) < 7 else 0  # noqa: PLR2004 - digits
    return min(begin, max(count - 1, 0)) // SHOWN * SHOWN


def _most(shown: CasePage, line: ContactLine) -> float:
    """Return how infectious the case was at most while a contact met it."""
    met = line.measured
    if met is None:
        return 0.0
    days = range(met.first_day, met.last_day + 1)
    return max((infectiousness(shown.file, day) for day in days), default=0.0)


def _details(
    request: Asked, case_id: str, lines: tuple[ContactLine, ...]
) -> dict[str, ContactDocument]:
    """Return what is still held of where contacts met the case, after a look at each of them."""
    rooms, staff = rooms_of(request), signed_in(request)
    measured = [line.contact for line in lines if line.measured is not None]
    return rooms.work.details(case_id, measured, staff.reader, rooms.clock())


def _colleagues(rooms: Rooms, district: str) -> list[tuple[str, str]]:
    return [
        (one.id, one.name)
        for one in rooms.staff.accounts.list()
        if one.district == district and one.role in {"case-worker", "lead"}
    ]


# -- its steps ---------------------------------------------------------------------------------


def _do(request: Asked, case_id: str, act: Callable[[], object]) -> Response[bytes]:
    """Take a step and show the case again: with why, where the step cannot be taken."""
    try:
        act()
    except _CANNOT as error:
        return _case(request, case_id, str(error), _CONFLICT)
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
        return _case(request, case_id, str(error), _CONFLICT)
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
        return _case(request, case_id, str(error), _CONFLICT)
    return see("/office")


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
        return _case(request, case_id, str(error), _CONFLICT)
    return see("/office")


HANDLERS: Final = (
    new_case,
    open_case,
    case,
    progress,
    places,
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
    withdraw,
    close,
)
