"""Kinds of evidence, and what each can say about two people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortnight.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable

# One bit each, so that the kinds behind a whole column of contacts are one array.
KINDS = {
    "ties": 1,  # they call or text each other: never an exposure
    "cell": 2,  # the operator's towers: the same area
    "fixes": 4,  # location of their phones: the same place
    "visit": 8,  # both checked in at the venue
    "visit-room": 16,  # both checked in to the room
    "sensor": 32,  # face to face, by a sensor that tells closeness itself
    "bluetooth": 64,  # one phone heard the other
    "household": 128,  # living together, confirmed by one of them
    "physical": 256,  # touch, confirmed by one of them
    "air": 512,  # in air that the case had left, where the disease lingers in it
}

NOT_CLOSE = 1 << 20
"""A mark beside "bluetooth": phones heard each other, but were not likely face to face. It then
says "same place" and no more; no kind of evidence itself."""

SAME_PLACE = KINDS["fixes"] | KINDS["visit"] | KINDS["visit-room"] | KINDS["air"]
CONFIRMED = KINDS["household"] | KINDS["physical"]
CLOSE = CONFIRMED | KINDS["sensor"] | KINDS["bluetooth"]
# The evidence on which a probability of transmission was measured.
MEASURED = KINDS["bluetooth"] | KINDS["household"]


def bits_of(kinds: Iterable[str]) -> int:
    """Return the kinds as one number, or say which there is none of."""
    bits = 0
    for kind in kinds:
        if kind not in KINDS:
            raise QuestionError(f"There is no kind of evidence {kind!r}: give {', '.join(KINDS)}.")
        bits |= KINDS[kind]
    return bits
