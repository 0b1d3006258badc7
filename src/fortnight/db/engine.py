"""Engines for SQLite and PostgreSQL, and the two kinds of transaction.

SQLite: write-ahead log, full synchronisation (an acknowledged commit outlives the machine),
foreign keys, zeroed deletions. A write begins with BEGIN IMMEDIATE: a transaction that reads
first and writes later would otherwise fail where another wrote in between.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

SCHEMA: Final = "fortnight"
"""The schema of everything but people, on PostgreSQL."""
_BUSY_MS: Final = 30_000


@dataclass(frozen=True, slots=True)
class Database:
    """One database, and how to be in a transaction of it."""

    engine: Engine

    @property
    def is_postgres(self) -> bool:
        """Whether it is PostgreSQL; otherwise it is SQLite."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database and changes nothing."""
        with self.engine.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection whose changes are durable when the block ends, or never were."""
        writing = self.engine.connect().execution_options(fortnight_write=True)
        with writing as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_sqlite(path: Path) -> Database:
    """Open, or make, a SQLite file."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=24,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1_000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine)


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own type
    connection.isolation_level = None  # the driver would begin transactions by itself
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        f"busy_timeout = {_BUSY_MS}",
        "temp_store = MEMORY",  # no person's row in a temporary file
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("fortnight_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def open_postgres(url: str) -> Database:
    """Open a PostgreSQL database by its URL, in our own schema."""
    driver_url = "postgresql+psycopg://" + url.partition("://")[2]
    engine = create_engine(
        driver_url,
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        connect_args={"options": f"-csearch_path={SCHEMA}"},
    )
    return Database(engine)
