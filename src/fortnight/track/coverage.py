"""Which 5-minute slots of a person's day were observed; what is left is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.track.rules import LEG, STAY, VISIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLOT_MS: Final = 300_000

SLOT_WORDS: Final = 9
"""32-bit words that hold the 288 slots of a day."""

FIRST_SLOT_WORD: Final = 3
"""Where they begin in a person's day, behind participant, day and first vertex."""


@kernel
def mark(days: NDArray[np.int32], d: Int, start: float, end: float, kind: Int) -> None:
    """Mark the slots of person-day ``d`` from ``start`` to ``end`` (ms of the day) as observed.

    Only what could show a contact counts: neither presumed stays nor coarse positions do.
    """
    if kind != STAY and kind != LEG and kind != VISIT:  # noqa: PLR1714 - a tuple compiles slowly
        return
    for k in range(int(start) // SLOT_MS, (int(end) - 1) // SLOT_MS + 1):
        days[d, FIRST_SLOT_WORD + k // 32] |= np.int32(np.uint32(1) << np.uint32(k % 32))


def slots_observed(words: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return the slots of person-days as booleans: shape (..., 9) words to (..., 288)."""
    bits = (words[..., None].view(np.uint32) >> np.arange(32, dtype=np.uint32)) & 1
    return bits.reshape(*words.shape[:-1], SLOT_WORDS * 32).astype(np.bool_)
