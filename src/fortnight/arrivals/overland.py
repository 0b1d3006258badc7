"""A batch of the Overland app: places as GeoJSON features.

The app keeps a batch until it is answered ``{"result":"ok"}``, and sends it again for ever
otherwise: so what cannot be kept is counted, and nothing of it is told to the phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from fortnight.arrivals.json_rows import NOT_JSON, FixRow
from fortnight.arrivals.posts import post_of, refused
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from fortnight.arrivals.bounds import Bounds
    from fortnight.arrivals.json_rows import Value
    from fortnight.arrivals.posts import Post

_PAIR: Final = 2


class _Geometry(msgspec.Struct, gc=False):
    type: str | None = None
    coordinates: list[Any] = []


class _Properties(msgspec.Struct, gc=False):
    timestamp: str | int | float | None = None
    horizontal_accuracy: int | float | str | None = None


class _Feature(msgspec.Struct, gc=False):
    geometry: _Geometry | None = None
    properties: _Properties | None = None


class _Batch(msgspec.Struct, gc=False):
    locations: list[msgspec.Raw]


_batches: Final = msgspec.json.Decoder(_Batch)
_features: Final = msgspec.json.Decoder(_Feature)


def read_batch(body: bytes, device: str, now: int, bounds: Bounds) -> list[Post]:
    """Return what each place of a batch comes to at ``now`` (ms since 1970 UTC)."""
    try:
        bounds.check_json(body)
        parts = _batches.decode(body).locations
        bounds.check_rows(len(parts))
    except RefusedError:
        return [refused("too-large")]
    except NOT_JSON:
        return [refused("damaged")]
    return [_post(part, device, now) for part in parts]


def _post(part: bytes, device: str, now: int) -> Post:
    try:
        feature = _features.decode(part)
    except NOT_JSON:
        return refused("damaged")
    where, told = feature.geometry, feature.properties or _Properties()
    if where is None or where.type != "Point" or len(where.coordinates) < _PAIR:
        return refused("not-a-location")
    lon, lat = (_number(one) for one in where.coordinates[:_PAIR])
    row = FixRow(time=told.timestamp, lon=lon, lat=lat, accuracy=_known(told.horizontal_accuracy))
    return post_of(device, told.timestamp, row, now)


def _number(value: object) -> Value:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _known(accuracy: Value) -> Value:
    """Return an accuracy; the phone says -1 where it does not know."""
    return None if isinstance(accuracy, int | float) and accuracy < 0 else accuracy
