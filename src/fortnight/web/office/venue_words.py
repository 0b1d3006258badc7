"""Words of venues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; it is translated where a page says it."""
    return text


CATEGORIES: Final[Mapping[str, str]] = {
    "food": _("restaurant or bar"),
    "shop": _("shop"),
    "school": _("school or kindergarten"),
    "work": _("place of work"),
    "worship": _("place of worship"),
    "culture": _("theatre, cinema or museum"),
    "sport": _("sport"),
    "health": _("clinic or pharmacy"),
    "transport": _("bus, train or station"),
    "office": _("public office"),
    "other": _("another place"),
}
