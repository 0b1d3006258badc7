"""The port to whatever carries texts to phones, and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

MARKER_DIGITS: Final = 4
"""Hexadecimal digits of a message's id that go with it to the gateway, which may send them back."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text on its way out.

    ``id`` is the message's own: a gateway that saw it before may say so. Number and words stay out
    of every representation, so that no log line or traceback can hold them.
    """

    id: str
    number: str = field(repr=False)  # E.164
    words: str = field(repr=False)
    at: int  # ms since 1970

    @property
    def marker(self) -> int:
        """What tells this text from others to the same phone: 16 bits of its id."""
        return marker_of(self.id)


def marker_of(message_id: str) -> int:
    """Return the 16 bits by which a message's id is known in a receipt."""
    return int(message_id[:MARKER_DIGITS], 16)


class Answer(StrEnum):
    """What a gateway said."""

    TAKEN = "taken"  # it will carry it, or has
    BUSY = "busy"  # it did not take it: later
    REFUSED = "refused"  # it did not take it, and never will
    UNKNOWN = "unknown"  # it said nothing, and may have taken it


@dataclass(frozen=True, slots=True)
class Said:
    """What a gateway said of one text.

    ``references`` are its own names of the parts that it took, by which receipts come; empty where
    a gateway sends none.
    """

    answer: Answer
    references: tuple[str, ...] = ()


class Outcome(StrEnum):
    """What became of a part, as a receipt tells."""

    DELIVERED = "delivered"
    FAILED = "failed"
    ON_THE_WAY = "on-the-way"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one part of a text.

    ``marker`` is that of the text, where it came back: without it nothing leads to a text whose
    reference was lost with the link.
    """

    reference: str
    number: str = field(repr=False)
    marker: int | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text that somebody sent to us."""

    number: str = field(repr=False)
    words: str = field(repr=False)


class Heard(Protocol):
    """What takes in what a gateway hears.

    A gateway acknowledges only what one of these returned from: it is durable then. An exception
    means that it is to be sent again.
    """

    def receipt(self, receipt: Receipt, now: int) -> None:
        """Take a receipt; the same may come twice."""

    def incoming(self, incoming: Incoming, now: int) -> None:
        """Take a text; the same may come twice."""


class Gateway(Protocol):
    """Carries texts."""

    @property
    def window(self) -> int:
        """How many texts it takes at once: as many as one crash leaves unknown at most."""

    def ready(self, now: int) -> bool:
        """Tell whether there is any use in handing it a text now."""

    def send(self, texts: Sequence[Text]) -> Sequence[Said]:
        """Hand over texts, at most ``window``; return what was said of each, in their order.

        Any exception means that nobody knows whether any of them was taken.
        """

    def turn(self, now: int) -> None:
        """Do what is due by the clock: keep the link up, read what came in."""

    def close(self) -> None:
        """End the link, after what is on its way."""
