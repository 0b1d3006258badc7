"""The overview's numbers against the same numbers counted another way, from the rows themselves."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from sqlalchemy import insert, select, update
from tests.services import DAY, Clock, seeded
from tests.work_world import Colleagues, contact_id

from fortnight.case.overview import Overview
from fortnight.case.precision import Precisions, wilson
from fortnight.db.office_tables import decision
from fortnight.db.tables import case_file, exposure, trace_run

if TYPE_CHECKING:
    from fortnight.db.engine import Database

CASES: Final = 14
_VERSIONS: Final = ("a1", "b2")


@pytest.fixture
def world(database: Database, clock: Clock) -> Colleagues:
    """Give an office cases with contacts and decisions by chance, some of them of no account."""
    office = Colleagues(database, clock, seeded().randbytes)
    chance = random.Random(5)  # noqa: S311 - which cases there are has to be repeatable
    today = clock() // DAY
    for place in range(CASES):
        contacts = chance.choice([0, 0, 1, 2, 3])
        case_id = office.traced(contacts) if place % 5 else office.new_agreed()
        days = {"test_day": today - place * 6}
        days["sample_at"] = clock() - chance.randrange(1, 90) * 3_600_000
        days["onset_day"] = chance.choice([None, days["test_day"] - 2])  # type: ignore[assignment] # it may be unknown
        version = f'{{"version": "{chance.choice(_VERSIONS)}"}}'
        with database.write() as connection:
            connection.execute(update(case_file).where(case_file.c.id == case_id).values(days))
            runs = update(trace_run).where(trace_run.c.case_id == case_id)
            connection.execute(runs.values(parameters=version))
            for one in range(contacts if place % 5 else 0):
                connection.execute(insert(decision).values(_decision(office, case_id, one, chance)))
    office.cases.withdraw_test(case_id, office.lee, clock())
    return office


def _decision(
    office: Colleagues, case_id: str, place: int, chance: random.Random
) -> dict[str, Any]:
    waits, retracted = chance.random() < 0.3, chance.random() < 0.2
    second = chance.choice([None, office.lee.actor]) if waits else None
    return {
        "id": office.random(16).hex(),
        "case_id": case_id,
        "contact": contact_id(place),
        "kind": chance.choice(["tell", "tell", "dismiss"]),
        "reason": "as said on the phone",
        "by": office.ann.actor,
        "at": office.clock() + chance.randrange(1, 50) * 3_600_000,
        "needs_second": waits,
        "second_by": second,
        "second_at": office.clock() if second else None,
        "retracted_at": office.clock() if retracted else None,
    }


def rows(office: Colleagues, table: Any) -> list[Any]:  # noqa: ANN401 - any of the tables
    with office.database.read() as connection:
        return list(connection.execute(select(table)))


def test_every_number_of_the_overview_is_that_of_the_rows(world: Colleagues) -> None:
    numbers = Overview(world.database).numbers("north", world.clock())
    cases = {one.id: one for one in rows(world, case_file) if one.state != "withdrawn"}
    decided = [one for one in rows(world, decision) if one.case_id in cases]
    met = Counter(one.case_id for one in rows(world, exposure) if one.case_id in cases)
    traced = {one.case_id for one in rows(world, trace_run) if one.state == "done"} & set(cases)
    stand = [
        one
        for one in decided
        if one.retracted_at is None and (one.second_by or not one.needs_second)
    ]
    told = [one for one in stand if one.kind == "tell"]
    assert numbers.cases == len(cases) == CASES - 1
    assert numbers.contacts_total == sum(met.values())
    assert numbers.contacts_median == np.median([met[one] for one in traced])
    assert 0 in {met[one] for one in traced}  # whom nobody met counts too
    assert (numbers.decided, numbers.told) == (len(stand), len(told))
    assert numbers.share_told == pytest.approx(len(told) / len(stand))
    took = [
        min(one.at for one in decided if one.case_id == case_id) - cases[case_id].sample_at
        for case_id in {one.case_id for one in decided}
    ]
    assert numbers.decision_median_ms == round(np.median(took))
    assert numbers.decision_p90_ms == np.percentile(took, 90, method="inverted_cdf")
    (own,) = numbers.by_district
    assert (own.cases, own.contacts, own.decided) == (len(cases), sum(met.values()), len(stand))


def test_the_curve_counts_each_case_on_its_days_and_no_other(world: Colleagues) -> None:
    numbers = Overview(world.database).numbers(None, world.clock())
    today = world.clock() // DAY
    assert [day for day, _, _ in numbers.curve] == list(range(today - 59, today + 1))
    cases = [one for one in rows(world, case_file) if one.state != "withdrawn"]
    for day, onset, test in numbers.curve:
        assert onset == sum(one.onset_day == day for one in cases)
        assert test == sum(one.test_day == day for one in cases)
    assert sum(test for _, _, test in numbers.curve) < len(cases)  # some are older


def test_precision_by_version_is_that_of_the_rows(world: Colleagues) -> None:
    version = {one.case_id: one.parameters for one in rows(world, trace_run)}
    found: dict[str, list[bool]] = {name: [] for name in _VERSIONS}
    listed = {(one.case_id, one.contact) for one in rows(world, exposure)}
    for one in rows(world, decision):
        stands = one.retracted_at is None and (one.second_by or not one.needs_second)
        if stands and (one.case_id, one.contact) in listed:
            name = next(name for name in _VERSIONS if name in version[one.case_id])
            found[name].append(one.kind == "tell")
    ours = {one.version: one for one in Precisions(world.database).by_version("north")}
    assert {name for name, kinds in found.items() if kinds} == set(ours)
    for name, one in ours.items():
        assert (one.decided, one.told) == (len(found[name]), sum(found[name]))
        assert (one.low, one.high) == wilson(one.told, one.decided)
