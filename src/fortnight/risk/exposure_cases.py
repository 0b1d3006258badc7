"""Cases of exposure windows in the layout of the Corona-Warn-App's own test file, scored.

Each case is read by itself: one that cannot be used is refused with its reason, and the others
are scored all the same. Fields that hold an expected answer are not read.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import msgspec
import numpy as np

from fortnight.risk.exposure_windows import Windows, offsets
from fortnight.risk.windows_cwa import CwaConfiguration, cwa_risks
from fortnight.risk.windows_gaen import GaenConfiguration, gaen_risks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Row: TypeAlias = dict[str, Any]

_Code = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
_Seconds = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]

CWA_FIELDS: Final = {
    "total_risk_level": "expTotalRiskLevel",
    "age_of_most_recent_date_with_low_risk": "expAgeOfMostRecentDateWithLowRisk",
    "age_of_most_recent_date_with_high_risk": "expAgeOfMostRecentDateWithHighRisk",
    "number_of_days_with_low_risk": "expNumberOfDaysWithLowRisk",
    "number_of_days_with_high_risk": "expNumberOfDaysWithHighRisk",
    "total_minimum_distinct_encounters_with_low_risk": (
        "expTotalMinimumDistinctEncountersWithLowRisk"
    ),
    "total_minimum_distinct_encounters_with_high_risk": (
        "expTotalMinimumDistinctEncountersWithHighRisk"
    ),
}
"""Our names of what is scored, and the file's names of it."""


class _Scan(msgspec.Struct, frozen=True, rename="camel", gc=False):
    min_attenuation: float
    seconds_since_last_scan: _Seconds
    typical_attenuation: float | None = None


class _Window(msgspec.Struct, frozen=True, rename="camel"):
    age_in_days: _Code
    report_type: _Code
    infectiousness: _Code
    calibration_confidence: _Code
    scan_instances: tuple[_Scan, ...]


class _Case(msgspec.Struct, frozen=True, rename="camel"):
    exposure_windows: tuple[_Window, ...]
    description: str | None = None
    risk_calculation_configuration: msgspec.Raw = msgspec.Raw()


class _Named(msgspec.Struct, frozen=True):
    description: Any = None


_CASE: Final = msgspec.json.Decoder(_Case)
_NAMED: Final = msgspec.json.Decoder(_Named)


def read_configuration(text: bytes | msgspec.Raw) -> CwaConfiguration:
    """Return a configuration of the layout of ``defaultRiskCalculationConfiguration``.

    Raises
    ------
    msgspec.DecodeError
        It is no such configuration; the error says which field.
    """
    return msgspec.json.decode(text, type=CwaConfiguration)


def score_cwa_cases(cases: Sequence[msgspec.Raw], default: msgspec.Raw | None) -> list[Row]:
    """Return one row a case: its description and what the app would say, or why it is refused.

    A case's own ``riskCalculationConfiguration`` replaces the default's fields that it names.
    """
    rows: list[Row] = []
    read: dict[bytes, CwaConfiguration] = {}
    waiting: dict[bytes, list[tuple[Row, tuple[_Window, ...]]]] = {}
    for text in cases:
        row: Row = {"description": None}
        rows.append(row)
        try:
            case = _case(text, row)
            key = _merged(default, case.risk_calculation_configuration)
            if key not in read:
                read[key] = read_configuration(key)
        except (msgspec.DecodeError, ValueError) as error:
            row["refused"] = _reason(error)
        else:
            waiting.setdefault(key, []).append((row, case.exposure_windows))
    for key, group in waiting.items():
        found = cwa_risks(_columns(windows for _, windows in group), read[key], len(group))
        for (row, _), risk in zip(group, found, strict=True):
            row.update({CWA_FIELDS[name]: value for name, value in asdict(risk).items()})
    return rows


def score_gaen_cases(cases: Sequence[msgspec.Raw], configuration: GaenConfiguration) -> list[Row]:
    """Return one row a case: its minutes by day and the tier, or why it is refused."""
    rows: list[Row] = []
    waiting: list[tuple[Row, tuple[_Window, ...]]] = []
    for text in cases:
        row: Row = {"description": None}
        rows.append(row)
        try:
            case = _case(text, row)
            _check_typical(case.exposure_windows)
        except (msgspec.DecodeError, ValueError) as error:
            row["refused"] = _reason(error)
        else:
            waiting.append((row, case.exposure_windows))
    found = gaen_risks(_columns(windows for _, windows in waiting), configuration, len(waiting))
    for (row, _), risk in zip(waiting, found, strict=True):
        row |= {
            "tier": risk.tier,
            "maximumMinutes": risk.maximum_minutes,
            "ageOfMaximum": risk.age_of_maximum,
            "minutesByAge": {str(age): minutes for age, minutes in risk.minutes_by_age.items()},
        }
    return rows


def as_case(windows: msgspec.Raw) -> msgspec.Raw:
    """Return a bare list of windows as one case without a description."""
    return msgspec.Raw(b'{"exposureWindows":' + bytes(windows) + b"}")


def _case(text: msgspec.Raw, row: Row) -> _Case:
    """Read one case; what it is called is noted first, so that a refusal can name it."""
    described = _NAMED.decode(text).description
    row["description"] = described if isinstance(described, str) else None
    return _CASE.decode(text)


def _merged(default: msgspec.Raw | None, own: msgspec.Raw) -> bytes:
    """Return the configuration of a case as JSON, the same bytes for the same configuration."""
    if not bytes(own):
        if default is None:
            raise ValueError(
                "no configuration: the file has no `defaultRiskCalculationConfiguration` and the"
                " case no `riskCalculationConfiguration`"
            )
        return bytes(default)
    fields = msgspec.json.decode(own, type=dict[str, msgspec.Raw])
    base = {} if default is None else msgspec.json.decode(default, type=dict[str, msgspec.Raw])
    return msgspec.json.encode(base | fields)


def _check_typical(windows: Iterable[_Window]) -> None:
    for number, window in enumerate(windows):
        for place, scan in enumerate(window.scan_instances):
            if scan.typical_attenuation is None:
                raise ValueError(
                    "Object missing required field `typicalAttenuation` - at"
                    f" `$.exposureWindows[{number}].scanInstances[{place}]`"
                )


def _reason(error: Exception) -> str:
    return str(error).rstrip(".")


def _columns(groups: Iterable[tuple[_Window, ...]]) -> Windows:
    """Turn the windows of numbered owners into columns."""
    numbered = [(owner, window) for owner, group in enumerate(groups) for window in group]
    windows = [window for _, window in numbered]
    scans = [scan for window in windows for scan in window.scan_instances]
    typical = (scan.typical_attenuation for scan in scans)
    return Windows(
        owner=_integers(owner for owner, _ in numbered),
        age_days=_integers(window.age_in_days for window in windows),
        report_type=_integers(window.report_type for window in windows),
        infectiousness=_integers(window.infectiousness for window in windows),
        confidence=_integers(window.calibration_confidence for window in windows),
        first_scan=offsets([len(window.scan_instances) for window in windows]),
        typical_db=_numbers(np.nan if one is None else one for one in typical),
        minimum_db=_numbers(scan.min_attenuation for scan in scans),
        seconds=_numbers(scan.seconds_since_last_scan for scan in scans),
    )


def _integers(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.fromiter(values, dtype=np.int64)


def _numbers(values: Iterable[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.fromiter(values, dtype=np.float64)
