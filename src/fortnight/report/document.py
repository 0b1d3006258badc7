"""The JSON document of a trace: its fields, their units and its version.

Everything a report shows is in here, so that the table, the CSV, the page and the JSON
can never tell different stories. Times are ISO 8601 in UTC, lengths metres, durations minutes.
"""

from __future__ import annotations

from typing import Final

import msgspec

SCHEMA: Final = "fortnight.trace/2"

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


class VisitDocument(Struct, frozen=True):
    """A period in which the case and a contact were checked in at one venue."""

    venue: str
    room: str | None  # of both; null where not both named the same
    start: str
    end: str
    presumed: bool  # one of the two never checked out


class TogetherDocument(Struct, frozen=True):
    """What all evidence together says of one contact, in minutes of the whole window."""

    evidence: list[str]  # "fixes", "bluetooth", "sensor", "visit", "visit-room", "ties"
    minutes: float  # expected within the radius, by all of it
    minutes_24h: float  # the most in any 24 hours: what the minimum is held against
    low: float  # the minutes lie between these with 80 %
    high: float
    heard_minutes: float  # in which one phone heard the other
    face_minutes: float  # expected face to face (2 m)
    visit_minutes: float  # checked in at one venue
    linger_minutes: float  # in air that the case had left, where the disease lingers
    same_room: str | None  # by what it is said: "bluetooth" or "check-in"; else null
    visits: list[VisitDocument]


class ProbabilityDocument(Struct, frozen=True):
    """A probability with its interval."""

    value: float
    low: float
    high: float


class CurvePointDocument(Struct, frozen=True):
    """What is expected of one infection among many like this contact's, by a day."""

    day: str
    detectable: float | None  # share that a test on that day finds
    ill: float  # share whose symptoms have begun


class DeadlineDocument(Struct, frozen=True):
    """By when a remedy still helps."""

    remedy: str
    by: str


class AssessmentDocument(Struct, frozen=True):
    """What follows for one contact by the disease's rules, and why. Dates are ISO 8601 days."""

    dose: float  # minutes at the highest infectiousness
    tier_reason: str
    transmission: ProbabilityDocument | None  # of a reported infection; null: not calibrated
    transmission_words: str
    first_exposure: str | None
    last_exposure: str | None
    test_day: str | None
    test_words: str
    follow_up_end: str | None
    stay_home_until: str | None
    not_immune_home_from: str | None  # whom immunity is asked of, if they have none
    not_immune_home_until: str | None
    questions: list[str]
    deadlines: list[DeadlineDocument]
    curve: list[CurvePointDocument]


class ExplanationDocument(Struct, frozen=True):
    """Why a contact is listed, in words."""

    participant: str
    epidemiologist: str


class ContactDocument(Struct, frozen=True):
    """One participant who was near the case: the sum of the episodes."""

    participant: str
    minutes: float
    minutes_forward: float
    minutes_back: float
    expected_minutes: float
    expected_minutes_forward: float
    expected_minutes_back: float
    expected_minutes_24h: float  # the largest sum in any 24 hours, by positions
    presumed_minutes: float
    probability_near: float | None  # null where no position was near
    nearest_m: float | None
    first: str
    last: str
    coverage: float  # of the days on which they met, the share in which both were observed
    unobserved_minutes: float  # of the whole window, with no evidence of the contact
    gaps: list[Interval]
    weight: float  # forward expected minutes x relative infectiousness on each day; ranks the list
    tier: str | None  # what the disease's rules ask for; null for a possible source
    probability_contact: float | None  # calibrated; null where there is no basis for one
    probability_contact_of: str  # what that is a probability of
    together: TogetherDocument
    assessment: AssessmentDocument
    explanation: ExplanationDocument
    episodes: list[EpisodeDocument]  # by positions


class SameAreaDocument(Struct, frozen=True):
    """A pair whose positions were too coarse to judge: in the same area, no more is known."""

    participant: str
    minutes: float
    accuracy_m: float  # the finest accuracy under which they were together
    first: str
    last: str


class TieDocument(Struct, frozen=True):
    """Calls and messages between the case and one participant: never an exposure by itself."""

    participant: str
    days: int
    calls_out: int  # from the case
    calls_in: int
    messages_out: int
    messages_in: int
    call_minutes: float


class OwnWindowsDocument(Struct, frozen=True):
    """What exposure windows say of the risk of the phone that recorded them, in one day at most."""

    participant: str
    windows: int
    narrow_minutes: float  # Google/Apple's weighted minutes, narrow net
    narrow_day: str | None
    wide_minutes: float
    wide_day: str | None


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
    curve_words: str  # where the curve of infectiousness comes from, and how far it was checked
    share_outside_window: float  # of the infectiousness, on days before or after the look-forward
    parameters: dict[str, float | str]
    contacts: list[ContactDocument]  # in rank order
    same_area: list[SameAreaDocument]  # the longest first
    same_area_more: int  # how many further pairs are not listed
    ties: list[TieDocument]  # in constant contact: the most days first
    exposure_windows: list[OwnWindowsDocument]  # of the case and the contacts
    track: list[TrackPart]  # the case's own days
    inputs: list[InputDocument]
