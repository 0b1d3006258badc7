"""What stands for a person on one day, and on no other: the lake's names, and Bluetooth's.

Nobody without both keys can tell two days of one person from days of two. When a day's key is
destroyed, nobody can any more.
"""

from __future__ import annotations

import hmac
from typing import Final

PSEUDONYM_BYTES: Final = 16
_BEACON: Final = b"beacon"


def daily_pseudonym(day_key: bytes, person_key: bytes, day: int) -> bytes:
    """Return the first 16 bytes of HMAC-SHA256(day key, person key ‖ day, 8 bytes big endian).

    ``day`` is in days since 1970 UTC.
    """
    return _keyed(day_key, person_key + day.to_bytes(8, "big"))


def daily_beacon(day_key: bytes, person_key: bytes, day: int) -> bytes:
    """Return what a person's phone sends over Bluetooth that day: 16 bytes.

    As the pseudonym, with the word ``beacon`` before: whoever hears a phone must not learn the
    name of its owner's day in the lake.
    """
    return _keyed(day_key, _BEACON + person_key + day.to_bytes(8, "big"))


def _keyed(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")[:PSEUDONYM_BYTES]
