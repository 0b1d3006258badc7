"""The truth file tells what the true positions show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fortnight.simulate import files
from fortnight.simulate.meetings import CLOSE_M, NEAR_M
from fortnight.simulate.movement import CHANGE_ROOM_S
from fortnight.simulate.run import FIRST_DAY, simulate
from fortnight.simulate.world import World, make_world, true_positions

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.simulate.arrays import Bools, Floats, Ints

PEOPLE, DAYS, SEED = 220, 2, 4


@dataclass(frozen=True)
class Watched:
    """True positions of everybody at many times, worked out without the files."""

    seconds: Ints
    x: Floats  # people x times
    y: Floats
    frame: Ints  # -1 where nothing is known to truth, or a room is just being changed
    room: Ints
    place: Ints


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    simulate(PEOPLE, DAYS, SEED, folder)
    return folder


@pytest.fixture(scope="module")
def watched() -> Watched:
    world = make_world(PEOPLE, DAYS, SEED, FIRST_DAY)
    seconds = np.arange(5 * 3_600, 23 * 3_600, 97)
    everybody = [_watch(world, person, seconds) for person in range(PEOPLE)]
    return Watched(seconds, *(np.stack(part) for part in zip(*everybody, strict=True)))


def _watch(world: World, person: int, seconds: Ints) -> tuple[Floats, Floats, Ints, Ints, Ints]:
    true = true_positions(world, person, seconds.astype(np.float64))
    frame, room, place = (np.full(len(seconds), -1) for _ in range(3))
    known = true.presences
    for row in range(len(known.start)):
        settled = known.start[row] + CHANGE_ROOM_S
        inside = (seconds >= settled) & (seconds < known.end[row])
        frame[inside], room[inside] = known.frame[row], known.room[row]
        place[inside] = known.place[row]
    return true.x, true.y, frame, room, place


def _far(watched: Watched, number: int) -> Floats:
    x, y = watched.x[:, number], watched.y[:, number]
    metres: Floats = np.hypot(x[:, np.newaxis] - x, y[:, np.newaxis] - y)
    return metres


def _said(town: Path, kind: str) -> tuple[Ints, Ints, Ints, Ints]:
    rows = pq.read_table(town / files.TRUTH_FILE, filters=[("kind", "=", kind)])
    origin = files.midnight_ms(FIRST_DAY)
    start, end = ((_ints(rows, column) - origin) // 1_000 for column in ("start", "end"))
    return _numbers(rows, "first"), _numbers(rows, "second"), start, end


def _ints(table: pa.Table, column: str) -> Ints:
    return table[column].cast(pa.int64()).to_numpy().astype(np.int64)


def _numbers(table: pa.Table, column: str) -> Ints:
    return np.array([int(str(name)[1:]) for name in table[column].to_pylist()], dtype=np.int64)


def _at(said: tuple[Ints, Ints, Ints, Ints], second: int) -> Bools:
    together = np.zeros((PEOPLE, PEOPLE), dtype=np.bool_)
    now = (said[2] <= second) & (second < said[3])
    together[said[0][now], said[1][now]] = True
    return together


def test_near_is_what_true_distances_say(town: Path, watched: Watched) -> None:
    said = _said(town, "near")
    agreed, frames = 0, set()
    for number, second in enumerate(watched.seconds.tolist()):
        far = _far(watched, number)
        frame = watched.frame[:, number]
        comparable = (frame[:, np.newaxis] == frame) & (frame >= 0)
        comparable &= np.triu(np.ones_like(comparable), 1) & (np.abs(far - NEAR_M) > 1e-6)
        told = _at(said, second)
        assert np.array_equal(told[comparable], far[comparable] <= NEAR_M)
        agreed += int(np.sum(told[comparable]))
        frames.update(frame[np.any(told & comparable, axis=0)].tolist())
    assert agreed > 10_000
    assert len(frames) > 5  # the town, buses and groups on the street


@pytest.mark.parametrize("kind", ["room", "place", "close"])
def test_rooms_and_places_are_where_people_truly_were(
    town: Path, watched: Watched, kind: str
) -> None:
    said = _said(town, kind)
    where = watched.place if kind == "place" else watched.room
    for number, second in enumerate(watched.seconds.tolist()):
        here = where[:, number]
        known = here >= 0
        together = (here[:, np.newaxis] == here) & known & known[:, np.newaxis]
        if kind == "close":
            together &= _far(watched, number) <= CLOSE_M
        comparable = np.triu(known & known[:, np.newaxis], 1)
        assert np.array_equal(_at(said, second)[comparable], together[comparable])


@pytest.mark.parametrize(
    ("inner", "outer"), [("close", "room"), ("room", "place"), ("close", "near")]
)
def test_kinds_nest(town: Path, inner: str, outer: str) -> None:
    outside = _said(town, outer)
    by_pair: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for first, second, start, end in np.stack(outside, axis=1).tolist():
        by_pair.setdefault((first, second), []).append((start, end))
    rows = np.stack(_said(town, inner), axis=1).tolist()
    assert rows
    for first, second, start, end in rows:
        covered = sum(
            max(0, min(end, until) - max(start, since)) for since, until in by_pair[first, second]
        )
        assert covered == end - start


def test_rows_are_ordered_pairs_and_periods_of_one_day(town: Path) -> None:
    table = pq.read_table(town / files.TRUTH_FILE)
    assert np.all(_numbers(table, "first") < _numbers(table, "second"))
    start, end = _ints(table, "start"), _ints(table, "end")
    assert np.all(start < end)
    day = (start - files.midnight_ms(FIRST_DAY)) // 86_400_000
    assert np.all(np.diff(day) >= 0)
    assert np.all((end - 1 - files.midnight_ms(FIRST_DAY)) // 86_400_000 == day)


def test_every_setting_and_kind_occurs_in_a_town_of_some_size(tmp_path: Path) -> None:
    simulate(1_500, 1, 1, tmp_path, start=date(2026, 3, 3))
    table = pq.read_table(tmp_path / files.TRUTH_FILE)
    pairs = set(zip(table["setting"].to_pylist(), table["kind"].to_pylist(), strict=True))
    settings = {"home", "work", "school", "venue", "bus", "street"}
    assert pairs == {(s, k) for s in settings for k in ("close", "room", "place", "near")}
