"""Aggregates of the overview: Wilson's interval, versions, squares where many were met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped] # SciPy ships no types
from sqlalchemy import update
from tests.services import DAY, HOUR, Clock, seeded
from tests.work_world import Colleagues, contact_id

from fortnight.case.day_parts import cut
from fortnight.case.place_times import CELL_DEGREES, PlaceTimes, clusters_of
from fortnight.case.precision import Precisions, wilson
from fortnight.db.tables import trace_run
from fortnight.ledger.counts import Entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database


@pytest.fixture
def world(database: Database, clock: Clock) -> Colleagues:
    return Colleagues(database, clock, seeded().randbytes)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_scipy(counted: tuple[int, int]) -> None:
    told, decided = counted
    ours = wilson(told, decided)
    theirs = binomtest(told, decided).proportion_ci(0.95, method="wilson")
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert 0 <= ours[0] <= told / decided <= ours[1] <= 1


def test_without_decisions_the_interval_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def versioned(world: Colleagues, case_id: str, version: str) -> None:
    with world.database.write() as connection:
        connection.execute(
            update(trace_run)
            .where(trace_run.c.case_id == case_id)
            .values(parameters=f'{{"radius_m": 10, "version": "{version}"}}')
        )


def decide(world: Colleagues, case_id: str, place: int, kind: str) -> str:
    made = world.decisions.decide(
        case_id,
        contact_id(place),
        kind,  # type: ignore[arg-type] # of the two words
        "as said on the phone",
        world.ann.actor,
        world.ann,
        world.clock(),
    )
    return made.id


def test_precision_counts_those_told_among_those_decided_by_version(world: Colleagues) -> None:
    case_id = world.traced(4)
    versioned(world, case_id, "a1")
    for place in range(2):
        decide(world, case_id, place, "tell")
    decide(world, case_id, 2, "dismiss")
    (found,) = Precisions(world.database).by_version("north")
    assert (found.version, found.decided, found.told) == ("a1", 3, 2)
    assert (found.low, found.high) == wilson(2, 3)
    assert Precisions(world.database).by_version("south") == ()
    assert Precisions(world.database).by_version(None) == (found,)


def test_what_is_taken_back_or_waits_for_a_second_person_does_not_count(world: Colleagues) -> None:
    case_id = world.traced(12, together=True)
    versioned(world, case_id, "a1")
    decide(world, case_id, 0, "tell")  # a crowd: it waits
    back = decide(world, case_id, 1, "dismiss")
    world.decisions.take_back(back, "a slip", world.ann.actor, world.ann, world.clock())
    assert Precisions(world.database).by_version("north") == ()


def test_where_two_cases_met_a_crowd_is_a_cluster_of_counts(world: Colleagues) -> None:
    first = world.traced(12, together=True)
    rooms = PlaceTimes(world.database, world.vault.opener_of_case)
    assert rooms.clusters("north") == ()  # one case's crowd is on that case's page
    world.traced(3, together=True)
    (found,) = rooms.clusters("north")
    assert (found.people, found.cases) == (12, 2)
    assert abs(found.lat - 56.9) <= CELL_DEGREES
    assert found.day == (world.clock() - DAY) // DAY
    assert rooms.clusters("south") == ()
    world.cases.withdraw_test(first, world.lee, world.clock())
    assert rooms.clusters("north") == ()


def test_clusters_are_counted_anew_only_where_something_changed(world: Colleagues) -> None:
    opened: list[str] = []

    def openers(case_id: str) -> Callable[[bytes, bytes], bytes]:
        opened.append(case_id)
        return world.vault.opener_of_case(case_id)

    rooms = PlaceTimes(world.database, openers)
    cases = [world.traced(3, together=True) for _ in range(2)]
    (found,) = rooms.clusters("north")
    assert set(opened) == set(cases)
    opened.clear()
    assert rooms.clusters("north") == (found,)
    assert opened == []
    world.found(cases[0], [world.contact_met(one, together=True) for one in range(5)])
    assert rooms.clusters("north")[0].people == 5
    assert set(opened) == set(cases)


def test_two_at_one_place_are_not_shown(world: Colleagues) -> None:
    for _ in range(2):
        world.traced(2, together=True)
    assert PlaceTimes(world.database, world.vault.opener_of_case).clusters(None) == ()


def test_the_same_number_of_two_cases_may_be_two_people_or_one_and_is_not_added_up(
    world: Colleagues,
) -> None:
    contacts = {
        contact_id(one): cut(world.contact_met(one, together=True), "UTC") for one in range(6)
    }
    few = dict(list(contacts.items())[:2])
    (found,) = clusters_of([contacts, few])
    assert (found.people, found.cases) == (6, 2)
    assert clusters_of([few, few]) == ()
    assert clusters_of([contacts]) == ()


def test_entries_are_counted_by_hour_and_kind(world: Colleagues) -> None:
    world.new_case()
    counted = Entries(world.database).counts(world.clock() - DAY, world.clock() + 1)
    (hour,) = counted.hours
    assert hour == world.clock() // HOUR * HOUR
    assert counted.kinds == counted.hours[hour]
    assert counted.kinds["case"] >= 1
    assert counted.waiting == sum(counted.kinds.values())
    assert Entries(world.database).counts(0, 1).kinds == {}
