"""Remind me: who stays at home is not reminded, who leaves is; nothing else can come of it."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.fortnights_at_home import HOME, an_hour_away, at_home, reminders, sure_outside

from fortnight.isolation.reminder import (
    FOR_MS,
    KEPT_MS,
    RADIUS_M,
    SURE,
    Judged,
    Position,
    Watch,
    judge,
    outside_probability,
)

PEOPLE = 1_000
NOON = 12 * 60
MINUTE_MS = 60_000
FAR = 0.01  # degrees: 1.1 km
AWAY = Position(0, NOON, FAR, 0.0, 15.0)


def outing(minutes: list[int], position: Position = AWAY) -> list[bool]:
    """Return whether each of the positions at those minutes is answered with a reminder."""
    watch, said = Watch(), []
    for minute in minutes:
        judged = judge(HOME, watch, replace(position, at=minute * MINUTE_MS))
        watch = judged.watch
        said.append(judged.remind)
    return said


def test_of_a_thousand_fortnights_at_home_at_most_one_in_a_hundred_has_a_wrong_reminder() -> None:
    rng = np.random.default_rng(20_261_122)
    wrong = np.array([reminders(at_home(rng)) for _ in range(PEOPLE)])
    assert np.median(wrong) == 0
    assert np.count_nonzero(wrong) <= PEOPLE // 100


def test_who_leaves_for_an_hour_is_reminded_in_eight_of_ten_cases() -> None:
    rng = np.random.default_rng(20_261_123)
    reminded = np.array([reminders(an_hour_away(rng)) > 0 for _ in range(PEOPLE)])
    assert reminded.mean() >= 0.8


def test_the_quick_rule_of_the_simulation_is_the_rule() -> None:
    rng = np.random.default_rng(7)
    fixes = an_hour_away(rng)
    quick = sure_outside(fixes)
    heard = ~np.isnan(fixes.accuracy) & ~fixes.cell & (fixes.accuracy <= 200)
    distance = np.hypot(fixes.east, fixes.north)
    slow = [
        bool(ok) and outside_probability(float(d), float(a)) > SURE
        for ok, d, a in zip(heard, distance, fixes.accuracy, strict=True)
    ]
    assert quick.tolist() == slow


@given(st.floats(0, 2_000), st.floats(1, 200), st.integers(0, 2**31), st.floats(0.0, 6.283_185_307))
@settings(max_examples=60, deadline=None)
def test_the_probability_is_no_higher_than_the_true_one(
    distance: float, accuracy: float, seed: int, angle: float
) -> None:
    sigma = max(accuracy, 60.0) / 1.515
    rng = np.random.default_rng(seed)
    east = distance * np.cos(angle) + rng.normal(0, sigma, 20_000)
    north = distance * np.sin(angle) + rng.normal(0, sigma, 20_000)
    true = float(np.mean(np.hypot(east, north) > RADIUS_M))
    assert outside_probability(distance, accuracy) <= true + 0.02


def test_ten_minutes_away_are_reminded_of_once_and_nine_are_not() -> None:
    assert outing([0, 5, 9]) == [False, False, False]
    assert outing([0, 5, 10, 15, 20]) == [False, False, True, False, False]


def test_a_silence_in_between_begins_again() -> None:
    assert outing([0, 5, 16, 21]) == [False] * 4


@pytest.mark.parametrize("minute", [0, 3 * 60, 7 * 60 + 59, 21 * 60, 23 * 60])
def test_never_at_night(minute: int) -> None:
    assert not any(outing(list(range(0, 60, 5)), replace(AWAY, minute=minute)))


@pytest.mark.parametrize(
    "position",
    [
        replace(AWAY, source="cell"),
        replace(AWAY, accuracy=None),
        replace(AWAY, accuracy=201.0),
        replace(AWAY, accuracy=float("nan")),
        replace(AWAY, accuracy=0.0),
        replace(AWAY, lon=float("inf")),
        replace(AWAY, lon=0.0018, accuracy=100.0),
        replace(AWAY, lon=0.0),
    ],
)
def test_a_cell_a_guess_and_a_place_nearby_remind_nobody(position: Position) -> None:
    assert not any(outing(list(range(0, 60, 5)), position))


def test_after_an_hour_nothing_is_known_any_more() -> None:
    watch = judge(HOME, Watch(), AWAY).watch
    assert not watch.is_over(KEPT_MS - 1)
    assert watch.is_over(KEPT_MS)
    again = judge(HOME, replace(watch, since=0, count=5), replace(AWAY, at=KEPT_MS))
    assert (again.watch.since, again.remind) == (KEPT_MS, False)


def test_what_is_kept_holds_no_place_and_what_is_said_no_addressee() -> None:
    assert {one.name for one in fields(Watch)} == {"since", "last", "count", "reminded"}
    assert {one.name for one in fields(Judged)} == {"watch", "remind"}
    assert FOR_MS == 600_000
