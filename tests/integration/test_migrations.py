"""Migrations make what the models say, on both databases, once, and whole or not at all."""

from __future__ import annotations

import re
import shutil
from contextlib import closing, contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from dbos import DBOS
from sqlalchemy import create_engine, inspect
from tests.postgres_server import APP, OWNER, SUPERUSER
from tests.services import NOON

from fortnight.db.engine import Database, open_postgres, open_sqlite
from fortnight.db.migrate import (
    MAIN,
    MAIN_FILE,
    PEOPLE,
    PEOPLE_FILE,
    Part,
    check_schema,
    migrate,
    migrate_embedded,
    migrate_postgres,
    open_main,
    open_part,
)
from fortnight.db.tables import alarm, metadata
from fortnight.errors import DatabaseError
from fortnight.settings import Settings
from fortnight.vault.tables import people_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, MetaData
    from tests.postgres_server import Server

POSTGRES_ONLY = {("look", "xid"), ("look", "written"), ("ledger_leaf", "xid")}
PARTS = [
    pytest.param(MAIN, metadata, id="main"),
    pytest.param(PEOPLE, people_metadata, id="people"),
]
FILES = {MAIN.schema: MAIN_FILE, PEOPLE.schema: PEOPLE_FILE}
ALARM = alarm.insert().values(id="a" * 32, kind="kept", at=NOON, detail="")


@pytest.fixture
def empty(postgres_server: Server) -> Iterator[str]:
    """Yield the name of a database with nothing in it."""
    name = "test_empty"
    postgres_server.make_database(name)
    yield name
    postgres_server.drop_database(name)


@contextmanager
def opened(database: Database) -> Iterator[Database]:
    with closing(database):
        yield database


@contextmanager
def schema_of(url: str, schema: str) -> Iterator[Connection]:
    engine = create_engine(
        url.replace("postgresql:", "postgresql+psycopg:"),
        connect_args={"options": f"-csearch_path={schema}"},
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def differences(connection: Connection, models: MetaData) -> list[Any]:
    def ours(thing: Any, name: str | None, kind: str, reflected: bool, _: Any) -> bool:  # noqa: ANN401, FBT001 - alembic calls it so
        if kind == "table":
            return name != "alembic_version"
        return not (kind == "column" and reflected and (thing.table.name, name) in POSTGRES_ONLY)

    context = MigrationContext.configure(
        connection, opts={"include_object": ours, "compare_server_default": True}
    )
    return list(compare_metadata(context, models))


ADDED: Final = re.compile(r", (?=\w+ [A-Z]+)")
"""Between two columns of one line."""


def facts_of_sqlite(path: Path) -> set[tuple[str, ...]]:
    """Return each line of each statement that made the tables, whatever their order.

    A column that was added later stands on the line of the last one before it.
    """
    with opened(open_sqlite(path)) as database, database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL "
            "AND tbl_name NOT IN ('alembic_version', 'sqlite_sequence')"
        )
        return {
            (name, fact.strip().rstrip(",").replace('"', ""))
            for name, sql in rows
            for line in sql.splitlines()
            for fact in ADDED.split(line)
        }


FACTS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) ||
    CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END ||
    coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = 'r'
