"""How infectious a case is on each day, and what is known of it where the onset is not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from fortnight.risk.distributions import Gamma

if TYPE_CHECKING:
    from fortnight.risk.distributions import Law

_TAIL = 0.999


@dataclass(frozen=True, slots=True)
class Curve:
    """Share of all transmission on each day, the first of them ``first_day``.

    A day d is the 24 hours from d to d + 1 after the date it counts from (He et al. read so).
    """

    first_day: int
    mass: tuple[float, ...]

    @property
    def last_day(self) -> int:
        """The last day on which anyone was infected."""
        return self.first_day + len(self.mass) - 1

    def share(self, day: int) -> float:
        """Return the share of ``day``; 0 outside the curve."""
        place = day - self.first_day
        return self.mass[place] if 0 <= place < len(self.mass) else 0.0

    def relative(self, day: int) -> float:
        """Return the share of ``day`` as a part of the highest day's."""
        return self.share(day) / max(self.mass)

    def inside(self, first: int, last: int) -> float:
        """Return the part of the whole curve on the days from ``first`` to ``last``."""
        return sum(self.share(day) for day in range(first, last + 1)) / sum(self.mass)

    def outside(self, first: int, last: int) -> float:
        """Return the part of the whole curve before ``first`` or after ``last``."""
        return max(0.0, 1.0 - self.inside(first, last))


def shifted_gamma(
    shape: float, rate: float, shift: float, first_day: int, last_day: int
) -> tuple[float, ...]:
    """Return the daily mass of a gamma distribution that begins ``shift`` days before onset.

    Each day's mass is that of its own 24 hours, from ``day`` to ``day + 1``.
    """
    law = Gamma(shape=shape, scale=1.0 / rate)
    edges = [law.cdf(day + shift) for day in range(first_day, last_day + 2)]
    return tuple(after - before for before, after in pairwise(edges))


@lru_cache(maxsize=64)
def since_test(curve: Curve, onset_to_test: Law) -> Curve:
    """Return the curve by day since the test, averaged over when the onset may have been.

    The onset lay k days before the test with the chance that ``onset_to_test`` gives k; the tail
    beyond 99.9 % is left out. Averaging flattens: the highest day is lower than the curve's own,
    so weights stay relative to the curve's own highest day (see ``relative_since_test``).
    """
    most = int(onset_to_test.quantile(_TAIL)) + 1
    chances = [onset_to_test.mass(k) for k in range(most + 1)]
    whole = sum(chances)
    first, last = curve.first_day - most, curve.last_day
    mass = tuple(
        sum(chance * curve.share(day + k) for k, chance in enumerate(chances)) / whole
        for day in range(first, last + 1)
    )
    return Curve(first_day=first, mass=mass)


def relative_since_test(curve: Curve, onset_to_test: Law, day: int) -> float:
    """Return the mean of the relative infectiousness ``day`` days after the test."""
    return since_test(curve, onset_to_test).share(day) / max(curve.mass)
