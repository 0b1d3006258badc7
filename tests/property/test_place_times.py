"""Place-times: what must hold of them wherever and whenever people are near each other."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnight.contact.days import by_day
from fortnight.contact.places import (
    CELL_M,
    DAY_BEGINS,
    GAP_MS,
    Part,
    Spot,
    centre,
    count_places,
    groups,
    sphere,
)

RADIUS = 25.0
MOST_APART = 2 * (RADIUS + CELL_M * 3**0.5)
HOUR = 3_600_000
DAY = 24 * HOUR
GROUNDS = ((12.57, 55.68), (179.9999, -16.9), (0.0, 0.0), (0.0, 89.9999), (-71.3, -89.9999))
METRES_A_DEGREE = 111_195.0
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati")
SPRING = int(datetime(2024, 3, 30, tzinfo=UTC).timestamp()) * 1_000  # clocks change the day after

zones = st.sampled_from(ZONES).map(ZoneInfo)


@st.composite
def spots(draw: st.DrawFn) -> list[Spot]:
    """Draw spots around one ground, some metres and hours apart."""
    lon, lat = draw(st.sampled_from(GROUNDS))
    size = draw(st.sampled_from((5.0, 40.0, 120.0)))
    found = []
    for _ in range(draw(st.integers(0, 14))):
        east, north = (draw(st.floats(-1, 1)) * size / METRES_A_DEGREE for _ in range(2))
        start = SPRING + draw(st.integers(0, 40)) * HOUR
        end = start + draw(st.sampled_from((0, HOUR // 2, HOUR, 7 * HOUR, 30 * HOUR)))
        wide = (lon + east / max(math.cos(math.radians(lat)), 0.01) + 180) % 360 - 180
        found.append(Spot(wide, min(90.0, max(-90.0, lat + north)), start, end))
    return found


@given(spots(), zones)
def test_every_moment_of_every_spot_is_in_one_place_time(found: list[Spot], zone: ZoneInfo) -> None:
    parts = [part for made in groups(found, RADIUS, zone) for part in made]
    for k, spot in enumerate(found):
        own = sorted(part for part in parts if part.spot == k)
        assert own[0].start == spot.start
        assert own[-1].end == spot.end
        assert [part.end for part in own[:-1]] == [part.start for part in own[1:]]
        assert sum(part.share for part in own) == pytest.approx(1.0)


@given(spots(), zones)
def test_a_place_time_is_narrow_short_and_without_a_long_quiet_time(
    found: list[Spot], zone: ZoneInfo
) -> None:
    for made in groups(found, RADIUS, zone):
        xyz = sphere([(found[part.spot].lon, found[part.spot].lat) for part in made])
        assert np.linalg.norm(xyz[:, None] - xyz[None], axis=2).max() <= MOST_APART
        start, end = min(part.start for part in made), max(part.end for part in made)
        assert end - start <= DAY + HOUR  # the day on which clocks go back has 25 hours
        (day,) = {one.day for one in by_day(start, max(start, end - 1), zone, begins=DAY_BEGINS)}
        assert day
        until = start
        for part in sorted(made, key=lambda part: part.start):
            assert part.start <= until + GAP_MS
            until = max(until, part.end)


@given(spots(), zones, st.randoms(use_true_random=False))
def test_the_order_of_spots_does_not_matter(
    found: list[Spot], zone: ZoneInfo, chance: object
) -> None:
    order = list(range(len(found)))
    chance.shuffle(order)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random
    made = groups([found[k] for k in order], RADIUS, zone)
    again = {frozenset(Part(order[p.spot], *p[1:]) for p in one) for one in made}
    assert again == {frozenset(one) for one in groups(found, RADIUS, zone)}


@given(spots(), zones)
def test_who_is_at_one_spot_at_one_time_is_in_one_place_time(
    found: list[Spot], zone: ZoneInfo
) -> None:
    doubled = found + found
    for made in groups(doubled, RADIUS, zone):
        here = sorted((part.spot % max(1, len(found)), part.start) for part in made)
        assert here[::2] == here[1::2]


@given(spots())
def test_the_centre_does_not_depend_on_the_order_and_lies_among_the_spots(
    found: list[Spot],
) -> None:
    for made in groups(found, RADIUS, ZoneInfo("UTC")):
        here = [found[part.spot] for part in made]
        assert centre(here) == centre(here[::-1])
        middle = sphere([centre(here)])[0]
        others = sphere([(spot.lon, spot.lat) for spot in here])
        rounding = METRES_A_DEGREE * 1e-4
        assert np.linalg.norm(others - middle, axis=1).max() <= MOST_APART + rounding


def test_a_street_full_of_people_is_many_places() -> None:
    street = [Spot(12.5 + k * 1e-4, 55.7, 0, HOUR) for k in range(200)]  # 6.3 m from each to next
    made = groups(street, RADIUS, ZoneInfo("UTC"))
    assert 25 <= len(made) <= 50
    assert count_places([(spot.lon, spot.lat) for spot in street]) == len(made)


def test_an_evening_that_ends_at_two_is_one_place_time_and_a_home_has_one_a_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    evening = int(datetime(2024, 7, 5, 22, tzinfo=berlin).timestamp()) * 1_000
    assert len(groups([Spot(12.5, 55.7, evening, evening + 4 * HOUR)], RADIUS, berlin)) == 1
    assert len(groups([Spot(12.5, 55.7, evening, evening + 3 * DAY)], RADIUS, berlin)) == 4


def test_a_place_with_thousands_is_found_soon() -> None:
    crowd = [Spot(12.5 + k % 7 * 1e-5, 55.7, k, k + 10) for k in range(20_000)]
    assert [len(one) for one in groups(crowd, RADIUS, ZoneInfo("UTC"))] == [20_000]
