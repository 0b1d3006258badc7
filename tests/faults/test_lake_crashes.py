"""The machine dies on any line: the lake is as before or as after, and the next run goes on."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from tests.reference.lakes import DAY, HOUR, Waters, packed_fixes, person_id, waters
from tests.reference.people import Fix
from tests.services import NOON

from fortnight.api import question
from fortnight.contact.trace import Case
from fortnight.lake import catalogue, days, drain, files

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.db.engine import Database

ANNA, BORIS = person_id("anna"), person_id("boris")
TODAY = NOON // DAY
MINUTE = 60_000
CASE = Case(ANNA, onset=date(2026, 3, 1))
ASKED = question(until=date(2026, 3, 1))


class PowerCutError(Exception):
    """Stands for the end of the machine."""


@pytest.fixture
def water(tmp_path: Path, database: Database) -> Waters:
    made = waters(tmp_path, database)
    for person in (ANNA, BORIS):
        made.vault.enrol(person)
        send(made, person, NOON - HOUR)
    return made


def send(water: Waters, person: str, start: int) -> None:
    fixes = [Fix(start + k * MINUTE, 24.1, 56.9, 5.0) for k in range(31)]
    water.send(person, "fixes", packed_fixes(fixes), NOON)


def minutes(water: Waters) -> list[int]:
    contacts = water.trace(ANNA, CASE, ASKED, NOON).contacts
    return [round(one) for one in contacts["minutes"].to_numpy()]


def rows(water: Waters) -> int:
    return sum(pq.read_metadata(path).num_rows for path in water.folder.glob("*.parquet"))


def die(*_: object, **__: object) -> None:
    raise PowerCutError


DURING_A_DRAIN = [
    (drain, "write_rows"),
    (drain, "sync_folder"),
    (catalogue, "add_files"),
    (catalogue, "mark_changed"),
    (drain, "_delete"),
]


@pytest.mark.parametrize(("module", "name"), DURING_A_DRAIN)
def test_an_arrival_is_filed_once_wherever_a_drain_ends(
    water: Waters, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(module, name, die)
        with pytest.raises(PowerCutError):
            water.drain.drain(NOON)
    assert water.drain.drain(NOON).rows == 62
    assert rows(water) == 62
    water.days.refresh(NOON)
    assert minutes(water) == [30]


def test_an_arrival_is_filed_once_where_the_commit_was_not_acknowledged(
    water: Waters, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(drain, "DrainReport", die)
        with pytest.raises(PowerCutError):
            water.drain.drain(NOON)
    assert water.drain.drain(NOON).rows == 0
    assert rows(water) == 62


DURING_A_REFRESH = [
    (days, "build_day"),
    (days, "save_index"),
    (days, "sync_folder"),
    (catalogue, "set_index"),
    (days, "raise_alarms"),
    (days, "remove_index"),
]


@pytest.mark.parametrize(("module", "name"), DURING_A_REFRESH)
def test_searches_have_the_old_index_or_the_new_wherever_a_refresh_ends(
    water: Waters, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    water.take(NOON)
    for person in (ANNA, BORIS):
        send(water, person, NOON - 3 * HOUR)
    water.drain.drain(NOON)
    with monkeypatch.context() as patched:
        patched.setattr(module, name, die)
        with pytest.raises(PowerCutError):
            water.days.refresh(NOON)
    assert minutes(water) in ([30], [60])
    water.days.refresh(NOON)
    water.drain.sweep_orphans()
    assert minutes(water) == [60]
    assert len(list(water.folder.glob("*-index-*"))) == 1
    assert not list(water.folder.glob(".*.partial"))


def test_an_erasure_that_was_cut_short_is_finished_by_the_next(
    water: Waters, monkeypatch: pytest.MonkeyPatch
) -> None:
    water.take(NOON)
    own = water.vault.own(BORIS, [TODAY])
    for module, name in ((files, "write_rows"), (catalogue, "drop_files"), (days, "build_day")):
        target = days if name == "write_rows" else module
        with monkeypatch.context() as patched:
            patched.setattr(target, name, die)
            with pytest.raises(PowerCutError):
                water.forgetting.person(own, NOON)
    water.forgetting.person(own, NOON)
    water.drain.sweep_orphans()
    assert own[TODAY] not in water.bytes_on_disk()
    assert own[TODAY].hex().encode() not in water.bytes_on_disk()


def test_searches_that_run_while_indexes_are_switched_all_answer(water: Waters) -> None:
    water.take(NOON)
    answers: list[list[int]] = []
    stop = threading.Event()

    def search() -> None:
        while not stop.is_set():
            answers.append(minutes(water))

    workers = [threading.Thread(target=search) for _ in range(2)]
    for worker in workers:
        worker.start()
    for round_ in range(6):
        for person in (ANNA, BORIS):
            water.send(person, "fixes", packed_fixes([Fix(NOON + round_, 25.0, 57.0, 5.0)]), NOON)
        water.take(NOON + round_)
    stop.set()
    for worker in workers:
        worker.join(60)
    assert answers
    assert set(map(tuple, answers)) == {(30,)}
