"""Several rooms read in one transaction of a thread; writers of a SQLite file take turns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select
from sqlalchemy.exc import IntegrityError

from fortnight.db.engine import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from fortnight.db.engine import Database

PATIENCE_S = 20
number = Table("number", MetaData(), Column("value", Integer, primary_key=True))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_sqlite(tmp_path / "numbers.db")
    with opened.write() as connection:
        number.metadata.create_all(connection)
    yield opened
    opened.close()


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(number)) or 0


def write(database: Database, value: int) -> None:
    with database.write() as connection:
        connection.execute(insert(number).values(value=value))


def test_all_that_a_block_reads_is_of_one_transaction(database: Database) -> None:
    with database.reading(), database.read() as first:
        assert count(database) == 0
        with database.reading(), database.read() as second:
            assert second is first
        write(database, 1)
        assert count(database) == 0  # as it stood when the block began
    assert count(database) == 1


def test_another_thread_reads_for_itself(database: Database) -> None:
    with ThreadPoolExecutor(1) as pool, database.reading():
        assert count(database) == 0
        pool.submit(write, database, 1).result(PATIENCE_S)
        assert pool.submit(count, database).result(PATIENCE_S) == 1


def test_a_block_that_breaks_off_leaves_nothing_held(database: Database) -> None:
    with pytest.raises(ValueError, match="broken"), database.reading():
        raise ValueError("broken")
    write(database, 1)
    assert count(database) == 1


def test_writers_wait_for_each_other_and_none_is_refused(database: Database) -> None:
    begun, go_on = Event(), Event()

    def slow() -> None:
        with database.write() as connection:
            connection.execute(insert(number).values(value=0))
            begun.set()
            assert go_on.wait(PATIENCE_S)

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(slow)
        assert begun.wait(PATIENCE_S)
        others = [pool.submit(write, database, value) for value in range(1, 9)]
        assert not any(one.done() for one in others)
        go_on.set()
        for one in (first, *others):
            one.result(PATIENCE_S)
    assert count(database) == 9


def test_a_write_that_broke_off_lets_the_next_one_in(database: Database) -> None:
    with pytest.raises(ValueError, match="broken"), database.write():
        raise ValueError("broken")
    write(database, 1)
    assert count(database) == 1


def synchronous(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


def test_only_what_may_be_lost_does_not_wait_for_the_disk(database: Database) -> None:
    for _ in range(2):  # of one connection after the other, and back
        with database.write_soon() as connection:
            assert synchronous(connection) == 1  # the log is written, the disk is not waited for
        with database.write() as connection:
            assert synchronous(connection) == 2


def test_what_is_written_soon_is_seen_at_once_or_never(database: Database) -> None:
    with database.write_soon() as connection:
        connection.execute(insert(number).values(value=1))
        assert count(database) == 0
    assert count(database) == 1
    with pytest.raises(IntegrityError), database.write_soon() as connection:
        connection.execute(insert(number), [{"value": 2}, {"value": 1}])
    assert count(database) == 1
