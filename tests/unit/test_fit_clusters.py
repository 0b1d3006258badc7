"""The interval of a tenth where the cases, each with all of its contacts, are drawn anew."""

from __future__ import annotations

import numpy as np
import pytest
from bench.fits.clusters import around

from fortnight.simulate.ranking import binomial_interval


def test_contacts_that_are_alike_within_a_case_make_the_interval_wider() -> None:
    case = np.repeat(np.arange(40), 20)
    alike = np.repeat(np.arange(40) % 2 == 0, 20)
    mixed = np.tile(np.arange(20) % 2 == 0, 40)
    claimed = np.full(len(case), 0.45)
    (low, high), (near, far) = around(claimed, alike, case)[4], around(claimed, mixed, case)[4]
    alone = binomial_interval(400, 800)
    assert low < alone[0] < 0.5 < alone[1] < high
    assert (near, far) == (0.5, 0.5)


def test_each_tenth_has_its_own_and_the_order_of_contacts_does_not_matter() -> None:
    chance = np.random.default_rng(3)
    claimed, true = chance.uniform(0.0, 0.4, 300), chance.random(300) < 0.3
    case = chance.integers(0, 15, 300)
    found = around(claimed, true, case)
    assert sorted(found) == [0, 1, 2, 3]
    other = chance.permutation(300)
    again = around(claimed[other], true[other], case[other])
    assert all(again[k] == pytest.approx(found[k]) for k in found)
