"""Fixes cut to stays and legs, written for reading and not for speed.

Every centre is worked out afresh from the fixes that joined, so nothing is carried along.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from tests.reference.places import Vector, distance

if TYPE_CHECKING:
    from tests.reference.cleaning import Point

SECOND = 1_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
SIGMA_PER_ACCURACY = 1.515
COARSE_M = 100.0


@dataclass(frozen=True)
class Law:
    """The numbers of "How contacts are decided" that cut a track."""

    stay_radius_m: float = 30.0
    stay_factor: float = 2.0
    stay_min: int = 2 * MINUTE
    sigma_floor_m: float = 10.0
    leg_max: int = 10 * MINUTE
    leg_speed_m_s: float = 100.0
    leg_spread: float = 0.05
    silence_min: int = 30 * MINUTE
    silence_max: int = 12 * 60 * MINUTE
    visit_accuracy_m: float = 50.0


@dataclass(frozen=True)
class Segment:
    """An even motion from one point to another; ``kind`` is stay, leg, presumed, area or visit."""

    kind: str
    start: int
    end: int
    here: Vector
    there: Vector
    sigma0: float
    sigma1: float

    @property
    def moves(self) -> bool:
        """Whether it is a leg, be it of length 0."""
        return self.kind in {"leg", "area leg"}

    def rounded(self) -> Segment:
        """Return it as it is stored: 1/256 m, and 1/1024 m of sigma."""
        return replace(
            self,
            here=np.rint(self.here * 256) / 256,
            there=np.rint(self.there * 256) / 256,
            sigma0=float(np.rint(self.sigma0 * 1024) / 1024),
            sigma1=float(np.rint(self.sigma1 * 1024) / 1024),
        )

    def share(self, time: float) -> float:
        """Return how much of it has passed."""
        return (time - self.start) / (self.end - self.start)

    def at(self, time: float) -> Vector:
        """Return the estimated position."""
        point: Vector = self.here + self.share(time) * (self.there - self.here)
        return point

    def variance(self, time: float, spread: float) -> float:
        """Return the variance per axis: between its ends', and growing to the middle of a leg."""
        u = self.share(time)
        bridge = 2 * spread * distance(self.here, self.there)
        return (1 - u) * self.sigma0**2 + u * self.sigma1**2 + bridge**2 * u * (1 - u)


@dataclass
class Run:
    """Fixes at one place, on one day."""

    members: list[Point]
    following: int = 0
    silences: list[tuple[int, int]] = field(default_factory=list)
    crossing: str | None = None

    @property
    def weights(self) -> Vector:
        """Return one over the variance of each member."""
        return np.array([(SIGMA_PER_ACCURACY / point.accuracy) ** 2 for point in self.members])

    @property
    def centre(self) -> Vector:
        """Return the weighted mean."""
        first = self.members[0].at
        away = np.array([point.at - first for point in self.members])
        mean: Vector = first + self.weights @ away / self.weights.sum()
        return mean

    @property
    def start(self) -> int:
        """Return the time of the first fix."""
        return self.members[0].time

    @property
    def last(self) -> int:
        """Return the time of the last fix that joined."""
        return self.members[-1].time

    def sigma(self, law: Law) -> float:
        """Return the standard deviation of the centre per axis."""
        best = min(point.accuracy for point in self.members)
        floor = law.sigma_floor_m if best <= COARSE_M else best / SIGMA_PER_ACCURACY
        total = float(self.weights.sum())
        centre = self.centre
        away = np.array([distance(point.at, centre) ** 2 for point in self.members])
        beyond = float(self.weights @ away) / 2 - (len(self.members) - 1)
        return float(np.sqrt(max(1 / total, floor**2) + max(0.0, beyond / total)))


def joins(point: Point, centre: Vector, law: Law, close: list[float] | None = None) -> bool:
    """Whether a fix lies within its reach of a centre; ``close`` collects how close a call."""
    reach = max(law.stay_radius_m, law.stay_factor * point.accuracy)
    away = distance(point.at, centre)
    if close is not None:
        close.append(abs(away - reach))
    return away <= reach


