"""The constants of the Bluetooth model are those that its fit on real phones prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bench.fits.bluetooth import Fit, design, fit, leave_out
from bench.fits.seats import EXPERIMENTS, Spacing, seats
from bench.fits.windows import Pair, interior_misses, read_pairs, skipped

from fortnight.contact import bluetooth as model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def pairs(shared_data: Path) -> list[Pair]:
    return read_pairs(shared_data / "nhs-exposure-windows", Spacing())


@pytest.fixture(scope="module")
def found(pairs: list[Pair]) -> Fit:
    return fit(design(pairs))


def test_everything_usable_is_used(pairs: list[Pair]) -> None:
    assert len(pairs) == 375
    assert sum(len(pair.levels) for pair in pairs) == 1_892
    assert {pair.experiment for pair in pairs} == set(EXPERIMENTS)


def test_constants_are_the_fit(found: Fit) -> None:
    receiver, sender, between, experiment = found.sd
    assert pytest.approx(found.intercept, abs=0.1) == model.AT_ONE_METRE_DB
    assert pytest.approx(found.exponent, abs=0.01) == model.EXPONENT
    assert pytest.approx(receiver, abs=0.1) == model.RECEIVER_SD_DB
    assert pytest.approx(sender, abs=0.1) == model.SENDER_SD_DB
    assert pytest.approx(float(np.hypot(between, experiment)), abs=0.1) == model.BETWEEN_SD_DB
    assert pytest.approx(found.scan_sd, abs=0.05) == model.SCAN_SD_DB


def test_missed_scans_are_those_between_sightings(pairs: list[Pair]) -> None:
    missed, scans = interior_misses(pairs)
    assert pytest.approx(missed / scans, abs=0.001) == model.MISSED


@pytest.mark.parametrize("experiment", ["pub/pub-3"])
def test_an_experiment_that_was_left_out_lies_where_the_others_say(
    pairs: list[Pair], experiment: str
) -> None:
    out = leave_out(pairs, experiment)
    assert abs(out.off_db) < 4
    assert out.inside_95 > 0.85


def test_seats_are_as_far_apart_as_the_pictures_say() -> None:
    office, pub = seats("office/office-1", Spacing()), seats("pub/pub-1", Spacing())
    assert np.subtract(office["7016"], office["7004"]).tolist() == [2, 0]
    assert np.subtract(pub["7030"], pub["7016"]).tolist() == [2, 0]
    assert np.subtract(pub["7018"], pub["7030"]).tolist() == [2.5, 0]


@pytest.mark.parametrize(
    ("seen", "rhythm", "missed"),
    [
        ([180, 240], [180, 240], 0),
        ([240], [180, 240, 300], 0),
        ([180, 300], [180, 240, 300], 1),
        ([180, 120], [180, 240], None),
        ([180, 240], [180, 300, 180, 240], 0),
    ],
)
def test_scans_between_sightings_are_counted(
    seen: list[int], rhythm: list[int], missed: int | None
) -> None:
    assert skipped(seen, rhythm) == missed
