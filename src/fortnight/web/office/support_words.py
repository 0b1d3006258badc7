"""Words of follow-up, tickets and replies for what the rooms call by short names. ``_`` marks."""

from __future__ import annotations

from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from fortnight.web.office.words import DISEASES

if TYPE_CHECKING:
    from collections.abc import Mapping

_EPOCH: Final = date(1970, 1, 1)


def _(text: str) -> str:
    """Return the same text: the pages translate it when they are made."""
    return text


def _table(words: dict[str, str]) -> Mapping[str, str]:
    return MappingProxyType(words)


STATES: Final = _table(
    {
        "running": _("Followed"),
        "over": _("Over"),
        "stopped": _("Stopped: the test was withdrawn"),
        "became-case": _("Became a case"),
    }
)
DAYS: Final = _table(
    {
        "planned": _("not asked yet"),
        "asked": _("asked"),
        "reminded": _("reminded once"),
        "reminded-again": _("reminded twice"),
        "to-call": _("silent: call them"),
        "answered": _("answered"),
        "paused": _("paused"),
    }
)
CHANNELS: Final = _table({"text": _("by text"), "web": _("by the portal"), "call": _("by phone")})
PAUSES: Final = _table({"hospital": _("In hospital"), "appointment": _("At an appointment")})
CHANGED: Final = _table(
    {
        "disease": _("Disease"),
        "questions": _("Questions"),
        "tests": _("Days to test"),
        "end": _("Follow-up ends"),
        "home": _("Asked to stay home until"),
    }
)
NO_DAY: Final = _("no day")
FIELDS: Final = _table(
    {
        "name": _("Name"),
        "number": _("Phone number"),
        "language": _("Language"),
        "address": _("Address"),
        "items": _("What is needed"),
        "medicine": _("Medicine"),
        "pharmacy": _("Pharmacy"),
        "children": _("Children"),
        "from_day": _("From"),
        "until_day": _("Until"),
        "note": _("In their own words"),
    }
)
ERRORS: Final = (
    _("This follow-up is over: nothing more is recorded of it."),
    _("Choose needs from the list."),
    _("Choose what they say from the list."),
    _("Say whether it is so, or not."),
)


def disease(name: str) -> str:
    """Return the name of a disease as pages write it; a file of one's own is called as it is."""
    return DISEASES.get(name, name)


def iso(day: int) -> str:
    """Return a day since 1970 as forms write it."""
    return (_EPOCH + timedelta(days=day)).isoformat()
