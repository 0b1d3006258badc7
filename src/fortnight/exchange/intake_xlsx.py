"""Rows of an XLSX workbook, one by one, in bounded memory."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook  # type: ignore[import-untyped] # it has no types
from openpyxl.utils.exceptions import (  # type: ignore[import-untyped] # as above
    InvalidFileException,
)

from fortnight.errors import InputError
from fortnight.exchange.intake_csv import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

EXCEL_ROWS: Final = 1_048_576
"""The last row that a sheet of Excel can have; 65,536 in its old format."""
OLD_EXCEL_ROWS: Final = 65_536
ZIP_MARK: Final = b"PK\x03\x04"
OLD_MARK: Final = bytes.fromhex("d0cf11e0a1b11ae1")
MOST_UNPACKED: Final = 2 << 30
MOST_STRINGS: Final = 256 << 20
"""Texts that cells share are held while the sheet is read: how many bytes of them, at most."""
_STRINGS: Final = "xl/sharedStrings.xml"
_BROKEN: Final = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    NotImplementedError,
    zlib.error,
    AssertionError,
)
"""What the parts of a damaged workbook raise, whichever of them it is."""
_DAMAGED: Final = "The workbook is damaged: open it, save it as XLSX again, or as CSV."


def xlsx_rows(file: BinaryIO) -> Iterator[Row]:
    """Yield the rows of a workbook's only sheet that are not blank, the header first.

    Raises InputError for a workbook with several sheets, one that is damaged, and one that would
    unpack into more than this reads.
    """
    _check_sizes(file)
    workbook = _opened(file)
    try:
        if len(workbook.worksheets) != 1:
            named = ", ".join(f"'{name}'" for name in workbook.sheetnames)
            raise InputError(
                f"The workbook has {len(workbook.worksheets)} sheets with cells, of {named}: "
                "which one holds the cases is not guessed. Save that one alone."
            )
        yield from _rows(workbook.worksheets[0])
    finally:
        workbook.close()


def _check_sizes(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as parts:
            sizes = {one.filename: one.file_size for one in parts.infolist()}
    except _BROKEN as error:
        raise InputError(_DAMAGED) from error
    if sum(sizes.values()) > MOST_UNPACKED or sizes.get(_STRINGS, 0) > MOST_STRINGS:
        raise InputError("The workbook unpacks into too much: save it as CSV.")
    file.seek(0)


def _opened(file: BinaryIO) -> Any:  # noqa: ANN401 - openpyxl has no types
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which say nothing here
            return load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except _BROKEN as error:
        raise InputError(_DAMAGED) from error


def _rows(sheet: Any) -> Iterator[Row]:  # noqa: ANN401 - as above
    sheet.reset_dimensions()  # what a sheet says of its own size may be wrong; its rows are not
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    width = 0
    while True:
        try:
            number, cells = next(rows)
        except StopIteration:
            return
        except _BROKEN as error:
            raise InputError(_DAMAGED) from error
        if number > EXCEL_ROWS:  # no sheet has as many, and the reader keeps a little of each
            raise InputError(_DAMAGED)
        if any(cell is not None and cell != "" for cell in cells):
            width = width or len(cells)
            # a workbook leaves out cells at the end of a row that are empty
            yield Row(number, (*cells, *[None] * (width - len(cells))))
