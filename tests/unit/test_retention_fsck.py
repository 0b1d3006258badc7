"""The second opinion: finds nothing in what is sound, and every kind of fault that is planted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from tests.endings import TODAY, Endings, endings, unguarded
from tests.services import DAY, HOUR, MINUTE, NOON, seeded

from fortnight.db import message_tables, tables
from fortnight.ledger.log import Log
from fortnight.ledger.note import Signer
from fortnight.retention.fsck import Fsck

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Table
    from tests.services import Stores


@pytest.fixture
def world(stores: Stores) -> Endings:
    """Yield a sound world: a person, a case, a day of the lake, and a log that took all in."""
    world = endings(stores)
    person = world.enrol("+37120000001", "trace.phone")
    stores.vault.file_under(person, TODAY)
    world.add(tables.case_file, person=person)
    world.add(tables.look, person=person, leaf=leaf_of(world))
    lake(world).mkdir()
    (lake(world) / "index").mkdir()
    (lake(world) / "one").write_bytes(b"12345")
    (lake(world) / ".writer").touch()
    world.add(tables.lake_file, day=TODAY, name="one", bytes=5)
    world.add(tables.lake_day, day=TODAY, index_name="index")
    log(world).sequence(NOON)
    return world


def leaf_of(world: Endings) -> str:
    return str(world.rows(tables.consent_grant)[0]["leaf"])


def lake(world: Endings) -> Path:
    return world.stores.folder / "lake"


def log(world: Endings) -> Log:
    signer = Signer("fortnight.invalid/log", seeded(5).randbytes(32))
    return Log(world.database, world.stores.folder / "log", signer, world.stores.clock)


def found(world: Endings, now: int = NOON) -> list[tuple[str, str]]:
    stores = world.stores
    checked = Fsck(stores.database, stores.people, stores.keys, lake(world), stores.folder / "log")
    return [(one.kind, one.where) for one in checked.findings(now)]


def run(world: Endings, statement: str, **given: object) -> None:
    with unguarded(world.database) as connection:
        connection.execute(text(statement), given)


def test_nothing_is_found_in_what_is_sound(world: Endings) -> None:
    assert found(world) == []


OLD: list[tuple[Table, dict[str, Any]]] = [
    (tables.receipt, {"received_at": NOON - 16 * DAY}),
    (tables.hidden_stay, {"end": NOON - 16 * DAY}),
    (tables.exposure_detail, {"last_day": TODAY - 15}),
    (tables.lake_day, {"day": TODAY - 15}),
    (tables.alarm, {"at": NOON - 46 * DAY}),
    (message_tables.inbound, {"at": NOON - 46 * DAY}),
    (message_tables.receipt_heard, {"heard_at": NOON - 16 * DAY}),
    (tables.look, {"at": NOON - 46 * DAY}),
    (tables.message, {"made_at": NOON - 46 * DAY}),
    (tables.message, {"made_at": NOON - 16 * DAY, "state": "queued", "sealed": b"words"}),
    (tables.laboratory_token, {"expires_at": NOON - 3 * HOUR}),
    (tables.case_file, {"follow_up_end_day": TODAY - 31}),
    (tables.case_file, {"state": "opened", "agreed_at": None, "opened_at": NOON - 16 * DAY}),
    (tables.case_file, {"state": "opened", "agreed_at": None, "follow_up_end_day": TODAY - 31}),
    (tables.case_file, {"code_hash": bytes(32), "code_expires_at": NOON - 3 * HOUR}),
]


@pytest.mark.parametrize(
    ("table", "given"), OLD, ids=[f"{table.name}-{'-'.join(given)}" for table, given in OLD]
)
def test_a_row_past_its_time_is_found(world: Endings, table: Table, given: dict[str, Any]) -> None:
    if "person" in table.c and not table.c.person.nullable:
        given = given | {"person": world.stores.people.ids()[0]}
    if given.get("opened_at"):  # only somebody enrolled can be waited for in vain
        given = given | {"person": world.stores.people.ids()[0]}
    leaf = {"leaf": leaf_of(world)} if table is tables.look else {}
    world.add(table, **given, **leaf)
    assert set(found(world)) >= {("past-its-time", table.name)}
    assert {kind for kind, _ in found(world)} == {"past-its-time"}


def test_what_the_sweep_ends_is_what_is_found(world: Endings) -> None:
    person = world.stores.people.ids()[0]
    for table, given in OLD:
        named = {"person": person} if table in (tables.receipt, tables.message) else {}
        leaf = {"leaf": leaf_of(world), "person": person} if table is tables.look else {}
        world.add(table, **given, **named, **leaf)
    world.sweeper.sweep(NOON)
    log(world).sequence(NOON)
    assert found(world) == []


def test_a_day_past_its_time_is_found(world: Endings) -> None:
    world.stores.keys.make_day_key(TODAY - 15)
    assert found(world) == [("past-its-time", "keys/day")]


def test_an_arrival_that_waits_for_a_day_is_found(world: Endings) -> None:
    person = world.stores.people.ids()[0]
    world.add(tables.arrival, person=person, received_at=NOON - DAY - 1)
    assert found(world) == [("not-filed", "arrival")]


def test_rows_of_nobody_are_found(world: Endings) -> None:
    for table in (tables.arrival, tables.receipt, tables.message):
        world.add(table, person="f" * 32)
    assert found(world) == [("nobody", name) for name in ("arrival", "receipt", "message")]


def test_people_without_keys_and_keys_without_people_are_found(world: Endings) -> None:
    person = world.stores.people.ids()[0]
    world.stores.keys.destroy_person_key(person)
    world.stores.keys.make_person_key("f" * 32)
    assert found(world) == [("no-key", "people"), ("key-of-nobody", "keys/person")]


def test_somebody_held_without_a_reason_is_found(world: Endings) -> None:
    world.enrol("+37120000002")
    log(world).sequence(NOON)
    assert found(world) == [("no-reason", "people")]


def test_who_withdrew_is_held_for_fourteen_days(world: Endings) -> None:
    person = world.enrol("+37120000002", "notify")
    world.stores.consents.withdraw(person, "notify", NOON)
    log(world).sequence(NOON)
    at = (TODAY + 15) * DAY + 2 * HOUR
    assert ("no-reason", "people") not in found(world, at - 1)
    assert ("no-reason", "people") in found(world, at)


def test_an_erasure_that_is_late_or_left_traces_is_found(world: Endings) -> None:
    person = world.stores.people.ids()[0]
    world.add(tables.erasure, person=person, asked_at=NOON - DAY - 1)
    world.add(tables.erasure, trail="{}", leaf=leaf_of(world))
    assert found(world) == [("erasure-late", "erasure"), ("erasure-broken", "erasure")]


FILES: list[tuple[str, Callable[[Path], object]]] = [
    ("file-missing", lambda folder: (folder / "one").unlink()),
    ("file-changed", lambda folder: (folder / "one").write_bytes(b"1234")),
    ("file-missing", lambda folder: (folder / "index").rmdir()),
    ("file-unknown", lambda folder: (folder / "two").touch()),
]


@pytest.mark.parametrize(("kind", "spoil"), FILES, ids=["gone", "cut", "no-index", "stray"])
def test_files_that_do_not_fit_the_catalogue_are_found(
    world: Endings, kind: str, spoil: Callable[[Path], object]
) -> None:
    spoil(lake(world))
    assert [one for one, _ in found(world)] == [kind]


LEDGER: list[tuple[str, str]] = [
    (
        "UPDATE ledger_leaf SET entry = (SELECT root FROM ledger_head) WHERE place = 0",
        "ledger_head",
    ),
    ("UPDATE ledger_leaf SET place = place + 9 WHERE place = 0", "ledger_leaf"),
    ("UPDATE ledger_head SET size = size - 1", "ledger_head"),
]


@pytest.mark.parametrize(("statement", "where"), LEDGER, ids=["changed", "missing", "shorter"])
def test_a_log_that_was_changed_is_found(world: Endings, statement: str, where: str) -> None:
    if world.database.is_postgres:
        run(world, "ALTER TABLE ledger_leaf DISABLE TRIGGER ALL")
    run(world, statement)
    assert found(world) == [("ledger-broken", where)]


def test_a_checkpoint_of_another_log_is_found(world: Endings) -> None:
    path = world.stores.folder / "log" / "checkpoint"
    note = path.read_text().split("\n")
    for place, other in ((1, "0"), (1, "99"), (1, "x"), (2, "AAAA")):
        path.write_text("\n".join([*note[:place], other, *note[place + 1 :]]))
        assert found(world) == [("ledger-broken", "checkpoint")]
    path.unlink()
    assert found(world) == [("ledger-broken", "checkpoint")]


def test_entries_that_the_log_did_not_take_in_are_found(world: Endings) -> None:
    world.add(tables.ledger_leaf, made_at=NOON - 10 * MINUTE - 1)
    assert found(world) == [("ledger-waits", "ledger_leaf")]
