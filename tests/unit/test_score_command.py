"""`fortnight score`: what it prints, what it refuses, and what it says of a broken file."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.promises.conftest import command
from tests.reference.exposure_worlds import SANE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.promises.conftest import Run

__all__ = ["command"]

NEAR = {"minAttenuation": 40, "typicalAttenuation": 50, "secondsSinceLastScan": 600}
WINDOW: dict[str, Any] = {
    "ageInDays": 2,
    "reportType": 1,
    "infectiousness": 2,
    "calibrationConfidence": 0,
    "scanInstances": [NEAR],
}
CASES: dict[str, Any] = {
    "defaultRiskCalculationConfiguration": SANE,
    "testCases": [
        {"description": "near", "exposureWindows": [WINDOW]},
        {"description": "=1+1", "exposureWindows": [{**WINDOW, "infectiousness": "high"}]},
        {"description": "none", "exposureWindows": []},
    ],
}


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    return written(tmp_path, CASES)


def written(folder: Path, content: object) -> Path:
    path = folder / "cases.json"
    path.write_text(json.dumps(content))
    return path


def test_a_broken_case_is_refused_by_number_and_stops_no_other(command: Run, cases: Path) -> None:
    done = command("score", cases, "--format", "json")
    rows = json.loads(done.stdout)
    assert done.code == 0
    assert [row["description"] for row in rows] == ["near", "=1+1", "none"]
    assert [row.get("expTotalRiskLevel") for row in rows] == [2, None, 1]
    assert "`int`" in rows[1]["refused"]
    assert "$.exposureWindows[0].infectiousness" in rows[1]["refused"]
    assert "case 2 refused" in done.stderr
    assert "1 of 3 cases refused" in done.stderr


def test_the_table_names_every_case_and_its_refusal(command: Run, cases: Path) -> None:
    done = command("score", cases)
    assert "near" in done.stdout
    assert "refused" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_no_cell_of_the_csv_runs_as_a_formula(command: Run, cases: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(command("score", cases, "--format", "csv").stdout)))
    assert [row["description"] for row in rows] == ["near", "'=1+1", "none"]
    assert rows[0]["expTotalRiskLevel"] == "2"
    assert rows[0]["expAgeOfMostRecentDateWithLowRisk"] == ""
    assert rows[1]["refused"]


@pytest.mark.parametrize(("method", "wanted"), [("gaen-narrow", 17.5), ("gaen-wide", 20.0)])
def test_the_other_methods_give_minutes_and_a_tier(
    command: Run, cases: Path, method: str, wanted: float
) -> None:
    done = command("score", cases, "--method", method, "--format", "json")
    first, _, last = json.loads(done.stdout)
    assert (first["tier"], first["ageOfMaximum"]) == ("alert", 2)
    assert first["minutesByAge"] == {"2": pytest.approx(wanted)}
    assert (last["tier"], last["maximumMinutes"], last["minutesByAge"]) == ("none", 0.0, {})
    assert "alert" in command("score", cases, "--method", method).stdout
    assert "alert" in command("score", cases, "--method", method, "--format", "csv").stdout


def test_windows_alone_take_their_configuration_from_another_file(
    command: Run, tmp_path: Path, cases: Path
) -> None:
    bare, own = tmp_path / "windows.json", tmp_path / "configuration.json"
    bare.write_text(json.dumps([WINDOW]))
    own.write_text(json.dumps(SANE))
    wanted = {**json.loads(command("score", cases, "--format", "json").stdout)[0]}
    wanted["description"] = None
    for configuration in (cases, own):
        done = command("score", bare, "--configuration", configuration, "--format", "json")
        assert json.loads(done.stdout) == [wanted]
    itself = {"riskCalculationConfiguration": SANE, "exposureWindows": [WINDOW]}
    done = command("score", written(tmp_path, itself), "--format", "json")
    assert json.loads(done.stdout) == [wanted]
    together = {"defaultRiskCalculationConfiguration": SANE, "exposureWindows": [WINDOW]}
    done = command("score", written(tmp_path, together), "--format", "json")
    assert json.loads(done.stdout) == [wanted]


def test_a_case_may_replace_parts_of_the_configuration(command: Run, tmp_path: Path) -> None:
    never: dict[str, list[int]] = {"normalizedTimePerDayToRiskLevelMapping": []}
    case = {**CASES["testCases"][0], "riskCalculationConfiguration": never}
    both = {**CASES, "testCases": [CASES["testCases"][0], case]}
    done = command("score", written(tmp_path, both), "--format", "json")
    assert [row["expTotalRiskLevel"] for row in json.loads(done.stdout)] == [2, 1]


def test_cases_without_any_configuration_are_refused(command: Run, tmp_path: Path) -> None:
    done = command("score", written(tmp_path, {"testCases": CASES["testCases"][:1]}))
    assert done.code == 0
    assert "no configuration" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"testCases": [\n{"description":}\n]}', "line 2"),
        ('[{"ageInDays": 1},\n\n]', "line 3"),
        ("", "truncated"),
        ("5", "Expected `object`"),
        ("[" * 100_000, "too deeply"),
        ('{"testCases": ' + "[" * 100_000, "too deeply"),
        ('{"testCases": {}}', "$.testCases"),
        ("{}", "neither `testCases` nor `exposureWindows`"),
        (
            '{"defaultRiskCalculationConfiguration": {"trlFilters": 1}, "testCases": []}',
            "$.trlFilters",
        ),
        (
            '{"defaultConfiguration": {"durationFilters": [{}]}, "testCases": []}',
            "$.durationFilters[0]",
        ),
    ],
)
def test_a_broken_file_ends_with_2_and_one_sentence_that_says_where(
    command: Run, tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content)
    done = command("score", path)
    assert done.code == 2
    assert done.stdout == ""
    assert "broken.json" in done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_is_not_there_ends_with_2(command: Run, tmp_path: Path) -> None:
    done = command("score", tmp_path / "nowhere.json")
    assert done.code == 2
    assert "nowhere.json" in done.stderr


def test_check_ins_have_one_method_only(command: Run, tmp_path: Path) -> None:
    stay = {"startDate": "2021-03-04T06:20Z", "endDate": "2021-03-04T06:30Z"}
    content = {"defaultConfiguration": {}, "testCases": [stay]}
    path = written(tmp_path, content)
    assert "2021-03-04T06:30Z" in command("score", path).stdout
    done = command("score", path, "--method", "gaen-wide")
    assert done.code == 2
    assert "check-ins" in done.stderr
