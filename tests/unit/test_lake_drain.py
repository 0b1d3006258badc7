"""What arrives is filed under its day's pseudonym, once; what may not be kept is dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select, update
from tests.reference.lakes import (
    DAY,
    HOUR,
    Waters,
    packed_encounters,
    packed_fixes,
    packed_ties,
    packed_visits,
    person_id,
    waters,
)
from tests.reference.people import Fix
from tests.services import NOON

from fortnight.db.tables import alarm, arrival, lake_day, lake_file, ledger_leaf

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Table

    from fortnight.db.engine import Database

ANNA, BORIS = person_id("anna"), person_id("boris")
TODAY = NOON // DAY


@pytest.fixture
def water(tmp_path: Path, database: Database) -> Waters:
    made = waters(tmp_path, database)
    for person in (ANNA, BORIS):
        made.vault.enrol(person)
    return made


def fix(time: int, lon: float = 24.1, lat: float = 56.9) -> Fix:
    return Fix(time, lon, lat, 5.0)


def count(water: Waters, table: Table) -> int:
    with water.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def rows(water: Waters, kind: str) -> int:
    return sum(pq.read_metadata(path).num_rows for path in water.folder.glob(f"*-{kind}-*.parquet"))


def test_rows_of_two_days_lie_in_files_of_their_days_under_different_names(water: Waters) -> None:
    water.send(ANNA, "fixes", packed_fixes([fix(NOON), fix(NOON - DAY)]), NOON)
    report = water.drain.drain(NOON)
    assert report == (1, 2, {"too-old": 0, "unknown": 0}, (TODAY - 1, TODAY))
    names = {
        day: pq.read_table(path)["pseudonym"].to_pylist()
        for path in water.folder.glob("*.parquet")
        for day in [int(path.name.split("-")[0])]
    }
    assert names == {day: [water.vault.pseudonym(ANNA, day)] for day in (TODAY - 1, TODAY)}
    assert count(water, arrival) == 0


def test_a_second_drain_finds_nothing(water: Waters) -> None:
    water.send(ANNA, "fixes", packed_fixes([fix(NOON)]), NOON)
    water.drain.drain(NOON)
    assert water.drain.drain(NOON).arrivals == 0
    assert rows(water, "fixes") == 1


def test_what_may_not_be_kept_is_dropped_and_counted(water: Waters) -> None:
    water.grants.withdrawn.add((BORIS, "trace.phone"))
    water.send(BORIS, "fixes", packed_fixes([fix(NOON)]), NOON)
    water.send(ANNA, "fixes", packed_fixes([fix(NOON - 15 * DAY), fix(NOON - 14 * DAY)]), NOON)
    water.send(ANNA, "fixes", b"cut short", NOON)
    water.send(person_id("nobody"), "fixes", packed_fixes([fix(NOON)]), NOON)
    report = water.drain.drain(NOON)
    assert report.dropped == {
        "no-grant": 1,
        "damaged": 1,
        "key-gone": 1,
        "too-old": 1,
        "unknown": 0,
    }
    assert (report.arrivals, report.rows, count(water, arrival)) == (4, 1, 0)


def test_beacons_become_pseudonyms_where_both_agreed(water: Waters) -> None:
    heard = [(water.vault.beacon(BORIS, TODAY), NOON, NOON, 55.0), (bytes(16), NOON, NOON, 60.0)]
    water.send(ANNA, "encounters", packed_encounters(heard), NOON)
    assert water.drain.drain(NOON).dropped["unknown"] == 1
    (path,) = water.folder.glob("*-encounters-*.parquet")
    assert pq.read_table(path)["other"].to_pylist() == [water.vault.pseudonym(BORIS, TODAY)]
    water.grants.withdrawn.add((BORIS, "trace.bluetooth"))
    water.send(ANNA, "encounters", packed_encounters(heard), NOON)
    assert water.drain.drain(NOON).dropped["unknown"] == 2


def test_a_tie_needs_both_sides(water: Waters) -> None:
    water.send(ANNA, "ties", packed_ties([(BORIS, NOON, "call", 60)]), NOON, "operator")
    assert water.drain.drain(NOON).rows == 1
    water.grants.withdrawn.add((BORIS, "trace.ties"))
    water.send(ANNA, "ties", packed_ties([(BORIS, NOON, "call", 60)]), NOON, "operator")
    assert water.drain.drain(NOON).rows == 0


def test_many_small_files_of_a_day_become_one(water: Waters) -> None:
    for minute in range(10):
        water.send(ANNA, "fixes", packed_fixes([fix(NOON + minute * 60_000)]), NOON)
        water.drain.drain(NOON)
    assert count(water, lake_file) == 10
    replace(water.days, most_files=8).refresh(NOON)
    assert (count(water, lake_file), rows(water, "fixes")) == (1, 10)
    assert len(list(water.folder.glob("*.parquet"))) == 1


def test_an_index_is_built_once_for_each_change_and_neighbours_where_it_matters(
    water: Waters,
) -> None:
    def arrive(time: int) -> tuple[int, ...]:
        water.send(ANNA, "fixes", packed_fixes([fix(time)]), NOON)
        water.drain.drain(NOON)
        return water.days.refresh(NOON)

    assert arrive(NOON) == (TODAY,)
    assert water.days.refresh(NOON) == ()
    assert arrive(NOON - DAY) == (TODAY - 1, TODAY)
    assert arrive(NOON + 1) == (TODAY,)  # no stay of yesterday goes on for so long
    assert arrive(NOON - 11 * HOUR) == (TODAY - 1, TODAY)
    assert water.days.refresh(NOON) == ()
    assert len(list(water.folder.glob("*-index-*"))) == 2


def test_where_rows_came_from_is_known_of_a_person_and_day(water: Waters) -> None:
    water.send(ANNA, "fixes", packed_fixes([fix(NOON), fix(NOON + 1)]), NOON, "phone")
    water.send(ANNA, "visits", packed_visits([("bar", None, NOON, NOON + HOUR, False)]), NOON)
    water.send(ANNA, "fixes", packed_fixes([fix(NOON + 2)]), NOON + 3 * HOUR, "upload")
    water.take(NOON)
    found = water.lake.provenance(TODAY, water.vault.pseudonym(ANNA, TODAY))
    assert found == (frozenset({"phone", "upload"}), 4, NOON // HOUR + 3)
    assert water.lake.provenance(TODAY, bytes(16)).rows == 0
    assert water.lake.provenance(TODAY - 1, bytes(16)).rows == 0


def test_places_that_follow_each_other_too_fast_raise_one_alarm(water: Waters) -> None:
    there = [fix(NOON + k * 60_000, 24.1 if k % 2 else 30.3) for k in range(4)]
    water.send(ANNA, "fixes", packed_fixes(there[::2]), NOON)
    water.send(ANNA, "fixes", packed_fixes(there[1::2]), NOON, "upload")
    water.send(BORIS, "fixes", packed_fixes([fix(NOON), fix(NOON + 60_000, 24.2)]), NOON)
    water.take(NOON)
    with water.database.write() as connection:
        (row,) = connection.execute(select(alarm)).all()
        connection.execute(update(lake_day).values(indexed_at=None))
    assert row.subject == water.vault.pseudonym(ANNA, TODAY).hex()
    assert row.detail == f"day={TODAY} jumps=3 origins=phone,upload"
    water.days.refresh(NOON)
    assert count(water, alarm) == 1
    with water.database.read() as connection:
        told = select(ledger_leaf.c.id).where(ledger_leaf.c.kind == "alarm")
        assert len(connection.execute(told).all()) == 1
