"""How often one may ask: a rule without a clock, and its bounded memory.

The rule is the generic cell rate algorithm: of each asker one number is kept, the instant at
which its allowance would be whole again. A request moves it on by one interval, and is refused
where that would reach further ahead than the burst allows.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable

_US_A_MINUTE: Final = 60_000_000
_US_A_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a minute on average, and so many at once."""

    a_minute: int
    at_once: int

    @property
    def interval_us(self) -> int:
        """How long one request takes to be earned again, in microseconds."""
        return max(_US_A_MINUTE // self.a_minute, 1)


class Taken(NamedTuple):
    """What came of one request. ``wait_ms`` is 0 where it is allowed."""

    whole_at_us: int
    wait_ms: int

    @property
    def is_allowed(self) -> bool:
        """Whether the request may go on."""
        return self.wait_ms == 0


def take(rate: Rate, whole_at_us: int, now: int) -> Taken:
    """Take one request out of an allowance.

    Parameters
    ----------
    rate : Rate
        What is allowed.
    whole_at_us : int
        When the allowance would be whole again, in microseconds since 1970; 0 for a newcomer.
    now : int
        The present, in milliseconds since 1970.
    """
    now_us, interval_us = now * _US_A_MS, rate.interval_us
    after = max(whole_at_us, now_us) + interval_us
    excess_us = after - now_us - interval_us * rate.at_once
    if excess_us > 0:  # a refused request costs nothing, or patience would never be rewarded
        return Taken(whole_at_us, -(-excess_us // _US_A_MS))
    return Taken(after, 0)


class Meter:
    """What each asker has left, of at most ``most`` askers.

    Beyond that the one that asked longest ago is forgotten, so that a flood of addresses costs
    no memory; a forgotten asker starts with a whole allowance.
    """

    def __init__(self, rate: Rate, most: int = 100_000) -> None:
        self.rate = rate
        self._most = most
        self._whole_at: OrderedDict[Hashable, int] = OrderedDict()

    def take(self, asker: Hashable, now: int) -> Taken:
        """Take one request out of the allowance of ``asker``; ``now`` in ms since 1970."""
        taken = take(self.rate, self._whole_at.pop(asker, 0), now)
        self._whole_at[asker] = taken.whole_at_us
        if len(self._whole_at) > self._most:
            self._whole_at.popitem(last=False)
        return taken

    def __len__(self) -> int:
        return len(self._whole_at)
