"""Phones report what docs/simulator.md says they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fortnight.errors import QuestionError
from fortnight.evidence.schema import FIXES
from fortnight.simulate import files
from fortnight.simulate.geography import to_degrees, to_metres
from fortnight.simulate.movement import INDOORS, Located, locate, make_paths
from fortnight.simulate.phones import (
    FREQUENT,
    MOVEMENT,
    REGULAR,
    FixTimes,
    Phones,
    draw_fix_times,
    draw_phones,
)
from fortnight.simulate.plans import DAY_S
from fortnight.simulate.run import simulate
from fortnight.simulate.sensing import CELL, Sensed, sense
from fortnight.simulate.travel import STAY
from fortnight.simulate.world import block_schedule, make_world

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.schedule import Schedule

DAYS = 14
FILES = (files.FIXES_FILE, files.PEOPLE_FILE, files.TRUTH_FILE)


@dataclass(frozen=True)
class Seen:
    """One block of a town, from truth to fix."""

    schedule: Schedule
    phones: Phones
    fixes: FixTimes
    located: Located
    sensed: Sensed

    @property
    def error(self) -> Floats:
        away: Floats = np.hypot(self.sensed.x - self.located.x, self.sensed.y - self.located.y)
        return away

    @property
    def by_cell(self) -> Bools:
        cell: Bools = self.sensed.source == CELL
        return cell


@pytest.fixture(scope="module")
def seen() -> Seen:
    world = make_world(600, DAYS, 11, date(2026, 3, 2))
    schedule = block_schedule(world, 0)
    paths = make_paths(world.town, schedule)
    phones = draw_phones(schedule.block, world.seed)
    fixes = draw_fix_times(schedule, phones, world.seed)
    located = locate(paths, fixes.person.astype(np.float64) * paths.span + fixes.second)
    sensed = sense(world.town, schedule, phones, fixes, located, world.seed)
    return Seen(schedule, phones, fixes, located, sensed)


def test_same_arguments_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    people = 320  # two blocks
    for folder, threads in (("one", 1), ("two", 2)):
        simulate(people, DAYS, 5, tmp_path / folder, threads=threads)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_is_another_town(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(30, 1, seed, tmp_path / str(seed))
    for name in FILES:
        assert (tmp_path / "1" / name).read_bytes() != (tmp_path / "2" / name).read_bytes()


@pytest.mark.parametrize("people", [1, 2, 30])
def test_tiny_towns_work(tmp_path: Path, people: int) -> None:
    summary = simulate(people, 1, 1, tmp_path)
    fixes = pq.read_table(tmp_path / files.FIXES_FILE)
    assert summary.fixes == fixes.num_rows
    assert summary.truth_rows == pq.read_table(tmp_path / files.TRUTH_FILE).num_rows
    assert pq.read_table(tmp_path / files.PEOPLE_FILE).num_rows == people


def test_files_have_the_promised_schemas(tmp_path: Path) -> None:
    simulate(30, 1, 1, tmp_path)
    assert pq.read_schema(tmp_path / files.FIXES_FILE).equals(FIXES)
    assert pq.read_schema(tmp_path / files.TRUTH_FILE).equals(files.TRUTH)
    people = pq.read_schema(tmp_path / files.PEOPLE_FILE)
    assert people.equals(files.PEOPLE)
    assert files.read_window(people) == (1_772_409_600_000, 1_772_496_000_000)


def test_fixes_are_sorted_and_inside_the_window(tmp_path: Path) -> None:
    summary = simulate(400, 3, 2, tmp_path, truth=False)
    fixes = pq.read_table(tmp_path / files.FIXES_FILE)
    time = _milliseconds(fixes)
    person = np.array(fixes["participant"].to_pylist())
    assert time.min() >= summary.start_ms
    assert time.max() < summary.end_ms
    assert np.all((person[1:] > person[:-1]) | ((person[1:] == person[:-1]) & (np.diff(time) > 0)))


def test_without_truth_no_old_truth_is_left(tmp_path: Path) -> None:
    simulate(30, 1, 1, tmp_path)
    assert simulate(30, 1, 2, tmp_path, truth=False).truth_rows is None
    assert not (tmp_path / files.TRUTH_FILE).exists()


def test_progress_counts_up_to_the_end(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    simulate(20, 5, 1, tmp_path, on_progress=lambda done, total: steps.append((done, total)))
    assert steps == [(done, 6) for done in range(1, 7)]


@pytest.mark.parametrize(
    ("people", "days", "seed", "threads", "word"),
    [
        (0, 1, 1, 1, "people"),
        (2_000_000, 1, 1, 1, "people"),
        (1, 0, 1, 1, "days"),
        (1, 1, -1, 1, "seed"),
        (1, 1, 1, 0, "threads"),
    ],
)
def test_impossible_towns_are_refused_in_words(
    tmp_path: Path, people: int, days: int, seed: int, threads: int, word: str
) -> None:
    with pytest.raises(QuestionError, match=f"{word} is .*give a number from"):
        simulate(people, days, seed, tmp_path, threads=threads)


def test_about_250_fixes_a_person_and_day(seen: Seen) -> None:
    rows = len(seen.schedule.block.person)
    assert len(seen.fixes.person) / rows == pytest.approx(250, rel=0.15)


def test_each_kind_of_phone_keeps_its_beat(seen: Seen) -> None:
    counts = np.bincount(seen.fixes.person, minlength=seen.schedule.block.people) / DAYS
    assert 240 < counts[seen.phones.kind == REGULAR].mean() < 288
    assert 720 < counts[seen.phones.kind == FREQUENT].mean() < 1_440
    assert counts[seen.phones.kind == MOVEMENT].mean() < 60


def test_phones_that_report_movement_are_silent_while_still(seen: Seen) -> None:
    schedule, block = seen.schedule, seen.schedule.block
    moves = seen.phones.kind[seen.fixes.person] == MOVEMENT
    row = seen.fixes.person[moves] * DAYS + seen.fixes.second[moves] // DAY_S
    second = seen.fixes.second[moves] % DAY_S
    under_way = np.zeros(len(row), dtype=np.bool_)
    for slot in range(schedule.ways.mode.shape[1]):
        goes = schedule.ways.mode[row, slot] != STAY
        after_leaving = second >= schedule.leave[row, slot]
        just_arrived = second <= schedule.arrive[row, slot + 1] + 55
        under_way |= goes & after_leaving & just_arrived
    assert len(block.person) > 0
    assert np.all(under_way)
    silences = np.diff(seen.fixes.second[moves])
    assert np.sum(silences > 6 * 3_600) > 100


def test_flat_phones_say_nothing(seen: Seen) -> None:
    row = seen.fixes.person * DAYS + seen.fixes.second // DAY_S
    second = seen.fixes.second % DAY_S
    off = (second >= seen.phones.off_from[row]) & (second < seen.phones.off_until[row])
    assert not np.any(off)
    share = np.mean(seen.phones.off_from < DAY_S)
    assert 0.04 < share < 0.10


def test_honest_phones_hold_68_percent_within_their_claim(seen: Seen) -> None:
    honest = seen.phones.claim_factor[seen.fixes.person] == 1
    told = honest & ~np.isnan(seen.sensed.accuracy)
    for indoors in (True, False):
        chosen = told & ~seen.by_cell & ((seen.located.surroundings == INDOORS) == indoors)
        within = seen.error[chosen] <= seen.sensed.accuracy[chosen]
        assert np.mean(within) == pytest.approx(0.68, abs=0.035)


def test_some_phones_claim_half_or_a_third_of_their_error(seen: Seen) -> None:
    boasts = (seen.phones.claim_factor > 1)[seen.fixes.person] & ~seen.by_cell
    told = boasts & ~np.isnan(seen.sensed.accuracy)
    within = np.mean(seen.error[told] <= seen.sensed.accuracy[told])
    # Radii of 68 % divided by 2 to 3 hold 1 - 0.32^(1/4) to 1 - 0.32^(1/9), 25 to 12 %.
    assert 0.10 < within < 0.27
    assert 0.07 < np.mean(seen.phones.claim_factor > 1) < 0.18


def test_indoor_radii_are_20_to_60_metres_and_outdoor_ones_5_to_20(seen: Seen) -> None:
    honest = (seen.phones.claim_factor == 1)[seen.fixes.person] & ~seen.by_cell
    indoors = seen.located.surroundings == INDOORS
    inside = np.nanquantile(seen.sensed.accuracy[honest & indoors], [0.05, 0.95])
    outside = np.nanquantile(seen.sensed.accuracy[honest & ~indoors], [0.05, 0.95])
    assert 18 < inside[0] < inside[1] < 66
    assert 4 < outside[0] < outside[1] < 22


def test_cell_fixes_claim_and_have_errors_of_hundreds_of_metres(seen: Seen) -> None:
    claims = seen.sensed.accuracy[seen.by_cell]
    assert np.nanmin(claims) >= 500
    assert np.nanmax(claims) <= 3_000
    assert 300 < np.median(seen.error[seen.by_cell]) < 3_000
    assert np.all(seen.located.surroundings[seen.by_cell] == INDOORS)


def test_cell_fixes_come_in_runs(seen: Seen) -> None:
    regular = seen.phones.kind[seen.fixes.person] == REGULAR
    cell = seen.by_cell[regular]
    share = np.mean(cell)
    after_cell = np.mean(cell[1:][cell[:-1]])
    assert 0.01 < share < 0.1
    assert after_cell > 0.8


def test_errors_of_one_phone_in_one_place_are_not_independent(seen: Seen) -> None:
    night = (seen.fixes.second % DAY_S < 5 * 3_600) & ~seen.by_cell
    x_error = seen.sensed.x - seen.located.x
    means = []
    spreads = []
    for person in range(100):
        chosen = night & (seen.fixes.person == person)
        if np.sum(chosen) > 100:
            means.append(np.median(x_error[chosen]))
            spreads.append(np.std(x_error[chosen]))
    # Were they independent, means of a hundred fixes would spread a tenth as wide as fixes do.
    assert np.std(means) > 0.6 * np.median(spreads)


def test_a_few_fixes_claim_no_accuracy_and_a_few_jump(seen: Seen) -> None:
    assert np.mean(np.isnan(seen.sensed.accuracy)) == pytest.approx(0.015, abs=0.003)
    jumped = (seen.error > 200) & ~seen.by_cell
    assert 0.0008 < np.mean(jumped) < 0.003


def test_degrees_and_metres_agree() -> None:
    x, y = np.array([0.0, 1_234.5, 9_000.0]), np.array([0.0, 8_765.4, 10.0])
    back = to_metres(*to_degrees(x, y))
    np.testing.assert_allclose(back[0], x, atol=0.01)
    np.testing.assert_allclose(back[1], y, atol=0.01)


def _milliseconds(fixes: pa.Table) -> Ints:
    return fixes["time"].cast(pa.int64()).to_numpy().astype(np.int64)
