"""How well a ranking finds what is true, and how far claimed probabilities hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Floats

TENTHS: Final = 10
MANY: Final = 1_000
"""A tenth with so many contacts is judged by `OFF_BY`, a smaller one by chance."""

OFF_BY: Final = 0.05
SURE: Final = 0.99
_HALVINGS: Final = 60  # of an interval from 0 to 1: beyond a double's own precision
_TINY: Final = 1e-12  # rounding of two means of the same numbers


@dataclass(frozen=True, slots=True)
class Tenth:
    """Contacts whose claimed probability lies in one tenth."""

    low: float
    count: int
    true: int
    claimed: float  # mean probability

    @property
    def share(self) -> float:
        """Share of the contacts for which it was true."""
        return self.true / self.count

    @property
    def interval(self) -> tuple[float, float] | None:
        """Shares that chance may be hiding, with 99 %; none where there are many contacts."""
        return None if self.count >= MANY else binomial_interval(self.true, self.count)

    @property
    def holds(self) -> bool:
        """Whether the claim is within 5 points of the truth, or within what chance may do."""
        around = self.interval
        if around is None:
            return abs(self.claimed - self.share) <= OFF_BY
        return around[0] - _TINY <= self.claimed <= around[1] + _TINY


def area_under_curve(score: Floats, true: Bools, of: int) -> float:
    """Return the area under the curve of precision over recall (average precision).

    Pairs of one score are found together, so the order of the pairs cannot matter. Who is true
    and not among the pairs is never found: recall ends below 1.

    Parameters
    ----------
    score
        Larger means likelier.
    true
        Whether it was true.
    of
        How many pairs it was true of, found or not.
    """
    if of == 0 or not len(score):
        return 0.0
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0.0, True)
    hits = np.cumsum(true[order])[last]
    precision = hits / (np.flatnonzero(last) + 1)
    return float((np.diff(hits, prepend=0) * precision).sum() / of)


def tenths(claimed: Floats, true: Bools) -> tuple[Tenth, ...]:
    """Return every tenth of the claimed probability in which there is anybody."""
    place = np.minimum((claimed * TENTHS).astype(np.int64), TENTHS - 1)
    count = np.bincount(place, minlength=TENTHS)
    hits = np.bincount(place, true, minlength=TENTHS)
    total = np.array([np.sort(claimed[place == k]).sum() for k in range(TENTHS)])
    return tuple(
        Tenth(k / TENTHS, int(count[k]), int(hits[k]), float(total[k] / count[k]))
        for k in np.flatnonzero(count).tolist()
    )


def brier(claimed: Floats, true: Bools) -> float:
    """Return the mean of (claimed - true)^2 of somebody; 0 is perfect."""
    return float(np.mean(np.sort((claimed - true) ** 2)))


def binomial_interval(true: int, count: int, sure: float = SURE) -> tuple[float, float]:
    """Return the shares for which a count of hits is not too unlikely.

    The exact interval of C. J. Clopper and E. S. Pearson, *Biometrika* 26:404 (1934).

    Parameters
    ----------
    true, count
        Hits, of how many.
    sure
        Its level.
    """
    tail = (1.0 - sure) / 2.0
    low = 0.0 if true == 0 else _share_at(count, true - 1, 1.0 - tail)
    high = 1.0 if true == count else _share_at(count, true, tail)
    return low, high


def _share_at(count: int, most: int, chance: float) -> float:
    """Return the share for which at most `most` hits have a chance; more is likelier with less."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if _at_most(count, most, middle) > chance:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _at_most(count: int, most: int, share: float) -> float:
    """Return the chance of at most so many hits, 0 < share < 1."""
    hits = np.arange(most + 1)
    ways = np.cumsum(np.log(np.append(1.0, (count - hits[:-1]) / (hits[:-1] + 1))))
    logs = ways + hits * np.log(share) + (count - hits) * np.log1p(-share)
    return float(np.exp(logs).sum())
