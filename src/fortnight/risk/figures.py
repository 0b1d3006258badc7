"""The layout of a disease file: every figure with its source, and how far it was checked."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Literal

import msgspec

from fortnight.risk.distributions import Gamma, Law, Lognormal, Point, Weibull
from fortnight.risk.infectiousness import Curve, shifted_gamma

Checked = Literal["source opened", "excerpt read", "unchecked"]
Kind = Literal["close", "shared-air", "prompts"]

_LEAST_MASS = 0.9  # published tables leave out the tails
_MOST_MASS = 1.0 + 1e-9
_ROUNDED = 0.0011  # published tables are rounded to thousandths
_LONGEST_DAYS = 36_500


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every part of the file must say: whose figure it is, and whether we read it there.

    ``checked`` is how far it was checked: the source itself was opened, an excerpt of it was
    read, or neither. ``note`` is anything the reader has to know beside the figure.
    """

    source: str
    checked: Checked
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a figure of nobody."""
        if not self.source.strip():
            raise ValueError("the source is empty: say where the figure comes from")


def positive(**values: float) -> None:
    """Refuse values that are no length of time: zero, negative, endless or not a number."""
    for name, value in values.items():
        if not 0.0 < value < _LONGEST_DAYS:
            raise ValueError(f"{name} is {value:g}: it must be above 0 and below {_LONGEST_DAYS:,}")


class Period(Figure, frozen=True, tag_field="distribution"):
    """A period as a distribution of days; each kind names its own parameters."""

    @abstractmethod
    def law(self) -> Law:
        """Return the distribution."""

    def mean(self) -> float:
        """Return the mean, days."""
        return self.law().mean()

    def cdf(self, days: float) -> float:
        """Return the share that takes at most ``days``."""
        return self.law().cdf(days)

    def mass(self, day: int) -> float:
        """Return the share for which the two dates are ``day`` days apart."""
        return self.law().mass(day)


class GammaPeriod(Period, frozen=True, tag="gamma"):
    """A gamma distribution by its mean and standard deviation, days."""

    mean_days: float = msgspec.field(name="mean")
    sd: float

    def __post_init__(self) -> None:
        """Refuse what is no length of time."""
        super().__post_init__()
        positive(mean=self.mean_days, sd=self.sd)

    def law(self) -> Law:
        """Return the distribution."""
        return Gamma.of(self.mean_days, self.sd)


class LognormalPeriod(Period, frozen=True, tag="lognormal"):
    """A lognormal distribution by mean and standard deviation of the logarithm."""

    meanlog: float
    sdlog: float

    def __post_init__(self) -> None:
        """Refuse what is no length of time."""
        super().__post_init__()
        positive(median=math.exp(min(self.meanlog, 100.0)), sdlog=self.sdlog)

    def law(self) -> Law:
        """Return the distribution."""
        return Lognormal(self.meanlog, self.sdlog)


class WeibullPeriod(Period, frozen=True, tag="weibull"):
    """A Weibull distribution by shape and scale (days)."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        """Refuse what is no length of time."""
        super().__post_init__()
        positive(shape=self.shape, scale=self.scale)

    def law(self) -> Law:
        """Return the distribution."""
        return Weibull(self.shape, self.scale)


class PointPeriod(Period, frozen=True, tag="point"):
    """Always the same number of days."""

    days: float

    def __post_init__(self) -> None:
        """Refuse what is no length of time."""
        super().__post_init__()
        positive(days=self.days)

    def law(self) -> Law:
        """Return the distribution."""
        return Point(self.days)


AnyPeriod = GammaPeriod | LognormalPeriod | WeibullPeriod | PointPeriod


class ContactRule(Figure, frozen=True):
    """Who counts as a contact, and what a shared place can show of it.

    ``close``: near each other for ``min_minutes`` within ``within_hours``. ``shared-air``: in the
    same air, ``linger_minutes`` after the case left too. ``prompts``: infection takes touch, so
    a shared place only prompts the questions in ``asks``.
    """

    kind: Kind
    min_minutes: float
    within_hours: float
    linger_minutes: float = 0.0
    asks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse minutes that cannot be, and a prompt without its question."""
        super().__post_init__()
        positive(within_hours=self.within_hours)
        if not 0.0 <= self.min_minutes <= 24 * 60:
            raise ValueError(f"min_minutes is {self.min_minutes:g}: give 0 to 1440")
        if not 0.0 <= self.linger_minutes <= 24 * 60:
            raise ValueError(f"linger_minutes is {self.linger_minutes:g}: give 0 to 1440")
        if self.linger_minutes and self.kind != "shared-air":
            raise ValueError('linger_minutes belongs to kind = "shared-air" alone')
        if (self.kind == "prompts") != bool(self.asks):
            raise ValueError('asks holds the questions of kind = "prompts", and of no other')


class Days(Figure, frozen=True):
    """First and last day of a window, counted from onset, both included."""

    first_day: int
    last_day: int

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins."""
        super().__post_init__()
        if self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")


class ShiftedGamma(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of which a published table of infectiousness was made; shift in days."""

    shape: float
    rate: float
    shift: float

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        positive(shape=self.shape, rate=self.rate)
        if not abs(self.shift) < _LONGEST_DAYS:
            raise ValueError(f"shift is {self.shift:g}: give days")


class Infectiousness(Figure, frozen=True):
    """Infectiousness from ``first_day`` on: a table, or ``last_day`` and the same on every day.

    ``measured_on`` names the variants in which the curve was measured. With ``gamma`` beside a
    table the two must agree to the thousandth.
    """

    first_day: int
    mass: tuple[float, ...] = ()
    last_day: int | None = None
    gamma: ShiftedGamma | None = None
    measured_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a curve that is no distribution, or not the one that its parameters make."""
        super().__post_init__()
        if bool(self.mass) == (self.last_day is not None):
            raise ValueError("give either mass, a share for each day, or last_day for a flat curve")
        if self.last_day is not None and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        if self.mass and not self._is_whole():
            raise ValueError("mass must be shares of a whole: none negative, 0.9 to 1 in all")
        if self.gamma is not None:
            self._agrees(self.gamma)

    def _is_whole(self) -> bool:
        return min(self.mass) >= 0.0 and _LEAST_MASS <= sum(self.mass) <= _MOST_MASS

    def _agrees(self, made: ShiftedGamma) -> None:
        last = self.first_day + len(self.mass) - 1
        shares = shifted_gamma(made.shape, made.rate, made.shift, self.first_day, last)
        for place, (said, is_) in enumerate(zip(self.mass, shares, strict=True)):
            if abs(said - is_) > _ROUNDED:
                day = self.first_day + place
                raise ValueError(f"mass of day {day} is {said:g}, but gamma makes it {is_:.3f}")

    @property
    def flat(self) -> bool:
        """Whether no curve is given, but the same infectiousness on every day."""
        return self.last_day is not None

    def curve(self) -> Curve:
        """Return the share of all transmission on each day."""
        if self.last_day is None:
            return Curve(self.first_day, self.mass)
        days = self.last_day - self.first_day + 1
        return Curve(self.first_day, (1.0 / days,) * days)
