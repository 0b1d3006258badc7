"""Migrations: both databases from whatever they are to what this version needs, or not at all.

SQLite: two files, each in one transaction. PostgreSQL: one transaction by the role that owns the
schemas; at its end stand the privileges of the service's own role and the functions by which
alone it reaches people. A second run changes nothing.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.exc import DBAPIError

from fortnight.db.engine import SCHEMA, Database, open_postgres, open_sqlite
from fortnight.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fortnight.settings import Settings

MAIN_FILE: Final = "fortnight.db"
PEOPLE_FILE: Final = "people.db"
PEOPLE_SCHEMA: Final = "people"
QUEUE_SCHEMA: Final = "dbos"
"""Where the durable queue makes tables of its own, by the service's role."""
_PACKAGE: Final = Path(__file__).parents[1]
_LOCK: Final = 0x666F_7274  # any number, always the same: one migration at a time
_SQL_FILES: Final = (_PACKAGE / "db" / "privileges.sql", _PACKAGE / "vault" / "functions.sql")


@dataclass(frozen=True, slots=True)
class Part:
    """One set of tables with migrations of its own: their folder, and their PostgreSQL schema."""

    scripts: Path
    schema: str


MAIN: Final = Part(_PACKAGE / "db" / "migrations", SCHEMA)
PEOPLE: Final = Part(_PACKAGE / "vault" / "migrations", PEOPLE_SCHEMA)


def migrate(settings: Settings) -> None:
    """Migrate what the settings name.

    Raises DatabaseError where the database cannot be reached, is of a newer version, or where on
    PostgreSQL the service's role could read the tables of people.
    """
    if settings.is_embedded:
        migrate_embedded(settings.home)
        return
    if not settings.owner_database_url:
        raise DatabaseError(
            "owner_database_url is not set: migrations are run by the role that owns the schemas, "
            "which is not the service's own. Set FORTNIGHT_OWNER_DATABASE_URL for this command."
        )
    migrate_postgres(settings.owner_database_url, role_of(settings.database_url))


def open_main(settings: Settings) -> Database:
    """Open the main database. Raises DatabaseError where it is not as this version needs it."""
    if settings.is_embedded:
        return open_part(settings.home / MAIN_FILE, MAIN)
    database = open_postgres(settings.database_url)
    return _checked(database, MAIN)


def open_part(path: Path, part: Part) -> Database:
    """Open one SQLite file. Raises DatabaseError where it is missing or not current."""
    if not path.exists():
        raise DatabaseError(f"{path} is not there: run `fortnight migrate`.")
    return _checked(open_sqlite(path), part)


def _checked(database: Database, part: Part) -> Database:
    with ExitStack() as refused:
        refused.callback(database.close)
        check_schema(database, part)
        refused.pop_all()
    return database


def role_of(url: str) -> str:
    """Return the role by which a URL opens its database.

    Raises DatabaseError where it names none: privileges are given by name.
    """
    role = conninfo_to_dict(url).get("user")
    if not role:
        raise DatabaseError(
            "database_url names no role: give postgresql://role@host/database, because the owner "
            "has to know whom to give the privileges."
        )
    return str(role)


# -- SQLite --------------------------------------------------------------------------------------


def migrate_embedded(home: Path) -> None:
    """Make or migrate the two SQLite files in a folder."""
    for name, part in ((MAIN_FILE, MAIN), (PEOPLE_FILE, PEOPLE)):
        database = open_sqlite(home / name)
        try:
            with database.write() as connection:
                _upgrade(connection, part)
        finally:
            database.close()
        (home / name).chmod(0o600)


# -- PostgreSQL ----------------------------------------------------------------------------------


def migrate_postgres(owner_url: str, app_role: str) -> None:
    """Make or migrate the schemas, the functions, and the privileges of the service's role."""
    database = open_postgres(owner_url)
    try:
        with database.write() as connection:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            _check_role(connection, app_role)
            make_schemas(connection)
            for part in (MAIN, PEOPLE):
                connection.exec_driver_sql(f"SET LOCAL search_path = {part.schema}")
                _upgrade(connection, part)
            install(connection, app_role)
    except (DBAPIError, psycopg.Error) as error:
        raise DatabaseError(f"PostgreSQL refused, and nothing is changed: {error}") from error
    finally:
        database.close()


def make_schemas(connection: Connection) -> None:
    """Make our schemas where they are not there; a new schema is closed to all but its owner."""
    for schema in (SCHEMA, PEOPLE_SCHEMA, QUEUE_SCHEMA):
        if connection.exec_driver_sql("SELECT to_regnamespace(%s)", (schema,)).scalar() is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")


