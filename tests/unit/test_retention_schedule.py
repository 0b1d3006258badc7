"""The table of what is kept: everything that is stored has a row, and every row names something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dbos._schemas.system_database import SystemSchema
from sqlalchemy import create_engine, text

from fortnight.db.tables import EVIDENCE_KINDS, metadata
from fortnight.retention.parts import Ending
from fortnight.retention.schedule import ON_POSTGRES_ALONE, SCHEDULE, rows, swept_tables
from fortnight.vault.tables import people_metadata

if TYPE_CHECKING:
    from tests.databases import PostgresUrls

COLUMNS = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.c}
OF_PEOPLE = {
    f"people.{table.name}.{column.name}"
    for table in people_metadata.sorted_tables
    for column in table.c
}
OF_MIGRATIONS = {"alembic_version.version_num", "people.alembic_version.version_num"}
OF_THE_QUEUE = {f"dbos.{table.name}" for table in SystemSchema.metadata_obj.sorted_tables} | {
    "dbos.dbos_migrations",
    "dbos.event_dispatch_kv",  # on PostgreSQL; its migrations make it, its schema does not name it
}
FILES = {
    *(f"home/lake/{kind}" for kind in EVIDENCE_KINDS),
    "home/lake/index",
    "home/log/files",
    "home/texts.jsonl",
    "home/replies.jsonl",
    "logs/lines",
    *(f"keys/{kind}" for kind in ("person", "day", "case", "secret", "copy")),
}


def test_every_column_and_every_kind_of_file_has_one_row_and_every_row_names_one() -> None:
    named = [row.where for row in rows()]
    assert len(set(named)) == len(named)
    stored = COLUMNS | OF_PEOPLE | OF_MIGRATIONS | OF_THE_QUEUE | FILES | ON_POSTGRES_ALONE
    assert set(named) - stored == set()
    assert stored - set(named) == set()


def test_postgres_has_no_column_that_the_table_does_not_name(postgres_urls: PostgresUrls) -> None:
    query = (
        "SELECT table_schema, table_name, column_name FROM information_schema.columns "
        "WHERE table_schema IN ('fortnight', 'people')"
    )
    url = "postgresql+psycopg://" + postgres_urls.superuser.partition("://")[2]
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            f"{'people.' if schema == 'people' else ''}{table}.{column}"
            for schema, table, column in connection.execute(text(query))
        }
    engine.dispose()
    assert found >= COLUMNS | OF_PEOPLE | ON_POSTGRES_ALONE
    assert found - {row.where for row in rows()} == set()


def test_every_row_says_how_long_and_why() -> None:
    for row in rows():
        assert row.kept, row
        assert row.why.endswith("."), row


def test_what_the_sweep_empties_has_a_term_of_a_column_that_is_there() -> None:
    for part in swept_tables():
        columns = metadata.tables[part.of].c
        assert part.ends is Ending.SWEPT
        for term in part.terms:
            assert term.column in columns
            assert term.given is None or term.given in columns
            assert term.missing is None or term.missing in columns
        for own, other in part.outlived_by:
            table, _, column = other.partition(".")
            assert own in columns
            assert column in metadata.tables[table].c


def test_every_table_of_the_main_database_that_is_swept_has_a_term() -> None:
    swept = {part.of for part in SCHEDULE if part.ends is Ending.SWEPT}
    assert swept & set(metadata.tables) == {part.of for part in swept_tables()}


@pytest.mark.parametrize(
    ("where", "ends"),
    [
        ("people.person.number_sealed", Ending.ERASED),
        ("home/lake/fixes", Ending.SWEPT),
        ("exposure_detail.sealed", Ending.SWEPT),
        ("exposure.minutes", Ending.WITH_PARENT),
        ("ledger_leaf.entry", Ending.PUBLIC),
        ("keys/person", Ending.ERASED),
    ],
)
def test_the_ends_that_people_were_told(where: str, ends: Ending) -> None:
    (row,) = (row for row in rows() if row.where == where)
    assert row.ends is ends


def test_only_what_names_nobody_is_kept_for_ever() -> None:
    public = {part.of for part in SCHEDULE if part.ends is Ending.PUBLIC}
    assert public == {
        "ledger_leaf",
        "ledger_head",
        "home/log",
        "alembic_version",
        "people.alembic_version",
        "logs",
    }
