"""Rows sought from a guess are those sought from the middle, whatever the guess."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.effort import COMPILES

from fortnight.track.growing import first_row_around, first_row_at_least


@COMPILES
@given(
    keys=st.lists(st.integers(0, 40), max_size=400).map(sorted),
    wanted=st.integers(-1, 42),
    guess=st.integers(-5, 500),
)
def test_a_guess_changes_nothing(keys: list[int], wanted: int, guess: int) -> None:
    rows = np.array([[key, 0] for key in keys], dtype=np.int32).reshape(-1, 2)
    first = sum(key < wanted for key in keys)
    assert first_row_around(rows, wanted, guess) == first_row_at_least(rows, wanted) == first
