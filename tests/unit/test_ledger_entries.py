"""Entries say their kind and hour; what they commit to opens only with its salt."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.services import HOUR, NOON, seeded

from fortnight.db.tables import ledger_leaf
from fortnight.errors import RefusedError
from fortnight.ledger.append import add
from fortnight.ledger.entries import KINDS, make_leaf, opens, opens_office

if TYPE_CHECKING:
    from fortnight.db.engine import Database
    from fortnight.ledger.entries import Leaf

DETAIL: dict[str, str | int] = {"person": "ab" * 16, "purpose": "trace", "minutes": 7}
OFFICE = {"actor": "nurse-4", "case": "cd" * 16}


def test_an_entry_is_its_hour_its_kind_and_two_commitments_in_one_canonical_text() -> None:
    leaf = make_leaf("look", NOON + 59 * 60_000, DETAIL, OFFICE, seeded().randbytes)
    detail = b'{"minutes":7,"person":"' + b"ab" * 16 + b'","purpose":"trace"}'
    commitment = sha256(leaf.salt + detail).hexdigest()
    office = b'{"actor":"nurse-4","case":"' + b"cd" * 16 + b'"}'
    other = sha256(leaf.office_salt + office).hexdigest()
    hour = NOON // HOUR
    text = f'{{"commitment":"{commitment}","hour":{hour},"kind":"look","office":"{other}","v":1}}'
    assert leaf.entry == text.encode()
    assert len(leaf.id) == len(leaf.salt) == len(leaf.office_salt) == 32


def test_an_entry_opens_with_its_own_salt_and_detail_only() -> None:
    leaf = make_leaf("look", NOON, DETAIL, OFFICE, seeded().randbytes)
    assert opens(leaf.entry, leaf.salt, dict(reversed(DETAIL.items())))
    assert not opens(leaf.entry, leaf.salt, DETAIL | {"minutes": 8})
    assert not opens(leaf.entry, leaf.office_salt, DETAIL)
    assert not opens(leaf.entry[:-1], leaf.salt, DETAIL)
    assert not opens(b"[]", leaf.salt, DETAIL)
    assert opens_office(leaf.entry, leaf.office_salt, OFFICE)
    assert not opens_office(leaf.entry, leaf.salt, OFFICE)


def test_without_an_office_side_there_is_a_commitment_all_the_same() -> None:
    leaf = make_leaf("grant", NOON, DETAIL, None, seeded().randbytes)
    assert opens_office(leaf.entry, leaf.office_salt, {})
    assert json.loads(leaf.entry)["office"] == sha256(leaf.office_salt + b"{}").hexdigest()


def test_the_same_event_twice_gives_entries_that_nobody_can_link() -> None:
    chance = seeded()
    one, two = (make_leaf("look", NOON, DETAIL, OFFICE, chance.randbytes) for _ in range(2))
    assert json.loads(one.entry)["commitment"] != json.loads(two.entry)["commitment"]
    assert json.loads(one.entry)["office"] != json.loads(two.entry)["office"]
    assert one.id != two.id


def test_a_kind_that_is_not_listed_is_refused_with_the_list() -> None:
    with pytest.raises(RefusedError, match=r"'gossip' is no kind .* grant, withdrawal"):
        make_leaf("gossip", NOON, DETAIL, None, seeded().randbytes)
    assert all(make_leaf(kind, NOON, {}, None, seeded().randbytes) for kind in KINDS)


def add_and_refuse(database: Database, leaf: Leaf) -> None:
    with database.write() as connection:
        add(connection, leaf, NOON)
        raise RefusedError("what it tells of did not happen")


def test_an_entry_shares_the_fate_of_its_transaction(database: Database) -> None:
    chance = seeded()
    kept, lost = (make_leaf("look", NOON, DETAIL, None, chance.randbytes) for _ in range(2))
    with database.write() as connection:
        assert add(connection, kept, NOON) == kept.id
    with pytest.raises(RefusedError):
        add_and_refuse(database, lost)
    with database.read() as connection:
        rows = connection.execute(select(ledger_leaf)).all()
    assert [tuple(row) for row in rows] == [(kept.id, "look", kept.entry, NOON, None)]
