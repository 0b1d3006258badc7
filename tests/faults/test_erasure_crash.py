"""An erasure that dies, on any line: whoever comes next finishes it, and nothing is left."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest
from tests.endings import TODAY, Endings, RememberingLake, endings, reopened
from tests.reference.vault_world import WORKER, agree, enrolled, met, sound_case
from tests.services import NOON, Clock, sqlite_stores

from fortnight.db import tables
from fortnight.db.engine import Database
from fortnight.errors import GoneError
from fortnight.retention import erase
from fortnight.vault.door import Vault
from fortnight.vault.keys import FileKeys
from fortnight.vault.people_sqlite import SqlitePeople

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

MOST_POINTS = 400


class DiedError(BaseException):
    """The process died here."""


@dataclass
class Death:
    """Dies at one of the points that it is asked at: before an effect, or once it is there."""

    at: int
    points: int = 0

    def point(self) -> None:
        self.points += 1
        if self.points == self.at:
            raise DiedError

    def around(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(effect)
        def dying(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - of any effect
            self.point()
            done = effect(*given, **named)
            self.point()
            return done

        return dying

    def around_commit(self, write: Callable[[Database], Any]) -> Callable[[Database], Any]:
        @contextmanager
        def dying(database: Database) -> Iterator[Connection]:
            with write(database) as connection:
                yield connection
                if str(database.engine.url).endswith("fortnight.db"):
                    self.point()  # everything written, nothing committed
            if str(database.engine.url).endswith("fortnight.db"):
                self.point()

        return dying


def expose(monkeypatch: pytest.MonkeyPatch, world: Endings, death: Death) -> None:
    """Let every effect of an erasure die."""
    monkeypatch.setattr(Database, "write", death.around_commit(Database.write))
    for owner, name in (
        (Vault, "destroy_key"),
        (Vault, "forget_rows"),
        (FileKeys, "destroy_case_key"),
        (FileKeys, "refresh_copy"),
        (SqlitePeople, "settle"),
        (erase, "scrub"),
        (erase, "blank_messages"),
        (type(world.lake), "person"),
    ):
        monkeypatch.setattr(owner, name, death.around(getattr(owner, name)))


def filled(world: Endings) -> tuple[str, str]:
    """Return a person with rows everywhere, a case and a contact of another's case."""
    case_id, other = sound_case(world.stores)
    person = enrolled(world.stores, 5)
    agree(world.stores, person, "notify")
    (contact,) = world.stores.vault.group(case_id, WORKER, [met(world.stores, person)], NOON)
    world.add(tables.exposure_detail, case_id=case_id, contact=contact)
    for table in (tables.arrival, tables.receipt, tables.look, tables.message):
        world.add(table, person=person)
    own = world.add(tables.case_file, person=person)["id"]
    world.add(tables.exposure, case_id=own)
    world.stores.keys.make_case_key(own)
    return person, other


def finish(world: Endings, person: str) -> None:
    """Do what the next start and the person would do."""
    world.eraser.replay(NOON + 2)
    world.eraser.resume(NOON + 2)
    try:
        world.eraser.erase(person, NOON + 3)
    except GoneError:
        return


def check_gone(world: Endings, person: str, other: str, filed: bytes) -> None:
    assert world.stores.people.ids() == [other]
    assert world.stores.keys.people() == {other}
    for table in tables.metadata.sorted_tables:
        for row in world.rows(table):
            assert person not in map(str, row.values()), table
    assert world.rows(tables.exposure_detail) == []
    assert len(world.rows(tables.exposure)) == 1
    assert {TODAY: filed}.items() <= world.lake.people[-1].items()
    leaves = [row["kind"] for row in world.rows(tables.ledger_leaf)]
    assert leaves.count("erasure") == 1
    (row,) = world.rows(tables.erasure)
    assert (row["person"], row["trail"]) == (None, None)
    assert row["leaf"] is not None


def begun(folder: Path) -> tuple[str, str, bytes]:
    """Make stores on disk; return a person in them, another, and a pseudonym of the first."""
    folder.mkdir()
    with sqlite_stores(folder, Clock()) as stores:
        person, other = filled(endings(stores))
        return person, other, stores.vault.file_under(person, TODAY)


def dies(folder: Path, person: str, lake: RememberingLake, death: Death) -> bool:
    """Erase a person in a process that dies; return whether it did."""
    with reopened(folder, Clock(), seed=100) as stores, pytest.MonkeyPatch.context() as patched:
        world = endings(stores, lake, seed=200)
        expose(patched, world, death)
        try:
            world.eraser.erase(person, NOON + 1)
        except DiedError:
            return True
    return False


def test_an_erasure_that_dies_anywhere_is_finished_by_the_next_who_comes(tmp_path: Path) -> None:
    person, other, filed = begun(tmp_path / "whole")
    for at in range(1, MOST_POINTS):
        folder, lake = tmp_path / "tried", RememberingLake()
        shutil.copytree(tmp_path / "whole", folder)
        died = dies(folder, person, lake, Death(at))
        with reopened(folder, Clock(), seed=300) as stores:
            world = endings(stores, lake, seed=400)
            finish(world, person)
            check_gone(world, person, other, filed)
        shutil.rmtree(folder)
        if not died:
            break
    assert 30 < at < MOST_POINTS - 1
