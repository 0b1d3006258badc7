"""Place-times against the slow way: everything held against everything."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fortnight.contact.places import Spot, centre, groups, sphere

RADIUS = 25.0
GAP = 1_000.0
GROUNDS = ((12.57, 55.68), (179.9999, -16.9), (0.0, 0.0), (0.0, 89.9999), (-71.3, -89.9999))
METRES_A_DEGREE = 111_195.0


@st.composite
def spots(draw: st.DrawFn) -> list[Spot]:
    """Draw spots around one ground, some metres and moments apart."""
    lon, lat = draw(st.sampled_from(GROUNDS))
    size = draw(st.sampled_from((5.0, 40.0, 120.0)))
    found = []
    for _ in range(draw(st.integers(0, 14))):
        east, north = (draw(st.floats(-1, 1)) * size / METRES_A_DEGREE for _ in range(2))
        start = draw(st.integers(0, 6_000))
        end = start + draw(st.integers(0, 1_500))
        wide = (lon + east / max(math.cos(math.radians(lat)), 0.01) + 180) % 360 - 180
        found.append(Spot(wide, min(90.0, max(-90.0, lat + north)), start, end))
    return found


def slow(found: list[Spot]) -> set[frozenset[int]]:
    """Join whatever is near in space and time until nothing changes."""
    xyz = sphere([(spot.lon, spot.lat) for spot in found])
    sets = [{k} for k in range(len(found))]
    for a, one in enumerate(found):
        for b, other in enumerate(found):
            near = np.linalg.norm(xyz[a] - xyz[b]) <= RADIUS
            close = other.start <= one.end + GAP and one.start <= other.end + GAP
            if near and close and sets[a] is not sets[b]:
                sets[a] |= sets[b]
                for k in sets[a]:
                    sets[k] = sets[a]
    return {frozenset(one) for one in sets}


@given(spots())
def test_groups_are_those_of_the_slow_way(found: list[Spot]) -> None:
    made = groups(found, RADIUS, GAP)
    assert {frozenset(one) for one in made} == slow(found)
    assert sorted(k for one in made for k in one) == list(range(len(found)))


@given(spots(), st.randoms(use_true_random=False))
def test_the_order_of_spots_does_not_matter(found: list[Spot], chance: object) -> None:
    order = list(range(len(found)))
    chance.shuffle(order)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random
    made = groups([found[k] for k in order], RADIUS, GAP)
    again = {frozenset(order[k] for k in one) for one in made}
    assert again == {frozenset(one) for one in groups(found, RADIUS, GAP)}


@given(spots())
def test_the_centre_does_not_depend_on_the_order_and_lies_among_the_spots(
    found: list[Spot],
) -> None:
    for members in groups(found, RADIUS, GAP):
        here = [found[k] for k in members]
        assert centre(here) == centre(here[::-1])
        middle = sphere([centre(here)])[0]
        others = sphere([(spot.lon, spot.lat) for spot in here])
        rounding = 2 * METRES_A_DEGREE * 1e-4
        assert np.linalg.norm(others - middle, axis=1).min() <= RADIUS * len(here) + rounding


def test_a_place_with_thousands_is_found_in_one_sweep() -> None:
    crowd = [Spot(12.5, 55.7, k, k + 10) for k in range(20_000)]
    assert [len(one) for one in groups(crowd, RADIUS, GAP)] == [20_000]
