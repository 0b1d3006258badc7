"""How numbers are put into words, the same in the terminal and on the page."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from fortnight.report.local_time import parse

if TYPE_CHECKING:
    from fortnight.report.document import (
        ContactDocument,
        InputDocument,
        TraceDocument,
        WindowDocument,
    )
    from fortnight.report.local_time import LocalClock

NOT_INFECTION: Final = (
    "Minutes and probabilities say how near two phones were. They do not say who was infected."
)
NONE_FOUND: Final = (
    "No contact found does not mean none: who did not take part, whose phone was silent "
    "and who was met in a gap cannot be in this list."
)
SAME_PLACE: Final = (
    "Phones indoors are off by about 20 to 60 m: positions say “same place”, never “two metres”."
)
NOT_A_CERTIFICATE: Final = "This report is not a certificate. Nobody may ask for it as a pass."

UNKNOWN: Final = "?"

WINDOW_WORDS: Final = {
    "look-back": "look-back",
    "look-forward": "look-forward",
    "both": "both windows",
    "outside": "outside both windows",
}

FINEST_DISTANCE_M: Final = 10.0
"""Below this no distance is told: one phone's errors in one place do not average out further."""

_SILENT: Final = frozenset({"fixes", "ties"})
_OBEYED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_MINUTES_AN_HOUR = 60.0
_WHOLE_FROM = 10.0


def minutes(value: float) -> str:
    """Return minutes as people read them: ``0``, ``<1``, ``4.5``, ``1,234``."""
    if value <= 0:
        return "0"
    if value < 1:
        return "<1"
    return f"{value:.1f}" if round(value, 1) < _WHOLE_FROM else f"{value:,.0f}"


def spent(value: float) -> str:
    """Return minutes as ``duration`` does, and ``under a minute`` where it would round to none."""
    return "under a minute" if 0 < value < 1 else duration(value)


def duration(value: float) -> str:
    """Return minutes as ``45 min`` or ``14 h 30 min``; whole hours without the minutes."""
    hours, rest = divmod(round(value), round(_MINUTES_AN_HOUR))
    if not hours:
        return f"{rest} min"
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"


def share(value: float | None) -> str:
    """Return a share of one as whole per cent, never rounded up to all or down to none."""
    if value is None:
        return UNKNOWN
    if 0 < value < 0.005:  # noqa: PLR2004 - half a per cent, what rounding would hide
        return "<1\u00a0%"
    if 0.995 <= value < 1:  # noqa: PLR2004 - the same at the other end
        return ">99\u00a0%"
    return f"{value:.0%}".replace("%", "\u00a0%")


def small_share(value: float) -> str:
    """Return a share as ``share`` does, with a decimal below ten per cent: ``2.6 %``."""
    return f"{value:.1%}".replace("%", "\u00a0%") if 0.0005 <= value < 0.0995 else share(value)  # noqa: PLR2004 - what rounds to 0.1 and to 10 per cent


def distance(value: float | None) -> str:
    """Return metres as people may use them: nothing finer than phones can tell."""
    if value is None:
        return UNKNOWN
    return f"<{FINEST_DISTANCE_M:.0f} m" if value < FINEST_DISTANCE_M else f"{value:,.0f} m"


def count(number: int, one: str, many: str) -> str:
    """Return a number with its noun: ``1 contact``, ``1,200 contacts``."""
    return f"{number:,} {one if number == 1 else many}"


def presumed_only(contact: ContactDocument) -> bool:
    """Tell whether only silences speak for a contact: presumed time, and no other evidence."""
    together = contact.together
    if contact.presumed_minutes <= 0 or contact.minutes > 0 or contact.expected_minutes > 0:
        return False
    return _SILENT.issuperset(together.evidence) and together.linger_minutes <= 0


def reaches(contact: ContactDocument, minimum: float | None) -> bool:
    """Tell whether a contact reached so many expected minutes in some 24 hours."""
    return minimum is not None and contact.together.minutes_24h >= minimum


def minimum_minutes(document: TraceDocument) -> float | None:
    """Return the expected minutes in 24 hours that the trace asked for, where it did ask."""
    value = document.parameters.get("min_minutes")
    return float(value) if isinstance(value, int | float) and value > 0 else None


def plain(text: str) -> str:
    """Return text with nothing in it that a terminal obeys: escapes, bells, turns of direction."""
    return "".join("�" if unicodedata.category(c) in _OBEYED else c for c in text)


