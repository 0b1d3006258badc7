"""Stores for tests of the service: real databases, a clock that tests move, seeded randomness."""

from __future__ import annotations

import random
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.postgres_server import (
    APP,
    OWNER,
    SUPERUSER,
    TEMPLATE,
    Server,
    running_server,
    why_not_here,
)

from fortnight.consent.store import Consents
from fortnight.db.engine import SCHEMA, Database, open_postgres, open_sqlite
from fortnight.db.tables import metadata
from fortnight.vault.door import Vault
from fortnight.vault.keys import FileKeys
from fortnight.vault.people_sqlite import SqlitePeople
from fortnight.vault.tables import people_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class PostgresUrls:
    """How each role opens one test's own PostgreSQL database."""

    app: str
    owner: str
    superuser: str


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Yield a server whose template is migrated, or skip where there can be none."""
    if why := why_not_here():
        pytest.skip(why)
    with running_server() as server:
        server.make_database(TEMPLATE)
        _migrate(server.url(OWNER, TEMPLATE))
        yield server


def _migrate(owner_url: str) -> None:
    owner = open_postgres(owner_url)
    with owner.write() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        metadata.create_all(connection)
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APP}")
        connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA {SCHEMA} TO {APP}")
        connection.exec_driver_sql(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {APP}")
    owner.close()


@pytest.fixture
def postgres_urls(postgres_server: Server) -> Iterator[PostgresUrls]:
    """Yield the URLs of a fresh, migrated database."""
    name = f"test_{uuid.uuid4().hex}"
    postgres_server.make_database(name, template=TEMPLATE)
    roles = (APP, OWNER, SUPERUSER)
    yield PostgresUrls(*(postgres_server.url(role, name) for role in roles))
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Yield an empty main database of each kind, as the service opens it."""
    if request.param == "postgres":
        urls: PostgresUrls = request.getfixturevalue("postgres_urls")
        opened = open_postgres(urls.app)
    else:
        opened = open_sqlite(tmp_path / "fortnight.db")
        with opened.write() as connection:
            metadata.create_all(connection)
    yield opened
    opened.close()


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
def stores(tmp_path: Path, clock: Clock) -> Iterator[Stores]:
    """Yield an empty vault of each kind of database."""
    with sqlite_stores(tmp_path, clock) as opened:
        yield opened


@contextmanager
def sqlite_stores(folder: Path, clock: Clock) -> Iterator[Stores]:
    """Open an empty vault on SQLite files in a folder."""
    main, people = open_sqlite(folder / "fortnight.db"), open_sqlite(folder / "people.db")
    for database, tables in ((main, metadata), (people, people_metadata)):
        with database.write() as connection:
            tables.create_all(connection)
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
