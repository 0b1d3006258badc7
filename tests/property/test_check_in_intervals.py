"""What holds for the interval of any check-in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fortnight.evidence.check_in_intervals import INTERVAL_S, derive_interval

MINUTE_MS = 60_000
STEP_MS = INTERVAL_S * 1_000
starts = st.integers(1_600_000_000_000, 1_700_000_000_000)
stays_min = st.integers(10, 24 * 60)


@given(start=starts, stay=st.integers(0, 24 * 60 * MINUTE_MS))
def test_ends_are_whole_intervals_and_only_short_stays_are_dropped(start: int, stay: int) -> None:
    found = derive_interval(start, start + stay)
    seconds = (start + stay) // 1_000 - start // 1_000
    assert (found is None) == (seconds < 600)
    if found is not None:
        assert found[0] % STEP_MS == found[1] % STEP_MS == 0
        assert found[1] > found[0]


@given(start=starts, stay=stays_min)
def test_the_length_is_that_of_the_stay_and_the_air_after_it_rounded(start: int, stay: int) -> None:
    found = derive_interval(start, start + stay * MINUTE_MS)
    assert found is not None
    lengthened = (stay + min(stay, 30)) * MINUTE_MS
    assert abs(found[1] - found[0] - lengthened) <= STEP_MS // 2


@given(start=starts, stay=stays_min)
def test_the_interval_leaves_at_most_a_step_and_a_half_out(start: int, stay: int) -> None:
    found = derive_interval(start, start + stay * MINUTE_MS)
    assert found is not None
    assert found[0] <= start + 3 * STEP_MS // 2
    assert found[1] >= start + (stay + min(stay, 30)) * MINUTE_MS - 3 * STEP_MS // 2


@given(start=starts, stay=stays_min, more=st.integers(0, 600))
def test_a_longer_stay_is_never_a_shorter_interval(start: int, stay: int, more: int) -> None:
    one = derive_interval(start, start + stay * MINUTE_MS)
    other = derive_interval(start, start + (stay + more) * MINUTE_MS)
    assert one is not None
    assert other is not None
    assert other[1] - other[0] >= one[1] - one[0]


@given(start=starts, stay=stays_min, steps=st.integers(-1_000, 1_000))
def test_the_same_stay_at_another_interval_moves_with_it(start: int, stay: int, steps: int) -> None:
    moved = start + steps * STEP_MS
    one = derive_interval(start, start + stay * MINUTE_MS)
    other = derive_interval(moved, moved + stay * MINUTE_MS)
    assert one is not None
    assert other == (one[0] + steps * STEP_MS, one[1] + steps * STEP_MS)
