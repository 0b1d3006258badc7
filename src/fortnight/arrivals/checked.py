"""What became of the rows of one message: received = kept + refused, whatever came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

MAX_EXAMPLES: Final = 20
_AT_THE_DOOR: Final = {"outside-window": "too-old"}
"""What the library calls by its window is, at the door, evidence older than is held."""


@dataclass(frozen=True, slots=True)
class Example:
    """One refused row. Its content is not kept: it may be about anybody."""

    row: int  # from 0
    reason: str


class Checked(NamedTuple):
    """The rows that were kept, packed, and the count of all."""

    packed: bytes  # see `evidence.packed`
    kept: int
    received: int
    refused: Mapping[str, int]  # reason -> rows
    examples: tuple[Example, ...]  # the first few, by row


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The reason for which each row is refused, if any.

    Attributes
    ----------
    codes : array
        For each row 0, or 1 + the place of its reason.
    """

    codes: NDArray[np.uint8]
    reasons: tuple[str, ...]

    @property
    def keep(self) -> NDArray[np.intp]:
        """Places of the rows that break no rule."""
        return np.flatnonzero(self.codes == 0)

    def also(self, reason: str, broken: Mask) -> Verdicts:
        """Refuse for one more reason the rows that no rule has refused yet."""
        reasons = (*self.reasons, reason)
        codes = np.where((self.codes == 0) & broken, np.uint8(len(reasons)), self.codes)
        return Verdicts(codes, reasons)

    def counts(self) -> dict[str, int]:
        """Return how many rows are refused for each reason."""
        found = np.bincount(self.codes, minlength=len(self.reasons) + 1).tolist()[1:]
        return {
            _AT_THE_DOOR.get(reason, reason): count
            for reason, count in zip(self.reasons, found, strict=True)
            if count
        }

    def examples(self, numbers: NDArray[np.int64]) -> list[Example]:
        """Return the first few refused rows; `numbers` says where each stood in the message."""
        places = np.flatnonzero(self.codes)[:MAX_EXAMPLES].tolist()
        found = [(int(numbers[place]), self.reasons[self.codes[place] - 1]) for place in places]
        return [Example(row, _AT_THE_DOOR.get(reason, reason)) for row, reason in found]


def verdicts(
    codes: NDArray[np.uint8] | None, rules: Sequence[tuple[str, object]], count: int
) -> Verdicts:
    """Return the library's verdicts on `count` rows; None stands for no fault at all."""
    none = np.zeros(count, dtype=np.uint8)
    return Verdicts(none if codes is None else codes, tuple(reason for reason, _ in rules))


def summed(
    packed: bytes, found: Verdicts, numbers: NDArray[np.int64], damaged: Sequence[int]
) -> Checked:
    """Return what became of a message: of its rows, and of what was no row at all."""
    refused = found.counts()
    if damaged:
        refused["damaged"] = refused.get("damaged", 0) + len(damaged)
    examples = found.examples(numbers)
    examples += [Example(row, "damaged") for row in damaged[:MAX_EXAMPLES]]
    return Checked(
        packed=packed,
        kept=len(found.keep),
        received=len(found.codes) + len(damaged),
        refused=dict(sorted(refused.items())),
        examples=tuple(sorted(examples, key=lambda one: one.row)[:MAX_EXAMPLES]),
    )
