"""Words of the pages on which people see what is held of them. ``_`` marks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fortnight.web.office.language import Speech


def _(text: str) -> str:
    """Mark a text for translation; it is translated where a page says it."""
    return text


ROLES: Final[Mapping[str, str]] = {
    "participant": _("You, on these pages"),
    "service": _("The service itself"),
    "case-worker": _("A case worker"),
    "epidemiologist": _("An epidemiologist"),
    "lead": _("The lead of the health team"),
    "data-protection": _("The data protection officer"),
    "administrator": _("An administrator"),
    "operator": _("A phone company, for its own list"),
    "laboratory": _("A laboratory"),
}
PURPOSES: Final[Mapping[str, str]] = {
    "trace": _("to find out who met whom"),
    "notify": _("to write to you"),
    "support": _("to help you"),
    "rights": _("for a right of yours"),
    "repair": _("to mend something"),
}
FIELDS: Final[Mapping[str, str]] = {
    "number": _("your phone number"),
    "language": _("your language"),
    "pseudonyms": _("what your days are filed under"),
    "contact": _("your number in one file"),
    "evidence": _("where or near whom you were"),
    "case": _("a file"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "opened": _("opened, not read"),
    "read": _("read"),
}
EVIDENCE: Final[Mapping[str, str]] = {
    "fixes": _("Where you were"),
    "visits": _("Check-ins"),
    "encounters": _("Phones near yours, by Bluetooth"),
    "ties": _("With whom you call and text"),
}
ORIGINS: Final[Mapping[str, str]] = {
    "phone": _("your phone"),
    "upload": _("a file that you uploaded"),
    "operator": _("your phone company"),
}
GRANTS: Final[Mapping[str, str]] = {
    "trace.phone": _("Where you were: from your phone"),
    "trace.operator": _("Where you were: from your phone company"),
    "trace.ties": _("With whom you call and text"),
    "trace.bluetooth": _("Phones near yours, by Bluetooth"),
    "trace.visits": _("Check-ins"),
    "notify": _("Texts to you"),
    "support": _("Help at home"),
    "statistics": _("Counts without names"),
    "exact": _("Exact time and place, for those who are told"),
}
STATES: Final[Mapping[str, str]] = {
    "opened": _("opened; it waits for your yes"),
    "agreed": _("you said yes"),
    "traced": _("it was looked up who met you"),
    "closed": _("closed"),
    "withdrawn": _("the test was withdrawn"),
}
COUNTS: Final[Mapping[str, tuple[str, str]]] = {
    "looks": (_("Looks at your data"), "/portal/looks"),
    "lines": (_("Lines of your record"), "/portal/record"),
    "visits": (_("Check-ins"), "/portal/visits/past"),
    "texts": (_("Texts to you"), "/portal/record"),
    "answers": (_("Texts from you"), "/portal/record"),
    "requests": (_("Requests"), "/portal/help"),
    "replies": (_("Replies"), "/portal/reply"),
}
PARTS: Final = (_("at night"), _("in the morning"), _("in the afternoon"), _("in the evening"))
"""In the order of `case.bands.PARTS`."""
BANDS: Final = (
    _("less than 15 minutes"),
    _("15 minutes to 1 hour"),
    _("1 to 4 hours"),
    _("4 hours or more"),
)
"""In the order of `case.bands.band_of`."""
KINDS: Final[Mapping[str, str]] = {
    "fixes": _("positions of both phones: the same place, never two metres"),
    "bluetooth": _("one phone heard the other"),
    "sensor": _("badges met"),
    "visit": _("both checked in at the same place"),
    "visit-room": _("both checked in to the same room"),
    "ties": _("you call or text each other"),
    "linger": _("you were in air that somebody infectious had left"),
}
MATTERS: Final[Mapping[str, str]] = {
    "no": _("It does not count as close, so nothing is asked of you."),
    "to-ask": _("It is not clear whether it counts: that is why you are asked about it."),
    "yes": _("It counts as close, so something is asked of you. Most people do not fall ill."),
}
MOVES: Final[Mapping[str, str]] = {
    "stay": _("at {place}"),
    "presumed": _("probably at {place}: your phone was silent"),
    "area": _("somewhere near {place}: the position is rough"),
    "leg": _("on the way"),
    "gap": _("nothing is known"),
}
ERRORS: Final = (
    _("There is no such line here."),
    _("The log has not taken this in yet. It does so every minute: come back for the proof."),
    _("You questioned this look before: the question and its answer stand below it."),
)
"""What the rooms behind say where something cannot be done."""


def translated(table: Mapping[str, str], names: Iterable[str], said: Speech) -> Iterator[str]:
    """Return the words of a table for some names, in the language of a page."""
    return (said.gettext(table.get(name, name)) for name in names)
