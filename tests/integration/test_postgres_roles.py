"""On PostgreSQL the database itself keeps the door: real attempts by the service's own role.

This file, test_postgres_looks and test_postgres_people hold the tests that need database roles.
SQLite has none: there the file of people is kept by import law and encryption, which
test_import_law and test_vault_* show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors
from tests.reference.postgres_world import (
    OPEN,
    READER,
    a_seed,
    languages,
    no_privilege,
    open_world,
    refused,
)
from tests.reference.vault_world import enrolled, number
from tests.services import NOON

from fortnight.clock import now_ms
from fortnight.vault.people import People
from fortnight.vault.tables import people_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import PostgresUrls
    from tests.reference.postgres_world import World
    from tests.services import Clock


@pytest.fixture
def world(postgres_urls: PostgresUrls, tmp_path: Path, clock: Clock) -> Iterator[World]:
    """Yield a database with people in it, and the way in of the service's role."""
    with open_world(postgres_urls, tmp_path, clock) as opened:
        yield opened


# -- the tables ------------------------------------------------------------------------------------

TOUCHES = (
    "SELECT * FROM people.{}",
    "SELECT count(*) FROM people.{}",
    "SELECT 1 FROM people.{} FOR UPDATE",
    "INSERT INTO people.{} DEFAULT VALUES",
    "UPDATE people.{} SET {} = NULL",
    "DELETE FROM people.{}",
    "TRUNCATE people.{} CASCADE",
    "COPY people.{} TO STDOUT",
    "LOCK TABLE people.{}",
    "CREATE TEMP TABLE mine AS TABLE people.{}",
    "CREATE RULE mine AS ON INSERT TO people.{} DO NOTHING",
)


def test_no_table_of_people_can_be_touched(postgres_urls: PostgresUrls) -> None:
    with psycopg.connect(postgres_urls.app) as connection:
        for name, table in people_metadata.tables.items():
            for touch in TOUCHES:
                with no_privilege(), connection.transaction():
                    connection.execute(touch.format(name, next(iter(table.columns)).name))


def test_only_the_functions_of_the_port_can_be_called_and_each_is_pinned(world: World) -> None:
    port = {name for name in vars(People) if not name.startswith("_")} - {"settle"}
    with world.app() as connection:
        rows = connection.execute(
            "SELECT proname, prosecdef, proconfig, pg_get_userbyid(proowner) = current_user "
            "FROM pg_proc WHERE pronamespace = 'people'::regnamespace "
            "AND has_function_privilege(oid, 'EXECUTE')"
        ).fetchall()
    assert {row[0] for row in rows} == port
    assert len(rows) == len(port)  # no second function of one name
    pinned = {(row[1], tuple(row[2] or ())) for row in rows}
    assert pinned == {(True, ("search_path=people, fortnight, pg_temp",))}
    assert not any(row[3] for row in rows)


def test_what_is_beneath_the_functions_cannot_be_called(world: World) -> None:
    with world.app() as connection:
        for call in (
            "people.take_looks(ARRAY['x'])",
            "people.own_person('x')",
            "people.rows_that_count(NULL, NULL)",
            "people.belongs_to('x', NULL)",
            "people.add_looks('look', NULL, 'trace', 'number', NULL, '{x}', NULL, 1)",
        ):
            with no_privilege(), connection.transaction():
                connection.execute("SELECT " + call)


# -- nothing of a look can be forged ---------------------------------------------------------------


def test_a_look_can_be_written_by_the_functions_alone(world: World) -> None:
    with world.app() as connection:
        look = world.open_language(connection)
        connection.commit()
        for statement in (
            "INSERT INTO look SELECT * FROM look",
            "INSERT INTO look (id, xid) VALUES ('x', '3')",
            "UPDATE look SET xid = '3'",
            "UPDATE look SET outcome = 'opened'",
            "UPDATE look SET person = 'x'",
            "UPDATE look SET written = now()",
            "SELECT 1 FROM look FOR UPDATE",
            "TRUNCATE look",
        ):
            with no_privilege(), connection.transaction():
                connection.execute(statement)
        with refused("look is committed"):
            connection.execute("SELECT * FROM people.read_resolve(%s)", (look,))


