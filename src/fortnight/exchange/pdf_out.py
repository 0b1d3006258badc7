"""A table as PDF, for the paper file: each row as a small block of its own names and values."""

from __future__ import annotations

import io
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # it has no types
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped] # as above
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped] # as above
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped] # as above
from reportlab.platypus import (  # type: ignore[import-untyped] # as above
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)
from reportlab.platypus import (
    Table as Grid,
)

if TYPE_CHECKING:
    from fortnight.exchange.tables import Cell, Table

FONT: Final = "DejaVuSansCondensed"
_MARGIN: Final = 40
_NAMES_WIDTH: Final = 110
_GAP: Final = 8


def to_pdf(table: Table) -> bytes:
    """Return a table as A4 pages, numbered, in a font that has Latin, Greek and Cyrillic."""
    register()
    content = io.BytesIO()
    document = SimpleDocTemplate(
        content,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=f"Fortnight: {table.name}",
        author="Fortnight",
        invariant=1,  # the same table gives the same bytes
    )
    story: list[Any] = [Paragraph(f"{table.name}: {len(table.rows)}", _style(14)), Spacer(1, _GAP)]
    for row in table.rows:
        story += [_block(table.columns, row), Spacer(1, _GAP)]
    document.build(story, onFirstPage=_number, onLaterPages=_number)
    return content.getvalue()


def _block(columns: tuple[str, ...], row: tuple[Cell, ...]) -> Any:  # noqa: ANN401 - reportlab's own type
    lines = [
        [Paragraph(escape(name), _style(8)), Paragraph(escape(str(cell)), _style(8))]
        for name, cell in zip(columns, row, strict=True)
        if cell is not None
    ]
    width = A4[0] - 2 * _MARGIN - 12
    grid = Grid(
        lines,
        colWidths=[_NAMES_WIDTH, width - _NAMES_WIDTH],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ("LINEABOVE", (0, 0), (-1, 0), 0.5, "#888888"),
        ],
    )
    return KeepTogether([grid])


def _number(canvas: Any, document: Any) -> None:  # noqa: ANN401 - as above
    canvas.setFont(FONT, 8)
    canvas.drawRightString(A4[0] - _MARGIN, _MARGIN / 2, str(document.page))


def _style(size: int) -> ParagraphStyle:
    # Long words without a blank, such as ids, are broken rather than cut off.
    return ParagraphStyle(
        f"size {size}", fontName=FONT, fontSize=size, leading=size + 2, splitLongWords=1
    )


@cache
def register() -> None:
    """Make the font known to reportlab."""
    found = resources.files("fortnight.exchange").joinpath("fonts", f"{FONT}.ttf")
    with resources.as_file(found) as path:
        pdfmetrics.registerFont(TTFont(FONT, str(path)))
