"""Colleagues who are signed in, for tests of the office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fortnight.staff.accounts import NewAccount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.settings import Settings
    from fortnight.staff.accounts import Account
    from fortnight.staff.rooms import StaffRooms

FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Colleague:
    """Somebody who is signed in.

    Attributes
    ----------
    headers : dict
        What their browser sends with each request from a page of ours, the token of the session
        included: enough to get pages and to send forms.
    """

    account: Account
    secret: str
    csrf: str
    headers: dict[str, str]


def colleague(
    service: Any,  # noqa: ANN401 - whatever has settings, clock and staff
    role: str,
    *,
    district: str | None = None,
    number: str | None = None,
    stepped_up: bool = False,
    login: str | None = None,
) -> Colleague:
    """Make an account of that role and sign it in."""
    staff: StaffRooms = service.staff
    settings: Settings = service.settings
    now = service.clock()
    named = login or f"{role}-{len(staff.accounts.list()) + 1}"
    new = NewAccount(named, role, f"Name of {named}", district or settings.district, number)
    made = staff.accounts.add(new, by="test", now=now)
    secret = staff.sessions.begin(made.account, now)
    if stepped_up:
        staff.sessions.step_up(secret, now)
    session = staff.sessions.touch(secret, now)
    assert session is not None
    headers = {
        "cookie": f"session={secret}",
        "sec-fetch-site": "same-origin",
        "origin": settings.origin,
        "x-csrf-token": session.csrf,
        "content-type": FORM,
    }
    return Colleague(session.account, secret, session.csrf, headers)


def colleagues(service: Any) -> Iterator[Colleague]:  # noqa: ANN401 - as above
    """Yield one of each role."""
    for role in ("case-worker", "epidemiologist", "lead", "data-protection", "administrator"):
        yield colleague(service, role)
