"""Whatever the attenuation and the distance: nearer is stronger, and nothing is certain."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fortnight.contact import bluetooth as model

levels = st.floats(20, 120)
metres = st.floats(model.LEAST_M, 60)
scans = st.integers(1, 500)


@given(metres, metres, st.integers(0, 4))
def test_farther_is_weaker_on_average(one: float, other: float, walls: int) -> None:
    near, far = sorted((one, other))
    assert model.mean_attenuation(near, walls) <= model.mean_attenuation(far, walls)
    assert model.mean_attenuation(far, walls) < model.mean_attenuation(far, walls + 1)


@given(levels, levels)
def test_weaker_is_heard_less(one: float, other: float) -> None:
    strong, weak = sorted((one, other))
    assert model.heard(strong) >= model.heard(weak) >= 0


@given(levels, scans, st.floats(0.5, 5))
def test_densities_are_finite_everywhere(level: float, count: int, near_m: float) -> None:
    assert np.all(np.isfinite(model.log_class_densities(level, scans=count, near_m=near_m)))


@given(levels, levels, scans)
def test_against_the_same_room_a_stronger_run_never_says_farther(
    one: float, other: float, count: int
) -> None:
    room = model.Far(room=1.0, place=0.0, elsewhere=0.0)
    strong, weak = sorted((one, other))
    ratios = model.log_likelihood_ratio(np.array([strong, weak]), far=room, scans=count)
    assert ratios[0] >= ratios[1] - 1e-9


@given(st.lists(levels, min_size=1, max_size=20), scans)
def test_arrays_say_what_their_entries_say(values: list[float], count: int) -> None:
    together = model.log_likelihood_ratio(np.array(values), scans=count)
    alone = [float(model.log_likelihood_ratio(value, scans=count)) for value in values]
    assert np.allclose(together, alone)


@given(levels, metres)
def test_more_scans_at_the_expected_strength_never_speak_against_the_distance(
    level: float, distance: float
) -> None:
    mean = model.mean_attenuation(distance)
    few, many = (model.log_density(mean, distance, scans=n) for n in (1, 9))
    assert many >= few
    assert model.log_density(level, distance) <= few
