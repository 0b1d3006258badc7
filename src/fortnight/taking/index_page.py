"""The page that says what is what in the ZIP: without a script, and from no other host."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from fortnight.taking.moments import instant
from fortnight.taking.published import left_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.taking.gathering import Held

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "ru": "Русский", "ar": "العربية"}
MOST_ROWS: Final = 30
"""Rows of a part that the page shows; the rest is in its CSV file."""


def index_page(held: Held, language: str) -> str:
    """Return the page in a language; English for one that we do not speak."""
    spoken = language if language in LANGUAGES else "en"
    said = words()
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            language=spoken,
            direction="rtl" if spoken == "ar" else "ltr",
            languages=LANGUAGES,
            say=said["page"],
            parts=[_part(name, rows, spoken) for name, rows in held.parts.items()],
            receipts=len(held.receipts),
            pending=sum(one.text is None for one in held.receipts),
            made_at=instant(held.made_at)[:16].replace("T", " "),
            left_out=[one.why[spoken] for one in left_out() if one.is_about_people],
        )
    )


@cache
def words() -> dict[str, Any]:
    """Return the words of the page: by section, word and language."""
    read = files("fortnight.taking").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(read)


def _part(name: str, rows: list[dict[str, object]], language: str) -> dict[str, object]:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return {
        "name": name,
        "title": words()["parts"][name][language],
        "count": len(rows),
        "columns": columns,
        "rows": [[_shown(row.get(column)) for column in columns] for row in rows[:MOST_ROWS]],
        "more": max(len(rows) - MOST_ROWS, 0),
    }


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_shown(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_shown(one) for one in value)
    return str(value)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("fortnight.taking", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
