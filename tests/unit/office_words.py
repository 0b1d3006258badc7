"""Every string of the pages of office and portal, as the translations name it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.messages.extract import extract_from_dir

import fortnight.web

if TYPE_CHECKING:
    from babel.messages.extract import _ExtractionResult  # noqa: F401 - what is yielded

WEB: Final = Path(fortnight.web.__file__).parent
_METHODS: Final = [
    ("templates/office/**.html", "jinja2.ext:babel_extract"),
    ("templates/portal/**.html", "jinja2.ext:babel_extract"),
    ("office/**.py", "python"),
    ("portal/**.py", "python"),
]
_OPTIONS: Final = {
    "templates/office/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"},
    "templates/portal/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"},
    "office/**.py": {},
    "portal/**.py": {},
}


def strings() -> dict[str | tuple[str, ...], str]:
    """Return every string, and the first file that it is in; plural ones as a pair."""
    found: dict[str | tuple[str, ...], str] = {}
    for name, _, said, _, _ in extract_from_dir(str(WEB), _METHODS, _OPTIONS):
        found.setdefault(said if isinstance(said, str) else tuple(said), str(name))
    return found
