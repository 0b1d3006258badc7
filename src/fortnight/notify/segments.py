"""How many segments a text takes: what an operator charges for, and where a phone may break it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

# 3GPP TS 23.038, the default alphabet without the escape.
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")  # an escape and one more
_GSM7: Final = (160, 153)  # alone; as a part of several
_UCS2: Final = (70, 67)
_BEYOND_UCS2: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text takes: its alphabet, its length in units of that alphabet, its segments."""

    alphabet: Literal["GSM-7", "UCS-2"]
    units: int
    count: int


def segments(text: str) -> Segments:
    """Count the segments of a text. No character is split over two."""
    if set(text) <= _BASIC | _EXTENDED:
        costs = [2 if character in _EXTENDED else 1 for character in text]
        return Segments("GSM-7", sum(costs), _count(costs, *_GSM7))
    costs = [2 if ord(character) > _BEYOND_UCS2 else 1 for character in text]
    return Segments("UCS-2", sum(costs), _count(costs, *_UCS2))


def _count(costs: Iterable[int], alone: int, part: int) -> int:
    listed = list(costs)
    if sum(listed) <= alone:
        return 1
    count, filled = 1, 0
    for cost in listed:
        if filled + cost > part:
            count, filled = count + 1, 0
        filled += cost
    return count
