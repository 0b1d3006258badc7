"""`fortnight evaluate` on a small town with every kind of evidence, and without."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from fortnight.cli.selections import trace_by_evidence
from fortnight.simulate.agreed import Shares
from fortnight.simulate.evidence_files import ENCOUNTERS_FILE, VISITS_FILE
from fortnight.simulate.kinds import (
    ALL,
    BLUETOOTH,
    CHECK_INS,
    FIXES,
    PLAIN,
    Comparison,
    compare,
)
from fortnight.simulate.known import choose_cases, days_of, town_window
from fortnight.simulate.run import simulate

if TYPE_CHECKING:
    from pathlib import Path


def silent(done: int, of: int) -> None:
    assert 0 < done <= of


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    simulate(150, 2, 7, folder, evidence=Shares())
    return folder


def compared(town: Path, cases: list[str]) -> Comparison:
    traces = trace_by_evidence(town, cases, days_of(town_window(town)), silent)
    return compare(town, tuple(cases), traces)


@pytest.fixture(scope="module")
def comparison(town: Path) -> Comparison:
    return compared(town, choose_cases(town, 20, 1))


def test_days_are_those_that_were_lived(town: Path) -> None:
    assert days_of(town_window(town)) == (date(2026, 3, 2), date(2026, 3, 3))


def test_every_kind_that_there_is_is_traced(comparison: Comparison) -> None:
    labels = {row.score.label for row in comparison.found[0].rows}
    assert {FIXES, BLUETOOTH, CHECK_INS, ALL, PLAIN} <= labels
    assert [one.truth for one in comparison.found] == ["room", "near", "close"]


def test_only_what_is_asked_for_is_traced(town: Path) -> None:
    cases, days = choose_cases(town, 2, 1), days_of(town_window(town))
    told: list[tuple[int, int]] = []
    found = trace_by_evidence(
        town, cases, days, lambda done, of: told.append((done, of)), kinds=(ALL, FIXES)
    )
    assert list(found) == [FIXES, ALL]
    assert told[-1] == (4, 4)


def test_phones_that_hear_find_rooms_and_all_together_more(comparison: Comparison) -> None:
    room = comparison.found[0]
    scores = {row.score.label: row.score for row in room.rows}
    assert scores[BLUETOOTH].both > 0
    assert scores[ALL].found >= max(scores[kind].found for kind in (FIXES, BLUETOOTH, CHECK_INS))
    assert room.fusing_gains is not None
    assert room.fusing_gains > 0.0


def test_only_bluetooth_and_check_ins_speak_of_rooms(comparison: Comparison) -> None:
    said = {score.label: score.found for score in comparison.said_room}
    assert said[FIXES] == 0
    assert said[BLUETOOTH] > 0
    assert said[ALL] >= said[BLUETOOTH]


def test_the_order_of_cases_does_not_matter(town: Path, comparison: Comparison) -> None:
    assert compared(town, list(reversed(comparison.cases))) == comparison


def test_a_town_without_further_evidence_has_fixes_alone(town: Path) -> None:
    kept = {name: (town / name).read_bytes() for name in (ENCOUNTERS_FILE, VISITS_FILE)}
    for name in kept:
        (town / name).unlink()
    try:
        bare = compared(town, choose_cases(town, 5, 1))
    finally:
        for name, content in kept.items():
            (town / name).write_bytes(content)
    labels = {row.score.label for row in bare.found[0].rows}
    assert FIXES in labels
    assert not labels & {BLUETOOTH, CHECK_INS, ALL}
    assert bare.found[0].fusing_gains is None
