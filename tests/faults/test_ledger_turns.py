"""A turn that dies at any step, and turns that race: the log stays whole and never forks.

Each durable step fails in two ways: it never happened ("lost"), or it happened and nobody heard
("done"). At every moment what is published has to verify, by the stand-alone verifier too.
"""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tests.reference.ledger import (
    NOON,
    SIGNER,
    add_leaves,
    make_leaves,
    mth,
    open_log,
    verify,
)
from tests.services import seeded

from fortnight.db.engine import Database
from fortnight.db.tables import ledger_leaf
from fortnight.ledger import log as log_module
from fortnight.ledger import tiles as tiles_module
from fortnight.ledger.log import Inclusion, Log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from fortnight.ledger.checkpoint import Checkpoint
    from fortnight.ledger.tree import Frontier


class MachineDiedError(Exception):
    """The machine stopped here."""


@dataclass
class Machine:
    """Counts durable steps, and dies at one of them."""

    dies_at: int = -1
    done: bool = False
    steps: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Do a durable step, or die before it, or die after it."""
        dies = len(self.steps) == self.dies_at
        self.steps.append(name)
        if dies and not self.done:
            raise MachineDiedError(name)
        yield
        if dies:
            raise MachineDiedError(name)

    def stepped(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is a durable step of this machine."""

        def acting(*values: Any, **options: Any) -> Any:  # noqa: ANN401 - passes on whatever comes
            with self.step(name):
                return act(*values, **options)

        return acting


@dataclass(frozen=True, kw_only=True)
class MortalDatabase(Database):
    """A database on a machine that may die at a commit."""

    machine: Machine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Commit, or not, as the machine has it."""
        dies = len(self.machine.steps) == self.machine.dies_at
        self.machine.steps.append("commit")
        with super().write() as connection:
            yield connection
            if dies and not self.machine.done:
                raise MachineDiedError("commit")
        if dies:
            raise MachineDiedError("commit")


WRITE_FILE, SETTLE, REMOVE = tiles_module.write_file, tiles_module.settle, shutil.rmtree


def turn_on(machine: Machine, database: Database, folder: Path) -> None:
    """Let a process that has just started take a turn on a machine."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (tiles_module, log_module):
            patch.setattr(module, "write_file", machine.stepped("file", WRITE_FILE))
            patch.setattr(module, "settle", machine.stepped("settle", SETTLE))
        patch.setattr(shutil, "rmtree", machine.stepped("remove", REMOVE))
        open_log(MortalDatabase(database.engine, machine=machine), folder).sequence(NOON)


def entries_in_order(database: Database) -> list[bytes]:
    with database.read() as connection:
        rows = connection.execute(
            select(ledger_leaf.c.place, ledger_leaf.c.entry).where(ledger_leaf.c.place.is_not(None))
        )
        placed = sorted(tuple(row) for row in rows)
    assert [place for place, _ in placed] == list(range(len(placed)))
    return [entry for _, entry in placed]


@pytest.mark.parametrize("done", [False, True], ids=["lost", "done but not acknowledged"])
def test_a_turn_that_died_at_any_step_is_finished_by_the_next(
    database: Database, tmp_path: Path, *, done: bool
) -> None:
    folder, kept, chance = tmp_path / "log", tmp_path / "kept", seeded()
    died: Counter[str] = Counter()
    size = 100
    add_leaves(database, make_leaves(chance, size))
    open_log(database, folder).sequence(NOON)
    for dies_at in range(100):
        leaves = make_leaves(chance, 256)  # every turn fills one tile and begins the next
        add_leaves(database, leaves, NOON + dies_at)
        size += len(leaves)
        machine = Machine(dies_at, done=done)
        try:
            turn_on(machine, database, folder)
        except MachineDiedError as death:
            died[str(death)] += 1
        assert verify(folder) == 0
        shutil.copy(folder / "checkpoint", kept)
        recovered = open_log(database, folder)
        assert recovered.sequence(NOON).size == size
        assert recovered.checkpoint() == recovered.sequence(NOON)
        assert verify(folder, "--earlier", kept) == 0
        assert all(isinstance(recovered.proof(leaf.id), Inclusion) for leaf in leaves[::40])
        if len(machine.steps) <= dies_at:
            break
    assert mth(entries_in_order(database)) == recovered.sequence(NOON).root
    # Two bundles, three tiles and the checkpoint; the full bundle and tile replace partial ones.
    assert died == {"commit": 1, "file": 6, "settle": 2, "remove": 2}


@pytest.mark.parametrize("done", [False, True], ids=["lost", "done but not acknowledged"])
def test_a_machine_that_dies_at_each_step_of_every_recovery_gets_there_all_the_same(
    database: Database, tmp_path: Path, *, done: bool
) -> None:
    folder, size = tmp_path / "log", 600
    leaves = make_leaves(seeded(), size)
    add_leaves(database, leaves)
    for dies_at in range(100):
        try:
            turn_on(Machine(dies_at, done=done), database, folder)
        except MachineDiedError:
            continue
        break
    assert dies_at > 10
    assert verify(folder) == 0
    assert mth(entries_in_order(database)) == open_log(database, folder).sequence(NOON).root
    assert len(entries_in_order(database)) == size


