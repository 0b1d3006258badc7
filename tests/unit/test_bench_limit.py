"""What the bench says a case must touch is what a plain count over the whole index comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bench import limit, worlds

from fortnight.api import gather, index_of
from fortnight.contact.grid import (
    AREA_CLASS,
    CLASS_HALVES,
    CLASS_SIZES,
    DAY_SHIFT,
    LEG_CLASS,
    ORIGIN_M,
)
from fortnight.contact.lookup import shelf_of
from fortnight.contact.question import FROM, HERE, PARTITION, SIGMA0, SIGMA1, STOP, THERE, TO, ask
from fortnight.contact.trace import nearness
from fortnight.parameters import DEFAULTS
from fortnight.track.geometry import UNITS_A_METRE
from fortnight.track.tracks import TIME_MASK

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fortnight.contact.index import Index

CASES = 3
GIGABYTE = 1e9


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Index a plain town of 60 people and five days."""
    folder: Path = tmp_path_factory.mktemp("limit")
    worlds.write_segments(worlds.town(60, 5), 5, 5, folder / "segments.parquet")
    worlds.write_fixes(folder / "segments.parquet", 5, folder / "fixes.parquet")
    return index_of(gather([folder / "fixes.parquet"]))[0]


def class_of_rows(index: Index) -> NDArray[np.int64]:
    """Return day and class of every row, as the directory files them."""
    out = np.empty((len(index.cells), 2), dtype=np.int64)
    for key, occupied, at in index.blocks.tolist():
        for cell in range(at, at + (occupied % 2**64).bit_count()):
            out[index.starts[cell] : index.starts[cell + 1]] = (
                key >> DAY_SHIFT,
                (key >> (DAY_SHIFT - 5)) & 31,
            )
    return out


def rows_read(index: Index, question: NDArray[np.float64]) -> int:
    """Count rows by their own place: those in a cell that may hold what is near the way asked."""
    near, filed = nearness(DEFAULTS), class_of_rows(index)
    cells = index.cells
    middle = (cells[:, 3:6].astype(float) + cells[:, 7:10]) / (2 * UNITS_A_METRE) + ORIGIN_M
    size, half = CLASS_SIZES[filed[:, 1]], CLASS_HALVES[filed[:, 1]]
    start = cells[:, 0] & TIME_MASK
    legs = (filed[:, 1] >= LEG_CLASS) & (filed[:, 1] < AREA_CLASS)
    longest = index.tracks.parameters.leg_max_s * 1_000.0
    count = 0
    for row in question:
        if min(row[SIGMA0], row[SIGMA1]) > near.sigma_limit:
            continue
        share = (row[[FROM, TO]] - row[2]) / (row[STOP] - row[2])
        ends = row[HERE : HERE + 3] + share[:, None] * (
            row[THERE : THERE + 3] - row[HERE : HERE + 3]
        )
        widen = (half + near.reach)[:, None]
        low = np.floor((ends.min(axis=0) - widen + ORIGIN_M) / size[:, None])
        high = np.floor((ends.max(axis=0) + widen + ORIGIN_M) / size[:, None])
        cell = np.floor(middle / size[:, None])
        touched = (filed[:, 0] == row[PARTITION]) & (cell >= low).all(axis=1)
        touched &= (cell <= high).all(axis=1) & (start < row[TO])
        way, centre = ends[1] - ends[0], (cell + 0.5) * size[:, None] - ORIGIN_M - ends[0]
        along = np.clip(centre @ way / max(way @ way, 1e-9), 0.0, 1.0)
        away = np.linalg.norm(centre - along[:, None] * way, axis=1)
        touched &= away <= 0.8661 * size + half + near.reach
        touched &= ~legs | (row[FROM] <= longest) | (start >= row[FROM] - longest)
        count += int(touched.sum())
    return count


def test_rows_are_those_of_a_plain_count(index: Index) -> None:
    """Cells, directory and order of time leave exactly the rows that a scan of all would."""
    near, people = nearness(DEFAULTS), len(index.tracks.names)
    chosen = np.random.default_rng([limit.SEED, people]).choice(people, CASES, replace=False)
    midnights = np.append(index.day_numbers, index.day_numbers[-1] + 1) * 86_400_000
    questions = [ask(index, int(case), midnights) for case in chosen]
    told = [limit.rows_read(question, shelf_of(index), near)[1] for question in questions]
    assert told == [rows_read(index, question) for question in questions]
    assert min(told) > 0


@pytest.mark.parametrize("minutes", [0.0, 15.0])
def test_a_case_touches_more_than_it_meets(index: Index, minutes: float) -> None:
    """Each step leaves fewer: rows, pairs within reach, meetings; and all take time."""
    touched = limit.measured(index, CASES, minutes)
    assert touched.rows >= touched.hits >= touched.pairs >= 1
    assert touched.pairs >= touched.meetings / 2 > 0
    assert touched.rows >= touched.pieces > 0
    assert touched.probabilities > 0
    assert min(touched.pairs_ms, touched.episodes_ms, touched.clock_ms) > 0


def test_with_a_minimum_fewer_pairs_are_followed(index: Index) -> None:
    all_of, some = (limit.measured(index, CASES, minutes) for minutes in (0.0, 15.0))
    assert some.rows == all_of.rows
    assert 0 < some.pairs < all_of.pairs
    assert 0 < some.meetings < all_of.meetings
    assert 0 < some.probabilities < all_of.probabilities


def test_the_limit_is_the_bytes_or_the_misses_and_the_probabilities() -> None:
    """A million outlines of 16 bytes and 100,000 rows of 44 are 20.4 MB: 20.4 ms at 1 GB/s."""
    touched = limit.Touched(
        pieces=1e5, rows=1e6, hits=1e5, pairs=5e4, probabilities=2e5, meetings=4e4,
        pairs_ms=1.0, meetings_ms=2.0, episodes_ms=3.0, clock_ms=4.0,
    )  # fmt: skip
    speed = {"stream_bytes_a_second": GIGABYTE, "hop_ns": 100.0}
    text = limit.report([touched], ["everybody"], speed, 10.0)
    assert "| the bytes at 1.0 GB/s | 20.4 ms |" in text
    assert "| a miss of 100 ns for each cell | 10.0 ms |" in text
    assert "| **the limit, two threads** | **21.4 ms** |" in text  # 20.4 and half of 2
    assert "| together, one thread | 6.0 ms |" in text
