"""Enrolling, devices, filing and forgetting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.reference.vault_world import TODAY, WORKER, enrolled, met, number, sound_case

from fortnight.errors import ConflictError, DatabaseError, GoneError, RefusedError
from fortnight.vault.devices import REMEMBERED_MS, Remembered
from fortnight.vault.people import Device

if TYPE_CHECKING:
    from tests.services import Stores


def test_the_same_number_gives_the_same_person_however_it_is_written(stores: Stores) -> None:
    person = stores.vault.enrol("+371 2000 0007", language="en", now=stores.clock())
    assert stores.vault.enrol("+37120000007", language="ru", now=stores.clock()) == person
    assert stores.vault.person_with("+371-2000-0007") == person
    assert stores.vault.person_with(number(8)) is None
    assert stores.people.ids() == [person]
    assert stores.keys.people() == {person}


def test_a_language_is_a_code(stores: Stores) -> None:
    for language in ("", "English", "e", "en_GB", "en\n"):
        with pytest.raises(RefusedError, match="language"):
            stores.vault.enrol(number(7), language=language, now=stores.clock())
    assert stores.people.ids() == []


def test_two_who_enrol_one_number_at_once_are_one_person(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = enrolled(stores, 7)
    monkeypatch.setattr(stores.vault, "person_with", lambda _: None)  # asked a moment before
    assert stores.vault.enrol(number(7), language="en", now=stores.clock()) == person
    assert stores.keys.people() == {person}


def test_a_number_that_is_being_erased_enrols_again_only_afterwards(stores: Stores) -> None:
    person = enrolled(stores, 7)
    stores.vault.destroy_key(person)
    with pytest.raises(ConflictError, match="being erased"):
        stores.vault.enrol(number(7), language="en", now=stores.clock())
    stores.vault.forget_rows(person)
    assert stores.vault.enrol(number(7), language="en", now=stores.clock()) != person


def test_a_device_is_known_by_its_secret_until_it_is_revoked(stores: Stores) -> None:
    person = enrolled(stores, 7)
    made = stores.vault.add_device(person, "owntracks", stores.clock())
    known = Device(made.id, person, "owntracks")
    assert stores.vault.authenticate(made.secret) == known
    assert stores.vault.authenticate(made.secret) == known
    assert stores.vault.owntracks_key(known) == made.owntracks_key
    assert made.owntracks_key is not None
    assert len(made.owntracks_key) == 32
    assert made.owntracks_key.isascii()
    stores.vault.revoke_device(person, made.id, stores.clock())
    assert stores.vault.authenticate(made.secret) is None
    with pytest.raises(RefusedError, match="no encryption key"):
        stores.vault.owntracks_key(known)
    with pytest.raises(GoneError, match="no such device"):
        stores.vault.revoke_device(person, made.id, stores.clock())


def test_a_device_of_another_person_is_not_revoked(stores: Stores) -> None:
    person, other = enrolled(stores, 7), enrolled(stores, 8)
    made = stores.vault.add_device(person, "api", stores.clock())
    with pytest.raises(GoneError, match="no such device"):
        stores.vault.revoke_device(other, made.id, stores.clock())
    assert stores.vault.authenticate(made.secret) == Device(made.id, person, "api")


def test_an_api_device_has_no_encryption_key_and_no_secret_shows(stores: Stores) -> None:
    person = enrolled(stores, 7)
    made = stores.vault.add_device(person, "api", stores.clock())
    assert made.owntracks_key is None
    assert made.secret not in repr(made)
    with pytest.raises(RefusedError, match="no encryption key"):
        stores.vault.owntracks_key(Device(made.id, person, "api"))


@pytest.mark.parametrize(
    "secret",
    ["", "wrong", "x" * 10_000, "ключ", "\ud800", "\0"],
    ids=["empty", "wrong", "long", "Cyrillic", "half a pair", "null"],
)
def test_whatever_is_no_secret_is_nobody(stores: Stores, secret: str) -> None:
    assert stores.vault.authenticate(secret) is None


def test_a_device_that_another_process_revoked_is_known_for_twenty_seconds_at_most(
    stores: Stores,
) -> None:
    person = enrolled(stores, 7)
    made = stores.vault.add_device(person, "api", stores.clock())
    assert stores.vault.authenticate(made.secret) is not None
    assert stores.people.revoke_device(person, made.id, stores.clock())
    stores.clock.advance(REMEMBERED_MS - 1)
    assert stores.vault.authenticate(made.secret) is not None
    stores.clock.advance(1)
    assert REMEMBERED_MS <= 20_000
    assert stores.vault.authenticate(made.secret) is None


def test_a_device_goes_with_its_person_at_once(stores: Stores) -> None:
    person = enrolled(stores, 7)
    made = stores.vault.add_device(person, "owntracks", stores.clock())
    device = stores.vault.authenticate(made.secret)
    assert device is not None
    stores.vault.destroy_key(person)
    with pytest.raises(GoneError):
        stores.vault.owntracks_key(device)
    with pytest.raises(GoneError):
        stores.vault.add_device(person, "api", stores.clock())
    stores.vault.forget_rows(person)
    assert stores.vault.authenticate(made.secret) is None


def test_a_device_needs_a_person(stores: Stores) -> None:
    stores.keys.make_person_key("a" * 32)
    with pytest.raises(GoneError, match="not enrolled"):
        stores.vault.add_device("a" * 32, "api", stores.clock())


def test_filing_twice_gives_the_same_name(stores: Stores) -> None:
    people = [enrolled(stores, place) for place in range(5, 9)]
    first = stores.vault.file_under(people[0], TODAY)
    named = stores.vault.file_under_many(people, TODAY)
    assert set(named) == set(people)
    assert named[people[0]] == first
    assert stores.vault.file_under_many(people, TODAY) == named
    assert stores.vault.file_under_many([], TODAY) == {}
    tomorrow = stores.vault.file_under_many(people, TODAY + 1)
    assert not set(named.values()) & set(tomorrow.values())
    assert stores.people.days() == [TODAY, TODAY + 1]


def test_nothing_is_filed_for_whoever_was_erased(stores: Stores) -> None:
    gone, going, here = (enrolled(stores, place) for place in (5, 6, 7))
    stores.vault.destroy_key(gone)
    stores.people.forget_person(going)  # the rows only: its key is still there
    assert set(stores.vault.file_under_many([gone, going, here], TODAY)) == {here}
    for person in (gone, going):
        with pytest.raises(GoneError):
            stores.vault.file_under(person, TODAY)
        with pytest.raises(GoneError):
            stores.vault.beacons(person, [TODAY])


def test_a_beacon_leads_to_its_person_on_its_day_and_is_no_pseudonym(stores: Stores) -> None:
    one, two = enrolled(stores, 5), enrolled(stores, 6)
    days = [TODAY, TODAY + 1]
    sent, other = stores.vault.beacons(one, days), stores.vault.beacons(two, days)
    assert stores.vault.beacons(one, days) == sent
    heard = [sent[TODAY], other[TODAY], sent[TODAY + 1], b"\0" * 16]
    assert stores.vault.people_of_beacons(TODAY, heard) == {sent[TODAY]: one, other[TODAY]: two}
    assert sent[TODAY] != stores.vault.file_under(one, TODAY)
    assert stores.vault.beacons(one, []) == {}


def test_a_day_that_is_forgotten_stays_so(stores: Stores) -> None:
    person = enrolled(stores, 5)
    for day in (TODAY - 15, TODAY):
        stores.vault.file_under(person, day)
        stores.vault.beacons(person, [day])
    stores.vault.forget_day(TODAY - 15)
    assert stores.people.days() == [TODAY]
    assert stores.keys.days() == {TODAY}
    with pytest.raises(GoneError):
        stores.vault.file_under(person, TODAY - 15)
    with pytest.raises(GoneError):
        stores.vault.beacons(person, [TODAY - 15])


def test_a_case_that_is_forgotten_has_no_contacts_and_no_key(stores: Stores) -> None:
    case_id, _ = sound_case(stores)
    (named,) = stores.vault.group(
        case_id, WORKER, [met(stores, enrolled(stores, 5))], stores.clock()
    )
    sealed = stores.vault.seal_case(case_id, b"places", b"detail")
    assert stores.vault.unseal_case(case_id, sealed, b"detail") == b"places"
    assert stores.people.cases() == [case_id]
    stores.vault.forget_case(case_id)
    assert stores.people.cases() == []
    with pytest.raises(GoneError):
        stores.vault.unseal_case(case_id, sealed, b"detail")
    with pytest.raises(RefusedError, match="no such contact"):
        stores.vault.resolve(case_id, str(named), WORKER, stores.clock())


def test_what_is_sealed_for_a_person_opens_for_them_under_its_label_alone(stores: Stores) -> None:
    one, two = enrolled(stores, 5), enrolled(stores, 6)
    sealed = stores.vault.seal(one, b"fixes", b"arrival")
    assert stores.vault.unseal(one, sealed, b"arrival") == b"fixes"
    for person, label in ((two, b"arrival"), (one, b"message")):
        with pytest.raises(DatabaseError, match="does not open"):
            stores.vault.unseal(person, sealed, label)
    stores.vault.destroy_key(one)
    with pytest.raises(GoneError):
        stores.vault.unseal(one, sealed, b"arrival")


def test_forgetting_twice_changes_nothing(stores: Stores) -> None:
    one, two = enrolled(stores, 5), enrolled(stores, 6)
    for _ in range(2):
        stores.vault.destroy_key(one)
        stores.vault.forget_rows(one)
        stores.vault.forget_day(TODAY)
    stores.people.settle()
    assert stores.people.ids() == [two]
    assert stores.keys.people() == {two}


def test_a_device_that_is_revoked_while_it_is_asked_about_is_not_remembered() -> None:
    remembered, device = Remembered(lambda: 0), Device("d" * 32, "a" * 32, "api")

    def found_then_revoked(_: bytes) -> Device:
        remembered.forget()
        return device

    assert remembered.recall(b"hash") is None
    assert remembered.get(b"hash", found_then_revoked) == device
    assert remembered.recall(b"hash") is None  # it was revoked while it was asked for
    assert remembered.get(b"hash", lambda _: None) is None
    assert remembered.get(b"hash", lambda _: device) == device
    assert remembered.recall(b"hash") == device
    assert remembered.get(b"hash", lambda _: None) == device
