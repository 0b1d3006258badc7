"""Exposure windows: every layout, what windows leave out, what is refused."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.reference.signs import only, read, rows

if TYPE_CHECKING:
    from pathlib import Path

SCAN = {"typicalAttenuationDb": 60, "minAttenuationDb": 55, "secondsSinceLastScan": 300}
OTHER_SPELLING = {"typicalAttenuation": 60, "minAttenuation": 55, "secondsSinceLastScan": 300}
READ = {"typical": 60.0, "minimum": 55.0, "seconds": 300}
DAY = date(2024, 7, 1)


def window(**more: object) -> dict[str, Any]:
    """Return a window with what is given in place of the usual."""
    return {"date": "2024-07-01T00:00:00Z", "reportType": 1, "scanInstances": [SCAN], **more}


def trial(*windows: object) -> dict[str, Any]:
    """Return a trial of two phones, one of which saw windows of the other."""
    counterparts = [
        {"deviceName": "one", "exposureWindows": []},
        {"deviceName": "two", "exposureWindows": list(windows)},
    ]
    own = {"deviceName": "one", "results": [{"counterparts": counterparts}]}
    silent = {"deviceName": "two", "results": []}
    return {"experimentName": "Trial", "lead": {"deviceName": "x"}, "participants": [own, silent]}


@pytest.mark.parametrize(
    ("content", "people"),
    [
        (trial(window()), ("one", "two")),
        ({"testCases": [{"exposureWindows": [window()]}]}, ("file0", None)),
        ({"exposureWindows": [window()]}, ("file0", None)),
        ([window()], ("file0", None)),
        ([window(participant="a", other="b")], ("a", "b")),
        (window(), ("file0", None)),
        ([window(scanInstances=[OTHER_SPELLING])], ("file0", None)),
        ([window(date="2024-07-01")], ("file0", None)),
        ([window(date=1719792000)], ("file0", None)),
        ([window(date=None, dateMillisSinceEpoch=1719792000000)], ("file0", None)),
        (
            {"testCases": [{"referenceDate": "2024-07-04", "exposureWindows": [
                window(date=None, ageInDays=3)]}]},
            ("file0", None),
        ),
    ],
)  # fmt: skip
def test_a_window_is_read_from_any_layout(
    tmp_path: Path, content: object, people: tuple[str, str | None]
) -> None:
    found = read(tmp_path, content)
    wanted = (*people, DAY, 1, [READ])
    columns = ("participant", "other", "day", "report_type", "scans")
    assert rows(found.signs.windows, *columns) == [wanted]
    assert (only(found).format, only(found).received) == ("exposure-windows", 1)


def test_windows_stand_one_a_line_too(tmp_path: Path) -> None:
    line = '{"date": "2024-07-01", "scanInstances": []}\n{"date": "2024-07-02", "scanInstances":[]}'
    found = read(tmp_path, line)
    assert rows(found.signs.windows, "day") == [(DAY,), (date(2024, 7, 2),)]


LEVELS = ("report_type", "infectiousness", "confidence")


@pytest.mark.parametrize(
    ("more", "levels"),
    [
        ({"reportType": None}, (0, 1, 0)),
        ({"reportType": 3, "infectiousness": 2, "calibrationConfidence": 3}, (3, 2, 3)),
        ({"reportType": "CONFIRMED_TEST", "infectiousness": "high"}, (1, 2, 0)),
        ({"reportType": "2", "infectiousness": 0, "calibrationConfidence": "LOW"}, (2, 0, 1)),
    ],
)
def test_what_a_window_says_of_its_kind(
    tmp_path: Path, more: dict[str, object], levels: tuple[int, ...]
) -> None:
    found = read(tmp_path, [window(**more)])
    assert rows(found.signs.windows, *LEVELS) == [levels]


@pytest.mark.parametrize(
    ("scans", "kept"),
    [
        ([], []),
        ([SCAN, {**SCAN, "secondsSinceLastScan": -86160}], [READ]),
        ([{**SCAN, "secondsSinceLastScan": 0}], [{**READ, "seconds": 0}]),
        ([{"typicalAttenuation": 60, "secondsSinceLastScan": 300}], [{**READ, "minimum": None}]),
        ([{**SCAN, "typicalAttenuationDb": "60"}], [READ]),
    ],
)
def test_odd_scans_are_read_with_sense(
    tmp_path: Path, scans: list[object], kept: list[object]
) -> None:
    found = read(tmp_path, [window(scanInstances=scans)])
    assert rows(found.signs.windows, "scans") == [(kept,)]


@pytest.mark.parametrize(
    ("reason", "more"),
    [
        ("no-date", {"date": None, "ageInDays": 1}),
        ("no-date", {"date": "yesterday"}),
        ("future", {"date": "2199-07-01"}),
        ("oneself", {"participant": "a", "other": "a"}),
        ("no-participant", {"participant": " "}),
        ("bad-kind", {"reportType": 9}),
        ("bad-kind", {"infectiousness": "very"}),
        ("bad-kind", {"calibrationConfidence": 1.5}),
        ("bad-scan", {"scanInstances": None}),
        ("bad-scan", {"scanInstances": [SCAN, 7]}),
        ("bad-scan", {"scanInstances": [{**SCAN, "typicalAttenuationDb": None}]}),
        ("bad-scan", {"scanInstances": [{**SCAN, "minAttenuationDb": "low"}]}),
        ("bad-scan", {"scanInstances": [{**SCAN, "typicalAttenuationDb": 256}]}),
        ("bad-scan", {"scanInstances": [{**SCAN, "secondsSinceLastScan": 1e9}]}),
        ("bad-scan", {"scanInstances": [{"typicalAttenuation": 60}]}),
    ],
)
def test_a_bad_window_is_counted_and_the_others_are_kept(
    tmp_path: Path, reason: str, more: dict[str, object]
) -> None:
    found = read(tmp_path, [window(), window(**more), window(date="2024-07-02")])
    assert only(found).refused == {reason: 1}
    assert [one.where for one in only(found).examples] == ["[1]"]
    assert rows(found.signs.windows, "day") == [(DAY,), (date(2024, 7, 2),)]


def test_what_is_no_window_is_damaged_and_the_others_are_kept(tmp_path: Path) -> None:
    content = trial(window(), 7)
    content["participants"][1]["results"] = 5
    found = read(tmp_path, content)
    report = only(found)
    assert report.refused == {"damaged": 2}
    assert report.kept == 1
    assert {one.where for one in report.examples} == {
        "participants[0].results[0].counterparts[1].exposureWindows[1]",
        "participants[1].results",
    }


def test_a_window_of_the_day_is_not_in_the_future(tmp_path: Path) -> None:
    found = read(tmp_path, [window()], now=1719792000000 + 3_600_000)
    assert only(found).kept == 1


def test_windows_far_from_the_days_asked_for_are_refused(tmp_path: Path) -> None:
    noon = 1719792000000 + 43_200_000
    contents = [window(date=f"2024-07-{day:02d}") for day in (1, 2, 3, 4, 5)]
    found = read(tmp_path, contents, window=(noon + 2 * 86_400_000, noon + 2 * 86_400_000))
    assert only(found).refused == {"outside-window": 2}
    assert only(found).kept == 3
