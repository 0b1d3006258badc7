"""Take bytes that were deleted out of the files of a database, not only out of its tables."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fortnight.db.engine import Database

_BUSY: Final = 1


def scrub(database: Database) -> bool:
    """Rewrite the database without what was deleted; return whether the log of writes is empty.

    SQLite: the file is rebuilt from its live rows, and the write-ahead log is moved into it and
    cut to nothing. A reader may hold that log open a moment longer: then False, and the next call
    does it. PostgreSQL: dead rows of tables that the role may vacuum are taken out; what its own
    log and its dead rows still hold of a person is sealed under a key that is gone.
    """
    if database.is_postgres:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
        return True
    with closing(database.engine.raw_connection()) as raw:
        cursor: Any = raw.cursor()
        cursor.execute("VACUUM")
        return _cut(cursor)


def cut_log(database: Database) -> bool:
    """Empty the write-ahead log of SQLite; return whether it is empty. Cheap, for every sweep."""
    if database.is_postgres:
        return True
    with closing(database.engine.raw_connection()) as raw:
        return _cut(raw.cursor())


def _cut(cursor: Any) -> bool:  # noqa: ANN401 - the driver's own type
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return bool(cursor.fetchone()[0] != _BUSY)
