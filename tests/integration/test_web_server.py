"""The server in a process of its own: what it acknowledged outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.services import NOON
from tests.unit.web_rooms import TRACKER, message, rooms

from fortnight.errors import SettingsError
from fortnight.web.app import create_app
from fortnight.web.server import run

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Return once a port answers."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
    raise AssertionError(f"nobody listens on {port}")


@contextlib.contextmanager
def process(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """Yield a service in a process of its own."""
    command = [sys.executable, "-m", "tests.integration.web_process", str(folder), str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def test_what_was_acknowledged_before_the_end_is_there_after_it(tmp_path: Path) -> None:
    port, acknowledged, lock = free_port(), set[int](), threading.Lock()
    with process(tmp_path, port) as started:
        assert started.stdout is not None
        secret = started.stdout.readline().strip()
        wait_for(port)

        def send(sender: int) -> None:
            auth = httpx.BasicAuth("phone", secret)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=auth) as client:
                for place in range(10_000):
                    moment = NOON // 1_000 - 1 - sender - 4 * place
                    try:
                        answer = client.post("/owntracks", content=message(tst=moment))
                    except httpx.HTTPError:
                        return
                    if answer.status_code != 200:
                        return
                    with lock:
                        acknowledged.add(moment)
                    if len(acknowledged) == 100:
                        started.terminate()

        senders = [threading.Thread(target=send, args=(number,)) for number in range(4)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(PATIENCE_S)
        assert started.wait(PATIENCE_S) == 0
        assert started.stdout.read() == "ended\n"
    assert len(acknowledged) >= 100
    with contextlib.closing(sqlite3.connect(tmp_path / "fortnight.db")) as stored:
        (count,) = stored.execute("SELECT sum(rows) FROM arrival").fetchone()
        (receipts,) = stored.execute("SELECT count(*) FROM receipt").fetchone()
    # one a sender may have been stored whose answer was lost on the way
    assert len(acknowledged) <= count == receipts <= len(acknowledged) + len(senders)


def test_a_port_that_is_taken_is_said_in_words(tmp_path: Path) -> None:
    app = create_app(rooms(tmp_path))

    async def start(port: int) -> None:
        await run(app, "127.0.0.1", port, stop=asyncio.Event())

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match="cannot be listened on"):
            asyncio.run(start(taken.getsockname()[1]))


def test_a_half_sent_request_does_not_hold_up_the_end(tmp_path: Path) -> None:
    app, port = create_app(rooms(tmp_path)), free_port()

    async def half() -> None:
        stop = asyncio.Event()
        serving = asyncio.create_task(run(app, "127.0.0.1", port, stop=stop, grace_s=0.1))
        await asyncio.to_thread(wait_for, port)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /owntracks HTTP/1.1\r\nHost: x\r\nAuthorization: {TRACKER}\r\n"
        writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        await writer.drain()
        stop.set()
        await asyncio.wait_for(serving, PATIENCE_S)
        writer.close()

    asyncio.run(half())


def test_the_address_is_the_one_that_the_proxy_saw(tmp_path: Path) -> None:
    app, port = create_app(rooms(tmp_path)), free_port()

    async def ask() -> list[int]:
        stop = asyncio.Event()
        serving = asyncio.create_task(run(app, "127.0.0.1", port, stop=stop))
        await asyncio.to_thread(wait_for, port)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            chains = ["10.0.0.9", "203.0.113.7", "127.0.0.1, 203.0.113.7", "203.0.113.7, 10.0.0.1"]
            found = [
                (await client.get("/metrics", headers={"x-forwarded-for": chain})).status_code
                for chain in chains
            ]
        stop.set()
        await serving
        return found

    # what stands left of the proxy's own word was written by the client
    assert asyncio.run(ask()) == [200, 403, 403, 403]
