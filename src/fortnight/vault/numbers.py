"""Phone numbers: one way to write each, and a keyed hash to find its owner by."""

from __future__ import annotations

import hmac
from typing import Final

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    parse,
)

from fortnight.errors import RefusedError

_LONGEST: Final = 40
_ADVICE: Final = "give it in full with its country, such as +44 20 7946 0000"


def parse_number(text: str) -> str:
    """Return a phone number as E.164, such as ``+442079460000``.

    Raises RefusedError, without the number, where it names no country, has an extension, or is of
    a length that its country has no numbers of. Whether it is assigned is not asked: plans change
    faster than any table of them.
    """
    if len(text) > _LONGEST:
        raise RefusedError(f"This is too long for a phone number: {_ADVICE}.")
    try:
        number = parse(text, None)
    except NumberParseException as error:
        raise RefusedError(f"This is not a phone number: {_ADVICE}.") from error
    if number.extension:
        raise RefusedError(f"A phone number with an extension gets no texts: {_ADVICE}.")
    if not is_possible_number(number):
        raise RefusedError(f"No phone number of that country has this length: {_ADVICE}.")
    return format_number(number, PhoneNumberFormat.E164)


def lookup_hash(key: bytes, number: str) -> bytes:
    """Return HMAC-SHA256 of a number in E.164: 32 bytes.

    Keyed, because all numbers of a country can be tried in seconds.
    """
    return hmac.digest(key, number.encode("ascii"), "sha256")
