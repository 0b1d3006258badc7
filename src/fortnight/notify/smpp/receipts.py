"""What a delivery receipt says: by its optional parameters, or in the text that most centres send.

id:0123 sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 stat:DELIVRD err:000 ...
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fortnight.notify.gateway import Outcome, Receipt
from fortnight.notify.smpp.pdu import ShortMessage, Tag

if TYPE_CHECKING:
    from collections.abc import Mapping

_KIND: Final = 0x3C
_RECEIPTS: Final = (0x04, 0x20)  # at the end; on the way
_ID: Final = re.compile(r"\bid:\s*(\S{1,64})", re.IGNORECASE)
_STATE: Final = re.compile(r"\bstat:\s*([A-Z]+)", re.IGNORECASE)
_BY_NUMBER: Final[Mapping[int, Outcome]] = {
    2: Outcome.DELIVERED,
    3: Outcome.FAILED,  # expired
    4: Outcome.FAILED,  # deleted
    5: Outcome.FAILED,  # undeliverable
    8: Outcome.FAILED,  # rejected
}
_BY_WORD: Final[Mapping[str, Outcome]] = {
    "DELIVRD": Outcome.DELIVERED,
    "EXPIRED": Outcome.FAILED,
    "DELETED": Outcome.FAILED,
    "UNDELIV": Outcome.FAILED,
    "REJECTD": Outcome.FAILED,
}
_LONGEST: Final = 64


def is_receipt(message: ShortMessage) -> bool:
    """Tell whether what came in is about a text of ours, and none itself."""
    return message.esm_class & _KIND in _RECEIPTS


def read_receipt(message: ShortMessage) -> Receipt | None:
    """Return what a receipt says; None where it does not say which text it is about."""
    words = message.content.decode("latin-1")
    reference = _reference(message, words)
    if not reference:
        return None
    marker = message.tags.get(Tag.USER_MESSAGE_REFERENCE)
    return Receipt(
        reference=reference,
        number=f"+{message.source.digits.lstrip('+')}",
        marker=int.from_bytes(marker, "big") if marker else None,
        outcome=_outcome(message, words),
    )


def _reference(message: ShortMessage, words: str) -> str:
    given = message.tags.get(Tag.RECEIPTED_MESSAGE_ID)
    if given is not None:
        return given.split(b"\0")[0].decode("latin-1")[:_LONGEST]
    found = _ID.search(words)
    return found[1] if found else ""


def _outcome(message: ShortMessage, words: str) -> Outcome:
    state = message.tags.get(Tag.MESSAGE_STATE)
    if state:
        return _BY_NUMBER.get(state[0], Outcome.ON_THE_WAY)
    found = _STATE.search(words)
    return _BY_WORD.get(found[1].upper() if found else "", Outcome.ON_THE_WAY)
