"""Headers of every answer, errors and unknown paths included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from litestar.types import Message, Scope

HEADERS: Final = (
    # Nothing here is a page: whatever a browser were made to take for one can load nothing.
    (
        b"content-security-policy",
        b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(), camera=(), microphone=(), bluetooth=()"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    # A receipt in a shared cache would outlive the evidence that it speaks of.
    (b"cache-control", b"no-store"),
)


async def add_headers(message: Message, _: Scope) -> None:
    """Add the headers to an answer that is about to go out; what a route set itself stays."""
    if message["type"] != "http.response.start":
        return
    held = list(message.get("headers", ()))
    names = {name for name, _ in held}
    message["headers"] = [*held, *(pair for pair in HEADERS if pair[0] not in names)]
