"""The first page: what is to be done today, what is late, and what waits for a second person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get

from fortnight.web.office.follow_up_page import sayer
from fortnight.web.office.pages import page, speech
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.support import waits_for
from fortnight.web.office.who import signed_in

if TYPE_CHECKING:
    from fortnight.case.home import Home
    from fortnight.staff.accounts import Account
    from fortnight.web.office.rooms import Rooms

_WORKS_ON_CASES: Final = frozenset({"case-worker", "lead"})


@get("/office", include_in_schema=False, sync_to_thread=True)
def home(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show somebody's work by its deadline."""
    staff, rooms = signed_in(request), rooms_of(request)
    account = staff.account
    if account.role not in _WORKS_ON_CASES:
        return page(request, "home.html", work=None, texts=0, now=rooms.clock(), own=account.id)
    now = rooms.clock()
    work = _theirs(rooms, account, rooms.work.home(account.id, account.role, account.district, now))
    return page(
        request,
        "home.html",
        work=work,
        texts=rooms.texts.desk.waiting(),
        waits=waits_for(rooms, account, now),
        is_lead=account.role == "lead",
        say=sayer(speech(request).language),
        now=now,
        own=account.id,
    )


def _theirs(rooms: Rooms, account: Account, work: Home) -> Home:
    """Leave out calls and decisions about contacts who are somebody else's to work on."""
    if account.number_hash is None:
        return work
    not_for: dict[str, frozenset[str]] = {}

    def is_theirs(case_id: str, contact: str) -> bool:
        if case_id not in not_for:
            not_for[case_id] = rooms.staff.relations.not_for(account, case_id)
        return contact not in not_for[case_id]

    calls = []
    for one in work.calls:
        kept = tuple(contact for contact in one.contacts if is_theirs(one.case_id, contact))
        if kept or not one.contacts:
            calls.append(replace(one, contacts=kept))
    waiting = tuple(one for one in work.waiting if is_theirs(one.case_id, one.contact))
    return replace(work, calls=tuple(calls), waiting=waiting)
