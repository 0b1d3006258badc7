"""Each branch of the Corona-Warn-App's calculation, one at a time."""

from __future__ import annotations

import copy
from itertools import permutations
from typing import Any

import msgspec
import pytest
from tests.reference.exposure_worlds import SANE

from fortnight.risk.exposure_cases import read_configuration, score_cwa_cases

Json = dict[str, Any]

PLAIN: Json = {
    "minutesAtAttenuationWeights": [{"attenuationRange": {"min": 0, "max": 255}, "weight": 1}],
    "normalizedTimePerEWToRiskLevelMapping": [
        {"normalizedTimeRange": {"min": 5, "max": 15, "maxExclusive": True}, "riskLevel": 1},
        {"normalizedTimeRange": {"min": 15, "max": 9_999}, "riskLevel": 2},
    ],
    "normalizedTimePerDayToRiskLevelMapping": [
        {"normalizedTimeRange": {"min": 5, "max": 15, "maxExclusive": True}, "riskLevel": 1},
        {"normalizedTimeRange": {"min": 15, "max": 9_999}, "riskLevel": 2},
    ],
    "trlEncoding": {
        "infectiousnessOffsetStandard": 1,
        "infectiousnessOffsetHigh": 2,
        "reportTypeOffsetSelfReport": 2,
        "reportTypeOffsetConfirmedClinicalDiagnosis": 4,
        "reportTypeOffsetConfirmedTest": 6,
    },
    "transmissionRiskValueMapping": [
        {"transmissionRiskLevel": level, "transmissionRiskValue": 1} for level in range(1, 9)
    ],
}


def window(minutes: float, decibels: float = 40, **fields: int) -> Json:
    scan = {"minAttenuation": decibels, "secondsSinceLastScan": minutes * 60}
    base = {"ageInDays": 1, "reportType": 1, "infectiousness": 2, "calibrationConfidence": 0}
    return {**base, **fields, "scanInstances": [scan]}


def scored(*windows: Json, **changes: object) -> Json:
    both = {**PLAIN, **changes}
    configuration = {name: value for name, value in both.items() if value is not None}
    case = msgspec.Raw(msgspec.json.encode({"exposureWindows": windows}))
    (row,) = score_cwa_cases([case], msgspec.Raw(msgspec.json.encode(configuration)))
    assert "refused" not in row
    return row


def levels(row: Json) -> tuple[int, int, int]:
    """Return the days at low and high risk and the total."""
    low, high = row["expNumberOfDaysWithLowRisk"], row["expNumberOfDaysWithHighRisk"]
    return low, high, row["expTotalRiskLevel"]


def test_minutes_decide_and_ends_are_as_they_say() -> None:
    assert levels(scored(window(4.98))) == (0, 0, 1)
    assert levels(scored(window(5))) == (1, 0, 1)
    assert levels(scored(window(14.98))) == (1, 0, 1)
    assert levels(scored(window(15))) == (0, 1, 2)
    assert levels(scored(window(9_999))) == (0, 1, 2)
    assert levels(scored(window(10_000))) == (0, 0, 1)


def test_minutes_at_attenuation_are_a_fraction_not_cut_to_whole_ones() -> None:
    until_ten = {
        "attenuationRange": {"min": 0, "max": 73, "maxExclusive": True},
        "dropIfMinutesInRange": {"min": 0, "max": 10},
    }
    assert levels(scored(window(10), minutesAtAttenuationFilters=[until_ten])) == (0, 0, 1)
    assert levels(scored(window(10.5), minutesAtAttenuationFilters=[until_ten])) == (1, 0, 1)


