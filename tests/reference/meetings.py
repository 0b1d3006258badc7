"""Every pair of segments, looked at one by one: the brute force that the search is held to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from tests.reference.nearness import Near, Pair, Period, integral, likely
from tests.reference.segments import SIGMA_PER_ACCURACY

if TYPE_CHECKING:
    from tests.reference.calendar import Day
    from tests.reference.places import Vector
    from tests.reference.segments import Segment
    from tests.reference.tracks import Track

SHORT_S = 0.1
LITTLE_S = 0.25
"""A period shorter than the first, or never within the radius and of less expected time than the
second, is too little to tell from none: an answer may hold it or not."""


@dataclass(frozen=True)
class Meeting:
    """One period of one pair of segments; times in ms, durations in seconds."""

    begin: float
    finish: float
    near_s: float
    expected_s: float
    nearest_m: float
    presumed: bool
    day: Day
    pair: Pair

    def path(self) -> list[Vector]:
        """Return the points halfway between the two at which they are as good as nearest."""
        t = np.linspace(self.begin, self.finish, 33) / 1_000 - self.pair.begin / 1_000
        nearest = float(np.clip(self.pair.nearest, t[0], t[-1]))
        t = np.concatenate([[nearest], t])
        separations = self.pair.separations(t)
        as_good = t[separations <= separations[0] + 0.05]
        times = self.pair.begin + 1_000 * as_good
        return [(self.pair.a.at(time) + self.pair.b.at(time)) / 2 for time in times.tolist()]


@dataclass(frozen=True)
class Area:
    """One period in which a pair too coarse to judge was in the same area."""

    begin: float
    finish: float
    accuracy_m: float


@dataclass
class Found:
    """What one participant's segments have to do with the case's."""

    meetings: list[Meeting] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def found_of(case: Track, other: Track, days: list[Day], near: Near) -> Found:
    """Hold each segment of the case against each of the other's, day by day."""
    found = Found()
    for day in days:
        for a in case.segments:
            for b in other.segments:
                begin = max(a.start, b.start, day.start)
                end = min(a.end, b.end, day.end)
                if begin < end:
                    _judge(Pair(a, b, begin, end, near), day, found)
    return found


def least_sigma(segment: Segment) -> float:
    """Return the smaller sigma of a segment's two ends."""
    return min(segment.sigma0, segment.sigma1)


def _judge(pair: Pair, day: Day, found: Found) -> None:
    a, b = least_sigma(pair.a), least_sigma(pair.b)
    margin = np.hypot(a, b) - pair.near.most_sigma
    if abs(margin) < 1e-6:
        found.doubts.append("judged")
    if margin <= 0:
        found.meetings += _meetings(pair, day, found.doubts)
    elif "presumed" not in {pair.a.kind, pair.b.kind}:
        _add_area(pair, found)


def _add_area(pair: Pair, found: Found) -> None:
    sigma = max(pair.a.sigma0, pair.a.sigma1, pair.b.sigma0, pair.b.sigma1)
    accuracy = sigma * SIGMA_PER_ACCURACY
    if abs(pair.separation(pair.nearest) - accuracy) < 1e-6:
        found.doubts.append("area")
    span = pair.within(accuracy)
    if span is not None:
        begin, finish = (pair.begin + 1_000 * t for t in span)
        found.areas.append(Area(begin, finish, accuracy))


def _meetings(pair: Pair, day: Day, doubts: list[str]) -> list[Meeting]:
    """Return the likely periods and the time within the radius, as one where they overlap."""
    if abs(pair.separation(pair.nearest) - pair.near.radius) < 1e-6:
        doubts.append("radius")
    chances = likely(pair, doubts)
    close = pair.within(pair.near.radius)
    out = []
    for low, high in _union(chances + ([close] if close else [])):
        near_s = close[1] - close[0] if close and low <= close[0] <= high else 0.0
        expected_s = sum(integral(pair, p) for p in chances if low <= p[0] <= high)
        if high - low < SHORT_S or (not near_s and expected_s < LITTLE_S):
            doubts.append("short")
        out.append(_meeting(pair, day, (low, high), near_s, expected_s))
    return out


def _union(periods: list[Period]) -> list[Period]:
    out: list[Period] = []
    for low, high in sorted(periods):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def _meeting(pair: Pair, day: Day, period: Period, near_s: float, expected_s: float) -> Meeting:
    nearest = float(np.clip(pair.nearest, *period))
    return Meeting(
        begin=pair.begin + 1_000 * period[0],
        finish=pair.begin + 1_000 * period[1],
        near_s=near_s,
        expected_s=expected_s,
        nearest_m=pair.separation(nearest),
        presumed="presumed" in {pair.a.kind, pair.b.kind},
        day=day,
        pair=pair,
    )
