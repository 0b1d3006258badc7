"""Why a contact is listed, in words: nothing is claimed that no evidence says."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from tests.unit.sample_document import sample_document

from fortnight.contact.calibration import FACE_TO_FACE, WITHIN_RADIUS
from fortnight.report.document import Interval, TogetherDocument, VisitDocument
from fortnight.report.explain import UNKNOWABLE, explain
from fortnight.report.local_time import local_clock

CLOCK = local_clock("UTC")
NOTHING = TogetherDocument(
    evidence=[],
    minutes=0.0,
    minutes_24h=0.0,
    low=0.0,
    high=0.0,
    heard_minutes=0.0,
    face_minutes=0.0,
    visit_minutes=0.0,
    linger_minutes=0.0,
    same_room=None,
    visits=[],
)


def at(hour: int, minute: int = 0) -> str:
    return datetime(2026, 3, 12, hour, minute, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


VISIT = VisitDocument(venue="Hall", room=None, start=at(14), end=at(15, 5), presumed=False)


def both(together: TogetherDocument, probability: float | None, of: str = WITHIN_RADIUS) -> str:
    explained = explain(together, probability, of, [], CLOCK)
    return " ".join(f"{explained.epidemiologist} {explained.participant}".split())


def test_the_sentence_that_the_project_was_asked_for() -> None:
    together = msgspec.structs.replace(
        NOTHING, evidence=["fixes", "visit"], minutes=42.0, low=35.0, high=50.0, visits=[VISIT]
    )
    gap = Interval(start=at(14, 10), end=at(14, 25))
    words = explain(together, 0.8, WITHIN_RADIUS, [gap], CLOCK)
    assert " ".join(words.epidemiologist.split()) == (
        "80 % that they were within 25 m for 15 minutes in 24 hours; "
        "35 min to 50 min together (80 %); "
        "positions of both phones (same place, never two metres); "
        "both checked in at Hall Thu 12 Mar 14:00 to 15:05; Thu 12 Mar 14:10 to 14:25 unknown; "
        f"{UNKNOWABLE}."
    )
    assert "unknown: that is not held against you" in words.participant


def test_to_the_participant_neither_venue_nor_time_is_told() -> None:
    together = msgspec.structs.replace(
        NOTHING, evidence=["visit"], minutes=42.0, high=50.0, visits=[VISIT]
    )
    told = explain(together, 0.8, WITHIN_RADIUS, [], CLOCK).participant
    assert "Hall" not in told
    assert "14:00" not in told
    assert "you were checked in at the same place, for about 42 min" in told


@pytest.mark.parametrize("by", ["bluetooth", "check-in"])
def test_same_room_names_what_says_so(by: str) -> None:
    together = msgspec.structs.replace(NOTHING, evidence=["fixes"], minutes=9.0, same_room=by)
    assert "same room, by" in both(together, 0.5)
    assert "same room" not in both(msgspec.structs.replace(together, same_room=None), 0.5)


def test_less_than_a_minute_is_said_as_such() -> None:
    together = msgspec.structs.replace(
        NOTHING, evidence=["bluetooth"], minutes=0.4, high=0.9, heard_minutes=3.0
    )
    words = both(together, 0.1, FACE_TO_FACE)
    assert "under a minute together" in words
    assert "heard the other for 3 min, as if face to face for no time" in words
    assert " 0 min" not in words


def test_up_to_is_said_where_the_range_begins_at_nothing() -> None:
    together = msgspec.structs.replace(NOTHING, evidence=["fixes"], minutes=5.0, high=12.0)
    assert "up to 12 min together (80 %)" in both(together, 0.3)


def test_air_alone_is_never_called_a_meeting() -> None:
    together = msgspec.structs.replace(NOTHING, linger_minutes=55.0)
    words = both(together, None)
    assert "Never seen at one place at one time; 55 min in air that the case had left" in words
    assert "You were never seen together" in words
    assert "you spent 55 min where somebody infectious had been shortly before" in words
    assert "silent" not in words


def test_no_probability_is_made_up() -> None:
    words = both(msgspec.structs.replace(NOTHING, evidence=["fixes"]), None)
    assert "No calibrated probability" in words
    assert "How sure that is cannot be said" in words


def test_explanations_name_no_case() -> None:
    document = sample_document()
    for contact in document.contacts:
        assert document.case.participant not in contact.explanation.participant
        assert contact.participant not in contact.explanation.participant
