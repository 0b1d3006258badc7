"""How many segments a text takes, and where it is cut: what an operator charges for.

The default alphabet of 3GPP TS 23.038 where every character is in it, UCS-2 otherwise. Cut nowhere
inside a character: neither after an escape nor between the halves of a surrogate pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Alphabet: TypeAlias = Literal["GSM-7", "UCS-2"]

# By code, 0x00 to 0x7F; the escape at 0x1B stands for itself and is no character of a text.
BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED: Final = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
ESCAPE: Final = 0x1B
_KNOWN: Final = (frozenset(BASIC) - {"\x1b"}) | EXTENDED.keys()
_LENGTHS: Final = {"GSM-7": (160, 153), "UCS-2": (70, 67)}  # alone; as a part of several
_BEYOND_UCS2: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text takes: its alphabet, its length in units of that alphabet, its segments."""

    alphabet: Alphabet
    units: int
    count: int


def segments(text: str) -> Segments:
    """Count the segments of a text."""
    alphabet = alphabet_of(text)
    return Segments(alphabet, sum(costs(text, alphabet)), len(cut(text)))


def alphabet_of(text: str) -> Alphabet:
    """Return the alphabet that a text is sent in."""
    return "GSM-7" if set(text) <= _KNOWN else "UCS-2"


def cut(text: str) -> tuple[str, ...]:
    """Return a text in the parts in which it is sent; together they are the text."""
    alphabet = alphabet_of(text)
    alone, part = _LENGTHS[alphabet]
    each = costs(text, alphabet)
    if sum(each) <= alone:
        return (text,)
    starts, filled = [0], 0
    for place, cost in enumerate(each):
        if filled + cost > part:
            starts.append(place)
            filled = 0
        filled += cost
    return tuple(text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True))


def costs(text: str, alphabet: Alphabet) -> list[int]:
    """Return the units that each character takes."""
    if alphabet == "GSM-7":
        return [2 if character in EXTENDED else 1 for character in text]
    return [2 if ord(character) > _BEYOND_UCS2 else 1 for character in text]
