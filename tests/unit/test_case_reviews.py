"""Reviews have a clock, are answered once, and leave entries in the log; alarms end with words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select
from tests.services import HOUR, Clock, seeded
from tests.work_world import Colleagues

from fortnight.case.reviews import CLOCK_MS, Reviews
from fortnight.db.tables import alarm, ledger_leaf
from fortnight.errors import ConflictError, QuestionError

if TYPE_CHECKING:
    from fortnight.db.engine import Database

SUBJECT = "ab" * 16


@pytest.fixture
def world(database: Database, clock: Clock) -> Colleagues:
    return Colleagues(database, clock, seeded().randbytes)


@pytest.fixture
def reviews(world: Colleagues) -> Reviews:
    return Reviews(world.database, seeded(2).randbytes)


def entries(database: Database) -> Counter[str]:
    with database.read() as connection:
        return Counter(connection.scalars(select(ledger_leaf.c.kind)))


def raised(database: Database, clock: Clock) -> str:
    row = {"id": "cd" * 16, "kind": "strangers-in-delivery", "at": clock(), "subject": SUBJECT}
    with database.write() as connection:
        connection.execute(insert(alarm).values(detail='{"strangers": 2}', **row))
    return "cd" * 16


def test_a_review_has_to_be_answered_within_72_hours(reviews: Reviews, clock: Clock) -> None:
    reviews.ask("look-questioned", SUBJECT, clock())
    (waiting,) = reviews.list()
    assert waiting.due_at == clock() + 72 * HOUR == clock() + CLOCK_MS
    assert not waiting.is_overdue(waiting.due_at)
    assert waiting.is_overdue(waiting.due_at + 1)


def test_who_asks_again_while_it_waits_gets_the_same_review(reviews: Reviews, clock: Clock) -> None:
    asked = reviews.ask("appeal", SUBJECT, clock())
    assert reviews.ask("appeal", SUBJECT, clock.advance(HOUR)) == asked
    assert reviews.ask("look-questioned", SUBJECT, clock()) != asked
    assert len(reviews.list()) == 2


def test_an_answer_is_given_once_by_a_named_person(
    reviews: Reviews, world: Colleagues, clock: Clock
) -> None:
    asked = reviews.ask("appeal", SUBJECT, clock())
    reviews.answer(asked, world.lee.actor, "  It was   their own doctor. ", clock.advance(HOUR))
    (answered,) = reviews.list()
    assert answered.answer == "It was their own doctor."
    assert answered.answered_by_name is not None
    with pytest.raises(ConflictError):
        reviews.answer(asked, world.ann.actor, "Another.", clock())
    with pytest.raises(ConflictError):
        reviews.answer("00" * 16, world.ann.actor, "Of nothing.", clock())


@pytest.mark.parametrize("words", ["", " \n ", "x" * 501])
def test_an_answer_needs_words_that_fit(
    reviews: Reviews, world: Colleagues, clock: Clock, words: str
) -> None:
    asked = reviews.ask("appeal", SUBJECT, clock())
    with pytest.raises(QuestionError):
        reviews.answer(asked, world.lee.actor, words, clock())
    assert reviews.list()[0].answered_at is None


def test_what_waits_longest_comes_first_and_what_is_answered_last(
    reviews: Reviews, world: Colleagues, clock: Clock
) -> None:
    first = reviews.ask("appeal", SUBJECT, clock())
    second = reviews.ask("duplicate-case", SUBJECT, clock.advance(HOUR))
    third = reviews.ask("track-contradictory", SUBJECT, clock.advance(HOUR))
    reviews.answer(first, world.lee.actor, "Done.", clock())
    assert [one.id for one in reviews.list()] == [second, third, first]


def test_each_step_has_its_entry_in_the_log(
    reviews: Reviews, world: Colleagues, clock: Clock
) -> None:
    before = entries(world.database)["alarm"]
    asked = reviews.ask("appeal", SUBJECT, clock())
    reviews.answer(asked, world.lee.actor, "Done.", clock())
    reviews.end_alarm(raised(world.database, clock), world.lee.actor, "A test.", clock())
    assert entries(world.database)["alarm"] == before + 3


def test_an_alarm_ends_once_with_words_beside_its_counts(
    reviews: Reviews, world: Colleagues, clock: Clock
) -> None:
    raised_id = raised(world.database, clock)
    (going_on,) = reviews.alarms()
    assert (going_on.detail, going_on.ended_with) == ('{"strangers": 2}', None)
    reviews.end_alarm(raised_id, world.lee.actor, "The operator\nsent an old list.", clock())
    (ended,) = reviews.alarms()
    assert (ended.detail, ended.ended_with) == (
        '{"strangers": 2}',
        "The operator sent an old list.",
    )
    with pytest.raises(ConflictError):
        reviews.end_alarm(raised_id, world.lee.actor, "Again.", clock())


def test_a_refused_end_changes_nothing(reviews: Reviews, world: Colleagues, clock: Clock) -> None:
    raised_id = raised(world.database, clock)
    with pytest.raises(QuestionError):
        reviews.end_alarm(raised_id, world.lee.actor, "x" * 201, clock())
    assert reviews.alarms()[0].ended_at is None
