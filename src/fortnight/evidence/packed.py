"""Rows as compact bytes: what is sealed at the door, and what the lake unpacks.

Little endian. A head of eight bytes (the kind's letter, the version, two zeros, the number of
rows) and then row after row, so that many arrivals are unpacked by one joining of bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import numpy as np
import pyarrow as pa

from fortnight.evidence.values import blank_as_null

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Int64 = NDArray[np.int64]

LETTERS: Final[Mapping[str, bytes]] = {
    "fixes": b"F",
    "visits": b"V",
    "encounters": b"E",
    "ties": b"T",
}
ID_BYTES: Final = 16
_VERSION: Final = 1
_HEAD: Final = struct.Struct("<cB2xI")
_FIX: Final = np.dtype(
    [("time", "<i8"), ("lon_e7", "<i4"), ("lat_e7", "<i4"), ("accuracy", "<f4"), ("source", "u1")]
)
_ONE_FIX: Final = struct.Struct("<qiifB")
_VISIT: Final = np.dtype(
    [("start", "<i8"), ("end", "<i8"), ("presumed", "?"), ("venue", "<u2"), ("room", "<u2")]
)
_ENCOUNTER: Final = np.dtype(
    [("beacon", "u1", (ID_BYTES,)), ("start", "<i8"), ("end", "<i8"), ("attenuation", "<f4")]
)
_TIE: Final = np.dtype(
    [("other", "u1", (ID_BYTES,)), ("start", "<i8"), ("kind", "u1"), ("seconds", "<i4")]
)


@dataclass(frozen=True, slots=True)
class Fixes:
    """Fixes of one person."""

    time: Int64  # milliseconds since 1970 UTC
    lon_e7: NDArray[np.int32]  # ten-millionths of a degree
    lat_e7: NDArray[np.int32]
    accuracy: NDArray[np.float32]  # metres, NaN where none was claimed
    source: NDArray[np.uint8]  # place in schema.SOURCES


@dataclass(frozen=True, slots=True)
class Visits:
    """Check-ins of one person."""

    venue: pa.StringArray
    room: pa.StringArray  # null where none was named
    start: Int64  # milliseconds since 1970 UTC
    end: Int64
    presumed: NDArray[np.bool_]  # nobody saw the end


@dataclass(frozen=True, slots=True)
class Encounters:
    """Phones that one person's phone heard."""

    beacon: NDArray[np.uint8]  # 16 bytes a row: what the other phone sent on the day of `start`
    start: Int64  # milliseconds since 1970 UTC
    end: Int64
    attenuation: NDArray[np.float32]  # dB


@dataclass(frozen=True, slots=True)
class Ties:
    """Calls and messages of one person to others who agreed too."""

    other: NDArray[np.uint8]  # 16 bytes a row: the other person's id
    start: Int64  # milliseconds since 1970 UTC
    kind: NDArray[np.uint8]  # 0 a call, 1 a message
    seconds: NDArray[np.int32]


def pack_fixes(rows: Fixes) -> bytes:
    """Return fixes in 21 bytes each."""
    return _packed("fixes", _filled(_FIX, rows))


FixTuple: TypeAlias = tuple[int, int, int, float, int]
"""One fix: time, longitude and latitude in ten-millionths, accuracy, source; as in `Fixes`."""


def pack_fix_rows(rows: Sequence[FixTuple]) -> bytes:
    """Return fixes as `pack_fixes` does, ten times faster where they are few."""
    head = _HEAD.pack(LETTERS["fixes"], _VERSION, len(rows))
    return b"".join([head, *[_ONE_FIX.pack(*row) for row in rows]])


def unpack_fixes(parts: Sequence[bytes]) -> tuple[Fixes, Int64]:
    """Return the fixes of many packed parts as one, and how many each part had.

    Raises ValueError for bytes that no `pack_fixes` made; the other kinds likewise.
    """
    rows, counts = _unpacked("fixes", _FIX, parts)
    return Fixes(*(rows[name] for name in _FIX.names or ())), counts


def pack_encounters(rows: Encounters) -> bytes:
    """Return encounters in 36 bytes each."""
    return _packed("encounters", _filled(_ENCOUNTER, rows))


def unpack_encounters(parts: Sequence[bytes]) -> tuple[Encounters, Int64]:
    """Return the encounters of many packed parts as one, and how many each part had."""
    rows, counts = _unpacked("encounters", _ENCOUNTER, parts)
    return Encounters(*(rows[name] for name in _ENCOUNTER.names or ())), counts


