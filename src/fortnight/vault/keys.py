"""Keys, kept apart from every database and from its backups; a port, and files as its first keeper.

Destroying a key is how Fortnight forgets at once: what was sealed under it is noise from then on,
on whatever disk a copy of it lies. So keys have a file of their own, with one copy of its own that
is overwritten within an hour.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from secrets import token_bytes
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self, TypeAlias

from fortnight.errors import GoneError, SettingsError
from fortnight.vault.private_files import (
    alone_in,
    blank,
    make_private,
    refuse_if_open_to_others,
    sync,
    zero,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

KEY_BYTES: Final = 32
SECRETS: Final = ("lookup", "device", "token", "code", "laboratory", "operator", "log")
"""The service's own secrets, made once by ``fortnight init``."""
_STAYS: Final = "log"
"""Reads nothing of anybody, and what it signed goes on being checked after the programme."""
_ENDED: Final = "ended"
_FILE: Final = "keys.db"
_COPY: Final = "keys.copy.db"
_NEW_COPY: Final = "keys.copy.new"
_BUSY_S: Final = 30.0
_PRAGMAS: Final = (
    "journal_mode = DELETE",  # a write-ahead log would keep a destroyed key
    "synchronous = FULL",
    "secure_delete = ON",
    "temp_store = MEMORY",
)
_SCHEMA: Final = """
CREATE TABLE key (
  kind TEXT NOT NULL CHECK (kind IN ('secret', 'person', 'day', 'case')),
  name TEXT NOT NULL,
  key BLOB CHECK (length(key) = 32),
  PRIMARY KEY (kind, name),
  CHECK (key IS NOT NULL OR kind = 'day')
) WITHOUT ROWID
"""
_INSERT: Final = "INSERT INTO key VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
NOTICED_WITHIN_S: Final = 0.1
"""After how many seconds, at most, a process notices what another one destroyed."""
_Kind: TypeAlias = Literal["secret", "person", "day", "case"]


class Keys(Protocol):
    """A keeper of keys, such as a folder, or a key service.

    Every key is 32 bytes. ``make_*`` returns the key that is there already, if one is. Reading one
    that was destroyed, or never made, raises GoneError. A destroyed key is destroyed when the call
    returns, for this process and for the next start; every other process notices within
    ``NOTICED_WITHIN_S``.
    """

    def named(self, name: str) -> bytes:
        """Return one of the service's own secrets. Raises SettingsError for an unknown one."""

    def person_key(self, person: str) -> bytes:
        """Return a person's key."""

    def person_keys(self, people: Iterable[str]) -> dict[str, bytes]:
        """Return the keys of many people; whose was destroyed is left out."""

    def make_person_key(self, person: str) -> bytes:
        """Make a person's key."""

    def make_person_keys(self, people: Collection[str]) -> dict[str, bytes]:
        """Make the keys of many people; all are kept, or none is."""

    def destroy_person_key(self, person: str) -> None:
        """Destroy a person's key; nothing says afterwards that it was there."""

    def day_key(self, day: int) -> bytes:
        """Return the key of a day, in days since 1970 UTC."""

    def make_day_key(self, day: int) -> bytes:
        """Make a day's key. Raises GoneError for a day whose key was destroyed: it stays so."""

    def destroy_day_key(self, day: int) -> None:
        """Destroy a day's key."""

    def case_key(self, case_id: str) -> bytes:
        """Return a case's key."""

    def make_case_key(self, case_id: str) -> bytes:
        """Make a case's key."""

    def destroy_case_key(self, case_id: str) -> None:
        """Destroy a case's key; nothing says afterwards that it was there."""

    def people(self) -> set[str]:
        """Return every person who has a key."""

    def days(self) -> set[int]:
        """Return every day that has a key."""

    def cases(self) -> set[str]:
        """Return every case that has a key."""

    def end_secrets(self) -> None:
        """Destroy the service's own secrets but the log's, once and for ever."""

    def are_secrets_ended(self) -> bool:
        """Tell whether the service's own secrets were destroyed."""

    def refresh_copy(self) -> None:
        """Overwrite the one copy with what is held now: new keys survive, destroyed ones go."""


