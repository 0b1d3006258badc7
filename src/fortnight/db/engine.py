"""Engines for SQLite and PostgreSQL, and the two kinds of transaction.

SQLite: write-ahead log, full synchronisation (an acknowledged commit outlives the machine),
foreign keys, zeroed deletions. A write begins with BEGIN IMMEDIATE: a transaction that reads
first and writes later would otherwise fail where another wrote in between. Its writers take turns
in this process first: whoever finds the file taken sleeps, up to a tenth of a second, and those
who come later get before them.

What may be lost if the machine dies is written without waiting for the disk, on both databases: a
later commit that does wait takes it along.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, local
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

SCHEMA: Final = "fortnight"
"""The schema of everything but people, on PostgreSQL."""
_BUSY_MS: Final = 30_000
_AT_ONCE, _SOON = "FULL", "NORMAL"
_IDLE_S: Final = 1.0
"""After how many seconds a connection is asked whether the server is still there."""


class _Held(local):
    """The connection that a thread reads on for several rooms, where it does."""

    connection: Connection | None = None


@dataclass(frozen=True, slots=True)
class Database:
    """One database, and how to be in a transaction of it."""

    engine: Engine
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)
    _held: _Held = field(default_factory=_Held, repr=False, compare=False)

    @property
    def is_postgres(self) -> bool:
        """Whether it is PostgreSQL; otherwise it is SQLite."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database and changes nothing."""
        if self._held.connection is not None:
            yield self._held.connection
            return
        with self.engine.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let all that this thread reads until the end of the block be read in one transaction.

        For a page that asks many rooms: to begin and end takes as long as to ask. What is written
        meanwhile need not be seen: a look that is opened in the block is not found, and refused.
        """
        with self.read() as connection:
            before, self._held.connection = self._held.connection, connection
            try:
                yield
            finally:
                self._held.connection = before

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection whose changes are durable when the block ends, or never were."""
        with self._writing(_AT_ONCE) as connection:
            yield connection

    @contextmanager
    def write_soon(self) -> Iterator[Connection]:
        """As `write`, but all see the changes before they are durable: a dying machine loses them.

        For what nobody was promised, such as that somebody is still there. It stays in its order:
        once a later `write` is durable, so is this.
        """
        with self._writing(_SOON) as connection:
            if self.is_postgres:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield connection

    @contextmanager
    def _writing(self, durable: str) -> Iterator[Connection]:
        with self._one_at_a_time():
            writing = self.engine.connect().execution_options(fortnight_write=durable)
            with writing as connection, connection.begin():
                yield connection

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Wait for this process's other writers of a SQLite file; other processes' as it does."""
        if self.is_postgres:
            yield
            return
        taken = self._turn.acquire(timeout=_BUSY_MS / 1_000)
        try:
            yield
        finally:
            if taken:
                self._turn.release()

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
    durable = connection.get_execution_options().get("fortnight_write")
    if durable is None:
        connection.exec_driver_sql("BEGIN")
        return
    if connection.info.get("durable", _AT_ONCE) != durable:  # no transaction may be open for it
        connection.exec_driver_sql(f"PRAGMA synchronous = {durable}")
        connection.info["durable"] = durable
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def open_postgres(url: str) -> Database:
    """Open a PostgreSQL database by its URL, in our own schema."""
    driver_url = "postgresql+psycopg://" + url.partition("://")[2]
    engine = create_engine(
        driver_url,
        pool_size=8,
        max_overflow=24,
        connect_args={"options": f"-csearch_path={SCHEMA} -cjit=off"},
    )
    event.listen(engine, "checkin", _note_idle)
    event.listen(engine, "checkout", _asking_idle(engine))
    return Database(engine)


def _note_idle(_: object, record: Any) -> None:  # noqa: ANN401 - the pool's own type
    record.info["idle_since"] = monotonic()


def _asking_idle(engine: Engine) -> Callable[[Any, Any, object], None]:
    """Return what has a connection that idled replaced where the server is gone.

    To ask before each use, as the pool would, takes as long as a short query.
    """
    errors = engine.dialect.loaded_dbapi.Error

    def ask(connection: Any, record: Any, _: object) -> None:  # noqa: ANN401 - as above
        if monotonic() - record.info.get("idle_since", monotonic()) < _IDLE_S:
            return
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except errors as error:
            raise DisconnectionError from error

    return ask
