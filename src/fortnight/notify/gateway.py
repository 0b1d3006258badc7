"""The port to whatever carries texts to phones."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


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


class Answer(StrEnum):
    """What a gateway said."""

    TAKEN = "taken"  # it will carry it, or has
    BUSY = "busy"  # it did not take it: later
    REFUSED = "refused"  # it did not take it, and never will


class Gateway(Protocol):
    """Carries texts."""

    def send(self, text: Text) -> Answer:
        """Hand over one text, and return what was said.

        Any exception means that nobody knows whether it was taken.
        """
