"""A database that was another test's is given on as if nobody had used it, or is dropped."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.emptied import SPARE, Emptied
from tests.postgres_server import APP, SUPERUSER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import LiteralString

    from tests.postgres_server import Server

ALARM = "INSERT INTO fortnight.alarm (id, kind, at, detail) VALUES ('a', 'b', 1, 'c')"
ALARMS = "SELECT count(*) FROM fortnight.alarm"
CHANGES: tuple[LiteralString, ...] = (
    "ALTER TABLE fortnight.alarm ADD COLUMN more integer",
    "ALTER TABLE fortnight.ledger_leaf DISABLE TRIGGER ALL",
    "CREATE INDEX more ON fortnight.alarm (at)",
    "CREATE TABLE fortnight.more (one integer)",
    "CREATE TABLE public.more ()",
    "CREATE OR REPLACE FUNCTION fortnight.more() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "DROP SCHEMA dbos CASCADE",
    "DROP TABLE fortnight.alarm",
    "GRANT TRUNCATE ON fortnight.alarm TO fortnight_app",
    "UPDATE fortnight.alembic_version SET version_num = 'x'",
    f"{ALARM}; ANALYZE fortnight.alarm",
    "COMMENT ON SCHEMA people IS 'of last year'",
    "DO 'BEGIN EXECUTE format(''ALTER DATABASE %I SET jit = on'', current_database()); END'",
)


@pytest.fixture
def emptied(postgres_server: Server) -> Iterator[Emptied]:
    own = Emptied(postgres_server)
    yield own
    own.end()


def new() -> str:
    return f"emptied_{uuid.uuid4().hex}"


@contextmanager
def inside(emptied: Emptied, name: str, role: str = SUPERUSER) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(emptied.server.url(role, name), autocommit=True) as connection:
        yield connection


def test_what_was_written_is_gone_and_so_is_the_name(emptied: Emptied) -> None:
    one, other = new(), new()
    emptied.take(one)
    with inside(emptied, one, APP) as connection:
        connection.execute(ALARM)
    emptied.give_back(one)
    assert emptied.names == [one]
    emptied.take(other)
    with pytest.raises(psycopg.OperationalError, match="does not exist"), inside(emptied, one):
        pass
    with inside(emptied, other, APP) as connection:
        assert connection.execute(ALARMS).fetchone() == (0,)


def test_numbers_begin_again(emptied: Emptied) -> None:
    name = new()
    emptied.take(name)
    with inside(emptied, name) as connection:
        counted = connection.execute("SELECT schemaname, sequencename FROM pg_sequences").fetchall()
        for schema, sequence in counted:
            connection.execute("SELECT nextval(%s)", (f"{schema}.{sequence}",))
    emptied.give_back(name)
    with inside(emptied, name) as connection:
        used = "SELECT count(*) FROM pg_sequences WHERE last_value IS NOT NULL"
        assert connection.execute(used).fetchone() == (0,)
    assert counted


@pytest.mark.parametrize("change", CHANGES)
def test_one_that_was_changed_is_dropped(emptied: Emptied, change: LiteralString) -> None:
    name = new()
    emptied.take(name)
    with inside(emptied, name) as connection:
        connection.execute(change)
    emptied.give_back(name)
    assert emptied.names == []
    with pytest.raises(psycopg.OperationalError, match="does not exist"), inside(emptied, name):
        pass


def test_whoever_is_inside_is_sent_away(emptied: Emptied) -> None:
    name = new()
    emptied.take(name)
    with inside(emptied, name, APP) as connection:
        connection.execute("BEGIN")
        connection.execute(ALARM)
        emptied.give_back(name)
        with pytest.raises(psycopg.OperationalError):
            connection.execute(ALARMS)
    assert emptied.names == [name]


def test_few_are_kept(emptied: Emptied) -> None:
    names = [new() for _ in range(SPARE + 1)]
    for name in names:
        emptied.take(name)
    for name in names:
        emptied.give_back(name)
    assert emptied.names == names[:SPARE]
