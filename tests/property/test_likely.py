"""When a moving pair is likely near: against samples of the chance by SciPy, a thousand each."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import chndtr  # type: ignore[import-untyped]  # SciPy ships no types
from tests.reference.effort import FEWER, WORLDS

from fortnight.contact.batch import PAIR, PERIODS, SINCE, UNTIL, new_batch
from fortnight.contact.likely import find_periods
from fortnight.contact.meeting import Motion, Nearness
from fortnight.contact.probability import distance_limits, edge_squares, reach, sigma_limit

Floats = NDArray[np.float64]

SAMPLES = 1_001
UNSURE = 5e-4
"""A chance that is this close to the least one may count or not."""


def near_of(radius: float, chance: float) -> Nearness:
    """Return what counts as near."""
    limits, most = distance_limits(radius, chance), sigma_limit(radius, chance)
    peak = most * float(limits.argmax()) / (len(limits) - 1)
    return Nearness(radius, reach(radius, chance), most, chance, 0.05, peak, radius, 1.0)


def chances_of(m: Motion, t: Floats, radius: float) -> Floats:
    """Return how likely the two are within ``radius`` at some times."""
    square = (m.x + t * m.u) ** 2 + (m.y + t * m.v) ** 2 + (m.z + t * m.w) ** 2
    variance = np.maximum(m.c0 + t * (m.c1 + t * m.c2), 1e-6)
    out: Floats = chndtr(radius**2 / variance, 2.0, square / variance)
    return out


def periods_of(found: list[Motion], near: Nearness) -> list[list[tuple[float, float]]]:
    """Return the likely periods of each motion, all found in one batch."""
    batch = new_batch()
    for pair, m in enumerate(found):
        batch.motions[:, pair] = m
    edge = edge_squares(near.radius, near.min_probability)
    find_periods(batch, len(found), near, edge)
    rows = batch.periods[: batch.used[PERIODS]]
    return [[(r[SINCE], r[UNTIL]) for r in rows[rows[:, PAIR] == k]] for k in range(len(found))]


ways = st.floats(-120.0, 120.0)
drifts = st.one_of(st.just(0.0), st.floats(-0.002, 0.002), st.floats(-0.02, 0.02))  # m a ms


@st.composite
def motions(draw: st.DrawFn) -> Motion:
    """Draw two ways with an error that swells between their ends, as on legs, or does not."""
    span = draw(st.floats(5_000.0, 300_000.0))
    x, y, z = draw(ways), draw(ways), draw(ways)
    u, v, w = draw(drifts), draw(drifts), draw(drifts)
    first, last = draw(st.floats(0.5, 90.0)) ** 2, draw(st.floats(0.5, 90.0)) ** 2
    swells = draw(st.one_of(st.just(0.0), st.floats(1.0, 150.0))) ** 2
    # first + share (last - first) + 4 swells share (1 - share), by time
    c1 = (last - first + 4.0 * swells) / span
    return Motion(span, x, y, z, u, v, w, first, c1, -4.0 * swells / span**2)


@WORLDS
@given(found=st.lists(motions(), min_size=1, max_size=12))
def test_the_periods_are_where_the_chance_is_at_least_the_least(found: list[Motion]) -> None:
    near = near_of(25.0, 0.05)
    for m, periods in zip(found, periods_of(found, near), strict=True):
        t = np.linspace(0.0, m.span, SAMPLES)
        chances = chances_of(m, t, near.radius)
        inside = np.zeros(SAMPLES, dtype=bool)
        for since, until in periods:
            assert 0.0 <= since < until <= m.span
            inside |= (t >= since - 25.0) & (t <= until + 25.0)
        wrong = inside != (chances >= near.min_probability)
        wrong &= abs(chances - near.min_probability) > UNSURE
        # a moment is allowed 25 ms, by which the chance changes little
        early, late = (chances_of(m, np.clip(t + by, 0, m.span), 25.0) for by in (-50.0, 50.0))
        steep = (early - near.min_probability) * (late - near.min_probability) <= 0.0
        assert not (wrong & ~steep).any()


@FEWER
@given(found=st.lists(motions(), min_size=2, max_size=12))
def test_no_period_depends_on_what_else_is_in_the_batch(found: list[Motion]) -> None:
    near = near_of(25.0, 0.05)
    together = periods_of(found, near)
    assert together == [periods_of([m], near)[0] for m in found]


@FEWER
@given(
    gap=st.floats(40.0, 67.0),
    sigma=st.floats(1.0, 40.0),
    swells=st.floats(10.0, 120.0),
    drift=st.floats(-1e-5, 1e-5),
)
@example(gap=60.0, sigma=5.0, swells=70.0, drift=0.0)
def test_two_who_move_almost_alike_are_likely_where_their_error_suits_their_distance(
    gap: float, sigma: float, swells: float, drift: float
) -> None:
    span = 60_000.0
    m = Motion(
        span,
        gap,
        0.0,
        0.0,
        drift,
        0.0,
        0.0,
        sigma**2,
        4 * swells**2 / span,
        -4 * (swells / span) ** 2,
    )
    near = near_of(25.0, 0.05)
    t = np.linspace(0.0, span, 20_001)
    chances = chances_of(m, t, near.radius)
    assume(abs(chances.max() - 0.05) > UNSURE)
    likely = chances >= near.min_probability
    begins = int(likely[0]) + int((likely[1:] & ~likely[:-1]).sum())
    periods = periods_of([m], near)[0]
    lasting = sum(until - since for since, until in periods)
    assert math.isclose(lasting, likely.mean() * span, abs_tol=100.0)
    assert len(periods) == begins


@FEWER
@given(chance=st.floats(0.01, 0.5))
def test_the_curve_never_bends_upwards(chance: float) -> None:
    # what every line that touches it relies on; by variance, of which the sigma is the root
    squares = edge_squares(1.0, chance)
    sigmas = np.linspace(0.0, sigma_limit(1.0, chance), len(squares))
    slopes = np.diff(squares) / np.diff(sigmas**2)
    assert (np.diff(slopes[3:]) <= 2e-3).all()
