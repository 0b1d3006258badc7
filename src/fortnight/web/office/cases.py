"""The page of a case: where it stands, whom it met and where, who infected whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.case.named import SETTINGS
from fortnight.errors import GoneError
from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.risk.disease import load_disease
from fortnight.staff.permissions import allowed
from fortnight.web.office import support_words
from fortnight.web.office.chains import chain_of
from fortnight.web.office.drawings import infectiousness, met_of
from fortnight.web.office.pages import page, speech
from fortnight.web.office.places import days_of, places_of
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.support import section_of
from fortnight.web.office.who import form_of, signed_in

if TYPE_CHECKING:
    from fortnight.case.duplicates import Duplicate
    from fortnight.case.work import CasePage, ContactLine
    from fortnight.staff.accounts import Account
    from fortnight.web.office.rooms import Rooms

    Asked = Request[Any, Any, Any]
else:
    Asked = Request[Any, Any, Any]  # the framework reads annotations when it runs

SHOWN: Final = 50
"""Contacts on one page: more would make it too large to load on a bad line."""
CASE_PATH: Final = "/office/cases/{case_id:str}"


@get(CASE_PATH, include_in_schema=False, sync_to_thread=True)
def case(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Show where a case stands, what is next, and whom it met."""
    return shown_case(request, case_id)


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
    measured = _measured(shown.contacts, _not_for(request, case_id))
    episodes = rooms.work.episodes(case_id, measured, signed_in(request).reader, rooms.clock())
    met = met_of(episodes, said)
    return page(
        request,
        "case_places.html",
        case_id=case_id,
        file=shown.file,
        found=places_of(met),
        days=days_of(shown.file, shown.run, met, said),
    )


def shown_case(
    request: Asked, case_id: str, error: str | None = None, status: int = 200
) -> Response[bytes]:
    """Return the page of a case, with what could not be done where something could not."""
    rooms, staff = rooms_of(request), signed_in(request)
    now = rooms.clock()
    shown = rooms.work.case_page(case_id, now)
    begin = _begin(request, len(shown.contacts))
    listed = shown.contacts[begin : begin + SHOWN]
    not_for = _not_for(request, case_id)
    details = rooms.work.sums(case_id, _measured(listed, not_for), staff.reader, now)
    with rooms.work.reading():  # after the look, which is listed among those of the case
        read = {
            "follow": section_of(rooms, staff.account, shown, not_for, now),
            "chain": chain_of(rooms, staff.account, shown, not_for),
            "notes": rooms.work.notes.of_case(case_id),
            "duplicates": _duplicates(rooms, staff.account, shown),
            "handed": _handed(rooms, shown),
            "looks": rooms.work.looks_of_case(case_id),
            "colleagues": _colleagues(rooms, staff.account.district),
        }
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
        details=details,
        not_for=not_for,
        names=support_words,
        infectious={line.contact: _most(shown, line) for line in listed if line.measured},
        undecided=_undecided(shown),
        settings=SETTINGS,
        disease=load_disease(shown.file.disease),
        held=_held(request),
        error=error,
        now=now,
        today=now // MILLISECONDS_A_DAY,
        **read,
    )


def _undecided(shown: CasePage) -> int:
    """Return how many contacts the rules ask something of and nobody decided about."""
    return sum(
        line.measured is not None and line.measured.tier is not None and line.decision is None
        for line in shown.contacts
    )


def _duplicates(rooms: Rooms, account: Account, shown: CasePage) -> list[tuple[Duplicate, bool]]:
    """Return other files of the same case, and whether this account may merge them."""
    relations = rooms.staff.relations
    return [
        (one, allowed(account.role, "case.write", relations.of(account, one.case_id) or "none"))
        for one in shown.duplicates
    ]


def _handed(rooms: Rooms, shown: CasePage) -> str | None:
    """Return what was handed over with a case to whoever has it now."""
    if shown.assignment is None or not shown.assignment.has_note:
        return None
    try:
        return rooms.work.assignments.note_of(shown.assignment.id)
    except GoneError:
        return None  # the case was erased


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


def _measured(lines: tuple[ContactLine, ...], not_for: frozenset[str]) -> list[str]:
    """Return the contacts whose meetings are looked at.

    Of whoever is ``not_for`` somebody nothing is looked at: a place would tell them who it is.
    """
    return [
        line.contact for line in lines if line.measured is not None and line.contact not in not_for
    ]


def _not_for(request: Asked, case_id: str) -> frozenset[str]:
    """Return the contacts that somebody else has to work on: themself, or in their own calls."""
    relations = rooms_of(request).staff.relations
    return relations.not_for(signed_in(request).account, case_id)


def _colleagues(rooms: Rooms, district: str) -> list[tuple[str, str]]:
    return [
        (one.id, one.name)
        for one in rooms.staff.accounts.list()
        if one.district == district and one.role in {"case-worker", "lead"}
    ]


HANDLERS: Final = (case, progress, places)
