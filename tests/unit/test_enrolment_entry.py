"""Coming in with eight digits: who may, how often, and that nobody learns who is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from tests.endings import unguarded
from tests.enrolment_world import ANNA, BORIS, Enrolling, enrolling
from tests.services import HOUR, MINUTE, Clock

from fortnight.db.enrolment_tables import entry_code
from fortnight.enrolment.counting import TooOftenError
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(world_folder: Path, clock: Clock) -> Iterator[Enrolling]:
    with enrolling(world_folder, clock) as made:
        yield made


def test_somebody_new_comes_in_and_is_the_same_person_when_they_come_back(
    world: Enrolling,
) -> None:
    first = world.come_in(ANNA)
    assert world.stores.vault.person_with(ANNA) == first
    assert world.come_in(ANNA) == first


def test_digits_are_used_up_by_coming_in(world: Enrolling) -> None:
    digits = world.asked(ANNA)
    world.rooms.entry.come_in(ANNA, digits, "a", world.clock())
    with pytest.raises(RefusedError):
        world.rooms.entry.come_in(ANNA, digits, "a", world.clock())


def test_digits_hold_for_a_quarter_of_an_hour(world: Enrolling) -> None:
    digits = world.asked(ANNA)
    world.clock.advance(15 * MINUTE)
    with pytest.raises(RefusedError):
        world.rooms.entry.come_in(ANNA, digits, "a", world.clock())


def test_the_digits_of_one_number_open_no_other(world: Enrolling) -> None:
    world.asked(BORIS)
    with pytest.raises(RefusedError):
        world.rooms.entry.come_in(BORIS, world.asked(ANNA), "a", world.clock())


def test_five_tries_in_a_quarter_of_an_hour_whatever_was_asked_for_since(world: Enrolling) -> None:
    world.asked(ANNA)
    for _ in range(4):
        with pytest.raises(RefusedError):
            world.rooms.entry.come_in(ANNA, "00000000", "a", world.clock())
    digits = world.asked(ANNA)
    with pytest.raises(RefusedError):
        world.rooms.entry.come_in(ANNA, "00000000", "a", world.clock())
    with pytest.raises(TooOftenError) as caught:
        world.rooms.entry.come_in(ANNA, digits, "a", world.clock())
    assert caught.value.wait_ms == 15 * MINUTE
    world.clock.advance(15 * MINUTE)
    assert world.rooms.entry.come_in(ANNA, world.asked(ANNA), "a", world.clock())


def test_a_number_is_sent_three_codes_a_quarter_of_an_hour_and_ten_a_day(world: Enrolling) -> None:
    asked = 0
    for _ in range(8):
        for _ in range(4):
            try:
                world.rooms.entry.ask(ANNA, "en", "a", world.clock())
                asked += 1
            except TooOftenError:
                continue
        world.clock.advance(15 * MINUTE)
    assert asked == 10


def test_an_address_and_the_whole_site_are_bounded(world: Enrolling) -> None:
    numbers = iter(range(1_000, 9_000))

    def ask(count: int, address: str) -> int:
        done = 0
        for _ in range(count):
            try:
                known = f"+3706{next(numbers):07}"
                world.rooms.entry.ask(known, "en", address, world.clock())
                done += 1
            except TooOftenError:
                break
        return done

    assert ask(100, "one") == 60
    assert sum(ask(60, f"more-{place}") for place in range(12)) == 600 - 60
    world.clock.advance(HOUR)
    assert ask(1, "one") == 1


def test_without_the_counts_nothing_is_sent_and_nobody_comes_in(world: Enrolling) -> None:
    digits = world.asked(ANNA)
    with unguarded(world.stores.database) as connection:
        connection.execute(text("DROP TABLE entry_limit"))
    with pytest.raises(DBAPIError):
        world.rooms.entry.ask(BORIS, "en", "a", world.clock())
    with pytest.raises(DBAPIError):
        world.rooms.entry.come_in(ANNA, digits, "a", world.clock())
    with world.stores.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(entry_code)) == 1
    world.send()
    assert BORIS not in world.phones.inbox


def test_a_request_writes_the_same_for_everybody_and_enrols_nobody(world: Enrolling) -> None:
    world.come_in(ANNA)
    world.clock.advance(16 * MINUTE)
    for number in (ANNA, BORIS):
        world.rooms.entry.ask(number, "en", "a", world.clock())
    with world.stores.database.read() as connection:
        rows = connection.execute(select(entry_code)).all()
    assert len({len(row.sealed) for row in rows}) == 1
    assert world.stores.vault.person_with(BORIS) is None
    world.send()
    assert world.stores.vault.person_with(BORIS) is not None
    with world.stores.database.read() as connection:
        assert connection.scalar(select(func.count(entry_code.c.sealed))) == 0


def test_a_text_goes_at_night_to_whoever_just_asked_and_holds_no_link(world: Enrolling) -> None:
    world.clock.advance(12 * HOUR)
    assert world.outbox.pace.is_quiet(world.clock())
    world.rooms.entry.ask(ANNA, "ru", "a", world.clock())
    (words,) = world.texts(ANNA)
    assert "цифры" in words
    assert "http" not in words


def test_what_is_no_number_is_said_so(world: Enrolling) -> None:
    with pytest.raises(RefusedError, match="not a phone number"):
        world.rooms.entry.ask("hello", "en", "a", world.clock())
