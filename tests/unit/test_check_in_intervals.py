"""Check-ins to intervals: the configuration's branches, and how times are read and written."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fortnight.evidence.check_in_intervals import (
    CORONA_WARN_APP,
    CheckInConfiguration,
    derive_cases,
    derive_interval,
    read_check_in_configuration,
)

HOUR = 1_614_835_200_000  # 2021-03-04T05:20:00Z, the start of an interval
MINUTE = 60_000


def derived(start: str, end: str, **more: object) -> dict[str, Any]:
    case = {"description": "one", "startDate": start, "endDate": end, **more}
    (row,) = derive_cases([msgspec.Raw(msgspec.json.encode(case))], CORONA_WARN_APP)
    return row


def test_a_short_stay_is_dropped_by_whole_minutes() -> None:
    assert derive_interval(HOUR, HOUR + 10 * MINUTE - 1) is None
    assert derive_interval(HOUR, HOUR + 10 * MINUTE) == (HOUR, HOUR + 20 * MINUTE)


def test_the_air_is_infectious_as_long_again_and_at_most_30_minutes() -> None:
    assert derive_interval(HOUR, HOUR + 30 * MINUTE) == (HOUR, HOUR + 60 * MINUTE)
    assert derive_interval(HOUR, HOUR + 31 * MINUTE) == (HOUR, HOUR + 60 * MINUTE)
    assert derive_interval(HOUR, HOUR + 90 * MINUTE) == (HOUR, HOUR + 120 * MINUTE)


def test_without_a_configuration_nothing_is_dropped_or_added() -> None:
    nothing = CheckInConfiguration()
    assert derive_interval(HOUR, HOUR + 4 * MINUTE, nothing) == (HOUR, HOUR)
    assert derive_interval(HOUR, HOUR + 5 * MINUTE, nothing) == (HOUR, HOUR + 10 * MINUTE)
    assert derive_interval(HOUR, HOUR + 14 * MINUTE, nothing) == (HOUR, HOUR + 10 * MINUTE)


def test_a_stay_is_aligned_where_more_of_an_interval_is_covered() -> None:
    nothing = CheckInConfiguration()
    start, end = HOUR + 8 * MINUTE, HOUR + 18 * MINUTE
    assert derive_interval(start, end, nothing) == (HOUR + 10 * MINUTE, HOUR + 20 * MINUTE)
    start, end = HOUR + 5 * MINUTE, HOUR + 15 * MINUTE
    assert derive_interval(start, end, nothing) == (HOUR, HOUR + 10 * MINUTE)


def test_a_stay_that_ends_before_it_begins_has_no_length() -> None:
    assert derive_interval(HOUR, HOUR - 60 * MINUTE) is None


def test_the_first_range_that_holds_decides_and_none_adds_nothing() -> None:
    text = b"""{"aerosoleDecayLinearFunctions": [
        {"minutesRange": {"min": 20, "max": 40}, "slope": 0.5, "intercept": 5},
        {"minutesRange": {"min": 0, "max": 40}, "intercept": 60}]}"""
    read = read_check_in_configuration(text)
    assert read.decay_s(1_200) == 900
    assert read.decay_s(600) == 3_600
    assert read.decay_s(2_460) == 0


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (
            "2021-03-04T07:20+01:00", "2021-03-04T07:30+01:00",
            "2021-03-04T07:20+01:00", "2021-03-04T07:40+01:00",
        ),
        ("2021-03-04T06:20Z", "2021-03-04T06:30Z", "2021-03-04T06:20Z", "2021-03-04T06:40Z"),
        (
            "2021-03-04T11:50:30+05:30", "2021-03-04T12:00:30+05:30",
            "2021-03-04T11:50:00+05:30", "2021-03-04T12:10:00+05:30",
        ),
        (
            "2021-03-04T23:50+00:00", "2021-03-05T00:10+00:00",
            "2021-03-04T23:50+00:00", "2021-03-05T00:30+00:00",
        ),
    ],
)  # fmt: skip
def test_times_are_written_as_they_came(start: str, end: str, first: str, last: str) -> None:
    row = derived(start, end)
    assert row == {"description": "one", "expStartDate": first, "expEndDate": last}


def test_a_case_may_have_a_configuration_of_its_own() -> None:
    row = derived("2021-03-04T06:20Z", "2021-03-04T06:26Z", configuration={})
    assert row["expEndDate"] == "2021-03-04T06:30Z"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2021-03-04T06:20", "2021-03-04T06:30Z", "`startDate` '2021-03-04T06:20' has no offset"),
        ("2021-03-04T06:20Z", "half past six", "`endDate` 'half past six' is no time"),
        ("9999-12-31T23:00Z", "9999-12-31T23:59Z", "outside the calendar"),
    ],
)
def test_a_time_that_cannot_be_used_is_refused(start: str, end: str, said: str) -> None:
    row = derived(start, end)
    assert said in row["refused"]
    assert "expStartDate" not in row


@pytest.mark.parametrize("case", [b"5", b"{}", b'{"startDate": 1, "endDate": 2}'])
def test_what_is_no_check_in_is_refused(case: bytes) -> None:
    (row,) = derive_cases([msgspec.Raw(case)], CORONA_WARN_APP)
    assert row["refused"]
