"""The end of the programme: on its day everything goes, without anyone's help; the log stays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from tests.endings import TODAY, Endings, endings
from tests.reference.vault_world import WORKER, enrolled, met, sound_case
from tests.services import NOON, seeded

from fortnight.db import tables
from fortnight.ledger.entries import opens
from fortnight.ledger.log import Log
from fortnight.ledger.note import Signer
from fortnight.retention.sunset import Sunset
from fortnight.vault.keys import SECRETS

if TYPE_CHECKING:
    from tests.services import Stores

END = date(2026, 6, 30)
DUE = int(datetime(2026, 6, 30, tzinfo=UTC).timestamp() * 1_000)


@pytest.fixture
def world(stores: Stores) -> Endings:
    """Yield a world with a row in every table."""
    world = endings(stores)
    case_id, _ = sound_case(stores)
    stores.vault.group(case_id, WORKER, [met(stores, enrolled(stores, 5))], NOON)
    stores.keys.make_case_key(case_id)
    for table in tables.metadata.sorted_tables:
        if table not in (tables.ledger_leaf, tables.ledger_head):
            world.add(table)
    world.holdings.texts.write_text('{"id": "1", "at": 1}\n')
    return world


def sunset(world: Endings) -> tuple[Sunset, Log]:
    signer = Signer("fortnight.invalid/log", seeded(5).randbytes(32))
    log = Log(world.database, world.stores.folder / "log", signer, world.stores.clock)
    return Sunset(world.holdings, log, END), log


def test_before_its_day_nothing_is_touched(world: Endings) -> None:
    ending, _ = sunset(world)
    assert ending.end(DUE - 1) is None
    assert not ending.is_due(DUE - 1)
    assert not ending.is_over()
    assert all(
        world.rows(table) for table in tables.metadata.sorted_tables if table.name != "ledger_head"
    )


def test_on_its_day_everything_goes_but_the_log(world: Endings) -> None:
    runs = {row["id"] for row in world.rows(tables.trace_run)}
    before = len(world.rows(tables.ledger_leaf))
    ending, log = sunset(world)
    last = ending.end(DUE)
    assert ending.is_over()
    for table in tables.metadata.sorted_tables:
        if table not in (tables.ledger_leaf, tables.ledger_head):
            assert world.rows(table) == [], table
    people, keys = world.stores.people, world.stores.keys
    assert (people.ids(), people.days(), people.cases()) == ([], [], [])
    assert (keys.people(), keys.days(), keys.cases()) == (set(), set(), set())
    assert world.holdings.texts.read_text().strip() == ""
    assert TODAY in world.lake.days
    assert set(world.jobs) == runs
    assert last is not None
    assert last == log.checkpoint()
    assert last.size == before + 1


def test_the_log_says_once_that_the_programme_is_over_and_all_can_check_it(world: Endings) -> None:
    ending, _ = sunset(world)
    first = ending.end(DUE)
    assert ending.end(DUE + 1) == first
    (leaf,) = (row for row in world.rows(tables.ledger_leaf) if row["kind"] == "deletion")
    assert opens(leaf["entry"], bytes(32), {"programme_end": "2026-06-30"})


def test_the_service_s_own_secrets_go_too_and_that_of_the_log_stays(world: Endings) -> None:
    keys, folder = world.stores.keys, world.stores.folder / "keys"
    before = {name: keys.named(name) for name in SECRETS}
    ending, _ = sunset(world)
    ending.end(DUE)
    after = {name: keys.named(name) for name in SECRETS}  # a start still finds all of them
    assert {name for name in SECRETS if before[name] == after[name]} == {"log"}
    ending.end(DUE + 1)
    assert {name: keys.named(name) for name in SECRETS} == after
    kept = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    assert [name for name in SECRETS if before[name] in kept] == ["log"]


def test_it_is_not_over_before_the_secrets_are_gone(
    world: Endings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending, _ = sunset(world)
    with monkeypatch.context() as dying:
        dying.setattr(type(world.stores.keys), "end_secrets", lambda _: None)
        ending.end(DUE)
    assert not ending.is_over()
    ending.end(DUE + 1)
    assert ending.is_over()
