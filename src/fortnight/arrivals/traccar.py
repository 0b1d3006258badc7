"""A message of Traccar Client: as parameters of a form, or since version 9 as JSON.

https://www.traccar.org/osmand describes both. The app sends again what is not answered with 200.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from fortnight.arrivals.json_rows import NOT_JSON, FixRow
from fortnight.arrivals.posts import post_of, refused
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.arrivals.bounds import Bounds
    from fortnight.arrivals.json_rows import Value
    from fortnight.arrivals.posts import Post

NAMES: Final = ("id", "deviceid")
"""What the app calls itself in a form; in JSON it is `device_id`."""
_MOST_DIGITS: Final = 18


class _Coords(msgspec.Struct, gc=False):
    latitude: int | float | str | None = None
    longitude: int | float | str | None = None
    accuracy: int | float | str | None = None


class _Location(msgspec.Struct, gc=False):
    timestamp: int | float | str | None = None
    coords: _Coords | None = None


class _Message(msgspec.Struct, gc=False):
    device_id: str | None = None
    location: _Location | list[msgspec.Raw] | None = None


_messages: Final = msgspec.json.Decoder(_Message)
_locations: Final = msgspec.json.Decoder(_Location)


def named_in(body: bytes, bounds: Bounds) -> str | None:
    """Return what the app calls itself in JSON, None where that cannot be read."""
    try:
        bounds.check_json(body)
        return _messages.decode(body).device_id
    except (*NOT_JSON, RefusedError):
        return None


def read_json_message(body: bytes, device: str, now: int, bounds: Bounds) -> list[Post]:
    """Return what the places of a JSON message come to at ``now`` (ms since 1970 UTC)."""
    try:
        bounds.check_json(body)
        said = _messages.decode(body).location
    except RefusedError:
        return [refused("too-large")]
    except NOT_JSON:
        return [refused("damaged")]
    if isinstance(said, list):
        return [_of_part(part, device, now) for part in said]
    return [_of_location(said, device, now)]


def read_form_message(said: Mapping[str, str], device: str, now: int) -> list[Post]:
    """Return what a message of parameters comes to."""
    if said.get("valid", "true").lower() in {"false", "0"}:
        return [refused("not-a-location")]
    lat, _, lon = said.get("location", "").partition(",")
    time = _instant(said.get("timestamp"))
    row = FixRow(
        time=time,
        lon=_number(said.get("lon") or lon),
        lat=_number(said.get("lat") or lat),
        accuracy=_number(said.get("accuracy")),
    )
    if row.lat is None and row.lon is None:
        return [refused("not-a-location")]
    return [post_of(device, time, row, now)]


def _of_part(part: bytes, device: str, now: int) -> Post:
    try:
        return _of_location(_locations.decode(part), device, now)
    except NOT_JSON:
        return refused("damaged")


def _of_location(said: _Location | None, device: str, now: int) -> Post:
    if said is None or said.coords is None:
        return refused("not-a-location")
    where = said.coords
    row = FixRow(said.timestamp, where.longitude, where.latitude, _known(where.accuracy))
    return post_of(device, said.timestamp, row, now)


def _known(accuracy: Value) -> Value:
    """Return an accuracy; the phone says -1 where it does not know."""
    return None if isinstance(accuracy, int | float) and accuracy < 0 else accuracy


def _number(text: str | None) -> Value:
    """Return a number that was written in a form, nothing where it is empty."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _instant(text: str | None) -> Value:
    """Return a time: seconds or milliseconds since 1970, or a text; without an offset it is UTC."""
    said = (text or "").strip()
    if said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS:
        return int(said)
    if len(said) == len("2026-03-01 12:00:00") and said[10:11] == " ":
        return f"{said.replace(' ', 'T')}Z"
    return said or None
