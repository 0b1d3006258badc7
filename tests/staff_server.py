"""The office on a port of this machine, served from a thread of the test."""

from __future__ import annotations

import asyncio
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.integration.web_service import Doors, doors
from tests.served import free_port

from fortnight.clock import now_ms
from fortnight.web.app import create_app
from fortnight.web.server import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.services import Stores

READY_S: Final = 60


@contextmanager
def office(stores: Stores, port: int | None = None, **changed: object) -> Iterator[Doors]:
    """Serve the office at the origin of its settings, by the machine's own clock."""
    port = port or free_port()
    with doors(stores, port=port, **changed) as opened:
        world = replace(opened, clock=now_ms)
        stop, loop = asyncio.Event(), asyncio.new_event_loop()

        app = create_app(world)

        def serve() -> None:
            loop.run_until_complete(run(app, "127.0.0.1", port, stop=stop))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", thread.is_alive)
            yield world
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()


def wait_for(url: str, is_running: Callable[[], bool]) -> None:
    """Return once a server answers there; an answer of any kind will do."""
    until = time.monotonic() + READY_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - of this machine
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            if not is_running() or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
