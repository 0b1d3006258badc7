"""The JSON document of a trace: its fields, their units and its version.

Everything a report shows is in here, so that the table, the CSV, the page and the JSON
can never tell different stories. Times are ISO 8601 in UTC, lengths metres, durations minutes.
"""

from __future__ import annotations

from typing import Final

import msgspec

SCHEMA: Final = "fortnight.trace/1"

CONSENT_NOTICE: Final = (
    "Only for people who agreed. This command cannot know who did: consent, the log of every "
    "look and deletion on day fifteen are kept by the Fortnight service, not by this file. "
    "Tracing people who did not agree may be a crime."
)


class Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the document's parts: frozen, by keyword, nothing unknown."""


class Interval(Struct, frozen=True):
    """A period of time, ISO 8601 in UTC."""

    start: str
    end: str


class CaseDocument(Struct, frozen=True):
    """The confirmed case that the trace is about."""

    participant: str
    onset: str | None
    test_date: str | None
    dated_by: str  # "onset" or "test": which date the windows and infectiousness hang on
    disease: str
    disease_name: str
    disease_version: str


class WindowDocument(Struct, frozen=True):
    """The days looked at, and how much of them the case's own evidence covers."""

    start: str
    end: str
    timezone: str
    look_back: Interval
    look_forward: Interval
    coverage: float  # share of the window's 5-minute slots in which the case was observed
    unobserved_minutes: float
    gaps: list[Interval]  # runs of slots with no evidence of the case


class TrackPart(Struct, frozen=True):
    """One segment of the case's own days."""

    kind: str  # "stay", "leg", "presumed" or "area" (too coarse to judge closeness)
    start: str
    end: str
    lon: float
    lat: float
    end_lon: float
    end_lat: float
    accuracy_m: float


class EpisodeDocument(Struct, frozen=True):
    """One continuous period in which the case and a contact were together."""

    start: str
    end: str
    minutes: float  # estimated separation within the radius
    expected_minutes: float  # integral of the probability of being within the radius
    distance_m: float  # smallest estimated separation
    probability_near: float  # time mean of that probability; about nearness, not infection
    presumed: bool  # spent in a silence of the phone; counts in presumed_minutes alone
    window: str  # "look-back", "look-forward", "both" or "outside"
    lon: float
    lat: float


class ContactDocument(Struct, frozen=True):
    """One participant who was near the case: the sum of the episodes."""

    participant: str
    minutes: float
    minutes_forward: float
    minutes_back: float
    expected_minutes: float
    expected_minutes_forward: float
    expected_minutes_back: float
    expected_minutes_24h: float  # the largest sum in any 24 hours: what the minimum is held against
    presumed_minutes: float
    probability_near: float | None
    nearest_m: float | None
    first: str
    last: str
    coverage: float  # of the days on which they met, the share in which both were observed
    unobserved_minutes: float  # of the whole window, with no evidence of the contact
    gaps: list[Interval]
    weight: float  # forward expected minutes x relative infectiousness on each day; ranks the list
    tier: str | None  # null until a disease's tiers decide it
    episodes: list[EpisodeDocument]


class SameAreaDocument(Struct, frozen=True):
    """A pair whose positions were too coarse to judge: in the same area, no more is known."""

    participant: str
    minutes: float
    accuracy_m: float  # the finest accuracy under which they were together
    first: str
    last: str


class RefusalDocument(Struct, frozen=True):
    """One example of a refused row."""

    reason: str
    where: str
    detail: str


class InputDocument(Struct, frozen=True):
    """What became of one input: received = kept + the sum of refused."""

    path: str
    format: str
    received: int
    kept: int
    refused: dict[str, int]
    examples: list[RefusalDocument]
    problem: str | None


class TraceDocument(Struct, frozen=True):
    """One case, its contacts, what was unknown, and the numbers it was decided with."""

    schema: str
    notice: str
    case: CaseDocument
    window: WindowDocument
    parameters: dict[str, float | str]
    contacts: list[ContactDocument]  # in rank order
    same_area: list[SameAreaDocument]  # the longest first
    same_area_more: int  # how many further pairs are not listed
    track: list[TrackPart]  # the case's own days
    inputs: list[InputDocument]
