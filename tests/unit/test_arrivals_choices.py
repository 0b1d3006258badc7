"""What is never sent, in either database: a choice takes the place of the last, counts add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from tests.arrivals_world import enrolled
from tests.services import NOON

from fortnight.arrivals.choices import Choices, count_hidden
from fortnight.arrivals.never_sent import NOTHING, Hours, NeverSent, Place
from fortnight.db.sending_tables import never_sent

if TYPE_CHECKING:
    from tests.services import Stores

ZONE: Final = ZoneInfo("UTC")
TODAY: Final = NOON // 86_400_000


def rows(stores: Stores) -> int:
    with stores.database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(never_sent)) or 0)


def test_a_choice_takes_the_place_of_the_last_and_an_empty_one_takes_it_away(
    stores: Stores,
) -> None:
    person, other = enrolled(stores, "+37060000001"), enrolled(stores, "+37060000002")
    choices = Choices(stores.database, stores.vault, ZONE)
    night, home = NeverSent((Hours(1_320, 360),)), NeverSent((), (Place(24.1, 56.9, 200),))
    choices.choose(other, night, NOON)
    for chosen in (night, home, home):
        choices.choose(person, chosen, NOON)
        assert choices.of(person) == chosen
        assert Choices(stores.database, stores.vault, ZONE).of(person) == chosen
        assert rows(stores) == 2
    choices.choose(person, NOTHING, NOON)
    assert choices.of(person) == NOTHING
    assert Choices(stores.database, stores.vault, ZONE).of(other) == night
    assert rows(stores) == 1


def test_what_was_left_out_adds_up_by_person_and_day(stores: Stores) -> None:
    person, other = enrolled(stores, "+37060000001"), enrolled(stores, "+37060000002")
    choices = Choices(stores.database, stores.vault, ZONE)
    for hidden in (
        {(person, TODAY): 3, (other, TODAY): 5},
        {(person, TODAY): 4, (person, TODAY + 1): 1, (other, TODAY): 0},
        {},
    ):
        with stores.database.write() as connection:
            count_hidden(connection, hidden)
    assert choices.counts(person) == {TODAY: 7, TODAY + 1: 1}
    assert choices.counts(other) == {TODAY: 5}


def test_a_count_that_is_not_committed_is_none(stores: Stores) -> None:
    person = enrolled(stores, "+37060000001")

    def count_and_fail() -> None:
        with stores.database.write() as connection:
            count_hidden(connection, {(person, TODAY): 3})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        count_and_fail()
    assert Choices(stores.database, stores.vault, ZONE).counts(person) == {}
