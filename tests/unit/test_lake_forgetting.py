"""Nothing is left of whoever was taken out of the lake, and of days that are over."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
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

from fortnight.api import question
from fortnight.contact.trace import Case
from fortnight.db.tables import lake_day, lake_file
from fortnight.lake.locks import leased

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.db.engine import Database

ANNA, BORIS = person_id("anna"), person_id("boris")
TODAY = NOON // DAY
ONSET = date(2026, 3, 1)
MINUTE = 60_000


@pytest.fixture
def water(tmp_path: Path, database: Database) -> Waters:
    """Two people at one place for an hour on three days, with every kind of sign."""
    made = waters(tmp_path, database)
    for person in (ANNA, BORIS):
        made.vault.enrol(person)
    for place, (person, other) in enumerate(((ANNA, BORIS), (BORIS, ANNA))):
        for day in range(3):
            noon = NOON - day * DAY
            lat = 56.9 + 0.00004 * place
            fixes = [Fix(noon + k * MINUTE, 24.1, lat, 5.0) for k in range(61)]
            made.send(person, "fixes", packed_fixes(fixes), NOON)
            heard = [(made.vault.beacon(other, TODAY - day), noon, noon, 50.0)]
            made.send(person, "encounters", packed_encounters(heard), NOON)
            made.send(
                person, "visits", packed_visits([("bar", None, noon, noon + HOUR, False)]), NOON
            )
            made.send(person, "ties", packed_ties([(other, noon, "call", 9)]), NOON, "operator")
    made.take(NOON)
    return made


def contacts(water: Waters) -> int:
    case = Case(ANNA, onset=ONSET)
    asked = question(until=date(2026, 3, 1))
    return water.trace(ANNA, case, asked, NOON).contacts.num_rows


def test_no_byte_of_a_person_is_left(water: Waters) -> None:
    own = water.vault.own(BORIS, range(TODAY - 20, TODAY + 1))
    present = [own[TODAY - day] for day in range(3)]
    before = water.bytes_on_disk()
    assert all(one in before and one.hex().encode() in before for one in present)
    assert contacts(water) == 1
    assert water.forgetting.person(own, NOON) == 12
    after = water.bytes_on_disk()
    assert not any(one in after or one.hex().encode() in after for one in own.values())
    anna = water.vault.pseudonym(ANNA, TODAY)
    assert anna in after
    assert contacts(water) == 0
    assert water.forgetting.person(own, NOON) == 0


def test_a_day_goes_with_its_files_its_index_and_its_rows(water: Waters) -> None:
    assert water.forgetting.day(TODAY - 1, NOON)
    assert not list(water.folder.glob(f"{TODAY - 1}-*"))
    with water.database.read() as connection:
        assert set(connection.execute(select(lake_day.c.day)).scalars()) == {TODAY - 2, TODAY}
        assert set(connection.execute(select(lake_file.c.day)).scalars()) == {TODAY - 2, TODAY}
    assert not water.forgetting.day(TODAY - 1, NOON)


def test_days_before_one_go_together(water: Waters) -> None:
    assert water.forgetting.before(TODAY, NOON) == (TODAY - 2, TODAY - 1)
    assert water.forgetting.before(TODAY, NOON) == ()
    assert all(path.name.startswith((str(TODAY), ".")) for path in water.folder.iterdir())


def test_an_erasure_waits_for_the_search_that_holds_an_index(water: Waters) -> None:
    own = water.vault.own(BORIS, range(TODAY - 3, TODAY + 1))
    (held,) = water.folder.glob(f"{TODAY}-index-*")
    done = threading.Event()

    def erase() -> None:
        water.forgetting.person(own, NOON)
        done.set()

    with leased(held):
        worker = threading.Thread(target=erase)
        worker.start()
        assert not done.is_set()
        assert held.exists()
    worker.join(60)
    assert done.is_set()
    assert not held.exists()


def test_a_refresh_leaves_an_index_to_the_search_that_holds_it(water: Waters) -> None:
    (held,) = water.folder.glob(f"{TODAY}-index-*")
    with leased(held):
        water.send(ANNA, "fixes", packed_fixes([Fix(NOON + 7, 24.1, 56.9, 5.0)]), NOON)
        water.take(NOON)
        assert held.exists()
        assert len(list(water.folder.glob(f"{TODAY}-index-*"))) == 2
    assert water.drain.sweep_orphans() == 1
    assert not held.exists()
