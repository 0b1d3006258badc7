"""Periods as distributions, held against SciPy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats  # type: ignore[import-untyped]  # SciPy ships no types

from fortnight.risk.distributions import Gamma, Law, Lognormal, Point, Weibull, lower_gamma

if TYPE_CHECKING:
    from collections.abc import Callable

shapes = st.floats(0.05, 400.0)
scales = st.floats(0.01, 1_000.0)
days = st.floats(0.0, 5_000.0)


@given(shape=shapes, x=st.floats(0.0, 2_000.0))
def test_the_incomplete_gamma_function_is_scipys(shape: float, x: float) -> None:
    assert lower_gamma(shape, x) == pytest.approx(special.gammainc(shape, x), abs=1e-11)


@pytest.mark.parametrize("shape", [1e-3, 0.5, 1.0, 20.516508, 1_000.0])
@pytest.mark.parametrize("near", [0.999, 1.0, 1.001])
def test_series_and_fraction_meet_where_one_takes_over_from_the_other(
    shape: float, near: float
) -> None:
    x = (shape + 1.0) * near
    assert lower_gamma(shape, x) == pytest.approx(special.gammainc(shape, x), abs=1e-11)


@given(mean=st.floats(0.2, 100.0), part=st.floats(0.02, 4.0), times=st.floats(0.0, 20.0))
def test_gamma_by_mean_and_sd(mean: float, part: float, times: float) -> None:
    sd, day = part * mean, times * mean
    law = Gamma.of(mean, sd)
    same = stats.gamma((mean / sd) ** 2, scale=sd**2 / mean)
    assert law.mean() == pytest.approx(mean)
    assert law.sd() == pytest.approx(sd)
    assert law.cdf(day) == pytest.approx(same.cdf(day), abs=1e-10)


@given(meanlog=st.floats(-2.0, 5.0), sdlog=st.floats(0.05, 1.5), day=days)
def test_lognormal(meanlog: float, sdlog: float, day: float) -> None:
    law = Lognormal(meanlog, sdlog)
    same = stats.lognorm(sdlog, scale=math.exp(meanlog))
    assert law.mean() == pytest.approx(same.mean())
    assert law.sd() == pytest.approx(same.std())
    assert law.cdf(day) == pytest.approx(same.cdf(day), abs=1e-12)


@given(shape=st.floats(0.4, 10.0), scale=scales, day=days)
def test_weibull(shape: float, scale: float, day: float) -> None:
    law = Weibull(shape, scale)
    same = stats.weibull_min(shape, scale=scale)
    assert law.mean() == pytest.approx(same.mean())
    assert law.sd() == pytest.approx(same.std(), rel=1e-6)
    assert law.cdf(day) == pytest.approx(same.cdf(day), abs=1e-12)


def test_a_point_is_reached_all_at_once() -> None:
    law = Point(4.0)
    assert (law.mean(), law.sd()) == (4.0, 0.0)
    assert [law.cdf(day) for day in (0.0, 3.999, 4.0, 9.0)] == [0.0, 0.0, 1.0, 1.0]
    assert [law.mass(day) for day in (3, 4, 5)] == [0.0, 1.0, 0.0]


laws: dict[str, Callable[[], Law]] = {
    "gamma": lambda: Gamma.of(5.5, 2.72),
    "lognormal": lambda: Lognormal(1.63, 0.5),
    "weibull": lambda: Weibull(0.675, 8.0),
    "point": lambda: Point(3.0),
}


@pytest.mark.parametrize("name", laws)
def test_the_mass_by_day_adds_up_and_keeps_the_mean(name: str) -> None:
    law = laws[name]()
    mass = np.array([law.mass(day) for day in range(600)])
    assert mass.min() >= 0.0
    assert mass.sum() == pytest.approx(1.0, abs=1e-6)
    assert mass @ np.arange(600) == pytest.approx(law.mean(), abs=0.15)


@pytest.mark.parametrize("name", ["gamma", "lognormal", "weibull"])
@pytest.mark.parametrize("share", [0.001, 0.25, 0.5, 0.95, 0.999])
def test_a_quantile_is_where_the_share_is_reached(name: str, share: float) -> None:
    law = laws[name]()
    assert law.cdf(law.quantile(share)) == pytest.approx(share, abs=1e-9)


@given(first=days, more=st.floats(0.0, 100.0), name=st.sampled_from(sorted(laws)))
def test_no_share_falls_with_time(first: float, more: float, name: str) -> None:
    law = laws[name]()
    assert 0.0 <= law.cdf(first) <= law.cdf(first + more) + 1e-13 <= 1.0 + 1e-12


@pytest.mark.parametrize("name", laws)
def test_nothing_takes_less_than_no_time(name: str) -> None:
    assert laws[name]().cdf(-1.0) == laws[name]().cdf(0.0) == 0.0
