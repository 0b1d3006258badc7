"""Periods as distributions: how long from exposure to symptoms, in days.

Written out with the standard library alone; the tests hold each against SciPy.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

_PRECISE = 1e-14
_TINY = 1e-300
_HALVINGS = 80


class Law(ABC):
    """A distribution of days, never negative."""

    __slots__ = ()

    @abstractmethod
    def mean(self) -> float:
        """Return the mean, days."""

    @abstractmethod
    def sd(self) -> float:
        """Return the standard deviation, days."""

    @abstractmethod
    def cdf(self, days: float) -> float:
        """Return the share that takes at most ``days``."""

    def mass(self, day: int) -> float:
        """Return the share for which the two dates are ``day`` days apart.

        Both events fall at some hour of their dates, so a period counts for the nearest whole
        number of days: from half a day less to half a day more.
        """
        return self.cdf(day + 0.5) - self.cdf(day - 0.5)

    def quantile(self, share: float) -> float:
        """Return the days within which ``share`` of all lies (0 < share < 1)."""
        low, high = 0.0, self.mean() + self.sd() + 1.0
        while self.cdf(high) < share:
            low, high = high, high * 2.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            low, high = (middle, high) if self.cdf(middle) < share else (low, middle)
        return high


@dataclass(frozen=True, slots=True)
class Gamma(Law):
    """A gamma distribution of ``shape`` and ``scale`` (days)."""

    shape: float
    scale: float

    @classmethod
    def of(cls, mean: float, sd: float) -> Gamma:
        """Return the one with this mean and standard deviation."""
        return cls(shape=(mean / sd) ** 2, scale=sd**2 / mean)

    def mean(self) -> float:
        """Return the mean, days."""
        return self.shape * self.scale

    def sd(self) -> float:
        """Return the standard deviation, days."""
        return math.sqrt(self.shape) * self.scale

    def cdf(self, days: float) -> float:
        """Return the share that takes at most ``days``."""
        return lower_gamma(self.shape, days / self.scale) if days > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Lognormal(Law):
    """A lognormal distribution: ``meanlog`` and ``sdlog`` of the logarithm of days."""

    meanlog: float
    sdlog: float

    def mean(self) -> float:
        """Return the mean, days."""
        return math.exp(self.meanlog + self.sdlog**2 / 2.0)

    def sd(self) -> float:
        """Return the standard deviation, days."""
        return self.mean() * math.sqrt(math.expm1(self.sdlog**2))

    def cdf(self, days: float) -> float:
        """Return the share that takes at most ``days``."""
        if days <= 0.0:
            return 0.0
        return math.erfc((self.meanlog - math.log(days)) / (self.sdlog * math.sqrt(2.0))) / 2.0


@dataclass(frozen=True, slots=True)
class Weibull(Law):
    """A Weibull distribution of ``shape`` and ``scale`` (days)."""

    shape: float
    scale: float

    def mean(self) -> float:
        """Return the mean, days."""
        return self.scale * math.gamma(1.0 + 1.0 / self.shape)

    def sd(self) -> float:
        """Return the standard deviation, days."""
        second = math.gamma(1.0 + 2.0 / self.shape)
        return self.scale * math.sqrt(second - math.gamma(1.0 + 1.0 / self.shape) ** 2)

    def cdf(self, days: float) -> float:
        """Return the share that takes at most ``days``."""
        return -math.expm1(-((days / self.scale) ** self.shape)) if days > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Point(Law):
    """Always the same number of days: what is said where no distribution is known."""

    days: float

    def mean(self) -> float:
        """Return the days."""
        return self.days

    def sd(self) -> float:
        """Return 0."""
        return 0.0

    def cdf(self, days: float) -> float:
        """Return 0 before and 1 from ``self.days`` on."""
        return 1.0 if days >= self.days else 0.0


def lower_gamma(shape: float, x: float) -> float:
    """Return the regularised lower incomplete gamma function P(shape, x)."""
    if x <= 0.0:
        return 0.0
    if x < shape + 1.0:
        return min(_series(shape, x), 1.0)
    return max(0.0, 1.0 - _fraction(shape, x))


def _terms(shape: float) -> int:
    """Return after how many terms to give up; a large shape needs about its root's multiple."""
    return 500 + int(20.0 * math.sqrt(shape))


def _factor(shape: float, x: float) -> float:
    return math.exp(shape * math.log(x) - x - math.lgamma(shape))


def _series(shape: float, x: float) -> float:
    """Sum x^n / (a (a+1) ... (a+n)), which converges fast below a + 1."""
    term = total = 1.0 / shape
    for n in range(1, _terms(shape)):
        term *= x / (shape + n)
        total += term
        if term < total * _PRECISE:
            break
    return total * _factor(shape, x)


def _fraction(shape: float, x: float) -> float:
    """Evaluate the continued fraction of Q(a, x) by Lentz's method, for x above a + 1."""
    b = x + 1.0 - shape
    c, d = 1.0 / _TINY, 1.0 / b
    product = d
    for n in range(1, _terms(shape)):
        a = -n * (n - shape)
        b += 2.0
        d = 1.0 / _away_from_zero(a * d + b)
        c = _away_from_zero(b + a / c)
        product *= c * d
        if abs(c * d - 1.0) < _PRECISE:
            break
    return product * _factor(shape, x)


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
