"""Remind me: whether a phone has left the home area, judged with its accuracy. Pure.

The probability of being outside is that of lying beyond the line that touches the home area on
the near side: 1 - Phi((radius - distance) / sigma). All beyond that line is outside the area, so
the true probability is at least that; where 95 % is asked for, more than 95 % is had.

What is kept of positions is a time and two counts, in memory, for an hour at most. The answer
goes back to the phone that asked. There is nobody else whom it could be given to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

RADIUS_M: Final = 150.0
"""Metres around home that count as home: the yard, the bins, the letter box."""
SURE: Final = 0.95
FOR_MS: Final = 600_000
"""Milliseconds for which it has to be that sure: 10 minutes."""
GAP_MS: Final = 600_000
"""A silence longer than this says nothing: it begins again."""
LEAST_FIXES: Final = 3
KEPT_MS: Final = 3_600_000
"""Milliseconds after which what is kept is forgotten: an hour."""
LEAST_ACCURACY_M: Final = 60.0
"""Phones indoors claim less than their error: no claim below this is believed."""
MOST_ACCURACY_M: Final = 200.0
"""A fix coarser than this, such as a mobile cell, says nothing either way."""
DAYTIME: Final = (8 * 60, 21 * 60)
"""Minutes of the day between which anybody is reminded; never at night."""
_ONE_SD: Final = 1.515  # an accuracy holds 68 % of a Rayleigh: as many standard deviations
_EARTH_M: Final = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Home:
    """The middle of the home area, degrees."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Position:
    """Where a phone says that it is. ``accuracy`` in metres (68 %), None where it did not say.

    ``at`` is in milliseconds since 1970, ``minute`` the minute of the day where they are.
    """

    at: int
    minute: int
    lon: float
    lat: float
    accuracy: float | None
    source: str = "unknown"


@dataclass(frozen=True, slots=True)
class Watch:
    """What is kept between two positions: nothing of where they were.

    ``since`` and ``last`` are when it began to be sure, and was last; ``reminded`` whether this
    outing was reminded of already.
    """

    since: int | None = None
    last: int | None = None
    count: int = 0
    reminded: bool = False

    def is_over(self, now: int) -> bool:
        """Tell whether it is an hour old, and has to be forgotten."""
        return self.last is None or now - self.last >= KEPT_MS


@dataclass(frozen=True, slots=True)
class Judged:
    """What follows from a position: what is kept, and whether the phone is told "remember"."""

    watch: Watch
    remind: bool


def outside_probability(distance_m: float, accuracy_m: float) -> float:
    """Return a lower bound of the probability of being outside the home area."""
    sigma = max(accuracy_m, LEAST_ACCURACY_M) / _ONE_SD
    return 0.5 * math.erfc((RADIUS_M - distance_m) / (sigma * math.sqrt(2.0)))


def judge(home: Home, watch: Watch, position: Position) -> Judged:
    """Return what a position means. A silence, a cell or a guess means nothing."""
    if watch.is_over(position.at):
        watch = Watch()
    if not _says_anything(position):
        return Judged(watch, remind=False)
    distance = distance_m(home, position.lon, position.lat)
    if outside_probability(distance, position.accuracy or 0.0) <= SURE:
        return Judged(Watch(), remind=False)
    watch = _longer(watch, position.at)
    long_enough = watch.since is not None and position.at - watch.since >= FOR_MS
    by_day = DAYTIME[0] <= position.minute < DAYTIME[1]
    remind = long_enough and watch.count >= LEAST_FIXES and by_day and not watch.reminded
    return Judged(
        Watch(watch.since, watch.last, watch.count, watch.reminded or remind), remind=remind
    )


def _says_anything(position: Position) -> bool:
    if position.source == "cell" or position.accuracy is None:
        return False
    numbers = position.lon, position.lat, position.accuracy
    return all(math.isfinite(one) for one in numbers) and 0 < position.accuracy <= MOST_ACCURACY_M


def _longer(watch: Watch, at: int) -> Watch:
    if watch.since is None or watch.last is None or not 0 <= at - watch.last <= GAP_MS:
        return Watch(at, at, 1, watch.reminded)
    return Watch(watch.since, at, watch.count + 1, watch.reminded)


def distance_m(home: Home, lon: float, lat: float) -> float:
    """Return the distance from home on the sphere, metres."""
    from_lat, to_lat = math.radians(home.lat), math.radians(lat)
    across = math.radians(lon - home.lon)
    half = (
        math.sin((to_lat - from_lat) / 2.0) ** 2
        + math.cos(from_lat) * math.cos(to_lat) * math.sin(across / 2.0) ** 2
    )
    return 2.0 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))
