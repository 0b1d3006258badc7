"""The code of a poster that a camera read, while its person comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fortnight.venues.rules import code_in
from fortnight.web.office.who import cookie

if TYPE_CHECKING:
    from litestar import Request

VISITS: Final = "/portal/visits"
SCANNED: Final = "visit"
SCANNED_S: Final = 15 * 60
"""Seconds for which a code that was scanned waits."""


def waiting(request: Request[Any, Any, Any]) -> str | None:
    """Return the code that waits in the browser."""
    held = cookie(request.scope["user"].door, request.scope, SCANNED)
    return None if held is None else code_in(held)


def goes_on(request: Request[Any, Any, Any], otherwise: str) -> str:
    """Return where somebody goes who came in: to the poster that they scanned, or elsewhere."""
    return otherwise if waiting(request) is None else VISITS
