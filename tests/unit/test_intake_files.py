"""Rows of files as they come: encodings, delimiters, quotes, sheets."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped] # it has no types

from fortnight.errors import InputError
from fortnight.exchange.intake import rows_of
from fortnight.exchange.intake_csv import Row

HEADER = ("token", "number", "disease", "test_date")
ONE = ("fncase-a", "+37120000001", "covid-19", "2026-03-01")
TWO = ("fncase-b", "+37120000002", "mpox", "01.03.2026")


def text(delimiter: str = ",", end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in (HEADER, ONE, TWO))


def read(content: bytes) -> list[Row]:
    return list(rows_of(BytesIO(content)))


def book(*rows: tuple[object, ...], sheets: int = 1) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for _ in range(sheets - 1):
        made.create_sheet()
    content = BytesIO()
    made.save(content)
    return content.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_table_is_read_as_programs_write_it(delimiter: str, end: str, encoding: str) -> None:
    rows = read(text(delimiter, end).encode(encoding))
    assert [row.cells for row in rows] == [HEADER, ONE, TWO]
    assert [row.number for row in rows] == [1, 2, 3]


def test_a_quoted_cell_may_hold_delimiters_and_line_ends() -> None:
    rows = read(b'token,number,disease,test_date,note\na,b,c,d,"one, ""two""\nthree"\ne,f,g,h,i\n')
    assert rows[1] == Row(2, ("a", "b", "c", "d", 'one, "two"\nthree'))
    assert rows[2] == Row(4, ("e", "f", "g", "h", "i"))


def test_a_quote_that_never_closes_costs_its_own_row_only() -> None:
    lines = ["token,number,disease,test_date", 'a,"b,c,d', *(f"{n},b,c,d" for n in range(100))]
    rows = read("\n".join(lines).encode())
    assert [row.number for row in rows] == list(range(1, 103))


def test_two_stray_quotes_do_not_join_the_rows_between_them() -> None:
    lines = ["token,number,disease,test_date", 'a,"b,c,d', "e,f,g,h", 'i,j",k,l', "m,n,o,p"]
    assert [row.number for row in read("\n".join(lines).encode())] == [1, 2, 3, 4, 5]


def test_a_line_without_end_is_one_row() -> None:
    rows = read(b"token,number,disease,test_date\n" + b"x" * 300_000 + b"\na,b,c,d")
    assert [len(row.cells) for row in rows] == [4, 1, 4]
    assert len(str(rows[1])) < 100


def test_blank_lines_and_excels_own_first_line_are_no_rows() -> None:
    rows = read(b"sep=;\r\n\r\ntoken;number;disease;test_date\r\n;;;\r\n\r\na;b;c;d\r\n")
    assert [row.number for row in rows] == [3, 6]


@pytest.mark.parametrize(
    "content", [b"\n", b"a,b,c\n1,2,3\n", b"\xff\xfe\x00", bytes(range(256)), b"%PDF-1.7\n1 0 obj"]
)
def test_what_names_no_columns_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="names no columns"):
        read(content)


def test_the_only_sheet_of_a_workbook_is_read_with_its_own_row_numbers() -> None:
    rows = read(book((), HEADER, ONE, (), (*TWO[:3], None)))
    assert rows == [Row(2, HEADER), Row(3, ONE), Row(5, (*TWO[:3], None))]


def test_a_workbook_with_several_sheets_is_refused_by_their_names() -> None:
    with pytest.raises(InputError, match="'Sheet', 'Sheet1'"):
        read(book(HEADER, ONE, sheets=2))


def test_the_old_format_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"row 65,536 .* save as XLSX"):
        read(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512))


def test_every_cut_of_a_workbook_is_refused_and_none_fails() -> None:
    whole = book(HEADER, ONE, TWO)
    for end in range(4, len(whole) - 1, 97):
        with pytest.raises(InputError, match="damaged"):
            read(whole[:end])


def test_a_workbook_whose_sheet_breaks_off_is_refused() -> None:
    whole, cut = BytesIO(book(HEADER, *[ONE] * 50)), BytesIO()
    with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(cut, "w") as less:
        for one in parts.infolist():
            data = parts.read(one)
            less.writestr(one.filename, data[:-400] if "sheet1" in one.filename else data)
    with pytest.raises(InputError, match="damaged"):
        read(cut.getvalue())


def test_a_workbook_that_unpacks_into_too_much_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fortnight.exchange.intake_xlsx.MOST_UNPACKED", 1_000)
    with pytest.raises(InputError, match="too much"):
        read(book(HEADER, ONE))
