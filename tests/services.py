"""Stores for tests of the service: real databases, a clock that tests move, seeded randomness."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
from tests.databases import is_sqlite, new_main, new_sqlite, urls_of

from fortnight.consent.store import Consents
from fortnight.db.engine import open_postgres
from fortnight.vault.door import Vault
from fortnight.vault.keys import FileKeys
from fortnight.vault.people_postgres import PostgresPeople
from fortnight.vault.people_sqlite import SqlitePeople
from fortnight.vault.tables import people_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from fortnight.db.engine import Database
    from fortnight.vault.people import People

NOON = 1_772_366_400_000  # 2026-03-01 12:00 UTC
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: int = NOON

    def __call__(self) -> int:
        return self.now

    def advance(self, ms: int) -> int:
        """Move on, and return the new time."""
        self.now += ms
        return self.now


def seeded(seed: int = 1) -> random.Random:
    """Return randomness that is the same in every run; use its ``randbytes``."""
    return random.Random(seed)  # noqa: S311 - tests have to be repeatable


@pytest.fixture
def clock() -> Clock:
    """Return a clock at a noon in March 2026."""
    return Clock()


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Iterator[Database]:  # noqa: ARG001 - both kinds
    """Yield an empty main database of each kind, as the service opens it."""
    with new_main(tmp_path / "fortnight.db") as opened:
        yield opened


@pytest.fixture
def tampering(database: Database) -> Iterator[Database]:
    """Yield the same main database as whoever holds its files has it: no privilege, no guard."""
    if not database.is_postgres:
        yield database
        return
    opened = open_postgres(urls_of(database).superuser)
    event.listen(opened.engine, "connect", _switch_guards_off)
    yield opened
    opened.close()


def _switch_guards_off(connection: psycopg.Connection, _: object) -> None:
    connection.execute("SET session_replication_role = replica")
    connection.commit()


@dataclass(frozen=True, slots=True)
class Stores:
    """One vault, and everything below it."""

    database: Database
    people: People
    keys: FileKeys
    consents: Consents
    vault: Vault
    clock: Clock
    folder: Path


@pytest.fixture
def stores(kind: str, tmp_path: Path, clock: Clock) -> Iterator[Stores]:  # noqa: ARG001 - both kinds
    """Yield an empty vault of each kind of database."""
    with stores_in(tmp_path, clock) as opened:
        yield opened


@contextmanager
def stores_in(folder: Path, clock: Clock) -> Iterator[Stores]:
    """Open an empty vault on the kind of database that is asked for."""
    if is_sqlite():
        with sqlite_stores(folder, clock) as opened:
            yield opened
        return
    with new_main(folder / "fortnight.db") as main:
        yield postgres_stores(main, folder, clock)


def postgres_stores(main: Database, folder: Path, clock: Clock) -> Stores:
    """Return an empty vault on PostgreSQL, which the service's role has opened."""
    consents = Consents(main, seeded(2).randbytes)
    return _stores(main, PostgresPeople(main), consents, folder, clock)


@contextmanager
def sqlite_stores(folder: Path, clock: Clock) -> Iterator[Stores]:
    """Open an empty vault on SQLite files in a folder."""
    main = new_sqlite(folder / "fortnight.db")
    people = new_sqlite(folder / "people.db", people_metadata)
    consents = Consents(main, seeded(2).randbytes)
    stores = _stores(main, SqlitePeople(people, main, consents), consents, folder, clock)
    try:
        yield stores
    finally:
        stores.keys.close()
        people.close()
        main.close()


def _stores(
    main: Database, people: People, consents: Consents, folder: Path, clock: Clock
) -> Stores:
    keys = FileKeys.create(folder / "keys", seeded(3).randbytes)
    vault = Vault(main, people, keys, consents, seeded(4).randbytes, clock)
    return Stores(main, people, keys, consents, vault, clock, folder)
