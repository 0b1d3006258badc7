"""A range of numbers as the Corona-Warn-App's configurations write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Range(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """From ``min`` to ``max``, each end included unless it is said to be exclusive.

    A missing ``min`` is 0 and a missing flag false, which is what protocol buffers leave out.
    """

    min: float = 0.0
    max: float
    min_exclusive: bool | None = None
    max_exclusive: bool | None = None

    def contains(self, value: float) -> bool:
        """Say whether one number is in the range."""
        above = value > self.min if self.min_exclusive else value >= self.min
        below = value < self.max if self.max_exclusive else value <= self.max
        return above and below

    def mask(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say of each of many numbers whether it is in the range."""
        above = values > self.min if self.min_exclusive else values >= self.min
        below = values < self.max if self.max_exclusive else values <= self.max
        return np.asarray(above & below)
