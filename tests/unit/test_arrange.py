"""Fixes of many inputs, sorted; of one moment one is kept, and every other is accounted for."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.reference.people import Fix
from tests.reference.tables import fixes_table

from fortnight.api import gather

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.evidence.arrange import Arranged

NOW = 1_800_000_000_000
T = 1_719_835_200_000
FIX = Fix(T, 10.0, 50.0, 20.0)


def arranged(folder: Path, *files: list[tuple[str, Fix]]) -> Arranged:
    """Write one file for each list of rows, and read them all."""
    for place, rows in enumerate(files):
        pq.write_table(fixes_table(rows), folder / f"{place}.parquet")
    return gather([folder / f"{place}.parquet" for place in range(len(files))], now=NOW)


def counts(result: Arranged) -> list[tuple[int, int, dict[str, int]]]:
    return [(r.received, r.kept, dict(r.refused)) for r in result.reports]


CASES = [
    ("accuracy", replace(FIX, accuracy=19.0), FIX),
    ("accuracy before place", replace(FIX, accuracy=19.0, lon=11.0), FIX),
    ("longitude", replace(FIX, lon=9.5), FIX),
    ("longitude before latitude", replace(FIX, lon=9.5, lat=51.0), FIX),
    ("latitude", replace(FIX, lat=49.5), FIX),
    ("negative longitude", replace(FIX, lon=-9.5), FIX),
    ("assumed 10 m", replace(FIX, accuracy=None, lon=11.0), FIX),
    ("assumed 40 m", FIX, replace(FIX, accuracy=None, source="wifi", lon=9.0)),
]


@pytest.mark.parametrize(("name", "stays", "goes"), CASES, ids=[case[0] for case in CASES])
def test_of_one_moment_the_most_accurate_stays_then_lower_longitude_then_latitude(
    tmp_path: Path, name: str, stays: Fix, goes: Fix
) -> None:
    for order in permutations([stays, goes, goes]):
        result = arranged(tmp_path, [("a", fix) for fix in order])
        assert len(result.time) == 1, name
        assert result.lon[0] == round(stays.lon * 1e7)
        assert result.lat[0] == round(stays.lat * 1e7)
        assert counts(result) == [(3, 1, {"same-time": 2})]


def test_exact_repeats_are_told_from_others_of_the_same_time(tmp_path: Path) -> None:
    rows = [("a", FIX), ("a", FIX), ("a", replace(FIX, accuracy=30.0))]
    result = arranged(tmp_path, rows)
    assert counts(result) == [(3, 1, {"repeat": 1, "same-time": 1})]


def test_every_input_accounts_for_its_own_rows(tmp_path: Path) -> None:
    worse = replace(FIX, accuracy=30.0)
    later = replace(FIX, time=T + 1)
    files = [("a", FIX), ("a", later)], [("a", worse), ("b", FIX)], [("a", FIX), ("a", worse)]
    result = arranged(tmp_path, *(list(rows) for rows in files))
    assert [r.received for r in result.reports] == [2, 2, 2]
    for report in result.reports:
        assert report.received == report.kept + sum(report.refused.values())
    assert sum(r.kept for r in result.reports) == 3 == len(result.time)
    refused = {
        why: sum(r.refused.get(why, 0) for r in result.reports) for why in ("repeat", "same-time")
    }
    assert refused == {"repeat": 1, "same-time": 2}


def test_people_are_in_order_of_their_names_and_rows_in_order_of_time(tmp_path: Path) -> None:
    rows = [("z", FIX), ("10", FIX), ("9", replace(FIX, time=T + 5)), ("9", FIX), ("ä", FIX)]
    result = arranged(tmp_path, rows)
    assert result.names == ("10", "9", "z", "ä")
    assert result.offsets.tolist() == [0, 1, 3, 4, 5]
    assert result.time[1:3].tolist() == [T, T + 5]


def test_nobody_is_named_whose_rows_were_all_refused(tmp_path: Path) -> None:
    result = arranged(tmp_path, [("a", replace(FIX, lon=0.0, lat=0.0)), ("b", FIX)])
    assert result.names == ("b",)
    assert counts(result) == [(2, 1, {"null-island": 1})]


def test_assumed_accuracies_are_filled_in_and_marked(tmp_path: Path) -> None:
    rows = [
        ("a", replace(FIX, time=T + k, accuracy=None, source=source))
        for k, source in enumerate(("gnss", "wifi", "cell", "unknown"))
    ]
    result = arranged(tmp_path, [*rows, ("a", replace(FIX, time=T + 9, accuracy=7.0))])
    assert result.accuracy.tolist() == [10.0, 40.0, 2_000.0, 10.0, 7.0]
    assert result.assumed.tolist() == [True, True, True, True, False]


def test_no_input_at_all_is_no_error(tmp_path: Path) -> None:
    result = arranged(tmp_path, [])
    assert result.names == ()
    assert len(result.time) == 0
    assert counts(result) == [(0, 0, {})]


def test_order_of_files_and_rows_does_not_matter(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    rows = [
        (
            f"p{chance.integers(3)}",
            Fix(T + int(chance.integers(20)), 10.0 + chance.integers(3) / 100, 50.0, 10.0),
        )
        for _ in range(200)
    ]
    whole = arranged(tmp_path, rows)
    for _ in range(5):
        order = [rows[k] for k in chance.permutation(len(rows))]
        parts = arranged(tmp_path, order[:70], order[70:75], order[75:])
        for column in ("time", "lon", "lat", "accuracy", "offsets"):
            assert np.array_equal(getattr(parts, column), getattr(whole, column)), column
        totals = [sum(r.refused.get(w, 0) for r in parts.reports) for w in ("repeat", "same-time")]
        assert totals == [whole.reports[0].refused.get(w, 0) for w in ("repeat", "same-time")]