UNION ALL
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace
UNION ALL
SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %(schema)s::name
"""


def facts_of_postgres(url: str, schema: str) -> set[tuple[str, ...]]:
    """Return every column, rule and index in a schema, as the server tells of them."""
    with schema_of(url, schema) as connection:
        rows = connection.exec_driver_sql(FACTS, {"schema": schema}).all()
    return {
        tuple(row)
        for row in rows
        if "alembic_version" not in row[0] and (row[0], row[1]) not in POSTGRES_ONLY
    }


# -- equal to the models ---------------------------------------------------------------------------


@pytest.mark.parametrize(("part", "models"), PARTS)
def test_on_sqlite_migrations_make_what_the_models_say(
    tmp_path: Path, part: Part, models: MetaData
) -> None:
    migrate_embedded(tmp_path)
    path = tmp_path / FILES[part.schema]
    with opened(open_part(path, part)) as database, database.read() as connection:
        assert differences(connection, models) == []
    with opened(open_sqlite(tmp_path / "models.db")) as database, database.write() as connection:
        models.create_all(connection)
    assert facts_of_sqlite(path) == facts_of_sqlite(tmp_path / "models.db")


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")  # of our own columns
@pytest.mark.parametrize(("part", "models"), PARTS)
def test_on_postgres_migrations_make_what_the_models_say(
    postgres_server: Server, empty: str, part: Part, models: MetaData
) -> None:
    url = postgres_server.url(OWNER, empty)
    migrate_postgres(url, APP)
    with schema_of(url, part.schema) as connection:
        assert differences(connection, models) == []
    migrated = facts_of_postgres(url, part.schema)
    postgres_server.run(f"DROP SCHEMA {part.schema} CASCADE", database=empty)
    postgres_server.run(f"CREATE SCHEMA {part.schema} AUTHORIZATION {OWNER}", database=empty)
    with schema_of(url, part.schema) as connection, connection.begin():
        models.create_all(connection)
    assert migrated == facts_of_postgres(url, part.schema)
    assert len(migrated) > 30


# -- once, and whole or not at all -----------------------------------------------------------------


def test_on_sqlite_a_second_run_changes_nothing(tmp_path: Path) -> None:
    migrate_embedded(tmp_path)
    with opened(open_part(tmp_path / MAIN_FILE, MAIN)) as database, database.write() as connection:
        connection.execute(ALARM)
    before = [(tmp_path / name).read_bytes() for name in (MAIN_FILE, PEOPLE_FILE)]
    migrate_embedded(tmp_path)
    assert [(tmp_path / name).read_bytes() for name in (MAIN_FILE, PEOPLE_FILE)] == before
    with opened(open_part(tmp_path / MAIN_FILE, MAIN)) as database, database.read() as connection:
        assert len(connection.execute(alarm.select()).all()) == 1


def test_on_postgres_a_second_run_changes_nothing(postgres_server: Server, empty: str) -> None:
    url = postgres_server.url(OWNER, empty)
    migrate_postgres(url, APP)
    made = "SELECT oid, xmin FROM {} ORDER BY 1"

    def catalogue() -> list[object]:
        with schema_of(url, "people") as connection:
            names = ("pg_proc", "pg_class", "pg_namespace", "pg_trigger", "pg_policy")
            return [connection.exec_driver_sql(made.format(name)).all() for name in names]

    with opened(open_postgres(postgres_server.url(APP, empty))) as app, app.write() as connection:
        connection.execute(ALARM)
    before = catalogue()
    migrate_postgres(url, APP)
    assert catalogue() == before


def test_on_postgres_a_migration_that_is_refused_leaves_nothing(
    postgres_server: Server, empty: str
) -> None:
    postgres_server.run("CREATE ROLE reads_all LOGIN IN ROLE pg_read_all_data")
    try:
        with pytest.raises(DatabaseError, match="reads_all may read or write people"):
            migrate_postgres(postgres_server.url(OWNER, empty), "reads_all")
        with schema_of(postgres_server.url(OWNER, empty), "public") as connection:
            assert "people" not in inspect(connection).get_schema_names()
    finally:
        postgres_server.run("DROP ROLE reads_all")


# -- who may be the service's role -----------------------------------------------------------------


def test_a_role_that_could_open_the_door_by_itself_is_refused(
    postgres_server: Server, empty: str
) -> None:
    url = postgres_server.url(OWNER, empty)
    postgres_server.run(f"CREATE ROLE friend LOGIN IN ROLE {OWNER}")
    try:
        for role in (OWNER, SUPERUSER, "friend"):
            with pytest.raises(DatabaseError, match=f"{role} is a superuser, or may act as the"):
                migrate_postgres(url, role)
        with pytest.raises(DatabaseError, match="There is no role nobody_here"):
            migrate_postgres(url, "nobody_here")
    finally:
        postgres_server.run("DROP ROLE friend")


def test_a_role_that_was_let_in_later_is_refused_at_the_start(
    postgres_server: Server, empty: str
) -> None:
    migrate_postgres(postgres_server.url(OWNER, empty), APP)
    with opened(open_postgres(postgres_server.url(APP, empty))) as database:
        check_schema(database)
        postgres_server.run(f"GRANT SELECT (language) ON people.person TO {APP}", database=empty)
        with pytest.raises(DatabaseError, match="may read or write people"):
            check_schema(database)


# -- what is not as it should be -------------------------------------------------------------------


def settings_of(home: Path, **given: Any) -> Settings:  # noqa: ANN401 - any setting
    return Settings(home, home.with_name("keys"), date(2026, 12, 31), **given)


def test_databases_that_were_never_migrated_are_refused(
    postgres_server: Server, empty: str, tmp_path: Path
) -> None:
    with pytest.raises(DatabaseError, match="is not there: run `fortnight migrate`"):
        open_main(settings_of(tmp_path))
    open_sqlite(tmp_path / MAIN_FILE).engine.connect().close()
    with pytest.raises(DatabaseError, match=r"at revision none .* run `fortnight migrate`"):
        open_main(settings_of(tmp_path))
    with pytest.raises(DatabaseError, match=r"at revision none .* run `fortnight migrate`"):
        open_main(settings_of(tmp_path, database_url=postgres_server.url(APP, empty)))
    with pytest.raises(DatabaseError, match="cannot be read"):
        open_main(settings_of(tmp_path, database_url=postgres_server.url(APP, "not_there")))
    with pytest.raises(DatabaseError, match="PostgreSQL refused"):
        migrate_postgres(postgres_server.url(OWNER, "not_there"), APP)


def test_a_database_of_a_newer_version_is_neither_opened_nor_changed(
    postgres_server: Server, empty: str, tmp_path: Path
) -> None:
    migrate_embedded(tmp_path)
    newer = "UPDATE alembic_version SET version_num = '9999'"
    with opened(open_part(tmp_path / MAIN_FILE, MAIN)) as database, database.write() as connection:
        connection.exec_driver_sql(newer)
    for act in (migrate, open_main):
        with pytest.raises(DatabaseError, match="made by a newer version"):
            act(settings_of(tmp_path))
    urls = {
        "database_url": postgres_server.url(APP, empty),
        "owner_database_url": postgres_server.url(OWNER, empty),
    }
    migrate(settings_of(tmp_path, **urls))
    open_main(settings_of(tmp_path, **urls)).close()
    with schema_of(urls["owner_database_url"], "fortnight") as connection, connection.begin():
        connection.exec_driver_sql(newer)
    for act in (migrate, open_main):
        with pytest.raises(DatabaseError, match="made by a newer version"):
            act(settings_of(tmp_path, **urls))


def test_functions_of_another_version_are_refused_and_written_anew(
    postgres_server: Server, empty: str
) -> None:
    url = postgres_server.url(OWNER, empty)
    migrate_postgres(url, APP)
    postgres_server.run("COMMENT ON SCHEMA people IS 'of last year'", database=empty)
    postgres_server.run("DROP FUNCTION people.ids()", database=empty)
    with opened(open_postgres(postgres_server.url(APP, empty))) as database:
        with pytest.raises(DatabaseError, match="with its functions: run `fortnight migrate`"):
            check_schema(database)
        migrate_postgres(url, APP)
        check_schema(database)
        with database.read() as connection:
            assert connection.exec_driver_sql("SELECT * FROM people.ids()").all() == []


def test_settings_without_an_owner_or_a_role_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="FORTNIGHT_OWNER_DATABASE_URL"):
        migrate(settings_of(tmp_path, database_url="postgresql://app@localhost/db"))
    urls = {"database_url": "postgresql:///db", "owner_database_url": "postgresql://o@localhost/db"}
    with pytest.raises(DatabaseError, match="names no role"):
        migrate(settings_of(tmp_path, **urls))


def test_the_files_are_for_the_service_alone(tmp_path: Path) -> None:
    home = tmp_path / "100% ours"
    home.mkdir()
    migrate_embedded(home)
    modes = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()}
    assert modes == {MAIN_FILE: 0o600, PEOPLE_FILE: 0o600}
    shutil.rmtree(home)


def test_the_queue_makes_its_own_tables_by_the_role_of_the_service(
    postgres_server: Server, empty: str
) -> None:
    migrate_postgres(postgres_server.url(OWNER, empty), APP)
    DBOS(config={"name": "queue", "system_database_url": postgres_server.url(APP, empty)})
    try:
        DBOS.launch()
    finally:
        DBOS.destroy()
    with schema_of(postgres_server.url(APP, empty), "dbos") as connection:
        assert "workflow_status" in inspect(connection).get_table_names()
