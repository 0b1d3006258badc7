"""What a person answered a text with: to stop, for help, a number for today, or something to read.

Only a whole reply is an order. "Please don't stop" and "5 people were there" are for a person to
read: guessing would be worse than asking.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

LONGEST: Final = 2_000
"""Characters of a reply that are kept; an operator's own limit is some 1,500."""
_STOP: Final = frozenset({"stop", "стоп", "توقف", "ايقاف"})
_HELP: Final = frozenset({"help", "помощь", "مساعدة"})
_ANSWERS: Final = frozenset("12345")
_AROUND: Final = " \t\r\n.,;:!?'\"«»“”„()[]،؛؟\u200e\u200f"
_AS_TYPED: Final = str.maketrans("أإآٱى٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "ااااي" + 2 * "0123456789", "ـ")
"""Arabic as people type it: the hamza of an alef left out or not, digits of three keyboards."""


@dataclass(frozen=True, slots=True)
class Stop:
    """No texts any more."""


@dataclass(frozen=True, slots=True)
class Help:
    """How to reach somebody, and how to stop."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the daily question: 1 to 5."""

    number: int


@dataclass(frozen=True, slots=True)
class ForPerson:
    """Anything else: a case worker reads it. Out of every representation, and so of every log."""

    text: str = field(repr=False)


Reply: TypeAlias = Stop | Help | Answer | ForPerson


class Answers(Protocol):
    """What takes answers to the daily question."""

    def taken(self, person: str, day: int, number: int) -> bool:
        """Take a person's answer for a day (days since 1970, where the person is).

        Returns False where nothing was asked: a case worker reads the reply then. The same answer
        may come twice, after a crash; the later one of a day counts.
        """


class NoQuestions:
    """Nobody is asked anything yet: every number is for a case worker."""

    def taken(self, person: str, day: int, number: int) -> bool:  # noqa: ARG002 - the port's
        """Return False: nothing was asked."""
        return False


def read_reply(text: str) -> Reply:
    """Return what a reply asks for. Case, quotes and stops around a single word do not matter."""
    plain = unicodedata.normalize("NFKC", text).strip(_AROUND).casefold().translate(_AS_TYPED)
    if plain in _STOP:
        return Stop()
    if plain in _HELP:
        return Help()
    if plain in _ANSWERS:
        return Answer(int(plain))
    return ForPerson(text[:LONGEST])
