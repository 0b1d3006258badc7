"""The doors of phones, without the framework between: it took a third of the time of a message.

What it does for a route is done here by hand for four of them: admitting, answering, problems,
headers, counts. It serves these routes too, for the document and for whoever sends another method;
a test asks both ways the same and compares the answers byte for byte.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from fortnight.errors import FortnightError
from fortnight.web import ingest, problems
from fortnight.web.documents import JSON
from fortnight.web.security import HEADERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping
    from typing import Any

    from litestar.types import HTTPScope, Receive, Scope, Send

    from fortnight.web.bodies import Incoming
    from fortnight.web.door import Door

    Take = Callable[[Incoming], Awaitable[bytes]]
    Headers = list[tuple[bytes, bytes]]

TAKES: Final[Mapping[str, Take]] = {
    "/owntracks": ingest.take_message,
    **{
        f"/api/v1/{kind}": partial(ingest.take_batch, kind=kind)
        for kind in ("fixes", "visits", "encounters")
    },
}
_METHOD: Final = "POST"


class _Incoming(NamedTuple):
    """A request without the framework."""

    scope: Scope
    receive: Receive


class Straight:
    """Answers what phones send."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def taking(
        self, scope: HTTPScope, receive: Receive, send: Send
    ) -> Coroutine[Any, Any, None] | None:
        """Return the answering of a request, None where the framework has to."""
        take = TAKES.get(scope["path"])
        if take is None or scope["method"] != _METHOD:
            return None
        return self._answer(take, scope, receive, send)

    async def _answer(self, take: Take, scope: Any, receive: Receive, send: Send) -> None:  # noqa: ANN401 - the template is a key of our own
        scope["path_template"] = scope["path"]
        status = 200
        try:
            await self._door.admit(scope, receive)
            body = await take(_Incoming(scope, receive))
            headers = _headers(JSON, body, ())
        except Exception as error:  # noqa: BLE001 - whatever it is, the phone hears an answer
            status, headers, body = _problem(error)
        self._door.metrics.count(scope["path"], _METHOD, status)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _headers(media_type: str, body: bytes, more: Headers | tuple[()]) -> Headers:
    own = [
        (b"content-type", media_type.encode("latin-1")),
        *more,
        (b"content-length", b"%d" % len(body)),
    ]
    return [*own, *HEADERS]


def _problem(error: Exception) -> tuple[int, Headers, bytes]:
    """Return status, headers and body of a problem."""
    if isinstance(error, FortnightError):
        found = problems.of_family(None, error)
    else:
        found = problems.of_anything(None, error)
    more = [(name.encode(), value.encode("latin-1")) for name, value in found.headers.items()]
    body: bytes = found.content
    return found.status_code or 500, _headers(str(found.media_type), body, more), body
