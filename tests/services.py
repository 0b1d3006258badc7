"""Stores for tests of the service: real databases, a clock that tests move, seeded randomness."""

from __future__ import annotations

import random
import uuid
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

from fortnight.db.engine import SCHEMA, Database, open_postgres, open_sqlite
from fortnight.db.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
