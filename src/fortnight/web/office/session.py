"""Cookies, and whether a request came from a page of ours. Pure.

A cookie is sent by whatever page makes the browser ask. So nothing is changed unless the browser
itself says that the page was ours, and the form holds what only our pages know.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final

from litestar.datastructures import Cookie

if TYPE_CHECKING:
    from collections.abc import Collection

    from fortnight.settings import Settings

SESSION: Final = "session"
CEREMONY: Final = "ceremony"
_HOST: Final = "__Host-"
"""A browser takes such a cookie only over TLS, for this very host: no neighbour can set it."""


def own_origins(settings: Settings) -> frozenset[str]:
    """Return every origin that is ours: the public one, or those of this machine."""
    if settings.public_url:
        return frozenset({settings.origin})
    names = ("localhost", "127.0.0.1", "[::1]")
    return frozenset(f"http://{name}:{settings.port}" for name in names)


def is_own_page(site: str | None, origin: str | None, own: Collection[str]) -> bool:
    """Tell whether a request that changes something came from a page of ours.

    Parameters
    ----------
    site, origin : str or None
        The headers Sec-Fetch-Site and Origin, which scripts cannot set; None where not sent.
    own : collection of str
        Our origins. What says neither is refused: every browser of today says at least one.
    """
    if origin is not None and origin not in own:
        return False
    if site is None or site == "none":
        return origin is not None
    return site == "same-origin"


def cookie_of(headers: str, name: str, *, is_secure: bool) -> str | None:
    """Return a cookie's value out of the header Cookie; None where it is not there."""
    try:
        held = SimpleCookie(headers).get(_named(name, is_secure=is_secure))
    except CookieError:
        return None
    return held.value if held is not None and held.value else None


def made_cookie(name: str, value: str, *, is_secure: bool, age_s: int | None = None) -> Cookie:
    """Return a cookie that goes with the browser; when it ends before that is ours to say."""
    return Cookie(
        key=_named(name, is_secure=is_secure),
        value=value,
        max_age=age_s,
        httponly=True,
        samesite="strict",
        secure=is_secure,
    )


def ended_cookie(name: str, *, is_secure: bool) -> Cookie:
    """Return what takes a cookie away."""
    return made_cookie(name, "", is_secure=is_secure, age_s=0)


def _named(name: str, *, is_secure: bool) -> str:
    return _HOST + name if is_secure else name
