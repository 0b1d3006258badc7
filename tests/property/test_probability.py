"""The chance of being near: the table, its formula, SciPy, and when a distance is passed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.integrate import quad  # type: ignore[import-untyped]  # SciPy ships no types
from scipy.special import i0e  # type: ignore[import-untyped]  # SciPy ships no types
from scipy.stats import rice  # type: ignore[import-untyped]  # SciPy ships no types
from tests.reference.effort import FEWER, WORLDS

from fortnight.contact.meeting import Motion, inside, nearest_time, separation
from fortnight.contact.probability import (
    NODES,
    WEIGHTS,
    all_within,
    distance_limits,
    new_samples,
    probability_peak,
    reach,
    rice_table,
    sigma_limit,
    within,
    within_exact,
)

radii = st.floats(1.0, 1_000.0)
chances = st.floats(0.01, 0.4)


@WORLDS
@given(
    distance=st.floats(0.0, 5_000.0),
    sigma=st.floats(0.5, 5_000.0),
    radius=radii,
)
@example(distance=0.0, sigma=10.0, radius=25.0)
@example(distance=25.0, sigma=2.0, radius=25.0)
@example(distance=25.0, sigma=250.0, radius=25.0)
def test_within_is_the_rice_distribution(distance: float, sigma: float, radius: float) -> None:
    wanted = float(rice.cdf(radius / sigma, distance / sigma))
    exact = float(within_exact(distance / sigma, radius / sigma, NODES, WEIGHTS))
    assert abs(exact - wanted) < 1e-7
    assert abs(float(within(distance, sigma, radius, rice_table())) - wanted) < 5e-6


samples = st.tuples(
    st.one_of(st.floats(0.0, 200.0), st.just(0.0), st.floats(0.0, 5_000.0)),
    st.one_of(st.floats(3.0, 90.0), st.floats(0.0, 1e-3), st.floats(0.5, 5_000.0)),
)


@WORLDS
@given(rows=st.lists(samples, min_size=0, max_size=40), radius=st.one_of(st.just(25.0), radii))
def test_many_at_once_are_those_of_one_at_a_time_to_the_last_bit(
    rows: list[tuple[float, float]], radius: float
) -> None:
    many = new_samples(len(rows))
    many.squares[:] = [distance**2 for distance, _ in rows]
    many.variances[:] = [sigma**2 for _, sigma in rows]
    wanted = [
        within(math.sqrt(square), math.sqrt(max(variance, 1e-6)), radius, rice_table())
        for square, variance in zip(many.squares.tolist(), many.variances.tolist(), strict=True)
    ]
    all_within(many, len(rows), radius, rice_table())
    assert many.chances.tolist() == wanted


@WORLDS
@given(alpha=st.floats(0.0, 30.0), beta=st.floats(0.01, 30.0))
def test_within_exact_is_the_integral_of_the_density(alpha: float, beta: float) -> None:
    def density(r: float) -> float:
        return r * math.exp(-((r - alpha) ** 2) / 2) * float(i0e(r * alpha))

    low, high = max(0.0, min(beta, alpha - 12)), min(beta, alpha + 12)
    wanted = quad(density, low, high, limit=200)[0]
    exact = float(within_exact(alpha, beta, NODES, WEIGHTS))
    assert abs(exact - wanted) < 1e-8


def test_within_counts_as_many_random_errors_as_there_are() -> None:
    chance = np.random.default_rng(11)
    for distance, sigma, radius in ((0.0, 14.1, 25.0), (30.0, 14.1, 25.0), (60.0, 40.0, 25.0)):
        errors = chance.normal(0, sigma, (2, 400_000))
        share = float((np.hypot(errors[0] + distance, errors[1]) <= radius).mean())
        assert abs(share - float(within(distance, sigma, radius, rice_table()))) < 0.003


@WORLDS
@given(sigma=st.floats(0.5, 2_000.0), radius=radii)
def test_at_no_separation_the_chance_has_a_closed_form(sigma: float, radius: float) -> None:
    wanted = 1 - math.exp(-(radius**2) / (2 * sigma**2))
    assert abs(float(within(0.0, sigma, radius, rice_table())) - wanted) < 5e-6


@WORLDS
@given(radius=radii, chance=chances)
def test_sigma_limit_is_where_no_separation_still_gives_the_chance(
    radius: float, chance: float
) -> None:
    limit = sigma_limit(radius, chance)
    assert abs(float(rice.cdf(radius / limit, 0.0)) - chance) < 1e-9


@FEWER
@given(radius=radii, chance=chances, share=st.floats(0.003, 1.0))
def test_no_sigma_gives_the_chance_beyond_the_reach(
    radius: float, chance: float, share: float
) -> None:
    sigma = share * sigma_limit(radius, chance)
    beyond = reach(radius, chance) * 1.0001
    assert float(rice.cdf(radius / sigma, beyond / sigma)) < chance


def test_reach_of_the_defaults_is_68_m_and_no_larger_than_needed() -> None:
    assert reach(25.0, 0.05) == pytest.approx(68.0, abs=0.01)
    sigmas = np.linspace(20.0, 78.0, 2_000)
    assert rice.cdf(25.0 / sigmas, 67.5 / sigmas).max() > 0.05


def test_distance_limits_are_where_the_chance_falls_to_the_least() -> None:
    limits = distance_limits(25.0, 0.05)
    sigmas = np.linspace(0.0, sigma_limit(25.0, 0.05), len(limits))
    for sigma, limit in zip(sigmas[3:-2:7], limits[3:-2:7], strict=True):
        assert rice.cdf(25.0 / sigma, (limit - 0.01) / sigma) >= 0.05
        assert rice.cdf(25.0 / sigma, limit / sigma) <= 0.05
    assert limits[1] == pytest.approx(25.2, abs=0.5)
    assert limits[-1] < 1.0


lengths = st.floats(-300.0, 300.0)
speeds = st.one_of(st.just(0.0), st.floats(-0.1, 0.1), st.floats(-1e-9, 1e-9))  # m a ms
motions = st.builds(
    lambda span, way, v: Motion(span, way[0], way[1], way[2], v[0], v[1], v[2], 100.0, 0.0, 0.0),
    st.floats(1.0, 600_000.0),
    st.tuples(lengths, lengths, lengths),
    st.tuples(speeds, speeds, speeds),
)


def separations(m: Motion, t: np.ndarray[tuple[int], np.dtype[np.float64]]) -> object:
    """Return the separations of a motion at many times."""
    return np.sqrt((m.x + t * m.u) ** 2 + (m.y + t * m.v) ** 2 + (m.z + t * m.w) ** 2)


@WORLDS
@given(away=st.floats(1.0, 5.0), sigma=st.floats(0.01, 20.0))
@example(away=1.4, sigma=0.85)
def test_no_sigma_gives_more_than_the_peak(away: float, sigma: float) -> None:
    told = probability_peak(1.4, 0.05)
    assert 0.15 < told < 0.25
    if away >= 1.4:
        assert rice.cdf(1.0 / sigma, away / sigma) <= told
    assert rice.cdf(1.0 / sigma, away / sigma) <= probability_peak(away, 1e-9)


@WORLDS
@given(m=motions, distance=st.floats(1.0, 400.0))
def test_inside_is_when_the_separation_is_at_most_the_distance(m: Motion, distance: float) -> None:
    t = np.linspace(0.0, m.span, 4_001)
    away = np.asarray(separations(m, t))
    nearest = float(separation(m, nearest_time(m, 0.0, m.span)))
    assert nearest <= away.min() + 1e-6
    assume(abs(nearest - distance) > 1e-4)
    begin, end = inside(m, distance)
    assert (end > begin) is bool(nearest < distance)
    if end > begin:
        assert 0.0 <= begin < end <= m.span
        held = (t > begin + 1e-6 * m.span) & (t < end - 1e-6 * m.span)
        assert (away[held] <= distance + 1e-4).all()
        left = (t < begin - 1e-6 * m.span) | (t > end + 1e-6 * m.span)
        assert (away[left] >= distance - 1e-4).all()
