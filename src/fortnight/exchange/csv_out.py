"""A table as CSV that no spreadsheet runs: guarded as the library's own exports are."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from fortnight.report.rows import harmless

if TYPE_CHECKING:
    from fortnight.exchange.tables import Cell, Table


def to_csv(table: Table) -> bytes:
    """Return a table in UTF-8, with the mark by which Excel knows it."""
    text = io.StringIO()
    # Every text is quoted, so that a semicolon in it is no edge where semicolons divide cells.
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_cell(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _cell(cell: Cell) -> str | int:
    if cell is None:
        return ""
    return harmless(cell) if isinstance(cell, str) else cell