def test_looks_of_the_last_days_at_somebody_enrolled_cannot_be_deleted(world: World) -> None:
    delete = "DELETE FROM look WHERE id = %s"
    with world.app() as connection:
        fresh = world.open_language(connection, now=now_ms())
        connection.commit()
        with refused("not deleted"):
            connection.execute(delete, (fresh,))
        connection.rollback()
        connection.execute("SELECT people.forget_person(%s)", (world.person,))
        assert connection.execute(delete, (fresh,)).rowcount == 1


def test_the_log_only_grows_and_gives_each_entry_its_place_once(world: World) -> None:
    add = "INSERT INTO ledger_leaf (id, kind, entry, made_at, place) VALUES (%s, 'case', '', 1, %s)"
    with world.app() as connection:
        connection.execute(add, ("new", None))
        with refused("stays"), connection.transaction():
            connection.execute(add, ("placed", 5))
        connection.commit()
        connection.execute("UPDATE ledger_leaf SET place = 7 WHERE id = 'new'")
        connection.execute("UPDATE ledger_leaf SET place = 7 WHERE id = 'new'")  # a repeated turn
        for place in (8, None):
            with refused("stays"), connection.transaction():
                connection.execute("UPDATE ledger_leaf SET place = %s WHERE id = 'new'", (place,))
        connection.commit()
        for statement in (
            "UPDATE ledger_leaf SET entry = 'x'",
            "UPDATE ledger_leaf SET xid = '3'",
            "INSERT INTO ledger_leaf (id, kind, entry, made_at, xid) VALUES ('y', 'x', '', 1, '3')",
            "DELETE FROM ledger_leaf",
            "DELETE FROM ledger_head",
            "TRUNCATE ledger_leaf CASCADE",
        ):
            with no_privilege(), connection.transaction():
                connection.execute(statement)


def test_words_that_would_break_an_entry_are_refused_by_the_functions_too(world: World) -> None:
    opening = (["language"], None, [world.person], [tuple(a_seed())], NOON)
    with world.app() as connection:
        for role, actor, district in (
            ('worker","x":"y', "account", "north"),
            ("worker", 'a"', "north"),
            ("worker", "account", "north\n"),
            ("worker", "account", "\u0430"),
            ("", "account", "north"),
            (None, "account", "north"),
        ):
            with refused("plain ASCII"), connection.transaction():
                connection.execute(OPEN, ((role, actor, district), "notify", *opening))


def test_purposes_and_fields_are_closed_lists_in_the_database_too(world: World) -> None:
    rest = (None, [world.person], [tuple(a_seed())], NOON)
    with world.app() as connection:
        for purpose, fields in (
            ("police", ["number"]),
            (None, ["number"]),
            ("notify", ["pseudonyms"]),
            ("notify", ["number", "everything"]),
            ("notify", []),
            ("notify", None),
            ("notify", [None]),
            ("repair", ["number"]),
        ):
            with refused("does not open these fields"), connection.transaction():
                connection.execute(OPEN, (READER, purpose, fields, *rest))


# -- ways around -----------------------------------------------------------------------------------


def test_the_guards_cannot_be_taken_away(world: World) -> None:
    with world.app() as connection:
        for statement in (
            "SET ROLE fortnight_owner",
            "SET SESSION AUTHORIZATION fortnight_owner",
            "SET session_replication_role = replica",
            "ALTER TABLE look DISABLE TRIGGER ALL",
            "ALTER TABLE look DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE ledger_leaf DISABLE TRIGGER keep_leaf",
            "DROP TRIGGER keep_look ON look",
            "DROP POLICY committed ON look",
            "CREATE POLICY mine ON look USING (true)",
            "ALTER TABLE look ALTER xid SET DEFAULT '3'",
            "ALTER FUNCTION people.ids() RESET search_path",
            "ALTER FUNCTION people.ids() OWNER TO fortnight_app",
            "DROP FUNCTION people.ids()",
            "CREATE FUNCTION people.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE TABLE people.mine (id int)",
            "CREATE TABLE fortnight.mine (id int)",
            "CREATE OR REPLACE FUNCTION people.refuse(p_why text) RETURNS void LANGUAGE sql AS ''",
            "ALTER SCHEMA people OWNER TO fortnight_app",
            "GRANT fortnight_owner TO fortnight_app",
            "CREATE ROLE another SUPERUSER",
            "ALTER ROLE fortnight_app SUPERUSER",
            "CREATE EXTENSION dblink",
            "COPY look TO PROGRAM 'cat'",
            "SELECT pg_read_file('postgresql.conf')",
            "SELECT pg_ls_dir('base')",
            "COMMENT ON SCHEMA people IS 'mine'",
        ):
            with (
                no_privilege("permission denied|must be|must have admin"),
                connection.transaction(),
            ):
                connection.execute(statement)
        connection.execute("SET row_security = off")
        with no_privilege("row-level security"):
            connection.execute("SELECT * FROM look")


