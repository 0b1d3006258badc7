"""The form of a new case."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get, post

from fortnight.case.cases import NewCase
from fortnight.errors import ConflictError, GoneError, QuestionError, RefusedError
from fortnight.risk.disease import diseases
from fortnight.web.office.form_days import read_day, read_moment
from fortnight.web.office.pages import page, see, speech
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.who import form_of, signed_in

Asked = Request[Any, Any, Any]
_CANNOT: Final = (RefusedError, ConflictError, QuestionError, GoneError)
_FIELDS: Final = ("token", "number", "disease", "onset", "test", "sample")
_UNPROCESSABLE: Final = 422


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


HANDLERS: Final = (new_case, open_case)
