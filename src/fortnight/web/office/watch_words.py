"""Words of log and reviews for what the rooms call by short names. ``_`` marks them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _(text: str) -> str:
    """Return the same text: the pages translate it when they are made."""
    return text


REVIEWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "look-questioned": _("Somebody questions a look at their data"),
        "track-contradictory": _("A track contradicts itself"),
        "duplicate-case": _("Two cases may be one"),
        "appeal": _("Somebody objects to a decision"),
    }
)
ALARMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "strangers-in-delivery": _("A delivery held people who never agreed"),
        "contradictory-track": _("A track contradicts itself"),
    }
)
ENTRIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "grant": _("consent given"),
        "withdrawal": _("consent withdrawn"),
        "look": _("look at data"),
        "resolve": _("contact resolved"),
        "trace": _("trace"),
        "message": _("text sent"),
        "deletion": _("deletion"),
        "erasure": _("erasure"),
        "parameters": _("parameters"),
        "settings": _("settings"),
        "alarm": _("review or alarm"),
        "case": _("step of a case"),
        "delivery": _("delivery"),
    }
)
