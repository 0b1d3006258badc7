"""Kinds of evidence held against hand-made truths come out as worked out by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.fits.pooled import pairs_of
from hypothesis import given
from hypothesis import strategies as st

from fortnight.contact.calibration import FACE_TO_FACE, ROOM_WEIGHTS, WITHIN_RADIUS
from fortnight.errors import InputError
from fortnight.simulate import files
from fortnight.simulate.claims import ROOM_FEATURES, counted_once
from fortnight.simulate.evaluation import Score
from fortnight.simulate.kinds import (
    ALL,
    BLUETOOTH,
    FIXES,
    FIXES_EVERYBODY,
    PLAIN,
    PLAIN_EVERYBODY,
    Comparison,
    compare,
)
from fortnight.simulate.kinds_report import comparison_as_dict, comparison_as_markdown
from fortnight.simulate.ranking import Tenth, area_under_curve, binomial_interval, tenths

if TYPE_CHECKING:
    from pathlib import Path

START_MS = 1_772_409_600_000
MINUTE_MS = 60_000
DAY_MS = 86_400_000
NAMES = [f"p{number}" for number in range(6)]


@dataclass(frozen=True)
class Listed:
    """The contacts of a trace."""

    contacts: pa.Table


def listed(*rows: tuple[str, float, float, float | None, str | None]) -> Listed:
    """Contacts as (participant, minutes, heard, probability, same room)."""
    names, minutes, heard, chance, room = list(zip(*rows, strict=True)) or [()] * 5
    about = [FACE_TO_FACE if one else WITHIN_RADIUS for one in heard]
    return Listed(
        pa.table(
            {
                "participant": pa.array(names, pa.string()),
                "minutes": pa.array(minutes, pa.float64()),
                "expected_minutes_24h": pa.array(minutes, pa.float64()),
                "presumed_minutes": pa.array([0.0] * len(names), pa.float64()),
                "heard_minutes": pa.array(heard, pa.float64()),
                "face_minutes": pa.array([one / 2 for one in heard], pa.float64()),
                "visit_minutes": pa.array([0.0] * len(names), pa.float64()),
                "probability_contact": pa.array(chance, pa.float64()),
                "probability_contact_of": pa.array(about, pa.string()),
                "same_room": pa.array(room, pa.string()),
            }
        )
    )


def write_truth(folder: Path, *rows: tuple[str, str, float, float, str]) -> None:
    first, second, start, end, kind = zip(*rows, strict=True)
    at = [[START_MS + round(one * MINUTE_MS) for one in edge] for edge in (start, end)]
    columns = [
        pa.array(first),
        pa.array(second),
        *(pa.array(edge, pa.timestamp("ms", tz="UTC")) for edge in at),
        pa.array(kind),
        pa.array(["work"] * len(rows)),
    ]
    pq.write_table(pa.Table.from_arrays(columns, schema=files.TRUTH), folder / files.TRUTH_FILE)
    people = pa.table({"participant": NAMES, "phone": ["regular"] * len(NAMES)})
    window = files.window_metadata(START_MS, START_MS + 2 * DAY_MS)
    pq.write_table(people.replace_schema_metadata(window), folder / files.PEOPLE_FILE)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Case p0 sat with p1 for 20 minutes, next to p2's room for 30, with p3 for 10."""
    write_truth(
        tmp_path,
        *(("p0", "p1", 600, 620, kind) for kind in ("close", "room", "near")),
        ("p0", "p2", 600, 630, "near"),
        ("p0", "p3", 700, 710, "room"),
        ("p0", "p3", 700, 710, "near"),
    )
    return tmp_path


BY_FIXES = listed(("p1", 12, 0, 0.4, None), ("p2", 30, 0, 0.9, None), ("p3", 8, 0, 0.6, None))
BY_BLUETOOTH = listed(("p1", 0, 25, 0.7, "bluetooth"))
BY_ALL = listed(
    ("p1", 12, 25, 0.7, "bluetooth"), ("p2", 30, 0, 0.9, None), ("p3", 8, 0, None, None)
)
NEARLY_ALL = listed(
    ("p1", 12, 0, 0.4, None), ("p2", 30, 0, 0.9, None), ("p3", 16, 0, 0.6, None),
    ("p4", 40, 0, 0.1, None),
)  # fmt: skip
TRACES = {
    FIXES: {"p0": BY_FIXES},
    PLAIN: {"p0": NEARLY_ALL},
    BLUETOOTH: {"p0": BY_BLUETOOTH},
    ALL: {"p0": BY_ALL},
}


@pytest.fixture
def comparison(town: Path) -> Comparison:
    return compare(town, ("p0",), TRACES)


