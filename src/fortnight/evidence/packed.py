"""Checked rows of one person as compact bytes: what waits, sealed, between the door and the lake.

A header of four bytes says the version and the kind. Fixes, encounters and ties have rows of one
length; check-ins have texts, and are MessagePack. A single fix takes 25 bytes.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from fortnight.errors import InputError

FIX: Final = np.dtype(
    [
        ("time", "<i8"),  # ms since 1970 UTC
        ("lon", "<i4"),  # 1e-7 degrees, WGS 84
        ("lat", "<i4"),
        ("accuracy", "<f4"),  # metres, 68 %; NaN where the phone claimed none
        ("source", "u1"),  # place in schema.SOURCES
    ]
)
ENCOUNTER: Final = np.dtype(
    [
        ("start", "<i8"),
        ("end", "<i8"),
        ("seen", "u1", (16,)),  # the beacon of the day that was heard
        ("attenuation", "<f4"),  # dB; NaN where the sensor tells closeness itself
        ("kind", "u1"),  # place in ENCOUNTER_KINDS
    ]
)
TIE: Final = np.dtype(
    [
        ("start", "<i8"),
        ("other", "u1", (16,)),  # the id of the person who was called or written to
        ("seconds", "<i4"),
        ("kind", "u1"),  # place in TIE_KINDS
    ]
)
ENCOUNTER_KINDS: Final = ("bluetooth", "sensor")
TIE_KINDS: Final = ("call", "message")
CLOSED: Final = ("checked-out", "presumed")

Rows = NDArray[Any]
_VERSION: Final = 1
_MAGIC: Final = b"FN"
_KINDS: Final = ("fixes", "visits", "encounters", "ties")
_TYPES: Final = {"fixes": FIX, "encounters": ENCOUNTER, "ties": TIE}


class CheckIn(msgspec.Struct, frozen=True, array_like=True):
    """One check-in: times in ms since 1970 UTC, ``closed`` one of CLOSED, degrees WGS 84."""

    venue: str
    room: str | None
    start: int
    end: int
    closed: str
    lon: float | None = None
    lat: float | None = None


_CHECK_INS: Final = msgspec.msgpack.Decoder(list[CheckIn])


def pack_rows(kind: str, rows: Rows) -> bytes:
    """Return fixes, encounters or ties (arrays of FIX, ENCOUNTER or TIE) as bytes."""
    if rows.dtype != _TYPES[kind]:
        raise TypeError(f"rows of {kind} have type {rows.dtype}")
    return _header(kind) + rows.tobytes()


def pack_check_ins(rows: list[CheckIn]) -> bytes:
    """Return check-ins as bytes."""
    return _header("visits") + msgspec.msgpack.encode(rows)


def unpack_rows(kind: str, data: bytes) -> Rows:
    """Return the rows that ``pack_rows`` made bytes of; the array is read-only.

    Raises InputError where the bytes are no rows of this kind.
    """
    body = _body(kind, data)
    if len(body) % _TYPES[kind].itemsize:
        raise InputError(f"Packed {kind} end within a row: they were cut short.")
    return np.frombuffer(body, dtype=_TYPES[kind])


def unpack_check_ins(data: bytes) -> list[CheckIn]:
    """Return the check-ins that ``pack_check_ins`` made bytes of.

    Raises InputError where the bytes are none.
    """
    try:
        return _CHECK_INS.decode(_body("visits", data))
    except msgspec.DecodeError as error:
        raise InputError(f"Packed visits cannot be read: {error}.") from error


def _header(kind: str) -> bytes:
    return _MAGIC + bytes((_VERSION, _KINDS.index(kind)))


def _body(kind: str, data: bytes) -> memoryview:
    if data[:4] != _header(kind):
        raise InputError(f"These bytes are no packed {kind} of version {_VERSION}.")
    return memoryview(data)[4:]
