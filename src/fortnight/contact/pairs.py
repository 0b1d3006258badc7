"""What a pair of segments is: moving or still, fine enough to judge or only in the same area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortnight.compiled import kernel
from fortnight.track.rules import AREA_LEG, LEG

if TYPE_CHECKING:
    from fortnight.contact.question import Segment


@kernel
def moves(segment: Segment) -> bool:
    """Whether a segment is a leg."""
    return bool(segment.kind == LEG or segment.kind == AREA_LEG)  # noqa: PLR1714 - a tuple compiles slowly


@kernel
def judged(asked: Segment, other: Segment, sigma_limit: float) -> bool:
    """Whether a pair is fine enough for any probability of 5 %: else it is "same area"."""
    a = min(asked.sigma0, asked.sigma1)
    b = min(other.sigma0, other.sigma1)
    return bool(a * a + b * b <= sigma_limit * sigma_limit)
