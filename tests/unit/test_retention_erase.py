"""An erased person: their key first, then everything; others keep what names nobody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.endings import TODAY, Endings, endings
from tests.reference.vault_world import WORKER, enrolled, met, sound_case
from tests.services import DAY, NOON

from fortnight.db import tables
from fortnight.db.office_tables import review
from fortnight.errors import DatabaseError, GoneError, RefusedError
from fortnight.ledger.entries import opens

if TYPE_CHECKING:
    from tests.services import Stores

NUMBER, OTHER = "+37120000001", "+37120000002"


@pytest.fixture
def world(stores: Stores) -> Endings:
    return endings(stores)


def fill(world: Endings, person: str) -> None:
    """Give a person a row of everything."""
    vault = world.stores.vault
    vault.add_device(person, "owntracks", NOON)
    for day in (TODAY - 1, TODAY):
        vault.file_under(person, day)
    vault.beacons(person, [TODAY])
    theirs: dict[str, object] = {}
    for table in tables.metadata.sorted_tables:  # whoever adds a table adds it to what goes
        if "person" in table.c and table not in (tables.case_file, tables.erasure):
            beside = {name: row for name, row in theirs.items() if name in table.c}
            theirs[table.name] = world.add(table, person=person, **beside).get("id")
    world.add(tables.alarm, subject=person)
    seen = next(row for row in world.rows(tables.look) if row["person"] == person)
    world.add(review, subject=seen["id"])


def named(world: Endings, person: str) -> dict[str, list[dict[str, Any]]]:
    """Return every row that holds a person's id."""
    found = {
        table.name: [row for row in world.rows(table) if person in map(str, row.values())]
        for table in tables.metadata.sorted_tables
    }
    return {name: rows for name, rows in found.items() if rows}


def test_nothing_is_left_of_an_erased_person_and_everything_of_others(world: Endings) -> None:
    person, other = world.enrol(NUMBER, "trace.phone"), world.enrol(OTHER, "trace.phone")
    fill(world, person)
    fill(world, other)
    kept = named(world, other)
    world.eraser.erase(person, NOON + 1)
    assert named(world, person) == {}
    assert named(world, other) == kept
    looks = {row["id"] for row in world.rows(tables.look)}
    assert {row["subject"] for row in world.rows(review)} <= looks  # what was asked of theirs
    assert world.stores.people.ids() == [other]
    assert world.stores.keys.people() == {other}
    assert world.stores.vault.person_with(NUMBER) is None


def test_files_are_rewritten_without_the_pseudonyms_of_every_day_held(world: Endings) -> None:
    person = world.enrol(NUMBER, "trace.phone")
    filed = {day: world.stores.vault.file_under(person, day) for day in (TODAY - 14, TODAY)}
    world.eraser.erase(person, NOON)
    (pseudonyms,) = world.lake.people
    assert filed.items() <= pseudonyms.items()
    assert set(pseudonyms) == set(range(TODAY - 14, TODAY + 2))


def test_the_receipt_opens_the_log_s_entry_and_names_nobody(world: Endings) -> None:
    person = world.enrol(NUMBER, "notify")
    done = world.eraser.erase(person, NOON + 5)
    (leaf,) = (row for row in world.rows(tables.ledger_leaf) if row["kind"] == "erasure")
    assert done.salt is not None
    assert (done.leaf, done.asked_at, done.done_at) == (leaf["id"], NOON + 5, NOON + 5)
    assert opens(leaf["entry"], done.salt, done.detail())
    assert person not in json.dumps(done.detail())
    assert world.eraser.erasure(done.id) == done
    (row,) = world.rows(tables.erasure)
    assert (row["person"], row["trail"]) == (None, None)


def test_nobody_is_erased_twice_and_nobody_who_is_not_there(world: Endings) -> None:
    person = world.enrol(NUMBER, "notify")
    world.eraser.erase(person, NOON)
    for gone in (person, "f" * 32):
        with pytest.raises(GoneError, match="nothing to erase"):
            world.eraser.erase(gone, NOON)
    with pytest.raises(RefusedError, match="no erasure"):
        world.eraser.erasure("f" * 32)
    assert world.eraser.resume(NOON) == 0


def test_who_comes_back_is_somebody_new(world: Endings) -> None:
    person = world.enrol(NUMBER, "notify")
    world.eraser.erase(person, NOON)
    assert world.enrol(NUMBER, "notify") != person


def own_case(world: Endings, person: str) -> str:
    case_id: str = world.add(
        tables.case_file, person=person, number_hash=b"n" * 32, onset_day=TODAY, sample_at=NOON + 7
    )["id"]
    world.stores.keys.make_case_key(case_id)
    world.add(tables.hidden_stay, case_id=case_id)
    return case_id


