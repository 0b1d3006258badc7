"""Bodies, read within bounds: refused before they are read, and again while they come.

A body is never spooled to disk. A compressed one is not read at all: what it unfolds to is not
known before it has.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fortnight.web import problems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from litestar import Request

_NOT_COMPRESSED: Final = (b"", b"identity")
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a body may take, in seconds.

    Whoever sends a byte now and then would otherwise hold a connection, and the end of the
    service, for ever.
    """

    silence_s: float = 10.0
    whole_s: float = 300.0


def header(scope: Mapping[str, Any], name: bytes) -> bytes:
    """Return a header by its name in small letters, or nothing; of several, the first."""
    held: bytes
    value: bytes
    for held, value in scope["headers"]:
        if held == name:
            return value
    return b""


def media_type(request: Request[Any, Any, Any]) -> str:
    """Return the content's type without its parameters, in small letters."""
    return (
        header(request.scope, b"content-type").partition(b";")[0].strip().lower().decode("latin-1")
    )


def check_head(request: Request[Any, Any, Any], most: int) -> None:
    """Raise a problem for a body that its own headers say cannot be taken.

    Parameters
    ----------
    most : int
        Largest body, in bytes.
    """
    if header(request.scope, b"content-encoding").strip().lower() not in _NOT_COMPRESSED:
        raise problems.ProblemError(
            problems.WRONG_TYPE,
            "Compressed bodies are not read: send it without Content-Encoding.",
            headers={"accept-encoding": "identity"},
        )
    length = header(request.scope, b"content-length").strip()
    if not length:
        return
    if not length.isdigit() or len(length) > _MOST_DIGITS:
        raise problems.ProblemError(problems.UNREADABLE, "Content-Length is not a number of bytes.")
    if int(length) > most:
        raise problems.too_large(most)


async def chunks(
    request: Request[Any, Any, Any], most: int, patience: Patience
) -> AsyncIterator[bytes]:
    """Yield a body as it comes, at most ``most`` bytes of it."""
    check_head(request, most)
    loop = asyncio.get_running_loop()
    end, size, more = loop.time() + patience.whole_s, 0, True
    while more:
        event = await _next(request, min(patience.silence_s, end - loop.time()))
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > most:
            raise problems.too_large(most)
        more = event.get("more_body", False)
        if chunk:
            yield chunk


async def _next(request: Request[Any, Any, Any], seconds: float) -> dict[str, Any]:
    """Return the next event of a request, in time and not the news that nobody is there."""
    if seconds <= 0:  # bytes that are always there never meet the timeout below
        raise _too_slow()
    try:
        async with asyncio.timeout(seconds):
            event: Any = await request.receive()
    except TimeoutError as error:
        raise _too_slow() from error
    if event["type"] == "http.disconnect":  # nobody reads this, and nothing may be kept of it
        raise problems.ProblemError(problems.UNREADABLE, "The body ended before its end.")
    return dict(event)


def _too_slow() -> problems.ProblemError:
    return problems.ProblemError(problems.TOO_SLOW, "Send the body at once, without pauses.")


async def read(request: Request[Any, Any, Any], most: int, patience: Patience) -> bytes:
    """Return a whole body of at most ``most`` bytes."""
    return b"".join([chunk async for chunk in chunks(request, most, patience)])
