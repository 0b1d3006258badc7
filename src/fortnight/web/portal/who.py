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
from fortnight.web.portal.typed import ticked_in, typed_into

if TYPE_CHECKING:
    from litestar.types import Receive

    from fortnight.web.door import Door
    from fortnight.web.portal.sessions import Signed
    from fortnight.web.rows import Route

OLD_FORM: Final = (
    "This form is of an earlier sign-in, and nothing was changed: load the page again."
)
SIGNED_OUT: Final = (
    "You were signed out meanwhile, and nothing was sent. Copy what you wrote, and come in again."
)
START: Final = "/portal"
UNLOCK: Final = "/portal/unlock"
_CHANGES_NOTHING: Final = "GET"


@dataclass(frozen=True, slots=True)
class Guest:
    """One request in the portal: whose session, where there is one, and what the form holds."""

    signed: Signed | None
    form: Form


class OldFormError(problems.ProblemError):
    """A form of a session that is over: whoever wrote into it gets to copy what they wrote."""

    def __init__(self, detail: str, form: Form) -> None:
        super().__init__(problems.REFUSED, detail)
        self.form = form


async def admit(door: Door, scope: Any, receive: Receive, route: Route) -> Guest:  # noqa: ANN401 - routing added keys of its own
    """Admit a request of the portal, or raise what it is answered with."""
    changes = scope["method"] != _CHANGES_NOTHING
    if changes:
        check_own_page(door, scope)
    signed, is_own = _signed(door, scope), route.permission == "person"
    if is_own and signed is not None:
        door.check_account(signed.person, route)
    # A form that streams is read by its handler, which checks the token before anything else.
    is_read = changes and not route.streams
    form = await _form(door, scope, receive, route) if is_read else Form({})
    if is_own and signed is None:
        is_filled = typed_into(form) or ticked_in(form)
        raise OldFormError(SIGNED_OUT, form) if is_filled else ElsewhereError(START)
    if is_own and signed is not None and is_read:
        _check_token(signed, form, header(scope, b"x-csrf-token").decode("latin-1"))
    return Guest(signed, form)


async def _form(door: Door, scope: Any, receive: Receive, route: Route) -> Form:  # noqa: ANN401 - as above
    request: Request[Any, Any, Any] = Request(scope, receive=receive)
    body = await read(request, door.most_bytes(route), door.patience)
    return read_form(header(scope, b"content-type").decode("latin-1"), body)


def _signed(door: Door, scope: Any) -> Signed | None:  # noqa: ANN401 - as above
    secret = cookie(door, scope, COOKIE)
    return None if secret is None else door.portal.of(secret, door.service.clock())


def _check_token(signed: Signed, form: Form, beside: str) -> None:
    given = form.optional(TOKEN_FIELD) or beside
    if not hmac.compare_digest(given.encode(), signed.csrf.encode()):
        raise OldFormError(OLD_FORM, form)


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
