"""An export is a look at everybody in it, and holds nobody's name, number, place or track."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select
from tests.reference.vault_world import (
    TODAY,
    change_case,
    count_looks,
    enrolled,
    met,
    number,
    sound_case,
)

from fortnight.db.office_tables import decision, named_contact, staff_account
from fortnight.db.tables import exposure, look, trace_run
from fortnight.errors import QuestionError, RefusedError
from fortnight.exchange.exports import FORMS, Exports
from fortnight.exchange.tables import CASE_COLUMNS, CONTACT_COLUMNS
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from tests.services import Stores

ACCOUNT = "d" * 32
READER = Reader("case-worker", ACCOUNT, "north")
NAMED = "9" * 16


@dataclass
class World:
    stores: Stores
    exports: Exports
    case_id: str
    case_person: str
    people: list[str]
    contacts: list[str]

    def rows(self, kind: str = "contacts") -> list[dict[str, Any]]:
        file = self.exports.export(kind, "json", [self.case_id], READER, self.stores.clock())
        rows: list[dict[str, Any]] = json.loads(file.content)["rows"]
        return rows


@pytest.fixture
def world(stores: Stores) -> World:
    case_id, case_person = sound_case(stores)
    people = [enrolled(stores, place) for place in (5, 6, 7)]
    found = [met(stores, person) for person in people]
    contacts = [str(one) for one in stores.vault.group(case_id, READER, found, stores.clock())]
    random = stores.vault._random  # noqa: SLF001 - the same seeded one
    made = World(
        stores,
        Exports(stores.database, stores.vault, random),
        case_id,
        case_person,
        people,
        contacts,
    )
    fill(made)
    return made


def fill(world: World) -> None:
    now = world.stores.clock()
    run = {"id": "e" * 32, "case_id": world.case_id, "state": "done", "asked_at": now}
    account = {"id": ACCOUNT, "login": "w", "name": "W", "role": "case-worker"}
    with world.stores.database.write() as connection:
        connection.execute(
            insert(staff_account).values(account | {"district": "north", "made_at": now})
        )
        connection.execute(
            insert(trace_run).values(run | {"asked_by": ACCOUNT, "asked_role": "case-worker"})
        )
        for rank, contact in enumerate(world.contacts, start=1):
            connection.execute(insert(exposure).values(exposure_row(world, rank, contact)))
        connection.execute(insert(named_contact).values(named_row(world)))
        connection.execute(insert(decision).values(decision_row(world, world.contacts[0])))


def exposure_row(world: World, rank: int, contact: str) -> dict[str, object]:
    return {
        "case_id": world.case_id,
        "contact": contact,
        "run_id": "e" * 32,
        "rank": rank,
        "first_day": TODAY - 2,
        "last_day": TODAY,
        "minutes": 40 - rank,
        "tier": "high",
        "kinds": "bluetooth,fixes",
        "origins": "phone",
        "late": rank == 2,
    }


def named_row(world: World) -> dict[str, object]:
    return {
        "id": "a" * 32,
        "case_id": world.case_id,
        "contact": NAMED,
        "sealed": b"Anna +37120009999",
        "first_day": TODAY - 1,
        "last_day": TODAY - 1,
        "setting": "household",
        "pregnant": False,
        "weak_immunity": False,
        "added_by": ACCOUNT,
        "added_at": world.stores.clock(),
    }


def decision_row(world: World, contact: str) -> dict[str, object]:
    return {
        "id": "b" * 32,
        "case_id": world.case_id,
        "contact": contact,
        "kind": "tell",
        "reason": "=cmd|' /C calc'!A0 дома",
        "by": ACCOUNT,
        "at": world.stores.clock(),
        "needs_second": True,
    }


def looks(world: World) -> list[tuple[str, str, str, str, str | None]]:
    query = select(look).where(look.c.fields == "case,contact").order_by(look.c.person)
    with world.stores.database.read() as connection:
        return [
            (row.person, row.purpose, row.role, row.outcome, row.case_id)
            for row in connection.execute(query)
        ]


def test_an_export_is_a_look_at_each_contact_and_at_the_case(world: World) -> None:
    before = count_looks(world.stores)
    rows = world.rows()
    assert {row["contact"] for row in rows} == {*world.contacts, NAMED}
    everybody = sorted([*world.people, world.case_person])
    assert looks(world) == [
        (person, "trace", "case-worker", "read", world.case_id) for person in everybody
    ]
    assert count_looks(world.stores) == (before[0] + 4, before[1] + 4)


def test_what_is_exported_of_a_contact(world: World) -> None:
    rows = world.rows()
    assert all(tuple(row) == CONTACT_COLUMNS for row in rows)
    first, second, _, named = rows
    assert (first["source"], first["minutes"], first["evidence"]) == (
        "trace",
        39,
        "bluetooth fixes",
    )
    assert (first["decision"], first["second_person"]) == ("tell", "waited for")
    assert (second["decision"], second["late_evidence"]) == (None, "yes")
    assert (named["source"], named["setting"], named["tier"]) == ("interview", "household", None)


def test_what_is_exported_of_a_case(world: World) -> None:
    (row,) = world.rows("cases")
    assert tuple(row) == CASE_COLUMNS
    assert (row["contacts"], row["told"], row["dismissed"], row["undecided"]) == (4, 1, 0, 3)
    assert (row["disease"], row["enrolled"]) == ("covid-19", "yes")


@pytest.mark.parametrize("form", FORMS)
def test_no_export_holds_a_person_a_number_or_a_name(world: World, form: str) -> None:
    for kind in ("contacts", "cases"):
        file = world.exports.export(kind, form, [world.case_id], READER, world.stores.clock())
        assert file.name.endswith(f".{form}")
        secrets = [*world.people, world.case_person, number(5), "Anna", "37120009999"]
        assert not [one for one in secrets if one.encode() in file.content]


def test_who_withdrew_is_left_out_and_not_looked_at(world: World) -> None:
    world.stores.consents.withdraw(world.people[1], "trace.phone", world.stores.clock())
    rows = world.rows()
    assert {row["contact"] for row in rows} == {world.contacts[0], world.contacts[2], NAMED}
    assert world.people[1] not in {row[0] for row in looks(world)}


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_a_case_that_is_over_is_not_exported(world: World, state: str) -> None:
    change_case(world.stores, world.case_id, state=state)
    before = count_looks(world.stores)
    with pytest.raises(RefusedError, match=state):
        world.rows()
    assert count_looks(world.stores) == before


def test_a_case_whose_person_never_enrolled_is_exported_without_a_look(world: World) -> None:
    change_case(world.stores, world.case_id, person=None)
    with world.stores.database.write() as connection:
        connection.execute(exposure.delete())
    before = count_looks(world.stores)
    assert [row["contact"] for row in world.rows()] == [NAMED]
    assert count_looks(world.stores) == before


def test_the_log_says_which_file_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "fortnight.exchange.exports.log", lambda _, kind, entry, *__: seen.append({kind: entry})
    )
    file = world.exports.export("contacts", "csv", [world.case_id], READER, world.stores.clock())
    assert seen == [
        {
            "case": {
                "case": world.case_id,
                "step": "exported-contacts-csv",
                "rows": 4,
                "sha256": sha256(file.content).hexdigest(),
            }
        }
    ]


@pytest.mark.parametrize(("kind", "form"), [("tracks", "csv"), ("contacts", "xls")])
def test_there_is_no_other_export(world: World, kind: str, form: str) -> None:
    with pytest.raises(QuestionError):
        world.exports.export(kind, form, [world.case_id], READER, world.stores.clock())
