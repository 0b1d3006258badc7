"""The town's further evidence: it follows the truth, and changes nothing else."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from fortnight.errors import QuestionError
from fortnight.simulate import evidence_files, files
from fortnight.simulate.agreed import Agreed, Shares, draw_agreed
from fortnight.simulate.geography import to_metres
from fortnight.simulate.meetings import Presences, join_presences
from fortnight.simulate.presences import find_presences
from fortnight.simulate.proximity import find_overlaps
from fortnight.simulate.run import FIRST_DAY, simulate
from fortnight.simulate.world import World, block_schedule, make_world

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.simulate.arrays import Ints

PEOPLE, DAYS, SEED = 240, 2, 6
SHARES = Shares()
ORIGINAL = (files.FIXES_FILE, files.TRUTH_FILE, files.PEOPLE_FILE)


@dataclass(frozen=True)
class Town:
    """A town that was written, and what it was written from."""

    folder: Path
    world: World
    presences: Presences
    agreed: Agreed


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    simulate(PEOPLE, DAYS, SEED, folder, evidence=SHARES)
    world = make_world(PEOPLE, DAYS, SEED, FIRST_DAY)
    schedules = [block_schedule(world, number) for number in range(len(world.bounds))]
    presences = join_presences([find_presences(world.town, each) for each in schedules])
    return Town(folder, world, presences, draw_agreed(PEOPLE, SHARES, SEED))


def digests(folder: Path, names: tuple[str, ...]) -> list[str]:
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names]


def numbers(column: pa.ChunkedArray) -> Ints:  # type: ignore[type-arg]  # any string array will do
    return np.array([int(str(name)[1:]) for name in column.to_pylist()], dtype=np.int64)


def seconds(town: Town, column: pa.ChunkedArray) -> Ints:  # type: ignore[type-arg]  # any times will do
    milliseconds = column.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    return np.asarray(milliseconds - town.world.origin_ms, dtype=np.int64) // 1_000


def read(town: Town, name: str) -> pa.Table:
    return pcsv.read_csv(town.folder / name)


def test_fixes_truth_and_people_are_the_same_bytes_without_it(town: Town, tmp_path: Path) -> None:
    simulate(PEOPLE, DAYS, SEED, tmp_path)
    assert digests(tmp_path, ORIGINAL) == digests(town.folder, ORIGINAL)
    assert {path.name for path in tmp_path.iterdir()} == set(ORIGINAL)


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(
    town: Town, tmp_path: Path
) -> None:
    simulate(PEOPLE, DAYS, SEED, tmp_path, evidence=SHARES, threads=1)
    assert digests(tmp_path, evidence_files.EVIDENCE_FILES) == digests(
        town.folder, evidence_files.EVIDENCE_FILES
    )


def test_evidence_of_an_older_town_goes_and_files_of_others_stay(tmp_path: Path) -> None:
    own = tmp_path / evidence_files.VISITS_FILE
    own.write_text("mine")
    simulate(3, 1, 1, tmp_path)
    assert own.read_text() == "mine"
    simulate(3, 1, 1, tmp_path, evidence=SHARES)
    assert own.read_text() != "mine"
    simulate(3, 1, 1, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(ORIGINAL)


def test_sightings_happen_only_while_two_phones_are_near(town: Town) -> None:
    rows = pq.read_table(town.folder / evidence_files.ENCOUNTERS_FILE)
    assert rows.num_rows > 10_000
    one, other = numbers(rows["seen_by"]), numbers(rows["seen"])
    assert np.all(town.agreed.bluetooth[one] & town.agreed.bluetooth[other])
    known = find_overlaps(town.presences)
    periods = defaultdict(list)
    for at, pair in enumerate(zip(known.first.tolist(), known.second.tolist(), strict=True)):
        periods[pair].append((known.start[at], known.end[at]))
    second = seconds(town, rows["time"])
    for at in range(0, rows.num_rows, 97):
        pair = (min(one[at], other[at]), max(one[at], other[at]))
        assert any(start <= second[at] < end for start, end in periods[pair])


def test_both_directions_are_heard_about_every_four_minutes(town: Town) -> None:
    rows = pq.read_table(town.folder / evidence_files.ENCOUNTERS_FILE)
    one, other, second = (
        numbers(rows["seen_by"]),
        numbers(rows["seen"]),
        seconds(town, rows["time"]),
    )
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    both = sum((seen, by) in pairs for by, seen in pairs)
    assert both / len(pairs) > 0.8
    gaps = np.diff(second)[(np.diff(one) == 0) & (np.diff(second) > 0)]
    assert 200 <= np.median(gaps) <= 280
    assert gaps.min() >= 120


def test_who_is_close_is_heard_louder_than_who_is_behind_walls(town: Town) -> None:
    known = find_overlaps(town.presences)
    rows = pq.read_table(town.folder / evidence_files.ENCOUNTERS_FILE)
    one, other = numbers(rows["seen_by"]), numbers(rows["seen"])
    pair = np.minimum(one, other) * PEOPLE + np.maximum(one, other)
    level = rows["attenuation"].to_numpy()
    always: dict[int, tuple[float, float]] = {}
    for key, walls, metres in zip(
        (known.first * PEOPLE + known.second).tolist(),
        known.walls.tolist(),
        known.metres.tolist(),
        strict=True,
    ):
        low, high = always.get(key, (np.inf, -np.inf))
        far = metres + 100 * walls
        always[key] = (min(low, far), max(high, far))
    next_door = [key for key, (low, _) in always.items() if low >= 100]
    in_room = [key for key, (_, high) in always.items() if high < 100]
    quiet, loud = (level[np.isin(pair, keys)] for keys in (next_door, in_room))
    assert len(loud) > 50
    assert len(quiet) > 50
    assert loud.mean() < quiet.mean() - 10


def test_visits_are_stays_at_venues_of_guests_who_check_in(town: Town) -> None:
    rows = read(town, evidence_files.VISITS_FILE)
    assert rows.column_names == [
        "participant",
        "venue",
        "room",
        "check_in",
        "check_out",
        "lon",
        "lat",
    ]
    person, place = numbers(rows["participant"]), numbers(rows["venue"])
    start = seconds(town, rows["check_in"])
    assert np.all(town.agreed.checks_in[person])
    known, place_of_job = town.presences, town.world.town.main.room[person]
    jobs = np.where(place_of_job < 0, -1, town.world.town.rooms.place[place_of_job])
    assert not np.any(jobs == place)
    for at in range(rows.num_rows):
        here = (known.person == person[at]) & (known.place == place[at])
        assert np.any(here & (known.start <= start[at]) & (start[at] < known.end))
    forgotten = rows["check_out"].null_count / rows.num_rows
    assert 0 < forgotten < 0.4
    assert {"", "hall"} < set(rows["room"].to_pylist())  # some venues have a code at the door only


def test_who_checks_out_does_so_after_checking_in(town: Town) -> None:
    rows = read(town, evidence_files.VISITS_FILE)
    closed = rows.filter(rows["check_out"].is_valid())
    assert np.all(seconds(town, closed["check_out"]) > seconds(town, closed["check_in"]))


def test_calls_are_between_two_people_and_messages_have_no_length(town: Town) -> None:
    rows = read(town, evidence_files.CALLS_FILE)
    assert rows.column_names == ["time", "from", "to", "kind", "seconds"]
    caller, called = numbers(rows["from"]), numbers(rows["to"])
    assert np.all(caller != called)
    length = rows["seconds"].to_numpy()
    message = np.array(rows["kind"].to_pylist()) == "message"
    assert np.all(length[message] == 0)
    assert np.all(length[~message] > 0)
    when = seconds(town, rows["time"])
    assert np.all((when >= 0) & (when < DAYS * 86_400))
    household = town.world.town.households.of_person
    same = np.mean(household[caller] == household[called])
    assert same > 0.3  # of a town in which one pair in a hundred is of one household


def test_cells_serve_only_whom_they_reach(town: Town) -> None:
    sites = {row["cell"]: row for row in read(town, evidence_files.SITES_FILE).to_pylist()}
    rows = read(town, evidence_files.EVENTS_FILE)
    person, second = numbers(rows["participant"]), seconds(town, rows["time"])
    assert np.all(town.agreed.subscribers[person])
    known = town.presences
    for at in range(0, rows.num_rows, 53):
        here = (known.person == person[at]) & (known.frame == 0)
        now = np.flatnonzero(here & (known.start <= second[at]) & (second[at] < known.end))
        site = sites[rows["cell"][at].as_py()]
        x, y = to_metres(np.array([site["lon"]]), np.array([site["lat"]]))
        away = np.hypot(known.x[now] - x, known.y[now] - y)
        assert away.min() <= site["range"] + 1


def test_enrolled_are_those_who_agreed(town: Town) -> None:
    rows = read(town, evidence_files.ENROLLED_FILE)
    assert np.array_equal(numbers(rows["participant"]), np.flatnonzero(town.agreed.enrolled))


def test_a_larger_share_holds_everybody_of_a_smaller_one() -> None:
    few, many = (draw_agreed(500, Shares(bluetooth=share), 3).bluetooth for share in (0.2, 0.7))
    assert np.all(many[few])
    assert few.sum() < many.sum()


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(QuestionError, match="bluetooth"):
        draw_agreed(5, Shares(bluetooth=share), 1)
