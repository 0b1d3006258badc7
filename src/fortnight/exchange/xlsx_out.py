"""A table as a workbook in which every text is a text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook  # type: ignore[import-untyped] # it has no types
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped] # as above

from fortnight.report.rows import harmless

if TYPE_CHECKING:
    from fortnight.exchange.tables import Cell, Table


def to_xlsx(table: Table) -> bytes:
    """Return a table as the only sheet of a workbook.

    Texts are guarded as in CSV too: somebody will save the sheet as that.
    """
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(table.name)
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name) for name in table.columns])
    for row in table.rows:
        sheet.append([_cell(sheet, cell) for cell in row])
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def _cell(sheet: Any, cell: Cell) -> Any:  # noqa: ANN401 - openpyxl has no types
    if not isinstance(cell, str):
        return cell
    made = WriteOnlyCell(sheet, harmless(cell))
    made.data_type = "s"  # never a formula, whatever it begins with
    return made
