"""One message of the OwnTracks app: a fix, or a counted refusal. The phone never hears of either.

The app drops what is answered with an error, or piles it up for ever: so nothing raises here.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from fortnight.arrivals.checked import Checked, Example
from fortnight.arrivals.json_rows import NOT_JSON, FixRow, JsonTable, Value
from fortnight.arrivals.rows import check_json_fixes
from fortnight.errors import FortnightError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.arrivals.bounds import Bounds

_NOTHING: Final = b""
_FIRST: Final = np.zeros(1, dtype=np.int64)


class Message(msgspec.Struct, gc=False):
    """What is read of a message; the app sends more."""

    kind: str | None = msgspec.field(default=None, name="_type")
    lat: Value = None
    lon: Value = None
    tst: Value = None
    acc: Value = None
    data: str | None = None  # of an encrypted message: nonce and box in base64


@dataclass(frozen=True, slots=True)
class Post:
    """What one message came to: one fix kept, or one refusal."""

    batch: str  # the same for the same device and time, so that a repeat is stored once
    checked: Checked


_decoder: Final = msgspec.json.Decoder(Message)


def read_post(
    body: bytes, device: str, key: Callable[[], bytes | None], now: int, bounds: Bounds
) -> Post:
    """Return what a device's message comes to at `now` (ms since 1970 UTC).

    Parameters
    ----------
    key : callable
        Returns the device's secret for encrypted messages; asked only where one came.
    """
    try:
        message = _message(body, bounds)
        if message.kind == "encrypted":
            message = _message(_decrypted(message.data or "", key), bounds)
        if message.kind != "location":
            return _refused("not-a-location")
        return Post(_batch(device, message.tst), _checked(message, now))
    except _UnreadableError as error:
        return _refused(error.reason)


class _UnreadableError(Exception):
    """A message that holds no fix, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _message(body: bytes, bounds: Bounds) -> Message:
    try:
        bounds.check_json(body)
    except RefusedError as error:
        raise _UnreadableError("too-large") from error
    try:
        return _decoder.decode(body)
    except NOT_JSON as error:
        raise _UnreadableError("damaged") from error


def _decrypted(data: str, key: Callable[[], bytes | None]) -> bytes:
    """Return the plain message of an encrypted one: libsodium's secretbox, its nonce first."""
    try:
        secret = key()
        if secret is None:
            raise _UnreadableError("undecryptable")
        padded = secret.ljust(SecretBox.KEY_SIZE, b"\x00")[: SecretBox.KEY_SIZE]
        return SecretBox(padded).decrypt(binascii.a2b_base64(data.encode()))
    except (CryptoError, ValueError, FortnightError) as error:
        raise _UnreadableError("undecryptable") from error


def _batch(device: str, time: Value) -> str:
    return sha256(f"{device} {time}".encode()).hexdigest()


def _refused(reason: str) -> Post:
    checked = Checked(_NOTHING, 0, 1, {reason: 1}, (Example(0, reason),))
    return Post("", checked)


def _checked(message: Message, now: int) -> Checked:
    """Return what the library's rules say of a location."""
    row = FixRow(time=message.tst, lon=message.lon, lat=message.lat, accuracy=message.acc)
    return check_json_fixes(JsonTable([row], _FIRST, ()), now)
