"""On PostgreSQL nothing of a person is read without a look that another transaction committed.

Each test is an attempt by the service's own role. SQLite has no roles: see test_postgres_roles.
"""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors
from tests.reference.postgres_world import (
    GROUP,
    OPEN,
    READER,
    RESOLVE,
    a_seed,
    another_case,
    languages,
    no_privilege,
    open_world,
    refused,
)
from tests.reference.vault_world import TODAY, enrolled, met
from tests.services import NOON

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


# -- no value without a committed look -------------------------------------------------------------


def test_a_look_that_was_committed_opens_one_reading(world: World) -> None:
    with world.app() as connection:
        look = world.open_language(connection)
        connection.commit()
        assert languages(connection, look) == ["en"]
        connection.commit()
        with refused("read before"):
            languages(connection, look)


def test_without_a_look_nothing_is_read(world: World) -> None:
    with world.app() as connection:
        for call in (
            "SELECT * FROM people.read_access(ARRAY[repeat('0', 32)])",
            "SELECT * FROM people.read_access(ARRAY[]::text[])",
            "SELECT * FROM people.read_access(NULL)",
            "SELECT * FROM people.read_own(repeat('0', 32), ARRAY[1])",
            "SELECT * FROM people.read_own(NULL, ARRAY[1])",
            "SELECT * FROM people.read_resolve(repeat('0', 32))",
            "SELECT * FROM people.read_resolve(NULL)",
        ):
            with refused("look is committed"), connection.transaction():
                connection.execute(call)


def test_a_look_of_the_same_transaction_does_not_count(world: World) -> None:
    with world.app() as connection:
        look = world.open_language(connection)
        with refused("not committed"):
            languages(connection, look)
        connection.rollback()
        with refused("No look is committed"):
            languages(connection, look)


def test_a_look_in_a_savepoint_does_not_count_even_when_that_is_released(world: World) -> None:
    with world.app() as connection:
        connection.execute("SAVEPOINT inner_one")
        look = world.open_language(connection)
        connection.execute("RELEASE SAVEPOINT inner_one")
        connection.execute("SAVEPOINT reading")
        with refused("not committed"):
            languages(connection, look)
        connection.execute("ROLLBACK TO SAVEPOINT reading")
        connection.execute("SELECT 1")
        with refused("not committed"):
            languages(connection, look)


def test_a_look_in_a_savepoint_that_was_rolled_back_does_not_count(world: World) -> None:
    with world.app() as connection:
        connection.execute("SAVEPOINT opening")
        look = world.open_language(connection)
        connection.execute("ROLLBACK TO SAVEPOINT opening")
        with refused("No look is committed"):
            languages(connection, look)
        connection.rollback()
        assert connection.execute(
            "SELECT count(*) FROM look WHERE id = %s", (look,)
        ).fetchone() == (0,)


def test_a_look_in_a_block_that_catches_its_own_error_does_not_count(world: World) -> None:
    seed = a_seed()
    with world.app() as connection:
        opening = psycopg.ClientCursor(connection).mogrify(
            OPEN, (READER, "notify", ["language"], None, [world.person], [tuple(seed)], NOON)
        )
        body = """
        DO $$
        DECLARE told text;
        BEGIN
            BEGIN
                PERFORM :opening;
                SELECT language INTO told FROM people.read_access(ARRAY[':look']);
                RAISE EXCEPTION 'told %', told;
            EXCEPTION WHEN SQLSTATE 'FN001' THEN
                RAISE EXCEPTION 'kept: %', SQLERRM;
            END;
        END $$
        """
        with pytest.raises(errors.RaiseException, match="kept: A look is not committed"):
            connection.execute(
                body.replace(":opening", opening.removeprefix("SELECT ")).replace(
                    ":look", seed.look
                )
            )


def test_a_look_that_is_still_open_elsewhere_does_not_count(world: World) -> None:
    with world.app() as one, world.app() as other:
        look = world.open_language(one)
        with refused("No look is committed"):
            languages(other, look)


def test_what_the_present_transaction_opened_is_not_seen_before_it_is_committed(
    world: World,
) -> None:
    seed = a_seed()
    found = met(world.stores, enrolled(world.stores, 7))
    with world.app() as connection:
        rows = [(found.day, found.pseudonym, found.strong, list(found.grants))]
        connection.execute(GROUP, (world.case, READER, rows, [tuple(seed)], NOON))
        hidden = (
            ("SELECT person FROM look WHERE id = %s", seed.look),
            ("SELECT entry FROM ledger_leaf WHERE id = %s", seed.leaf),
        )
        for query, one in hidden:
            assert connection.execute(query, (one,)).fetchall() == []
        connection.commit()
        for query, one in hidden:
            assert len(connection.execute(query, (one,)).fetchall()) == 1


def test_opening_is_refused_after_a_write_that_could_make_it_an_oracle(world: World) -> None:
    with world.app() as connection:
        everyone = [row[0] for row in connection.execute("SELECT people.ids()")]
        for person in everyone:
            connection.execute("SELECT people.forget_person(%s)", (person,))
            with refused("first statement"):
                connection.execute(
                    RESOLVE, (world.case, world.contact, READER, tuple(a_seed()), NOON)
                )
            connection.rollback()
            connection.execute("SAVEPOINT probe")
            connection.execute("UPDATE consent_grant SET withdrawn_at = %s", (NOON,))
            connection.execute("ROLLBACK TO SAVEPOINT probe")
            with refused("first statement"):
                world.open_language(connection)
            connection.rollback()


