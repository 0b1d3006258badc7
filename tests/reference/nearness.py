"""How likely two uncertain positions are near, and when: by sampling and by SciPy.

The true separation of two estimates ``d`` apart, each with a normal error, is Rice distributed.
Its distribution function is that of a non-central chi-square with two degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import chndtr  # type: ignore[import-untyped]  # SciPy ships no types
from tests.reference.places import Vector, distance

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reference.segments import Segment

Floats = NDArray[np.float64]
Period = tuple[float, float]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(6)

MARGIN = 5e-4
"""A probability that turns this close to the least one is too close to call."""


@dataclass(frozen=True)
class Near:
    """What counts as near."""

    radius: float = 25.0
    least: float = 0.05
    spread: float = 0.05

    @property
    def most_sigma(self) -> float:
        """Return the summed sigma at which two at one point are near with the least chance."""
        return self.radius / float(np.sqrt(-2 * np.log(1 - self.least)))

    def probability(self, separation: Floats, sigma: Floats) -> Floats:
        """Return the chance that the true separation is within the radius."""
        value: Floats = chndtr((self.radius / sigma) ** 2, 2.0, (separation / sigma) ** 2)
        return value


@dataclass(frozen=True)
class Pair:
    """Two segments while both last, ``begin`` to ``end`` in ms; times below count in seconds."""

    a: Segment
    b: Segment
    begin: int
    end: int
    near: Near

    @cached_property
    def span(self) -> float:
        """Return how long both last, in seconds."""
        return (self.end - self.begin) / 1_000

    @cached_property
    def gap(self) -> Vector:
        """Return the estimated way from one to the other at the beginning."""
        return self.b.at(self.begin) - self.a.at(self.begin)

    @cached_property
    def drift(self) -> Vector:
        """Return by how much that way changes until the end."""
        return self.b.at(self.end) - self.a.at(self.end) - self.gap

    @cached_property
    def moved(self) -> float:
        """Return how far the two move relative to each other."""
        return float(np.linalg.norm(self.drift))

    @cached_property
    def lengths(self) -> tuple[float, float]:
        """Return the lengths of both segments."""
        return distance(self.a.here, self.a.there), distance(self.b.here, self.b.there)

    def separations(self, t: Floats) -> Floats:
        """Return the estimated separation at each time."""
        ways = self.gap + (t / self.span)[:, None] * self.drift
        away: Floats = np.sqrt((ways * ways).sum(axis=1))
        return away

    def sigmas(self, t: Floats) -> Floats:
        """Return the root of the summed variances at each time."""
        time = self.begin + 1_000 * t
        total = np.zeros(len(t))
        for s, length in zip((self.a, self.b), self.lengths, strict=True):
            u = (time - s.start) / (s.end - s.start)
            bridge = 2 * self.near.spread * length
            total += (1 - u) * s.sigma0**2 + u * s.sigma1**2 + bridge**2 * u * (1 - u)
        return np.sqrt(total)

    def probabilities(self, t: Floats) -> Floats:
        """Return the chance of being near at each time."""
        return self.near.probability(self.separations(t), self.sigmas(t))

    def separation(self, t: float) -> float:
        """Return the separation at one time."""
        return float(self.separations(np.array([t]))[0])

    @cached_property
    def changes(self) -> bool:
        """Whether separation or sigma change at all."""
        moving = max(self.lengths) > 0
        return moving or any(s.sigma0 != s.sigma1 for s in (self.a, self.b))

    @cached_property
    def nearest(self) -> float:
        """Return when they are nearest; the beginning where the separation does not change."""
        if self.moved < 1e-6:
            return 0.0
        share = -float(self.gap @ self.drift) / self.moved**2
        return min(1.0, max(0.0, share)) * self.span

    def within(self, reach: float) -> Period | None:
        """Return the one period in which they are within ``reach`` metres."""
        middle = self.nearest
        if self.separation(middle) > reach:
            return None
        if self.moved < 1e-6:
            return 0.0, self.span

        def closer(t: Floats) -> Floats:
            return reach - self.separations(t)

        ends = closer(np.array([0.0, self.span]))
        enter = 0.0 if ends[0] >= 0 else zoom(closer, 0.0, middle)
        leave = self.span if ends[1] >= 0 else zoom(closer, middle, self.span)
        return (enter, leave) if leave > enter else None


def zoom(function: Callable[[Floats], Floats], low: float, high: float) -> float:
    """Return where a function changes its sign, by looking at 40 points ever closer together."""
    for _ in range(5):
        t = np.linspace(low, high, 41)
        signs = function(t) >= 0
        other = np.flatnonzero(signs != signs[0])
        if not len(other):
            return low
        low, high = t[other[0] - 1], t[other[0]]
    return float(low + high) / 2


def likely(pair: Pair, doubts: list[str]) -> list[Period]:
    """Return the periods in which the chance is at least the least one."""
    near = pair.near
    if not pair.changes:
        excess = float(pair.probabilities(np.zeros(1))[0]) - near.least
        if abs(excess) < 1e-5:
            doubts.append("chance")
        return [(0.0, pair.span)] if excess >= 0 else []
    t = _samples(pair)
    if not len(t):
        return []

    def excess_at(t: Floats) -> Floats:
        return pair.probabilities(t) - near.least

    values = excess_at(t)
    if _turns_at_the_least(values):
        doubts.append("chance")
    edges = [float(t[0])] if values[0] >= 0 else []
    turns = np.flatnonzero((values[1:] >= 0) != (values[:-1] >= 0))
    edges += [zoom(excess_at, float(t[k]), float(t[k + 1])) for k in turns]
    if values[-1] >= 0:
        edges.append(float(t[-1]))
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


def _turns_at_the_least(excess: Floats) -> bool:
    """Whether the chance has an end or a turning point within the margin of the least one."""
    steps = np.sign(np.diff(excess))
    turns = np.concatenate([[True], steps[1:] != steps[:-1], [True]])
    return bool((np.abs(excess[turns]) < MARGIN).any())


def _samples(pair: Pair) -> Floats:
    """Return times, dense against the errors, outside which there is no chance at all.

    The chance is at most exp(-(d - R)^2 / 2 s^2) beyond the radius: under 5 % from 2.45 s on.
    """
    t = np.linspace(0.0, pair.span, 65)
    sigmas = pair.sigmas(t)
    span = pair.within(pair.near.radius + 2.5 * 1.02 * float(sigmas.max()))
    if span is None:
        return np.empty(0)
    crossed = pair.moved * (span[1] - span[0]) / pair.span
    count = int(np.clip(crossed / (0.1 * float(sigmas.min())), 160, 6_000))
    return np.linspace(span[0], span[1], count + 1)


def integral(pair: Pair, period: Period) -> float:
    """Return the integral of the chance over a period, in seconds (Gauss-Legendre, in panels)."""
    if not pair.changes:
        return float(pair.probabilities(np.zeros(1))[0]) * (period[1] - period[0])
    inside = np.linspace(*period, 9)
    moved = pair.moved * (period[1] - period[0]) / pair.span
    panels = int(np.clip(moved / float(pair.sigmas(inside).min()), 12, 1_500))
    width = (period[1] - period[0]) / panels
    middles = period[0] + width * (np.arange(panels) + 0.5)
    t = (middles[:, None] + width / 2 * NODES).ravel()
    chances = pair.probabilities(t).reshape(panels, -1)
    return float((chances @ WEIGHTS).sum() * width / 2)
