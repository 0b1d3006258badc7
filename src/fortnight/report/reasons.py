"""Why a source, a link or a place stands where it stands: in words, from a document's numbers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from fortnight.report import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.report.outbreak_documents import (
        CaseRow,
        ChainDocument,
        DayDocument,
        PlacesDocument,
        RefusedCaseDocument,
        SourceDocument,
        UnknownDocument,
    )

NOT_A_FINDING: Final = (
    "Shares and probabilities weigh times, places and dates. They are not a finding about anybody: "
    "only people and laboratories can say more."
)
MISSING_CASES: Final = (
    "Who did not take part, was not tested, or was met while a phone was silent is not in here; "
    "the unknown source stands for all of them."
)
ONLY_THESE: Final = "Only confirmed cases with a date in the file are in the tree."
COUNTED_ONLY: Final = (
    "Contacts of contacts are counted for planning, one step and no more; they are listed nowhere."
)
HOMES: Final = (
    "A place can be a home. Before a place is told to anybody, look at what it is; nobody may be "
    "found by it."
)

REASONS_SHOWN: Final = 3
_NUMBERS: Final = ("no place", "one place", "two places", "three places", "four places")


def case_name(number: int) -> str:
    """Return how a case is called: by its number in the order of onsets."""
    return f"case {number}"


def case_list(numbers: Sequence[int]) -> str:
    """Return cases as ``cases 1, 4 and 7``."""
    if len(numbers) == 1:
        return case_name(numbers[0])
    *first, last = [str(number) for number in numbers]
    return f"cases {', '.join(first)} and {last}"


def dated(case: CaseRow) -> str:
    """Return a case's date in words, and what it is the date of."""
    word = "onset" if case.dated_by == "onset" else "no onset known, tested"
    return f"{word} {wording.calendar_day(case.onset)}"


def days_from(count: int, what: str) -> str:
    """Return a day as ``5 days before onset``, ``on the day of onset``, ``1 day after onset``."""
    if count == 0:
        return f"on the day of {what}"
    number = wording.count(abs(count), "day", "days")
    return f"{number} {'after' if count > 0 else 'before'} {what}"


def time_together(minutes: float) -> str:
    """Return expected minutes as ``3 h 20 min``; ``under a minute`` where it is so."""
    return "under a minute" if minutes < 1 else wording.duration(minutes)


def place_count(places: int) -> str:
    """Return a number of places in words."""
    return _NUMBERS[places] if places < len(_NUMBERS) else f"{places} places"


def day_reason(day: DayDocument, infectee: CaseRow, infector: CaseRow) -> str:
    """Return what two cases shared on one day, and what it weighs, as one sentence."""
    where = f" at {place_count(day.places)}" if day.places else ""
    other = days_from(day.days_since_other_onset, f"its own {infector.dated_by}")
    incubation = wording.count(day.days_before_onset, "day", "days")
    said = (
        f"{time_together(day.expected_minutes)}{where} on {wording.calendar_day(day.day)}, "
        f"{days_from(-day.days_before_onset, infectee.dated_by)} "
        f"({_interval(infectee)} {incubation}: {wording.share(day.incubation)}), "
        f"when that case was {other}"
    )
    if day.infectiousness <= 0:
        return f"{said} and not infectious: weighs nothing"
    return f"{said} (infectious {wording.share(day.infectiousness)} of its peak)"


def _interval(infectee: CaseRow) -> str:
    return "incubation" if infectee.dated_by == "onset" else "infection to test"


def link_reasons(
    days: Sequence[DayDocument], infectee: CaseRow, infector: CaseRow, presumed_minutes: float
) -> list[str]:
    """Return the reasons for a link, the day that weighs most first."""
    order = sorted(days, key=lambda day: (-day.weight, -day.expected_minutes, day.day))
    lines = [day_reason(day, infectee, infector) for day in order[:REASONS_SHOWN]]
    if (rest := len(order) - REASONS_SHOWN) > 0:
        lines.append(f"and {wording.count(rest, 'more day', 'more days')} that weigh less")
    if presumed_minutes > 0:
        lines.append(
            f"{time_together(presumed_minutes)} presumed in a silence of a phone: weighs nothing"
        )
    return lines


EITHER_WAY: Final = "it may as well have been the other way round: fortnight chain weighs both"


def place_reason(others: Sequence[int], minutes: float, first_day: date, case: CaseRow) -> str:
    """Return why a shared place-time is listed."""
    since = (first_day - date.fromisoformat(case.onset)).days
    return (
        f"{case_list(others)} were there too, {time_together(minutes)} in all, "
        f"{days_from(since, case.dated_by)}"
    )


def unknown_reason(unknown: UnknownDocument) -> str:
    """Return what the share of an unknown source rests on."""
    return (
        "source not among the known cases, taken to weigh as much as "
        f"{wording.minutes(unknown.minutes_a_day)} min a day beside a case at its peak, and twice "
        f"that in unobserved time; between {wording.share(unknown.low)} and "
        f"{wording.share(unknown.high)} were such sources a third or three times as common"
    )


def observed_words(case: CaseRow) -> str:
    """Return how much of the time of infection was observed."""
    if not case.has_evidence:
        return "no evidence of this case: all of it unknown"
    return f"{wording.share(case.observed)} of its likely time of infection was observed"


def refused_lines(refused: Sequence[RefusedCaseDocument]) -> list[str]:
    """Return one line for each row of the file of cases that was refused."""
    return [f"line {one.line}: {one.detail} ({one.reason})" for one in refused]


def source_heading(document: SourceDocument) -> list[tuple[str, str]]:
    """Return what was looked at for the source of a case, as names and values."""
    case, asked = document.case, document.asked
    others = len(document.cases) - 1
    met = others - document.cases_not_met
    first, last = map(wording.calendar_day, (document.first_day, document.last_day))
    return [
        ("Case", f"{case_name(case.case)}, {asked.disease_name}, {dated(case)}"),
        ("Looked at", f"{first} to {last} ({asked.timezone})"),
        ("Other cases", f"{others:,} confirmed, {met:,} of them met in these days"),
        ("Observed", observed_words(case)),
    ]


def chain_heading(document: ChainDocument) -> list[tuple[str, str]]:
    """Return what a chain is made of, as names and values."""
    asked = document.asked
    silent = sum(not case.has_evidence for case in document.cases)
    without = f", {silent:,} of them without evidence" if silent else ""
    days = wording.count(asked.days, "day", "days")
    tree = wording.share(document.tree_probability)
    facts = [
        ("Cases", f"{len(document.cases):,} confirmed, {asked.disease_name}{without}"),
        ("Looked at", f"{days} before each onset ({asked.timezone})"),
        ("This tree", f"{tree} of all trees: the most probable one, among many"),
    ]
    if document.contacts_of_contacts is not None:
        facts.append(("Contacts of contacts", f"{document.contacts_of_contacts:,}"))
    return facts


def places_heading(document: PlacesDocument) -> list[tuple[str, str]]:
    """Return what place-times are made of, as names and values."""
    asked = document.asked
    listed, least = len(document.places), document.min_exposures
    fewer = wording.count(document.places_not_listed, "place-time", "place-times")
    as_of = wording.calendar_day(document.as_of)
    return [
        ("Cases", f"{document.cases:,} confirmed, {asked.disease_name}"),
        ("Listed", f"{listed:,} with {least} exposures or more; {fewer} with fewer"),
        ("Days ago", f"counted from {as_of} ({asked.timezone})"),
    ]
