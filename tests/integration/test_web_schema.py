"""Every route answers whatever may be sent as the OpenAPI document says, and never fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.unit.web_rooms import BEARER, LABORATORY_KEY, OPERATOR, OPERATOR_KEY, TRACKER, rooms

from fortnight.web.app import create_app, document
from fortnight.web.documents import ARROW
from fortnight.web.routes import BY_PATH

if TYPE_CHECKING:
    from litestar.types import Receive, Scope, Send

AS = {
    "tracker": {"authorization": TRACKER},
    "app": {"authorization": BEARER},
    "operator": {"authorization": f"Bearer {OPERATOR_KEY}"},
    "laboratory": {"authorization": f"Bearer {LABORATORY_KEY}"},
}
SERVICE = rooms(Path("not-there"), posts_a_minute=100_000)
APP = create_app(SERVICE)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


async def near(scope: Scope, receive: Receive, send: Send) -> None:
    """Let everybody come from this machine, and a second after the one before."""
    SERVICE.now += 1_000
    changed: Any = {**scope, "client": ("127.0.0.1", 1)}
    await APP(changed, receive, send)


@schemathesis.serializer(ARROW)
def _arrow(_: object, value: object) -> bytes:
    """Send as it is what claims to be Arrow."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


schema = schemathesis.openapi.from_dict(json.loads(document()))
schema.app = near


@schema.parametrize()
@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_route_fails_or_answers_what_is_not_documented(case: schemathesis.Case[Any]) -> None:
    route = BY_PATH[case.path, case.operation.method.upper()]
    if "operator_id" in case.path_parameters and case.path_parameters["operator_id"] != "0":
        case.path_parameters["operator_id"] = OPERATOR
    case.call_and_validate(headers=AS.get(route.permission, {}), checks=CHECKS)
