"""Doors for two more apps that many have: Traccar Client and Overland.

As with OwnTracks, an answer of 200 means that what may be kept is durable, and that what may not
was counted: the phone is never asked to send it again.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from litestar import Request, Response, get, post

from fortnight.arrivals import overland as overland_app
from fortnight.arrivals import traccar as traccar_app
from fortnight.arrivals.posts import Post
from fortnight.errors import GoneError, RefusedError
from fortnight.vault.people import Device
from fortnight.web import documents, problems, sender_documents
from fortnight.web.bodies import read
from fortnight.web.door import Door, caller_of, door_of
from fortnight.web.ingest import device_of
from fortnight.web.named import parameters

OK: Final = b'{"result":"ok"}'
_AT_ONCE: Final = 500
"""Places of one message that wait for the journal at the same time."""
_PROBLEMS: Final = (
    problems.UNREADABLE,
    problems.UNKNOWN_SECRET,
    problems.REFUSED,
    problems.TOO_SLOW,
    problems.TOO_LARGE,
    problems.WRONG_TYPE,
    problems.NOT_READY,
)


@post(
    "/overland",
    status_code=200,
    operation_class=sender_documents.TAKES_OVERLAND,
    security=[{"device": []}],
    responses={200: documents.answers(sender_documents.Result, "Always ok")}
    | problems.documented(*_PROBLEMS),
)
async def overland(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Take a batch of Overland: places as GeoJSON features."""
    door, device = door_of(request), device_of(request)
    body = await read(request, door.most_bytes(caller_of(request).route), door.patience)
    now = door.service.clock()
    found = await asyncio.to_thread(overland_app.read_batch, body, device.id, now, door.bounds)
    await keep(door, device, found)
    return Response(OK, media_type=documents.JSON)


@get(
    "/traccar",
    operation_class=sender_documents.TAKES_TRACCAR_PARAMETERS,
    responses={200: documents.answers(None, "Taken")} | problems.documented(*_PROBLEMS),
)
async def traccar_parameters(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Take a message of Traccar Client up to version 8, all of it in the address."""
    return await _traccar(request)


@post(
    "/traccar",
    status_code=200,
    operation_class=sender_documents.TAKES_TRACCAR,
    responses={200: documents.answers(None, "Taken")} | problems.documented(*_PROBLEMS),
)
async def traccar(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Take a message of Traccar Client: JSON since version 9, parameters before."""
    return await _traccar(request)


async def _traccar(request: Request[Any, Any, Any]) -> Response[bytes]:
    door, device, body = door_of(request), device_of(request), caller_of(request).body
    said, now = parameters(request.scope, body), door.service.clock()
    if said:
        found = traccar_app.read_form_message(said, device.id, now)
    else:
        found = traccar_app.read_json_message(body, device.id, now, door.bounds)
    await keep(door, device, found)
    return Response(b"", media_type=documents.JSON)


async def keep(door: Door, device: Device, found: Sequence[Post]) -> None:
    """Keep every place that can be; return when all of them are durable, and count the rest."""
    put = partial(door.service.journal.put_async, device.person, "fixes", "phone")
    for first in range(0, len(found), _AT_ONCE):
        some = found[first : first + _AT_ONCE]
        kept = [one for one in some if one.checked.kept]
        try:
            async with asyncio.TaskGroup() as group:
                for one in kept:
                    group.create_task(put(one.batch, one.checked))
        except* (RefusedError, GoneError):
            # No live grant: nothing was written, and the phone is not told to send it again.
            door.metrics.count_rows("fixes", 0, {"no-grant": len(kept)})
        else:
            door.metrics.count_rows("fixes", len(kept), {})
        for one in some:
            if not one.checked.kept:
                door.metrics.count_rows("fixes", 0, one.checked.refused)


HANDLERS: Final = (overland, traccar_parameters, traccar)
