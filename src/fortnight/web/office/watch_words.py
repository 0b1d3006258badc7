"""Words of log and reviews for what the rooms call by short names. ``_`` marks them."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.web.office.language import Speech


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
        "texts-refused-sign-in": _("The message centre does not let the service in"),
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
ORIGINS: Final[Mapping[str, str]] = MappingProxyType(
    {"phone": _("the phone"), "upload": _("an uploaded file"), "operator": _("a mobile operator")}
)
_JUMPS: Final = re.compile(r"day=(\d+) jumps=(\d+) origins=([a-z,]*)")
_STRANGERS: Final = re.compile(r'\{"received": ?(\d+), ?"strangers": ?(\d+)\}')


def about(detail: str, said: Speech) -> str:
    """Return what an alarm is about, in words; its detail as it is, where it is of no kind here."""
    if found := _JUMPS.fullmatch(detail):
        count = int(found[2])
        text = said.ngettext(
            "{day}: {count} move faster than anybody travels. The positions came from: {origins}.",
            "{day}: {count} moves faster than anybody travels. The positions came from: {origins}.",
            count,
        )
        origins = [said.gettext(ORIGINS.get(one, one)) for one in found[3].split(",")]
        return text.format(
            day=said.day(int(found[1])), count=said.number(count), origins=", ".join(origins)
        )
    if found := _STRANGERS.fullmatch(detail):
        received, count = int(found[1]), int(found[2])
        text = said.ngettext(
            "{count} row of {received}. It was dropped before anything was written.",
            "{count} rows of {received}. They were dropped before anything was written.",
            count,
        )
        return text.format(count=said.number(count), received=said.number(received))
    return detail
