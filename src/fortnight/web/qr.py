"""QR codes as inline SVG: drawn here, so that no other host and no script ever sees the text."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup

_QUIET: Final = 4
"""Light squares around the code, as its standard (ISO/IEC 18004) asks for."""


def modules(text: str) -> list[list[bool]]:
    """Return the squares of a text's code, row by row; True is dark."""
    # It brings the whole of reportlab's drawing with it: only who needs a code waits for that.
    from reportlab.graphics.barcode.qrencoder import (  # type: ignore[import-untyped] # noqa: PLC0415
        QRCode,
        QRErrorCorrectLevel,
    )

    code: Any = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    size: int = code.getModuleCount()
    return [[bool(code.isDark(row, column)) for column in range(size)] for row in range(size)]


def svg(text: str, name: str) -> Markup:
    """Return a text's code as SVG, dark on light in every colour scheme."""
    squares = modules(text)
    size = len(squares) + 2 * _QUIET
    dark = "".join(
        f"M{column + _QUIET} {row + _QUIET}h1v1h-1z"
        for row, line in enumerate(squares)
        for column, is_dark in enumerate(line)
        if is_dark
    )
    return Markup(
        '<svg class="qr" role="img" aria-label="{name}" viewBox="0 0 {size} {size}" '
        'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        '<path fill="#000" d="{dark}"/></svg>'
    ).format(name=name, size=size, dark=dark)
