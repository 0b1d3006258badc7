"""What operators of mobile networks deliver, and the list by which they filter first.

A delivery is read as it comes: the manifest, then one file at a time, in memory. A file is handed
on and forgotten before the next is read; nothing of it touches a disk here.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from litestar import MediaType, Request, Response, get, post
from litestar.params import PathParameter
from multipart import (  # type: ignore[import-untyped] # it has no types
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from fortnight.errors import RefusedError
from fortnight.web import documents, problems
from fortnight.web.bodies import chunks, header
from fortnight.web.door import Door, caller_of, door_of
from fortnight.web.needs import Delivery

MULTIPART: Final = "multipart/form-data"
MANIFEST: Final = "manifest"
MOST_FILES: Final = 64
MOST_MANIFEST_BYTES: Final = 256 * 1_024
_AROUND_A_PART: Final = 4_096
"""Bytes of boundary and headers around one part."""

OperatorId = Annotated[
    str, PathParameter(pattern="^[0-9a-f]{32}$", description="The operator's id")
]


async def parts(
    body: AsyncIterator[bytes], boundary: str, most_part_bytes: int
) -> AsyncIterator[tuple[str, bytes]]:
    """Yield the parts of a multipart body one by one: the file's or field's name, and its bytes."""
    parser = PushMultipartParser(
        boundary,
        max_segment_size=most_part_bytes,
        max_segment_count=MOST_FILES + 1,
        strict=True,
    )
    name, held = "", bytearray()
    with parser:
        async for chunk in body:
            for event in parser.parse(chunk):
                if isinstance(event, MultipartSegment):
                    name = event.filename or event.name
                elif event is None:
                    whole, held = bytes(held), bytearray()
                    yield name, whole
                else:
                    held += event


@post(
    "/api/v1/operators/{operator_id:str}/deliveries",
    status_code=200,
    operation_class=documents.TAKES_DELIVERY,
    security=[{"operator": []}],
    responses={200: documents.answers(documents.DeliveryReceipt, "The receipt")}
    | problems.documented(
        problems.UNREADABLE,
        problems.UNKNOWN_SECRET,
        problems.REFUSED,
        problems.TOO_SLOW,
        problems.CONFLICT,
        problems.TOO_LARGE,
        problems.WRONG_TYPE,
        problems.UNUSABLE,
        problems.NOT_READY,
    ),
)
async def deliver(request: Request[Any, Any, Any], operator_id: OperatorId) -> Response[bytes]:
    """Take a delivery: the manifest first, then each file that it names.

    The receipt is the same whoever of the people in it agreed.
    """
    door = door_of(request)
    boundary = _boundary(request)
    async with door.one_delivery:  # each holds up to a part in memory
        try:
            answer = await _take(door, request, operator_id, boundary)
        except ParserLimitReached as error:
            raise problems.too_large(door.service.settings.max_part_bytes) from error
        except MultipartError as error:
            raise problems.ProblemError(
                problems.UNREADABLE, f"The body is not whole {MULTIPART}."
            ) from error
        except RefusedError as error:  # a manifest or a file that cannot be read
            raise problems.ProblemError(problems.UNUSABLE, str(error)) from error
    return Response(answer, media_type=MediaType.JSON)


def _boundary(request: Request[Any, Any, Any]) -> str:
    stated = header(request.scope, b"content-type").decode("latin-1")
    kind, options = parse_options_header(stated)
    boundary = options.get("boundary", "")
    if kind != MULTIPART or not boundary:
        raise problems.ProblemError(problems.WRONG_TYPE, f"Send {MULTIPART} with a boundary.")
    return str(boundary)


async def _take(door: Door, request: Request[Any, Any, Any], operator: str, boundary: str) -> bytes:
    """Read a delivery part by part; it is kept when its last file was the one promised."""
    most = door.most_bytes(caller_of(request).route)
    whole = (most + _AROUND_A_PART) * MOST_FILES + MOST_MANIFEST_BYTES
    delivery: Delivery | None = None
    async for name, content in parts(chunks(request, whole, door.patience), boundary, most):
        if delivery is None:
            delivery = await _begin(door, operator, name, content)
        else:
            await asyncio.to_thread(delivery.part, name, content)
    if delivery is None:
        raise problems.ProblemError(problems.UNUSABLE, f"There is no part `{MANIFEST}`.")
    return await asyncio.to_thread(delivery.finish, door.service.clock())


async def _begin(door: Door, operator: str, name: str, manifest: bytes) -> Delivery:
    if name != MANIFEST or len(manifest) > MOST_MANIFEST_BYTES:
        raise problems.ProblemError(
            problems.UNUSABLE,
            f"The first part has to be `{MANIFEST}`, of at most {MOST_MANIFEST_BYTES} bytes.",
        )
    return await asyncio.to_thread(
        door.service.deliveries.begin, operator, manifest, door.service.clock()
    )


@get(
    "/api/v1/operators/{operator_id:str}/subscribers",
    security=[{"operator": []}],
    responses={
        200: documents.answers(dict[str, Any], "The signed list, as a JSON document"),
    }
    | problems.documented(
        problems.UNREADABLE, problems.UNKNOWN_SECRET, problems.REFUSED, problems.NOT_READY
    ),
)
async def subscribers(request: Request[Any, Any, Any], operator_id: OperatorId) -> Response[bytes]:
    """Give the signed list of subscribers who agreed, by which the operator filters."""
    door = door_of(request)
    found = await asyncio.to_thread(
        door.service.deliveries.subscriber_list, operator_id, door.service.clock()
    )
    return Response(found, media_type=MediaType.JSON)
