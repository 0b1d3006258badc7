"""In which language a page of the portal speaks: in one more than the office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fortnight.web.office import language as office
from fortnight.web.office import pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Request

    from fortnight.web.office.language import Speech

LANGUAGES: Final[Mapping[str, str]] = office.LANGUAGES | {"ar": "العربية"}
"""The languages that people are spoken to in, each by its own name."""


def speech(request: Request[Any, Any, Any]) -> Speech:
    """Return how the page of a request speaks."""
    return pages.speech(request, LANGUAGES)
