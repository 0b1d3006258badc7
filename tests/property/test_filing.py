"""What is filed by contact in one pass, against twins of NumPy's calls."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.effort import FEWER

from fortnight.contact.episodes import (
    E_END,
    E_EXPECTED,
    E_LASTING,
    E_PRESUMED,
    E_START,
    E_WHO,
    EPISODE_COLUMNS,
)
from fortnight.contact.filing import (
    everyone,
    first_rows,
    located_spans,
    places_in,
    rows_of,
    sum_positions,
)
from fortnight.contact.fusing import (
    F_EXPECTED,
    F_FIRST,
    F_LAST,
    F_VARIANCE,
    FUSED_COLUMNS,
    MINUTE_MS,
)
from fortnight.contact.fusion import said_by_level
from fortnight.contact.hearing import (
    BY_BADGE,
    BY_SCAN,
    IN_ROOM,
    RUN_MS,
    heard_spans,
    how_heard,
    mean_levels,
)
from fortnight.contact.parts import (
    LONG_ENOUGH,
    P_DAYS,
    P_EXPECTED,
    P_LASTING,
    P_LIKELIEST,
    P_LONGEST,
    P_NIGHT,
    P_WORK,
    sum_parts,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Heard = tuple[NDArray[np.int64], NDArray[np.int64], Floats]

HOUR = 3_600_000
DAYS = 3
ORIGIN = 1_772_409_600_000
EDGES = ORIGIN + 24 * HOUR * np.arange(DAYS + 1)

one = st.tuples(
    st.integers(0, 5),
    st.integers(0, 60 * 24 * DAYS - 1),
    st.integers(0, 1_500),
    st.floats(0.05, 1.0),
    st.booleans(),
)


def episodes_of(drawn: list[tuple[int, int, int, float, bool]]) -> Floats:
    """Return rows of ``contact.episodes``: who, minute of beginning, minutes, share, presumed."""
    rows = np.zeros((len(drawn), EPISODE_COLUMNS))
    for row, (who, begin, lasting, share, presumed) in zip(rows, sorted(drawn), strict=True):
        end = min(begin + lasting, 60 * 24 * DAYS)
        row[[E_WHO, E_START, E_END]] = who, ORIGIN + begin * MINUTE_MS, ORIGIN + end * MINUTE_MS
        row[E_LASTING] = (end - begin) * MINUTE_MS
        row[E_EXPECTED], row[E_PRESUMED] = share * row[E_LASTING], presumed
    return rows


episodes = st.lists(one, max_size=12).map(episodes_of)


def by_minute(rows: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return every minute of some episodes, from the origin, and how likely it was near."""
    ends = np.rint((rows[:, [E_START, E_END]] - ORIGIN) / MINUTE_MS).astype(np.int64)
    shares = rows[:, E_EXPECTED] / np.maximum(rows[:, E_LASTING], 1.0)
    minutes = [(np.arange(*pair), share) for pair, share in zip(ends, shares, strict=True)]
    at = np.concatenate([np.empty(0, dtype=np.int64), *(m for m, _ in minutes)])
    return at, np.concatenate([np.empty(0), *(np.full(len(m), share) for m, share in minutes)])


def sorted_by_person_and_time(drawn: list[tuple[int, int, int | None]]) -> Heard:
    """Return who was heard, when (ms) and how weakly (dB, NaN for a badge), of minutes drawn."""
    rows = sorted(drawn, key=lambda row: row[:2])
    return (
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([ORIGIN + row[1] * int(MINUTE_MS) for row in rows], dtype=np.int64),
        np.array([np.nan if row[2] is None else row[2] for row in rows], dtype=np.float64),
    )


@FEWER
@given(rows=episodes)
def test_the_sums_of_positions_are_those_of_all_their_minutes(rows: Floats) -> None:
    people = np.unique(rows[rows[:, E_PRESUMED] == 0, E_WHO]).astype(np.int64)
    sums, days = np.zeros((len(people), FUSED_COLUMNS)), np.zeros((len(people), DAYS))
    sum_positions(rows, people, EDGES, sums, days)
    for who, row, by_day in zip(people, sums, days, strict=True):
        own = rows[(rows[:, E_WHO] == who) & (rows[:, E_PRESUMED] == 0)]
        at, share = by_minute(own)
        expected, lasting = own[:, E_EXPECTED] / MINUTE_MS, own[:, E_LASTING] / MINUTE_MS
        assert np.allclose(row[F_EXPECTED], share.sum())
        assert np.allclose(row[F_VARIANCE], (expected * (lasting - expected)).sum())
        assert row[F_FIRST] == own[:, E_START].min() - ORIGIN
        assert row[F_LAST] == own[:, E_END].max() - ORIGIN
        assert np.allclose(by_day, np.bincount(at // 1_440, share, minlength=DAYS))


@FEWER
@given(rows=episodes)
def test_the_parts_of_features_are_those_of_all_their_minutes(rows: Floats) -> None:
    people = np.unique(rows[:, E_WHO]).astype(np.int64)
    by_day = np.zeros(DAYS)
    parts = sum_parts(rows, people, EDGES, by_day)
    assert not by_day.any()
    for who, row in zip(people, parts, strict=True):
        own = rows[(rows[:, E_WHO] == who) & (rows[:, E_PRESUMED] == 0)]
        at, share = by_minute(own)
        hour, lasting = at // 60 % 24, own[:, E_LASTING] / MINUTE_MS
        begun = ((own[:, E_START] - ORIGIN) // (24 * HOUR)).astype(np.int64)
        of_day = np.bincount(begun, lasting, minlength=DAYS)
        long = lasting >= LONG_ENOUGH
        likely = own[long, E_EXPECTED] / own[long, E_LASTING]
        wanted = {
            P_LASTING: len(at),
            P_EXPECTED: share.sum(),
            P_LONGEST: of_day.max(),
            P_DAYS: (of_day >= LONG_ENOUGH).sum(),
            P_LIKELIEST: likely.max(initial=0.0),
            P_NIGHT: ((hour < 6) | (hour >= 22)).sum(),
            P_WORK: ((hour >= 8) & (hour < 17)).sum(),
        }
        for column, value in wanted.items():
            assert abs(row[column] - value) < 1e-6 * max(1.0, value), column


scans = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 60), st.none() | st.integers(25, 95)), max_size=12
).map(sorted_by_person_and_time)


