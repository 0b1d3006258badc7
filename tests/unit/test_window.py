"""Dates become instants in the district's zone, both ends included, over changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.calendar import covid_days

from fortnight.contact.observed import gaps, window_slots
from fortnight.contact.window import Window, local_date, midnight, window_of, zone_of
from fortnight.errors import QuestionError
from fortnight.risk.disease import load_disease

HOUR = 3_600_000
COVID = load_disease("covid-19")
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Asia/Beirut",
)


def window(anchor: date, until: date, *, days: int = 14, timezone: str = "UTC") -> Window:
    return window_of(anchor, COVID, days=days, until=until, timezone=timezone)


def test_both_ends_are_included() -> None:
    made = window(date(2024, 7, 15), date(2024, 7, 20))
    assert (made.first, made.last) == (date(2024, 7, 1), date(2024, 7, 20))
    assert made.start == int(datetime(2024, 7, 1, tzinfo=UTC).timestamp()) * 1_000
    assert made.end == int(datetime(2024, 7, 21, tzinfo=UTC).timestamp()) * 1_000


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 7, 1), 24)]
)
def test_a_day_is_as_long_as_its_clock_says(day: date, hours: int) -> None:
    made = window(day, day, days=0, timezone="Europe/Berlin")
    assert made.end - made.start == hours * HOUR


def test_a_day_that_a_country_left_out_has_no_length() -> None:
    edges = window(date(2011, 12, 31), date(2012, 1, 1), days=2, timezone="Pacific/Apia").edges
    assert np.diff(edges).tolist() == [24 * HOUR, 0, 24 * HOUR, 24 * HOUR]


@given(
    anchor=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    days=st.integers(0, 30),
    more=st.integers(0, 30),
    timezone=st.sampled_from(ZONES),
)
def test_windows_are_those_of_the_plain_calendar(
    anchor: date, days: int, more: int, timezone: str
) -> None:
    until = anchor + timedelta(days=more)
    made = window(anchor, until, days=days, timezone=timezone)
    plain = covid_days(anchor, days, until, timezone)
    assert made.edges.tolist() == [day.start for day in plain] + [plain[-1].end]
    assert made.back.tolist() == [day.back for day in plain]
    assert made.forward.tolist() == [day.forward for day in plain]
    assert made.weight.tolist() == pytest.approx([day.weight for day in plain])


def test_look_back_and_look_forward_are_the_diseases_own() -> None:
    made = window(date(2024, 7, 15), date(2024, 7, 30), days=16)
    assert made.offsets[made.back].tolist() == list(range(-14, 0))
    assert made.offsets[made.forward].tolist() == list(range(-2, 11))


@given(instant=st.integers(0, 4_000_000_000_000), name=st.sampled_from(ZONES))
def test_an_instant_lies_in_the_day_that_its_zone_says(instant: int, name: str) -> None:
    zone = zone_of(name)
    day = local_date(instant, zone)
    assert midnight(day, zone) <= instant < midnight(day + timedelta(days=1), zone)


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_told_with_an_example(name: str) -> None:
    with pytest.raises(QuestionError, match="Europe/Vilnius"):
        zone_of(name)


@pytest.mark.parametrize(
    ("days", "until", "word"),
    [
        (-1, date(2024, 7, 20), "--days"),
        (14, date(2024, 6, 1), "before it begins"),
        (14, date(2064, 7, 1), "days"),
    ],
)
def test_impossible_windows_are_told(days: int, until: date, word: str) -> None:
    with pytest.raises(QuestionError, match=word):
        window(date(2024, 7, 15), until, days=days)


def test_slots_and_gaps_of_a_window_that_begins_within_a_slot() -> None:
    made = window(date(2024, 7, 2), date(2024, 7, 2), days=0, timezone="Asia/Kathmandu")
    first, count, inside = window_slots(made)
    assert first * 24 * HOUR <= made.start
    assert count == 2
    assert inside.sum() == 288
    nothing = np.zeros_like(inside)
    assert gaps(nothing, made) == [(made.start, made.end)]
    assert gaps(inside, made) == []
    half = inside.copy()
    half[0] = False
    (gap,) = gaps(half, made)
    assert gap == (made.start, (first + 1) * 24 * HOUR)