def test_any_filter_drops_not_only_the_first() -> None:
    near = {"attenuationRange": {"max": 50}, "dropIfMinutesInRange": {"max": 1}}
    far = {"attenuationRange": {"min": 70, "max": 255}, "dropIfMinutesInRange": {"max": 1}}
    both = {"minutesAtAttenuationFilters": [near, far]}
    assert levels(scored(window(12, 40), **both)) == (0, 0, 1)
    assert levels(scored(window(12, 80), **both)) == (0, 0, 1)
    two = window(7, 40)
    two["scanInstances"] += window(7, 80)["scanInstances"]
    assert levels(scored(two, **both)) == (1, 0, 1)


def test_a_level_in_a_filter_is_dropped() -> None:
    to_six = [{"dropIfTrlInRange": {"min": 1, "max": 6}}]
    assert levels(scored(window(12, reportType=2), trlFilters=to_six)) == (0, 0, 1)
    assert levels(scored(window(12, reportType=1), trlFilters=to_six)) == (1, 0, 1)


@pytest.mark.parametrize(
    ("report_type", "infectiousness", "level"),
    [
        (1, 2, 8), (1, 1, 7), (2, 2, 6), (2, 1, 5), (3, 2, 4), (3, 1, 3), (4, 2, 2), (4, 1, 1),
        # Not in the encoding: an unknown or revoked report adds 0, what is not high is standard.
        (0, 2, 2), (5, 1, 1), (99, 2, 2), (1, 0, 7), (1, 3, 7),
    ],
)  # fmt: skip
def test_report_type_and_infectiousness_give_the_level(
    report_type: int, infectiousness: int, level: int
) -> None:
    only = [{"transmissionRiskLevel": level, "transmissionRiskValue": 1}]
    one = window(12, reportType=report_type, infectiousness=infectiousness)
    assert levels(scored(one, transmissionRiskValueMapping=only)) == (1, 0, 1)


def test_a_level_without_a_value_counts_nothing() -> None:
    assert levels(scored(window(30), transmissionRiskValueMapping=[])) == (0, 0, 1)


def test_a_multiplier_stands_in_for_the_mapping_and_gives_way_to_it() -> None:
    multiplied = {"transmissionRiskLevelMultiplier": 0.2}
    alone = {**multiplied, "transmissionRiskValueMapping": None}
    assert levels(scored(window(10), **alone)) == (0, 1, 2)  # level 8: 10 minutes are 16
    assert levels(scored(window(10, infectiousness=1, reportType=3), **alone)) == (1, 0, 1)
    assert levels(scored(window(10), **multiplied)) == (1, 0, 1)


def test_the_first_range_that_holds_decides() -> None:
    both = [
        {"attenuationRange": {"min": 0, "max": 55}, "weight": 0.5},
        {"attenuationRange": {"min": 55, "max": 90}, "weight": 2},
    ]
    assert levels(scored(window(12, 55), minutesAtAttenuationWeights=both)) == (1, 0, 1)
    assert levels(scored(window(12, 56), minutesAtAttenuationWeights=both)) == (0, 1, 2)
    assert levels(scored(window(12, 91), minutesAtAttenuationWeights=both)) == (0, 0, 1)


def test_typical_attenuation_is_not_looked_at() -> None:
    one = window(12, 40)
    one["scanInstances"][0]["typicalAttenuation"] = 200
    near = [{"attenuationRange": {"min": 0, "max": 55}, "weight": 1}]
    assert levels(scored(one, minutesAtAttenuationWeights=near)) == (1, 0, 1)


def test_a_window_without_a_level_adds_nothing_to_its_day() -> None:
    assert levels(scored(window(4), window(4), window(4))) == (0, 0, 1)
    assert levels(scored(window(5), window(5), window(5))) == (0, 1, 2)


def test_a_level_of_neither_kind_adds_to_its_day_and_is_no_encounter() -> None:
    neither = [{"normalizedTimeRange": {"min": 0, "max": 9}, "riskLevel": 0}]
    row = scored(window(8), window(8), normalizedTimePerEWToRiskLevelMapping=neither)
    assert levels(row) == (0, 1, 2)
    assert row["expTotalMinimumDistinctEncountersWithLowRisk"] == 0


