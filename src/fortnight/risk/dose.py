"""Dose: minutes, weighed by infectiousness and setting; and, where measured, a probability.

``fortnight.risk.daily`` adds the dose itself up.

Every function is pure and monotone: more minutes never lower a dose or a probability.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from fortnight.errors import QuestionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.risk.actions import Setting, Transmission
    from fortnight.risk.disease import Disease
    from fortnight.risk.infectiousness import Curve

    Floats = NDArray[np.float64]

AnchorKind = Literal["onset", "test"]
Where = Literal["unknown", "indoors", "outdoors"]

_HOUR = 60.0  # minutes


@dataclass(frozen=True, slots=True)
class Chance:
    """Probabilities of transmission with their interval, one for each contact."""

    probability: Floats
    low: Floats
    high: Floats


def infectious_days(disease: Disease, kind: AnchorKind, offsets: NDArray[np.int64]) -> Floats:
    """Return the relative infectiousness of each day, 0 outside the look-forward window.

    Parameters
    ----------
    disease : Disease
        The rules.
    kind : "onset" or "test"
        What the offsets count from. From a test, infectiousness is averaged over when the onset
        may have been.
    offsets : int64 (d,)
        Days.
    """
    curve, highest = _laid_out(disease, kind)
    weights = np.array([curve.share(day) / highest for day in offsets.tolist()], dtype=np.float64)
    return weights * is_forward(disease, offsets)


def _laid_out(disease: Disease, kind: AnchorKind) -> tuple[Curve, float]:
    """Return the curve, made once for all days, and the highest day's share since onset."""
    since_onset = disease.curve
    curve = since_onset if kind == "onset" else disease.curve_since_test
    return curve, max(since_onset.mass)


def is_forward(disease: Disease, offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which days lie in the look-forward window."""
    window = disease.look_forward
    return (offsets >= window.first_day) & (offsets <= window.last_day)


def setting_factors(disease: Disease, where: Where) -> tuple[float, float, float]:
    """Return what an hour there counts, and the interval of that: 1 where nothing is known."""
    if where not in get_args(Where):
        raise QuestionError(f"There is no setting {where!r}: give {', '.join(get_args(Where))}.")
    setting: Setting | None = disease.setting
    if setting is None or where != "outdoors":
        return 1.0, 1.0, 1.0
    return setting.outdoors, setting.low, setting.high


def chance(disease: Disease, doses: Floats, low_doses: Floats, high_doses: Floats) -> Chance:
    """Return the probability of a reported infection that a dose of close contact brings.

    An exponential dose-response, 1 - exp(-rate x hours x weight / reference), whose rate is that
    of ``disease.transmission``. The reference is the mean relative infectiousness of the days on
    which the measured hours are taken to have fallen. The interval spans what is not known about
    that: at its low end they all fell on the highest day, and no hour beyond those in which the
    rise was measured counts; at its high end they fell evenly on the whole look-forward.

    Raises ValueError for a disease without ``transmission``: nothing was measured.
    """
    measured: Transmission | None = disease.transmission
    if measured is None:
        raise ValueError(f"no probability of transmission was measured for {disease.name}")
    rate = -math.log1p(-measured.per_hour)
    window = disease.look_forward
    typical = _mean_relative(disease, measured.first_day, measured.last_day)
    widest = min(typical, _mean_relative(disease, window.first_day, window.last_day))
    longest = np.minimum(low_doses / _HOUR, measured.linear_hours)
    return Chance(
        probability=-np.expm1(-rate * doses / _HOUR / typical),
        low=-np.expm1(-rate * longest),
        high=-np.expm1(-rate * high_doses / _HOUR / widest),
    )


def _mean_relative(disease: Disease, first: int, last: int) -> float:
    curve, highest = _laid_out(disease, "onset")
    days = range(first, last + 1)
    return sum(curve.share(day) / highest for day in days) / len(days)
