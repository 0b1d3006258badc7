"""How infectious a case is by day, and what is known of it from the test's date alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]  # SciPy ships no types

from fortnight.risk.disease import diseases, load_disease
from fortnight.risk.distributions import Gamma, Point
from fortnight.risk.infectiousness import Curve, shifted_gamma, since_test

SHAPE, RATE, SHIFT = 20.516508, 1.592124, 12.272481
# Corona-Warn-App, transmission_risk.Rmd: days -7 to +11.
PUBLISHED = [
    *(0.002, 0.009, 0.025, 0.054, 0.090, 0.122, 0.140, 0.140, 0.124, 0.100),
    *(0.073, 0.049, 0.031, 0.019, 0.010, 0.006, 0.003, 0.001, 0.001),
]
COVID = load_disease("covid-19")


def test_the_shifted_gamma_of_he_et_al_makes_the_published_mass_of_each_day() -> None:
    made = shifted_gamma(SHAPE, RATE, SHIFT, -7, 11)
    assert [round(mass, 3) for mass in made] == PUBLISHED


def test_a_day_is_the_24_hours_after_its_beginning_by_scipy_too() -> None:
    law = stats.gamma(SHAPE, scale=1.0 / RATE)
    made = shifted_gamma(SHAPE, RATE, SHIFT, -7, 11)
    for day, mass in zip(range(-7, 12), made, strict=True):
        assert mass == pytest.approx(law.cdf(day + 1 + SHIFT) - law.cdf(day + SHIFT), abs=1e-12)


def test_the_file_of_covid_19_holds_the_table_and_the_gamma_that_made_it() -> None:
    part = COVID.infectiousness
    assert list(part.mass) == PUBLISHED
    assert part.gamma is not None
    assert (part.gamma.shape, part.gamma.rate, part.gamma.shift) == (SHAPE, RATE, SHIFT)


@pytest.mark.parametrize("name", diseases())
def test_infectiousness_is_relative_to_its_highest_day(name: str) -> None:
    disease = load_disease(name)
    curve = disease.curve
    inside = range(curve.first_day, curve.last_day + 1)
    values = [disease.relative_infectiousness(day) for day in inside]
    assert max(values) == 1.0
    assert values == pytest.approx([mass / max(curve.mass) for mass in curve.mass])
    around = (curve.first_day - 1, curve.first_day - 30, curve.last_day + 1, curve.last_day + 30)
    assert [disease.relative_infectiousness(day) for day in around] == [0.0] * 4


def test_a_test_exactly_on_a_known_day_after_onset_only_shifts_the_curve() -> None:
    shifted = since_test(COVID.curve, Point(3.0))
    for day in range(-20, 20):
        assert shifted.share(day) == pytest.approx(COVID.curve.share(day + 3))


def test_from_a_test_infectiousness_is_the_mean_over_when_the_onset_may_have_been() -> None:
    """Against an average over onsets drawn one by one."""
    assert COVID.onset_to_test is not None
    law = COVID.onset_to_test.law()
    shape, scale = (law.mean() / law.sd()) ** 2, law.sd() ** 2 / law.mean()
    drawn = np.random.default_rng(5).gamma(shape, scale, 200_000)
    delays, counts = np.unique(np.rint(drawn).astype(int), return_counts=True)
    for day in range(-15, 12):
        values = [COVID.relative_infectiousness(day + int(delay)) for delay in delays]
        mean = float(np.average(values, weights=counts))
        assert COVID.relative_infectiousness_since_test(day) == pytest.approx(mean, abs=0.005)


def test_averaging_over_the_onset_loses_no_infectiousness_and_flattens() -> None:
    averaged = since_test(COVID.curve, Gamma.of(4.6, 3.0))
    assert sum(averaged.mass) == pytest.approx(sum(COVID.curve.mass))
    assert max(averaged.mass) < max(COVID.curve.mass)


def test_the_share_outside_a_window_is_what_lies_before_and_after_it() -> None:
    curve = Curve(first_day=-2, mass=(0.1, 0.2, 0.3, 0.2, 0.1))
    assert curve.outside(-2, 2) == pytest.approx(0.0)
    assert curve.outside(-1, 1) == pytest.approx(0.2 / 0.9)
    assert curve.outside(10, 20) == 1.0


def test_more_is_outside_the_window_where_the_onset_is_unknown() -> None:
    window = COVID.look_forward
    known = COVID.curve.outside(window.first_day, window.last_day)
    unknown = COVID.curve_since_test.outside(window.first_day, window.last_day)
    assert known == pytest.approx(0.181, abs=0.001)
    assert unknown > 3 * known


def test_a_disease_without_a_distribution_of_tests_takes_the_test_for_the_onset() -> None:
    measles = load_disease("measles")
    assert measles.onset_to_test is None
    for day in range(-10, 10):
        known = measles.relative_infectiousness(day)
        assert measles.relative_infectiousness_since_test(day) == known


@pytest.mark.parametrize(
    ("name", "checked"),
    [("covid-19", True), ("covid-19-delta", False), ("covid-19-omicron", False), ("ebola", False)],
)
def test_a_curve_used_on_another_variant_is_marked_unchecked(name: str, checked: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert load_disease(name).curve_checked is checked
