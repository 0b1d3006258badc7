"""Stores for tests of the service: real databases, a clock that tests move, seeded randomness."""

from __future__ import annotations

import random
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
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
from fortnight.db import (  # each adds its tables to the metadata
    enrolment_tables,  # noqa: F401 - joins the metadata
    message_tables,  # noqa: F401 - joins the metadata
    office_tables,  # noqa: F401 - joins the metadata
    sending_tables,  # noqa: F401 - joins the metadata
    support_tables,  # noqa: F401 - joins the metadata
)
from fortnight.db.engine import Database, open_postgres, open_sqlite
from fortnight.db.migrate import migrate_postgres
from fortnight.db.tables import metadata
from fortnight.vault.door import Vault
from fortnight.vault.keys import FileKeys
from fortnight.vault.people_postgres import PostgresPeople
from fortnight.vault.people_sqlite import SqlitePeople
from fortnight.vault.tables import people_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from sqlalchemy import MetaData

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


def new_sqlite(path: Path, tables: MetaData = metadata) -> Database:
    """Open a new file with every table: a copy of the first one that this process made."""
    path.write_bytes(_blank(tables, len(tables.tables)))
    return open_sqlite(path)


@cache
def _blank(tables: MetaData, _: int) -> bytes:
    """Return a file with these tables and no row; their number is asked as more may be imported."""
    with TemporaryDirectory() as folder:
        made = Path(folder) / "blank.db"
        database = open_sqlite(made)
        with database.write() as connection:
            tables.create_all(connection)
        database.close()  # the last to close takes the write-ahead log into the file
        return made.read_bytes()


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
        migrate_postgres(server.url(OWNER, TEMPLATE), APP)
        yield server


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
        opened = new_sqlite(tmp_path / "fortnight.db")
    yield opened
    opened.close()


@pytest.fixture
def tampering(request: pytest.FixtureRequest, database: Database) -> Iterator[Database]:
    """Yield the same main database as whoever holds its files has it: no privilege, no guard."""
    if not database.is_postgres:
        yield database
        return
    urls: PostgresUrls = request.getfixturevalue("postgres_urls")
    opened = open_postgres(urls.superuser)
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


@pytest.fixture(params=["sqlite", "postgres"])
def stores(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Stores]:
    """Yield an empty vault of each kind of database."""
    if request.param == "postgres":
        urls: PostgresUrls = request.getfixturevalue("postgres_urls")
        opening = postgres_stores(urls, tmp_path, clock)
    else:
        opening = sqlite_stores(tmp_path, clock)
    with opening as opened:
        yield opened


@contextmanager
def postgres_stores(urls: PostgresUrls, folder: Path, clock: Clock) -> Iterator[Stores]:
    """Open an empty vault on PostgreSQL, by the service's role."""
    main = open_postgres(urls.app)
    try:
        consents = Consents(main, seeded(2).randbytes)
        yield _stores(main, PostgresPeople(main), consents, folder, clock)
    finally:
        main.close()


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
