"""Evidence of people's own devices: OwnTracks messages one by one, and batches of rows.

An answer of 200 means that what was kept is durable.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from litestar import MediaType, Request, Response, get, post
from litestar.response.base import ASGIResponse

from fortnight.arrivals import rows
from fortnight.arrivals.bounds import Bounds, TooLargeError
from fortnight.arrivals.checked import Checked
from fortnight.arrivals.owntracks import read_post
from fortnight.arrivals.rows import Decoded
from fortnight.errors import GoneError, RefusedError
from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.vault.people import Device
from fortnight.web import documents, problems
from fortnight.web.bodies import Incoming, header, media_type, read
from fortnight.web.door import Caller, Door, caller_of, door_of
from fortnight.web.reminding import reminded

_Decode = Callable[[bytes, Bounds, int], Decoded]

DECODERS: Final[dict[tuple[str, str], _Decode]] = {
    ("fixes", documents.JSON): rows.fixes_of_json,
    ("fixes", documents.ARROW): rows.fixes_of_arrow,
    ("visits", documents.JSON): rows.visits_of_json,
    ("visits", documents.ARROW): rows.visits_of_arrow,
    ("encounters", documents.JSON): rows.encounters_of_json,
    ("encounters", documents.ARROW): rows.encounters_of_arrow,
}
_BATCH: Final = re.compile(documents.BATCH_PATTERN.encode())
_BLUETOOTH: Final = "trace.bluetooth"
_ON_THE_LOOP_BYTES: Final = 16 * 1_024
"""Smaller bodies are decoded where they came in: a thread would cost more than it spares."""
NOTHING_TO_SAY: Final = b"[]"
_ENCRYPTED: Final = b'"encrypted"'
_EPOCH: Final = date(1970, 1, 1)


@post(
    "/owntracks",
    status_code=200,
    operation_class=documents.TAKES_OWNTRACKS,
    security=[{"device": []}, {"tracker": []}],
    responses={200: documents.answers(list[Any], "An empty list; or the person's own reminder")}
    | problems.documented(
        problems.UNREADABLE,
        problems.UNKNOWN_SECRET,
        problems.REFUSED,
        problems.TOO_SLOW,
        problems.TOO_LARGE,
        problems.WRONG_TYPE,
        problems.NOT_READY,
    ),
)
async def owntracks(request: Request[Any, Any, Any]) -> ASGIResponse:
    """Take one message of OwnTracks.

    Whatever an authenticated phone sends is answered with an empty list: iOS drops a message that
    is answered otherwise, and an Android version piled messages up on an empty answer. What
    cannot be kept is counted. Whoever turned "remind me" on, and lets nothing be kept, may find
    their reminder in the list.
    """
    return ASGIResponse(body=await take_message(request), media_type=MediaType.JSON)


async def take_message(request: Incoming) -> bytes:
    """Keep what one message of OwnTracks says, and return what the phone is told."""
    door, device = door_of(request), device_of(request)
    body = await read(request, door.most_bytes(caller_of(request).route), door.patience)
    read_message = partial(
        read_post,
        body,
        device.id,
        partial(door.service.vault.owntracks_key, device),
        door.service.clock(),
        door.bounds,
    )
    # The key of an encrypted message comes from the database, which may keep us waiting.
    may_wait = _ENCRYPTED in body
    found = await asyncio.to_thread(read_message) if may_wait else read_message()
    if await _keep_post(door, device, found.batch, found.checked):
        return NOTHING_TO_SAY
    answer = await reminded(request, device, found.checked.packed)
    if answer is None:
        door.metrics.count_rows("fixes", 0, {"no-grant": found.checked.kept})
        return NOTHING_TO_SAY
    return answer  # counted nowhere: what it was asked for is nobody's business


async def _keep_post(door: Door, device: Device, batch: str, checked: Checked) -> bool:
    """Keep what one message said, and count it; False where no grant lets it be kept."""
    if checked.kept:
        try:
            await door.service.journal.put_async(device.person, "fixes", "phone", batch, checked)
        except (RefusedError, GoneError):
            return False  # nothing was written, and the phone is not told to send it again
    door.metrics.count_rows("fixes", checked.kept, checked.refused)
    return True


def device_of(request: Incoming) -> Device:
    """Return the device that was admitted."""
    caller: Caller = caller_of(request)
    if caller.device is None:
        raise problems.ProblemError(problems.UNKNOWN_SECRET, "This route is for devices.")
    return caller.device


_BATCH_ANSWERS: Final = {
    200: documents.answers(documents.BatchReceipt, "The receipt; kept rows are durable")
} | problems.documented(
    problems.UNREADABLE,
    problems.UNKNOWN_SECRET,
    problems.REFUSED,
    problems.TOO_SLOW,
    problems.GONE,
    problems.TOO_LARGE,
    problems.WRONG_TYPE,
    problems.UNUSABLE,
    problems.NOT_READY,
)


@post(
    "/api/v1/fixes",
    status_code=200,
    operation_class=documents.TAKES_FIXES,
    security=[{"device": []}],
    responses=_BATCH_ANSWERS,
)
async def fixes(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Take a batch of places."""
    return await _batch(request, "fixes")


