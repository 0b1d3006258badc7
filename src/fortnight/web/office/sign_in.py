"""Signing in, once more, and out: with a passkey, or at the identity provider."""

import asyncio
import re
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie

from fortnight.errors import RefusedError
from fortnight.passkey_site import Asked
from fortnight.staff.oidc import CALLBACK, Oidc
from fortnight.staff.rooms import StaffRooms
from fortnight.web.door import Door, door_of
from fortnight.web.office.pages import page
from fortnight.web.office.session import CEREMONY, SESSION, ended_cookie, made_cookie
from fortnight.web.office.who import (
    SIGN_IN,
    STEP_UP,
    cookie,
    form_of,
    is_secure,
    nothing_here,
    secret_of,
    signed_in,
)

HOME: Final = "/office"
FINISH: Final = "/office/sign-in/provider/finish"
_OWN_PATH: Final = re.compile(r"/office(/[A-Za-z0-9_-]+)*")
_ANSWER_KEYS: Final = ("code", "state", "iss", "error")
_AGAIN: Final = "again."
"""What the secret of a ceremony begins with that a signed-in colleague began."""

_Request = Request[Any, Any, Any]


class Invited(msgspec.Struct, frozen=True):
    """What the page of an invitation sends: its code, and in the end the browser's answer."""

    code: str
    answer: msgspec.Raw = msgspec.Raw(b"{}")


class Answer(msgspec.Struct, frozen=True):
    """What the page of the sign-in sends: what the passkey signed, and where to go then."""

    answer: msgspec.Raw
    next: str = HOME


# -- with a passkey --------------------------------------------------------------------------------


@get(SIGN_IN, include_in_schema=False)
async def sign_in_page(request: _Request) -> Response[bytes]:
    """Show how to sign in."""
    staff = _staff(request)
    return page(
        request,
        "sign_in.html",
        after=own_path(request.query_params.get("next")),
        site=staff.passkeys.site.name,
        origin=staff.passkeys.origin,
        has_provider=staff.oidc is not None,
    )


@post(SIGN_IN + "/options", include_in_schema=False, status_code=200)
async def sign_in_options(request: _Request) -> Response[bytes]:
    """Ask for any passkey of this site."""
    passkeys = _staff(request).passkeys
    return _asked(request, await asyncio.to_thread(passkeys.begin_sign_in, _now(request)))


@post(SIGN_IN + "/answer", include_in_schema=False, status_code=200)
async def sign_in_answer(request: _Request) -> Response[bytes]:
    """Begin a session for whoever's passkey signed."""
    sent: Answer = form_of(request).json(Answer)
    account = await asyncio.to_thread(
        _staff(request).passkeys.sign_in, _ceremony(request), bytes(sent.answer), _now(request)
    )
    return await _begun(request, account, own_path(sent.next))


@get("/office/invitation", include_in_schema=False)
async def invitation_page(request: _Request) -> Response[bytes]:
    """Show how to register a passkey; the code is in the part of the address that is not sent."""
    passkeys = _staff(request).passkeys
    return page(request, "invitation.html", site=passkeys.site.name, origin=passkeys.origin)


@post("/office/invitation/options", include_in_schema=False, status_code=200)
async def invitation_options(request: _Request) -> Response[bytes]:
    """Ask for a new passkey."""
    sent: Invited = form_of(request).json(Invited)
    passkeys = _staff(request).passkeys
    return _asked(
        request, await asyncio.to_thread(passkeys.begin_registration, sent.code, _now(request))
    )


@post("/office/invitation/answer", include_in_schema=False, status_code=200)
async def invitation_answer(request: _Request) -> Response[bytes]:
    """Keep a new passkey, and begin a session."""
    sent: Invited = form_of(request).json(Invited)
    account = await asyncio.to_thread(
        _staff(request).passkeys.register,
        _ceremony(request),
        sent.code,
        bytes(sent.answer),
        _now(request),
    )
    return await _begun(request, account.id, HOME)


# -- once more -------------------------------------------------------------------------------------


@get(STEP_UP, include_in_schema=False)
async def step_up_page(request: _Request) -> Response[bytes]:
    """Show how to show again that it is they."""
    staff = _staff(request)
    return page(
        request,
        "step_up.html",
        after=own_path(request.query_params.get("next")),
        site=staff.passkeys.site.name,
        origin=staff.passkeys.origin,
        has_provider=staff.oidc is not None,
    )


@post(STEP_UP + "/options", include_in_schema=False, status_code=200)
async def step_up_options(request: _Request) -> Response[bytes]:
    """Ask for a passkey of theirs."""
    passkeys, account = _staff(request).passkeys, signed_in(request).account.id
    return _asked(request, await asyncio.to_thread(passkeys.begin_step_up, account, _now(request)))


@post(STEP_UP + "/answer", include_in_schema=False, status_code=200)
async def step_up_answer(request: _Request) -> Response[bytes]:
    """Take note that their passkey signed again."""
    sent: Answer = form_of(request).json(Answer)
    await asyncio.to_thread(
        _staff(request).passkeys.step_up,
        _ceremony(request),
        signed_in(request).account.id,
        bytes(sent.answer),
        _now(request),
    )
    await _stepped_up(request)
    return _json({"next": own_path(sent.next)}, ended_cookie(CEREMONY, is_secure=_secure(request)))


