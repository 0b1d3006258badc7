"""Bodies, read within bounds: refused before they are read, and again while they come.

A body is never spooled to disk. A compressed one is not read at all: what it unfolds to is not
known before it has.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from fortnight.web import problems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from litestar.types import Receive, Scope

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


class Incoming(Protocol):
    """A request that comes in: the framework's, or one that is taken without it."""

    @property
    def scope(self) -> Scope:
        """What its head says."""

    @property
    def receive(self) -> Receive:
        """Waits for the next piece of its body."""


def header(scope: Mapping[str, Any], name: bytes) -> bytes:
    """Return a header by its name in small letters, or nothing; of several, the first."""
    held: bytes
    value: bytes
    for held, value in scope["headers"]:
        if held == name:
            return value
    return b""


def media_type(request: Incoming) -> str:
    """Return the content's type without its parameters, in small letters."""
    return (
        header(request.scope, b"content-type").partition(b";")[0].strip().lower().decode("latin-1")
    )


def check_head(request: Incoming, most: int) -> None:
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


async def chunks(request: Incoming, most: int, patience: Patience) -> AsyncIterator[bytes]:
    """Yield a body as it comes, at most ``most`` bytes of it."""
    check_head(request, most)
    pieces = _Pieces(request, most, patience)
    while not pieces.ended:
        piece = await pieces.next()
        if piece:
            yield piece


async def read(request: Incoming, most: int, patience: Patience) -> bytes:
    """Return a whole body of at most ``most`` bytes."""
    check_head(request, most)
    pieces = _Pieces(request, most, patience)
    first = await pieces.next()
    if pieces.ended:  # as of nearly every message of a phone
        return first
    held = [first]
    while not pieces.ended:
        held.append(await pieces.next())
    return b"".join(held)


class _Pieces:
    """The pieces of a body, until it has ended; a problem where they are too many or too slow."""

    __slots__ = ("_end", "_loop", "_most", "_receive", "_silence_s", "_size", "ended")

    def __init__(self, request: Incoming, most: int, patience: Patience) -> None:
        self._receive = request.receive
        self._most = most
        self._silence_s = patience.silence_s
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + patience.whole_s
        self._size = 0
        self.ended = False

    async def next(self) -> bytes:
        """Return the next piece, in time, and not the news that nobody is there."""
        seconds = min(self._silence_s, self._end - self._loop.time())
        if seconds <= 0:  # bytes that are always there never meet the timeout below
            raise _too_slow()
        try:
            event: Any = await _within(seconds, self._receive, self._loop)
        except TimeoutError as error:
            raise _too_slow() from error
        if event["type"] == "http.disconnect":  # nobody reads this, and nothing may be kept of it
            raise problems.ProblemError(problems.UNREADABLE, "The body ended before its end.")
        piece: bytes = event.get("body", b"")
        self._size += len(piece)
        if self._size > self._most:
            raise problems.too_large(self._most)
        self.ended = not event.get("more_body", False)
        return piece


async def _within(seconds: float, receive: Receive, loop: asyncio.AbstractEventLoop) -> object:
    """Wait so long and no longer: `asyncio.timeout` does the same at three times the cost.

    Raises TimeoutError.
    """
    task = asyncio.current_task(loop)
    assert task is not None  # noqa: S101 - whoever awaits is a task
    before, is_late = task.cancelling(), False

    def end() -> None:
        nonlocal is_late
        is_late = True
        task.cancel()

    timer = loop.call_later(seconds, end)
    try:
        return await receive()
    except asyncio.CancelledError as error:
        if is_late and task.uncancel() <= before:
            raise TimeoutError from error
        raise  # somebody else's wish: the service stops
    finally:
        timer.cancel()


def _too_slow() -> problems.ProblemError:
    return problems.ProblemError(problems.TOO_SLOW, "Send the body at once, without pauses.")