@FEWER
@given(heard=scans)
def test_sightings_are_averaged_and_read_as_by_the_plain_twin(heard: Heard) -> None:
    other, start, level = heard
    near = (other[:, None] == other) & (np.abs(start[:, None] - start) <= RUN_MS)
    means, scans = mean_levels(other, start, level)
    assert np.array_equal(scans, near.sum(axis=1))
    assert np.allclose(means, near @ np.nan_to_num(level) / np.maximum(1, scans))
    ratio, face, room = (np.linspace(top, end, 202) for top, end in ((9, -9), (1, 0), (0.99, 0)))
    tables = np.stack((ratio, face, room))[:, None]
    spans = heard_spans(start, start, level, (means, scans), ORIGIN, tables, (7.0, 0.5))
    place = np.clip(np.rint(2 * (means - 20.0)), 0, 201).astype(np.int64)
    sensed = np.isnan(level)
    assert np.array_equal(spans[:, 2], np.where(sensed, 7.0, ratio[place]))
    assert np.array_equal(spans[:, 3], np.where(sensed, 0.5, face[place]))
    assert np.array_equal(spans[:, 1] - spans[:, 0], np.full(len(other), 4 * MINUTE_MS))
    people = np.arange(4)
    first = first_rows(other, people)
    assert [other[a:b].tolist() for a, b in pairwise(first)] == [
        [who] * int((other == who).sum()) for who in people
    ]
    how = how_heard(level, (means, scans), first, tables, 0.6)
    sure = sensed | ((room[place] >= 0.6) & (scans >= 3))
    for bit, rows in ((BY_SCAN, ~sensed), (BY_BADGE, sensed), (IN_ROOM, sure)):
        assert np.array_equal((how & bit) > 0, np.isin(people, other[rows]))


@FEWER
@given(rows=episodes, wanted=st.sets(st.integers(0, 6)))
def test_what_positions_say_is_filed_by_contact_and_presumed_ones_say_nothing(
    rows: Floats, wanted: set[int]
) -> None:
    people = np.array(sorted(wanted), dtype=np.int64)
    spans, first = located_spans(rows, people, float(ORIGIN))
    for who, a, b in zip(people, first[:-1], first[1:], strict=True):
        own = rows[(rows[:, E_WHO] == who) & (rows[:, E_PRESUMED] == 0)]
        assert np.array_equal(spans[a:b, 0], own[:, E_START] - ORIGIN)
        assert np.array_equal(spans[a:b, 1], own[:, E_END] - ORIGIN)
        share = own[:, E_EXPECTED] / np.maximum(own[:, E_LASTING], 1.0)
        assert np.allclose(spans[a:b, 2], share)
    assert first[-1] == len(spans)


@FEWER
@given(rows=episodes, signs=st.tuples(*(st.lists(st.integers(0, 8), max_size=4),) * 4))
def test_everyone_is_named_once_and_in_order(rows: Floats, signs: tuple[list[int], ...]) -> None:
    people, by_sign = everyone(rows, *(np.array(sorted(who), dtype=np.int64) for who in signs))
    met = set(rows[rows[:, E_PRESUMED] == 0, E_WHO].astype(np.int64).tolist())
    assert by_sign.tolist() == sorted(set().union(*signs))
    assert people.tolist() == sorted(met.union(*signs))


@FEWER
@given(people=st.sets(st.integers(0, 9)), asked=st.lists(st.integers(0, 9), max_size=8))
def test_rows_are_those_of_the_people_asked_for(people: set[int], asked: list[int]) -> None:
    known = sorted(people)
    places = places_in(np.array(known, dtype=np.int64), np.array(asked, dtype=np.int64))
    assert places.tolist() == [known.index(who) if who in people else -1 for who in asked]
    table = 1.0 + np.arange(2.0 * len(known)).reshape(-1, 2)
    wanted = [table[known.index(who)].tolist() if who in people else [0, 0] for who in asked]
    assert rows_of(table, places).tolist() == wanted


def test_a_level_is_read_from_the_table_by_its_half_decibel() -> None:
    found = said_by_level(np.array([20.0, 60.2, 200.0]), np.array([1, 1, 99]))
    again = said_by_level(np.array([0.0, 60.0, 120.5]), np.array([0, 1, 8]))
    assert np.array_equal(found, again)
