"""Sums over intervals of many groups at once: in a window, and the largest in any 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Floats, Ints

_DAY_MS: Final = 86_400_000
_MINUTE_MS: Final = 60_000.0


@dataclass(frozen=True, slots=True)
class Intervals:
    """Periods of groups, in any order. Those of one group may overlap and then count twice."""

    group: Ints  # from 0
    start: Ints  # milliseconds since 1970
    end: Ints
    weight: Floats  # minutes that each minute counts for


@dataclass(frozen=True, slots=True)
class Total:
    """Minutes gathered since the beginning of time, as a function of it; one line of groups."""

    origin: int
    span: int  # milliseconds that belong to one group
    clock: Floats
    minutes: Floats

    def at(self, group: Ints, time: Ints) -> Floats:
        """Return minutes gathered by each group until each time (milliseconds since 1970)."""
        within = np.clip(time - self.origin, 0, self.span)
        gathered: Floats = np.interp(group * self.span + within, self.clock, self.minutes)
        return gathered

    def between(self, group: Ints, start: Ints, end: Ints) -> Floats:
        """Return minutes gathered by each group from start to end."""
        return self.at(group, end) - self.at(group, start)


def gather(intervals: Intervals, window: tuple[int, int]) -> Total:
    """Add up intervals, cut to a window.

    Parameters
    ----------
    intervals
        What to add up.
    window
        Start and end, milliseconds since 1970.

    """
    origin, span = window[0], window[1] - window[0]
    start = np.clip(intervals.start - origin, 0, span) + intervals.group * span
    end = np.clip(intervals.end - origin, 0, span) + intervals.group * span
    clock = np.concatenate((start, end)).astype(np.float64)
    change = np.concatenate((intervals.weight, -intervals.weight))
    order = np.argsort(clock, kind="stable")
    clock = clock[order]
    slope = np.cumsum(change[order])
    steps = np.diff(clock, prepend=0.0)
    minutes = np.cumsum(np.concatenate(([0.0], slope[:-1])) * steps) / _MINUTE_MS
    return Total(origin, span, np.append(0.0, clock), np.append(0.0, minutes))


def most_in_a_day(intervals: Intervals, window: tuple[int, int], groups: int) -> Floats:
    """Return the largest sum of each group in any 24 hours of a window, minutes.

    The largest sum is reached by 24 hours that begin with an interval or end with one.

    Parameters
    ----------
    intervals
        What to add up.
    window
        Start and end, milliseconds since 1970.
    groups
        How many groups there are; one without intervals has 0.

    """
    total = gather(intervals, window)
    most = np.zeros(groups)
    start, end = (np.clip(edge, *window) for edge in (intervals.start, intervals.end))
    for begin in (start, end - _DAY_MS):
        sums = total.between(intervals.group, begin, begin + _DAY_MS)
        np.maximum.at(most, intervals.group, sums)
    return most