def test_an_old_snapshot_reads_nobody(world: World) -> None:
    with world.app() as connection:
        look = world.open_language(connection)
        connection.commit()
        for level in (psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE):
            connection.isolation_level = level
            with refused("READ COMMITTED"):
                languages(connection, look)
            connection.rollback()


def test_a_look_is_good_for_ten_minutes(world: World) -> None:
    with world.app() as connection:
        look = world.open_language(connection)
    with psycopg.connect(world.urls.superuser) as superuser:
        superuser.execute("UPDATE fortnight.look SET written = now() - interval '11 minutes'")
    with world.app() as connection, refused("older than 10 minutes"):
        languages(connection, look)


def test_of_two_who_read_one_look_at_once_one_is_refused(world: World) -> None:
    told: list[object] = []

    def read(look: str) -> None:
        with world.app() as connection:
            try:
                told.append(languages(connection, look))
            except psycopg.Error as error:
                told.append(error.sqlstate)

    with world.app() as first:
        look = world.open_language(first)
        first.commit()
        told.append(languages(first, look))
        second = Thread(target=read, args=(look,))
        second.start()
        first.commit()
        second.join(timeout=30)
    assert told == [["en"], "FN001"]


# -- another case, another contact -----------------------------------------------------------------


def test_a_contact_number_that_the_trace_did_not_return_is_refused(world: World) -> None:
    other = another_case(world.stores)
    with world.app() as connection:
        for case, contact in (
            (world.case, "0" * 16),
            (world.case, None),
            (other, world.contact),
        ):
            with refused("no such contact"), connection.transaction():
                connection.execute(RESOLVE, (case, contact, READER, tuple(a_seed()), NOON))
        with refused("no such case"), connection.transaction():
            connection.execute(RESOLVE, ("e" * 32, world.contact, READER, tuple(a_seed()), NOON))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("UPDATE case_file SET state = 'withdrawn'", "is withdrawn"),
        ("UPDATE case_file SET state = 'closed'", "is closed"),
        ("UPDATE case_file SET agreed_at = NULL, state = 'opened'", "has not said yes"),
    ],
)
def test_a_case_that_does_not_stand_opens_nothing_even_after_its_looks(
    world: World, spoil: str, reason: str
) -> None:
    seed, own = a_seed(), a_seed()
    with world.app() as connection:
        connection.execute(RESOLVE, (world.case, world.contact, READER, tuple(seed), NOON))
        connection.commit()
        opening = "SELECT people.open_own(%s, %s::people.reader, %s::people.seed, %s)"
        connection.execute(opening, (world.case, READER, tuple(own), NOON))
        connection.commit()
        connection.execute(spoil)
        connection.commit()
        calls: tuple[tuple[str, tuple[object, ...]], ...] = (
            ("SELECT * FROM people.read_resolve(%s)", (seed.look,)),
            ("SELECT * FROM people.read_own(%s, %s)", (own.look, [TODAY])),
            (RESOLVE, (world.case, world.contact, READER, tuple(a_seed()), NOON)),
            (opening, (world.case, READER, tuple(a_seed()), NOON)),
            (GROUP, (world.case, READER, [], [], NOON)),
            ("SELECT * FROM people.read_group(%s, '{}', '{}')", (world.case,)),
        )
        for call, values in calls:
            with refused(reason), connection.transaction():
                connection.execute(call, values)


def test_the_token_and_the_number_of_a_case_cannot_be_changed(world: World) -> None:
    with world.app() as connection:
        for statement in (
            "UPDATE case_file SET number_hash = number_hash",
            "UPDATE case_file SET token_id = token_id",
            "UPDATE case_file SET id = id",
            "UPDATE laboratory_token SET number_hash = number_hash",
            "UPDATE consent_grant SET kind = 'trace.operator'",
            "UPDATE consent_grant SET person = person",
        ):
            with no_privilege(), connection.transaction():
                connection.execute(statement)


def test_a_look_at_one_case_reads_nothing_of_another(world: World) -> None:
    other = another_case(world.stores)
    found = met(world.stores, enrolled(world.stores, 8))
    rows, seed = [(found.day, found.pseudonym, True, list(found.grants))], a_seed()
    reading = "SELECT * FROM people.read_group(%s, %s::people.found_row[], %s::people.seed[])"
    with world.app() as connection:
        connection.execute(GROUP, (world.case, READER, rows, [tuple(seed)], NOON))
        connection.commit()
        assert connection.execute(reading, (other, rows, [tuple(seed)])).fetchall() == [(None,)]
        connection.commit()
        with refused("look is committed"), connection.transaction():
            connection.execute("SELECT * FROM people.read_own(%s, %s)", (seed.look, [TODAY]))
        given = connection.execute(reading, (world.case, rows, [tuple(seed)])).fetchall()
        assert given == [(seed.contact,)]
