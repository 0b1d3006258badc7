"""A venue's poster as PDF: one A4 page for each room, with its code to scan and to type."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # it has no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from fortnight.exchange.pdf_out import FONT, register

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIDE: Final = 340
_MARGIN: Final = 50
_SMALLEST: Final = 12


def to_poster(pages: Sequence[tuple[tuple[str, ...], list[list[bool]]]]) -> bytes:
    """Return posters: of each page its lines, the largest first, and the squares of its code."""
    register()
    content = io.BytesIO()
    canvas: Any = Canvas(content, pagesize=A4, invariant=1)  # the same poster, the same bytes
    canvas.setTitle("Fortnight")
    for lines, squares in pages:
        _page(canvas, lines, squares)
    canvas.save()
    return content.getvalue()


def _page(canvas: Any, lines: Sequence[str], squares: list[list[bool]]) -> None:  # noqa: ANN401 - reportlab's own type
    width, height = A4
    top = height - 110.0
    for place, line in enumerate(lines):
        size = _fitting(canvas, line, max(34 - 8 * place, 14), width - 2 * _MARGIN)
        canvas.setFont(FONT, size)
        canvas.drawCentredString(width / 2, top, line)
        top -= size * 1.6
    _code(canvas, squares, (width - _SIDE) / 2, top - _SIDE)
    canvas.showPage()


def _fitting(canvas: Any, line: str, size: int, width: float) -> int:  # noqa: ANN401 - as above
    """Return the largest size at which a line is no wider than the page."""
    while size > _SMALLEST and canvas.stringWidth(line, FONT, size) > width:
        size -= 1
    return size


def _code(canvas: Any, squares: list[list[bool]], left: float, bottom: float) -> None:  # noqa: ANN401 - as above
    side = _SIDE / len(squares)
    for row, line in enumerate(squares):
        for column, is_dark in enumerate(line):
            if is_dark:
                at = bottom + _SIDE - (row + 1) * side
                canvas.rect(left + column * side, at, side, side, stroke=0, fill=1)
