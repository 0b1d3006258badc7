"""The JSON documents of `fortnight source`, `chain` and `places`: fields, units, versions.

Nobody is named in them: a case is its number in the order of onsets, a contact is counted.
Times are ISO 8601 in UTC, days are calendar days of the question's time zone, durations minutes.
"""

from __future__ import annotations

from typing import Final

import msgspec

from fortnight.report.document import InputDocument, Struct

SOURCE_SCHEMA: Final = "fortnight.source/1"
CHAIN_SCHEMA: Final = "fortnight.chain/1"
PLACES_SCHEMA: Final = "fortnight.places/1"


class AskedDocument(Struct, frozen=True):
    """What was asked, and by which rules."""

    disease: str
    disease_name: str
    disease_version: str
    timezone: str
    days: int  # before onset that were looked at
    radius_m: float
    parameters_version: str


class CaseRow(Struct, frozen=True):
    """One confirmed case by its number."""

    case: int
    onset: str  # the day of the test where dated_by is "test"
    dated_by: str  # "onset" or "test"
    has_evidence: bool
    observed: float | None  # share of its time of infection, weighed by incubation


class RefusedCaseDocument(Struct, frozen=True):
    """One row of the file of cases that could not be used."""

    line: int
    reason: str
    detail: str


class DayDocument(Struct, frozen=True):
    """What two cases shared on one day, and what that day weighs."""

    day: str
    expected_minutes: float
    places: int
    days_before_onset: int
    days_since_other_onset: int
    incubation: float  # share of infections with onset so many days later
    infectiousness: float  # of the other on that day, as a share of the highest day's
    weight: float  # minutes x infectiousness x incubation


class CandidateDocument(Struct, frozen=True):
    """Another confirmed case as a possible source."""

    rank: int
    case: int
    share: float
    expected_minutes: float
    presumed_minutes: float
    weight: float
    either_way: bool  # that this case infected the other is at least half as likely
    days: list[DayDocument]
    reasons: list[str]


class UnknownDocument(Struct, frozen=True):
    """The share of a source that is none of the listed cases."""

    share: float
    low: float  # were unlisted sources a third as common as was assumed
    high: float  # were they three times as common
    minutes_a_day: float  # the assumption: beside a case at its peak
    weight: float


class SharedPlaceDocument(Struct, frozen=True):
    """A place-time that the case shared with two or more others."""

    lon: float
    lat: float
    start: str
    end: str
    cases: list[int]
    expected_minutes: float
    weight: float
    reason: str


class SourceDocument(Struct, frozen=True):
    """Where one case was probably infected."""

    schema: str
    notice: str
    case: CaseRow
    asked: AskedDocument
    first_day: str
    last_day: str
    unknown: UnknownDocument
    candidates: list[CandidateDocument]
    places: list[SharedPlaceDocument]
    cases: list[CaseRow]
    cases_not_met: int
    cases_refused: list[RefusedCaseDocument]
    inputs: list[InputDocument]


class LinkDocument(Struct, frozen=True):
    """A possible link between two confirmed cases."""

    infector: int
    infectee: int
    probability: float  # over all trees without a circle
    share: float  # of the infectee's own sources, looked at alone
    expected_minutes: float
    onset_days_apart: int  # the infectee's onset minus the infector's
    in_tree: bool
    days: list[DayDocument]
    reasons: list[str]


class TreeRow(Struct, frozen=True):
    """A case's source in the most probable tree; None where it is unknown."""

    case: int
    infector: int | None
    probability: float
    unknown: float  # probability that the source is none of the listed


class ChainDocument(Struct, frozen=True):
    """Who may have infected whom among confirmed cases."""

    schema: str
    notice: str
    asked: AskedDocument
    unknown_minutes_a_day: float
    cases: list[CaseRow]
    tree: list[TreeRow]
    tree_probability: float
    links: list[LinkDocument]
    links_not_listed: int
    contacts_of_contacts: int | None
    cases_refused: list[RefusedCaseDocument]
    inputs: list[InputDocument]


class PlaceTimeDocument(Struct, frozen=True):
    """A place and a time with exposures; counts alone."""

    rank: int
    lon: float
    lat: float
    start: str
    end: str
    cases: int
    contacts: int
    exposures: int
    expected_minutes: float
    days_since: int


class PlacesDocument(Struct, frozen=True):
    """Place-times with many exposures."""

    schema: str
    notice: str
    asked: AskedDocument
    as_of: str
    min_exposures: int
    cases: int
    places: list[PlaceTimeDocument]
    places_not_listed: int
    cases_refused: list[RefusedCaseDocument]
    inputs: list[InputDocument]


def to_json(document: SourceDocument | ChainDocument | PlacesDocument) -> bytes:
    """Return a document as indented JSON in UTF-8, the same bytes for the same document."""
    compact = msgspec.json.encode(document, order="deterministic")
    return msgspec.json.format(compact, indent=2) + b"\n"