def test_encounters_count_on_a_day_that_has_no_level_itself() -> None:
    """As on iOS; the Android app leaves such a day out."""
    row = scored(window(6), normalizedTimePerDayToRiskLevelMapping=[])
    assert levels(row) == (0, 0, 1)
    assert row["expTotalMinimumDistinctEncountersWithLowRisk"] == 1


def test_encounters_are_told_apart_by_day_level_and_calibration() -> None:
    same = [window(6), window(7)]
    others = [window(6, calibrationConfidence=1), window(6, reportType=2), window(6, ageInDays=2)]
    row = scored(*same, *others)
    assert row["expTotalMinimumDistinctEncountersWithLowRisk"] == 4
    assert row["expTotalMinimumDistinctEncountersWithHighRisk"] == 0


@pytest.mark.parametrize(("oldest", "days"), [(None, 3), (0, 2), (1, 1), (14, 2), (15, 3)])
def test_windows_older_than_the_maximum_are_left_out(oldest: int | None, days: int) -> None:
    group = [window(6, ageInDays=age) for age in (1, 14, 15)]
    row = scored(*group, maxEncounterAgeInDays=oldest)
    assert row["expNumberOfDaysWithLowRisk"] == days
    assert row["expAgeOfMostRecentDateWithLowRisk"] == 1


def test_the_most_recent_day_of_each_level_is_told() -> None:
    row = scored(*(window(6, ageInDays=age) for age in (9, 3)), window(20, ageInDays=5))
    assert row["expAgeOfMostRecentDateWithLowRisk"] == 3
    assert row["expAgeOfMostRecentDateWithHighRisk"] == 5


def test_a_sum_is_rounded_once_so_that_no_order_decides() -> None:
    """0.1 + 3.2 + 11.7 is 15 or 14.999999999999998 when added one by one."""
    weights = [{"attenuationRange": {"max": 255}, "weight": 0.1}]
    group = [window(1), window(32), window(117)]
    low = [{"normalizedTimeRange": {"min": 0, "max": 9_999}, "riskLevel": 1}]
    for order in permutations(range(3)):
        row = scored(
            *(group[place] for place in order),
            minutesAtAttenuationWeights=weights,
            normalizedTimePerEWToRiskLevelMapping=low,
        )
        assert levels(row) == (0, 1, 2)


def test_the_configuration_of_version_1_15_is_read() -> None:
    read = read_configuration(msgspec.json.encode(SANE))
    assert read.value_of(8) == 1.6
    assert read.trl_encoding.report_type_offset_recursive == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trlEncoding": None}, "`trlEncoding`"),
        ({"minutesAtAttenuationWeights": None}, "`minutesAtAttenuationWeights`"),
        ({"transmissionRiskLevelMultiplier": None}, "`transmissionRiskValueMapping`"),
        ({"trlFilters": [{"dropIfTrlInRange": {"min": 1}}]}, "trlFilters[0].dropIfTrlInRange"),
        ({"trlEncoding": {"infectiousnessOffsetHigh": 1.5}}, "infectiousnessOffsetHigh"),
        ({"maxEncounterAgeInDays": -1}, "maxEncounterAgeInDays"),
    ],
)
def test_a_configuration_that_lacks_a_part_is_refused_with_its_place(
    change: Json, said: str
) -> None:
    broken = copy.deepcopy(SANE) | change
    broken = {name: value for name, value in broken.items() if value is not None}
    with pytest.raises(msgspec.ValidationError) as caught:
        read_configuration(msgspec.json.encode(broken))
    assert said in str(caught.value)


def test_a_level_that_is_not_low_or_high_is_refused() -> None:
    broken = copy.deepcopy(SANE)
    broken["normalizedTimePerDayToRiskLevelMapping"][1]["riskLevel"] = 3
    with pytest.raises(msgspec.ValidationError, match="riskLevel"):
        read_configuration(msgspec.json.encode(broken))
