"""CSV and its kin: a header line, then one row a line, with any of four delimiters."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyarrow import csv as arrow_csv

from fortnight.errors import InputError
from fortnight.evidence.batches import text_array
from fortnight.evidence.source import decoded
from fortnight.evidence.tables.kinds import find_table, table_of
from fortnight.evidence.values import decimal_points, trimmed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fortnight.evidence.batches import Column
    from fortnight.evidence.columns import Columns
    from fortnight.evidence.reading import Raw, Reading
    from fortnight.evidence.roles import Roles
    from fortnight.evidence.source import Source
    from fortnight.evidence.tally import Tally

DELIMITERS: Final = (",", ";", "\t", "|")
HEADER_LINES: Final = 20  # before the header, trackers write titles and comments
MAX_QUOTED_LINES: Final = 10  # a quoted cell that runs on for longer is a stray quote
NOT_SHOWN: Final = "not shown: it may be about people who are not enrolled"


@dataclass(frozen=True, slots=True)
class Header:
    """The header line of a table: where it stands, its delimiter and what its columns mean."""

    line: int  # from 1
    delimiter: str
    width: int
    columns: Columns | Roles


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines of a table: the columns that mean something, by their place."""

    columns: Mapping[int, Column]
    numbers: Sequence[int]  # of the line on which each row stands
    texts: Sequence[str] | bytes  # a text a row, or all lines in one

    def where(self) -> Callable[[int], str]:
        """Return what says on which line a row stands, and holds on to nothing else."""
        numbers = self.numbers
        return lambda row: f"line {numbers[row]}"

    def shown(self, row: int) -> str:
        """Return the line itself."""
        if isinstance(self.texts, bytes):
            return decoded(self.texts.split(b"\n", row + 1)[row])
        return self.texts[row]


def read(reading: Reading) -> Iterator[Raw]:
    """Yield the rows of a delimited file; lines of another width are refused as `damaged`."""
    source, tally = reading.source, reading.tally
    header = _header(source)
    table = table_of(header.columns, source.participant, reading.enrolled)
    for first, block in source.line_blocks():
        number, lines = first, block
        if first <= header.line:  # titles and the header stand in the first block
            lines = block.split(b"\n", header.line)[-1]
            number = header.line + 1
        chunk = _plain(lines, number, header) or _careful(lines, number, header, tally)
        if len(chunk.numbers):
            yield table.rows(chunk.columns, chunk.where(), chunk.shown)


def _header(source: Source) -> Header:
    """Return the header of a file; raises InputError where it has none."""
    header = find_header([decoded(line) for line in source.head_lines(HEADER_LINES)])
    if header is None:
        raise InputError("no header line that names the columns of a known kind of table")
    return header


def find_header(lines: Sequence[str]) -> Header | None:
    """Return the header among the first lines of a file, or None where there is none."""
    for number, line in enumerate(lines[:HEADER_LINES], start=1):
        text = line.strip(" \ufeff\r").lstrip("# ")
        for delimiter in DELIMITERS:
            cells = _cells(text, delimiter)
            columns = find_table(cells)
            if columns is not None:
                return Header(number, delimiter, len(cells), columns)
    return None


def _plain(block: bytes, first: int, header: Header) -> Chunk | None:
    """Return lines in which nothing is out of order, read by Arrow; None where something is."""
    count = block.count(b"\n") + (not block.endswith(b"\n"))
    names = [str(place) for place in range(header.width)]
    needed = sorted(header.columns.places())
    try:
        table = arrow_csv.read_csv(
            BytesIO(block),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=len(block) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=header.delimiter, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[names[place] for place in needed],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != count:  # a quoted cell ran over a line's end
        return None
    columns = {place: table.column(at).combine_chunks() for at, place in enumerate(needed)}
    return Chunk(_trimmed(columns, header), range(first, first + count), block)


def _careful(block: bytes, first: int, header: Header, tally: Tally) -> Chunk:
    """Cut lines into cells one by one and refuse those that are not as wide as the header."""
    lines = [decoded(line) for line in block.removesuffix(b"\n").split(b"\n")]
    numbers: list[int] = []
    texts: list[str] = []
    cells: list[list[str]] = []
    for number, text, row in _quoted(lines, first, header):
        if len(row) == header.width:
            numbers.append(number)
            texts.append(text)
            cells.append(row)
        elif text.strip():
            told = NOT_SHOWN if header.columns.private else text
            tally.refuse("damaged", f"line {number}", told)
    found = list(zip(*cells, strict=True)) or [()] * header.width
    columns = {place: text_array(found[place]) for place in header.columns.places()}
    return Chunk(_trimmed(columns, header), numbers, texts)


def _quoted(lines: list[str], first: int, header: Header) -> Iterator[tuple[int, str, list[str]]]:
    """Yield line number, text and cells of each record; a quoted cell may hold line ends.

    Where a quote does not close within a few lines, or closes into a row that does not fit, it
    was a stray one, and its line stands alone: it must not swallow what follows.
    """
    place = 0
    while place < len(lines):
        text, used = lines[place], 1
        row = _refitted(_cells(text, header.delimiter), header.width)
        if text.count('"') % 2:
            for stop in range(place + 2, min(place + MAX_QUOTED_LINES, len(lines)) + 1):
                joined = "\n".join(lines[place:stop])
                wider = _refitted(_cells(joined, header.delimiter), header.width)
                if joined.count('"') % 2 == 0 and len(wider) == header.width:
                    text, used, row = joined, stop - place, wider
                    break
        yield first + place, text, row
        place += used


def _cells(text: str, delimiter: str) -> list[str]:
    """Return the cells of one line."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return text.split(delimiter)


def _refitted(cells: list[str], width: int) -> list[str]:
    """Return the cells without empty ones beyond the header."""
    return cells if any(cells[width:]) else cells[:width]


def _trimmed(columns: Mapping[int, Column], header: Header) -> Mapping[int, Column]:
    """Return the columns without blanks around cells, numbers with a decimal point."""
    data = {place: trimmed(column) for place, column in columns.items()}
    if header.delimiter != ",":
        for place in header.columns.decimals():
            data[place] = decimal_points(data[place])
    return data
