"""The sweep: on the fifteenth day, not a day before; and what goes together goes together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.endings import TODAY, Endings, endings
from tests.services import DAY, HOUR, NOON

from fortnight.db import message_tables, tables
from fortnight.errors import GoneError
from fortnight.ledger.entries import opens

if TYPE_CHECKING:
    from sqlalchemy import Table
    from tests.services import Stores

MIDNIGHT = TODAY * DAY


@pytest.fixture
def world(stores: Stores) -> Endings:
    return endings(stores)


BY_DAY: list[tuple[Table, str, int, int]] = [
    # table, column, days held, and the column on the first of them
    (tables.arrival, "received_at", 14, MIDNIGHT),
    (tables.receipt, "received_at", 14, MIDNIGHT),
    (tables.hidden_stay, "end", 14, MIDNIGHT),
    (tables.exposure_detail, "last_day", 14, TODAY),
    (tables.look, "at", 44, MIDNIGHT),
    (tables.message, "made_at", 44, MIDNIGHT),
    (tables.alarm, "at", 44, MIDNIGHT),
    (message_tables.inbound, "at", 44, MIDNIGHT),
    (message_tables.receipt_heard, "heard_at", 14, MIDNIGHT),
    (tables.case_file, "follow_up_end_day", 30, TODAY),
]


@pytest.mark.parametrize(
    ("table", "column", "days", "first"), BY_DAY, ids=[case[0].name for case in BY_DAY]
)
def test_a_row_goes_with_the_first_instant_of_its_day_and_not_before(
    world: Endings, table: Table, column: str, days: int, first: int
) -> None:
    row = world.add(table, **{column: first})
    if table is tables.exposure_detail:
        world.stores.keys.make_case_key(row["case_id"])
    world.sweeper.sweep(MIDNIGHT + (days + 1) * DAY - 1)
    assert len(world.rows(table)) == 1
    swept = world.sweeper.sweep(MIDNIGHT + (days + 1) * DAY)
    assert world.rows(table) == []
    assert swept.cases or swept.rows[table.name] == 1


def test_a_day_goes_with_its_key_its_pseudonyms_and_its_files(world: Endings) -> None:
    vault, keys, people = world.stores.vault, world.stores.keys, world.stores.people
    person = world.enrol("+37120000001", "trace.phone")
    vault.file_under(person, TODAY)
    vault.beacons(person, [TODAY])
    world.add(tables.lake_day, day=TODAY)
    world.add(tables.lake_file, day=TODAY)
    assert world.sweeper.sweep(MIDNIGHT + 15 * DAY - 1).days == ()
    assert (people.days(), keys.days(), world.lake.days) == ([TODAY], {TODAY}, [])

    assert world.sweeper.sweep(MIDNIGHT + 15 * DAY).days == (TODAY,)
    assert (people.days(), keys.days(), world.lake.days) == ([], set(), [TODAY])
    assert world.rows(tables.lake_day) == world.rows(tables.lake_file) == []
    with pytest.raises(GoneError):
        keys.day_key(TODAY)


def test_the_end_of_a_day_is_told_once_and_everybody_can_check_it(world: Endings) -> None:
    world.add(tables.lake_day, day=TODAY)
    for late in (15, 15, 16):
        world.add(tables.lake_file, day=TODAY)  # as a crash would leave it
        world.sweeper.sweep(NOON + late * DAY)
    (leaf,) = (row for row in world.rows(tables.ledger_leaf) if row["kind"] == "deletion")
    assert opens(leaf["entry"], bytes(32), {"day": TODAY})


def test_a_case_goes_with_everything_of_it(world: Endings) -> None:
    keys = world.stores.keys
    case_id = world.add(tables.case_file)["id"]
    keys.make_case_key(case_id)
    run = world.add(tables.trace_run, case_id=case_id)["id"]
    world.add(tables.exposure, case_id=case_id, run_id=run)
    world.add(tables.exposure_detail, case_id=case_id, last_day=TODAY + 30)
    world.add(tables.hidden_stay, case_id=case_id, end=NOON + 30 * DAY)
    world.add(tables.message, case_id=case_id)
    world.add(tables.look, case_id=case_id)
    world.sweeper.sweep(MIDNIGHT + 31 * DAY - 1)
    assert len(world.rows(tables.case_file)) == len(world.rows(tables.message)) == 1

    assert world.sweeper.sweep(MIDNIGHT + 31 * DAY).cases == 1
    for table in ("case_file", "trace_run", "exposure", "exposure_detail", "hidden_stay"):
        assert world.rows(tables.metadata.tables[table]) == [], table
    assert world.rows(tables.message) == world.rows(tables.laboratory_token) == []
    assert (keys.cases(), world.jobs) == (set(), [run])
    assert len(world.rows(tables.look)) == 1, "the person sees it for 44 days"


def test_a_case_that_never_enrolled_stays_until_its_follow_up_is_over(world: Endings) -> None:
    row = {"state": "opened", "person": None, "agreed_at": None, "opened_at": MIDNIGHT}
    world.add(tables.case_file, follow_up_end_day=TODAY + 20, **row)
    world.sweeper.sweep(MIDNIGHT + 50 * DAY)
    assert len(world.rows(tables.case_file)) == 1
    world.sweeper.sweep(MIDNIGHT + 51 * DAY)
    assert world.rows(tables.case_file) == []


def test_a_case_that_never_said_yes_goes_after_fourteen_days(world: Endings) -> None:
    world.add(
        tables.case_file,
        state="opened",
        person="e" * 32,
        agreed_at=None,
        follow_up_end_day=TODAY + 90,
        opened_at=MIDNIGHT,
    )
    world.sweeper.sweep(MIDNIGHT + 15 * DAY - 1)
    assert len(world.rows(tables.case_file)) == 1
    world.sweeper.sweep(MIDNIGHT + 15 * DAY)
    assert world.rows(tables.case_file) == []


def test_what_a_crash_kept_of_a_case_goes(world: Endings) -> None:
    world.stores.keys.make_case_key("c" * 32)
    world.sweeper.sweep(NOON)
    assert world.stores.keys.cases() == set()


def test_looks_and_messages_stay_as_long_as_their_case(world: Endings) -> None:
    case_id = world.add(tables.case_file, follow_up_end_day=TODAY + 100)["id"]
    world.add(tables.look, case_id=case_id)
    world.add(tables.message, case_id=case_id)
    world.sweeper.sweep(NOON + 130 * DAY)
    assert len(world.rows(tables.look)) == len(world.rows(tables.message)) == 1
    world.sweeper.sweep(NOON + 131 * DAY)
    assert world.rows(tables.look) == world.rows(tables.message) == []


def test_a_token_goes_when_it_expires_and_a_used_one_with_its_case(world: Endings) -> None:
    world.add(tables.laboratory_token, expires_at=NOON)
    used = world.add(tables.laboratory_token, expires_at=NOON)
    world.add(tables.case_file, token_id=used["id"])
    world.sweeper.sweep(NOON - 1)
    assert len(world.rows(tables.laboratory_token)) == 2
    world.sweeper.sweep(NOON)
    assert [row["id"] for row in world.rows(tables.laboratory_token)] == [used["id"]]


def test_a_code_goes_when_it_no_longer_holds_and_its_case_stays(world: Endings) -> None:
    world.add(tables.case_file, code_hash=bytes(32), code_expires_at=NOON)
    world.sweeper.sweep(NOON - 1)
    assert world.rows(tables.case_file)[0]["code_hash"] is not None
    world.sweeper.sweep(NOON)
    (row,) = world.rows(tables.case_file)
    assert (row["code_hash"], row["code_expires_at"]) == (None, None)


def test_a_text_that_waited_for_fourteen_days_is_stopped_and_its_words_go(world: Endings) -> None:
    world.add(tables.message, state="queued", sealed=b"words")
    world.add(tables.message, state="sent", sealed=None)
    world.sweeper.sweep(MIDNIGHT + 15 * DAY - 1)
    assert sum(row["sealed"] is not None for row in world.rows(tables.message)) == 1
    world.sweeper.sweep(MIDNIGHT + 15 * DAY)
    left = sorted((row["state"], row["sealed"]) for row in world.rows(tables.message))
    assert left == [("sent", None), ("stopped", None)]


def test_lines_of_texts_that_were_handed_over_are_blanked_where_they_stand(world: Endings) -> None:
    old = json.dumps({"at": MIDNIGHT - 1, "id": "1", "number": "+37120000001", "words": "é"})
    new = json.dumps({"at": MIDNIGHT, "id": "2", "number": "+37120000002", "words": "é"})
    path = world.holdings.texts
    path.write_text(f"{old}\n{{half\n{new}\n", encoding="utf-8")
    size, inode = path.stat().st_size, path.stat().st_ino
    assert world.sweeper.sweep(NOON + 14 * DAY).texts == 2
    assert path.read_text(encoding="utf-8").split() == new.split()
    assert (path.stat().st_size, path.stat().st_ino) == (size, inode)


def test_places_that_nobody_can_read_any_more_go(world: Endings) -> None:
    readable = world.add(tables.exposure_detail, last_day=TODAY)
    world.add(tables.exposure_detail, last_day=TODAY)
    world.stores.keys.make_case_key(readable["case_id"])
    world.sweeper.sweep(NOON)
    assert [row["case_id"] for row in world.rows(tables.exposure_detail)] == [readable["case_id"]]


def test_who_withdrew_everything_is_erased_fourteen_days_later(world: Endings) -> None:
    leaving = world.enrol("+37120000001", "notify", "support")
    staying = world.enrol("+37120000002", "notify", "support")
    consents = world.stores.consents
    consents.withdraw(leaving, "notify", MIDNIGHT)
    consents.withdraw_all(leaving, MIDNIGHT + HOUR)
    consents.withdraw(staying, "notify", MIDNIGHT)
    world.sweeper.sweep(MIDNIGHT + 15 * DAY - 1)
    assert world.stores.people.ids() == sorted([leaving, staying])
    assert world.sweeper.sweep(MIDNIGHT + 15 * DAY).people == 1
    assert world.stores.people.ids() == [staying]
    assert world.stores.keys.people() == {staying}


def test_a_case_of_somebody_who_withdrew_keeps_them_until_it_goes(world: Endings) -> None:
    person = world.enrol("+37120000001", "notify")
    world.stores.consents.withdraw(person, "notify", NOON)
    world.add(tables.case_file, person=person, follow_up_end_day=TODAY + 10)
    assert world.sweeper.sweep(NOON + 40 * DAY).people == 0
    swept = world.sweeper.sweep(NOON + 41 * DAY)
    assert (swept.cases, swept.people) == (1, 1)
    assert world.stores.people.ids() == []


def test_who_agreed_to_nothing_for_a_day_is_erased(world: Endings) -> None:
    world.enrol("+37120000001")
    world.stores.keys.make_person_key("f" * 32)  # of an enrolment that a crash ended
    world.sweeper.sweep(NOON)
    world.sweeper.sweep(NOON + DAY - 1)
    assert len(world.stores.keys.people()) == 2
    assert world.sweeper.sweep(NOON + DAY).people == 2
    assert world.stores.people.ids() == []
    assert world.stores.keys.people() == set()


def test_a_sweep_of_nothing_changes_nothing(world: Endings) -> None:
    world.enrol("+37120000001", "notify")
    before = everything(world)
    assert world.sweeper.sweep(NOON).rows == {}
    assert everything(world) == before


def everything(world: Endings) -> dict[str, list[dict[str, Any]]]:
    return {table.name: world.rows(table) for table in tables.metadata.sorted_tables}


def test_what_the_sweep_is_tried_on_is_a_row_of_every_table(world: Endings) -> None:
    for table in tables.metadata.sorted_tables:
        world.add(table, **({"id": 1} if table is tables.ledger_head else {}))
        assert world.rows(table), table
