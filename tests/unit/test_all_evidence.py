"""A trace of everything: sightings, check-ins, windows and air that a case left, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.property.test_evidence_rules import evidence, near, table, traced

import fortnight
from fortnight.contact.fusion import SCAN_MS, said_by_level
from fortnight.contact.signs import index_signs
from fortnight.evidence.schema import (
    ENCOUNTERS,
    FIXES,
    NO_SIGNS,
    STAYS,
    TIES,
    VISITS,
    WINDOWS,
    Evidence,
    Signs,
)

MINUTE = 60_000
DAY = date(2024, 7, 1)
START = int(datetime(2024, 7, 1, 8, tzinfo=UTC).timestamp() * 1_000)


def scans(minutes: int, level: float, who: str = "case", other: str = "one") -> list[Any]:
    """Return a sighting every four minutes."""
    return [
        (who, other, START + k * MINUTE, START + k * MINUTE, level, "bluetooth")
        for k in range(0, minutes, 4)
    ]


def check_in(who: str, start: int, end: int, room: str | None, closed: str = "checked-out") -> Any:  # noqa: ANN401 - a row
    return (who, "hall", room, START + start * MINUTE, START + end * MINUTE, closed, None, None)


def test_somebody_known_by_bluetooth_alone_is_listed() -> None:
    found = traced(evidence([], scans(60, 52.0)))["one"]
    assert found["evidence"] == ["bluetooth"]
    assert found["minutes"] == found["expected_minutes"] == found["presumed_minutes"] == 0.0
    assert found["probability_near"] is None
    assert found["nearest_m"] is None
    assert found["heard_minutes"] == 60.0  # 15 scans, each for the time until the next
    assert 50.0 < found["together_minutes"] <= 60.0
    assert found["likely_minutes_low"] < found["together_minutes"] < found["likely_minutes_high"]
    assert found["probability_contact_of"] == "face to face for 15 minutes in 24 hours"
    assert found["same_room"] == "bluetooth"
    assert found["transmission"] > 0.0
    assert found["first"] == datetime.fromtimestamp((START - SCAN_MS / 2) / 1_000, tz=UTC)


def test_who_is_seen_sees_the_same() -> None:
    one = traced(evidence([], scans(60, 52.0)))["one"]
    swapped = traced(evidence([], scans(60, 52.0, who="one", other="case")))["one"]
    assert one == swapped


def test_a_weak_signal_says_neither_face_to_face_nor_same_room() -> None:
    strong = traced(evidence([], scans(60, 52.0)))["one"]
    weak = traced(evidence([], scans(60, 88.0)))["one"]
    assert weak["same_room"] is None
    assert weak["face_minutes"] < 0.1 * strong["face_minutes"]


def test_badges_say_face_to_face() -> None:
    rows = [
        ("case", "one", START + k * 20_000, START + (k + 1) * 20_000, None, "sensor")
        for k in range(60)
    ]
    found = traced(evidence([], rows))["one"]
    assert found["evidence"] == ["sensor"]
    assert found["face_minutes"] == pytest.approx(0.98 * 20, abs=0.1)
    assert found["transmission"] is None


@pytest.mark.parametrize(("mine", "theirs"), [("a", "a"), ("a", "b"), ("a", None), (None, None)])
def test_the_same_room_is_said_by_check_ins_to_it_alone(
    mine: str | None, theirs: str | None
) -> None:
    visits = [check_in("case", 0, 60, mine), check_in("one", 30, 90, theirs)]
    found = traced(evidence([], check_ins=visits))["one"]
    assert found["visit_minutes"] == 30.0
    same = mine is not None and mine == theirs
    assert found["same_room"] == ("check-in" if same else None)
    assert found["evidence"] == (["visit", "visit-room"] if same else ["visit"])


def test_a_check_out_that_was_forgotten_says_less() -> None:
    rows = [check_in("case", 0, 60, None), check_in("one", 0, 60, None)]
    presumed = [rows[0], check_in("one", 0, 60, None, "presumed")]
    sure, unsure = (
        traced(evidence([], check_ins=visits))["one"]["together_minutes"]
        for visits in (rows, presumed)
    )
    assert unsure < sure


def test_check_ins_of_two_at_different_times_are_no_visit_together() -> None:
    visits = [check_in("case", 0, 60, "a"), check_in("one", 60, 90, "a")]
    assert traced(evidence([], check_ins=visits)) == {}


def test_positions_and_sightings_of_one_hour_are_one_hour() -> None:
    fixes = near("case", 60, 0.0) + near("one", 60, 1e-5)
    together = traced(evidence(fixes, scans(60, 55.0)))["one"]
    assert together["evidence"] == ["fixes", "bluetooth"]
    assert together["together_minutes"] <= 64.0
    alone = traced(evidence(fixes))["one"]
    assert alone["together_minutes"] == pytest.approx(alone["expected_minutes"], abs=0.01)
    assert together["expected_minutes"] == alone["expected_minutes"]


def test_a_minimum_takes_no_positions_from_who_is_known_besides() -> None:
    known = evidence(near("case", 60, 0.0) + near("one", 8, 1e-5), scans(60, 52.0))
    whole = traced(known)["one"]
    rows = fortnight.trace(known, case="case", onset=DAY, min_minutes=15.0, until=DAY).contacts
    listed = {row["participant"]: row for row in rows.to_pylist()}["one"]
    assert listed["evidence"] == ["fixes", "bluetooth"]
    assert 0.0 < listed["expected_minutes_24h"] < 15.0 < listed["together_minutes"]
    assert listed == whole


def windows(other: str | None) -> Evidence:
    """Return a case whose phone recorded 30 minutes at 52 dB."""
    scan = {"typical": 52.0, "minimum": 50.0, "seconds": 300}
    rows = table(WINDOWS, [("case", other, DAY, 1, 2, 0, [scan] * 6)])
    signs = Signs(NO_SIGNS.encounters, rows, NO_SIGNS.visits, NO_SIGNS.ties)
    return Evidence(table(FIXES, near("case", 60, 0.0)), table(STAYS, ()), (), signs)


def test_an_exposure_window_joins_a_pair_only_where_it_names_the_other() -> None:
    assert traced(windows(None)) == {}
    found = traced(windows("one"))["one"]
    assert found["evidence"] == ["bluetooth"]
    assert found["heard_minutes"] == 30.0
    assert 0.0 < found["together_minutes"] <= 30.0


def test_windows_of_both_phones_count_once() -> None:
    known = windows("one")
    scan = {"typical": 52.0, "minimum": 50.0, "seconds": 300}
    back = table(WINDOWS, [("one", "case", DAY, 1, 2, 0, [scan] * 6)])
    both = pa.concat_tables([known.signs.windows, back])
    signs = Signs(NO_SIGNS.encounters, both, NO_SIGNS.visits, NO_SIGNS.ties)
    twice = traced(Evidence(known.fixes, known.stays, (), signs))["one"]
    assert twice == traced(known)["one"]


def test_ties_are_told_by_direction_and_expose_nobody() -> None:
    calls = [
        ("case", "one", START, "call", 90),
        ("one", "case", START + MINUTE, "call", 30),
        ("case", "one", START + 2 * MINUTE, "message", 0),
        ("one", "other", START, "call", 500),
    ]
    known = evidence(near("case", 60, 0.0), calls=calls)
    found = fortnight.trace(known, case="case", onset=DAY, min_minutes=0.0)
    assert found.contacts.num_rows == 0
    assert found.ties.to_pylist() == [
        {
            "participant": "one",
            "days": 1,
            "calls_out": 1,
            "calls_in": 1,
            "messages_out": 1,
            "messages_in": 0,
            "call_minutes": 2.0,
        }
    ]


def moved(rows: list[Any], minutes: int) -> list[Any]:
    return [(who, time + minutes * MINUTE, *rest) for who, time, *rest in rows]


@pytest.mark.parametrize(
    ("after", "expected"), [(0, 30.0), (60, 30.0), (100, 20.0), (119, 1.0), (121, 0.0)]
)
def test_measles_lingers_for_two_hours(after: int, expected: float) -> None:
    """The case stays an hour; somebody comes for half an hour, some minutes after it left."""
    later = moved(near("one", 31, 0.0), 59 + after)
    known = evidence(near("case", 60, 0.0) + later)
    found = traced(known, disease="measles")
    assert traced(known).get("one", {"linger_minutes": 0.0})["linger_minutes"] == 0.0
    if not expected:
        assert "one" not in found
        return
    contact = found["one"]
    assert contact["linger_minutes"] == pytest.approx(expected, abs=0.6)
    assert contact["expected_minutes"] == pytest.approx(0.0, abs=1.1)


def test_air_is_not_left_while_the_case_is_there() -> None:
    known = evidence(near("case", 180, 0.0) + near("one", 180, 0.0))
    assert traced(known, disease="measles")["one"]["linger_minutes"] == 0.0


def test_signs_are_found_from_both_sides() -> None:
    signs = Signs(
        table(ENCOUNTERS, scans(8, 60.0)),
        NO_SIGNS.windows,
        table(VISITS, [check_in("one", 0, 10, None)]),
        table(TIES, [("one", "case", START, "call", 5)]),
    )
    index = index_signs(signs, ["case", "one"])
    assert len(index.sightings.of(0)) == len(index.sightings.of(1)) == 2
    assert index.ties.of(0, 0, START + 1).outgoing.tolist() == [False]
    assert index.ties.of(1, 0, START + 1).outgoing.tolist() == [True]
    assert not index.is_empty
    assert index_signs(NO_SIGNS, ["case"]).is_empty


def test_a_stronger_signal_never_says_farther() -> None:
    levels = np.arange(40.0, 100.0, 0.5)
    for scans_of_run in (1, 3, 8):
        counts = np.full(len(levels), scans_of_run)
        for answer in said_by_level(levels, counts):
            assert np.all(np.diff(answer) <= 1e-9)
