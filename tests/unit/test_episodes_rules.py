"""Meetings become episodes and sums: bridging, presumed time, twenty-four hours, windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.contacts import most_in_a_day
from tests.reference.effort import FEWER

from fortnight.contact import episodes as e
from fortnight.contact import meeting as m

MINUTE = 60_000.0
HOUR = 60 * MINUTE
START = 1_719_792_000_000


@dataclass(frozen=True)
class Met:
    """One meeting: times in minutes since the window began."""

    begin: float
    end: float
    who: int = 1
    chance: float = 0.5
    near: bool = True
    presumed: bool = False
    day: int = 0
    nearest: float = 10.0


def rows_of(meetings: list[Met]) -> m.Matrix:
    out = np.zeros((len(meetings), m.MEETING_COLUMNS))
    for row, met in zip(out, meetings, strict=True):
        row[m.WHO], row[m.PRESUMED], row[m.PERIOD] = met.who, met.presumed, met.day
        row[m.BEGIN], row[m.FINISH] = START + met.begin * MINUTE, START + met.end * MINUTE
        row[m.NEAR_MS] = (met.end - met.begin) * MINUTE * met.near
        row[m.EXPECTED_MS] = (met.end - met.begin) * MINUTE * met.chance
        row[m.NEAREST] = met.nearest
    return out


def exposed(*meetings: Met) -> tuple[m.Matrix, m.Matrix]:
    """Return episodes and exposures; day 0 is look-back, 1 both, 2 look-forward, 3 outside."""
    return e.expose(
        [rows_of(list(meetings))],
        bridge_ms=5 * MINUTE,
        back=np.array([True, True, False, False]),
        forward=np.array([False, True, True, False]),
        weight=np.array([0.0, 0.5, 1.0, 0.25]),
    )


@pytest.mark.parametrize(("pause", "count"), [(0.0, 1), (5.0, 1), (5.001, 2)])
def test_five_minutes_are_bridged_and_no_more(pause: float, count: int) -> None:
    episodes, exposures = exposed(Met(0, 10), Met(10 + pause, 20 + pause))
    assert len(episodes) == count
    assert exposures[0, e.X_NEAR] == pytest.approx(20 * MINUTE)


def test_bridged_time_is_not_counted() -> None:
    episodes, exposures = exposed(Met(0, 10, chance=0.8), Met(14, 20, chance=0.8))
    assert episodes[0, e.E_END] - episodes[0, e.E_START] == 20 * MINUTE
    assert episodes[0, e.E_NEAR] == pytest.approx(16 * MINUTE)
    assert episodes[0, e.E_LASTING] == pytest.approx(16 * MINUTE)
    assert exposures[0, e.X_PROBABILITY] == pytest.approx(0.8)


def test_presumed_time_is_apart_from_observed_time() -> None:
    episodes, exposures = exposed(Met(0, 10), Met(10, 100, presumed=True), Met(100, 110))
    assert sorted(episodes[:, e.E_PRESUMED].tolist()) == [0.0, 0.0, 1.0]
    row = exposures[0]
    assert row[e.X_NEAR] == pytest.approx(20 * MINUTE)
    assert row[e.X_EXPECTED] == row[e.X_EXPECTED_24H] == pytest.approx(10 * MINUTE)
    assert row[e.X_PRESUMED] == row[e.X_PRESUMED_24H] == pytest.approx(90 * MINUTE)
    assert (row[e.X_FIRST], row[e.X_LAST]) == (START, START + 110 * MINUTE)


def test_presumed_time_alone_describes_itself() -> None:
    _, exposures = exposed(Met(3, 10, presumed=True, nearest=4.0))
    row = exposures[0]
    assert row[e.X_OBSERVED] == 0.0
    assert row[e.X_NEAR] == row[e.X_EXPECTED] == 0.0
    assert (row[e.X_FIRST], row[e.X_NEAREST]) == (START + 3 * MINUTE, 4.0)


def test_presumed_time_never_tells_the_nearest_of_observed_time() -> None:
    _, exposures = exposed(Met(0, 10, nearest=12.0), Met(10, 90, presumed=True, nearest=1.0))
    assert exposures[0, e.X_NEAREST] == 12.0


def test_back_and_forward_have_sums_of_their_own() -> None:
    meetings = [Met(10 * day, 10 * day + 4 + day, day=day, chance=1.0) for day in range(4)]
    row = exposed(*meetings)[1][0]
    assert row[e.X_NEAR] == pytest.approx(22 * MINUTE)
    assert row[e.X_NEAR_BACK] == row[e.X_EXPECTED_BACK] == pytest.approx(9 * MINUTE)
    assert row[e.X_NEAR_FORWARD] == row[e.X_EXPECTED_FORWARD] == pytest.approx(11 * MINUTE)
    assert row[e.X_WEIGHT] == pytest.approx((0.5 * 5 + 1.0 * 6) * MINUTE)


def test_an_episode_lies_in_every_window_that_it_touches() -> None:
    episodes, _ = exposed(Met(0, 10, day=0), Met(12, 20, day=2), Met(60, 70, day=3))
    assert episodes[:, e.E_BACK].tolist() == [1.0, 0.0]
    assert episodes[:, e.E_FORWARD].tolist() == [1.0, 0.0]


def test_order_of_meetings_does_not_matter_and_people_stay_apart() -> None:
    meetings = [Met(k * 3.0, k * 3.0 + 2, who=k % 3) for k in range(12)]
    one = exposed(*meetings)
    two = exposed(*reversed(meetings))
    assert one[1][:, e.X_WHO].tolist() == [0.0, 1.0, 2.0]
    assert np.allclose(one[0], two[0])
    assert np.allclose(one[1], two[1])


def test_the_place_is_that_of_the_likeliest_meeting() -> None:
    rows = rows_of([Met(0, 10, chance=0.2), Met(10, 15, chance=0.9), Met(15, 20, chance=0.1)])
    rows[:, m.AT] = (1.0, 2.0, 3.0)
    flags = np.ones(1, dtype=np.bool_)
    episodes, _ = e.expose([rows], bridge_ms=0.0, back=flags, forward=flags, weight=np.ones(1))
    assert episodes[0, e.E_AT] == 2.0


def test_no_meeting_is_no_exposure() -> None:
    episodes, exposures = exposed()
    assert len(episodes) == len(exposures) == 0


@pytest.mark.parametrize(("hours", "minutes"), [(0, 20), (13, 20), (14, 15), (24, 10)])
def test_twenty_four_hours_slide(hours: int, minutes: float) -> None:
    later = (hours + 10) * 60
    meetings = [Met(0, 10, chance=1.0), Met(later, later + 10, chance=1.0)]
    if hours == 14:  # the window then holds half of each, or one and a half
        meetings[1] = Met(later - 5, later + 5, chance=1.0)
    assert exposed(*meetings)[1][0, e.X_EXPECTED_24H] == pytest.approx(minutes * MINUTE)


parts = st.lists(
    st.tuples(st.integers(0, 900), st.integers(1, 1_400), st.floats(0.05, 1.0)), max_size=25
)


@FEWER
@given(parts)
def test_the_largest_sum_of_a_day_is_that_of_trying_every_edge(
    drawn: list[tuple[int, int, float]],
) -> None:
    meetings, now = [], 0  # a track is in one place at a time: meetings of a pair never overlap
    for pause, length, chance in drawn:
        meetings.append(Met(now + pause, now + pause + length, chance=chance))
        now += pause + length
    wanted = most_in_a_day(
        [
            (START + p.begin * MINUTE, START + p.end * MINUTE, (p.end - p.begin) * p.chance)
            for p in meetings
        ]
    )
    found = exposed(*meetings)[1]
    assert (found[0, e.X_EXPECTED_24H] if len(found) else 0.0) == pytest.approx(wanted * MINUTE)
