"""Reading is two steps: a look that is committed, then the values that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.reference.vault_world import (
    TODAY,
    WORKER,
    count_looks,
    enrolled,
    met,
    number,
    sound_case,
)

from fortnight.db.tables import look
from fortnight.errors import RefusedError
from fortnight.ledger.entries import opens, opens_office
from fortnight.vault.people import Ask, Seed
from fortnight.vault.purposes import Field, Purpose, Reader, fields_for, purpose_named
from fortnight.vault.reading import Access

if TYPE_CHECKING:
    from tests.services import Stores


def test_what_was_opened_is_read_and_nothing_else(stores: Stores) -> None:
    person = enrolled(stores, 5, "notify")
    access = stores.vault.open_access(
        WORKER, Purpose.NOTIFY, None, [Field.NUMBER], [person], stores.clock()
    )
    assert stores.vault.read(access) == {person: {Field.NUMBER: number(5)}}


def test_every_field_of_the_vault_is_given_where_it_is_named(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    contact = enrolled(stores, 5)
    (named,) = stores.vault.group(case_id, WORKER, [met(stores, contact)], stores.clock())
    access = stores.vault.open_access(
        WORKER, Purpose.RIGHTS, case_id, list(Field), [contact], stores.clock()
    )
    assert stores.vault.read(access) == {
        contact: {
            Field.NUMBER: number(5),
            Field.LANGUAGE: "en",
            Field.PSEUDONYMS: {TODAY: stores.vault.file_under(contact, TODAY)},
            Field.CONTACT: named,
        }
    }


def test_an_access_is_read_once(stores: Stores) -> None:
    person = enrolled(stores, 5, "notify")
    access = stores.vault.open_access(
        WORKER, Purpose.NOTIFY, None, [Field.NUMBER], [person], stores.clock()
    )
    stores.vault.read(access)
    with pytest.raises(RefusedError, match="read before"):
        stores.vault.read(access)


def test_without_a_look_nothing_is_read(stores: Stores) -> None:
    enrolled(stores, 5)
    never = "0" * 32
    with pytest.raises(RefusedError, match="No look"):
        stores.vault.read(Access((never,)))
    with pytest.raises(RefusedError, match="No such look"):
        stores.people.read_own(never, [TODAY])
    with pytest.raises(RefusedError, match="No such look"):
        stores.people.read_resolve(never)


def test_a_look_opens_only_what_it_names(stores: Stores) -> None:
    person = enrolled(stores, 5, "notify")
    seed = Seed.of(lambda size: b"\x07" * size)
    ask = Ask(WORKER, Purpose.NOTIFY, (Field.LANGUAGE,), None)
    stores.people.open_access(ask, {person: seed}, stores.clock())
    with pytest.raises(RefusedError, match="No such look"):
        stores.people.read_resolve(seed.look)


@pytest.mark.parametrize("purpose", [Purpose.NOTIFY, Purpose.SUPPORT])
def test_without_a_live_grant_of_its_purpose_nobody_is_opened(
    stores: Stores, purpose: Purpose
) -> None:
    agreed, other = enrolled(stores, 5, str(purpose)), enrolled(stores, 6, "statistics")
    fields, now = [Field.LANGUAGE], stores.clock()
    access = stores.vault.open_access(WORKER, purpose, None, fields, [other, agreed], now)
    assert stores.vault.read(access) == {agreed: {Field.LANGUAGE: "en"}}
    stores.consents.withdraw(agreed, str(purpose), stores.clock())
    with pytest.raises(RefusedError, match="live grant"):
        stores.vault.open_access(WORKER, purpose, None, fields, [other, agreed], now)
    assert count_looks(stores) == (1, 1)


def test_whoever_withdraws_between_the_steps_is_not_read(stores: Stores) -> None:
    person, other = enrolled(stores, 5, "notify"), enrolled(stores, 6, "notify")
    access = stores.vault.open_access(
        WORKER, Purpose.NOTIFY, None, [Field.NUMBER], [person, other], stores.clock()
    )
    stores.consents.withdraw(person, "notify", stores.clock())
    assert set(stores.vault.read(access)) == {other}
    (seen,) = stores.vault.looks_at(person)
    assert seen.outcome == "read"


def test_trace_without_a_case_gives_numbers_of_an_operators_subscribers_alone(
    stores: Stores,
) -> None:
    subscriber, phone = enrolled(stores, 5, "trace.operator"), enrolled(stores, 6, "trace.phone")
    both, now = [subscriber, phone], stores.clock()
    access = stores.vault.open_access(WORKER, Purpose.TRACE, None, [Field.NUMBER], both, now)
    assert stores.vault.read(access) == {subscriber: {Field.NUMBER: number(5)}}
    with pytest.raises(RefusedError, match="without a case"):
        stores.vault.open_access(WORKER, Purpose.TRACE, None, [Field.PSEUDONYMS], both, now)


def test_trace_with_a_case_opens_its_own_people_alone_and_no_number(stores: Stores) -> None:
    case_id, case = sound_case(stores)
    contact, stranger = enrolled(stores, 5), enrolled(stores, 6)
    stores.vault.group(case_id, WORKER, [met(stores, contact)], stores.clock())
    now, people = stores.clock(), [case, contact, stranger]
    access = stores.vault.open_access(
        WORKER, Purpose.TRACE, case_id, [Field.PSEUDONYMS], people, now
    )
    assert set(stores.vault.read(access)) == {case, contact}
    with pytest.raises(RefusedError, match="resolve"):
        stores.vault.open_access(WORKER, Purpose.TRACE, case_id, [Field.NUMBER], people, now)
    with pytest.raises(RefusedError, match="no such case"):
        stores.vault.open_access(WORKER, Purpose.TRACE, "d" * 32, [Field.CONTACT], people, now)


def test_a_case_that_is_named_has_to_be_there(stores: Stores) -> None:
    person = enrolled(stores, 5, "notify")
    with pytest.raises(RefusedError, match="no such case"):
        stores.vault.open_access(
            WORKER, Purpose.NOTIFY, "d" * 32, [Field.NUMBER], [person], stores.clock()
        )


def test_the_person_sees_the_look_and_can_open_its_entry_but_not_who_it_was(
    stores: Stores,
) -> None:
    person = enrolled(stores, 5, "notify")
    fields = [Field.NUMBER, Field.LANGUAGE]
    stores.vault.open_access(WORKER, Purpose.NOTIFY, None, fields, [person], stores.clock())
    (seen,) = stores.vault.looks_at(person)
    assert (seen.hour, seen.role, seen.district) == (
        stores.clock() // 3_600_000,
        "case-worker",
        "north",
    )
    assert (seen.purpose, seen.fields) == ("notify", ("language", "number"))
    assert seen.outcome == "opened"
    assert opens(seen.entry, seen.salt, seen.detail())
    assert WORKER.actor not in repr(seen)
    with stores.database.read() as connection:
        office_salt = connection.scalar(select(look.c.office_salt))
    assert office_salt is not None
    assert opens_office(seen.entry, office_salt, {"actor": WORKER.actor, "case": ""})


def test_many_people_are_opened_at_once_with_one_look_each(stores: Stores) -> None:
    people = [enrolled(stores, place, "notify") for place in range(5, 25)]
    access = stores.vault.open_access(
        WORKER, Purpose.NOTIFY, None, [Field.NUMBER], [*people, *people], stores.clock()
    )
    assert len(stores.vault.read(access)) == 20
    assert count_looks(stores) == (20, 20)


def test_purposes_and_fields_are_closed_lists() -> None:
    assert purpose_named("trace") is Purpose.TRACE
    assert [str(purpose) for purpose in Purpose] == [
        "trace",
        "notify",
        "support",
        "rights",
        "repair",
    ]
    for word in ("police", "fines", "research", "Trace", ""):
        with pytest.raises(RefusedError, match="no purpose"):
            purpose_named(word)


def test_a_purpose_opens_its_own_fields_alone() -> None:
    assert fields_for(Purpose.NOTIFY, ["number", Field.LANGUAGE, Field.NUMBER]) == (
        Field.LANGUAGE,
        Field.NUMBER,
    )
    with pytest.raises(RefusedError, match="does not open evidence"):
        fields_for(Purpose.NOTIFY, [Field.EVIDENCE])
    with pytest.raises(RefusedError, match="does not open number"):
        fields_for(Purpose.REPAIR, [Field.NUMBER])
    with pytest.raises(RefusedError, match="Nothing is asked for"):
        fields_for(Purpose.RIGHTS, [])
    with pytest.raises(RefusedError, match="no field"):
        fields_for(Purpose.RIGHTS, ["photograph"])


@pytest.mark.parametrize(
    ("role", "actor", "district"),
    [
        ("", "a", "north"),
        ("Police Officer", "a", "north"),
        ("worker", "Jā", "north"),
        ("worker", 'a"b', "north"),
        ("worker", "a", "no\\rth"),
        ("worker", "a", "x" * 65),
        ("worker", "a\n", "north"),
    ],
)
def test_a_reader_is_named_in_plain_words(role: str, actor: str, district: str) -> None:
    with pytest.raises(RefusedError, match="plain ASCII"):
        Reader(role, actor, district)
