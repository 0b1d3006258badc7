"""Who is asking in the office: every request is admitted here before its handler runs.

What is not allowed is answered like what is not there, byte for byte: an answer that differed
would tell that a case exists.
"""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import Request

from fortnight.staff.permissions import STEPPED_UP, allowed
from fortnight.vault.purposes import Reader
from fortnight.web import problems
from fortnight.web.bodies import header, read
from fortnight.web.office.forms import Form, read_form
from fortnight.web.office.session import SESSION, cookie_of, is_own_page, own_origins

if TYPE_CHECKING:
    from litestar.types import Receive

    from fortnight.staff.accounts import Account
    from fortnight.staff.permissions import Relation
    from fortnight.staff.sessions import Session
    from fortnight.web.door import Door
    from fortnight.web.rows import Route

SIGN_IN: Final = "/office/sign-in"
STEP_UP: Final = "/office/step-up"
TOKEN_HEADER: Final = b"x-csrf-token"
TOKEN_FIELD: Final = "csrf"  # noqa: S105 - the name of a field
_CHANGES_NOTHING: Final = "GET"


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who is signed in, and was let through to a record.

    Attributes
    ----------
    relation : str
        What they are to the record of the path; "none" where it names none.
    """

    account: Account
    session: Session
    relation: Relation

    @property
    def csrf(self) -> str:
        """What each form of theirs holds."""
        return self.session.csrf

    @property
    def reader(self) -> Reader:
        """Who reads, for the vault: people see role and district, never whom it was."""
        return Reader(self.account.role, self.account.id, self.account.district)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a browser: who asks, where anybody does, and what their form holds."""

    staff: Staff | None
    form: Form


class ElsewhereError(problems.ProblemError):
    """A request that is sent to another page first, such as that of the sign-in."""

    def __init__(self, where: str) -> None:
        super().__init__(problems.UNKNOWN_SECRET, "Sign in first.")
        self.where = where


async def admit(door: Door, scope: Any, receive: Receive, route: Route) -> Visit:  # noqa: ANN401 - routing added keys of its own
    """Admit a browser's request, or raise what it is answered with."""
    changes = scope["method"] != _CHANGES_NOTHING
    if changes:
        check_own_page(door, scope)
    staff = await _staff(door, scope, route) if route.permission == "staff" else None
    if not changes or route.streams:
        return Visit(staff, Form({}))
    request: Request[Any, Any, Any] = Request(scope, receive=receive)
    body = await read(request, door.most_bytes(route), door.patience)
    form = read_form(header(scope, b"content-type").decode("latin-1"), body)
    if staff is not None:
        _check_token(staff, scope, form.optional(TOKEN_FIELD))
    return Visit(staff, form)


def check_own_page(door: Door, scope: Any) -> None:  # noqa: ANN401 - as above
    """Raise the problem of a request that changes something for a page of another site."""
    site = header(scope, b"sec-fetch-site").decode("latin-1") or None
    origin = header(scope, b"origin").decode("latin-1") or None
    if not is_own_page(site, origin, own_origins(door.service.settings)):
        raise problems.ProblemError(
            problems.REFUSED, "This came from a page of another site, and nothing was changed."
        )


async def _staff(door: Door, scope: Any, route: Route) -> Staff:  # noqa: ANN401 - as above
    secret = secret_of(door, scope)
    here = scope["path"] if scope["method"] == _CHANGES_NOTHING else "/office"
    if secret is None:
        raise ElsewhereError(f"{SIGN_IN}?next={here}")
    named = scope["path_params"]
    records = {"case": ("case_id",), "contact": ("case_id", "contact")}.get(route.relation, ())
    record = [str(named[name]) for name in records]
    staff = await asyncio.to_thread(_ask, door, secret, record)
    if staff is None:
        raise ElsewhereError(f"{SIGN_IN}?next={here}")
    door.check_account(staff.account.id, route)
    if route.does is None or not allowed(staff.account.role, route.does, staff.relation):
        raise nothing_here()
    if route.does in STEPPED_UP and not staff.session.is_stepped_up(door.service.clock()):
        raise ElsewhereError(f"{STEP_UP}?next={here}")
    return staff


def _ask(door: Door, secret: str, record: list[str]) -> Staff | None:
    """Return who holds a session, and what they are to a record; None where nobody does.

    Raises the one answer where there is no such record.
    """
    rooms, now = door.service.staff, door.service.clock()
    session = rooms.sessions.touch(secret, now)
    if session is None:
        return None
    if not record:
        return Staff(session.account, session, "none")
    relation = rooms.relations.of(session.account, *record)
    if relation is None:
        raise nothing_here()
    return Staff(session.account, session, relation)


def _check_token(staff: Staff, scope: Any, given: str | None) -> None:  # noqa: ANN401 - as above
    stated = header(scope, TOKEN_HEADER).decode("latin-1") or given or ""
    if not hmac.compare_digest(stated.encode(), staff.csrf.encode()):
        raise problems.ProblemError(
            problems.REFUSED,
            "This form is of an earlier sign-in, and nothing was changed: load the page again.",
        )


def nothing_here() -> problems.ProblemError:
    """Return the one answer to what is not there and to what is not allowed."""
    return problems.ProblemError(problems.NOT_FOUND, "There is nothing here.")


def secret_of(door: Door, scope: Any) -> str | None:  # noqa: ANN401 - as above
    """Return the secret of the session in a request's cookie, or None."""
    return cookie(door, scope, SESSION)


def cookie(door: Door, scope: Any, name: str) -> str | None:  # noqa: ANN401 - as above
    """Return a cookie of ours by its name, or None."""
    held = header(scope, b"cookie").decode("latin-1")
    return cookie_of(held, name, is_secure=is_secure(door))


def is_secure(door: Door) -> bool:
    """Tell whether browsers reach us over TLS alone."""
    return door.service.settings.origin.startswith("https://")


def visit_of(request: Request[Any, Any, Any]) -> Visit:
    """Return the visit that was admitted."""
    visit: Visit = request.scope["user"].visit
    return visit


def signed_in(request: Request[Any, Any, Any]) -> Staff:
    """Return who was admitted; of a route for browsers without a session it is the one answer."""
    staff = visit_of(request).staff
    if staff is None:
        raise nothing_here()
    return staff


def form_of(request: Request[Any, Any, Any]) -> Form:
    """Return the form that was sent; its token is checked already."""
    return visit_of(request).form


def check_token(request: Request[Any, Any, Any], given: str | None) -> None:
    """Check the token of a form that the handler read itself, before anything else in it."""
    _check_token(signed_in(request), request.scope, given)
