"""Worlds of exposure windows for Hypothesis: any configuration, any windows of its layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

# Few distinct values, so that range ends are met exactly and windows agree with one another.
attenuations = st.sampled_from([0, 25, 54, 55, 56, 62, 63, 67, 70, 72, 73, 75, 80, 81, 255])
seconds = st.sampled_from([-86_160, 0, 1, 60, 240, 299, 300, 301, 420, 600, 1_800])
weights = st.sampled_from([0, 0.1, 0.3, 0.5, 0.8, 1, 1.6])
minutes = st.sampled_from([0, 0.1, 1, 4.98, 5, 7.5, 9, 10, 15, 30, 9_999])
small = st.integers(-1, 8)


@st.composite
def spans(draw: DrawFn, values: SearchStrategy[float]) -> dict[str, Any]:
    low, high = sorted([draw(values), draw(values)])
    span: dict[str, Any] = {"max": high}
    if low or draw(st.booleans()):
        span["min"] = low
    for name in ("minExclusive", "maxExclusive"):
        flag = draw(st.sampled_from([None, False, True]))
        if flag is not None:
            span[name] = flag
    return span


def lists(**fields: SearchStrategy[Any]) -> SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(fields), max_size=4)


encodings = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(-2, 6)
        for name in (
            "infectiousnessOffsetStandard",
            "infectiousnessOffsetHigh",
            "reportTypeOffsetRecursive",
            "reportTypeOffsetSelfReport",
            "reportTypeOffsetConfirmedClinicalDiagnosis",
            "reportTypeOffsetConfirmedTest",
        )
    },
)
mappings = lists(normalizedTimeRange=spans(minutes), riskLevel=st.integers(0, 2))


@st.composite
def configurations(draw: DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {
        "minutesAtAttenuationWeights": draw(
            lists(attenuationRange=spans(attenuations), weight=weights)
        ),
        "normalizedTimePerEWToRiskLevelMapping": draw(mappings),
        "normalizedTimePerDayToRiskLevelMapping": draw(mappings),
        "trlEncoding": draw(encodings),
    }
    optional: dict[str, SearchStrategy[Any]] = {
        "minutesAtAttenuationFilters": lists(
            attenuationRange=spans(attenuations), dropIfMinutesInRange=spans(minutes)
        ),
        "trlFilters": lists(dropIfTrlInRange=spans(small.map(float))),
        "maxEncounterAgeInDays": st.integers(0, 15),
        "transmissionRiskValueMapping": lists(
            transmissionRiskLevel=small, transmissionRiskValue=weights
        ),
        "transmissionRiskLevelMultiplier": weights,
    }
    for name, values in optional.items():
        if draw(st.booleans()):
            found[name] = draw(values)
    if "transmissionRiskValueMapping" not in found:
        found.setdefault("transmissionRiskLevelMultiplier", 0.2)
    return found


scans = st.fixed_dictionaries(
    {
        "minAttenuation": attenuations,
        "typicalAttenuation": attenuations,
        "secondsSinceLastScan": seconds,
    }
)
windows = st.fixed_dictionaries(
    {
        "ageInDays": st.sampled_from([0, 1, 2, 10, 14, 15]),
        "reportType": st.integers(0, 6),
        "infectiousness": st.integers(0, 3),
        "calibrationConfidence": st.integers(0, 3),
        "scanInstances": st.lists(scans, max_size=6),
    }
)
many_windows = st.lists(windows, max_size=8)

SANE: dict[str, Any] = {
    "minutesAtAttenuationWeights": [
        {"attenuationRange": {"min": 0, "max": 63, "maxExclusive": True}, "weight": 0.8},
        {"attenuationRange": {"min": 63, "max": 73, "maxExclusive": True}, "weight": 1},
        {"attenuationRange": {"min": 73, "max": 79, "maxExclusive": True}, "weight": 0.1},
    ],
    "normalizedTimePerEWToRiskLevelMapping": [
        {"normalizedTimeRange": {"min": 5, "max": 9, "maxExclusive": True}, "riskLevel": 1},
        {"normalizedTimeRange": {"min": 9, "max": 9_999}, "riskLevel": 2},
    ],
    "normalizedTimePerDayToRiskLevelMapping": [
        {"normalizedTimeRange": {"min": 5, "max": 9, "maxExclusive": True}, "riskLevel": 1},
        {"normalizedTimeRange": {"min": 9, "max": 9_999}, "riskLevel": 2},
    ],
    "trlEncoding": {
        "infectiousnessOffsetStandard": 1,
        "infectiousnessOffsetHigh": 2,
        "reportTypeOffsetSelfReport": 2,
        "reportTypeOffsetConfirmedClinicalDiagnosis": 4,
        "reportTypeOffsetConfirmedTest": 6,
    },
    "transmissionRiskLevelMultiplier": 0.2,
    "minutesAtAttenuationFilters": [
        {
            "attenuationRange": {"min": 0, "max": 73, "maxExclusive": True},
            "dropIfMinutesInRange": {"min": 0, "max": 5, "maxExclusive": True},
        }
    ],
    "trlFilters": [{"dropIfTrlInRange": {"min": 0, "max": 2}}],
}
"""Weights and thresholds of the app from version 1.15 on, in the first layout it had."""
