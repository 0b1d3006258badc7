"""The Corona-Warn-App's risk of exposure windows, by its own configuration.

Follows cwa-app-ios ``RiskCalculation.swift`` and ``RiskCalculationExposureWindow.swift``, whose
cases we are tested with; where cwa-app-android does otherwise, docs/exposure-windows.md says so.
The steps below carry the numbers of the original.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
import numpy as np

from fortnight.ranges import Range
from fortnight.risk.exposure_windows import HIGH, SECONDS_A_MINUTE, by_day, runs, sums

if TYPE_CHECKING:
    from fortnight.risk.exposure_windows import Days, Integers, Numbers, Truths, Windows

LOW_RISK: Final = 1
HIGH_RISK: Final = 2
_NO_LEVEL: Final = -1
_DEFAULT_MAX_AGE_DAYS: Final = 14

# Wide of anything published, and narrow enough that no sum of them can overflow.
_Offset = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
_Factor = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]


class _Part(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A part of a configuration; its names in JSON are those of the Corona-Warn-App."""


class MinutesAtAttenuationFilter(_Part, frozen=True):
    """Drop a window whose minutes within ``attenuation_range`` (dB) fall in the other range."""

    attenuation_range: Range
    drop_if_minutes_in_range: Range


class TrlFilter(_Part, frozen=True):
    """Drop a window whose transmission risk level falls in the range."""

    drop_if_trl_in_range: Range


class MinutesAtAttenuationWeight(_Part, frozen=True):
    """What a minute within an attenuation range (dB) weighs."""

    attenuation_range: Range
    weight: _Factor


class RiskLevelMapping(_Part, frozen=True):
    """The risk level of a range of normalised minutes: 0 neither, 1 low, 2 high."""

    normalized_time_range: Range
    risk_level: Literal[0, 1, 2] = 0


class TrlEncoding(_Part, frozen=True):
    """Two offsets whose sum is the transmission risk level; one left out is 0, as in protobuf."""

    infectiousness_offset_standard: _Offset = 0
    infectiousness_offset_high: _Offset = 0
    report_type_offset_recursive: _Offset = 0
    report_type_offset_self_report: _Offset = 0
    report_type_offset_confirmed_clinical_diagnosis: _Offset = 0
    report_type_offset_confirmed_test: _Offset = 0


class TransmissionRiskValue(_Part, frozen=True):
    """The factor that a transmission risk level stands for."""

    transmission_risk_level: int
    transmission_risk_value: _Factor = 0.0


class CwaConfiguration(_Part, frozen=True, kw_only=True):
    """Everything that decides; nothing is built in.

    ``transmission_risk_level_multiplier`` is the older way from a level to its value, and is used
    where there is no mapping. Without ``max_encounter_age_in_days`` no window is too old.
    """

    minutes_at_attenuation_filters: tuple[MinutesAtAttenuationFilter, ...] = ()
    trl_filters: tuple[TrlFilter, ...] = ()
    minutes_at_attenuation_weights: tuple[MinutesAtAttenuationWeight, ...]
    per_window: tuple[RiskLevelMapping, ...] = msgspec.field(
        name="normalizedTimePerEWToRiskLevelMapping"
    )
    per_day: tuple[RiskLevelMapping, ...] = msgspec.field(
        name="normalizedTimePerDayToRiskLevelMapping"
    )
    trl_encoding: TrlEncoding
    transmission_risk_value_mapping: tuple[TransmissionRiskValue, ...] | None = None
    transmission_risk_level_multiplier: _Factor | None = None
    max_encounter_age_in_days: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] | None = None

    def __post_init__(self) -> None:
        """Refuse a configuration that gives no value to any level."""
        if (
            self.transmission_risk_value_mapping is None
            and self.transmission_risk_level_multiplier is None
        ):
            raise ValueError(
                "Object missing required field `transmissionRiskValueMapping`"
                " (or the older `transmissionRiskLevelMultiplier`)"
            )

    def value_of(self, level: int) -> float:
        """Return the factor of a transmission risk level; 0 for one that is not mapped."""
        if self.transmission_risk_value_mapping is None:
            return level * (self.transmission_risk_level_multiplier or 0.0)
        for one in self.transmission_risk_value_mapping:
            if one.transmission_risk_level == level:
                return one.transmission_risk_value
        return 0.0

    def max_age_days(self) -> int | None:
        """Return the oldest age that counts; 0 means the app's own 14."""
        if self.max_encounter_age_in_days is None:
            return None
        return self.max_encounter_age_in_days or _DEFAULT_MAX_AGE_DAYS


@dataclass(frozen=True, slots=True)
class CwaRisk:
    """What the app would show one person. Ages are days before the day of the question."""

    total_risk_level: int
    age_of_most_recent_date_with_low_risk: int | None
    age_of_most_recent_date_with_high_risk: int | None
    number_of_days_with_low_risk: int
    number_of_days_with_high_risk: int
    total_minimum_distinct_encounters_with_low_risk: int
    total_minimum_distinct_encounters_with_high_risk: int


@dataclass(frozen=True, slots=True)
class WindowRisks:
    """Of each window: its transmission risk level, normalised minutes, risk level, if counted."""

    trl: Integers
    normalized: Numbers
    level: Integers
    counted: Truths


