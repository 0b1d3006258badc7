"""How often one may ask: the rule, without a clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fortnight.web.limits import Meter, Rate, take

NOW = 1_772_366_400_000
rates = st.builds(Rate, st.integers(1, 100_000), st.integers(1, 1_000))


def test_a_newcomer_may_ask_so_many_times_at_once_and_then_waits_for_one_interval() -> None:
    meter = Meter(Rate(a_minute=60, at_once=3))
    assert [meter.take("a", NOW).wait_ms for _ in range(5)] == [0, 0, 0, 1_000, 1_000]
    assert meter.take("b", NOW).is_allowed
    assert meter.take("a", NOW + 999).wait_ms == 1
    assert meter.take("a", NOW + 1_000).is_allowed
    assert not meter.take("a", NOW + 1_000).is_allowed


@given(rates, st.lists(st.integers(0, 5_000), min_size=1, max_size=200))
def test_no_more_pass_than_the_burst_and_what_was_earned_since(
    rate: Rate, pauses: list[int]
) -> None:
    whole_at, now, passed = 0, NOW, 0
    for pause in pauses:
        now += pause
        taken = take(rate, whole_at, now)
        whole_at = taken.whole_at_us
        passed += taken.is_allowed
    assert passed <= rate.at_once + (now - NOW) * 1_000 / rate.interval_us


@given(rates, st.integers(1, 2_000))
def test_whoever_waits_as_long_as_told_is_let_in(rate: Rate, asked: int) -> None:
    whole_at = 0
    for _ in range(asked):
        taken = take(rate, whole_at, NOW)
        whole_at = taken.whole_at_us
        if not taken.is_allowed:
            assert take(rate, whole_at, NOW + taken.wait_ms).is_allowed
            assert not take(rate, whole_at, NOW + taken.wait_ms - 1).is_allowed
            return
    assert asked <= rate.at_once


def test_a_refused_request_costs_nothing() -> None:
    rate = Rate(a_minute=60, at_once=1)
    first = take(rate, 0, NOW)
    assert take(rate, first.whole_at_us, NOW).whole_at_us == first.whole_at_us


def test_a_clock_that_went_back_locks_nobody_out_for_longer_than_it_went() -> None:
    rate = Rate(a_minute=60, at_once=1)
    first = take(rate, 0, NOW)
    assert take(rate, first.whole_at_us, NOW - 5_000).wait_ms == 6_000


def test_a_flood_of_addresses_costs_no_memory() -> None:
    meter = Meter(Rate(60, 1), most=10)
    for address in range(1_000):
        assert meter.take(address, NOW).is_allowed
    assert len(meter) == 10
    assert not meter.take(999, NOW).is_allowed