class FileKeys:
    """Keys in ``keys.db`` of a folder that only the service's user may enter.

    Not in write-ahead mode, and with zeroed deletions: a destroyed key leaves the file, and no
    second file holds it, when `destroy_person_key` returns. Safe for threads and for processes.

    Raises SettingsError where the folder is not there, or anyone else may read it.

    Parameters
    ----------
    seconds : callable
        Returns seconds that only grow; only for when to look again what others destroyed.
    """

    def __init__(
        self,
        folder: Path,
        random: Callable[[int], bytes] = token_bytes,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._seconds = seconds
        self._file, self._copy = folder / _FILE, folder / _COPY
        if not self._file.is_file():
            raise SettingsError(
                f"{self._file} is not there: make the keys with `fortnight init`. Where they were "
                f"lost, put {_COPY} in its place: without them nothing stored can be read."
            )
        for path in (folder, self._file):
            refuse_if_open_to_others(path)
        self._random = random
        self._asked_at = -NOTICED_WITHIN_S
        self._lock = RLock()
        self._cache: dict[tuple[str, str], bytes] = {}
        self._version = -1
        with alone_in(folder):
            blank(folder / _NEW_COPY)  # a crash may have left one, with keys since destroyed
        self._connection = _connect(self._file)

    @classmethod
    def create(cls, folder: Path, random: Callable[[int], bytes] = token_bytes) -> Self:
        """Make the folder, the file and the service's secrets; open them.

        Raises SettingsError where keys are there already: they are never replaced.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if (folder / _FILE).exists() or (folder / _COPY).exists():
            raise SettingsError(f"{folder} holds keys already: they are never replaced.")
        new = folder / f"{_FILE}.new"
        new.unlink(missing_ok=True)
        make_private(new)
        with closing(_connect(new)) as connection:
            connection.execute(_SCHEMA)
            rows = [("secret", name, random(KEY_BYTES)) for name in SECRETS]
            connection.executemany("INSERT INTO key VALUES (?, ?, ?)", rows)
        new.rename(folder / _FILE)  # all secrets are there, or no file is
        sync(folder)
        keys = cls(folder, random)
        keys.refresh_copy()
        return keys

    def named(self, name: str) -> bytes:
        """Return one of the service's own secrets. Raises SettingsError for an unknown one."""
        try:
            return self._get("secret", name)
        except GoneError as error:
            raise SettingsError(
                f"There is no secret {name!r} in {self._file}: it holds {', '.join(SECRETS)}."
            ) from error

    def person_key(self, person: str) -> bytes:
        """Return a person's key."""
        return self._get("person", person)

    def person_keys(self, people: Iterable[str]) -> dict[str, bytes]:
        """Return the keys of many people; whose was destroyed is left out."""
        keys: dict[str, bytes] = {}
        with self._lock:
            self._notice_others()
            for person in people:
                found = self._found("person", person)
                if found is not None:
                    keys[person] = found
        return keys

    def make_person_key(self, person: str) -> bytes:
        """Make a person's key."""
        return self._make("person", person)

    def make_person_keys(self, people: Collection[str]) -> dict[str, bytes]:
        """Make the keys of many people, in one transaction."""
        rows = [("person", person, self._random(KEY_BYTES)) for person in people]
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(_INSERT, rows)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
            return {person: self._get("person", person) for person in people}

    def destroy_person_key(self, person: str) -> None:
        """Destroy a person's key; nothing says afterwards that it was there."""
        self._destroy("DELETE FROM key WHERE kind = ? AND name = ?", "person", person)

    def day_key(self, day: int) -> bytes:
        """Return the key of a day, in days since 1970 UTC."""
        return self._get("day", str(day))

    def make_day_key(self, day: int) -> bytes:
        """Make a day's key. Raises GoneError for a day whose key was destroyed: it stays so."""
        return self._make("day", str(day))

    def destroy_day_key(self, day: int) -> None:
        """Destroy a day's key."""
        # the row stays without a key, or a fix that comes too late would make the day a new one
        tombstone = "INSERT INTO key VALUES (?, ?, NULL) ON CONFLICT DO UPDATE SET key = NULL"
        self._destroy(tombstone, "day", str(day))

    def case_key(self, case_id: str) -> bytes:
        """Return a case's key."""
        return self._get("case", case_id)

    def make_case_key(self, case_id: str) -> bytes:
        """Make a case's key."""
        return self._make("case", case_id)

    def destroy_case_key(self, case_id: str) -> None:
        """Destroy a case's key; nothing says afterwards that it was there."""
        self._destroy("DELETE FROM key WHERE kind = ? AND name = ?", "case", case_id)

    def people(self) -> set[str]:
        """Return every person who has a key."""
        return self._names("person")

    def days(self) -> set[int]:
        """Return every day that has a key."""
        return {int(name) for name in self._names("day")}

    def cases(self) -> set[str]:
        """Return every case that has a key."""
        return self._names("case")

    def end_secrets(self) -> None:
        """Overwrite the service's own secrets, but the log's, with bytes that opened nothing.

        A service that is started again still finds all of them; none opens anything any more.
        """
        others = [name for name in SECRETS if name != _STAYS]
        with self._lock:
            if self.are_secrets_ended():
                return
            # One statement: all are gone and it is written down, or none is.
            rows = ", ".join(["('secret', ?, ?)"] * (len(others) + 1))
            values = [one for name in (*others, _ENDED) for one in (name, self._random(KEY_BYTES))]
            self._connection.execute(f"INSERT OR REPLACE INTO key VALUES {rows}", values)  # noqa: S608 - question marks alone
            self._cache.clear()
            self._connection.execute("VACUUM")  # pages that were split keep stale copies

    def are_secrets_ended(self) -> bool:
        """Tell whether the service's own secrets were destroyed."""
        with self._lock:
            return self._found("secret", _ENDED) is not None

    def refresh_copy(self) -> None:
        """Overwrite the one copy with what is held now: new keys survive, destroyed ones go.

        A crash on any line leaves a whole copy, the old or the new one.
        """
        new = self._copy.with_name(_NEW_COPY)
        with self._lock, alone_in(self._copy.parent):
            blank(new)
            make_private(new)
            with closing(sqlite3.connect(new)) as copy:
                self._connection.backup(copy)
            sync(new)
            stale = os.open(self._copy, os.O_RDWR) if self._copy.exists() else None
            new.replace(self._copy)
            sync(self._copy.parent)
            if stale is not None:
                zero(stale)

    def close(self) -> None:
        """Close the file, and forget what was read of it."""
        with self._lock:
            self._cache.clear()
            self._connection.close()

    def _get(self, kind: _Kind, name: str) -> bytes:
        with self._lock:
            self._notice_others()
            found = self._found(kind, name)
        if found is None:
            raise GoneError(
                f"There is no key of this {kind}: it was destroyed, and what it sealed with it."
            )
        return found

    def _notice_others(self) -> None:
        """Forget what was read where another process has changed the file since.

        Asked ten times a second at most: asking takes a lock of the file, which was the dearest
        part of taking in a phone's message.
        """
        now = self._seconds()
        if now < self._asked_at + NOTICED_WITHIN_S:
            return
        self._asked_at = now
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._cache.clear()
            self._version = version

    def _found(self, kind: _Kind, name: str) -> bytes | None:
        known = self._cache.get((kind, name))
        if known is not None:
            return known
        row = self._connection.execute(
            "SELECT key FROM key WHERE kind = ? AND name = ?", (kind, name)
        ).fetchone()
        if row is None or row[0] is None:
            return None
        self._cache[kind, name] = bytes(row[0])
        return self._cache[kind, name]

    def _make(self, kind: _Kind, name: str) -> bytes:
        with self._lock:
            self._notice_others()
            known = self._found(kind, name)
            if known is not None:  # asking to write takes locks of the file, for nothing
                return known
            self._connection.execute(_INSERT, (kind, name, self._random(KEY_BYTES)))
            return self._get(kind, name)

    def _destroy(self, statement: str, kind: _Kind, name: str) -> None:
        with self._lock:
            self._cache.pop((kind, name), None)
            row = self._connection.execute(
                "SELECT key FROM key WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()
            self._connection.execute(statement, (kind, name))
            if row is not None and row[0] is not None and row[0] in self._connection.serialize():
                # pages that were split keep a stale copy in their gap, which no deletion zeroes
                self._connection.execute("VACUUM")

    def _names(self, kind: _Kind) -> set[str]:
        with self._lock:
            rows = self._connection.execute(
                "SELECT name FROM key WHERE kind = ? AND key IS NOT NULL", (kind,)
            )
            return {name for (name,) in rows}


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection
