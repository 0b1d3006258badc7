"""Every route of the service in one table: who may, what for, about whom, how often, and why.

The table is not a description beside the code: what admits a request reads it, and a route
without a row is never served.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from fortnight.web.office.routes import OFFICE
from fortnight.web.portal.routes import PORTAL_ROUTES
from fortnight.web.rows import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_MESSAGE_BYTES: Final = 64 * 1_024
"""A message of a phone is a few hundred bytes; one with way points may be some thousands."""

DOORS: Final = (
    Route(
        "/owntracks",
        "POST",
        "tracker",
        "trace",
        "own",
        "post",
        MOST_MESSAGE_BYTES,
        "A phone says where it is, in the words of an app that many have.",
    ),
    Route(
        "/overland",
        "POST",
        "app",
        "trace",
        "own",
        "post",
        "max_body_bytes",
        "A phone sends the places that it gathered, in the words of another app.",
    ),
    Route(
        "/traccar",
        "GET",
        "named",
        "trace",
        "own",
        "post",
        0,
        "A phone says where it is, in the words of a third app of an older version.",
    ),
    Route(
        "/traccar",
        "POST",
        "named",
        "trace",
        "own",
        "post",
        MOST_MESSAGE_BYTES,
        "A phone says where it is, in the words of a third app.",
    ),
    Route(
        "/api/v1/fixes",
        "POST",
        "app",
        "trace",
        "own",
        "post",
        "max_body_bytes",
        "A phone sends the places that it gathered while it was offline.",
    ),
    Route(
        "/api/v1/visits",
        "POST",
        "app",
        "trace",
        "own",
        "post",
        "max_body_bytes",
        "A person checks in at venues.",
    ),
    Route(
        "/api/v1/encounters",
        "POST",
        "app",
        "trace",
        "own",
        "post",
        "max_body_bytes",
        "A phone says which beacons of other phones it heard.",
    ),
    Route(
        "/api/v1/reminder",
        "POST",
        "app",
        "support",
        "own",
        "post",
        MOST_MESSAGE_BYTES,
        "A phone asks whether its person left home, as they wished. Its position is not kept.",
    ),
    Route(
        "/api/v1/beacons",
        "GET",
        "app",
        "trace",
        "own",
        "post",
        0,
        "A phone asks what to send over Bluetooth today.",
    ),
    Route(
        "/api/v1/operators/{operator_id}/deliveries",
        "POST",
        "operator",
        "trace",
        "subscribers",
        "delivery",
        "max_part_bytes",
        "An operator delivers rows of subscribers who agreed.",
    ),
    Route(
        "/api/v1/operators/{operator_id}/subscribers",
        "GET",
        "operator",
        "trace",
        "subscribers",
        "delivery",
        0,
        "An operator needs the list of who agreed, to leave out everyone else before it sends.",
    ),
    Route(
        "/api/v1/laboratories/tokens",
        "POST",
        "laboratory",
        "trace",
        "tested",
        "post",
        MOST_MESSAGE_BYTES,
        "A laboratory asks for the token of a positive test: without it no case is opened.",
    ),
    Route(
        "/fhir/Observation",
        "POST",
        "laboratory",
        "trace",
        "tested",
        "post",
        MOST_MESSAGE_BYTES,
        "A laboratory's system sends results in the words that it has: a positive one gets a "
        "token, one that is taken back ends its case.",
    ),
    Route(
        "/log/checkpoint",
        "GET",
        "anyone",
        "none",
        "nobody",
        "public",
        0,
        "Anyone can hold the service to what its log said before.",
    ),
    Route(
        "/log/tile/{path}",
        "GET",
        "anyone",
        "none",
        "nobody",
        "public",
        0,
        "The same: tiles hold hashes and salted commitments.",
    ),
    Route(
        "/log/vkey",
        "GET",
        "anyone",
        "none",
        "nobody",
        "public",
        0,
        "The key by which a checkpoint's signature is verified.",
    ),
    Route(
        "/openapi.json",
        "GET",
        "anyone",
        "none",
        "nobody",
        "public",
        0,
        "Whoever writes a client reads what every route takes and answers.",
    ),
    Route(
        "/healthz",
        "GET",
        "anyone",
        "none",
        "nobody",
        "check",
        0,
        "A supervisor asks whether the process answers.",
    ),
    Route(
        "/readyz",
        "GET",
        "near",
        "none",
        "nobody",
        "check",
        0,
        "A proxy asks whether to send people here. What is broken is nobody else's business.",
    ),
    Route(
        "/metrics",
        "GET",
        "near",
        "none",
        "nobody",
        "check",
        0,
        "Counts for the administrator. Small counts can say something of people, so not for all.",
    ),
)
ROUTES: Final = (*DOORS, *OFFICE, *PORTAL_ROUTES)
BY_PATH: Final[Mapping[tuple[str, str], Route]] = MappingProxyType(
    {(route.path, route.method): route for route in ROUTES}
)
