"""Many people enrol and agree at once: each as if alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.reference.vault_world import agree, enrolled, number

from fortnight.consent.many import give_many
from fortnight.consent.texts import current_text
from fortnight.db.tables import consent_grant, ledger_leaf
from fortnight.errors import ConflictError, RefusedError
from fortnight.ledger.entries import opens

if TYPE_CHECKING:
    from tests.services import Stores

KINDS = ("trace.phone", "notify")


def give(stores: Stores, people: list[str], *kinds: str) -> None:
    versions = {kind: current_text(kind, "en").version for kind in kinds}
    give_many(stores.consents, people, versions, language="en", by="self", now=stores.clock())


def grants(stores: Stores) -> int:
    with stores.database.read() as connection:
        return len(connection.execute(select(consent_grant.c.id)).all())


def test_many_hold_what_one_after_the_other_would_hold(stores: Stores) -> None:
    alone = enrolled(stores, 1, *KINDS)
    people = stores.vault.enrol_many(
        [number(place) for place in (2, 3, 2)], language="en", now=stores.clock()
    )
    assert people[0] == people[2] == stores.vault.person_with(number(2))
    give(stores, people[:2], *KINDS)
    for person in people[:2]:
        assert stores.consents.held(person) == stores.consents.held(alone)


def test_every_grant_of_many_has_an_entry_of_its_own_in_the_log(stores: Stores) -> None:
    people = [enrolled(stores, place, "support") for place in (1, 2, 3)]
    give(stores, people, *KINDS)
    query = select(consent_grant, ledger_leaf.c.entry, ledger_leaf.c.kind.label("said")).join(
        ledger_leaf, consent_grant.c.leaf == ledger_leaf.c.id
    )
    with stores.database.read() as connection:
        rows = connection.execute(query).all()
    assert len({row.leaf for row in rows}) == len(rows) == len(people) * 3
    for row in rows:
        detail = {
            "by": row.given_by,
            "grant": row.kind,
            "language": row.language,
            "person": row.person,
            "text": row.text_version,
        }
        assert row.said == "grant"
        assert opens(row.entry, row.salt, detail)


def test_nobody_is_given_a_grant_where_one_of_them_holds_it(stores: Stores) -> None:
    one, other = enrolled(stores, 1, "support"), enrolled(stores, 2, "support")
    agree(stores, other, "notify")
    before = grants(stores)
    with pytest.raises(ConflictError):
        give(stores, [one, other], *KINDS)
    assert grants(stores) == before


def test_nobody_agrees_to_a_text_that_does_not_exist(stores: Stores) -> None:
    person = enrolled(stores, 1, "support")
    with pytest.raises(RefusedError):
        give_many(stores.consents, [person], {"notify": "0" * 12}, language="en", by="self", now=1)
    assert grants(stores) == 1


def test_nobody_of_many_enrols_where_one_number_is_none(stores: Stores) -> None:
    with pytest.raises(RefusedError):
        stores.vault.enrol_many([number(7), "12"], language="en", now=stores.clock())
    assert stores.vault.person_with(number(7)) is None
    assert stores.keys.people() == set()


def test_many_devices_are_each_known_by_their_own_secret(stores: Stores) -> None:
    people = [enrolled(stores, place) for place in (1, 2)]
    made = stores.vault.add_devices(people, "api", stores.clock())
    known = [stores.vault.authenticate(one.secret) for one in made]
    assert [one and one.person for one in known] == people