def cwa_window_risks(windows: Windows, configuration: CwaConfiguration) -> WindowRisks:
    """Return what each window comes to by itself (steps 1 to 7 for a window)."""
    trl = _transmission_risk_levels(windows, configuration.trl_encoding)
    kinds, kind = np.unique(trl, return_inverse=True)
    factors = np.array([configuration.value_of(one) for one in kinds.tolist()], dtype=np.float64)
    normalized = factors[kind] * _weighted_minutes(windows, configuration)
    level = _levels(normalized, configuration.per_window)
    dropped = _dropped_by_minutes(windows, configuration)
    for trl_filter in configuration.trl_filters:
        dropped |= trl_filter.drop_if_trl_in_range.mask(trl.astype(np.float64))
    oldest = configuration.max_age_days()
    if oldest is not None:
        dropped |= windows.age_days > oldest
    return WindowRisks(trl, normalized, level, counted=~dropped & (level != _NO_LEVEL))


def cwa_risks(windows: Windows, configuration: CwaConfiguration, owners: int) -> list[CwaRisk]:
    """Return the risk of each of the ``owners``, also of those who have no window."""
    each = cwa_window_risks(windows, configuration)
    days = by_day(windows, each.normalized, each.counted)
    level = _levels(days.total, configuration.per_day)
    low, high = (_days_at(days, level == one, owners) for one in (LOW_RISK, HIGH_RISK))
    met_low, met_high = (
        _distinct_encounters(windows, each, one, owners) for one in (LOW_RISK, HIGH_RISK)
    )
    return [
        CwaRisk(
            total_risk_level=HIGH_RISK if high.count[k] else LOW_RISK,
            age_of_most_recent_date_with_low_risk=low.age(k),
            age_of_most_recent_date_with_high_risk=high.age(k),
            number_of_days_with_low_risk=int(low.count[k]),
            number_of_days_with_high_risk=int(high.count[k]),
            total_minimum_distinct_encounters_with_low_risk=int(met_low[k]),
            total_minimum_distinct_encounters_with_high_risk=int(met_high[k]),
        )
        for k in range(owners)
    ]


def _dropped_by_minutes(windows: Windows, configuration: CwaConfiguration) -> Truths:
    """Step 1: a window is dropped by any filter whose minutes it has."""
    dropped = np.zeros(len(windows), dtype=np.bool_)
    for one in configuration.minutes_at_attenuation_filters:
        here = one.attenuation_range.mask(windows.minimum_db)
        seconds = sums(np.where(here, windows.counted_seconds(), 0.0), windows.first_scan)
        dropped |= one.drop_if_minutes_in_range.mask(seconds / SECONDS_A_MINUTE)
    return dropped


def _transmission_risk_levels(windows: Windows, encoding: TrlEncoding) -> Integers:
    """Step 2: a report type without an offset adds 0; what is not high counts as standard."""
    by_type = np.array(
        [
            0,
            encoding.report_type_offset_confirmed_test,
            encoding.report_type_offset_confirmed_clinical_diagnosis,
            encoding.report_type_offset_self_report,
            encoding.report_type_offset_recursive,
        ],
        dtype=np.int64,
    )
    known = (windows.report_type >= 0) & (windows.report_type < len(by_type))
    infectiousness = np.where(
        windows.infectiousness == HIGH,
        encoding.infectiousness_offset_high,
        encoding.infectiousness_offset_standard,
    )
    return np.asarray(by_type[np.where(known, windows.report_type, 0)] + infectiousness)


def _weighted_minutes(windows: Windows, configuration: CwaConfiguration) -> Numbers:
    """Step 5: the first weight whose range holds the least attenuation; without one, 0."""
    weights = np.zeros(len(windows.seconds), dtype=np.float64)
    for one in reversed(configuration.minutes_at_attenuation_weights):
        weights[one.attenuation_range.mask(windows.minimum_db)] = one.weight
    weighted = sums(windows.counted_seconds() * weights, windows.first_scan)
    return weighted / SECONDS_A_MINUTE


def _levels(minutes: Numbers, mapping: tuple[RiskLevelMapping, ...]) -> Integers:
    """Return the level of the first range that holds each number of minutes, or -1."""
    levels = np.full(len(minutes), _NO_LEVEL, dtype=np.int64)
    for one in reversed(mapping):
        levels[one.normalized_time_range.mask(minutes)] = one.risk_level
    return levels


@dataclass(frozen=True, slots=True)
class _DaysAt:
    count: Integers
    youngest: Integers

    def age(self, owner: int) -> int | None:
        return int(self.youngest[owner]) if self.count[owner] else None


def _days_at(days: Days, at: Truths, owners: int) -> _DaysAt:
    """Count each owner's days at a level, and find the most recent of them."""
    owner = days.owner[at]
    youngest = np.full(owners, np.iinfo(np.int64).max)
    np.minimum.at(youngest, owner, days.age_days[at])
    return _DaysAt(np.bincount(owner, minlength=owners), youngest)


def _distinct_encounters(windows: Windows, each: WindowRisks, level: int, owners: int) -> Integers:
    """Count pairs of risk level and calibration by owner and day.

    Windows carry no name, so two that agree in all of these may be of one encounter: the count is
    the least that there can have been.
    """
    rows = np.flatnonzero(each.counted & (each.level == level))
    columns = (windows.owner, windows.age_days, each.trl, windows.confidence)
    order, firsts = runs(*(column[rows] for column in columns))
    return np.bincount(windows.owner[rows[order[firsts]]], minlength=owners)
