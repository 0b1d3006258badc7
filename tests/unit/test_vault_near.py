"""Whom somebody who works here may not work on: asked of the vault on both databases."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update
from tests.reference.lakes import packed_ties
from tests.reference.vault_world import (
    TODAY,
    agree,
    count_looks,
    enrolled,
    met,
    number,
    sound_case,
)
from tests.services import seeded, sqlite_stores

from fortnight.case.named import NamedContacts, NewNamed
from fortnight.case.nearness import Near
from fortnight.db.office_tables import named_contact, staff_account
from fortnight.db.tables import arrival
from fortnight.lake.colleagues import ColleagueTies
from fortnight.lake.drain import Drain
from fortnight.staff.accounts import Accounts
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services import Clock, Stores

WORKER = Reader("case-worker", "account-7", "north")
PEOPLE = range(10, 15)  # places of contacts; the first of them works here


def works_here(stores: Stores, place: int, **values: object) -> bytes:
    """Make an account with a number; return the number's keyed hash."""
    hashed = stores.vault.number_hash(number(place))
    row = {"id": f"{place:032x}", "login": f"w{place}", "name": "Worker", "role": "case-worker"}
    values = row | {"district": "north", "made_at": 1, "number_hash": hashed} | values
    with stores.database.write() as connection:
        connection.execute(delete(staff_account).where(staff_account.c.id == row["id"]))
        connection.execute(insert(staff_account).values(values))
    return hashed


def contacts(stores: Stores) -> tuple[str, dict[int, tuple[str, str]]]:
    """Enrol people and make them contacts of a case: by place, person and contact number."""
    case_id, _ = sound_case(stores)
    people = {place: enrolled(stores, place, "trace.phone", "trace.ties") for place in PEOPLE}
    rows = [met(stores, person) for person in people.values()]
    found = stores.vault.group(case_id, WORKER, rows, stores.clock())
    assert None not in found
    return case_id, {
        place: (person, str(one))
        for (place, person), one in zip(people.items(), found, strict=True)
    }


def call(stores: Stores, *pairs: tuple[str, str], day: int = TODAY) -> None:
    """File calls between people, as the lake does."""
    name = stores.vault.file_under
    stores.vault.file_ties(day, [(name(a, day), name(b, day)) for a, b in pairs])


def test_whoever_works_here_is_near_to_themself_and_to_whom_they_call(stores: Stores) -> None:
    hashed = works_here(stores, 10)
    case_id, known = contacts(stores)
    (own, own_number), (friend, friend_number) = known[10], known[11]
    before = count_looks(stores)
    assert stores.vault.near(hashed, case_id) == {own_number: "self"}
    call(stores, (friend, own))  # either of the two may have called
    near = {own_number: "self", friend_number: "tied"}
    assert stores.vault.near(hashed, case_id) == near
    assert stores.vault.near(hashed, "0" * 32) == {}
    assert count_looks(stores) == before
    stores.consents.withdraw(friend, "trace.ties", stores.clock())
    assert stores.vault.near(hashed, case_id) == {own_number: "self"}
    agree(stores, friend, "trace.ties")
    assert stores.vault.near(hashed, case_id) == near
    stores.vault.forget_day(TODAY)
    assert stores.vault.near(hashed, case_id) == {own_number: "self"}


def test_a_number_that_nobody_here_registered_is_answered_with_nothing(stores: Stores) -> None:
    case_id, known = contacts(stores)
    hashed = stores.vault.number_hash(number(10))
    call(stores, (known[10][0], known[11][0]))
    assert stores.vault.near(hashed, case_id) == {}
    assert TODAY in stores.people.days()
    works_here(stores, 10)  # the calls of somebody who had no account then were not kept
    assert stores.vault.near(hashed, case_id) == {known[10][1]: "self"}
    works_here(stores, 10, ended_at=2)
    assert stores.vault.near(hashed, case_id) == {}


def test_calls_go_with_either_of_the_two(stores: Stores) -> None:
    hashed = works_here(stores, 10)
    case_id, known = contacts(stores)
    call(stores, (known[10][0], known[11][0]), (known[10][0], known[12][0]), day=TODAY - 1)
    assert set(stores.vault.near(hashed, case_id).values()) == {"self", "tied"}
    stores.vault.forget_rows(known[11][0])
    assert stores.vault.near(hashed, case_id)[known[12][1]] == "tied"
    stores.vault.forget_rows(known[10][0])
    assert stores.vault.near(hashed, case_id) == {}
    stores.vault.forget_day(TODAY)
    assert stores.people.days() == [TODAY - 1]
    stores.vault.forget_day(TODAY - 1)
    assert stores.people.days() == []


