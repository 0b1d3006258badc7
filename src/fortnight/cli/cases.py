"""The file of confirmed cases: columns case, onset, test_date; a bad row is named by its line."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fortnight.contact.trace import Case
from fortnight.errors import QuestionError
from fortnight.report.outbreak_documents import RefusedCaseDocument
from fortnight.report.outbreak_rows import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CASE_COLUMNS: Final = ("case", "onset", "test_date")


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What a file of cases holds: received = cases + refused, each case with its line."""

    path: Path
    cases: tuple[Case, ...]
    lines: tuple[int, ...]
    refused: tuple[RefusedCaseDocument, ...] = ()


def read_cases(path: Path) -> CaseFile:
    """Read the cases of a CSV file; rows that cannot be used are refused with line and reason.

    Raises
    ------
    QuestionError
        Where the file cannot be read at all, or does not name the columns.
    """
    cases: list[Case] = []
    lines: list[int] = []
    refused: list[RefusedCaseDocument] = []
    for line, row in _rows(path):
        one = _case_of(line, row)
        if isinstance(one, Case):
            cases.append(one)
            lines.append(line)
        else:
            refused.append(one)
    return CaseFile(path, tuple(cases), tuple(lines), tuple(refused))


def all_cases(path: Path) -> list[Case]:
    """Return every case of a file, or say which row cannot be used."""
    found = read_cases(path)
    for one in found.refused[:1]:
        raise QuestionError(f"--cases {path}, line {one.line}: {one.detail}.")
    return list(found.cases)


def one_each(found: CaseFile) -> CaseFile:
    """Refuse rows that name a case again; where the dates differ too, all of that case's rows.

    Which of two dates holds cannot be known, and the order of rows must not decide it.
    """
    by_name: dict[str, list[int]] = {}
    for place, case in enumerate(found.cases):
        by_name.setdefault(case.participant, []).append(place)
    kept, refused = [], list(found.refused)
    for places in by_name.values():
        same = len({found.cases[place] for place in places}) == 1
        kept += places[:1] if same else []
        lines = [found.lines[place] for place in places]
        refused += _again(lines) if same else _contradicting(lines)
    kept.sort()
    return replace(
        found,
        cases=tuple(found.cases[place] for place in kept),
        lines=tuple(found.lines[place] for place in kept),
        refused=tuple(sorted(refused, key=lambda one: one.line)),
    )


def _again(lines: Sequence[int]) -> Iterator[RefusedCaseDocument]:
    for line in lines[1:]:
        yield RefusedCaseDocument(line=line, reason="repeat", detail=f"the same as line {lines[0]}")


def _contradicting(lines: Sequence[int]) -> Iterator[RefusedCaseDocument]:
    named = " and ".join(map(str, lines))
    for line in lines:
        detail = f"one case with two dates in lines {named}: keep the row that holds"
        yield RefusedCaseDocument(line=line, reason="two-dates", detail=detail)


def legend_csv(cases: Sequence[Case]) -> str:
    r"""Return which number is which participant, as CSV; lines end in ``\r\n``."""
    return csv_text(("number", "case"), [(k, one.participant) for k, one in enumerate(cases, 1)])


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Yield the line number and the cells of each row."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"--cases {path}: {error}.") from error
    head = text.partition("\n")[0]
    delimiter = ";" if ";" in head and "," not in head else ","  # as spreadsheets of Europe write
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    if "case" not in (rows.fieldnames or ()):
        raise QuestionError(
            f"--cases {path}: line 1 must name the columns {', '.join(CASE_COLUMNS)}.",
        )
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise QuestionError(f"--cases {path}, line {rows.line_num + 1}: {error}.") from error


def _case_of(line: int, row: dict[str, str | None]) -> Case | RefusedCaseDocument:
    """Return the case of a row, or why it is none; the detail never holds the case's name."""

    def refuse(reason: str, detail: str) -> RefusedCaseDocument:
        return RefusedCaseDocument(line=line, reason=reason, detail=detail)

    name = (row.get("case") or "").strip()
    if not name:
        return refuse("no-case", "the column case is empty")
    if None in row:
        return refuse("too-many-cells", "the row has more cells than line 1 has columns")
    days: dict[str, date | None] = {}
    for column in CASE_COLUMNS[1:]:
        text = (row.get(column) or "").strip()
        try:
            days[column] = date.fromisoformat(text) if text else None
        except ValueError:
            reason = f"bad-{column.replace('_', '-')}"
            return refuse(reason, f"{column} is no date YYYY-MM-DD")
    if not any(days.values()):
        return refuse("undated", "neither onset nor test_date is given")
    return Case(participant=name, **days)
