"""A commit fails, or nobody hears of it: what was acknowledged is there, and never twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from tests.arrivals_world import (
    BOUNDS,
    enrolled,
    fix,
    fixes_of,
    message,
    receipts,
    stored,
    times_stored,
)
from tests.services import NOON, Clock, Stores, sqlite_stores

from fortnight.arrivals.journal import Journal
from fortnight.arrivals.rows import fixes_of_json
from fortnight.db.engine import Database, open_sqlite
from fortnight.db.tables import arrival, receipt
from fortnight.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from fortnight.arrivals.checked import Checked

KILLS = 5
WRITERS = 4
ROOT = Path(__file__).parents[2]


def checked(*places: int) -> Checked:
    return fixes_of_json(message("fixes", map(fix, places)), BOUNDS, NOON).checked


class FaultyDatabase:
    """A database of which one commit is lost, or done and not acknowledged."""

    def __init__(self, database: Database, fault: str) -> None:
        self.database = database
        self.fault: str | None = fault

    def read(self) -> AbstractContextManager[Connection]:
        return self.database.read()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        fault, self.fault = self.fault, None
        with self.database.write() as connection:
            yield connection
            if fault == "lost":
                raise OperationalError("COMMIT", None, OSError("the server went away"))
        if fault == "unheard":
            raise OperationalError("COMMIT", None, OSError("the server went away"))


@pytest.mark.parametrize("fault", ["lost", "unheard"])
def test_a_commit_that_fails_is_not_acknowledged_and_its_repeat_is_stored_once(
    stores: Stores, fault: str
) -> None:
    person = enrolled(stores, "+37120000001", "trace.phone")
    faulty = cast("Database", FaultyDatabase(stores.database, fault))
    with closing(Journal(faulty, stores.vault, stores.consents, stores.clock)) as journal:
        with pytest.raises(DatabaseError, match="Send it again"):
            journal.put(person, "fixes", "phone", "b1", checked(0, 1))
        assert receipts(stores) == (fault == "unheard")
        again = journal.put(person, "fixes", "phone", "b1", checked(0, 1))
        third = journal.put(person, "fixes", "phone", "b1", checked(0, 1))
    assert again.repeated is (fault == "unheard")
    assert third.answer == again.answer
    assert times_stored(stores) == [NOON - 1_000, NOON]
    assert len(stored(stores)) == 1


class Plain:
    """Seals nothing, so that the killed process needs no keys."""

    def seal(self, _person: str, plaintext: bytes, _label: bytes) -> bytes:
        return plaintext


CHILD = """
import sys
from pathlib import Path
from threading import Thread
from tests.faults.test_arrivals_crash import checked, plain_journal
path, person, start, writers = sys.argv[1:]
journal = plain_journal(Path(path))
def send(writer):
    number = int(start) + writer
    while True:
        name = f"b{number}"
        journal.put(person, "fixes", "phone", name, checked(number))
        sys.stdout.write(name + "\\n")
        sys.stdout.flush()
        number += int(writers)
for writer in range(int(writers)):
    Thread(target=send, args=(writer,)).start()
"""


def plain_journal(path: Path) -> Journal:
    from fortnight.consent.store import Consents  # noqa: PLC0415 - by the child alone

    database = open_sqlite(path)
    return Journal(database, Plain(), Consents(database, random.randbytes), lambda: NOON)


def killed_after(path: Path, person: str, start: int, count: int) -> list[str]:
    """Let writers run until so many batches were acknowledged, then kill; return them all."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), person, str(start), str(WRITERS)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert child.stdout is not None
    with child:
        heard = [child.stdout.readline().strip() for _ in range(count)]
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split("\n")
    whole = rest[:-1]  # the last may have been cut off by the kill
    return heard + whole


def test_a_killed_service_loses_nothing_acknowledged_and_stores_nothing_twice(
    tmp_path: Path,
) -> None:
    path = tmp_path / "fortnight.db"
    with sqlite_stores(tmp_path, Clock()) as stores:
        person = enrolled(stores, "+37120000001", "trace.phone")
    acknowledged: list[str] = []
    for number in range(KILLS):
        acknowledged += killed_after(path, person, 1_000 * number, 5 + 13 * number)
    journal = plain_journal(path)
    for name in acknowledged:
        assert journal.put(person, "fixes", "phone", name, checked(int(name[1:]))).repeated
    journal.close()
    database = open_sqlite(path)
    with database.read() as connection:
        parts = list(connection.scalars(select(arrival.c.sealed)))
        held = set(connection.scalars(select(receipt.c.batch)))
    database.close()
    times = fixes_of(parts).time.tolist()
    assert len(acknowledged) >= 5 + 18 + 31 + 44 + 57
    assert set(acknowledged) <= held
    assert sorted(times) == sorted(NOON - 1_000 * int(name[1:]) for name in held)
