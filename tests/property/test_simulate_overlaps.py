"""Overlaps of presences are what looking at every pair finds, each once."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fortnight.simulate.buildings import HOME, STREET
from fortnight.simulate.meetings import NEAR_M, Presences
from fortnight.simulate.proximity import find_overlaps

Row = tuple[int, int, int, int, float, float, int]
rows = st.lists(
    st.tuples(
        st.integers(0, 5),  # person
        st.integers(0, 40),  # start
        st.integers(1, 30),  # length
        st.integers(0, 2),  # place; its rooms are numbered 2 x place + 0 or 1
        st.sampled_from([0.0, 12.0, 24.9, 30.0, 60.0]),
        st.sampled_from([0.0, 3.0, 25.0, 80.0]),
        st.integers(0, 1),
    ),
    max_size=12,
)


def presences_of(drawn: list[Row]) -> Presences:
    columns = [np.array(column) for column in zip(*drawn, strict=True)] or [np.empty(0)] * 7
    person, start, length, place, x, y, room = columns
    whole = np.int64
    return Presences(
        person=person.astype(whole),
        start=start.astype(whole),
        end=(start + length).astype(whole),
        frame=np.zeros(len(person), dtype=whole),
        place=place.astype(whole),
        room=(2 * place + room).astype(whole),
        x=x.astype(np.float64),
        y=y.astype(np.float64),
        setting=np.where(place == 2, STREET, HOME).astype(np.int8),
    )


@given(rows)
def test_every_pair_in_a_place_or_near_is_found_once(drawn: list[Row]) -> None:
    expected = []
    for one, other in combinations(drawn, 2):
        start = max(one[1], other[1])
        end = min(one[1] + one[2], other[1] + other[2])
        away = float(np.hypot(one[4] - other[4], one[5] - other[5]))
        near = one[3] == other[3] or away <= NEAR_M
        if one[0] != other[0] and start < end and near:
            expected.append((min(one[0], other[0]), max(one[0], other[0]), start, end))
    found = find_overlaps(presences_of(drawn))
    columns = (found.first, found.second, found.start, found.end)
    told = zip(*(column.tolist() for column in columns), strict=True)
    assert sorted(told) == sorted(expected)


@given(rows)
def test_walls_stand_wherever_there_is_no_common_room(drawn: list[Row]) -> None:
    found = find_overlaps(presences_of(drawn))
    assert np.all(found.walls >= 0)
    assert np.all((found.walls == 0) | (found.metres >= 2.5))
