"""A load generator that costs little: requests made before, many connections, one thread."""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(slots=True)
class Run:
    """What came of some requests."""

    seconds: float
    latencies_s: list[float] = field(repr=False)
    refused: int  # answers other than 200

    def latency_ms(self, share: float) -> float:
        """Return the latency that this share of requests stayed under, in milliseconds."""
        ordered = sorted(self.latencies_s)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e3


class Connection:
    """One kept-alive connection with one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""
        self._began = 0.0
        self.waits = False
        """Whether a request is under way. One that idles the service may close at any time."""

    def send(self, request: bytes) -> None:
        """Send one request, and note when."""
        self._began = time.perf_counter()
        self.waits = True
        self.socket.sendall(request)

    def receive(self) -> tuple[int, float] | None:
        """Return status and seconds of an answer that is complete."""
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise ConnectionError("The service closed a connection.")
        self._held += chunk
        head, end, body = self._held.partition(_END)
        if not end:
            return None
        length = int(head.lower().partition(_LENGTH)[2].partition(b"\r")[0])
        if len(body) < length:
            return None
        self._held = b""
        self.waits = False
        return int(head[9:12]), time.perf_counter() - self._began


def send_all(port: int, requests: Sequence[bytes], connections: int) -> Run:
    """Send requests over so many connections, each the next as soon as one was answered."""
    waiting = iter(requests)
    latencies: list[float] = []
    refused = 0
    with selectors.DefaultSelector() as selector:
        begun = time.perf_counter()
        for _, request in zip(range(connections), waiting, strict=False):
            connection = Connection(port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(request)
        while len(latencies) < len(requests):
            for key, _ in selector.select():
                answer = key.data.receive()
                if answer is None:
                    continue
                refused += answer[0] != 200  # noqa: PLR2004 - HTTP's own number
                latencies.append(answer[1])
                _next(key.data, waiting)
        seconds = time.perf_counter() - begun
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return Run(seconds, latencies, refused)


def _next(connection: Connection, waiting: Iterator[bytes]) -> None:
    request = next(waiting, None)
    if request is not None:
        connection.send(request)


def post(path: str, secret: str, kind: str, body: bytes) -> bytes:
    """Return the bytes of one request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: service\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
