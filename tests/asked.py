"""An application asked in this process, many times a second: without a server between."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from litestar import Litestar


@dataclass(frozen=True)
class Question:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answered:
    """One answer, whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes

    def header(self, name: str) -> str:
        """Return a header's value, or nothing."""
        return dict(self.headers).get(name, "")


class _Here(ThreadPoolExecutor):
    """Does at once, on the asking thread, what is handed to another: most of an answer's time
    was the way there and back."""

    def submit(self, fn: Callable[..., Any], /, *args: object, **kwargs: object) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(error)
        return done


def ask_all(app: Litestar, questions: Iterable[Question]) -> list[Answered]:
    """Ask one question after the other; return the answers in their order."""

    async def asked() -> list[Answered]:
        asyncio.get_running_loop().set_default_executor(_Here(1))
        return [await _ask(app, one) for one in questions]

    return asyncio.run(asked())


async def _ask(app: Litestar, one: Question) -> Answered:
    sent: list[dict[str, Any]] = []
    parts = [{"type": "http.request", "body": one.body, "more_body": False}]

    async def receive() -> Any:  # noqa: ANN401 - the interface's own messages
        return parts.pop() if parts else await asyncio.Event().wait()

    async def send(message: Any) -> None:  # noqa: ANN401 - as above
        sent.append(message)

    await app(_scope(app, one), receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    headers = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
    return Answered(
        start["status"],
        tuple(sorted(headers)),
        b"".join(message.get("body", b"") for message in sent),
    )


def _scope(app: Litestar, one: Question) -> Any:  # noqa: ANN401 - as above
    path, _, query = one.path.partition("?")
    headers = {"host": "localhost", "content-length": str(len(one.body)), **one.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": one.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("localhost", 80),
        "app": app,
        "state": {},
        "extensions": {},
    }
