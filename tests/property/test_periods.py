"""Check-ins shared with somebody, and sightings in a window, against the plainest loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.effort import FEWER

from fortnight.contact.marks import BITS, list_marks, set_mark
from fortnight.contact.signs import Sightings, Visits

CheckIn = tuple[int, int, int, int, int, bool]  # venue, start, minutes, who, room, presumed

check_ins = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 60),
        st.integers(1, 40),
        st.integers(0, 3),
        st.integers(-1, 1),
        st.booleans(),
    ),
    max_size=12,
).map(sorted)


def overlap(one: CheckIn, two: CheckIn, start: int, end: int) -> tuple[int, int]:
    begin = max(one[1], two[1], start)
    return begin, min(one[1] + one[2], two[1] + two[2], end)


@FEWER
@given(rows=check_ins, start=st.integers(0, 60), lasting=st.integers(1, 60))
def test_a_shared_check_in_is_that_of_the_plain_twin(
    rows: list[CheckIn], start: int, lasting: int
) -> None:
    venue, begin, minutes, who, room = (
        np.array([row[k] for row in rows], dtype=np.int64) for k in range(5)
    )
    presumed = np.array([row[5] for row in rows], dtype=np.bool_)
    visits = Visits(who, venue, room, begin, begin + minutes, presumed, ("a", "b", "c"), ("x", "y"))
    shared = visits.shared_with(0, start, start + lasting)
    wanted = [
        (two[3], *overlap(one, two, start, start + lasting), one[0],
         one[4] if one[4] == two[4] else -1, one[5] or two[5])
        for one in rows
        for two in rows
        if one[3] == 0 != two[3] and one[0] == two[0]
    ]  # fmt: skip
    found = zip(
        *(getattr(shared, name).tolist() for name in ("other", "start", "end", "venue", "room")),
        shared.presumed.tolist(),
        strict=True,
    )
    assert sorted(found) == sorted(row for row in wanted if row[2] > row[1])
    order = list(zip(shared.other.tolist(), shared.start.tolist(), strict=True))
    assert order == sorted(order)


@FEWER
@given(
    starts=st.lists(st.integers(0, 20), max_size=8), low=st.integers(0, 20), high=st.integers(0, 20)
)
def test_a_window_keeps_what_began_in_it(starts: list[int], low: int, high: int) -> None:
    start = np.array(starts, dtype=np.int64)
    rows = Sightings(start, start, start, start + 1, start.astype(np.float64))
    kept = [moment for moment in starts if low <= moment < high]
    for column in (*rows.within(low, high).columns()[:3],):
        assert column.tolist() == kept


@FEWER
@given(numbers=st.sets(st.integers(0, 5_000)))
def test_marks_are_listed_in_order_and_taken_away(numbers: set[int]) -> None:
    marks = np.zeros(5_000 // BITS + 1, dtype=np.int64)
    words = np.zeros(len(marks) // BITS + 1, dtype=np.int64)
    listed, place = np.empty(len(numbers), dtype=np.int64), np.empty(5_001, dtype=np.int64)
    for number in numbers:
        set_mark(marks, words, np.int64(number))
    assert list_marks(marks, words, listed, place) == len(numbers)
    assert listed.tolist() == sorted(numbers)
    assert place[listed].tolist() == list(range(len(numbers)))
    assert not marks.any()
    assert not words.any()
