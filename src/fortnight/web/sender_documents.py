"""What the OpenAPI document says of the doors of Traccar Client and Overland."""

from typing import Final

import msgspec
from litestar.openapi.spec import (
    Example,
    OpenAPIMediaType,
    OpenAPIType,
    Parameter,
    RequestBody,
    Schema,
)

from fortnight.web.documents import JSON, takes

FORM: Final = "application/x-www-form-urlencoded"
_TEXT: Final = Schema(type=OpenAPIType.STRING, max_length=200)
_OBJECT: Final = Schema(type=OpenAPIType.OBJECT)


class Result(msgspec.Struct, frozen=True):
    """What Overland waits for before it forgets a batch."""

    result: str


def _parameter(name: str, what: str) -> Parameter:
    return Parameter(name=name, param_in="query", required=False, description=what, schema=_TEXT)


TAKES_OVERLAND: Final = takes(
    RequestBody(
        required=True,
        description="`locations`: GeoJSON features, each with `timestamp` and "
        "`horizontal_accuracy` among its properties (github.com/aaronpk/Overland-iOS)",
        content={
            JSON: OpenAPIMediaType(
                _OBJECT,
                examples={
                    "batch": Example(
                        value={
                            "locations": [
                                {
                                    "type": "Feature",
                                    "geometry": {"type": "Point", "coordinates": [24.11, 56.95]},
                                    "properties": {
                                        "timestamp": "2026-03-01T12:00:00Z",
                                        "horizontal_accuracy": 12,
                                    },
                                }
                            ]
                        }
                    )
                },
            )
        },
    )
)
TAKES_TRACCAR: Final = takes(
    RequestBody(
        required=True,
        description="JSON since version 9 of the app, parameters before (traccar.org/osmand). "
        "`device_id`, or `id`, is the secret of the person's app.",
        content={
            JSON: OpenAPIMediaType(
                _OBJECT,
                examples={
                    "version 9": Example(
                        value={
                            "device_id": "the secret",
                            "location": {
                                "timestamp": "2026-03-01T12:00:00Z",
                                "coords": {"latitude": 56.95, "longitude": 24.11, "accuracy": 12},
                            },
                        }
                    )
                },
            ),
            FORM: OpenAPIMediaType(_OBJECT),
        },
    )
)
TAKES_TRACCAR_PARAMETERS: Final = takes(
    None,
    _parameter("id", "The secret of the person's app"),
    _parameter("lat", "Latitude, degrees, WGS 84"),
    _parameter("lon", "Longitude, degrees, WGS 84"),
    _parameter("timestamp", "Seconds or milliseconds since 1970, or ISO 8601"),
    _parameter("accuracy", "Metres that hold the true place with 68 %"),
)
