"""The server: granian in this process, on its event loop, beside the rooms that it serves.

One worker. The journal groups what all requests of a moment want written into one commit, which
several processes could not share. The loop is uvloop's: the server wakes it from threads of its
own, which with asyncio's is a system call for each message, and the interpreter given up for it.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import TYPE_CHECKING, Final

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from fortnight.errors import FortnightError, SettingsError
from fortnight.web.networks import behind_proxies

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Litestar

GRACE_S: Final = 20.0
"""How long what is under way may take to end, in seconds."""
_CONNECTIONS: Final = 4_096
_HEADERS_MS: Final = 15_000


def serve(
    app: Litestar,
    host: str,
    port: int,
    *,
    on_stop: Callable[[], None] | None = None,
    grace_s: float = GRACE_S,
) -> None:
    """Serve until SIGTERM or SIGINT; return when everything under way was answered.

    Parameters
    ----------
    on_stop : callable, optional
        Called last, when no request can come in any more: closes the journal.
    grace_s : float
        After how many seconds connections that do not end are cut.
    """
    gc.collect()
    gc.freeze()  # what was made by now stays: looking through it again and again held up requests
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_signal(app, host, port, grace_s))
    finally:
        if on_stop is not None:
            on_stop()


async def _until_signal(app: Litestar, host: str, port: int, grace_s: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await run(app, host, port, stop=stop, grace_s=grace_s)


async def run(
    app: Litestar, host: str, port: int, *, stop: asyncio.Event, grace_s: float = GRACE_S
) -> None:
    """Serve on the running event loop until ``stop`` is set.

    Raises SettingsError where host and port cannot be had, FortnightError where the server ended
    by itself.
    """
    server = _server(app, host, port)
    logger = structlog.get_logger()
    serving = asyncio.ensure_future(server.serve())
    stopping = asyncio.ensure_future(stop.wait())
    logger.info("serving", port=port)
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        stopping.cancel()
        _explain(serving, host, port)
    server.stop()  # type: ignore[no-untyped-call] # granian leaves it without a type
    _, late = await asyncio.wait((serving,), timeout=grace_s)
    if late:  # somebody holds a connection open; what they sent was not acknowledged
        serving.cancel()
        await asyncio.wait((serving,))
    logger.info("stopped", count=len(late))


def _explain(serving: asyncio.Future[None], host: str, port: int) -> None:
    """Raise why the server ended before it was asked to."""
    error = serving.exception()
    if isinstance(error, OSError | RuntimeError):
        raise SettingsError(
            f"{host}:{port} cannot be listened on: is another service there? Choose another port."
        ) from error
    raise FortnightError("The server ended by itself: see the log, and start it again.") from error


def _server(app: Litestar, host: str, port: int) -> Server:
    return Server(
        behind_proxies(app),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1_024,
        backpressure=_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_MS),
        log_enabled=False,
    )
