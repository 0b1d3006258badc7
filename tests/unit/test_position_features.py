"""How far apart two were estimated, and the bent curve from log odds to a probability."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_filing import EDGES, episodes
from tests.reference.effort import FEWER

from fortnight.contact.calibration import CURVE, KNOTS, bends
from fortnight.contact.episodes import (
    E_LASTING,
    E_NEAREST,
    E_PRESUMED,
    E_WHO,
    EXPOSURE_COLUMNS,
    X_EXPECTED_24H,
    X_WHO,
)
from fortnight.contact.features import FEATURES, position_features
from fortnight.contact.window import window_of
from fortnight.risk.disease import load_disease

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LAST = date(2026, 3, 4)
WINDOW = window_of(LAST, load_disease("covid-19"), days=2, until=LAST, timezone="UTC")
APART = FEATURES.index("apart")


def apart_of(rows: Floats, who: NDArray[np.int64]) -> Floats:
    """Return the feature of some people, in the order given."""
    exposures = np.zeros((len(who), EXPOSURE_COLUMNS))
    exposures[:, X_WHO] = who
    found: Floats = position_features(rows, exposures, WINDOW)[:, APART]
    return found


def test_the_window_is_that_of_the_episodes() -> None:
    assert WINDOW.edges.tolist() == EDGES.tolist()


@FEWER
@given(
    rows=episodes,
    far=st.lists(st.floats(0.0, 200.0), min_size=12, max_size=12),
    order=st.permutations(range(6)),
)
def test_apart_is_the_mean_distance_over_the_time_of_observed_episodes(
    rows: Floats, far: list[float], order: list[int]
) -> None:
    rows[:, E_NEAREST] = far[: len(rows)]
    who = np.array([one for one in order if one in rows[:, E_WHO]], dtype=np.int64)
    for one, apart in zip(who, apart_of(rows, who), strict=True):
        own = rows[(rows[:, E_WHO] == one) & (rows[:, E_PRESUMED] == 0) & (rows[:, E_LASTING] > 0)]
        metres = np.minimum(own[:, E_NEAREST], 70.0)
        wanted = np.average(metres, weights=own[:, E_LASTING]) / 25.0 if len(own) else 0.0
        assert apart == pytest.approx(wanted), one


@FEWER
@given(rows=episodes, most=st.lists(st.floats(0.0, 9e6), min_size=6, max_size=6))
def test_products_are_those_of_the_features_that_they_are_named_after(
    rows: Floats, most: list[float]
) -> None:
    who = np.unique(rows[:, E_WHO])
    exposures = np.zeros((len(who), EXPOSURE_COLUMNS))
    exposures[:, X_WHO], exposures[:, X_EXPECTED_24H] = who, most[: len(who)]
    found = dict(zip(FEATURES, position_features(rows, exposures, WINDOW).T, strict=True))
    found["most in 24 h"] = np.log1p(exposures[:, X_EXPECTED_24H] / 60_000.0)
    minutes = {name: np.expm1(found[name]) for name in ("expected", "lasting")}
    share = minutes["expected"] / np.maximum(minutes["lasting"], 1e-9)
    assert np.allclose(found["share"], share, atol=1e-6)
    for name, values in found.items():
        if name.endswith(", squared"):
            assert np.allclose(values, found[name.removesuffix(", squared")] ** 2), name
        elif " x " in name:
            one, two = name.split(" x ")
            assert np.allclose(values, found[one] * found[two]), name
    assert (found["one"] == 1.0).all()


def test_the_curve_is_a_line_whose_slope_changes_at_its_knots() -> None:
    middles = np.concatenate(([KNOTS[0] - 1.0], (KNOTS[1:] + KNOTS[:-1]) / 2, [KNOTS[-1] + 1.0]))
    slopes = (bends(middles + 0.01) @ CURVE - bends(middles - 0.01) @ CURVE) / 0.02
    assert slopes == pytest.approx(np.cumsum(CURVE[1:]))
    assert (slopes > 0.0).all()
    assert bends(np.zeros(1)) @ CURVE == pytest.approx(CURVE[0] + 1.0 * CURVE[2] + 0.3 * CURVE[3])
