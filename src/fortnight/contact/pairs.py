"""What a pair of segments is: moving or still, fine enough to judge or only in the same area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortnight.compiled import kernel
from fortnight.contact.question import KIND, SIGMA0, SIGMA1
from fortnight.track.rules import AREA_LEG, LEG

if TYPE_CHECKING:
    from fortnight.contact.lookup import Matrix


@kernel
def moves(segment: Matrix) -> bool:
    """Whether a segment is a leg."""
    return bool(segment[KIND] == LEG or segment[KIND] == AREA_LEG)


@kernel
def judged(asked: Matrix, other: Matrix, sigma_limit: float) -> bool:
    """Whether a pair is fine enough for any probability of 5 %: else it is "same area"."""
    a = min(asked[SIGMA0], asked[SIGMA1])
    b = min(other[SIGMA0], other[SIGMA1])
    return bool(a * a + b * b <= sigma_limit * sigma_limit)
