"""What is taken the short way is what the rules for whole columns would keep, to the byte."""

from __future__ import annotations

import json

import msgspec
import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fortnight.arrivals.bounds import is_surely_shallow, shape
from fortnight.arrivals.json_rows import FixRow, JsonTable
from fortnight.arrivals.rows import check_fixes, check_json_fixes
from fortnight.arrivals.sound import MOST_ROWS, packed_if_sound

NOW = 1_772_366_400_000  # 2026-03-01 12:00 UTC
DAY = 86_400_000
near = st.sampled_from([0.0, 1e-9, 0.001, 180.0, 180.00000001, 89.99999999, 90.0, 90.1, 1e300])
degrees = near | near.map(lambda value: -value) | st.floats(-200, 200) | st.just(float("nan"))
times = (
    st.integers(NOW - 15 * DAY, NOW + DAY)
    | st.integers((NOW - 15 * DAY) // 1_000, (NOW + DAY) // 1_000)
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from([None, "2026-03-01T11:00:00Z", "yesterday", NOW + 300_000, NOW + 300_001])
)
sources = st.sampled_from([None, "gnss", "gps", "GPS", " wifi ", "cell", "unknown", "fused", "", 3])
accuracies = (
    st.sampled_from([None, 0, 12, -1, 10_000, 10_001, "7", "x", 10_000.0001, -0.0])
    | st.floats(-1, 20_000)
    | st.integers(-(2**70), 2**70)
)
any_row = st.builds(FixRow, times, degrees, degrees, accuracies, sources)
sound_row = st.builds(
    FixRow,
    st.integers(NOW - 14 * DAY, NOW),
    st.floats(0.01, 180),
    st.floats(-90, 90),
    st.none() | st.floats(0, 10_000) | st.integers(0, 10_000),
    st.sampled_from([None, "gnss", "wifi", "cell", "unknown"]),
)


def table(rows: list[FixRow]) -> JsonTable[FixRow]:
    return JsonTable(rows, np.arange(len(rows)), ())


@settings(deadline=None)
@given(st.lists(any_row | sound_row, max_size=5) | st.lists(sound_row, max_size=5))
def test_the_short_way_keeps_what_the_rules_keep(rows: list[FixRow]) -> None:
    assert check_json_fixes(table(rows), NOW) == check_fixes(table(rows), NOW)


@settings(deadline=None)
@given(sound_row)
def test_sound_fixes_take_the_short_way(row: FixRow) -> None:
    assert packed_if_sound([row], NOW) is not None
    assert packed_if_sound([row] * (MOST_ROWS + 1), NOW) is None


@settings(deadline=None)
@given(any_row)
def test_what_breaks_a_rule_never_takes_the_short_way(row: FixRow) -> None:
    if not check_fixes(table([row]), NOW).kept:
        assert packed_if_sound([row], NOW) is None


texts = st.text(st.sampled_from('ab[]{}",\\'), max_size=6)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=30,
)


@settings(deadline=None)
@given(values, st.integers(2, 8))
@example([[[[[[[[[]]]]]]]]], 8)
@example({"{": "}"}, 2)
def test_what_is_surely_shallow_is(value: object, most: int) -> None:
    for body in (json.dumps(value).encode(), msgspec.json.encode(value)):
        if is_surely_shallow(body, most):
            assert shape(body)[0] <= most


def test_batches_as_apps_send_them_are_surely_shallow() -> None:
    rows = [{"time": NOW, "lon": 24.1, "lat": 56.9, "accuracy": 12.0, "source": "gnss"}] * 100
    assert is_surely_shallow(json.dumps({"batch": "b", "fixes": rows}).encode(), 8)
    assert not is_surely_shallow(b"[" * 9 + b"]" * 9, 8)