def test_each_kind_of_evidence_is_counted_against_each_truth(comparison: Comparison) -> None:
    found = {one.truth: one for one in comparison.found}
    assert [one.truth for one in comparison.found] == ["room", "near", "close"]
    assert [row.score for row in found["room"].rows] == [
        Score(FIXES, true=1, found=3, both=1),
        Score(BLUETOOTH, true=1, found=1, both=1),
        Score(ALL, true=1, found=3, both=1),
        Score(PLAIN, true=1, found=3, both=0),
        Score(FIXES_EVERYBODY, true=1, found=4, both=1),
        Score(PLAIN_EVERYBODY, true=1, found=4, both=1),
    ]


def test_areas_come_out_as_by_hand(comparison: Comparison) -> None:
    room, near, face = comparison.found
    # By fixes p1, who alone was in the room, is third; heard, first.
    assert room.area(FIXES) == pytest.approx(1 / 3)
    assert room.area(BLUETOOTH) == 1.0
    assert room.area(ALL) == 1.0
    assert room.fusing_gains == pytest.approx(0.0)
    # Near are p1 and p2. Fixes: p2 first (precision 1), p1 third (2/3).
    assert near.area(FIXES) == pytest.approx((1 + 2 / 3) / 2)
    assert near.area(BLUETOOTH) == pytest.approx(1 / 2)  # the other is never found
    assert near.area(ALL) == 1.0
    assert near.fusing_gains == pytest.approx(1 - 5 / 6)
    # The plain rule lists p4, p2, p3 and not p1; ranking everybody it has p1 fourth.
    assert near.area(PLAIN) == pytest.approx((1 / 2) / 2)
    assert near.area(PLAIN_EVERYBODY) == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert near.beats_plain == pytest.approx(1 - 1 / 4)
    assert near.beats_plain_everybody == pytest.approx((1 + 2 / 3) / 2 - 1 / 2)
    assert face.area(ALL) == 1.0


def test_fusing_that_loses_is_said(town: Path) -> None:
    worse = listed(("p1", 0, 0, 0.2, None), ("p4", 0, 0, 0.9, None))
    lost = compare(town, ("p0",), TRACES | {ALL: {"p0": worse}})
    room = lost.found[0]
    assert room.fusing_gains == pytest.approx(1 / 2 - 1)
    assert "**Fusing is worse than the best single source here.**" in comparison_as_markdown(lost)


def test_claims_are_held_to_the_truth_they_are_about(comparison: Comparison) -> None:
    claimed = {(one.kind, one.claim): one for one in comparison.claimed}
    assert set(claimed) == {
        (FIXES, WITHIN_RADIUS), (BLUETOOTH, FACE_TO_FACE),
        (ALL, WITHIN_RADIUS), (ALL, FACE_TO_FACE),
    }  # fmt: skip
    fixes = claimed[FIXES, WITHIN_RADIUS]
    assert [(one.low, one.count, one.true) for one in fixes.tenths] == [
        (0.4, 1, 1), (0.6, 1, 0), (0.9, 1, 1),
    ]  # fmt: skip
    assert fixes.brier == pytest.approx((0.6**2 + 0.6**2 + 0.1**2) / 3)
    assert claimed[ALL, WITHIN_RADIUS].count == 1  # p3 has none
    assert claimed[ALL, FACE_TO_FACE].brier == pytest.approx(0.3**2)


def test_what_is_said_to_be_one_room_is_counted(comparison: Comparison) -> None:
    assert comparison.said_room == (
        Score(FIXES, true=1, found=0, both=0),
        Score(BLUETOOTH, true=1, found=1, both=1),
        Score(ALL, true=1, found=1, both=1),
    )


def test_badges_know_face_to_face_alone(tmp_path: Path) -> None:
    write_truth(tmp_path, ("p0", "p1", 0, 20, "close"))
    gathering = compare(tmp_path, ("p0",), TRACES)
    assert [one.truth for one in gathering.found] == ["close"]
    assert gathering.said_room == ()
    assert {one.claim for one in gathering.claimed} == {FACE_TO_FACE}


def test_a_case_of_whom_a_kind_knows_nothing_still_counts(town: Path) -> None:
    nothing = compare(town, ("p0", "p1"), {FIXES: {"p0": BY_FIXES}, BLUETOOTH: {}})
    rows = {row.score.label: row for row in nothing.found[0].rows}
    assert rows[FIXES].score.true == 2  # the pair is seen from both
    assert rows[BLUETOOTH].score == Score(BLUETOOTH, true=2, found=0, both=0)
    assert rows[BLUETOOTH].area == 0.0


def test_the_page_and_the_data_say_the_same(comparison: Comparison) -> None:
    page = comparison_as_markdown(comparison)
    assert "| fixes | 1 | 3 | 1 | 33.3 % | 100.0 % | 0.333 |" in page
    assert "| 0.9 to 1.0 | 1 | 90.0 % | 100.0 % | 0.5 to 100.0 | pass |" in page
    assert "all together over the best single source +0.167" in page
    back = json.loads(json.dumps(comparison_as_dict(comparison)))
    near = back["found"][1]
    assert near["fusing_gains"] == pytest.approx(1 / 6)
    assert near["rows"][0]["score"]["precision"] == pytest.approx(2 / 3)
    assert back["claimed"][0]["tenths"][0]["holds"] is True
    assert back["window"][0] == "2026-03-02T00:00:00Z"


