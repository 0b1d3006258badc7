"""Perfect probabilities hold, and no order of contacts or cases matters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnight.simulate.ranking import (
    MANY,
    area_under_curve,
    binomial_interval,
    brier,
    tenths,
)

CONTACTS = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=60)


def test_perfect_probabilities_give_a_flat_table() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        claimed = rng.random(20_000)
        parts = tenths(claimed, rng.random(20_000) < claimed)
        assert len(parts) == 10
        assert all(one.count >= MANY for one in parts)
        assert all(one.holds for one in parts)
        assert all(abs(one.share - (one.low + 0.05)) < 0.05 for one in parts)


def test_probabilities_that_are_off_are_caught() -> None:
    rng = np.random.default_rng(1)
    claimed = rng.random(20_000)
    parts = tenths(claimed, rng.random(20_000) < claimed**2)
    assert not all(one.holds for one in parts)


def test_small_tenths_of_perfect_probabilities_fail_in_one_of_a_hundred() -> None:
    rng = np.random.default_rng(2)
    held = []
    for _ in range(200):
        claimed = rng.random(300)
        held += [one.holds for one in tenths(claimed, rng.random(300) < claimed)]
    assert np.mean(held) > 0.985


@given(CONTACTS, st.randoms(use_true_random=False))
def test_no_order_matters(contacts: list[tuple[float, bool]], chance: object) -> None:
    mixed = list(contacts)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # Hypothesis's Random
    one, other = (
        (np.array([score for score, _ in rows]), np.array([true for _, true in rows]))
        for rows in (contacts, mixed)
    )
    assert area_under_curve(*one, len(contacts)) == area_under_curve(*other, len(contacts))
    assert tenths(*one) == tenths(*other)
    assert brier(*one) == brier(*other)


@given(CONTACTS)
def test_an_area_is_a_share_and_perfect_only_where_all_true_come_first(
    contacts: list[tuple[float, bool]],
) -> None:
    score = np.array([one for one, _ in contacts])
    true = np.array([one for _, one in contacts])
    area = area_under_curve(score, true, max(1, int(true.sum())))
    assert 0.0 <= area <= 1.0 + 1e-12
    if true.any():
        apart = true.all() or score[true].min() > score[~true].max()
        assert (area == pytest.approx(1.0)) == apart


@given(st.integers(1, 999), st.data())
def test_the_interval_holds_what_was_seen(count: int, data: st.DataObject) -> None:
    true = data.draw(st.integers(0, count))
    low, high = binomial_interval(true, count)
    assert 0.0 <= low <= true / count <= high <= 1.0
    narrow = binomial_interval(true, count, sure=0.9)
    assert low <= narrow[0] <= narrow[1] <= high
