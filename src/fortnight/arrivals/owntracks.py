"""One message of the OwnTracks app: a fix, or a counted refusal. The phone never hears of either.

The app drops what is answered with an error, or piles it up for ever: so nothing raises here.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Final

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from fortnight.arrivals.json_rows import NOT_JSON, FixRow, Value
from fortnight.arrivals.posts import post_of, refused
from fortnight.errors import FortnightError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.arrivals.bounds import Bounds
    from fortnight.arrivals.posts import Post


class Message(msgspec.Struct, gc=False):
    """What is read of a message; the app sends more."""

    kind: str | None = msgspec.field(default=None, name="_type")
    lat: Value = None
    lon: Value = None
    tst: Value = None
    acc: Value = None
    data: str | None = None  # of an encrypted message: nonce and box in base64


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
            return refused("not-a-location")
        row = FixRow(message.tst, message.lon, message.lat, message.acc)
        return post_of(device, message.tst, row, now)
    except _UnreadableError as error:
        return refused(error.reason)


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