def test_a_table_that_is_no_trace_is_named(town: Path) -> None:
    bare = Listed(BY_FIXES.contacts.drop_columns(["same_room"]))
    with pytest.raises(InputError, match="the trace of p0 has no column 'same_room'"):
        compare(town, ("p0",), {FIXES: {"p0": bare}})


def test_the_contacts_behind_the_tenths_are_those_that_are_counted(
    town: Path, comparison: Comparison
) -> None:
    found = pairs_of(town, ["p0"], {kind: TRACES[kind] for kind in (FIXES, ALL)})
    counted = {(one.kind, one.claim): one.tenths for one in comparison.claimed}
    assert list(found) == [kind for kind in counted if kind[0] != BLUETOOTH]
    for kind, pairs in found.items():
        assert tenths(pairs.claimed, pairs.true) == counted[kind]
        assert set(pairs.case.tolist()) == {0}
    assert found[FIXES, WITHIN_RADIUS].true.tolist() == [True, True, False]


PAIRS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30)


@given(PAIRS)
def test_of_two_cases_who_list_each_other_the_first_row_counts(rows: list[tuple[int, int]]) -> None:
    once = counted_once(np.array([8 * case + other for case, other in rows], dtype=np.int64), 8)
    seen: set[frozenset[int]] = set()
    for row, first in zip(rows, once.tolist(), strict=True):
        assert first == (frozenset(row) not in seen)
        seen.add(frozenset(row))


def test_a_pair_of_two_cases_is_one_claim_and_not_two(town: Path) -> None:
    back = listed(("p0", 12, 0, 0.8, None), ("p3", 30, 0, 0.2, None))
    traces = {FIXES: {"p0": BY_FIXES, "p1": back}}
    (claimed,) = compare(town, ("p0", "p1"), traces).claimed
    assert [(one.low, one.count) for one in claimed.tenths] == [
        (0.2, 1),
        (0.4, 1),
        (0.6, 1),
        (0.9, 1),
    ]
    pairs = pairs_of(town, ["p0", "p1"], traces)[FIXES, WITHIN_RADIUS]
    assert tenths(pairs.claimed, pairs.true) == claimed.tenths


def test_a_large_tenth_is_judged_by_five_points_and_a_small_one_by_chance() -> None:
    assert Tenth(0.5, 1_000, 500, 0.549).holds
    assert not Tenth(0.5, 1_000, 500, 0.551).holds
    assert Tenth(0.5, 1_000, 500, 0.549).interval is None
    assert Tenth(0.5, 20, 3, 0.44).holds  # 1.8 to 44.9 %
    assert not Tenth(0.5, 20, 3, 0.46).holds


@pytest.mark.parametrize(
    ("true", "count", "low", "high"),
    [(3, 20, 0.0176426, 0.4494654), (0, 20, 0.0, 0.2327295), (20, 20, 0.7672705, 1.0)],
)
def test_the_binomial_interval_is_the_exact_one(
    true: int, count: int, low: float, high: float
) -> None:
    # scipy.stats.binomtest(true, count).proportion_ci(0.99)
    assert binomial_interval(true, count) == pytest.approx((low, high), abs=1e-6)


def test_what_ties_is_found_together() -> None:
    score, true = np.array([1.0, 1.0, 0.0]), np.array([True, False, True])
    assert area_under_curve(score, true, 2) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert area_under_curve(score, true, 4) == pytest.approx((1 / 2 + 2 / 3) / 4)
    assert area_under_curve(np.zeros(0), np.zeros(0, dtype=np.bool_), 3) == 0.0


def test_a_certain_claim_is_in_the_last_tenth() -> None:
    (only,) = tenths(np.array([1.0]), np.array([True]))
    assert (only.low, only.claimed, only.share) == (0.9, 1.0, 1.0)


def test_who_has_no_claim_comes_behind_by_expected_minutes(town: Path) -> None:
    unclaimed = listed(("p3", 9, 0, None, None), ("p1", 8, 0, None, None), ("p2", 30, 0, 0.1, None))
    _, near, _ = compare(town, ("p0",), {FIXES: {"p0": unclaimed}}).found
    # p2 is first, and p3, who was not near for long enough, before p1.
    assert near.area(FIXES) == pytest.approx((1 + 2 / 3) / 2)


def test_every_sign_of_one_room_raises_the_score() -> None:
    assert len(ROOM_WEIGHTS) == len(ROOM_FEATURES)
    assert np.all(ROOM_WEIGHTS[1:] > 0.0)