def grow(fixes: list[Point], first: int, coarse: list[Point], law: Law, close: list[float]) -> Run:
    """Grow the run that begins with ``fixes[first]``."""
    run = Run([fixes[first]])
    k = first + 1
    while k < len(fixes):
        centre = run.centre
        if not joins(fixes[k], centre, law, close):
            back_soon = k + 1 < len(fixes) and fixes[k + 1].time - run.last < law.silence_min
            if not back_soon or not joins(fixes[k + 1], centre, law, close):
                break
            k += 1
        silence = fixes[k].time - run.last
        silent = silence >= law.silence_min
        inside = [p for p in coarse if run.last < p.time < fixes[k].time]
        elsewhere = silent and any(not joins(p, centre, law, close) for p in inside)
        if elsewhere or (silent and silence > law.silence_max):
            break
        if fixes[k].time // DAY != run.start // DAY:
            run.crossing = "presumed" if silent else "observed"
            break
        if silent:
            run.silences.append((run.last, fixes[k].time))
        run.members.append(fixes[k])
        k += 1
    run.following = k
    return run


def split_leg(leg: Segment, law: Law) -> list[Segment]:
    """Split a leg where midnight falls inside it."""
    midnight = (leg.start // DAY + 1) * DAY
    if leg.end <= midnight:
        return [leg]
    middle = leg.at(midnight)
    sigma = float(np.sqrt(leg.variance(midnight, law.leg_spread)))
    return [
        replace(leg, end=midnight, there=middle, sigma1=sigma),
        replace(leg, start=midnight, here=middle, sigma0=sigma),
    ]


Node = tuple[int, Vector, float]


def leg_between(a: Node, b: Node, kind: str, law: Law) -> list[Segment]:
    """Return the leg from one node to the next, if there is one."""
    duration = b[0] - a[0]
    if not 0 < duration <= law.leg_max:
        return []
    if distance(a[1], b[1]) / (duration / SECOND) >= law.leg_speed_m_s:
        return []
    return split_leg(Segment(kind, a[0], b[0], a[1], b[1], a[2], b[2]), law)


def stay_pieces(run: Run, carried: str | None, kind: str, law: Law) -> list[Segment]:
    """Return a run's observed periods, and its silences as presumed ones."""
    centre, sigma = run.centre, run.sigma(law)
    day = run.start // DAY * DAY
    edges: list[tuple[str, int, int]] = []
    cursor = run.start
    if carried == "observed":
        cursor = day
    elif carried == "presumed":
        edges.append(("presumed", day, run.start))
    for quiet, back in run.silences:
        edges += [(kind, cursor, quiet), ("presumed", quiet, back)]
        cursor = back
    if run.crossing == "observed":
        edges.append((kind, cursor, day + DAY))
    else:
        edges.append((kind, cursor, run.last))
    if run.crossing == "presumed":
        edges.append(("presumed", run.last, day + DAY))
    return [Segment(what, a, b, centre, centre, sigma, sigma) for what, a, b in edges if b > a]


def cut(
    fixes: list[Point], coarse: list[Point], law: Law, kind: str, close: list[float]
) -> list[Segment]:
    """Cut one person's fixes of one fineness to segments; ``kind`` is "" or "area "."""
    out: list[Segment] = []
    node: Node | None = None
    carried: str | None = None
    i = 0
    while i < len(fixes):
        run = grow(fixes, i, coarse, law, close)
        lasting = run.last - run.start >= law.stay_min
        if lasting or carried or run.crossing:
            if node is not None:
                here = (run.start, run.centre, run.sigma(law))
                out += leg_between(node, here, f"{kind}leg", law)
            out += stay_pieces(run, carried, f"{kind}stay", law)
            carried = run.crossing
            node = None if carried else (run.last, run.centre, run.sigma(law))
            i = run.following
        else:
            here = (run.start, fixes[i].at, fixes[i].accuracy / SIGMA_PER_ACCURACY)
            if node is not None:
                out += leg_between(node, here, f"{kind}leg", law)
            node = here
            i += 1
    return sorted(out, key=lambda segment: segment.start)
