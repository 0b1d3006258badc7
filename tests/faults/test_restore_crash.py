"""A restore that dies anywhere: the service refuses to start until the command did the rest."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.restored_world import (
    KINDS,
    Model,
    act,
    back_up,
    check_restored,
    put_back,
    restore,
)
from tests.services import NOON, Clock, seeded
from tests.whole_service import opened, settings_in

from fortnight.db.engine import Database
from fortnight.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection
    from tests.databases import PostgresUrls
    from tests.postgres_server import Server

    from fortnight.settings import Settings

MEMORY: Final = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - many syncs
STRIDE: Final = 19  # each death is a restore and a half, and every kind of step is met
MOST_POINTS: Final = 400
BEFORE: Final = (
    *(("agree", who, kind) for who in range(3) for kind in KINDS),
    ("send", 0, ""),
    ("send", 1, ""),
    ("drain", 0, ""),
    ("send", 2, ""),
    ("publish", 0, ""),
)
SINCE: Final = (
    ("withdraw", 0, "notify"),
    ("reword", 2, "notify"),
    ("withdraw", 2, "notify"),
    ("agree", 3, "trace.phone"),
    ("send", 3, ""),
    ("drain", 0, ""),
    ("day", 0, ""),
    ("erase", 1, ""),
    ("send", 0, ""),
    ("publish", 0, ""),
)


class DiedError(BaseException):
    """The process died here."""


@dataclass
class Death:
    """Dies before or after one of many commits."""

    at: int
    points: int = 0

    def point(self) -> None:
        self.points += 1
        if self.points == self.at:
            raise DiedError

    def around(self, write: Callable[[Database], object]) -> Callable[[Database], object]:
        @contextmanager
        def dying(database: Database) -> Iterator[Connection]:
            with write(database) as connection:  # type: ignore[attr-defined] # a context manager
                yield connection
                self.point()
            self.point()

        return dying


def lived(kept: Settings, clock: Clock, back: Callable[[], None]) -> tuple[Model, Model, str]:
    """Live, back up, live on, and put the backup back."""
    model = Model()
    with opened(kept, clock, seeded(3).randbytes) as service:
        for one in BEFORE:
            act(service, clock, model, *one)
    back()
    backed_up = model.copy()
    with opened(kept, clock, seeded(4).randbytes) as service:
        for one in SINCE:
            act(service, clock, model, *one)
        last = service.log.sequence(clock())
    return backed_up, model, last.note


def test_a_restore_may_die_before_or_after_any_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        first, clock = Path(name) / "first", Clock()
        kept = settings_in(first, NOON, "")
        before, after, last = lived(kept, clock, lambda: back_up(kept, first / "backup"))
        put_back(kept, first / "backup")
        refused = 0
        for at in range(1, MOST_POINTS, STRIDE):
            folder = Path(name) / str(at)
            shutil.copytree(first, folder)
            death, copy = Death(at), settings_in(folder, NOON, "")
            with monkeypatch.context() as patched:
                patched.setattr(Database, "write", death.around(Database.write))
                if not dies(copy, clock):
                    break
            refused += is_refused(copy, clock)
            restore(copy, clock, seed=at + 20)
            check_restored(copy, clock, before, after, last, seed=at + 40)
            shutil.rmtree(folder)
        else:
            pytest.fail("it never got through")
        assert refused > 1


def dies(kept: Settings, clock: Clock) -> bool:
    try:
        restore(kept, clock)
    except DiedError:
        return True
    return False


def is_refused(kept: Settings, clock: Clock) -> bool:
    """Tell whether the service refuses the database; until the end of a restore it does."""
    with opened(kept, clock, seeded(4).randbytes) as service:
        try:
            service.log.check_current()
        except DatabaseError:
            return True
        return False


def test_a_restore_on_postgresql(
    postgres_server: Server, postgres_urls: PostgresUrls, tmp_path: Path
) -> None:
    url, clock = postgres_urls.app, Clock()
    name = url.rpartition("/")[2]
    backup = f"{name}_backup"
    kept = settings_in(tmp_path, NOON, url)

    def back() -> None:
        postgres_server.make_database(backup, template=name)

    before, after, last = lived(kept, clock, back)
    postgres_server.drop_database(name)
    postgres_server.make_database(name, template=backup)
    assert is_refused(kept, clock)
    done = restore(kept, clock)
    assert (done.withdrawn, done.erased, done.unknown) == (2, 1, 1)
    assert (done.files_lost > 0, done.files_found > 0) == (True, True)
    check_restored(kept, clock, before, after, last)
    postgres_server.drop_database(backup)
