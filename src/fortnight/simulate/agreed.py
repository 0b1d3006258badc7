"""Who lets which evidence be taken, beyond the fixes that everybody's phone takes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from fortnight.errors import QuestionError
from fortnight.simulate.chance import Stream, generator

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of people, 0 to 1; all chosen. Each is drawn by itself."""

    bluetooth: float = 0.5  # phones that send and listen
    checks_in: float = 0.4  # people who check in at venues
    enrolled: float = 0.9  # people who agreed that operator events and calls are used
    subscribers: float = 0.6  # people whose operator writes events


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who is in which of `Shares`, one flag a person."""

    bluetooth: Bools
    checks_in: Bools
    enrolled: Bools
    subscribers: Bools


def draw_agreed(people: int, shares: Shares, seed: int) -> Agreed:
    """Draw who takes part in what.

    A larger share holds everybody whom a smaller one held, with the same seed.

    Raises
    ------
    QuestionError
        Where a share is not between 0 and 1.

    """
    rng = generator(seed, Stream.AGREED)
    for field in fields(Shares):
        share = getattr(shares, field.name)
        if not 0 <= share <= 1:
            raise QuestionError(f"The share {field.name} is {share}: give a number from 0 to 1.")
    return Agreed(
        *(rng.random(people) < getattr(shares, field.name) for field in fields(Shares)),
    )
