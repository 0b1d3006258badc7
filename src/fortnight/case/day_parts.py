"""A contact's document cut by days, so that each day's places can die on their own fifteenth day.

The part of the last day also holds what names no place: sums, probabilities, dates, deadlines.
Words about a contact name venues and times, so they are said anew of the parts still held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.report.document import (
    ContactDocument,
    EpisodeDocument,
    ExplanationDocument,
    Interval,
    VisitDocument,
)
from fortnight.report.explain import explain
from fortnight.report.local_time import local_clock, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNSAID = ExplanationDocument(participant="", epidemiologist="")


class Sums(msgspec.Struct, frozen=True):
    """Of the last day's part what names no place: sums, probabilities, dates, deadlines."""

    rest: ContactDocument


class Episodes(msgspec.Struct, frozen=True):
    """Of a day's part the meetings alone."""

    episodes: list[EpisodeDocument]


class DayPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one UTC day says of one contact.

    Attributes
    ----------
    day : int
        Since 1970. What began on it and went past midnight is here whole.
    first : str or None
        On the first day, the instant of the first meeting.
    rest : ContactDocument or None
        On the last day, the document without what the parts hold.
    timezone : str
        In which words tell the time.
    """

    day: int
    timezone: str
    episodes: list[EpisodeDocument]
    visits: list[VisitDocument]
    gaps: list[Interval]
    first: str | None = None
    rest: ContactDocument | None = None


def day_of(instant: str) -> int:
    """Return the UTC day, since 1970, of an ISO 8601 instant of a document."""
    return int(parse(instant).timestamp() * 1_000) // MILLISECONDS_A_DAY


def cut(contact: ContactDocument, timezone: str) -> list[DayPart]:
    """Return a contact's document as one part a day, in the order of days."""
    first, last = day_of(contact.first), day_of(contact.last)

    def days(parts: Sequence[EpisodeDocument | VisitDocument | Interval]) -> list[int]:
        # What the first day and the last do not hold between them would have no row to go with.
        return [min(max(day_of(part.start), first), last) for part in parts]

    visits, episodes, gaps = contact.together.visits, contact.episodes, contact.gaps
    of_visits, of_episodes, of_gaps = days(visits), days(episodes), days(gaps)
    return [
        DayPart(
            day=day,
            timezone=timezone,
            episodes=[part for part, on in zip(episodes, of_episodes, strict=True) if on == day],
            visits=[part for part, on in zip(visits, of_visits, strict=True) if on == day],
            gaps=[part for part, on in zip(gaps, of_gaps, strict=True) if on == day],
            first=contact.first if day == first else None,
            rest=_without_places(contact) if day == last else None,
        )
        for day in sorted({first, last, *of_visits, *of_episodes, *of_gaps})
    ]


def _without_places(contact: ContactDocument) -> ContactDocument:
    return msgspec.structs.replace(
        contact,
        first=contact.last,
        gaps=[],
        together=msgspec.structs.replace(contact.together, visits=[]),
        explanation=_UNSAID,
        episodes=[],
    )


def joined(parts: Sequence[DayPart]) -> ContactDocument:
    """Return the document of the parts still held, in the order of days; the last is among them."""
    held = unsaid(parts)
    said = _explained(held, parts[-1].timezone)
    return msgspec.structs.replace(held, explanation=said)


def unsaid(parts: Sequence[DayPart]) -> ContactDocument:
    """As `joined`, without the words: a page has its own, in its reader's language."""
    rest = parts[-1].rest
    if rest is None:
        raise ValueError("the last day's part is missing")
    visits = [visit for part in parts for visit in part.visits]
    episodes = [episode for part in parts for episode in part.episodes]
    starts = [one.start for one in episodes] + [one.start for one in visits]
    return msgspec.structs.replace(
        rest,
        first=parts[0].first or min(starts, default=rest.last),
        gaps=[gap for part in parts for gap in part.gaps],
        together=msgspec.structs.replace(rest.together, visits=visits),
        episodes=episodes,
    )


def _explained(contact: ContactDocument, timezone: str) -> ExplanationDocument:
    first, last = parse(contact.first), parse(contact.last)
    return explain(
        contact.together,
        contact.probability_contact,
        contact.probability_contact_of,
        [gap for gap in contact.gaps if parse(gap.end) > first and parse(gap.start) < last],
        local_clock(timezone),
    )
