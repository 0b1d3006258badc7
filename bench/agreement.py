"""Whether two answers to the same question are the same, and how far two different ones overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.contract import LEAST_MINUTES

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

SECOND: Final = 1.0 / 60.0  # in minutes


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two answers held side by side."""

    contacts: int  # in the reference
    only_reference: int  # contacts that the other lacks, borderline ones aside
    only_other: int
    borderline: int  # in one answer only, with a sum that is within a second of the least
    largest_difference_s: float  # among contacts in both

    @property
    def equal(self) -> bool:
        """Same contacts, minutes within one second."""
        return not (self.only_reference or self.only_other) and self.largest_difference_s <= 1.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two different questions' answers: how many contacts they share."""

    contacts: int  # in the reference
    found: int  # in the other
    recall: float  # share of the reference's contacts that the other has
    jaccard: float  # shared over either


def agreement(reference: pa.Table, other: pa.Table, *, whole: bool = True) -> Agreement:
    """Compare two answers shaped as ``bench.contract.ANSWER``.

    Where the other was not asked for the ``whole``, what it lacks is not counted.
    """
    left, left_minutes = _pairs(reference)
    right, right_minutes = _pairs(other)
    _, in_left, in_right = np.intersect1d(left, right, return_indices=True)
    off = np.abs(left_minutes[in_left] - right_minutes[in_right])
    lost = np.delete(left_minutes, in_left)
    extra = np.delete(right_minutes, in_right)
    edge = LEAST_MINUTES + SECOND
    return Agreement(
        contacts=len(left),
        only_reference=int((lost > edge).sum()) if whole else 0,
        only_other=int((extra > edge).sum()),
        borderline=int((lost <= edge).sum() * whole + (extra <= edge).sum()),
        largest_difference_s=float(off.max(initial=0.0) * 60.0),
    )


def overlap(reference: pa.Table, other: pa.Table, least_minutes: float) -> Overlap:
    """Compare whom two answers name, counting contacts of at least ``least_minutes`` in each."""
    left, right = (
        pairs[minutes >= least_minutes] for pairs, minutes in map(_pairs, (reference, other))
    )
    shared = len(np.intersect1d(left, right))
    either = len(left) + len(right) - shared
    return Overlap(
        contacts=len(left),
        found=len(right),
        recall=shared / len(left) if len(left) else 1.0,
        jaccard=shared / either if either else 1.0,
    )


def _pairs(answer: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    case, who = (answer[name].to_numpy().astype(np.int64) for name in ("case", "who"))
    return case << 32 | who, answer["minutes"].to_numpy()
