"""One text on its way through a session: its parts, and what the centre said of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from fortnight.notify.gateway import Answer, Said, Text
from fortnight.notify.smpp.pdu import Address, Command, Pdu, ShortMessage, Status, Tag
from fortnight.notify.smpp.words import HEADER, coding_of, encode_text, parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_EASE_OFF: Final = frozenset(
    {Status.THROTTLED, Status.QUEUE_FULL, Status.SYSTEM_ERROR, Status.NOT_BOUND}
)
_INTERNATIONAL: Final = (1, 1)
_ALPHANUMERIC: Final = (5, 0)
_UNKNOWN: Final = (0, 0)
_A_DAY: Final = "000001000000000R"
"""How long the centre keeps trying: a code holds for a day, and nothing should come days later."""
_SHORT_NUMBER: Final = 6


class Fate(Enum):
    """What became of a part."""

    WAITS = auto()
    TAKEN = auto()
    EASE_OFF = auto()  # not taken: the centre has too much to do
    REFUSED = auto()
    UNSENT = auto()  # the link was gone before a byte of it went
    UNKNOWN = auto()  # written, and nothing was said


_AGAIN: Final = frozenset({Fate.WAITS, Fate.EASE_OFF, Fate.UNSENT})


@dataclass(slots=True)
class Part:
    """One part: what is submitted, and what became of it."""

    body: bytes = field(repr=False)
    fate: Fate = Fate.WAITS
    reference: str = ""

    def heard(self, answer: Pdu, reference: str) -> None:
        """Note what the centre answered."""
        if answer.command == Command.SUBMIT_SM_RESP and answer.status == Status.OK:
            self.fate, self.reference = Fate.TAKEN, reference
        elif answer.status in _EASE_OFF:
            self.fate = Fate.EASE_OFF
        else:
            self.fate = Fate.REFUSED


@dataclass(slots=True)
class Sending:
    """One text, in parts."""

    parts: list[Part]

    @property
    def pending(self) -> list[Part]:
        """The parts that a try submits: none once a part was refused, or is unknown."""
        if self._has(Fate.REFUSED, Fate.UNKNOWN):
            return []
        return [part for part in self.parts if part.fate in _AGAIN]

    @property
    def is_begun(self) -> bool:
        """Whether some parts are with the centre and others are not: the rest has to follow."""
        return self._has(Fate.TAKEN) and bool(self.pending)

    def said(self) -> Said:
        """Return what the centre said of the text.

        A text of which a part was refused is refused: no phone can show it. One that is with the
        centre in part alone is unknown: to send all of it again might send some of it twice.
        """
        references = tuple(part.reference for part in self.parts if part.fate is Fate.TAKEN)
        if self._has(Fate.UNKNOWN):
            return Said(Answer.UNKNOWN, references)
        if self._has(Fate.REFUSED):
            return Said(Answer.REFUSED, references)
        if len(references) == len(self.parts):
            return Said(Answer.TAKEN, references)
        return Said(Answer.UNKNOWN if references else Answer.BUSY, references)

    def _has(self, *fates: Fate) -> bool:
        return any(part.fate in fates for part in self.parts)


def sending(text: Text, source: str, *, in_payload: bool) -> Sending:
    """Return a text in parts; ``in_payload``: whole, and the centre cuts it."""
    return Sending([Part(body) for body in _bodies(text, source, in_payload=in_payload)])


def _bodies(text: Text, source: str, *, in_payload: bool) -> Sequence[bytes]:
    coding = coding_of(text.words)
    marker = {int(Tag.USER_MESSAGE_REFERENCE): text.marker.to_bytes(2, "big")}
    parts = parts_of(text.words, text.marker)
    if in_payload and len(parts) > 1:
        whole = {int(Tag.MESSAGE_PAYLOAD): encode_text(text.words, coding)}
        return (_message(text, source, coding, b"", 0, whole | marker),)
    esm_class = HEADER if len(parts) > 1 else 0
    return [_message(text, source, coding, words, esm_class, marker) for words in parts]


def _message(
    text: Text, source: str, coding: int, words: bytes, esm_class: int, tags: dict[int, bytes]
) -> bytes:
    return ShortMessage(
        source=address_of(source),
        destination=address_of(text.number),
        coding=coding,
        words=words,
        esm_class=esm_class,
        registered=1,
        validity=_A_DAY,
        tags=tags,
    ).encode()


def address_of(number: str) -> Address:
    """Return a number, a short number or a name as SMPP has it."""
    if number.startswith("+"):
        return Address(*_INTERNATIONAL, number[1:])
    if number.isdecimal():
        return Address(*(_UNKNOWN if len(number) <= _SHORT_NUMBER else _INTERNATIONAL), number)
    return Address(*_ALPHANUMERIC, number)