def test_a_case_without_contacts_goes_with_its_person(world: Endings) -> None:
    person = world.enrol(NUMBER, "trace.phone")
    run = world.add(tables.trace_run, case_id=own_case(world, person))
    world.eraser.erase(person, NOON)
    for table in (tables.case_file, tables.laboratory_token, tables.hidden_stay, tables.trace_run):
        assert world.rows(table) == []
    assert (world.jobs, world.stores.keys.cases()) == ([run["id"]], set())


def test_contacts_of_an_erased_case_keep_day_minutes_and_tier(world: Endings) -> None:
    person, contact = world.enrol(NUMBER, "trace.phone"), world.enrol(OTHER, "notify")
    case_id = own_case(world, person)
    told = world.add(tables.exposure, case_id=case_id, tier="close")
    world.add(tables.exposure_detail, case_id=case_id, contact=told["contact"])
    text = world.add(tables.message, case_id=case_id, person=contact)
    world.add(tables.message, case_id=case_id, person=person)
    before = world.rows(tables.case_file)[0]
    world.eraser.erase(person, NOON + 9)

    assert [row["tier"] for row in world.rows(tables.exposure)] == ["close"]
    assert [row["id"] for row in world.rows(tables.message)] == [text["id"]]
    assert world.rows(tables.exposure_detail) == world.rows(tables.hidden_stay) == []
    (case,) = world.rows(tables.case_file)
    assert (case["id"], case["person"], case["state"]) == (case_id, None, "closed")
    assert case["follow_up_end_day"] == before["follow_up_end_day"]
    assert (case["onset_day"], case["sample_at"]) == (None, before["test_day"] * DAY)
    (token,) = world.rows(tables.laboratory_token)
    assert b"n" * 32 not in (case["number_hash"], token["number_hash"])
    assert case["number_hash"] != token["number_hash"]
    assert world.stores.keys.cases() == set()


def test_places_of_an_erased_contact_go_from_cases_of_others(world: Endings) -> None:
    case_id, tested = sound_case(world.stores)
    person, other = enrolled(world.stores, 5), enrolled(world.stores, 6)
    found = [met(world.stores, who) for who in (person, other)]
    theirs, others = world.stores.vault.group(case_id, WORKER, found, NOON)
    run = world.add(tables.trace_run, case_id=case_id)["id"]
    for contact in (theirs, others):
        world.add(tables.exposure, case_id=case_id, contact=contact, run_id=run)
        world.add(tables.exposure_detail, case_id=case_id, contact=contact)
    world.eraser.erase(person, NOON)
    assert [row["contact"] for row in world.rows(tables.exposure_detail)] == [others]
    assert {row["contact"] for row in world.rows(tables.exposure)} == {theirs, others}
    assert world.stores.people.ids() == sorted([tested, other])


def test_texts_that_were_handed_over_for_them_are_blanked(world: Endings) -> None:
    person = world.enrol(NUMBER, "notify")
    theirs = world.add(tables.message, person=person)["id"]
    lines = [{"at": NOON, "id": name, "number": NUMBER} for name in (theirs, "other")]
    world.holdings.texts.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    world.eraser.erase(person, NOON)
    (left,) = world.holdings.texts.read_text().split("\n")[1:-1]
    assert json.loads(left)["id"] == "other"
    assert theirs not in world.holdings.texts.read_text()


# -- a restored backup ---------------------------------------------------------------------------


def test_who_has_rows_and_no_key_is_erased_again_before_anyone_is_answered(world: Endings) -> None:
    person, other = world.enrol(NUMBER, "trace.phone"), world.enrol(OTHER, "trace.phone")
    fill(world, person)
    fill(world, other)
    filed = world.stores.vault.file_under(person, TODAY)
    world.stores.keys.destroy_person_key(person)  # erased since the backup was made
    assert world.eraser.replay(NOON) == 1
    assert named(world, person) == {}
    assert world.stores.people.ids() == [other]
    assert world.lake.people[0][TODAY] == filed
    assert world.eraser.replay(NOON) == 0


def test_the_wrong_folder_of_keys_erases_nobody(world: Endings) -> None:
    people = [world.enrol(NUMBER, "notify"), world.enrol(OTHER, "notify")]
    for person in people:
        world.stores.keys.destroy_person_key(person)
    with pytest.raises(DatabaseError, match="is this the folder of keys"):
        world.eraser.replay(NOON)
    assert world.stores.people.ids() == sorted(people)
    assert world.eraser.replay(NOON, all_are_gone=True) == 2
    assert world.stores.people.ids() == []


def test_rows_of_somebody_of_whom_the_tables_of_people_know_nothing_go_too(world: Endings) -> None:
    other = world.enrol(OTHER, "notify")
    world.add(tables.look, person="f" * 32)
    assert world.eraser.replay(NOON) == 1
    assert world.rows(tables.look) == []
    assert world.stores.people.ids() == [other]