def install(connection: Connection, app_role: str) -> None:
    """Write the guards, the functions and the privileges anew, unless they are these already."""
    mark = _mark(app_role)
    if _mark_of(connection) == mark:
        return
    for path in _SQL_FILES:
        _run_file(connection, path, app_role)
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {PEOPLE_SCHEMA} IS '{mark}'")
    _check_closed(connection, app_role)


def _run_file(connection: Connection, path: Path, app_role: str) -> None:
    quoted = sql.Identifier(app_role).as_string()
    # Straight to the driver: several statements at once, in the transaction that we are in.
    driver: Any = connection.connection.driver_connection
    driver.execute(path.read_text(encoding="utf-8").replace("{app}", quoted).encode())


def _check_role(connection: Connection, app_role: str) -> None:
    row = connection.exec_driver_sql(
        "SELECT rolsuper, rolname = current_user, pg_has_role(oid, current_user, 'MEMBER') "
        "FROM pg_roles WHERE rolname = %s",
        (app_role,),
    ).one_or_none()
    if row is None:
        raise DatabaseError(f"There is no role {app_role}: make it with CREATE ROLE … LOGIN.")
    if any(row):
        raise DatabaseError(
            f"{app_role} is a superuser, or may act as the owner of the schemas: the database "
            "could not keep the door to people. Make a role of its own for the service."
        )


def _check_closed(connection: Connection, role: str) -> None:
    """Refuse where a role has any privilege on a table of people, by whatever way it has it."""
    open_tables = connection.exec_driver_sql(
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) "
        "AND relkind IN ('r', 'p', 'v', 'm', 'f') AND ("
        "has_table_privilege(%s, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') "
        "OR has_any_column_privilege(%s, oid, 'SELECT, INSERT, UPDATE')) ORDER BY 1",
        (PEOPLE_SCHEMA, role, role),
    ).scalars()
    if names := ", ".join(open_tables):
        raise DatabaseError(
            f"{role} may read or write {PEOPLE_SCHEMA}.{names}: the database could not keep the "
            "door to people. Take it out of every role that may, such as pg_read_all_data."
        )


# -- what is there, and what has to be -------------------------------------------------------------


def check_schema(database: Database, part: Part = MAIN) -> None:
    """Refuse a database that is not as this version needs it.

    Raises DatabaseError, which says to run ``fortnight migrate``. On PostgreSQL it is asked by
    the service's role, and covers the functions of people and who may read their tables.
    """
    try:
        with database.read() as connection:
            current = _revision(connection, part)
            if database.is_postgres:
                role = str(connection.exec_driver_sql("SELECT current_user").scalar_one())
                _check_closed(connection, role)
                functions_current = _mark_of(connection) == _mark(role)
            else:
                functions_current = True
    except DBAPIError as error:
        raise DatabaseError(
            f"The database cannot be read: {error.orig}. Is it there, and was `fortnight migrate` "
            "run on it?"
        ) from error
    needed = _head(part)
    if current is not None and current > needed:
        raise DatabaseError(_newer(current, needed))
    if current != needed or not functions_current:
        raise DatabaseError(
            f"The tables are at revision {current or 'none'} and this version of Fortnight needs "
            f"{needed} with its functions: run `fortnight migrate`."
        )


def _revision(connection: Connection, part: Part) -> str | None:
    schema = part.schema if connection.dialect.name == "postgresql" else None
    context = MigrationContext.configure(connection, opts={"version_table_schema": schema})
    return context.get_current_revision()


@cache  # it reads every script again, and a start asks four times
def _head(part: Part) -> str:
    return str(ScriptDirectory(str(part.scripts)).get_current_head())


def _newer(current: str, needed: str) -> str:
    return (
        f"The tables are at revision {current}, made by a newer version of Fortnight: this one "
        f"knows revisions up to {needed}. Install the newer version."
    )


def _mark(app_role: str) -> str:
    """Return what tells one state of functions and privileges from every other."""
    digest = sha256(app_role.encode())
    for path in _SQL_FILES:
        digest.update(path.read_bytes())
    return f"{_head(PEOPLE)} {digest.hexdigest()}"


def _mark_of(connection: Connection) -> str | None:
    found = connection.exec_driver_sql(
        "SELECT obj_description(to_regnamespace(%s), 'pg_namespace')", (PEOPLE_SCHEMA,)
    ).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection, part: Part) -> None:
    """Take one part to its newest revision, in the connection's transaction."""
    current, needed = _revision(connection, part), _head(part)
    if current == needed:
        return
    if current is not None and current > needed:
        raise DatabaseError(_newer(current, needed))
    config = Config()
    config.set_main_option("script_location", str(part.scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    schema = part.schema if connection.dialect.name == "postgresql" else None
    config.attributes["fortnight"] = {"connection": connection, "version_table_schema": schema}
    command.upgrade(config, "head")
