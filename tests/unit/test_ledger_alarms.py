"""An alarm and its entry of the log are there together, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.services import NOON, seeded

from fortnight.db.tables import alarm, ledger_leaf
from fortnight.ledger.alarms import Alarm, raise_alarm
from fortnight.ledger.entries import commitment

if TYPE_CHECKING:
    from fortnight.db.engine import Database

RAISED = Alarm("strangers-in-delivery", "ab" * 16, "received=5 strangers=1")


def test_an_alarm_leaves_an_entry_that_says_its_kind_and_not_its_subject(
    database: Database,
) -> None:
    chance = seeded(3)
    with database.write() as connection:
        name = raise_alarm(connection, RAISED, NOON, chance.randbytes)
    with database.read() as connection:
        row = connection.execute(select(alarm)).one()
        leaf = connection.execute(select(ledger_leaf)).one()
    assert (row.id, row.kind, row.subject, row.at) == (name, RAISED.kind, RAISED.subject, NOON)
    assert (leaf.kind, leaf.made_at, leaf.place) == ("alarm", NOON, None)
    again = seeded(3)
    again.randbytes(16)
    detail = {"alarm": name, "kind": RAISED.kind, "step": "alarm-raised"}
    office = {"detail": RAISED.detail, "subject": RAISED.subject or ""}
    for part in (detail, office):
        assert commitment(again.randbytes(32), part).encode() in leaf.entry
    assert b"ab" * 16 not in leaf.entry


def test_an_alarm_that_is_rolled_back_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        _ = len(raise_alarm(connection, RAISED, NOON, seeded().randbytes)) // 0
    with database.read() as connection:
        assert connection.execute(select(alarm)).all() == []
        assert connection.execute(select(ledger_leaf)).all() == []
