"""The first page: what is to be done today, what is late, and what waits for a second person."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get

from fortnight.web.office.pages import page
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.who import signed_in

_WORKS_ON_CASES: Final = frozenset({"case-worker", "lead"})


@get("/office", include_in_schema=False, sync_to_thread=True)
def home(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show somebody's work by its deadline."""
    staff, rooms = signed_in(request), rooms_of(request)
    account = staff.account
    if account.role not in _WORKS_ON_CASES:
        return page(request, "home.html", work=None, now=rooms.clock(), own=account.id)
    now = rooms.clock()
    work = rooms.work.home(account.id, account.role, account.district, now)
    return page(request, "home.html", work=work, now=now, own=account.id)
