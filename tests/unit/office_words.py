"""Every string of the pages of office and portal, as the translations name it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.messages.extract import extract_from_dir

import fortnight.web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from babel.messages.extract import _ExtractionResult  # noqa: F401 - what is yielded

WEB: Final = Path(fortnight.web.__file__).parent
PORTAL: Final = (
    ("templates/portal/**.html", "jinja2.ext:babel_extract"),
    ("portal/**.py", "python"),
    ("office/language.py", "python"),
)
"""Where the words of the portal stand; how days and lengths are said is the office's."""
_METHODS: Final = (
    *PORTAL,
    ("templates/office/**.html", "jinja2.ext:babel_extract"),
    ("office/**.py", "python"),
)
_OPTIONS: Final = {
    "templates/office/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"},
    "templates/portal/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"},
    "office/language.py": {},
    "office/**.py": {},
    "portal/**.py": {},
}


def strings(methods: Sequence[tuple[str, str]] = _METHODS) -> dict[str | tuple[str, ...], str]:
    """Return every string, and the first file that it is in; plural ones as a pair."""
    found: dict[str | tuple[str, ...], str] = {}
    for name, _, said, _, _ in extract_from_dir(str(WEB), list(methods), _OPTIONS):
        found.setdefault(said if isinstance(said, str) else tuple(said), str(name))
    return found