@pytest.fixture
def sqlite(tmp_path: Path, clock: Clock) -> Iterator[Stores]:
    """Yield a vault on SQLite: many worlds on PostgreSQL would take too long."""
    with sqlite_stores(tmp_path, clock) as opened:
        yield opened


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    calls=st.sets(st.sampled_from([*combinations(PEOPLE, 2)])),
    staff=st.sets(st.sampled_from(PEOPLE)),
)
def test_near_is_who_calls_whom_and_nothing_else(
    sqlite: Stores, calls: set[tuple[int, int]], staff: set[int]
) -> None:
    case_id, known = held(sqlite)
    with sqlite.database.write() as connection:
        connection.execute(update(staff_account).values(ended_at=1))
    sqlite.people.forget_day(TODAY)
    hashes = {place: works_here(sqlite, place) for place in staff}
    call(sqlite, *((known[a][0], known[b][0]) for a, b in calls))
    for place, hashed in hashes.items():
        tied = {b if a == place else a for a, b in calls if place in (a, b)}
        expected = {known[other][1]: "tied" for other in tied} | {known[place][1]: "self"}
        assert sqlite.vault.near(hashed, case_id) == expected


_HELD: dict[int, tuple[str, dict[int, tuple[str, str]]]] = {}


def held(stores: Stores) -> tuple[str, dict[int, tuple[str, str]]]:
    """Return the contacts of one world, made once for all examples."""
    if id(stores) not in _HELD:
        _HELD.clear()
        _HELD[id(stores)] = contacts(stores)
    return _HELD[id(stores)]


@pytest.mark.parametrize("merged", [False, True])
def test_who_was_named_is_compared_with_the_colleagues_own_number_alone(
    stores: Stores, *, merged: bool
) -> None:
    hashed = works_here(stores, 10)
    case_id, known = contacts(stores)
    call(stores, (known[10][0], known[11][0]))
    named = NamedContacts(stores.database, stores.vault, seeded(8).randbytes)
    new = [
        NewNamed(
            case_id, "Somebody", number(place), "", TODAY, TODAY, "work", None,
            pregnant=False, weak_immunity=False,
        )
        for place in (10, 11, 12)
    ]  # fmt: skip
    made = [named.add(one, f"{10:032x}", WORKER, stores.clock()) for one in new]
    if merged:
        with stores.database.write() as connection:
            row = named_contact.c.contact == made[2]
            changed = update(named_contact).where(row).values(merged_with=known[11][1])
            connection.execute(changed)
    near = Near(stores.database, stores.vault).near(hashed, case_id)
    expected = {known[10][1]: "self", known[11][1]: "tied", made[0]: "self"}
    assert near == expected | ({made[2]: "tied"} if merged else {})


def test_calls_of_before_a_number_was_registered_are_looked_through_once(stores: Stores) -> None:
    folder = stores.folder / "lake"
    folder.mkdir()
    random = seeded(5).randbytes
    drain = Drain(stores.database, stores.vault, stores.consents, folder, random)
    case_id, known = contacts(stores)
    rows = [(known[11][0], stores.clock(), "call", 60), (known[12][0], stores.clock(), "call", 60)]
    for other, person in ((rows[0], known[10][0]), (rows[1], known[11][0])):
        sealed = stores.vault.seal(person, packed_ties([other]), b"arrival")
        arrived = {"person": person, "kind": "ties", "origin": "operator", "rows": 1}
        with stores.database.write() as connection:
            values = arrived | {"received_at": stores.clock(), "sealed": sealed}
            connection.execute(insert(arrival).values(values))
    assert drain.drain(stores.clock()).rows == 2
    hashed = works_here(stores, 10)
    ties = ColleagueTies(stores.database, stores.vault, folder)
    assert stores.vault.near(hashed, case_id) == {known[10][1]: "self"}
    assert ties.catch_up(stores.clock()) == 1
    near = {known[10][1]: "self", known[11][1]: "tied"}
    assert stores.vault.near(hashed, case_id) == near
    assert ties.catch_up(stores.clock()) == 0
    accounts = Accounts(stores.database, bytes(32), stores.vault.number_hash, random)
    account = f"{10:032x}"
    accounts.set_number(account, number(11), by="test", now=stores.clock())
    assert ties.catch_up(stores.clock()) == 1
    found = stores.vault.near(stores.vault.number_hash(number(11)), case_id)
    assert found == {known[11][1]: "self", known[10][1]: "tied", known[12][1]: "tied"}
    assert stores.vault.near(hashed, case_id) == {}
    accounts.set_number(account, None, by="test", now=stores.clock())
    assert ties.catch_up(stores.clock()) == 0