def test_rights_cannot_be_passed_on(world: World) -> None:
    with world.app() as connection:
        connection.add_notice_handler(lambda _: None)
        connection.execute("GRANT EXECUTE ON FUNCTION people.ids TO PUBLIC")  # only warns
        connection.execute("GRANT SELECT ON fortnight.look TO PUBLIC")
        connection.commit()
        passed_on = connection.execute(
            "SELECT has_function_privilege('pg_monitor', 'people.ids()', 'EXECUTE'), "
            "has_table_privilege('pg_monitor', 'fortnight.look', 'SELECT')"
        ).fetchone()
    assert passed_on == (False, False)


def test_temporary_tables_of_the_same_names_are_not_believed(world: World) -> None:
    nobody = enrolled(world.stores, 9, "statistics")
    forged = "f" * 32
    with world.app() as connection:
        connection.execute("SET search_path = pg_temp, people, fortnight")
        for table in ("look", "consent_grant", "case_file", "laboratory_token", "ledger_leaf"):
            connection.execute(f"CREATE TEMP TABLE {table} (LIKE fortnight.{table})")
        connection.execute(
            "INSERT INTO pg_temp.look VALUES (%s, %s, 1, 'r', 'd', 'rights', 'number', 'opened', "
            "'a', NULL, '', '', 'x', '3', now())",
            (forged, nobody),
        )
        connection.execute(
            "INSERT INTO pg_temp.consent_grant "
            "(id, person, kind, text_version, language, given_at, given_by, salt, leaf) "
            "VALUES ('g', %s, 'notify', '1', 'en', 1, 'self', '', 'x')",
            (nobody,),
        )
        connection.commit()
        with refused("No look is committed"), connection.transaction():
            connection.execute("SELECT * FROM people.read_access(%s)", ([forged],))
        with refused("live grant"), connection.transaction():
            world.open_language(connection, person=nobody)
        look = world.open_language(connection)
        connection.commit()
        assert connection.execute("SELECT count(*) FROM pg_temp.ledger_leaf").fetchone() == (0,)
        assert languages(connection, look) == ["en"]


def test_temporary_functions_and_types_of_the_same_names_are_not_believed(world: World) -> None:
    nobody = enrolled(world.stores, 9, "statistics")
    with world.app() as connection:
        connection.execute("SET search_path = pg_temp, people, fortnight")
        for statement in (
            "CREATE FUNCTION pg_temp.has_live(text, text[]) RETURNS bool RETURN true",
            "CREATE FUNCTION pg_temp.grants_for(text, text) RETURNS text[] RETURN '{}'::text[]",
            "CREATE FUNCTION pg_temp.check_first() RETURNS void LANGUAGE sql AS ''",
            "CREATE TYPE pg_temp.seed AS (look text)",
        ):
            connection.execute(statement)
        connection.commit()
        with refused("live grant"), connection.transaction():
            world.open_language(connection, person=nobody)
        look = world.open_language(connection)
        with refused("not committed"):
            languages(connection, look)


def test_an_error_tells_nothing_of_a_person(world: World) -> None:
    lookup = world.stores.vault.number_hash(number(6))
    again = ([world.person], [b"sealed"], [lookup[::-1]], ["en"], [NOON])
    with world.app() as connection, pytest.raises(errors.UniqueViolation) as caught:
        connection.execute("SELECT people.enrol(%s, %s, %s, %s, %s)", again)
    assert lookup.hex() not in str(caught.value)
