"""The sums and sweeps of the simulator agree with slow and obvious ones."""

from __future__ import annotations

from dataclasses import fields
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortnight.simulate.intervals import Intervals, gather, most_in_a_day
from fortnight.simulate.meetings import (
    CLOSE,
    KINDS,
    NEAR,
    PLACE,
    ROOM,
    Meetings,
    Presences,
    find_meetings,
)

DAY = 1_440
MINUTE_MS = 60_000
DAYS = 3
WINDOW = (0, DAYS * DAY * MINUTE_MS)

periods = st.tuples(
    st.integers(0, 2),
    st.integers(0, DAYS * DAY - 1),
    st.integers(1, 2_000),
    st.sampled_from([0.25, 0.5, 1.0]),
)


def _minutes(rows: list[tuple[int, int, int, float]], group: int) -> np.ndarray:
    """Weight of every minute of one group, one by one."""
    minutes = np.zeros(DAYS * DAY)
    for of, start, length, weight in rows:
        if of == group:
            minutes[start : start + length] += weight
    return minutes


def _intervals(rows: list[tuple[int, int, int, float]]) -> Intervals:
    group, start, length, weight = (np.array(column) for column in zip(*rows, strict=True))
    return Intervals(group, start * MINUTE_MS, (start + length) * MINUTE_MS, weight)


@given(st.lists(periods, min_size=1, max_size=12))
def test_most_in_a_day_is_the_largest_of_all_windows(
    rows: list[tuple[int, int, int, float]],
) -> None:
    most = most_in_a_day(_intervals(rows), WINDOW, 3)
    for group in range(3):
        minutes = _minutes(rows, group)
        gathered = np.concatenate(([0.0], np.cumsum(minutes)))
        windows = gathered[DAY:] - gathered[:-DAY]
        assert most[group] == pytest.approx(windows.max(), abs=1e-6)


@given(
    st.lists(periods, min_size=1, max_size=12),
    st.integers(0, 2),
    st.integers(0, DAYS * DAY),
    st.integers(0, DAYS * DAY),
)
def test_between_adds_up_minute_by_minute(
    rows: list[tuple[int, int, int, float]], group: int, one: int, other: int
) -> None:
    start, end = sorted((one, other))
    total = gather(_intervals(rows), WINDOW)
    asked = (np.array([value]) for value in (group, start * MINUTE_MS, end * MINUTE_MS))
    expected = _minutes(rows, group)[start:end].sum()
    assert total.between(*asked)[0] == pytest.approx(expected, abs=1e-6)


spots = st.tuples(
    st.integers(0, 1),  # frame
    st.integers(0, 2),  # place, and of it
    st.integers(0, 1),  # room
    st.floats(0, 60),
    st.floats(0, 60),
)
# person, start, end, frame, place, room, x, y
Row: TypeAlias = tuple[int, int, int, int, int, int, float, float]
days = st.lists(st.lists(st.tuples(spots, st.integers(1, 5)), min_size=1, max_size=4), max_size=7)


@settings(deadline=None)  # the sweep compiles at its first call
@given(days, st.integers(0, 7))
def test_meetings_are_what_a_look_at_every_second_shows(
    people: list[list[tuple[tuple[int, int, int, float, float], int]]], wanted: int
) -> None:
    split = min(wanted, len(people))
    rows: list[Row] = []
    for person, stays in enumerate(people):
        clock = 0
        for (frame, place, room, x, y), length in stays:
            at = frame * 10 + place
            rows.append((person, clock, clock + length, frame, at, at * 10 + room, x, y))
            clock += length
    whole = np.array([row[:6] for row in rows], dtype=np.int64).reshape(-1, 6).T
    spot = np.array([row[6:] for row in rows], dtype=np.float64).reshape(-1, 2).T
    setting = np.zeros(len(rows), dtype=np.int8)
    presences = Presences(
        whole[0], whole[1], whole[2], whole[3], whole[4], whole[5], spot[0], spot[1], setting
    )
    meetings = _join(
        [find_meetings(presences, firsts) for firsts in ((0, split), (split, len(people)))],
    )
    told = {
        (int(meetings.first[i]), int(meetings.second[i]), KINDS[meetings.kind[i]], second)
        for i in range(len(meetings.first))
        for second in range(int(meetings.start[i]), int(meetings.end[i]))
    }
    assert told == _looked_at(rows)
    # What touches is one period, so no period begins where another of the same kind ends.
    ends = set(zip(meetings.first, meetings.second, meetings.kind, meetings.end, strict=True))
    begins = set(zip(meetings.first, meetings.second, meetings.kind, meetings.start, strict=True))
    assert not ends & begins


def _join(parts: list[Meetings]) -> Meetings:
    return Meetings(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Meetings)
        )
    )


def _looked_at(rows: list[Row]) -> set[tuple[int, int, str, int]]:
    seen: set[tuple[int, int, str, int]] = set()
    for one in rows:
        for other in rows:
            if one[0] >= other[0] or one[3] != other[3]:
                continue
            far = np.hypot(one[6] - other[6], one[7] - other[7])
            kinds = {
                NEAR: (one[6] - other[6]) ** 2 + (one[7] - other[7]) ** 2 <= 625,
                PLACE: one[4] == other[4],
                ROOM: one[5] == other[5],
                CLOSE: one[5] == other[5] and far <= 2,
            }
            for second in range(max(one[1], other[1]), min(one[2], other[2])):
                seen.update(
                    (one[0], other[0], KINDS[k], second) for k, is_so in kinds.items() if is_so
                )
    return seen
