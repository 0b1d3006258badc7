"""What the command promises to people and to pipes: counts, one line for an error, no noise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.promises.conftest import CASE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.promises.conftest import Run


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_a_pipe_hears_nothing_but_the_answer(
    command: Run, meeting: Path, tmp_path: Path, quiet: tuple[str, ...]
) -> None:
    done = command("trace", meeting, *CASE, "--format", "json", "--out", tmp_path, *quiet)
    assert done.code == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)["case"]["participant"] == "participant-1"


def test_the_table_fits_80_columns(command: Run, meeting: Path) -> None:
    done = command("trace", meeting, *CASE)
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_broken_file_is_named_and_stops_no_other(
    command: Run, meeting: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "dark"}')
    (tmp_path / "cut.gpx").write_text('<gpx><trk><trkseg><trkpt lat="1" lon="2"><ti')
    done = command("trace", meeting, tmp_path, *CASE)
    assert done.code == 0
    assert "participant-2" in done.stdout
    assert "settings.json" in done.stdout
    assert "cut.gpx" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_received_is_kept_and_refused_for_every_file(
    command: Run, meeting: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text(
        "participant,time,lon,lat\nparticipant-1,2026-03-03T10:00:00Z,0,0\n"
        "participant-1,never,1,1\nparticipant-1,2026-03-03T10:00:00Z,200,1\n"
        "participant-1,2026-03-03T10:00:00Z,2.5,54.7\n"
    )
    inputs = json.loads(command("trace", meeting, tmp_path, *CASE, "--format", "json").stdout)[
        "inputs"
    ]
    rows_in_the_files = {"bad.csv": 4, "participant-1.csv": 36, "participant-2.csv": 36}
    received = {one["path"].rpartition("/")[2]: one["received"] for one in inputs}
    assert received == rows_in_the_files
    for one in inputs:
        assert one["received"] == one["kept"] + sum(one["refused"].values())
    (bad,) = [one for one in inputs if one["path"].endswith("bad.csv")]
    assert bad["refused"] == {"bad-time": 1, "null-island": 1, "off-globe": 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trace", "nowhere", *CASE), "no such file or folder"),
        (("trace", "HERE", "--case", "participant-3", "--onset", "2026-03-03"), "participant-1"),
        (("trace", "HERE", "--case", "participant-1"), "--onset"),
        (("trace", "HERE", *CASE, "--timezone", "Mars/Olympus"), "time zone"),
        (("trace", "HERE", *CASE, "--disease", "sadness"), "covid-19"),
        (("trace", "HERE", *CASE, "--radius", "-1"), "above 0"),
        (("trace", "HERE", *CASE, "--until", "2026-01-01"), "before it begins"),
        (("trace", "HERE", *CASE, "--min-minutes", "2000"), "1440"),
        (("index", "--out", "somewhere"), "What to read?"),
        (("evaluate", "HERE"), "fortnight simulate"),
    ],
)
def test_a_question_that_cannot_be_answered_ends_with_one_line_and_2(
    command: Run, meeting: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = command(*[str(meeting) if one == "HERE" else one for one in arguments])
    assert done.code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("fortnight: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_an_index_answers_as_the_files_do(command: Run, meeting: Path, tmp_path: Path) -> None:
    assert command("index", meeting, "--out", tmp_path / "kept").code == 0
    answers = [
        json.loads(command("trace", source, *CASE, "--format", "json").stdout)
        for source in (meeting, tmp_path / "kept")
    ]
    assert answers[0] == answers[1]


def test_an_index_replaces_nothing_of_the_users(
    command: Run, meeting: Path, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    done = command("index", meeting, "--out", tmp_path)
    assert done.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_several_cases_give_one_document_each(command: Run, meeting: Path, tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("case,onset\nparticipant-2,2026-03-04\n")
    done = command(
        "trace",
        meeting,
        *CASE,
        "--cases",
        tmp_path / "cases.csv",
        "--format",
        "json",
        "--out",
        tmp_path / "out",
    )
    named = [one["case"]["participant"] for one in json.loads(done.stdout)]
    assert named == ["participant-1", "participant-2"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"case-1", "case-2"}


def test_input_of_which_every_row_was_refused_is_said_with_the_reasons(
    command: Run, tmp_path: Path
) -> None:
    rows = ["participant,time,lon,lat", "a,2026-03-03T10:00:00Z,0,0", "a,soon,2,3", "a,later,2,3"]
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join(rows) + "\n")
    done = command("trace", bad, *CASE)
    assert done.code == 2
    assert "among the 0" not in done.stderr
    assert f"{bad}: 2 refused: bad-time, first at line 3" in done.stderr
    assert f"{bad}: 1 refused: null-island, first at line 2" in done.stderr


def test_calls_without_a_list_of_who_agreed_say_so(command: Run, tmp_path: Path) -> None:
    calls = tmp_path / "calls.csv"
    calls.write_text("time,from,to,kind,seconds\n2026-03-03T10:00:00Z,a,b,call,60\n")
    done = command("trace", calls, *CASE)
    assert done.code == 2
    assert "--enrolled FILE" in done.stderr
