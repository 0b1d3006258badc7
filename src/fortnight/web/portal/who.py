"""Whose request it is in the portal: every one of a person's own is admitted here first."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from litestar import Request

from fortnight.web import problems
from fortnight.web.bodies import header, read
from fortnight.web.office.forms import Form, read_form
from fortnight.web.office.who import (
    TOKEN_FIELD,
    ElsewhereError,
    check_own_page,
    cookie,
    nothing_here,
)
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.sessions import COOKIE

if TYPE_CHECKING:
    from litestar.types import Receive

    from fortnight.web.door import Door
    from fortnight.web.portal.sessions import Signed
    from fortnight.web.rows import Route

START: Final = "/portal"
UNLOCK: Final = "/portal/unlock"
_CHANGES_NOTHING: Final = "GET"


@dataclass(frozen=True, slots=True)
class Guest:
    """One request in the portal: whose session, where there is one, and what the form holds."""

    signed: Signed | None
    form: Form


async def admit(door: Door, scope: Any, receive: Receive, route: Route) -> Guest:  # noqa: ANN401 - routing added keys of its own
    """Admit a request of the portal, or raise what it is answered with."""
    changes = scope["method"] != _CHANGES_NOTHING
    if changes:
        check_own_page(door, scope)
    signed = _signed(door, scope, route)
    if not changes:
        return Guest(signed, Form({}))
    if route.streams:  # its handler reads the body, and checks the token before anything else
        return Guest(signed, Form({}))
    request: Request[Any, Any, Any] = Request(scope, receive=receive)
    body = await read(request, door.most_bytes(route), door.patience)
    form = read_form(header(scope, b"content-type").decode("latin-1"), body)
    if signed is not None and route.permission == "person":
        _check_token(signed, form, header(scope, b"x-csrf-token").decode("latin-1"))
    return Guest(signed, form)


def _signed(door: Door, scope: Any, route: Route) -> Signed | None:  # noqa: ANN401 - as above
    secret = cookie(door, scope, COOKIE)
    signed = None if secret is None else door.portal.of(secret, door.service.clock())
    if route.permission == "person":
        if signed is None:
            raise ElsewhereError(START)
        door.check_account(signed.person, route)
    return signed


def _check_token(signed: Signed, form: Form, beside: str) -> None:
    given = form.optional(TOKEN_FIELD) or beside
    if not hmac.compare_digest(given.encode(), signed.csrf.encode()):
        raise problems.ProblemError(
            problems.REFUSED,
            "This form is of an earlier sign-in, and nothing was changed: load the page again.",
        )


def guest_of(request: Request[Any, Any, Any]) -> Guest:
    """Return the request as it was admitted."""
    guest: Guest | None = request.scope["user"].guest
    if guest is None:
        raise nothing_here()
    return guest


def person_of(request: Request[Any, Any, Any]) -> str:
    """Return whose request it is, as far as their pages open now.

    For a handler that runs beside the event loop: it asks a database. Raises ElsewhereError where
    PIN or passkey come first (`enrolment.standing`), or everything of theirs was closed.
    """
    signed = signed_of(request)
    door: Door = request.scope["user"].door
    now = door.service.clock()
    first = rooms_of(request).enrolment.people.first(signed.person, signed.way, now)
    if first == "nobody":
        door.portal.end_of(signed.person)
        raise ElsewhereError(START)
    if first != "nothing" and not signed.is_unlocked(now):
        raise ElsewhereError(f"{UNLOCK}?next={quote(request.scope['path'], safe='/')}")
    return signed.person


def signed_of(request: Request[Any, Any, Any]) -> Signed:
    """Return whose session it is, for the pages that ask for PIN or passkey: nothing of theirs."""
    signed = guest_of(request).signed
    if signed is None:
        raise nothing_here()
    return signed


def form_of(request: Request[Any, Any, Any]) -> Form:
    """Return the form that was sent; its token is checked already."""
    return guest_of(request).form
