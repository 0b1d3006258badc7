"""How likely two uncertain positions are near, and when: by sampling and by SciPy.

The true separation of two estimates ``d`` apart, each with a normal error, is Rice distributed.
Its distribution function is that of a non-central chi-square with two degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chndtr

from tests.reference.places import distance

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reference.segments import Segment

Floats = NDArray[np.float64]
Period = tuple[float, float]

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

    @property
    def span(self) -> float:
        """Return how long both last, in seconds."""
        return (self.end - self.begin) / 1_000

    def positions(self, t: Floats) -> tuple[Floats, Floats]:
        """Return the estimated positions of both, shape (times, 3)."""
        time = self.begin + 1_000 * t
        return tuple(  # type: ignore[return-value]  # two, by construction
            s.here + (((time - s.start) / (s.end - s.start))[:, None]) * (s.there - s.here)
            for s in (self.a, self.b)
        )

    def separations(self, t: Floats) -> Floats:
        """Return the estimated separation at each time."""
        a, b = self.positions(t)
        away: Floats = np.sqrt(((b - a) ** 2).sum(axis=1))
        return away

    def sigmas(self, t: Floats) -> Floats:
        """Return the root of the summed variances at each time."""
        time = self.begin + 1_000 * t
        total = np.zeros(len(t))
        for s in (self.a, self.b):
            u = (time - s.start) / (s.end - s.start)
            bridge = 2 * self.near.spread * distance(s.here, s.there)
            total += (1 - u) * s.sigma0**2 + u * s.sigma1**2 + bridge**2 * u * (1 - u)
        return np.sqrt(total)

    def probabilities(self, t: Floats) -> Floats:
        """Return the chance of being near at each time."""
        return self.near.probability(self.separations(t), self.sigmas(t))

    def separation(self, t: float) -> float:
        """Return the separation at one time."""
        return float(self.separations(np.array([t]))[0])

    def excess(self, t: float) -> float:
        """Return by how much the chance is above the least."""
        return float(self.probabilities(np.array([t]))[0]) - self.near.least

    @property
    def moved(self) -> float:
        """Return how far the two move relative to each other."""
        ends = self.positions(np.array([0.0, self.span]))
        return distance(ends[1][1] - ends[0][1], ends[1][0] - ends[0][0])

    @property
    def changes(self) -> bool:
        """Whether separation or sigma change at all."""
        steady = all(
            distance(s.here, s.there) == 0 and s.sigma0 == s.sigma1 for s in (self.a, self.b)
        )
        return not steady

    def nearest(self) -> float:
        """Return when they are nearest; the beginning where the separation does not change."""
        if self.moved < 1e-6:
            return 0.0
        a, b = self.positions(np.array([0.0, self.span]))
        gap, drift = b[0] - a[0], (b[1] - a[1]) - (b[0] - a[0])
        return float(np.clip(-(gap @ drift) / (drift @ drift), 0, 1)) * self.span

    def within(self, reach: float) -> Period | None:
        """Return the one period in which they are within ``reach`` metres."""
        middle = self.nearest()
        if self.separation(middle) > reach:
            return None
        if self.moved < 1e-6:
            return 0.0, self.span

        def beyond(t: float) -> float:
            return self.separation(t) - reach

        enter = 0.0 if beyond(0.0) <= 0 else _root(beyond, 0.0, middle)
        leave = self.span if beyond(self.span) <= 0 else _root(beyond, middle, self.span)
        return (enter, leave) if leave > enter else None


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-7))


def likely(pair: Pair, doubts: list[str]) -> list[Period]:
    """Return the periods in which the chance is at least the least one."""
    near = pair.near
    if not pair.changes:
        excess = pair.excess(0.0)
        if abs(excess) < 1e-5:
            doubts.append("chance")
        return [(0.0, pair.span)] if excess >= 0 else []
    t = _samples(pair)
    if not len(t):
        return []
    excess_at = pair.probabilities(t) - near.least
    if _turns_at_the_least(excess_at):
        doubts.append("chance")
    edges = [t[0]] if excess_at[0] >= 0 else []
    for k in np.flatnonzero((excess_at[1:] >= 0) != (excess_at[:-1] >= 0)):
        edges.append(_root(pair.excess, t[k], t[k + 1]))
    if excess_at[-1] >= 0:
        edges.append(t[-1])
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


def _turns_at_the_least(excess: Floats) -> bool:
    """Whether the chance has an end or a turning point within the margin of the least one."""
    steps = np.sign(np.diff(excess))
    turns = np.concatenate([[True], steps[1:] != steps[:-1], [True]])
    return bool((np.abs(excess[turns]) < MARGIN)[:].any())


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
        return (pair.excess(0.0) + pair.near.least) * (period[1] - period[0])
    inside = np.linspace(*period, 9)
    moved = pair.moved * (period[1] - period[0]) / pair.span
    panels = int(np.clip(moved / float(pair.sigmas(inside).min()), 12, 1_500))
    nodes, weights = np.polynomial.legendre.leggauss(6)
    width = (period[1] - period[0]) / panels
    middles = period[0] + width * (np.arange(panels) + 0.5)
    t = (middles[:, None] + width / 2 * nodes).ravel()
    chances = pair.probabilities(t).reshape(panels, -1)
    return float((chances @ weights).sum() * width / 2)
