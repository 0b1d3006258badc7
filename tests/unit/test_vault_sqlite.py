"""People in a SQLite file: what an open transaction shows, and what is left of the forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
from tests.reference.vault_world import TODAY, WORKER, enrolled, met, number, sound_case
from tests.services import Stores, seeded, sqlite_stores

from fortnight.db.engine import open_sqlite
from fortnight.errors import RefusedError
from fortnight.vault.looks import add_looks, look_leaf
from fortnight.vault.people import Ask, NewPerson, Seed
from fortnight.vault.people_sqlite import SqlitePeople
from fortnight.vault.purposes import Field, Purpose
from fortnight.vault.reading import Access
from fortnight.vault.tables import people_metadata

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection
    from tests.services import Clock

ASK = Ask(WORKER, Purpose.RIGHTS, (Field.NUMBER, Field.PSEUDONYMS), None)


@pytest.fixture
def embedded(tmp_path: Path, clock: Clock) -> Iterator[Stores]:
    """Yield an empty vault on SQLite."""
    with sqlite_stores(tmp_path, clock) as opened:
        yield opened


def refuse_reading(stores: Stores, seed: Seed) -> None:
    with pytest.raises(RefusedError, match="No look is committed"):
        stores.vault.read(Access((seed.look,)))
    with pytest.raises(RefusedError, match="No such look is committed"):
        stores.people.read_own(seed.look, [TODAY])
    with pytest.raises(RefusedError, match="No such look is committed"):
        stores.people.read_resolve(seed.look)


def look_at(connection: Connection, stores: Stores, person: str, seed: Seed) -> None:
    add_looks(connection, "look", ASK, {person: seed}, stores.clock())


def test_a_look_in_a_transaction_still_open_opens_nothing(embedded: Stores) -> None:
    person, seed = enrolled(embedded, 5), Seed.of(seeded().randbytes)
    with embedded.database.write() as connection:
        look_at(connection, embedded, person, seed)
        refuse_reading(embedded, seed)
    assert embedded.vault.read(Access((seed.look,)))[person][Field.NUMBER] == number(5)


def test_a_savepoint_that_was_released_is_no_commit(embedded: Stores) -> None:
    person, seed = enrolled(embedded, 5), Seed.of(seeded().randbytes)
    with embedded.database.write() as connection:
        with connection.begin_nested():
            look_at(connection, embedded, person, seed)
        refuse_reading(embedded, seed)
        connection.rollback()
    refuse_reading(embedded, seed)
    assert embedded.vault.looks_at(person) == []


def test_a_look_is_on_the_disk_before_anybody_reads(embedded: Stores) -> None:
    person, waited = enrolled(embedded, 5), list[int]()

    @event.listens_for(embedded.database.engine, "commit")
    def note(connection: Connection) -> None:
        waited.append(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    access = embedded.vault.open_access(
        WORKER, Purpose.RIGHTS, None, (Field.NUMBER,), (person,), embedded.clock()
    )
    assert waited == [2]
    embedded.vault.read(access)
    assert waited == [2, 1]  # that it was read may be lost with the machine: the look is not


def test_a_look_that_cannot_be_written_leaves_nothing_to_read(embedded: Stores) -> None:
    one, two = enrolled(embedded, 5), enrolled(embedded, 6)
    seed = Seed.of(seeded().randbytes)
    with pytest.raises(Exception, match="UNIQUE constraint failed"):  # two looks of one id
        embedded.people.open_access(ASK, {one: seed, two: seed}, embedded.clock())
    refuse_reading(embedded, seed)


def test_the_entry_of_a_look_has_the_seeds_id_and_salts(embedded: Stores) -> None:
    seed = Seed.of(seeded().randbytes)
    leaf = look_leaf("resolve", ASK, "a" * 32, seed, embedded.clock())
    assert (leaf.id, leaf.salt, leaf.office_salt) == (seed.leaf, seed.salt, seed.office_salt)
    assert leaf.kind == "resolve"


def canaries(stores: Stores, person: str) -> list[bytes]:
    """Return every value of a person that the file of people may hold."""
    connection = stores.vault.file_under(person, TODAY), stores.vault.beacons(person, [TODAY])
    return [
        person.encode(),
        bytes.fromhex(person),
        number(50).encode(),
        number(50)[1:].encode(),
        stores.vault.number_hash(number(50)),
        connection[0],
        connection[1][TODAY],
    ]


def test_of_an_erased_person_no_byte_is_left_in_the_files_of_people(embedded: Stores) -> None:
    case_id, _ = sound_case(embedded)
    crowd = [enrolled(embedded, place) for place in range(51, 90)]
    person = enrolled(embedded, 50)
    embedded.vault.add_device(person, "owntracks", embedded.clock())
    for day in range(TODAY - 13, TODAY + 1):
        embedded.vault.file_under_many([*crowd, person], day)
    embedded.vault.group(case_id, WORKER, [met(embedded, person)], embedded.clock())
    searched = canaries(embedded, person)
    files = [embedded.folder / name for name in ("people.db", "people.db-wal")]
    before = b"".join(path.read_bytes() for path in files)
    present = [one in before for one in searched]
    assert present == [True, False, False, False, True, True, True]  # the number is sealed
    embedded.vault.destroy_key(person)
    embedded.vault.forget_rows(person)
    after = b"".join(path.read_bytes() for path in files)
    assert not [one for one in searched if one in after]
    assert (embedded.folder / "people.db-wal").stat().st_size == 0
    assert set(embedded.vault.file_under_many(crowd, TODAY)) == set(crowd)


def test_the_erased_go_even_where_the_database_keeps_what_it_deletes(
    embedded: Stores, tmp_path: Path
) -> None:
    file = tmp_path / "careless.db"
    people = open_sqlite(file)
    event.listen(people.engine, "connect", keep_what_is_deleted)
    with people.write() as connection:
        people_metadata.create_all(connection)
    store = SqlitePeople(people, embedded.database, embedded.consents)
    chance = seeded(5)
    enrolled_here = [
        NewPerson(chance.randbytes(16).hex(), b"sealed", chance.randbytes(32), "en", 0)
        for _ in range(40)
    ]
    for new in enrolled_here:
        store.enrol([new])
    gone = enrolled_here[20]
    store.forget_person(gone.id)
    left = file.read_bytes()
    people.close()
    assert gone.id.encode() not in left
    assert gone.number_lookup not in left
    assert enrolled_here[21].id.encode() in left


def keep_what_is_deleted(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA secure_delete = OFF")
