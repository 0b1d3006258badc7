"""Settings: who works here, who holds keys, and what is in force. Nobody else's data."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post

from fortnight.errors import ConflictError
from fortnight.staff.accounts import NewAccount
from fortnight.web.office.pages import page, see
from fortnight.web.office.watch import watched
from fortnight.web.office.watch_routes import SETTINGS
from fortnight.web.office.who import form_of, signed_in
from fortnight.web.office.words import ROLES

if TYPE_CHECKING:
    from fortnight.settings import Settings
    from fortnight.staff.accounts import Invitation

_Request = Request[Any, Any, Any]
_LONGEST_NAME: Final = 128
_KEPT_BACK: Final = frozenset({"database_url", "owner_database_url", "oidc_client_secret_file"})
"""What may hold a password, or tells where one is."""


@get(SETTINGS, include_in_schema=False, sync_to_thread=True)
def settings(request: _Request) -> Response[bytes]:
    """Show who works here, who holds keys, and the settings in force."""
    return _page(request)


@post(f"{SETTINGS}/accounts", include_in_schema=False, sync_to_thread=True, status_code=200)
def add_account(request: _Request) -> Response[bytes]:
    """Make an account, and show its invitation this once."""
    form, rooms = form_of(request), watched(request)
    new = NewAccount(
        login=form.text("login", _LONGEST_NAME),
        role=form.text("role", 32),
        name=form.text("name", _LONGEST_NAME),
        district=form.optional("district", 64) or rooms.settings.district,
        number=form.optional("number", 32),
        subject=form.optional("subject", 255),
    )
    by = signed_in(request).account.id
    return _invited(request, rooms.staff.accounts.add(new, by=by, now=rooms.clock()))


@post(f"{SETTINGS}/accounts/invite", include_in_schema=False, sync_to_thread=True, status_code=200)
def invite_account(request: _Request) -> Response[bytes]:
    """Invite somebody anew; the passkey that they lost holds no more."""
    rooms, account = watched(request), _another(request)
    by = signed_in(request).account.id
    return _invited(request, rooms.staff.accounts.invite(account, by=by, now=rooms.clock()))


@post(f"{SETTINGS}/accounts/end", include_in_schema=False, sync_to_thread=True)
def end_account(request: _Request) -> Response[bytes]:
    """End an account, and every session of it."""
    rooms, account = watched(request), _another(request)
    by = signed_in(request).account.id
    rooms.staff.accounts.end(account, by=by, now=rooms.clock())
    return see(SETTINGS)


@post(f"{SETTINGS}/accounts/number", include_in_schema=False, sync_to_thread=True)
def set_number(request: _Request) -> Response[bytes]:
    """Register a colleague's own number, or take it back where the field is empty."""
    rooms, form = watched(request), form_of(request)
    number, by = form.optional("number", 40), signed_in(request).account.id
    rooms.staff.accounts.set_number(_another(request), number, by=by, now=rooms.clock())
    return see(SETTINGS)


@post(f"{SETTINGS}/laboratories", include_in_schema=False, sync_to_thread=True, status_code=200)
def add_laboratory(request: _Request) -> Response[bytes]:
    """Add a laboratory, and show its key this once."""
    rooms, name = watched(request), form_of(request).text("name", _LONGEST_NAME)
    made = rooms.laboratories.register(name, rooms.clock())
    return _page(request, new={"kind": "key", "name": name, "secret": made.key})


@post(f"{SETTINGS}/laboratories/end", include_in_schema=False, sync_to_thread=True)
def end_laboratory(request: _Request) -> Response[bytes]:
    """End a laboratory's key, and its tokens that were not used."""
    rooms = watched(request)
    rooms.laboratories.revoke(form_of(request).text("id", 32), rooms.clock())
    return see(SETTINGS)


@post(f"{SETTINGS}/operators", include_in_schema=False, sync_to_thread=True, status_code=200)
def add_operator(request: _Request) -> Response[bytes]:
    """Add a mobile operator, and show its key this once."""
    rooms, name = watched(request), form_of(request).text("name", _LONGEST_NAME)
    made = rooms.operators.register(name, rooms.clock())
    return _page(request, new={"kind": "key", "name": name, "secret": made.key})


@post(f"{SETTINGS}/operators/end", include_in_schema=False, sync_to_thread=True)
def end_operator(request: _Request) -> Response[bytes]:
    """End a mobile operator's key."""
    rooms = watched(request)
    rooms.operators.revoke(form_of(request).text("id", 32), rooms.clock())
    return see(SETTINGS)


def _another(request: _Request) -> str:
    """Return the account that a form names: never the own, or nobody could undo it."""
    account = form_of(request).text("id", 32)
    if account == signed_in(request).account.id:
        raise ConflictError("This is your own account: another administrator has to do that.")
    return account


def _invited(request: _Request, made: Invitation) -> Response[bytes]:
    rooms = watched(request)
    account = rooms.staff.accounts.with_id(made.account)
    # The code stands behind the #, which browsers send to nobody and servers never log.
    link = f"{rooms.settings.origin}/office/invitation#{made.code}"
    name = made.account if account is None else account.name
    return _page(request, new={"kind": "link", "name": name, "secret": link})


def _page(request: _Request, new: dict[str, str] | None = None) -> Response[bytes]:
    rooms = watched(request)
    return page(
        request,
        "settings.html",
        new=new,
        accounts=rooms.staff.accounts.list(),
        laboratories=rooms.oversight.key_holders.laboratories(),
        operators=rooms.oversight.key_holders.operators(),
        in_force=in_force(rooms.settings),
        district=rooms.settings.district,
        roles=ROLES,
        own=signed_in(request).account.id,
    )


def in_force(given: Settings) -> list[tuple[str, str]]:
    """Return every setting and its value, without those that may hold a password."""
    return [
        (one.name, str(getattr(given, one.name)))
        for one in fields(given)
        if one.name not in _KEPT_BACK
    ]


HANDLERS: Final = (
    settings,
    add_account,
    invite_account,
    set_number,
    end_account,
    add_laboratory,
    end_laboratory,
    add_operator,
    end_operator,
)