def pack_ties(rows: Ties) -> bytes:
    """Return ties in 29 bytes each."""
    return _packed("ties", _filled(_TIE, rows))


def unpack_ties(parts: Sequence[bytes]) -> tuple[Ties, Int64]:
    """Return the ties of many packed parts as one, and how many each part had."""
    rows, counts = _unpacked("ties", _TIE, parts)
    return Ties(*(rows[name] for name in _TIE.names or ())), counts


def pack_visits(rows: Visits) -> bytes:
    """Return visits in 21 bytes each and their texts: every venue, then every room."""
    venues, rooms = _encoded(rows.venue), _encoded(rows.room)
    table = np.zeros(len(rows.start), dtype=_VISIT)
    table["start"], table["end"], table["presumed"] = rows.start, rows.end, rows.presumed
    table["venue"], table["room"] = [len(text) for text in venues], [len(text) for text in rooms]
    return _packed("visits", table) + b"".join(venues) + b"".join(rooms)


def unpack_visits(parts: Sequence[bytes]) -> tuple[Visits, Int64]:
    """Return the visits of many packed parts as one, and how many each part had."""
    counts = np.array([_count("visits", part) for part in parts], dtype=np.int64)
    ends = [_HEAD.size + int(count) * _VISIT.itemsize for count in counts]
    bodies = [part[_HEAD.size : end] for part, end in zip(parts, ends, strict=True)]
    rows = np.frombuffer(b"".join(bodies), dtype=_VISIT)
    texts = [part[end:] for part, end in zip(parts, ends, strict=True)]
    cuts, place = [], 0
    for count, text in zip(counts.tolist(), texts, strict=True):
        cut = int(rows["venue"][place : place + count].sum(dtype=np.int64))
        whole = cut + int(rows["room"][place : place + count].sum(dtype=np.int64))
        if whole != len(text):
            raise ValueError("packed visits: the texts are not as long as the rows say")
        cuts.append(cut)
        place += count
    pairs = list(zip(texts, cuts, strict=True))
    venue = _texts([text[:cut] for text, cut in pairs], rows["venue"])
    room = blank_as_null(_texts([text[cut:] for text, cut in pairs], rows["room"]))
    return Visits(venue, room, rows["start"], rows["end"], rows["presumed"]), counts


def count_of(kind: str, data: bytes) -> int:
    """Return how many rows of a kind bytes say they hold; ValueError where they are another's."""
    return _count(kind, data)


def _packed(kind: str, rows: NDArray[np.void]) -> bytes:
    return _HEAD.pack(LETTERS[kind], _VERSION, len(rows)) + rows.tobytes()


def _filled(shape: np.dtype[np.void], rows: Fixes | Encounters | Ties) -> NDArray[np.void]:
    """Return the columns side by side."""
    table = np.empty(
        len(getattr(rows, "start" if "start" in (shape.names or ()) else "time")), shape
    )
    for name in shape.names or ():
        table[name] = getattr(rows, name)
    return table


def _unpacked(
    kind: str, shape: np.dtype[np.void], parts: Sequence[bytes]
) -> tuple[NDArray[Any], Int64]:
    counts = [_count(kind, part) for part in parts]
    for part, count in zip(parts, counts, strict=True):
        if len(part) != _HEAD.size + count * shape.itemsize:
            raise ValueError(f"packed {kind}: {len(part)} bytes cannot hold {count} rows")
    bodies = b"".join([part[_HEAD.size :] for part in parts])
    return np.frombuffer(bodies, dtype=shape), np.array(counts, dtype=np.int64)


def _count(kind: str, data: bytes) -> int:
    if len(data) < _HEAD.size:
        raise ValueError(f"packed {kind}: {len(data)} bytes are not even a head")
    letter, version, count = _HEAD.unpack_from(data)
    if (letter, version) != (LETTERS[kind], _VERSION):
        raise ValueError(f"packed {kind}: these are other rows, or of another version")
    return int(count)


def _encoded(texts: pa.StringArray) -> list[bytes]:
    return [(text or "").encode() for text in texts.to_pylist()]


def _texts(parts: Sequence[bytes], lengths: NDArray[np.uint16]) -> pa.StringArray:
    """Return joined texts as a column; `lengths` are in bytes."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(parts))]
    column = pa.Array.from_buffers(pa.string(), len(lengths), buffers)
    column.validate(full=True)
    return cast("pa.StringArray", column)
