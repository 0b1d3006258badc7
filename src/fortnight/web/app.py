"""The application: every route of the table, behind one door, answering in one shape."""

from collections.abc import Coroutine
from functools import cache
from importlib.metadata import version
from typing import Any, Final

import msgspec
from litestar import Litestar, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from fortnight.web import (
    documents,
    fhir,
    health,
    ingest,
    laboratories,
    log,
    operators,
    problems,
    reminding,
    senders,
)
from fortnight.web.bodies import Patience
from fortnight.web.door import Door
from fortnight.web.needs import Service
from fortnight.web.office import handlers as office
from fortnight.web.office import refusals
from fortnight.web.portal import handlers as portal
from fortnight.web.portal import refusals as portal_refusals
from fortnight.web.security import add_headers
from fortnight.web.straight import Straight

_SECRETS: Final = Components(
    security_schemes={
        "device": SecurityScheme(
            type="http", scheme="bearer", description="The secret of a person's device"
        ),
        "tracker": SecurityScheme(
            type="http", scheme="basic", description="Any user, and the device's secret"
        ),
        "operator": SecurityScheme(
            type="http", scheme="bearer", description="The key of a mobile operator"
        ),
        "laboratory": SecurityScheme(
            type="http", scheme="bearer", description="The key of a laboratory"
        ),
    }
)
_DOCUMENT: Final = OpenAPIConfig(
    title="Fortnight",
    version=version("fortnight"),
    description="Contact tracing that people agree to. It looks back fourteen days, and forgets "
    "on the fifteenth. Problems are answered as RFC 9457 says.",
    components=_SECRETS,
    create_examples=False,
    use_handler_docstrings=True,
)


@get(
    "/openapi.json",
    responses={200: documents.answers(dict[str, Any], "This document")} | problems.documented(),
)
async def openapi() -> Response[bytes]:
    """Give what every route takes and answers (OpenAPI 3.1)."""
    return Response(document(), media_type=documents.JSON)


HANDLERS: Final = (
    ingest.owntracks,
    ingest.fixes,
    ingest.visits,
    ingest.encounters,
    ingest.beacons,
    *senders.HANDLERS,
    reminding.reminder,
    operators.deliver,
    operators.subscribers,
    laboratories.tokens,
    fhir.observation,
    log.checkpoint,
    log.tile,
    log.vkey,
    openapi,
    health.healthz,
    health.readyz,
    health.counts,
    *office.HANDLERS,
    *portal.HANDLERS,
)


@cache
def document() -> bytes:
    """Return the OpenAPI document.

    It is made from an application of its own: one that has the document also serves pages to
    browse it, which load their scripts from elsewhere.
    """
    described = Litestar(route_handlers=HANDLERS, openapi_config=_DOCUMENT, logging_config=None)
    return msgspec.json.encode(described.openapi_schema.to_schema())


class Application(Litestar):
    """The framework's application, with the doors of phones before it."""

    def __init__(self, straight: Straight, **given: Any) -> None:  # noqa: ANN401 - the framework's
        super().__init__(**given)
        self._straight = straight

    def __call__(self, scope: Any, receive: Any, send: Any) -> Coroutine[Any, Any, None]:  # noqa: ANN401 - as above
        """Answer one request."""
        if scope["type"] == "http":
            taken = self._straight.taking(scope, receive, send)
            if taken is not None:
                return taken
        return super().__call__(scope, receive, send)


def create_app(service: Service, patience: Patience | None = None) -> Litestar:
    """Return the application of a service.

    Parameters
    ----------
    service : Service
        The rooms behind the doors.
    patience : Patience, optional
        How long bodies may take.
    """
    door = Door(service, patience)
    return Application(
        Straight(door),
        route_handlers=HANDLERS,
        middleware=[door.guarding],
        exception_handlers=portal_refusals.handlers(door, refusals.handlers(door)),
        before_send=[add_headers, door.metrics.count_answer],
        openapi_config=None,
        logging_config=None,  # what goes wrong is logged where it becomes a problem, redacted
        request_max_body_size=None,  # each body is bounded by its row of the table, as it is read
        debug=False,
    )
