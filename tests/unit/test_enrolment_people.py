"""Whose pages open: PINs, choices one by one, guardians, resets, new owners, and an end at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.enrolment_world import ANNA, BORIS, CHILD, PIN, WORKER, Enrolling, enrolling
from tests.services import DAY, HOUR, MINUTE, NOON, Clock

from fortnight.consent.grant import AT_ANY_TIME
from fortnight.db.enrolment_tables import guardianship, portal_pin
from fortnight.db.tables import look, message
from fortnight.enrolment.counting import TooOftenError
from fortnight.enrolment.guardians import day_of_age
from fortnight.enrolment.pins import check_pin
from fortnight.enrolment.standing import KNOWN_MS, Standing, asked_first
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = NOON // DAY


@pytest.fixture
def world(world_folder: Path, clock: Clock) -> Iterator[Enrolling]:
    with enrolling(world_folder, clock) as made:
        yield made


# -- the PIN ---------------------------------------------------------------------------------------


def test_the_pin_opens_and_five_wrong_ones_shut_for_a_quarter_of_an_hour(world: Enrolling) -> None:
    person = world.enrolled(ANNA)
    world.rooms.people.show(person, PIN, world.clock())
    for _ in range(5):
        with pytest.raises(RefusedError):
            world.rooms.people.show(person, "000001", world.clock())
    with pytest.raises(TooOftenError):
        world.rooms.people.show(person, PIN, world.clock())
    world.clock.advance(15 * MINUTE)
    world.rooms.people.show(person, PIN, world.clock())


def test_twenty_tries_a_day_are_the_most(world: Enrolling) -> None:
    person, tries = world.enrolled(ANNA), 0
    for _ in range(9):
        for _ in range(5):
            try:
                world.rooms.people.show(person, "000001", world.clock())
            except RefusedError:
                tries += 1
            except TooOftenError:
                continue
        world.clock.advance(15 * MINUTE)
    assert tries == 20


def test_no_pin_stands_anywhere_and_the_same_pin_of_two_leaves_no_likeness(
    world: Enrolling,
) -> None:
    world.enrolled(ANNA)
    world.enrolled(BORIS)
    with world.stores.database.read() as connection:
        first, second = connection.execute(select(portal_pin)).all()
    assert first.pin_hash != second.pin_hash
    world.send()
    for file in world.settings.home.rglob("*"):
        if file.is_file():
            assert PIN.encode() not in file.read_bytes(), file.name
    assert not any(PIN in words for texts in world.phones.inbox.values() for words in texts)


@pytest.mark.parametrize("pin", ["", "12345", "123456", "987654", "555555", "1" * 13, "٤٨٢٩١٣"])
def test_what_is_no_pin_or_too_plain_is_refused(pin: str) -> None:
    with pytest.raises(RefusedError):
        check_pin(pin)


def test_a_pin_is_chosen_within_a_day_and_then_takes_the_health_team(world: Enrolling) -> None:
    person = world.come_in(ANNA)
    world.clock.advance(DAY)
    with pytest.raises(RefusedError, match="health team"):
        world.rooms.people.choose(person, PIN, world.clock())


def test_whoever_agreed_on_paper_before_chooses_no_pin_by_a_code_alone(world: Enrolling) -> None:
    person = world.stores.vault.enrol(ANNA, language="en", now=world.clock())
    text = world.rooms.grants.choices(person, "en")[0].text
    world.stores.consents.give(
        person, "trace.phone", text_version=text.version, language="en", by="self", now=NOON
    )
    assert world.come_in(ANNA) == person
    with pytest.raises(RefusedError, match="health team"):
        world.rooms.people.choose(person, PIN, world.clock())
    assert world.rooms.people.first(person, "code", world.clock()) == "choose"


@given(
    closed=st.booleans(),
    shown=st.none() | st.integers(0, 30 * DAY),
    until=st.none() | st.integers(0, 30 * DAY),
    way=st.sampled_from(["code", "digits"]),
    now=st.integers(0, 40 * DAY),
)
def test_nothing_opens_that_was_not_shown_to_be_theirs(
    closed: bool,  # noqa: FBT001 - drawn
    shown: int | None,
    until: int | None,
    way: str,
    now: int,
) -> None:
    standing = Standing(closed, 0, 0, shown, until, None)
    first = asked_first(standing, "code" if way == "code" else "digits", now)
    if closed:
        assert first == "nobody"
    elif shown is not None:
        assert (first == "nothing") == (0 <= now - shown < KNOWN_MS)
    elif first == "nothing":
        assert way == "digits" or (until is not None and now < until)
    else:
        assert first == "choose"


# -- choices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("grant", AT_ANY_TIME)
def test_each_choice_alone_changes_no_other_answer(world_folder: Path, grant: str) -> None:
    """Two worlds that differ in one answer differ in nothing else that a person is answered."""
    seen = []
    for place, agrees in enumerate((True, False)):
        folder = world_folder / str(place)
        folder.mkdir()
        with enrolling(folder, Clock()) as world:
            others = [one for one in AT_ANY_TIME if one != grant]
            person = world.enrolled(ANNA, *others[::2], *([grant] if agrees else []))
            for one in others[1::2]:
                world.give(person, one)
            world.rooms.grants.withdraw(person, others[0], world.clock())
            choices = world.rooms.grants.choices(person, "en")
            rest = [(one.kind, one.text, one.held) for one in choices if one.kind != grant]
            first = world.rooms.people.first(person, "code", world.clock())
            seen.append((rest, first, world.texts(ANNA), world.live(person) - {grant}))
            assert (grant in world.live(person)) == agrees
    assert seen[0] == seen[1]


def test_nothing_is_on_before_it_is_turned_on_and_off_is_off_at_once(world: Enrolling) -> None:
    person = world.enrolled(ANNA)
    assert world.live(person) == set()
    world.give(person, "notify")
    assert world.live(person) == {"notify"}
    world.rooms.grants.withdraw(person, "notify", world.clock())
    assert world.live(person) == set()


def test_what_was_read_is_kept_by_its_version_and_no_other_text_counts(world: Enrolling) -> None:
    person = world.enrolled(ANNA, "notify")
    (choice,) = [one for one in world.rooms.grants.choices(person, "ru") if one.kind == "notify"]
    assert choice.held is not None
    assert (choice.text.version, choice.text.language) == (choice.held.text.version, "en")
    with pytest.raises(RefusedError, match="Read it again"):
        world.rooms.grants.give(person, "support", "0" * 12, "en", world.clock(), by=person)


def test_nobody_agrees_before_they_say_that_they_are_of_age(world: Enrolling) -> None:
    person = world.come_in(ANNA)
    with pytest.raises(RefusedError, match="old enough"):
        world.give(person, "notify")


# -- guardians -------------------------------------------------------------------------------------


def test_a_child_takes_part_by_a_guardians_word_alone_until_the_age(world: Enrolling) -> None:
    guardian = world.enrolled(ANNA)
    child = world.come_in(CHILD)
    world.rooms.guardians.take_on(guardian, child, "2010-04", world.clock())
    ward = world.rooms.guardians.of(child)
    assert ward is not None
    assert ward.guardian == guardian
    assert ward.until_day is not None
    assert datetime.fromtimestamp(ward.until_day * 86_400, UTC).date().isoformat() == "2026-04-30"
    world.rooms.people.is_of_age(child, world.clock())
    with pytest.raises(RefusedError, match="cares for you"):
        world.give(child, "trace.phone")
    world.give(child, "trace.phone", by=guardian)
    (grant,) = world.stores.consents.held(child)
    assert grant.given_by == "guardian"
    world.clock.now = ward.until_day * DAY - 1
    assert world.rooms.guardians.turn(world.clock()) == 0
    assert world.live(child) == {"trace.phone"}
    world.clock.now += 1
    assert world.rooms.guardians.turn(world.clock()) == 1
    assert world.live(child) == set()
    world.give(child, "notify")
    world.rooms.people.choose(child, PIN, world.clock())


def test_a_guardian_of_another_decides_nothing_and_a_child_may_say_no(world: Enrolling) -> None:
    guardian, stranger = world.enrolled(ANNA), world.enrolled(BORIS)
    child = world.come_in(CHILD)
    world.rooms.guardians.take_on(guardian, child, None, world.clock())
    with pytest.raises(RefusedError):
        world.give(child, "notify", by=stranger)
    world.give(child, "notify", by=guardian)
    world.rooms.grants.withdraw(child, "notify", world.clock())
    assert world.live(child) == set()
    with pytest.raises(RefusedError):
        world.rooms.guardians.take_on(child, stranger, None, world.clock())
    with pytest.raises(ConflictError):
        world.rooms.guardians.take_on(stranger, child, None, world.clock())
    with pytest.raises(RefusedError):
        world.rooms.guardians.take_on(guardian, guardian, None, world.clock())


def test_where_the_guardian_left_the_grants_end(world: Enrolling) -> None:
    guardian, child = world.enrolled(ANNA), world.come_in(CHILD)
    world.rooms.guardians.take_on(guardian, child, None, world.clock())
    world.give(child, "notify", by=guardian)
    with world.stores.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM enrolment WHERE person = '{guardian}'")  # noqa: S608 - an id
    assert world.rooms.guardians.turn(world.clock()) == 1
    assert world.live(child) == set()
    with world.stores.database.read() as connection:
        assert connection.execute(select(guardianship)).all() == []


@given(st.integers(1900, 2200), st.integers(1, 12), st.integers(13, 21))
def test_a_child_is_of_age_on_the_last_day_of_the_month_of_birth(
    year: int, month: int, age: int
) -> None:
    day = datetime.fromtimestamp(day_of_age(f"{year}-{month:02}", age) * 86_400, UTC).date()
    after = datetime.fromtimestamp((day_of_age(f"{year}-{month:02}", age) + 1) * 86_400, UTC)
    assert (day.year, day.month) == (year + age, month)
    assert after.day == 1


@pytest.mark.parametrize("month", ["", "2014", "2014-13", "born", "2014-09-01", "99999-01", "-1-1"])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(QuestionError):
        day_of_age(month, 16)


# -- another PIN, another owner --------------------------------------------------------------------


def test_another_pin_takes_a_worker_72_hours_and_the_digits_read_out(world: Enrolling) -> None:
    person = world.enrolled(ANNA, "notify")
    digits = world.rooms.closing.reset("+370 600 00021", WORKER, world.clock())
    assert "72 hours" in world.texts(ANNA)[-1]
    assert not any(digits in words for words in world.texts(ANNA))
    world.clock.advance(72 * HOUR - 1)
    with pytest.raises(RefusedError):
        world.rooms.resets.choose(person, digits, "771904", world.clock())
    world.clock.advance(1)
    with pytest.raises(RefusedError):
        world.rooms.resets.choose(person, "00000000", "771904", world.clock())
    world.rooms.resets.choose(person, digits, "771904", world.clock())
    world.rooms.people.show(person, "771904", world.clock())
    with pytest.raises(RefusedError):
        world.rooms.people.show(person, PIN, world.clock())
    with pytest.raises(RefusedError):
        world.rooms.resets.choose(person, digits, "553012", world.clock())


def test_whoever_did_not_ask_for_it_stops_it(world: Enrolling) -> None:
    person = world.enrolled(ANNA)
    digits = world.rooms.closing.reset(ANNA, WORKER, world.clock())
    world.rooms.resets.stop(person)
    world.clock.advance(73 * HOUR)
    with pytest.raises(RefusedError):
        world.rooms.resets.choose(person, digits, "771904", world.clock())


def test_a_reset_is_a_look_that_the_person_sees(world: Enrolling) -> None:
    person = world.enrolled(ANNA)
    world.rooms.closing.reset(ANNA, WORKER, world.clock())
    (seen,) = [one for one in world.stores.vault.looks_at(person) if one.role == "case-worker"]
    assert (seen.purpose, seen.district) == ("rights", "north")


def test_a_new_owner_opens_nothing_and_begins_anew_as_somebody_else(world: Enrolling) -> None:
    before = world.enrolled(ANNA, "trace.phone")
    world.clock.advance(30 * DAY)
    assert world.come_in(ANNA) == before
    for way in ("code", "digits"):
        assert world.rooms.people.first(before, way, world.clock()) == "show"
    world.rooms.resets.start_over(before, world.clock())
    assert "begin anew" in world.texts(ANNA)[-1]
    world.clock.advance(72 * HOUR - 1)
    assert world.rooms.resets.over(world.clock()) == []
    world.clock.advance(1)
    assert world.rooms.resets.over(world.clock()) == [before]
    world.stores.vault.destroy_key(before)
    world.stores.vault.forget_rows(before)
    assert world.come_in(ANNA) != before


def test_whoever_shows_the_pin_stops_a_new_beginning(world: Enrolling) -> None:
    person = world.enrolled(ANNA)
    world.rooms.resets.start_over(person, world.clock())
    with pytest.raises(ConflictError):
        world.rooms.resets.start_over(person, world.clock())
    world.rooms.people.show(person, PIN, world.clock())
    world.clock.advance(4 * DAY)
    assert world.rooms.resets.over(world.clock()) == []


# -- again, and an end at once ---------------------------------------------------------------------


def test_whether_all_stays_is_asked_after_a_day_then_weekly_then_nothing_is_collected(
    world: Enrolling,
) -> None:
    person = world.enrolled(ANNA, "trace.phone", "trace.visits", "notify")
    began, asked = world.clock(), []
    while world.clock() < began + 40 * DAY:
        world.clock.advance(6 * HOUR)
        before = len(world.texts(ANNA))
        world.rooms.again.turn(world.clock())
        if len(world.texts(ANNA)) > before:
            asked.append(round((world.clock() - began) / DAY))
    assert asked == [1, 8, 15]
    assert all("http" not in words for words in world.texts(ANNA))
    assert world.live(person) == {"notify"}


def test_whoever_comes_in_is_asked_a_week_later_and_goes_on(world: Enrolling) -> None:
    person = world.enrolled(ANNA, "trace.phone")
    for _ in range(6):
        world.clock.advance(6 * DAY)
        world.rooms.again.turn(world.clock())
        world.come_in(ANNA)
    assert world.live(person) == {"trace.phone"}


def test_a_call_closes_everything_and_leaves_no_trace_on_the_phone(world: Enrolling) -> None:
    person = world.enrolled(ANNA, "trace.phone", "notify", "support")
    vault = world.stores.vault
    device = vault.add_device(person, "owntracks", world.clock())
    assert vault.authenticate(device.secret) is not None
    with world.stores.database.write() as connection:
        world.rooms.resets._tell(connection, person, Template.STILL, NOON)  # noqa: SLF001 - a text that waits
    before = len(world.phones.inbox[ANNA])
    assert world.rooms.closing.close(ANNA, WORKER, world.clock()) == person
    assert vault.authenticate(device.secret) is None
    assert world.live(person) == set()
    world.rooms.entry.ask(ANNA, "en", "a", world.clock())
    for _ in range(20):
        world.clock.advance(DAY)
        world.rooms.turn(world.clock())
        world.send()
    assert len(world.phones.inbox[ANNA]) == before
    with world.stores.database.read() as connection:
        assert set(connection.scalars(select(message.c.state))) <= {"sent", "stopped"}
        roles = list(connection.scalars(select(look.c.role).where(look.c.person == person)))
    assert "case-worker" in roles
    assert world.rooms.people.first(person, "digits", world.clock()) == "nobody"


def test_whoever_closed_everything_comes_back_by_another_call(world: Enrolling) -> None:
    person = world.enrolled(ANNA, "trace.phone")
    world.rooms.closing.close(ANNA, WORKER, world.clock())
    digits = world.rooms.closing.reset(ANNA, WORKER, world.clock())
    world.clock.advance(73 * HOUR)
    assert world.come_in(ANNA) == person
    world.rooms.resets.choose(person, digits, "771904", world.clock())
    assert world.rooms.people.first(person, "code", world.clock()) == "nothing"
    assert world.live(person) == set()


def test_nobody_of_that_number_is_said_so_to_the_worker(world: Enrolling) -> None:
    with pytest.raises(RefusedError, match="Nobody is enrolled"):
        world.rooms.closing.close(BORIS, WORKER, world.clock())
    for _ in range(19):
        with pytest.raises(RefusedError):
            world.rooms.closing.close(BORIS, WORKER, world.clock())
    with pytest.raises(TooOftenError):
        world.rooms.closing.close(BORIS, WORKER, world.clock())
