"""Exposure windows scored with plain loops, straight from the JSON, sharing no code with ours."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

REPORT_OFFSETS = {
    1: "reportTypeOffsetConfirmedTest",
    2: "reportTypeOffsetConfirmedClinicalDiagnosis",
    3: "reportTypeOffsetSelfReport",
    4: "reportTypeOffsetRecursive",
}


def holds(span: Json, value: float) -> bool:
    if value < span.get("min", 0) or value > span["max"]:
        return False
    if value == span.get("min", 0) and span.get("minExclusive"):
        return False
    return not (value == span["max"] and span.get("maxExclusive"))


def total(values: list[float]) -> float:
    return float(sum(map(Fraction, values), Fraction()))


def first(items: list[Json], span: str, value: float) -> Json | None:
    for item in items:
        if holds(item[span], value):
            return item
    return None


def level_of(window: Json, configuration: Json) -> int:
    encoding = configuration["trlEncoding"]
    high = window["infectiousness"] == 2
    name = "infectiousnessOffsetHigh" if high else "infectiousnessOffsetStandard"
    offset: int = encoding.get(name, 0)
    if window["reportType"] in REPORT_OFFSETS:
        offset += encoding.get(REPORT_OFFSETS[window["reportType"]], 0)
    return offset


def value_of(level: int, configuration: Json) -> float:
    if "transmissionRiskValueMapping" not in configuration:
        return float(level * configuration["transmissionRiskLevelMultiplier"])
    for item in configuration["transmissionRiskValueMapping"]:
        if item["transmissionRiskLevel"] == level:
            return float(item["transmissionRiskValue"])
    return 0.0


def normalized_of(window: Json, configuration: Json) -> float:
    weighted = []
    for scan in window["scanInstances"]:
        weight = first(
            configuration["minutesAtAttenuationWeights"], "attenuationRange", scan["minAttenuation"]
        )
        if weight is not None and scan["secondsSinceLastScan"] > 0:
            weighted.append(scan["secondsSinceLastScan"] * float(weight["weight"]))
    return value_of(level_of(window, configuration), configuration) * (total(weighted) / 60)


def is_dropped(window: Json, configuration: Json) -> bool:
    for one in configuration.get("minutesAtAttenuationFilters", []):
        seconds = 0
        for scan in window["scanInstances"]:
            if holds(one["attenuationRange"], scan["minAttenuation"]):
                seconds += max(0, scan["secondsSinceLastScan"])
        if holds(one["dropIfMinutesInRange"], seconds / 60):
            return True
    for one in configuration.get("trlFilters", []):
        if holds(one["dropIfTrlInRange"], level_of(window, configuration)):
            return True
    if "maxEncounterAgeInDays" not in configuration:
        return False
    oldest: int = configuration["maxEncounterAgeInDays"] or 14
    return bool(window["ageInDays"] > oldest)


def cwa(windows: list[Json], configuration: Json) -> Json:
    """Return the fields that the Corona-Warn-App's test file calls `exp…`."""
    minutes: dict[int, list[float]] = {}
    met: dict[int, set[tuple[int, int, int]]] = {1: set(), 2: set()}
    for window in windows:
        normalized = normalized_of(window, configuration)
        mapped = first(
            configuration["normalizedTimePerEWToRiskLevelMapping"],
            "normalizedTimeRange",
            normalized,
        )
        if mapped is None or is_dropped(window, configuration):
            continue
        age = window["ageInDays"]
        minutes.setdefault(age, []).append(normalized)
        if mapped["riskLevel"] in met:
            encounter = (age, level_of(window, configuration), window["calibrationConfidence"])
            met[mapped["riskLevel"]].add(encounter)
    days: dict[int, list[int]] = {1: [], 2: [], 0: []}
    for age, values in minutes.items():
        mapped = first(
            configuration["normalizedTimePerDayToRiskLevelMapping"],
            "normalizedTimeRange",
            total(values),
        )
        if mapped is not None:
            days[mapped["riskLevel"]].append(age)
    return {
        "expTotalRiskLevel": 2 if days[2] else 1,
        "expAgeOfMostRecentDateWithLowRisk": min(days[1], default=None),
        "expAgeOfMostRecentDateWithHighRisk": min(days[2], default=None),
        "expNumberOfDaysWithLowRisk": len(days[1]),
        "expNumberOfDaysWithHighRisk": len(days[2]),
        "expTotalMinimumDistinctEncountersWithLowRisk": len(met[1]),
        "expTotalMinimumDistinctEncountersWithHighRisk": len(met[2]),
    }


def gaen(windows: list[Json], edges: list[int], weights: list[float]) -> dict[int, float]:
    """Return the exposure minutes by age of the day, by the recommended weights."""
    minutes: dict[int, float] = {}
    for window in windows:
        share = {1: 0.3, 2: 1.0}.get(window["infectiousness"], 0.0)
        if window["reportType"] not in REPORT_OFFSETS or not share:
            continue
        for scan in window["scanInstances"]:
            bucket = sum(scan["typicalAttenuation"] > edge for edge in edges)
            seconds = max(0, scan["secondsSinceLastScan"])
            if seconds and weights[bucket]:
                age = window["ageInDays"]
                minutes[age] = minutes.get(age, 0) + seconds * weights[bucket] * share / 60
    return minutes
