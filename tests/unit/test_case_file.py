"""The file of cases: what is kept, what is refused, and by which line."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING

import pytest

from fortnight.cli.cases import all_cases, legend_csv, one_each, read_cases
from fortnight.contact.trace import Case
from fortnight.errors import QuestionError

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 3, 1)


def written(folder: Path, text: str) -> Path:
    path = folder / "cases.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2026-03-01,", "no-case"),
        ("  ,2026-03-01,", "no-case"),
        ("a,01/03/2026,", "bad-onset"),
        ("a,2026-02-30,", "bad-onset"),
        ("a,,soon", "bad-test-date"),
        ("a,,", "undated"),
        ("a", "undated"),
        ("a,2026-03-01,,what,is,this", "too-many-cells"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_stops_no_other(
    tmp_path: Path, row: str, reason: str
) -> None:
    path = written(tmp_path, f"case,onset,test_date\nx,2026-03-01,\n\n{row}\ny,,2026-03-02\n")
    found = read_cases(path)
    assert [case.participant for case in found.cases] == ["x", "y"]
    assert found.lines == (2, 5)
    assert [(one.line, one.reason) for one in found.refused] == [(4, reason)]
    with pytest.raises(QuestionError, match="line 4"):
        all_cases(path)


def test_columns_come_in_any_order_with_others_between_and_by_semicolons(tmp_path: Path) -> None:
    text = "\ufeffward;test_date;case;onset\n7;;a;2026-03-01\n8;2026-03-02;b;\n"
    assert all_cases(written(tmp_path, text)) == [
        Case("a", onset=DAY),
        Case("b", test_date=date(2026, 3, 2)),
    ]


@pytest.mark.parametrize("text", ["", "name,onset\na,2026-03-01\n"])
def test_a_file_without_the_column_case_is_refused_whole(tmp_path: Path, text: str) -> None:
    with pytest.raises(QuestionError, match="line 1 must name"):
        read_cases(written(tmp_path, text))


def test_a_file_that_is_no_text_or_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_bytes(b"\xff\xfe\x00case")
    for path in (tmp_path / "cases.csv", tmp_path / "nowhere.csv"):
        with pytest.raises(QuestionError, match="--cases"):
            read_cases(path)


def test_a_case_with_two_dates_is_refused_whatever_the_order_of_rows(tmp_path: Path) -> None:
    rows = ["a,2026-03-01,", "a,2026-03-05,", "b,2026-03-02,", "b,2026-03-02,"]
    for order in itertools.permutations(rows):
        path = written(tmp_path, "\n".join(["case,onset,test_date", *order]) + "\n")
        found = one_each(read_cases(path))
        assert found.cases == (Case("b", onset=date(2026, 3, 2)),)
        assert sorted(one.reason for one in found.refused) == ["repeat", "two-dates", "two-dates"]
        assert [one.line for one in found.refused] == sorted(one.line for one in found.refused)


def test_no_detail_of_a_refusal_holds_what_stood_in_the_row(tmp_path: Path) -> None:
    text = "case,onset\nwho-a,who-b\nwho-c,2026-03-01\nwho-c,2026-03-02\nwho-d,2026-03-01,who-e\n"
    found = one_each(read_cases(written(tmp_path, text)))
    assert len(found.refused) == 4
    assert not any("who" in one.detail for one in found.refused)


def test_the_legend_says_which_number_is_who_and_runs_nowhere() -> None:
    text = legend_csv([Case("a", onset=DAY), Case("=1+1", onset=DAY)])
    assert text == '"number","case"\r\n1,"a"\r\n2,"\'=1+1"\r\n'
