"""The closed networks in which proxies and the administrator's own programs stand."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from litestar.types import ASGIApp, Receive, Scope, Send

_CLOSED: Final = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
    )
)
_HTTP: Final = frozenset(("http",))
_FOR: Final = b"x-forwarded-for"
_PROTO: Final = b"x-forwarded-proto"


@lru_cache(maxsize=4_096)  # parsing an address costs more than the rest of letting a request in
def is_closed(address: str) -> bool:
    """Tell whether an address is of a closed network; what is no address is not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _CLOSED)


def behind_proxies(app: ASGIApp) -> ASGIApp:
    """Return an application that sees the client where a proxy stands between.

    Only a proxy of a closed network is believed. Of X-Forwarded-For the last address outside of
    it is the client: what stands before that was written by the client itself.
    """

    def seen(scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        if scope["type"] in _HTTP:
            for name, _ in scope["headers"]:
                if name == _FOR:
                    _name_the_client(scope)
                    break
        return app(scope, receive, send)  # type: ignore[return-value] # applications are coroutines

    return seen  # no coroutine of its own: what it returns is awaited


def _name_the_client(scope: Scope) -> None:
    client = scope["client"]
    if client is None or not is_closed(client[0]):
        return
    chain = [one.strip() for one in ",".join(_said(scope, _FOR)).split(",")]
    outside = (one for one in reversed(chain) if not is_closed(one))
    if named := next(outside, chain[0]):
        scope["client"] = (named, 0)
        for scheme in _said(scope, _PROTO)[:1]:
            if scheme in {"http", "https"}:
                scope["scheme"] = scheme


def _said(scope: Scope, name: bytes) -> list[str]:
    """Return what the headers of a name say, without the empty ones."""
    said = [value.decode("latin-1").strip() for held, value in scope["headers"] if held == name]
    return [one for one in said if one]
