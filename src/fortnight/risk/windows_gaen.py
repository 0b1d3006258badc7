"""The exposure risk value of Google's and Apple's system, version 2, in minutes a UTC day.

Thresholds, weights and the curve of infectiousness: Risk Score Symposium Invitational,
lfph/gaen-risk-scoring ``risk-scoring.md`` (04feb93). The sum itself: Google's
``DailySummariesConfig``; typical attenuation decides, and a threshold belongs to the nearer side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.errors import QuestionError
from fortnight.risk.exposure_windows import HIGH, SECONDS_A_MINUTE, STANDARD, by_day, sums

if TYPE_CHECKING:
    from fortnight.risk.exposure_windows import Numbers, Windows

_MOST_WEIGHT: Final = 2.5  # Google refuses more
_STANDARD_DAYS: Final = frozenset({-4, -3, 4, 5})
_HIGH_DAYS: Final = frozenset(range(-2, 4))


@dataclass(frozen=True, slots=True)
class GaenConfiguration:
    """Weights are shares of a minute (1 is 100 %), thresholds dB, the tiers minutes a day.

    ``weights`` belong to immediate, near, medium and other; ``report_types`` to the codes 0
    (unknown) to 5 (revoked): only the four kinds of report between them can have a weight.
    """

    name: str
    thresholds_db: tuple[float, float, float]
    weights: tuple[float, float, float, float]
    standard: float = 0.3
    high: float = 1.0
    report_types: tuple[float, ...] = (0.0, 1.0, 1.0, 1.0, 1.0, 0.0)
    advisory_minutes: float = 5.0
    alert_minutes: float = 15.0

    def __post_init__(self) -> None:
        """Refuse weights that the system would refuse, and thresholds out of order."""
        weights = (*self.weights, self.standard, self.high, *self.report_types)
        if not all(0.0 <= one <= _MOST_WEIGHT for one in weights):
            raise QuestionError(f"{self.name}: every weight must be from 0 to {_MOST_WEIGHT:g}.")
        if list(self.thresholds_db) != sorted(set(self.thresholds_db)):
            raise QuestionError(f"{self.name}: the thresholds must rise from the nearest on.")


NARROW_NET: Final = GaenConfiguration(
    "gaen-narrow", thresholds_db=(55.0, 67.0, 75.0), weights=(1.75, 1.0, 0.33, 0.0)
)
WIDE_NET: Final = GaenConfiguration(
    "gaen-wide", thresholds_db=(55.0, 70.0, 80.0), weights=(2.0, 1.0, 0.25, 0.0)
)


@dataclass(frozen=True, slots=True)
class GaenRisk:
    """One person's exposure minutes by age of the day, the highest of them, and its tier.

    ``tier`` is ``alert``, ``advisory`` or ``none``. ``age_of_maximum`` is the most recent day
    with the most minutes, None where no day has any.
    """

    maximum_minutes: float
    age_of_maximum: int | None
    tier: str
    minutes_by_age: dict[int, float]


def infectiousness_on(day_since_onset: int) -> int:
    """Return the code for a day counted from onset (or from the test, where there was none)."""
    if day_since_onset in _HIGH_DAYS:
        return HIGH
    return STANDARD if day_since_onset in _STANDARD_DAYS else 0


def gaen_window_minutes(windows: Windows, configuration: GaenConfiguration) -> Numbers:
    """Return the weighted minutes of each window."""
    bucket = np.searchsorted(configuration.thresholds_db, windows.typical_db, side="left")
    weights = np.asarray(configuration.weights)[bucket]
    seconds = sums(windows.counted_seconds() * weights, windows.first_scan)
    by_infectiousness = np.array([0.0, configuration.standard, configuration.high])
    return (
        seconds
        / SECONDS_A_MINUTE
        * _coded(by_infectiousness, windows.infectiousness)
        * _coded(np.asarray(configuration.report_types), windows.report_type)
    )


def gaen_risks(windows: Windows, configuration: GaenConfiguration, owners: int) -> list[GaenRisk]:
    """Return the minutes of each of the ``owners`` by day, also of those who have no window."""
    minutes = gaen_window_minutes(windows, configuration)
    days = by_day(windows, minutes, minutes > 0)
    by_age: list[dict[int, float]] = [{} for _ in range(owners)]
    rows = zip(days.owner.tolist(), days.age_days.tolist(), days.total.tolist(), strict=True)
    for owner, age, total in rows:
        by_age[owner][age] = total
    return [_risk(one, configuration) for one in by_age]


def _coded(table: Numbers, codes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Numbers:
    """Return the entry of each code; a code that the table does not have counts nothing."""
    known = (codes >= 0) & (codes < len(table))
    return np.where(known, table[np.where(known, codes, 0)], 0.0)


def _risk(by_age: dict[int, float], configuration: GaenConfiguration) -> GaenRisk:
    most = max(by_age.values(), default=0.0)
    tier = "none"
    if most >= configuration.advisory_minutes:
        tier = "alert" if most >= configuration.alert_minutes else "advisory"
    youngest = min((age for age, minutes in by_age.items() if minutes == most), default=None)
    return GaenRisk(most, youngest, tier, by_age)
