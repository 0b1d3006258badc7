"""The door for positions that nobody keeps: its answer reminds the phone that sent one, alone.

Whether anybody is reminded shows nowhere else: answers to a position have one length, one status
and one count, whatever they say, so that no log of a proxy tells one from another.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from litestar import MediaType, Request, Response, post

from fortnight.evidence.packed import unpack_fixes
from fortnight.evidence.schema import SOURCES
from fortnight.followup.words import LANGUAGES, say
from fortnight.isolation.reminder import Position
from fortnight.web import documents, problems
from fortnight.web.bodies import header, media_type, read
from fortnight.web.door import caller_of, door_of
from fortnight.web.office.language import language_of

if TYPE_CHECKING:
    from fortnight.vault.people import Device
    from fortnight.web.bodies import Incoming
    from fortnight.web.door import Door
    from fortnight.web.needs import Service

LENGTH: Final = 1_536
"""Bytes of every answer to a position: blanks fill up what a short one lacks."""
_E7: Final = 1e7
_FIRST_EPOCH_MS: Final = 100_000_000_000
_ANDROID: Final = b"android"
_NAME: Final = "Fortnight"


class _Said(msgspec.Struct, frozen=True):
    """A position as an app says it; without a time it is of now."""

    lon: Annotated[float, msgspec.Meta(ge=-180.0, le=180.0)]
    lat: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
    accuracy: Annotated[float, msgspec.Meta(gt=0.0)] | None = None
    time: (
        Annotated[int, msgspec.Meta(ge=_FIRST_EPOCH_MS)]
        | Annotated[datetime, msgspec.Meta(tz=True)]
        | None
    ) = None
    source: Literal["gnss", "wifi", "cell", "unknown"] = "unknown"


_decoder: Final = msgspec.json.Decoder(_Said)


@post(
    "/api/v1/reminder",
    status_code=200,
    operation_class=documents.TAKES_POSITION,
    security=[{"device": []}],
    responses={200: documents.answers(documents.Reminded, "Whether to remind, and in which words")}
    | problems.documented(
        problems.UNREADABLE,
        problems.UNKNOWN_SECRET,
        problems.REFUSED,
        problems.TOO_SLOW,
        problems.TOO_LARGE,
        problems.WRONG_TYPE,
        problems.UNUSABLE,
        problems.NOT_READY,
    ),
)
async def reminder(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say whether the phone is to remind its person that they may have left home.

    The position is kept nowhere. Who turned the reminder off is answered as who is at home.
    """
    door, caller = door_of(request), caller_of(request)
    if caller.device is None:
        raise problems.ProblemError(problems.UNKNOWN_SECRET, "This route is for devices.")
    if media_type(request) != documents.JSON:
        raise problems.ProblemError(problems.WRONG_TYPE, f"Send {documents.JSON}.")
    body = await read(request, door.most_bytes(caller.route), door.patience)
    try:
        said = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise problems.ProblemError(
            problems.UNUSABLE, "Send lon and lat in degrees; accuracy in metres, time and source."
        ) from error
    remind = await _judged(door, caller.device.person, partial(_position, said))
    words = words_for(request) if remind else ""
    return Response(_answer(documents.Reminded(remind, words)), media_type=MediaType.JSON)


async def reminded(request: Incoming, device: Device, packed: bytes) -> bytes | None:
    """Return what OwnTracks is answered to a fix that is not kept; None where it is not for this.

    iOS shows the notification of a command, Android the words of an event.
    """
    door = door_of(request)
    person, reminders = device.person, door.service.support.reminders
    if not await asyncio.to_thread(reminders.concerns, person, door.service.clock()):
        return None
    if not await _judged(door, person, partial(_position_of, packed)):
        return _answer([])
    words = words_for(request)
    if _ANDROID in header(request.scope, b"user-agent").lower():
        now_s = door.service.clock() // 1_000
        return _answer([_event(words, now_s)])
    told = {"_type": "cmd", "action": "action", "notification": words, "content": words}
    return _answer([told])


def _event(words: str, now_s: int) -> dict[str, object]:
    """Return an event without a place, whose words Android shows; ``now_s`` since 1970."""
    return {
        "_type": "transition",
        "event": "leave",
        "tid": _NAME[:2],
        "t": "c",
        "desc": words,
        "tst": now_s,
        "wtst": now_s,
        "lat": 0.0,
        "lon": 0.0,
        "acc": 0.0,
    }


def words_for(request: Incoming) -> str:
    """Return the reminder in the language of the phone; in each where it names none.

    The language that somebody enrolled with would take a look at them.
    """
    accepted = header(request.scope, b"accept-language").decode("latin-1")
    spoken = (language_of(None, accepted),) if accepted else LANGUAGES
    return " / ".join(say("reminder", "remember", one) for one in spoken)


def _answer(said: object) -> bytes:
    body = msgspec.json.encode(said)
    return body.ljust(LENGTH)


async def _judged(door: Door, person: str, position: partial[Position]) -> bool:
    service = door.service
    now = service.clock()
    return await asyncio.to_thread(_judged_at, service, person, position, now)


def _judged_at(service: Service, person: str, position: partial[Position], now: int) -> bool:
    """Judge a position at the hour that it is where the person says that they are."""
    minute = service.support.followups.here(person, now).minute
    return service.support.reminders.position(person, position(now, minute), now)


def _position(said: _Said, now: int, minute: int) -> Position:
    at = said.time
    if isinstance(at, datetime):
        at = round(at.timestamp() * 1_000)
    then = now if at is None else at
    return Position(then, minute, said.lon, said.lat, said.accuracy, said.source)


def _position_of(packed: bytes, now: int, minute: int) -> Position:  # noqa: ARG001 - as `_position`
    """Return the one fix of a message, which was found sound."""
    fixes, _ = unpack_fixes([packed])
    accuracy = float(fixes.accuracy[0])
    return Position(
        at=int(fixes.time[0]),
        minute=minute,
        lon=int(fixes.lon_e7[0]) / _E7,
        lat=int(fixes.lat_e7[0]) / _E7,
        accuracy=accuracy if accuracy == accuracy else None,  # noqa: PLR0124 - NaN: none claimed
        source=str(SOURCES[int(fixes.source[0])]),
    )
