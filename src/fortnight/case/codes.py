"""The code that is sent to a case, and read back as their yes: short, and of few tries."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

DIGITS: Final = 6
TRIES: Final = 5
"""Guesses that one code allows."""
CODES: Final = 5
"""Codes that one case may be sent: 25 guesses in a million, whoever makes them."""
VALID_MS: Final = 24 * 3_600_000


def new_code(random: Callable[[int], bytes]) -> str:
    """Return six digits; of 64 random bits, so that no digit is likelier than another."""
    return f"{int.from_bytes(random(8), 'big') % 10**DIGITS:0{DIGITS}}"


def code_hash(secret: bytes, case_id: str, code: str) -> bytes:
    """Return the keyed hash of a case's code, 32 bytes: what the database may hold of it."""
    return hmac.digest(secret, f"code {case_id} {code}".encode(), "sha256")


def is_code(secret: bytes, case_id: str, code: str, held: bytes) -> bool:
    """Tell whether somebody's code is the one that was sent; blanks within it are passed over."""
    return hmac.compare_digest(code_hash(secret, case_id, "".join(code.split())), held)
