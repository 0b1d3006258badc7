"""What is filed by contact in one pass, against twins of NumPy's calls."""

from __future__ import annotations

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
    LONG_ENOUGH,
    P_DAYS,
    P_EXPECTED,
    P_LASTING,
    P_LIKELIEST,
    P_LONGEST,
    P_NIGHT,
    P_WORK,
    RUN_MS,
    file_spans,
    heard_spans,
    located_spans,
    mean_levels,
    sum_parts,
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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

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


@FEWER
@given(
    heard=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 60), st.none() | st.integers(25, 95)),
        max_size=12,
    ),
    wanted=st.sets(st.integers(0, 3)),
)
def test_sightings_are_averaged_and_filed_as_by_the_plain_twin(
    heard: list[tuple[int, int, int | None]], wanted: set[int]
) -> None:
    heard.sort(key=lambda row: row[:2])
    other = np.array([row[0] for row in heard], dtype=np.int64)
    start = np.array([ORIGIN + row[1] * int(MINUTE_MS) for row in heard], dtype=np.int64)
    level = np.array([np.nan if row[2] is None else row[2] for row in heard], dtype=np.float64)
    near = (other[:, None] == other) & (np.abs(start[:, None] - start) <= RUN_MS)
    means, scans = mean_levels(other, start, level)
    assert np.array_equal(scans, near.sum(axis=1))
    assert np.allclose(means, near @ np.nan_to_num(level) / np.maximum(1, scans))
    tables = np.stack((np.linspace(9.0, -9.0, 202), np.linspace(1.0, 0.0, 202)))
    spans = heard_spans(other, start, start, level, ORIGIN, tables[:, None], (7.0, 0.5))
    place = np.clip(np.rint(2 * (means - 20.0)), 0, 201).astype(np.int64)
    sensed = np.isnan(level)
    assert np.array_equal(spans[:, 2], np.where(sensed, 7.0, tables[0, place]))
    assert np.array_equal(spans[:, 3], np.where(sensed, 0.5, tables[1, place]))
    assert np.array_equal(spans[:, 1] - spans[:, 0], np.full(len(other), 4 * MINUTE_MS))
    people = np.array(sorted(wanted), dtype=np.int64)
    filed, first = file_spans(spans, other, people)
    assert len(first) == len(people) + 1
    for k, who in enumerate(people):
        assert np.array_equal(filed[first[k] : first[k + 1]], spans[other == who])


@FEWER
@given(rows=episodes)
def test_presumed_episodes_say_nothing(rows: Floats) -> None:
    spans, who = located_spans(rows, float(ORIGIN))
    assert np.array_equal(who, np.where(rows[:, E_PRESUMED] > 0, -1, rows[:, E_WHO]))
    assert np.allclose(spans[:, 0], rows[:, E_START] - ORIGIN)


def test_a_level_is_read_from_the_table_by_its_half_decibel() -> None:
    ratio, face = said_by_level(np.array([20.0, 60.2, 200.0]), np.array([1, 1, 99]))
    again = said_by_level(np.array([0.0, 60.0, 120.5]), np.array([0, 1, 8]))
    assert np.array_equal(ratio, again[0])
    assert np.array_equal(face, again[1])