class Overtaken(Log):
    """A log whose turn stops for another's whole turn, at a place that a test chooses."""

    meanwhile: Callable[[], None] | None = None
    at: str = ""
    sizes: list[int]

    def pause(self, place: str) -> None:
        """Let the other run once."""
        if place == self.at and self.meanwhile is not None:
            other, self.meanwhile = self.meanwhile, None
            other()

    def _edge(self, head: Checkpoint) -> Frontier:
        edge = super()._edge(head)
        self.pause("before the swap")
        return edge

    def _publish(self, head: Checkpoint) -> None:
        if head.size > 10:
            self.pause("before publishing")
        super()._publish(head)
        published = self.checkpoint()
        assert published is not None
        self.sizes.append(published.size)

    def _first_head(self, now: int) -> Checkpoint:
        self.pause("before the first head")
        return super()._first_head(now)


@pytest.mark.parametrize("place", ["before the first head", "before the swap", "before publishing"])
@pytest.mark.parametrize("together", [True, False], ids=["one folder", "a folder each"])
def test_a_turn_that_was_overtaken_goes_on_from_where_the_other_ended(
    database: Database, tmp_path: Path, place: str, *, together: bool
) -> None:
    folder, chance = tmp_path / "log", seeded()
    if place != "before the first head":
        add_leaves(database, make_leaves(chance, 10))
        open_log(database, folder).sequence(NOON)
    add_leaves(database, make_leaves(chance, 40))
    other = open_log(database, folder if together else tmp_path / "other")
    sworn: list[Checkpoint] = []

    def meanwhile() -> None:
        add_leaves(database, make_leaves(chance, 300), NOON - 1)
        sworn.append(other.sequence(NOON))
        add_leaves(database, make_leaves(chance, 5), NOON - 2)

    overtaken = Overtaken(database, folder, SIGNER, lambda: NOON)
    overtaken.meanwhile, overtaken.at, overtaken.sizes = meanwhile, place, []
    final = overtaken.sequence(NOON)
    assert sworn
    if together and place == "before publishing":
        # What the other had published by then was not replaced by the older 50.
        assert overtaken.sizes == [10, 350, 350, 355]
    entries = entries_in_order(database)
    assert final == overtaken.checkpoint()
    assert final.root == mth(entries)
    assert final.size == len(entries) > sworn[0].size
    assert sworn[0].root == mth(entries[: sworn[0].size])
    assert verify(folder) == 0


class Endless(Overtaken):
    """An overtaken log that says so where it goes round for nothing."""

    def _publish(self, head: Checkpoint) -> None:
        super()._publish(head)
        assert len(self.sizes) < 10, "this turn would never end"


@pytest.mark.parametrize("together", [True, False], ids=["one folder", "a folder each"])
def test_a_turn_whose_last_entries_another_took_ends(
    database: Database, tmp_path: Path, *, together: bool
) -> None:
    """Nothing waits any more, and the head is newer than its own: it ends with the newer one."""
    folder, chance = tmp_path / "log", seeded()
    add_leaves(database, make_leaves(chance, 50))
    other = open_log(database, folder if together else tmp_path / "other")

    def meanwhile() -> None:
        add_leaves(database, make_leaves(chance, 300), NOON - 1)
        other.sequence(NOON)

    overtaken = Endless(database, folder, SIGNER, lambda: NOON)
    overtaken.meanwhile, overtaken.at, overtaken.sizes = meanwhile, "before publishing", []
    final = overtaken.sequence(NOON)
    assert final.size == 350
    assert final == overtaken.checkpoint()
    assert final.root == mth(entries_in_order(database))
    assert verify(folder) == 0


@pytest.mark.parametrize("together", [True, False], ids=["one folder", "a folder each"])
def test_logs_that_race_never_swear_to_two_histories(
    database: Database, tmp_path: Path, *, together: bool
) -> None:
    start, turns, racers = Barrier(3), 12, 2

    def race(number: int) -> list[Checkpoint]:
        own = open_log(database, tmp_path / ("log" if together else f"log-{number}"))
        start.wait()
        return [own.sequence(NOON) for _ in range(turns)]

    def write() -> None:
        chance = seeded()
        start.wait()
        for turn in range(4 * turns):
            add_leaves(database, make_leaves(chance, 23), NOON - turn)

    with ThreadPoolExecutor(racers + 1) as pool:
        writing = pool.submit(write)
        racing = [pool.submit(race, number) for number in range(racers)]
        sworn = [checkpoint for racer in racing for checkpoint in racer.result()]
        writing.result()
    folders = ["log"] if together else ["log-0", "log-1"]
    sworn += [open_log(database, tmp_path / name).sequence(NOON) for name in folders]
    entries = entries_in_order(database)
    assert len(entries) == 4 * turns * 23
    for checkpoint in sworn:
        assert checkpoint.root == mth(entries[: checkpoint.size])
    assert all(verify(tmp_path / name) == 0 for name in folders)
