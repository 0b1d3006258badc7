"""The Bluetooth error model: what it says of distances, runs of scans, silence and walls."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats  # type: ignore[import-untyped]  # SciPy ships no types

from fortnight.contact import bluetooth as model


def test_density_is_normal_about_the_mean_of_its_distance() -> None:
    sd = np.hypot(model.PAIR_SD_DB, model.SCAN_SD_DB)
    expected = stats.norm.logpdf(70.0, model.mean_attenuation(3.0), sd)
    assert model.log_density(70.0, 3.0) == pytest.approx(expected)


def test_a_run_of_many_scans_keeps_the_error_of_its_pair() -> None:
    narrow = model.log_density(model.mean_attenuation(3.0), 3.0, scans=10_000)
    peak = stats.norm.logpdf(0.0, 0.0, model.PAIR_SD_DB)
    assert narrow == pytest.approx(peak, abs=0.01)


def test_the_pairs_error_is_made_of_its_parts() -> None:
    parts = (model.RECEIVER_SD_DB, model.SENDER_SD_DB, model.BETWEEN_SD_DB)
    assert pytest.approx(np.sqrt(sum(part**2 for part in parts))) == model.PAIR_SD_DB


@pytest.mark.parametrize("scans", [1, 6])
def test_class_densities_are_densities(scans: int) -> None:
    levels = np.linspace(0, 160, 3_201)
    densities = np.exp(model.log_class_densities(levels, scans=scans))
    for place in range(3):
        assert integrate.simpson(densities[:, place], x=levels) == pytest.approx(1.0, abs=1e-3)


def test_silence_agrees_with_what_is_heard() -> None:
    levels = np.linspace(0, 160, 3_201)
    densities = np.exp(model.log_class_densities(levels))
    heard = integrate.simpson(
        densities[:, :3] * model.heard(levels)[:, np.newaxis], x=levels, axis=0
    )
    assert 1 - np.exp(model.log_silence()[:3]) == pytest.approx(heard, abs=2e-3)
    assert np.exp(model.log_silence()[3]) == pytest.approx(1 - model.FALSE_SIGHTING)


def test_half_of_what_comes_at_the_limit_is_heard() -> None:
    assert model.heard(model.LIMIT_DB) == pytest.approx((1 - model.MISSED) / 2)
    assert model.heard(50.0) == pytest.approx(1 - model.MISSED)


def test_walls_stand_between_rooms_and_add_up() -> None:
    assert model.walls_between([0.0, 7.9, 8.0, 25.0]).tolist() == [1, 1, 2, 4]
    assert model.walls_between(3.0, least=3) == 3
    two = model.mean_attenuation(5.0, 2) - model.mean_attenuation(5.0)
    assert two == pytest.approx(2 * model.WALL_DB)


def test_ratio_is_a_mixture_over_where_people_may_be() -> None:
    classes = model.log_class_densities(66.0)
    far = model.Far(room=3.0, place=1.0, elsewhere=0.0)
    others = np.log(0.75 * np.exp(classes[1]) + 0.25 * np.exp(classes[2]))
    assert model.log_likelihood_ratio(66.0, far=far) == pytest.approx(classes[0] - others)


def test_strong_signals_speak_for_nearness_and_weak_ones_against() -> None:
    assert model.log_likelihood_ratio(45.0) > 2
    assert model.log_likelihood_ratio(85.0) < -2


def test_one_stray_sighting_makes_nobody_certain() -> None:
    elsewhere = model.Far(room=0.0, place=0.0, elsewhere=1.0)
    assert np.isfinite(model.log_likelihood_ratio(60.0, far=elsewhere))


@pytest.mark.parametrize("near_m", [0.1, 10.0, 50.0])
def test_face_to_face_ends_within_the_room(near_m: float) -> None:
    with pytest.raises(ValueError, match="near_m"):
        model.log_silence(near_m)


@pytest.mark.parametrize("far", [model.Far(0, 0, 0), model.Far(room=-1.0)])
def test_shares_of_nothing_are_refused(far: model.Far) -> None:
    with pytest.raises(ValueError, match="share"):
        model.log_likelihood_ratio(60.0, far=far)


def test_the_page_gives_every_constant_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "bluetooth-model.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| `([A-Z_]+)` \| ([0-9.]+) \|", page, re.MULTILINE))
    assert len(said) == 17
    for name, value in said.items():
        assert float(value) == getattr(model, name), name
    assert f"deviation of {model.PAIR_SD_DB:.1f} and {model.SCAN_SD_DB} dB" in page
    assert f"{10 * model.EXPONENT:g} dB x log10" in page
