"""The exposure risk value: the buckets, the weights and the curve, as published."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from fortnight.errors import QuestionError
from fortnight.risk.exposure_cases import score_gaen_cases
from fortnight.risk.exposure_windows import arrange
from fortnight.risk.windows_gaen import (
    NARROW_NET,
    WIDE_NET,
    GaenConfiguration,
    gaen_risks,
    gaen_window_minutes,
    infectiousness_on,
)

SCANS = pa.list_(
    pa.struct([("typical", pa.float32()), ("minimum", pa.float32()), ("seconds", pa.int32())])
)
DAY = date(2026, 3, 10)


def table(*rows: tuple[str, int, int, int, list[tuple[float, int]]]) -> pa.Table:
    """Return windows: participant, day of March, report type, infectiousness, scans (dB, s)."""
    names, days, types, curves, scans = zip(*rows, strict=True) if rows else ([],) * 5
    structs = [
        [{"typical": decibels, "minimum": decibels - 5, "seconds": s} for decibels, s in one]
        for one in scans
    ]
    return pa.table(
        {
            "participant": pa.array(names, pa.string()),
            "day": pa.array([date(2026, 3, day) for day in days], pa.date32()),
            "report_type": pa.array(types, pa.int8()),
            "infectiousness": pa.array(curves, pa.int8()),
            "confidence": pa.array([0] * len(names), pa.int8()),
            "scans": pa.array(structs, SCANS),
        }
    )


@pytest.mark.parametrize(
    ("net", "decibels", "weight"),
    [
        (NARROW_NET, 0, 1.75), (NARROW_NET, 55, 1.75), (NARROW_NET, 56, 1.0),
        (NARROW_NET, 67, 1.0), (NARROW_NET, 68, 0.33), (NARROW_NET, 75, 0.33),
        (NARROW_NET, 76, 0.0), (WIDE_NET, 55, 2.0), (WIDE_NET, 56, 1.0), (WIDE_NET, 70, 1.0),
        (WIDE_NET, 71, 0.25), (WIDE_NET, 80, 0.25), (WIDE_NET, 81, 0.0),
    ],
)  # fmt: skip
def test_a_threshold_belongs_to_the_nearer_bucket(
    net: GaenConfiguration, decibels: float, weight: float
) -> None:
    _, windows = arrange(table(("participant-1", 9, 1, 2, [(decibels, 600)])), DAY)
    assert gaen_window_minutes(windows, net).tolist() == pytest.approx([10 * weight])


@pytest.mark.parametrize(
    ("day", "code"),
    [(-14, 0), (-5, 0), (-4, 1), (-3, 1), (-2, 2), (0, 2), (3, 2), (4, 1), (5, 1), (6, 0), (14, 0)],
)
def test_infectiousness_follows_the_second_version_of_the_curve(day: int, code: int) -> None:
    assert infectiousness_on(day) == code


def test_infectiousness_and_report_type_weigh() -> None:
    rows = [
        ("participant-1", 9, report, curve, [(60.0, 600)])
        for report, curve in [(1, 2), (1, 1), (1, 0), (2, 2), (3, 2), (4, 2), (0, 2), (5, 2)]
    ]
    _, windows = arrange(table(*rows), DAY)
    wanted = [10, 3, 0, 10, 10, 10, 0, 0]
    assert gaen_window_minutes(windows, NARROW_NET).tolist() == pytest.approx(wanted)


def test_days_are_added_apart_and_the_tier_is_that_of_the_highest() -> None:
    rows = [
        ("participant-2", 9, 1, 2, [(60.0, 300), (60.0, 120)]),
        ("participant-1", 8, 1, 2, [(60.0, 600)]),
        ("participant-1", 8, 1, 2, [(60.0, 300)]),
        ("participant-1", 9, 1, 2, [(60.0, 60)]),
        ("participant-3", 9, 1, 0, [(60.0, 6_000)]),
    ]
    names, windows = arrange(table(*rows), DAY)
    assert names == ("participant-1", "participant-2", "participant-3")
    one, other, third = gaen_risks(windows, NARROW_NET, len(names))
    assert (one.tier, one.maximum_minutes, one.age_of_maximum) == ("alert", 15.0, 2)
    assert one.minutes_by_age == {1: 1.0, 2: 15.0}
    assert (other.tier, other.age_of_maximum) == ("advisory", 1)
    assert (third.tier, third.maximum_minutes, third.age_of_maximum) == ("none", 0.0, None)


def test_windows_after_the_day_of_the_question_are_left_out() -> None:
    rows = [("participant-1", day, 1, 2, [(60.0, 600)]) for day in (9, 10, 11)]
    _, windows = arrange(table(*rows), DAY)
    assert windows.age_days.tolist() == [1, 0]
    assert windows.minimum_db.tolist() == [55.0, 55.0]


def test_no_windows_are_nobody_and_nothing() -> None:
    names, windows = arrange(table(), DAY)
    assert names == ()
    assert len(windows) == 0
    assert gaen_risks(windows, WIDE_NET, 0) == []


def test_windows_without_scans_are_windows_of_no_minutes() -> None:
    rows: list[Any] = [("participant-1", 9, 1, 2, []), ("participant-1", 9, 1, 2, [(60.0, 60)])]
    _, windows = arrange(table(*rows), DAY)
    assert windows.first_scan.tolist() == [0, 0, 1]
    assert np.allclose(gaen_window_minutes(windows, WIDE_NET), [0.0, 1.0])


def test_a_case_without_typical_attenuation_is_refused() -> None:
    scan = {"minAttenuation": 40, "secondsSinceLastScan": 60}
    window = {"ageInDays": 0, "reportType": 1, "infectiousness": 2, "calibrationConfidence": 0}
    case = {"description": "half", "exposureWindows": [{**window, "scanInstances": [scan]}]}
    (row,) = score_gaen_cases([msgspec.Raw(msgspec.json.encode(case))], WIDE_NET)
    assert row["description"] == "half"
    assert "typicalAttenuation" in row["refused"]
    assert "$.exposureWindows[0].scanInstances[0]" in row["refused"]


@pytest.mark.parametrize(
    "change",
    [
        {"weights": (2.6, 1.0, 0.5, 0.0)},
        {"high": -0.1},
        {"thresholds_db": (55.0, 55.0, 70.0)},
        {"thresholds_db": (70.0, 60.0, 80.0)},
    ],
)
def test_weights_and_thresholds_that_the_system_would_refuse_are_refused(
    change: dict[str, Any],
) -> None:
    with pytest.raises(QuestionError):
        replace(NARROW_NET, **change)