# -- at the identity provider ----------------------------------------------------------------------


@get("/office/sign-in/provider", include_in_schema=False)
async def provider(request: _Request) -> Response[bytes]:
    """Send the browser to the identity provider."""
    sent = await asyncio.to_thread(_oidc(request).begin, _now(request))
    return _redirect(sent.url, _set(request, CEREMONY, sent.secret))


@get("/office/step-up/provider", include_in_schema=False)
async def step_up_provider(request: _Request) -> Response[bytes]:
    """Send the browser there to sign in once more."""
    account = signed_in(request).account.id
    sent = await asyncio.to_thread(_oidc(request).begin_step_up, account, _now(request))
    return _redirect(sent.url, _set(request, CEREMONY, _AGAIN + sent.secret))


@get(CALLBACK, include_in_schema=False)
async def provider_answer(request: _Request) -> Response[bytes]:
    """Take the browser back: our own page goes on, so that our cookies are sent again."""
    _oidc(request)
    return page(request, "going_on.html", where=FINISH, fields=_answer(request))


@get(FINISH, include_in_schema=False)
async def provider_finish(request: _Request) -> Response[bytes]:
    """Verify what the provider said, and begin a session or step it up."""
    oidc, answer, secret = _oidc(request), _answer(request), _ceremony(request) or ""
    if not secret.startswith(_AGAIN):
        account = await asyncio.to_thread(oidc.sign_in, secret, answer, _now(request))
        return _redirect(HOME, *(await _session(request, account.id)))
    session = await asyncio.to_thread(_touch, request)
    secret = secret.removeprefix(_AGAIN)
    await asyncio.to_thread(oidc.step_up, secret, session, answer, _now(request))
    await _stepped_up(request)
    return _redirect(HOME, ended_cookie(CEREMONY, is_secure=_secure(request)))


def _touch(request: _Request) -> str:
    """Return the account that is signed in."""
    held = secret_of(_door(request), request.scope)
    session = _staff(request).sessions.touch(held or "", _now(request))
    if session is None:
        raise RefusedError("The session is over: sign in.")
    return session.account.id


# -- out -------------------------------------------------------------------------------------------


@post("/office/sign-out", include_in_schema=False, status_code=303)
async def sign_out(request: _Request) -> Response[bytes]:
    """End the session."""
    secret = secret_of(_door(request), request.scope)
    await asyncio.to_thread(_staff(request).sessions.end, secret or "")
    return _redirect(SIGN_IN, ended_cookie(SESSION, is_secure=_secure(request)))


# -- what they share -------------------------------------------------------------------------------


def own_path(text: str | None) -> str:
    """Return a path of the office as it is, and the office's first page for anything else."""
    return text if text is not None and _OWN_PATH.fullmatch(text) else HOME


async def _begun(request: _Request, account: str, where: str) -> Response[bytes]:
    return _json({"next": where}, *(await _session(request, account)))


async def _session(request: _Request, account: str) -> tuple[Cookie, Cookie]:
    """Begin a session; return the headers that give its cookie, and take the ceremony's."""
    before = secret_of(_door(request), request.scope)
    sessions = _staff(request).sessions
    secret = await asyncio.to_thread(sessions.begin, account, _now(request), before=before)
    return _set(request, SESSION, secret), ended_cookie(CEREMONY, is_secure=_secure(request))


async def _stepped_up(request: _Request) -> None:
    secret = secret_of(_door(request), request.scope)
    await asyncio.to_thread(_staff(request).sessions.step_up, secret or "", _now(request))


def _asked(request: _Request, asked: Asked) -> Response[bytes]:
    cookies = [_set(request, CEREMONY, asked.secret)]
    return Response(asked.options.encode(), media_type="application/json", cookies=cookies)


def _answer(request: _Request) -> dict[str, str]:
    query = request.query_params
    return {name: str(query[name]) for name in _ANSWER_KEYS if name in query}


def _json(document: dict[str, str], *cookies: Cookie) -> Response[bytes]:
    body = msgspec.json.encode(document)
    return Response(body, media_type="application/json", cookies=list(cookies))


def _redirect(where: str, *cookies: Cookie) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": where}, cookies=list(cookies))


def _set(request: _Request, name: str, value: str) -> Cookie:
    return made_cookie(name, value, is_secure=_secure(request))


def _ceremony(request: _Request) -> str | None:
    return cookie(_door(request), request.scope, CEREMONY)


def _oidc(request: _Request) -> Oidc:
    oidc = _staff(request).oidc
    if oidc is None:
        raise nothing_here()
    return oidc


def _secure(request: _Request) -> bool:
    return is_secure(_door(request))


def _door(request: _Request) -> Door:
    return door_of(request)


def _staff(request: _Request) -> StaffRooms:
    return door_of(request).service.staff


def _now(request: _Request) -> int:
    return door_of(request).service.clock()


HANDLERS: Final = (
    sign_in_page,
    sign_in_options,
    sign_in_answer,
    invitation_page,
    invitation_options,
    invitation_answer,
    step_up_page,
    step_up_options,
    step_up_answer,
    provider,
    step_up_provider,
    provider_answer,
    provider_finish,
    sign_out,
)