@post(
    "/api/v1/visits",
    status_code=200,
    operation_class=documents.TAKES_VISITS,
    security=[{"device": []}],
    responses=_BATCH_ANSWERS,
)
async def visits(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Take a batch of check-ins."""
    return await _batch(request, "visits")


@post(
    "/api/v1/encounters",
    status_code=200,
    operation_class=documents.TAKES_ENCOUNTERS,
    security=[{"device": []}],
    responses=_BATCH_ANSWERS,
)
async def encounters(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Take a batch of encounters: beacons of other phones, and when they were heard."""
    return await _batch(request, "encounters")


async def _batch(request: Request[Any, Any, Any], kind: str) -> Response[bytes]:
    return Response(await take_batch(request, kind), media_type=MediaType.JSON)


async def take_batch(request: Incoming, kind: str) -> bytes:
    """Keep one batch and return its receipt: all of it is decided here."""
    door, device = door_of(request), device_of(request)
    decode = DECODERS.get((kind, media_type(request)))
    if decode is None:
        raise problems.ProblemError(
            problems.WRONG_TYPE, f"Send {documents.JSON} or {documents.ARROW}."
        )
    body = await read(request, door.most_bytes(caller_of(request).route), door.patience)
    found = await _decoded(decode, body, door.bounds, door.service.clock())
    batch = _batch_name(header(request.scope, documents.BATCH_HEADER.lower().encode()), found.batch)
    checked = found.checked
    if checked.received and not checked.kept:
        door.metrics.count_rows(kind, 0, checked.refused)
        raise _nothing_kept(checked)
    receipt = await door.service.journal.put_async(device.person, kind, "phone", batch, checked)
    door.metrics.count_rows(kind, checked.kept, checked.refused)
    return receipt.answer


async def _decoded(decode: _Decode, body: bytes, bounds: Bounds, now: int) -> Decoded:
    """Decode a body, a large one on a thread. What cannot be used at all is a problem."""
    try:
        if len(body) <= _ON_THE_LOOP_BYTES:
            return decode(body, bounds, now)
        return await asyncio.to_thread(decode, body, bounds, now)
    except TooLargeError as error:
        raise problems.ProblemError(problems.TOO_LARGE, str(error)) from error
    except RefusedError as error:
        raise problems.ProblemError(problems.UNUSABLE, str(error)) from error


def _batch_name(given: bytes, said: str | None) -> str:
    """Return the batch's name, from the header or the body."""
    named = said.encode("utf-8", "replace") if said is not None else given
    if given and said is not None and given != named:
        raise problems.ProblemError(
            problems.UNUSABLE, f"The body and {documents.BATCH_HEADER} name two batches."
        )
    if _BATCH.fullmatch(named) is None:
        raise problems.ProblemError(
            problems.UNUSABLE,
            "Name the batch, so that sending it again counts once: 1 to 64 printable ASCII "
            f"characters without spaces, as `batch` or in {documents.BATCH_HEADER}.",
        )
    return named.decode("ascii")


def _nothing_kept(checked: Checked) -> problems.ProblemError:
    """Return the problem of a batch of which no row can be kept, with a reason for each."""
    return problems.ProblemError(
        problems.UNUSABLE,
        f"None of the {checked.received} rows can be kept: see errors, for the first of them.",
        errors=tuple(problems.Fault(f"row {one.row}", one.reason) for one in checked.examples),
    )


@get(
    "/api/v1/beacons",
    security=[{"device": []}],
    responses={200: documents.answers(documents.Beacons, "By day (ISO 8601)")}
    | problems.documented(problems.UNKNOWN_SECRET, problems.REFUSED, problems.GONE),
)
async def beacons(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say what the phone sends over Bluetooth today."""
    door, device = door_of(request), device_of(request)
    live = await asyncio.to_thread(door.service.consents.live, None, device.person, _BLUETOOTH)
    if not live:
        raise problems.ProblemError(
            problems.REFUSED, "Bluetooth needs its own yes, which is not given or was withdrawn."
        )
    today = door.service.clock() // MILLISECONDS_A_DAY
    found = await asyncio.to_thread(door.service.vault.beacons, device.person, (today,))
    named = {
        (_EPOCH + timedelta(days=day)).isoformat(): beacon.hex() for day, beacon in found.items()
    }
    return problems.json_bytes(documents.Beacons(named))
