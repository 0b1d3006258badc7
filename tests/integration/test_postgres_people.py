"""The functions of people on PostgreSQL give what the rest of the service gives in Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from tests.services import NOON, seeded

import fortnight.vault
from fortnight.db.engine import open_postgres
from fortnight.db.tables import GRANT_KINDS
from fortnight.errors import RefusedError
from fortnight.ledger.entries import make_leaf
from fortnight.vault.people import Ask, NewDevice, NewPerson, Seed
from fortnight.vault.people_postgres import PostgresPeople
from fortnight.vault.purposes import ALLOWED, GRANTS, LIST_GRANTS, Field, Purpose, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from tests.databases import PostgresUrls

IDS = st.text("0123456789abcdef", min_size=32, max_size=32)
ROLES = st.from_regex(r"[a-z][a-z-]{0,31}", fullmatch=True)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._@:+-]{0,63}", fullmatch=True)
SALTS = st.binary(min_size=32, max_size=32)
READER = Reader("operator", "one", "north")
ENTRY = """
SELECT people.entry_of(
    %(kind)s, %(at)s, %(salt)s,
    people.look_detail(%(district)s, %(fields)s, %(look)s, %(person)s, %(purpose)s, %(role)s),
    %(office_salt)s, people.look_office(%(actor)s, %(case)s)
)
"""


@pytest.fixture
def owner(postgres_urls: PostgresUrls) -> Iterator[psycopg.Connection]:
    """Yield a connection of the role that may call what lies beneath the port."""
    with psycopg.connect(
        postgres_urls.owner, options="-csearch_path=people,fortnight,pg_temp"
    ) as connection:
        yield connection


@pytest.fixture
def people(postgres_urls: PostgresUrls) -> Iterator[PostgresPeople]:
    """Yield the store of people, by the service's role."""
    database = open_postgres(postgres_urls.app)
    yield PostgresPeople(database)
    database.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example(Reader("a", "0", "0 ._@:+-"), "0" * 32, None, bytes(32), bytes(32), 0, "look")
@given(
    st.builds(Reader, ROLES, NAMES, NAMES),
    IDS,
    st.none() | IDS,
    SALTS,
    SALTS,
    st.integers(0, 2**45),
    st.sampled_from(["look", "resolve"]),
)
def test_an_entry_of_a_look_has_the_same_bytes_as_in_python(
    owner: psycopg.Connection,
    reader: Reader,
    person: str,
    case: str | None,
    salt: bytes,
    office_salt: bytes,
    at: int,
    kind: str,
) -> None:
    seen: dict[str, Any] = {
        "district": reader.district,
        "fields": "contact,language",
        "look": person[::-1],
        "person": person,
        "purpose": "trace",
        "role": reader.role,
    }
    drawn = iter((salt, office_salt, bytes(16)))
    office = {"actor": reader.actor, "case": case or ""}
    leaf = make_leaf(kind, at, seen, office, lambda _: next(drawn))
    told = seen | {"kind": kind, "at": at, "actor": reader.actor, "case": case}
    told |= {"salt": salt, "office_salt": office_salt}
    row = owner.execute(ENTRY, told).fetchone()
    assert row is not None
    assert bytes(row[0]) == leaf.entry


def test_the_closed_lists_are_those_of_python(owner: psycopg.Connection) -> None:
    def listed(call: str, *values: object) -> list[str] | None:
        row = owner.execute(f"SELECT people.{call}", values).fetchone()
        assert row is not None
        return None if row[0] is None else list(row[0])

    for purpose in Purpose:
        name = str(purpose)
        assert listed("grants_for(%s, 'case')", name) == list(GRANTS[purpose])
        without = LIST_GRANTS if purpose is Purpose.TRACE else GRANTS[purpose]
        assert listed("grants_for(%s, NULL)", name) == list(without)
        assert set(listed("fields_of(%s)", name) or ()) == {str(f) for f in ALLOWED[purpose]}
    for other in ("police", "fines", "", "TRACE"):
        assert listed("grants_for(%s, 'case')", other) is None
        assert listed("fields_of(%s)", other) is None


def test_every_grant_that_the_functions_name_is_one_that_people_give() -> None:
    text = (Path(fortnight.vault.__file__).parent / "functions.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"'(trace\.[a-z]+)'", text)) <= set(GRANT_KINDS)


def test_a_failure_that_is_no_refusal_is_not_called_one(people: PostgresPeople) -> None:
    with pytest.raises(RefusedError, match="No look is committed"):
        people.read_access(["0" * 32])
    people.enrol([NewPerson("a" * 32, b"", bytes(32), "en", NOON)])
    with pytest.raises(IntegrityError, match="ck_device_kind"):
        people.add_devices([NewDevice("d" * 32, "a" * 32, "pager", bytes(32), None, NOON)])  # type: ignore[arg-type] # as a mistake would


def test_many_people_are_opened_for_an_operator_in_one_call(
    owner: psycopg.Connection, people: PostgresPeople
) -> None:
    with owner:
        owner.execute(
            "INSERT INTO person SELECT lpad(n::text, 32, '0'), '', sha256(n::text::bytea), 'en', 1 "
            "FROM generate_series(1, 3000) AS n"
        )
        owner.execute(
            "INSERT INTO ledger_leaf (id, kind, entry, made_at) VALUES ('x', 'grant', '', 1)"
        )
        owner.execute(
            "INSERT INTO consent_grant "
            "(id, person, kind, text_version, language, given_at, given_by, salt, leaf) "
            "SELECT id, id, 'trace.operator', '1', 'en', 1, 'self', '', 'x' FROM person"
        )
    ids, random = people.ids(), seeded(5).randbytes
    seeds = {one: Seed.of(random) for one in ids}
    ask = Ask(READER, Purpose.TRACE, (Field.NUMBER,), None)
    people.open_access(ask, seeds, NOON)
    opened = people.read_access([seed.look for seed in seeds.values()])
    assert [one.person for one in opened] == ids


def test_a_look_is_on_the_disk_before_anybody_reads(
    owner: psycopg.Connection, people: PostgresPeople
) -> None:
    with owner:
        owner.execute("INSERT INTO person VALUES (repeat('0', 32), '', '', 'en', 1)")
    waited = list[str]()

    @event.listens_for(people.database.engine, "commit")
    def note(connection: Connection) -> None:
        waited.append(connection.exec_driver_sql("SHOW synchronous_commit").scalar_one())

    seed, ask = Seed.of(seeded(5).randbytes), Ask(READER, Purpose.RIGHTS, (Field.LANGUAGE,), None)
    people.open_access(ask, {"0" * 32: seed}, NOON)
    assert waited == ["on"]
    [opened] = people.read_access([seed.look])
    assert (opened.language, waited) == ("en", ["on", "off"])
