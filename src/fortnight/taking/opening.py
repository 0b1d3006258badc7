"""What is sealed in a person's rows, opened for them alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from fortnight.arrivals.choices import LABEL as NEVER_SENT_LABEL
from fortnight.arrivals.never_sent import NeverSent
from fortnight.errors import GoneError
from fortnight.followup.answers import Answer
from fortnight.followup.rows import Kept
from fortnight.isolation.reminders import LABEL as HOME_LABEL
from fortnight.notify.outbox import label_of as message_label
from fortnight.notify.post import label_of as reply_label
from fortnight.notify.zones import LABEL as ZONE_LABEL
from fortnight.venues.visits import LABEL as CHECK_IN_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.vault.door import Vault

Row: TypeAlias = Any
"""A row of the table that an opener is for."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens one sealed column.

    Attributes
    ----------
    name : str
        What it is called in what a person takes.
    label : callable
        Returns what the value of a row is sealed as.
    read : callable
        Turns the bytes into what JSON can hold.
    """

    column: str
    name: str
    label: Callable[[Row], bytes]
    read: Callable[[bytes], object]

    def open(self, vault: Vault, person: str, row: Row) -> object:
        """Return what a row holds; None where it holds nothing, or its key is gone."""
        sealed = getattr(row, self.column)
        if sealed is None:
            return None
        try:
            return self.read(vault.unseal(person, sealed, self.label(row)))
        except GoneError:
            return None


def _as(kind: Any) -> Callable[[bytes], object]:  # noqa: ANN401 - any type that msgspec reads
    def read(said: bytes) -> object:
        return msgspec.to_builtins(msgspec.json.decode(said, type=kind), str_keys=True)

    return read


PLAN: Final = Opener("sealed", "plan", lambda row: f"follow-up {row.id}".encode(), _as(Kept))
ANSWER: Final = Opener(
    "sealed", "answer", lambda row: f"answer {row.follow_up} {row.day}".encode(), _as(Answer)
)
REQUEST: Final = Opener(
    "sealed", "words", lambda row: f"ticket {row.id}".encode(), _as(dict[str, str])
)
REPLY: Final = Opener("sealed", "words", lambda row: f"reply {row.id}".encode(), _as(str))
REPLY_ANSWER: Final = Opener(
    "answer_sealed", "answer", lambda row: f"reply answer {row.id}".encode(), _as(str)
)
HOME: Final = Opener("sealed", "lon_lat", lambda _: HOME_LABEL, _as(tuple[float, float]))
WAITING_TEXT: Final = Opener(
    "sealed", "waiting_words", lambda row: message_label(row.id), _as(dict[str, str])
)
WRITTEN_BACK: Final = Opener("sealed", "words", lambda row: reply_label(row.id), bytes.decode)
NEVER_SENT: Final = Opener("sealed", "choice", lambda _: NEVER_SENT_LABEL, _as(NeverSent))
ZONE: Final = Opener("sealed", "time_zone", lambda _: ZONE_LABEL, bytes.decode)
CHECK_IN: Final = Opener("sealed", "said", lambda _: CHECK_IN_LABEL, _as(Any))
