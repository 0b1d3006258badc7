"""No case, no key: whose pseudonyms, contact numbers and names a case opens, and whose not."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.reference.vault_world import (
    TODAY,
    WORKER,
    CaseOf,
    agree,
    change_case,
    count_looks,
    enrolled,
    met,
    number,
    sound_case,
)
from tests.services import DAY, seeded

from fortnight.errors import RefusedError
from fortnight.ledger.entries import opens
from fortnight.vault.people import FoundRow, Seed
from fortnight.vault.reading import Resolved

if TYPE_CHECKING:
    from tests.services import Stores

SPOILED = [
    ("no such case", {}),
    ("not said yes", {"state": "opened", "agreed_at": None}),
    ("is closed", {"state": "closed"}),
    ("is withdrawn", {"state": "withdrawn"}),
]


def test_a_case_is_given_its_own_pseudonyms_of_the_days_asked_for(stores: Stores) -> None:
    case_id, person = sound_case(stores)
    held = {day: stores.vault.file_under(person, day) for day in (TODAY - 2, TODAY - 1, TODAY)}
    days = [TODAY - 9, TODAY - 1, TODAY]
    assert stores.vault.own(case_id, WORKER, days, stores.clock()) == {
        day: held[day] for day in (TODAY - 1, TODAY)
    }
    (seen,) = stores.vault.looks_at(person)
    assert (seen.purpose, seen.fields, seen.outcome) == ("trace", ("pseudonyms",), "read")


@pytest.mark.parametrize(("reason", "changes"), SPOILED, ids=[reason for reason, _ in SPOILED])
def test_a_case_that_does_not_stand_opens_nothing(
    stores: Stores, reason: str, changes: dict[str, object]
) -> None:
    case_id, _ = sound_case(stores)
    contact = enrolled(stores, 5)
    (named,) = stores.vault.group(case_id, WORKER, [met(stores, contact)], stores.clock())
    before = count_looks(stores)
    if changes:
        change_case(stores, case_id, **changes)
    else:
        case_id = "d" * 32
    with pytest.raises(RefusedError, match=reason):
        stores.vault.own(case_id, WORKER, [TODAY], stores.clock())
    with pytest.raises(RefusedError, match=reason):
        stores.vault.group(case_id, WORKER, [met(stores, contact)], stores.clock())
    with pytest.raises(RefusedError, match=reason):
        stores.vault.resolve(case_id, str(named), WORKER, stores.clock())
    assert count_looks(stores) == before


def test_a_token_for_another_number_opens_nothing(stores: Stores) -> None:
    person = enrolled(stores, 1)
    of_another = stores.vault.number_hash(number(2))
    case = CaseOf(person, stores.vault.number_hash(number(1)), token_hash=of_another)
    with pytest.raises(RefusedError, match="another number"):
        stores.vault.own(case.write(stores), WORKER, [TODAY], stores.clock())
    assert count_looks(stores) == (0, 0)


def test_a_case_opens_nobody_but_the_tested_person(stores: Stores) -> None:
    other = enrolled(stores, 2)
    tested = stores.vault.number_hash(number(1))
    with pytest.raises(RefusedError, match="not enrolled"):
        stores.vault.own(CaseOf(other, tested).write(stores), WORKER, [TODAY], stores.clock())
    nobody = CaseOf(None, tested, id="d" * 32).write(stores)
    with pytest.raises(RefusedError, match="not enrolled"):
        stores.vault.own(nobody, WORKER, [TODAY], stores.clock())
    assert count_looks(stores) == (0, 0)


def test_a_case_that_withdrew_every_trace_grant_opens_nothing(stores: Stores) -> None:
    case_id, person = sound_case(stores)
    contact = enrolled(stores, 5)
    (named,) = stores.vault.group(case_id, WORKER, [met(stores, contact)], stores.clock())
    stores.consents.withdraw_all(person, stores.clock())
    stores.consents.withdraw_all(contact, stores.clock())
    with pytest.raises(RefusedError, match="no live grant"):
        stores.vault.own(case_id, WORKER, [TODAY], stores.clock())
    with pytest.raises(RefusedError, match="no live grant"):
        stores.vault.resolve(case_id, str(named), WORKER, stores.clock())


def test_each_contact_has_one_number_on_all_days_and_one_look(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    one, two = enrolled(stores, 5), enrolled(stores, 6)
    found = [
        met(stores, one, TODAY - 1, strong=False),
        met(stores, two, TODAY - 1),
        met(stores, one, TODAY),
    ]
    first, second, third = stores.vault.group(case_id, WORKER, found, stores.clock())
    assert first == third
    assert len({first, second, None}) == 3
    for person in (one, two):
        (seen,) = stores.vault.looks_at(person)
        assert (seen.purpose, seen.fields, seen.outcome) == ("trace", ("contact",), "read")


def test_no_number_and_no_look_for_whom_nothing_strong_was_found(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    weak, strong = enrolled(stores, 5), enrolled(stores, 6)
    found = [
        met(stores, weak, strong=False),
        met(stores, strong),
        met(stores, weak, TODAY - 1, strong=False),
    ]
    named = stores.vault.group(case_id, WORKER, found, stores.clock())
    assert [one is None for one in named] == [True, False, True]
    assert stores.vault.looks_at(weak) == []


def test_the_case_is_never_its_own_contact(stores: Stores) -> None:
    case_id, person = sound_case(stores)
    assert stores.vault.group(case_id, WORKER, [met(stores, person)], stores.clock()) == [None]
    change_case(stores, case_id, person=None)  # enrolled after the case was opened
    assert stores.vault.group(case_id, WORKER, [met(stores, person)], stores.clock()) == [None]
    assert count_looks(stores) == (0, 0)


def test_a_row_counts_only_under_a_live_grant_for_its_evidence(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    contact = enrolled(stores, 5, "trace.phone", "trace.bluetooth")
    fixes = met(stores, contact)
    heard = met(stores, contact, TODAY - 1)._replace(grants=("trace.bluetooth",))
    from_operator = met(stores, contact, TODAY - 2)._replace(grants=("trace.operator",))
    either = met(stores, contact, TODAY - 3)._replace(grants=("trace.operator", "trace.phone"))
    found = [fixes, heard, from_operator, either]
    named = stores.vault.group(case_id, WORKER, found, stores.clock())
    assert [one is not None for one in named] == [True, True, False, True]
    stores.consents.withdraw(contact, "trace.phone", stores.clock())
    named = stores.vault.group(case_id, WORKER, found, stores.clock())
    assert [one is not None for one in named] == [False, True, False, False]
    stores.consents.withdraw(contact, "trace.bluetooth", stores.clock())
    before = count_looks(stores)
    assert stores.vault.group(case_id, WORKER, found, stores.clock()) == [None] * 4
    assert count_looks(stores) == before


@pytest.mark.parametrize("grants", [(), ("notify",), ("trace.phone", "statistics")])
def test_a_row_has_to_name_grants_for_trace(stores: Stores, grants: tuple[str, ...]) -> None:
    case_id, _ = sound_case(stores)
    row = met(stores, enrolled(stores, 5))._replace(grants=grants)
    with pytest.raises(RefusedError, match="names the grants"):
        stores.vault.group(case_id, WORKER, [row], stores.clock())


def test_a_pseudonym_that_nobody_has_is_nobody(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    row = met(stores, enrolled(stores, 5))
    of_another_day = row._replace(day=TODAY - 1)
    unknown = FoundRow(TODAY, b"\0" * 16, strong=True, grants=("trace.phone",))
    named = stores.vault.group(case_id, WORKER, [of_another_day, unknown], stores.clock())
    assert named == [None, None]
    assert stores.vault.group(case_id, WORKER, [], stores.clock()) == []


def test_a_contact_keeps_the_number_in_one_case_and_has_another_in_the_next(
    stores: Stores,
) -> None:
    case_id, person = sound_case(stores)
    tested = stores.vault.number_hash(number(1))
    other = CaseOf(person, tested, id="e" * 32).write(stores)
    people = [enrolled(stores, place) for place in range(5, 25)]
    found = [met(stores, who) for who in people]
    first = stores.vault.group(case_id, WORKER, found, stores.clock())
    again = stores.vault.group(case_id, WORKER, found[::-1], stores.clock())
    second = stores.vault.group(other, WORKER, found, stores.clock())
    assert first == again[::-1]
    assert len({*first, *second}) == 40


def test_contact_numbers_follow_no_order(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    found = [met(stores, enrolled(stores, place)) for place in range(5, 35)]
    named = [str(one) for one in stores.vault.group(case_id, WORKER, found, stores.clock())]
    values = [int(one, 16) for one in named]
    assert all(len(one) == 16 for one in named)
    steps = [abs(later - sooner) for sooner, later in pairwise(values)]
    assert min(steps) > 1_000_000
    assert values != sorted(values)
    assert values != sorted(values, reverse=True)


def test_the_numbers_are_those_that_the_randomness_says(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    one, two = enrolled(stores, 5), enrolled(stores, 6)
    rows = [met(stores, two), met(stores, one, TODAY - 1, strong=False), met(stores, one)]
    seeds = [Seed.of(seeded(place).randbytes) for place in (1, 2, 3)]
    found = list(zip(rows, seeds, strict=True))
    stores.people.open_group(case_id, WORKER, found, stores.clock())
    named = stores.people.read_group(case_id, found)
    assert named == [seeds[0].contact, seeds[1].contact, seeds[1].contact]


def test_numbers_that_were_opened_for_one_case_are_not_read_for_another(stores: Stores) -> None:
    case_id, person = sound_case(stores)
    other = CaseOf(person, stores.vault.number_hash(number(1)), id="e" * 32).write(stores)
    found = [(met(stores, enrolled(stores, 5)), Seed.of(lambda size: b"\x05" * size))]
    stores.people.open_group(case_id, WORKER, found, stores.clock())
    assert stores.people.read_group(other, found) == [None]


def test_resolve_names_one_contact_under_an_entry_of_its_own_kind(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    contact = enrolled(stores, 5)
    (named,) = stores.vault.group(case_id, WORKER, [met(stores, contact)], stores.clock())
    stores.clock.advance(DAY)
    resolved = stores.vault.resolve(case_id, str(named), WORKER, stores.clock())
    assert resolved == Resolved(contact, number(5), "en")
    assert number(5) not in repr(resolved)
    seen = stores.vault.looks_at(contact)[-1]
    assert (seen.fields, seen.outcome) == (("language", "number"), "read")
    assert b'"kind":"resolve"' in seen.entry
    assert opens(seen.entry, seen.salt, seen.detail())


def test_resolve_names_only_whom_this_cases_trace_returned(stores: Stores) -> None:
    case_id, person = sound_case(stores)
    other = CaseOf(person, stores.vault.number_hash(number(1)), id="e" * 32).write(stores)
    (named,) = stores.vault.group(
        case_id, WORKER, [met(stores, enrolled(stores, 5))], stores.clock()
    )
    before = count_looks(stores)
    for case, contact in ((other, str(named)), (case_id, "0" * 16), (case_id, person)):
        with pytest.raises(RefusedError, match="no such contact"):
            stores.vault.resolve(case, contact, WORKER, stores.clock())
    assert count_looks(stores) == before


def test_a_new_grant_opens_again_what_a_withdrawn_one_closed(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    contact = enrolled(stores, 5)
    row = met(stores, contact)
    (named,) = stores.vault.group(case_id, WORKER, [row], stores.clock())
    stores.consents.withdraw_all(contact, stores.clock())
    assert stores.vault.group(case_id, WORKER, [row], stores.clock()) == [None]
    agree(stores, contact, "trace.phone")
    assert stores.vault.group(case_id, WORKER, [row], stores.clock()) == [named]


def test_a_contact_who_was_erased_is_nobody(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    contact = enrolled(stores, 5)
    row = met(stores, contact)
    (named,) = stores.vault.group(case_id, WORKER, [row], stores.clock())
    stores.vault.destroy_key(contact)
    stores.vault.forget_rows(contact)
    assert stores.vault.group(case_id, WORKER, [row], stores.clock()) == [None]
    with pytest.raises(RefusedError, match="no such contact"):
        stores.vault.resolve(case_id, str(named), WORKER, stores.clock())
