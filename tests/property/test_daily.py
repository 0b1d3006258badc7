"""Contacts weighed day by day in one pass, against twins of NumPy's calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.effort import FEWER

from fortnight.risk.assessment import infection_days
from fortnight.risk.daily import (
    D_CLOSE,
    D_CLOSE_DAYS,
    D_DOSE,
    D_FIRST,
    D_LAST,
    D_MINUTES,
    D_MOST,
    add_days,
    best_days,
    curves_by_date,
    first_wrong,
    ranks_of,
)
from fortnight.risk.dates import by_date
from fortnight.risk.tiers import most_within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DAYS = 6
FOLLOWED = 5

met = st.just(0.0) | st.floats(0.0, 1_440.0)
tables = st.lists(st.lists(met, min_size=DAYS, max_size=DAYS), max_size=5).map(
    lambda rows: np.array(rows, dtype=np.float64).reshape(-1, DAYS)
)
shares = st.lists(st.just(0.0) | st.floats(0.0, 1.0), min_size=DAYS, max_size=DAYS).map(np.array)
curves = st.lists(
    st.floats(0.0, 1.0), min_size=DAYS + FOLLOWED + 1, max_size=DAYS + FOLLOWED + 1
).map(np.array)


@FEWER
@given(
    table=tables,
    near=shares,
    weights=shares,
    counts=st.lists(st.booleans(), min_size=5 + DAYS, max_size=5 + DAYS),
    width=st.integers(1, DAYS),
)
def test_days_are_added_up_as_by_the_plain_twin(
    table: Floats, near: Floats, weights: Floats, counts: list[bool], width: int
) -> None:
    people, forward = np.array(counts[: len(table)], dtype=np.bool_), np.array(counts[5:])
    close = table * near
    sums, counted = add_days(table, close, np.concatenate((people, forward)), weights, width)
    wanted = table * forward * people[:, None]
    assert np.array_equal(counted, wanted)
    assert np.allclose(sums[:, D_MINUTES], wanted.sum(axis=1))
    assert np.allclose(sums[:, D_DOSE], wanted @ weights)
    assert np.allclose(sums[:, D_CLOSE], close @ weights)
    assert np.array_equal(sums[:, D_CLOSE_DAYS], (close * weights > 0.0).sum(axis=1))
    assert np.allclose(sums[:, D_MOST], most_within(wanted, width))
    for row, first, last in zip(wanted, sums[:, D_FIRST], sums[:, D_LAST], strict=True):
        days = np.flatnonzero(row > 0.0)
        assert (first, last) == ((days[0], days[-1]) if len(days) else (-1, -1))


def best(found: Floats, first: int, last: int) -> float:
    """Return the first day, from one to another, on which a test finds within 0.01 of the most."""
    asked = found[first : last + 1]
    if asked.max(initial=0.0) <= 0.0:
        return np.nan
    return first + float(np.flatnonzero(asked >= asked.max() - 0.01)[0])


@FEWER
@given(table=tables, weights=shares, curve=curves, earliest=st.integers(0, DAYS + FOLLOWED))
def test_the_day_to_test_is_that_of_the_plain_twin(
    table: Floats, weights: Floats, curve: Floats, earliest: int
) -> None:
    everyone = np.ones(len(table) + DAYS, dtype=np.bool_)
    sums, _ = add_days(table, table, everyone, weights, 1)
    days = best_days(table, weights, curve, sums, FOLLOWED, earliest)
    found = by_date(infection_days(table, weights), curve, DAYS + FOLLOWED)
    ends = sums[:, D_LAST].astype(np.int64) + FOLLOWED
    wanted = [best(row, earliest, end) for row, end in zip(found, ends, strict=True)]
    np.testing.assert_array_equal(days, wanted)


@FEWER
@given(table=tables, weights=shares, curve=curves)
def test_curves_by_date_are_those_of_the_plain_twin(
    table: Floats, weights: Floats, curve: Floats
) -> None:
    parts = infection_days(table, weights)
    wanted = by_date(parts, curve, DAYS + FOLLOWED)
    assert np.allclose(curves_by_date(parts, curve, DAYS + FOLLOWED), wanted, atol=2e-9)


@pytest.mark.parametrize("wrong", [-1e-9, np.nan, np.inf, -np.inf])
def test_the_first_minutes_that_cannot_be_are_found(wrong: float) -> None:
    minutes = np.zeros((3, 4))
    assert first_wrong(minutes) == -1
    minutes[1, 2] = minutes[2, 0] = wrong
    assert first_wrong(minutes) == 6


@FEWER
@given(
    rows=st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 1.0000001, 2.0, 3.5]), st.booleans(), st.booleans()),
        max_size=8,
    )
)
def test_a_rank_counts_those_of_the_same_group_with_a_higher_dose(
    rows: list[tuple[float, bool, bool]],
) -> None:
    doses, household, exposed = (np.array([row[k] for row in rows]) for k in range(3))
    ranks = ranks_of(doses.astype(np.float64), household.astype(bool), exposed.astype(bool))
    for rank, (dose, home, met) in zip(ranks.tolist(), rows, strict=True):
        group = [one for one, at_home, there in rows if there and at_home == home]
        higher = sum(round(one, 6) > round(dose, 6) for one in group)
        assert rank == (1 + higher if met else 0)
