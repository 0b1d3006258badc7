"""Rows of a CSV file, one by one: each line of it ends up in exactly one row.

A quote that does not close within a few lines, or closes into a row that does not fit, was a stray
one, and its line stands alone: it must not swallow what follows, as a spreadsheet lets it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from fortnight.errors import InputError
from fortnight.exchange.intake_rows import is_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

DELIMITERS: Final = (",", ";", "\t")
MOST_LINE: Final = 64 * 1_024
"""Longest line, in characters: a row has six short cells."""
MOST_QUOTED_LINES: Final = 10
_HEAD_BYTES: Final = 4_096
_EXCEL_SAYS: Final = "sep="


class Row(NamedTuple):
    """One row: its number as a spreadsheet or an editor shows it, and its cells."""

    number: int
    cells: tuple[object, ...]


def csv_rows(file: BinaryIO) -> Iterator[Row]:
    """Yield the header, then each row that is not blank.

    Raises InputError where no header is found. Bytes that are no text of the file's encoding
    become U+FFFD, so that they cost the row that they are in, and no other.
    """
    text = io.TextIOWrapper(file, encoding=_encoding(file), errors="replace", newline=None)
    try:
        lines = _Lines(text)
        header, delimiter = _header(lines)
        yield header
        yield from _rows(lines, delimiter, len(header.cells))
    finally:
        text.detach()


def _encoding(file: BinaryIO) -> str:
    """Return the encoding by the mark at the start, or by where the zeros of UTF-16 stand."""
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 > len(head):
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8-sig"


class _Lines:
    """The lines of a text with their numbers, and a look at the next few."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._ahead: deque[tuple[int, str]] = deque()
        self._read = 0

    def peek(self, place: int) -> tuple[int, str] | None:
        """Return the line that many lines ahead, from 0; None after the last."""
        while len(self._ahead) <= place:
            line = self._text.readline(MOST_LINE)
            if not line:
                return None
            self._read += 1
            if not line.endswith("\n") and len(line) == MOST_LINE:
                self._skip_rest()
                line = "\0"  # no cell of it is kept, and the row is refused as one
            self._ahead.append((self._read, line.removesuffix("\n")))
        return self._ahead[place]

    def take(self, count: int) -> None:
        """Go on by that many lines."""
        for _ in range(count):
            self._ahead.popleft()

    def _skip_rest(self) -> None:
        while (rest := self._text.readline(MOST_LINE)) and not rest.endswith("\n"):
            continue


def _header(lines: _Lines) -> tuple[Row, str]:
    while (held := lines.peek(0)) is not None:
        number, line = held
        lines.take(1)
        if not line.strip() or line.lower().startswith(_EXCEL_SAYS):
            continue
        found = [(_cells(line, delimiter), delimiter) for delimiter in DELIMITERS]
        cells, delimiter = max(found, key=lambda one: len(one[0]))
        if is_header(cells):
            return Row(number, tuple(cells)), delimiter
        break
    raise InputError(
        "The first row names no columns. It has to name token, number, disease and test_date, "
        "divided by commas, semicolons or tabs, in UTF-8 or UTF-16."
    )


def _rows(lines: _Lines, delimiter: str, width: int) -> Iterator[Row]:
    while (held := lines.peek(0)) is not None:
        number, line = held
        cells, used = _cells(line, delimiter), 1
        if line.count('"') % 2:
            cells, used = _joined(lines, line, delimiter, width) or (cells, 1)
        lines.take(used)
        if any(cell.strip() for cell in cells):
            yield Row(number, tuple(cells))


def _joined(lines: _Lines, first: str, delimiter: str, width: int) -> tuple[list[str], int] | None:
    """Return the cells of a row whose quotes close on a later line; None where they do not.

    Nor where one of the lines in between is as wide as a row: it is one, and not part of a note.
    """
    text = first
    for used in range(1, MOST_QUOTED_LINES):
        held = lines.peek(used)
        if held is None or held[1].count(delimiter) + 1 >= width:
            return None
        text = f"{text}\n{held[1]}"
        if text.count('"') % 2 == 0:
            cells = _cells(text, delimiter)
            return (cells, used + 1) if len(cells) == width else None
    return None


def _cells(text: str, delimiter: str) -> list[str]:
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return text.split(delimiter)