def ranked(document: TraceDocument) -> list[ContactDocument]:
    """Return the contacts in the document's order, those with presumed time alone last."""
    return sorted(document.contacts, key=presumed_only)


def heading(document: TraceDocument, clock: LocalClock) -> list[tuple[str, str]]:
    """Return the case, its windows and what part of them has no data, as names and values."""
    case, window = document.case, document.window
    dated = ("onset", case.onset) if case.dated_by == "onset" else ("tested", case.test_date)
    return [
        ("Case", f"{case.participant}, {case.disease_name}, {dated[0]} {calendar_day(dated[1])}"),
        ("Days", period(window.start, window.end, clock)),
        ("Look-back", period(window.look_back.start, window.look_back.end, clock)),
        ("Look-forward", period(window.look_forward.start, window.look_forward.end, clock)),
        (
            "No data",
            no_data(window),
        ),
        ("Times", times(window.timezone, clock)),
    ]


def no_data(window: WindowDocument) -> str:
    """Return what part of the window has no evidence of the case."""
    return (
        f"{duration(window.unobserved_minutes)} of the case's time, in "
        f"{count(len(window.gaps), 'gap', 'gaps')}: unknown, not “no contact” "
        f"({share(window.coverage)} observed)"
    )


def period(start: str, end: str, clock: LocalClock) -> str:
    """Return a period as its first and last day, both included; "none" where it has no length."""
    if parse(end) <= parse(start):
        return "no day of this window"
    first, last = clock.date(start), clock.last_date(end)
    year = last[-5:]
    return f"{first.removesuffix(year)} to {last}"


def calendar_day(day: str | None) -> str:
    """Return a calendar day of a document as ``5 Nov 2026``."""
    if day is None:
        return UNKNOWN
    read = date.fromisoformat(day)
    return f"{read.day} {read:%b %Y}"


def days(first: str | None, last: str | None) -> str:
    """Return calendar days of a document as ``5 to 8 Nov 2026``, or one day."""
    if first is None or last is None or first == last:
        return calendar_day(last or first)
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    if start.year != end.year:
        return f"{calendar_day(first)} to {calendar_day(last)}"
    month = f" {start:%b}" if start.month != end.month else ""
    return f"{start.day}{month} to {calendar_day(last)}"


def times(timezone: str, clock: LocalClock) -> str:
    """Return which clock the times are told by."""
    if clock.known:
        return clock.name
    return f"UTC, because this machine has no time zone called {timezone}"


def contact_counts(document: TraceDocument) -> str:
    """Return how many contacts there are, and of which kind, in one sentence."""
    tally, minimum = contact_tally(document), minimum_minutes(document)
    reached = (
        ""
        if minimum is None
        else f"; {tally.reached:,} reached {minutes(minimum)} expected min in some 24 h"
    )
    return (
        f"{tally.all:,}: {tally.forward:,} in look-forward, {tally.back_alone:,} in look-back "
        f"alone, {tally.presumed_alone:,} presumed alone{reached}"
    )


@dataclass(frozen=True, slots=True)
class ContactTally:
    """How many contacts there are: each is in one of the three kinds."""

    all: int
    forward: int
    back_alone: int
    presumed_alone: int
    reached: int | None  # of all, who reached the minimum; None where the trace has none


def contact_tally(document: TraceDocument) -> ContactTally:
    """Count the contacts by kind."""
    contacts, minimum = document.contacts, minimum_minutes(document)
    presumed = sum(map(presumed_only, contacts))
    forward = sum(
        contact.tier is not None or contact.expected_minutes_forward > 0
        for contact in contacts
        if not presumed_only(contact)
    )
    reached = sum(reaches(contact, minimum) for contact in contacts)
    return ContactTally(
        all=len(contacts),
        forward=forward,
        back_alone=len(contacts) - forward - presumed,
        presumed_alone=presumed,
        reached=None if minimum is None else reached,
    )


def refusals(one: InputDocument) -> list[str]:
    """Return a line for each reason for which rows of an input were refused, and its problem."""
    places = {example.reason: example for example in reversed(one.examples)}
    lines = [] if one.problem is None else [one.problem]
    for reason, number in sorted(one.refused.items(), key=lambda item: (-item[1], item[0])):
        example = places.get(reason)
        where = f", first at {example.where}: {example.detail}" if example else ""
        lines.append(f"{number:,} refused: {reason}{where}")
    return lines
