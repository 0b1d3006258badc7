"""Whether the service answers, whether it is ready, and what it counted."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from fortnight.web import documents, metrics, problems
from fortnight.web.door import door_of


@get(
    "/healthz",
    responses={200: documents.answers(documents.Health, "It answers")} | problems.documented(),
)
async def healthz() -> Response[bytes]:
    """Say that the process answers."""
    return problems.json_bytes(documents.Health("ok"))


@get(
    "/readyz",
    responses={
        200: documents.answers(documents.Readiness, "Everything is ready"),
        503: documents.answers(documents.Readiness, "Something is not, and why"),
    }
    | problems.documented(problems.REFUSED),
)
async def readyz(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say what is not ready."""
    door = door_of(request)
    not_ready = dict(await asyncio.to_thread(door.service.ready))
    door.metrics.set_not_ready(len(not_ready))
    return problems.json_bytes(
        documents.Readiness(not_ready), status=problems.NOT_READY.status if not_ready else 200
    )


@get(
    "/metrics",
    media_type=metrics.TEXT,
    responses={200: documents.answers(str, "Counts, as Prometheus reads them", "text/plain")}
    | problems.documented(problems.REFUSED),
)
async def counts(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the counts. None of them is about a person."""
    door = door_of(request)
    dropped = door.service.texts.post.dropped
    door.metrics.set_dropped(dropped.replies, dropped.receipts)
    return Response(door.metrics.text(), media_type=metrics.TEXT)
