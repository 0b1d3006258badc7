"""What the OpenAPI document says of bodies and answers that are bytes to the framework.

Bodies are read by `arrivals` from bytes, within bounds that the framework does not know; so the
framework cannot tell what they hold, and this says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Example,
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
)

ARROW: Final = "application/vnd.apache.arrow.stream"
JSON: Final = "application/json"
FHIR_JSON: Final = "application/fhir+json"
BATCH_HEADER: Final = "Idempotency-Key"
BATCH_PATTERN: Final = r"^[!-~]{1,64}$"

_TEXT: Final = OpenAPIType.STRING
_NUMBER: Final = OpenAPIType.NUMBER


class RefusedRow(msgspec.Struct, frozen=True):
    """One row that was refused: its place in what was sent, from 0, and why."""

    row: int
    reason: str


class BatchReceipt(msgspec.Struct, frozen=True):
    """What was acknowledged of a batch: kept rows are durable. received = kept + refused."""

    batch: str
    received: int
    kept: int
    refused: dict[str, int]
    examples: list[RefusedRow]


class DeliveredFile(msgspec.Struct, frozen=True):
    """One file of a delivery."""

    name: str
    rows: int


class DeliveryReceipt(msgspec.Struct, frozen=True):
    """What was acknowledged of a delivery: the same whoever of its people agreed."""

    batch: str
    received: int
    accepted: int
    refused: dict[str, int]
    files: list[DeliveredFile]


class Beacons(msgspec.Struct, frozen=True):
    """What a phone sends over Bluetooth: 32 hexadecimal digits for each UTC day."""

    beacons: dict[str, str]


class Reminded(msgspec.Struct, frozen=True):
    """Whether a phone is to remind its person, and in which words; blanks fill up the answer."""

    remind: bool
    words: str


class Health(msgspec.Struct, frozen=True):
    """That the process answers."""

    status: str


class Readiness(msgspec.Struct, frozen=True):
    """What is not ready, and why; empty where everything is."""

    not_ready: dict[str, str]


def answers(container: Any, description: str, media_type: str = JSON) -> ResponseSpec:  # noqa: ANN401 - the framework takes any type
    """Return the description of a successful answer."""
    return ResponseSpec(
        container, generate_examples=False, description=description, media_type=media_type
    )


def _time(what: str) -> Schema:
    return Schema(
        description=f"{what}: ISO 8601 with an offset from UTC, or milliseconds since 1970",
        one_of=[
            Schema(type=_TEXT, max_length=40),
            Schema(type=OpenAPIType.INTEGER, minimum=0, maximum=2**53),
        ],
    )


def _number(what: str, low: float, high: float) -> Schema:
    return Schema(type=_NUMBER, minimum=low, maximum=high, description=what)


def _object(properties: Mapping[str, Schema], required: tuple[str, ...]) -> Schema:
    return Schema(type=OpenAPIType.OBJECT, properties=dict(properties), required=list(required))


FIX: Final = _object(
    {
        "time": _time("When"),
        "lon": _number("Longitude, degrees, WGS 84", -180, 180),
        "lat": _number("Latitude, degrees, WGS 84", -90, 90),
        "accuracy": _number("Metres that hold the true place with 68 %", 0, 10_000),
        "source": Schema(type=_TEXT, enum=["gnss", "wifi", "cell", "unknown"]),
    },
    ("time", "lon", "lat"),
)
VISIT: Final = _object(
    {
        "venue": Schema(type=_TEXT, min_length=1, max_length=200),
        "room": Schema(type=_TEXT, max_length=200),
        "start": _time("Check-in"),
        "end": _time("Check-out; without it the end is presumed"),
    },
    ("venue", "start"),
)
ENCOUNTER: Final = _object(
    {
        "seen": Schema(
            type=_TEXT, pattern="^[0-9a-f]{32}$", description="The other phone's beacon"
        ),
        "time": _time("When, where it was one moment"),
        "start": _time("First heard"),
        "end": _time("Last heard"),
        "attenuation": _number("dB lost on the way", 0, 200),
        "rssi": _number("dBm as received, where attenuation is not known", -150, 20),
    },
    ("seen",),
)


def _batch_of(name: str, row: Schema) -> RequestBody:
    batch = Schema(type=_TEXT, pattern=BATCH_PATTERN, description=f"Or the header {BATCH_HEADER}")
    rows = Schema(type=OpenAPIType.ARRAY, items=row)
    document = _object({"batch": batch, name: rows}, (name,))
    arrow = Schema(
        type=_TEXT,
        format=OpenAPIFormat.BINARY,
        description="An uncompressed Arrow IPC stream with columns named as the JSON's fields; "
        "the batch may be in the schema's metadata under `batch`",
    )
    return RequestBody(
        required=True,
        description="Evidence with the client's own name for the batch: sent twice, it counts once",
        content={JSON: OpenAPIMediaType(document), ARROW: OpenAPIMediaType(arrow)},
    )


def _batch_header() -> Parameter:
    return Parameter(
        name=BATCH_HEADER,
        param_in="header",
        required=False,
        description="The batch's name, where the body does not say it",
        schema=Schema(type=_TEXT, pattern=BATCH_PATTERN),
    )


def takes(body: RequestBody | None, *parameters: Parameter) -> type[Operation]:
    """Return an operation that says which body it takes."""

    @dataclass
    class _Operation(Operation):
        def __post_init__(self) -> None:
            self.request_body = body
            self.parameters = [*(self.parameters or ()), *parameters] or None

    return _Operation


TAKES_POSITION: Final = takes(
    RequestBody(
        required=True,
        description="One position; without a time it is of now",
        content={
            JSON: OpenAPIMediaType(
                _object(dict(FIX.properties or {}), ("lon", "lat")),  # type: ignore[arg-type] # schemas, all
                examples={"position": Example(value={"lon": 24.11, "lat": 56.95, "accuracy": 12})},
            )
        },
    )
)
TAKES_FIXES: Final = takes(_batch_of("fixes", FIX), _batch_header())
TAKES_VISITS: Final = takes(_batch_of("visits", VISIT), _batch_header())
TAKES_ENCOUNTERS: Final = takes(_batch_of("encounters", ENCOUNTER), _batch_header())

_MESSAGE: Final = Schema(
    type=OpenAPIType.OBJECT,
    properties={"_type": Schema(type=_TEXT)},
    description="One OwnTracks message (owntracks.org/booklet/tech/json), plain or encrypted. "
    "Messages that are no location are answered alike and not kept.",
)
TAKES_OWNTRACKS: Final = takes(
    RequestBody(
        required=True,
        content={
            JSON: OpenAPIMediaType(
                _MESSAGE,
                examples={
                    "location": Example(
                        value={
                            "_type": "location",
                            "lat": 56.95,
                            "lon": 24.11,
                            "tst": 1_772_366_400,
                            "acc": 12,
                        }
                    )
                },
            )
        },
    )
)

_MANIFEST: Final = _object(
    {
        "batch": Schema(type=_TEXT, pattern=BATCH_PATTERN),
        "files": Schema(
            type=OpenAPIType.ARRAY,
            items=_object(
                {
                    "name": Schema(type=_TEXT),
                    "rows": Schema(type=OpenAPIType.INTEGER, minimum=0),
                    "sha256": Schema(type=_TEXT, pattern="^[0-9a-f]{64}$"),
                },
                ("name", "rows", "sha256"),
            ),
        ),
    },
    ("batch", "files"),
)
TAKES_DELIVERY: Final = takes(
    RequestBody(
        required=True,
        description="First a part `manifest` (JSON), then each file that it names as a part with "
        "that file name: Parquet, or CSV with a header. Every count and hash has to match, or "
        "nothing is imported.",
        content={
            "multipart/form-data": OpenAPIMediaType(
                Schema(
                    type=OpenAPIType.OBJECT,
                    required=["manifest", "file"],
                    properties={
                        "manifest": _MANIFEST,
                        "file": Schema(
                            type=OpenAPIType.ARRAY,
                            items=Schema(type=_TEXT, format=OpenAPIFormat.BINARY),
                        ),
                    },
                )
            )
        },
    )
)
TAKES_TEST: Final = takes(
    RequestBody(
        required=True,
        content={
            JSON: OpenAPIMediaType(
                Schema(
                    type=OpenAPIType.OBJECT,
                    required=["test", "number"],
                    additional_properties=False,
                    properties={
                        "test": Schema(
                            type=_TEXT,
                            min_length=1,
                            max_length=200,
                            description="The laboratory's own name of the test",
                        ),
                        "number": Schema(
                            type=_TEXT,
                            min_length=1,
                            max_length=40,
                            description="The tested person's phone number, with + and country",
                        ),
                    },
                )
            )
        },
    )
)
_OBSERVATION: Final = {
    "resourceType": "Observation",
    "status": "final",
    "identifier": [{"system": "https://laboratory.example/tests", "value": "2026-000123"}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]},
    "subject": {"reference": "#patient"},
    "contained": [
        {
            "resourceType": "Patient",
            "id": "patient",
            "telecom": [{"system": "phone", "value": "+37120000001", "use": "mobile"}],
        }
    ],
    "effectiveDateTime": "2026-02-28T08:15:00+02:00",
    "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260373001"}]},
}
TAKES_OBSERVATION: Final = takes(
    RequestBody(
        required=True,
        description="A FHIR R4 Observation (hl7.org/fhir/R4/observation.html): one identifier of "
        "the test, a LOINC code, a result coded or in words, the sample's time, and as subject a "
        "contained Patient with one phone number",
        content={
            FHIR_JSON: OpenAPIMediaType(
                Schema(
                    type=OpenAPIType.OBJECT,
                    required=["resourceType", "status", "identifier", "code"],
                    properties={
                        "resourceType": Schema(type=_TEXT, const="Observation"),
                        "status": Schema(
                            type=_TEXT,
                            enum=[
                                "final",
                                "amended",
                                "corrected",
                                "cancelled",
                                "entered-in-error",
                            ],
                        ),
                        "identifier": Schema(
                            type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.OBJECT)
                        ),
                        "code": Schema(type=OpenAPIType.OBJECT),
                    },
                ),
                examples={"positive": Example(value=_OBSERVATION)},
            )
        },
    )
)
