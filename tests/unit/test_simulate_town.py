"""The town stands as docs/simulator.md says it does."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from fortnight.simulate import buildings
from fortnight.simulate.blocks import block_bounds, make_block
from fortnight.simulate.ground import PEOPLE_A_KM2
from fortnight.simulate.households import SIZE_SHARES
from fortnight.simulate.movement import INDOORS, make_paths
from fortnight.simulate.plans import DAY_S
from fortnight.simulate.schedule import Schedule, make_schedule
from fortnight.simulate.town import CLASS_SIZE, PUPIL, Town, build_town
from fortnight.simulate.travel import CAR, LONGEST_TRIP_S, RIDE, STAY, WALK

MONDAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def town() -> Town:
    return build_town(8_000, seed=3)


@pytest.fixture(scope="module")
def week(town: Town) -> Schedule:
    bounds = block_bounds(town, 7)
    return make_schedule(town, make_block(town, 0, bounds[0], 7, MONDAY), seed=3)


def test_households_have_the_sizes_of_the_source(town: Town) -> None:
    sizes = np.diff(town.households.first)
    shares = np.bincount(sizes, minlength=7)[1:] / len(sizes)
    assert sizes.min() >= 1
    assert sizes.max() <= 6
    assert np.abs(shares - SIZE_SHARES).max() < 0.02


def test_large_towns_are_as_dense_as_promised() -> None:
    town = build_town(30_000, seed=1)
    assert 30_000 / (town.side_m / 1_000) ** 2 == pytest.approx(PEOPLE_A_KM2, rel=0.1)


def test_beds_and_desks_stand_inside_their_rooms(town: Town) -> None:
    for seats in (town.bed, town.main):
        seated = seats.room >= 0
        room = seats.room[seated]
        x, y = seats.x[seated], seats.y[seated]
        assert np.all((x > town.rooms.x[room]) & (x < town.rooms.x[room] + town.rooms.width[room]))
        assert np.all((y > town.rooms.y[room]) & (y < town.rooms.y[room] + town.rooms.depth[room]))


def test_buildings_of_different_lots_do_not_overlap(town: Town) -> None:
    rooms = town.rooms
    ground = np.zeros((int(town.side_m) + 1, int(town.side_m) + 1), dtype=np.int64)
    halls = town.hall[town.setting != buildings.HOME]
    for hall in halls:
        x, y = int(rooms.x[hall]), int(rooms.y[hall])
        ground[x : x + int(rooms.width[hall]), y : y + int(rooms.depth[hall])] += 1
    assert ground.max() == 1


def test_classes_are_no_larger_than_promised_and_of_neighbouring_ages(town: Town) -> None:
    pupils = np.flatnonzero(town.role == PUPIL)
    _, sizes = np.unique(town.main.room[pupils], return_counts=True)
    assert sizes.max() == CLASS_SIZE
    spread = [
        np.ptp(town.households.age[pupils][town.main.room[pupils] == room])
        for room in np.unique(town.main.room[pupils])
    ]
    assert np.median(spread) <= 3


def test_nobody_shares_a_desk(town: Town) -> None:
    seated = town.main.room >= 0
    offices = seated & np.isin(
        town.setting[town.rooms.place[town.main.room]], (buildings.WORK, buildings.SCHOOL)
    )
    desks = np.stack((town.main.room, town.main.x, town.main.y))[:, offices]
    assert len(np.unique(desks, axis=1).T) == np.sum(offices)


def test_days_run_forward_and_end_before_midnight(week: Schedule) -> None:
    assert np.all(week.leave >= week.arrive)
    assert np.all(week.arrive[:, 1:] >= week.leave[:, :-1])
    assert np.all(week.arrive[:, 0] == 0)
    assert np.all(week.leave[:, -1] == DAY_S)
    assert np.all(week.ways.seconds <= LONGEST_TRIP_S)


def test_everybody_sleeps_at_home(town: Town, week: Schedule) -> None:
    beds = town.bed.room[week.block.person]
    assert np.all(week.room[:, 0] == beds)
    assert np.all(week.room[:, -1] == beds)


def test_weekends_differ(town: Town, week: Schedule) -> None:
    at_desk = np.isin(town.setting[week.place], (buildings.WORK, buildings.SCHOOL))
    assert np.any(at_desk[~week.block.weekend])
    assert not np.any(at_desk[week.block.weekend])


def test_people_go_on_foot_by_car_and_by_bus(week: Schedule) -> None:
    modes = np.bincount(week.ways.mode.ravel(), minlength=4)
    for mode in (STAY, WALK, CAR, RIDE):
        assert modes[mode] > 0.01 * len(week.block.person)


def test_buses_are_caught_after_they_are_reached_and_run_on_time(week: Schedule) -> None:
    rides = week.ways.mode == RIDE
    ways = week.ways
    assert np.all(ways.board[rides] >= ways.reach[rides])
    assert np.all(ways.board[rides] - ways.reach[rides] < 600)
    assert np.all(ways.vehicle[rides] >= 0)
    length = np.abs(ways.alight_at - ways.board_at)[rides]
    assert np.all(length >= 600)
    np.testing.assert_allclose(length / (ways.alight - ways.board)[rides], 5.0)


def test_one_bus_is_at_one_stop_at_one_time(week: Schedule) -> None:
    rides = week.ways.mode == RIDE
    ways = week.ways
    boards = np.stack(
        (
            ways.vehicle[rides],
            ways.along_x[rides],
            ways.line[rides],
            ways.board_at[rides],
        ),
    )
    calls, numbers = np.unique(boards, axis=1, return_inverse=True)
    first = np.full(calls.shape[1], -1)
    first[numbers] = ways.board[rides]
    assert np.all(first[numbers] == ways.board[rides])


def test_ways_follow_streets(town: Town, week: Schedule) -> None:
    paths = make_paths(town, week)
    dx, dy = np.abs(np.diff(paths.x)), np.abs(np.diff(paths.y))
    same_person = np.diff(np.floor(paths.clock / paths.span)) == 0
    outside = paths.surroundings[:-1] != INDOORS
    far = same_person & outside & (np.hypot(dx, dy) > 60)
    assert np.sum(far) > 1_000
    assert np.minimum(dx, dy)[far].max() < 12  # across a street, or between seats of a bus


def test_nobody_moves_faster_than_a_car(town: Town, week: Schedule) -> None:
    paths = make_paths(town, week)
    seconds = np.diff(paths.clock)
    person = np.floor(paths.clock / paths.span)
    moved = np.hypot(np.diff(paths.x), np.diff(paths.y)) * (np.diff(person) == 0)
    assert np.all(seconds >= 0)
    assert np.all(moved[seconds > 0] / seconds[seconds > 0] < 15)
    assert np.all(moved[seconds == 0] < 1e-6)
