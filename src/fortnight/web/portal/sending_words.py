"""Words of the pages of sending that stand for words of the rooms behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; it is translated where a page says it."""
    return text


APPS: Final[Mapping[str, str]] = {
    "owntracks": "OwnTracks",
    "traccar": "Traccar Client",
    "overland": "Overland",
}
APP_NOTES: Final[Mapping[str, str]] = {
    "owntracks": _("For iPhone and Android. What it sends is locked twice."),
    "traccar": _("For iPhone and Android."),
    "overland": _("For iPhone and Android. It sends many places at once."),
}
REFUSED_ROW: Final = _("Not readable")
REFUSED_ROWS: Final[Mapping[str, str]] = {
    "future": _("In the future"),
    "null-island": _("Without a real place"),
    "not-a-location": _("Not a place"),
    "off-globe": _("Not a place on Earth"),
    "bad-time": _("Without a time"),
    "no-offset": _("With a time of no known zone"),
    "bad-accuracy": _("With an impossible accuracy"),
    "exact-repeat": _("There twice"),
    "nested-visit": _("Inside another visit"),
    "zip-other-file": _("Files in the zip that hold no places"),
    "zip-locked": _("Files in the zip that are locked"),
    "zip-archive": _("Archives inside the zip"),
    "zip-too-large": _("Files in the zip that are too large"),
    "zip-damaged": _("Files in the zip that cannot be unpacked"),
}
UNREADABLE: Final = _(
    "There are no places in this file that can be read. Choose the timeline of your phone, "
    "Google Takeout, GPX or GeoJSON."
)
"""For every file that is of another kind, or damaged from its beginning."""
ERRORS: Final = (
    UNREADABLE,
    _("it holds too many places: upload it in parts"),
    _("Five phones send already: stop one first."),
    _("This phone sends no more."),
    _("There are twenty already: take one away first."),
    _("Give both times as hours and minutes, such as 22:00."),
    _("This is no place on Earth: copy its two numbers from a map."),
    _("You have not agreed to keeping visits: turn them on first."),
    _("You chose that nothing of this hour is kept, so this is not."),
    _("This code is of no place here: type the eight letters again."),
    _("Many people upload at the moment: try again in ten minutes."),
    _("The file is not held any more: choose it again."),
    _("it holds places of several phones: upload only your own"),
    _("it holds no places of a phone"),
    _("a packed file (gzip): unpack it first"),
)
"""What other rooms say where something cannot be done."""
