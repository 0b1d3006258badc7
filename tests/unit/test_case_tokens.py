"""A laboratory's token: one test, one person, once, for 48 hours, and kept as a hash alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update
from tests.case_world import CASE_NUMBER, CONTACT_NUMBER, WORKER, Office
from tests.services import HOUR, Clock, seeded

from fortnight.case.token import NOT_VALID
from fortnight.db.tables import case_file, laboratory, laboratory_token
from fortnight.errors import ConflictError, RefusedError

if TYPE_CHECKING:
    from fortnight.db.engine import Database


@pytest.fixture
def office(database: Database, clock: Clock) -> Office:
    return Office(database, clock, seeded().randbytes)


def refusal(office: Office, token: str, number: str = CASE_NUMBER) -> str:
    with pytest.raises(RefusedError) as refused:
        office.cases.open(office.new(token, number), WORKER, office.clock())
    return str(refused.value)


def test_every_token_that_is_not_valid_gets_the_same_answer(office: Office) -> None:
    others = office.token(test="test-2")
    used = office.token(test="test-3")
    office.cases.open(office.new(used), WORKER, office.clock())
    old = office.token(test="test-4")
    answers = {
        refusal(office, "fncase-nobody"),
        refusal(office, others, CONTACT_NUMBER),
        refusal(office, used),
    }
    office.clock.advance(48 * HOUR)
    answers.add(refusal(office, old))
    assert answers == {NOT_VALID}


def test_a_token_holds_to_the_last_moment_of_48_hours(office: Office) -> None:
    token = office.token()
    office.clock.advance(48 * HOUR - 1)
    assert office.cases.open(office.new(token), WORKER, office.clock())


def test_a_refused_opening_uses_nothing_up_and_leaves_no_case(office: Office) -> None:
    token = office.token()
    refusal(office, token, CONTACT_NUMBER)
    with office.database.read() as connection:
        assert connection.execute(select(case_file)).all() == []
    assert office.cases.open(office.new(token), WORKER, office.clock())


def test_keys_and_tokens_are_in_no_row(office: Office) -> None:
    token = office.token()
    with office.database.read() as connection:
        rows = [
            *connection.execute(select(laboratory)),
            *connection.execute(select(laboratory_token)),
        ]
    held = repr([tuple(row) for row in rows])
    assert token not in held
    assert office.laboratory.key not in held
    assert CASE_NUMBER not in held
    assert "test-1" not in held


def test_a_laboratory_that_lost_the_answer_asks_again_and_the_first_text_opens_nothing(
    office: Office,
) -> None:
    lost = office.token()
    again = office.token()
    assert refusal(office, lost) == NOT_VALID
    assert office.cases.open(office.new(again), WORKER, office.clock())


def test_one_test_has_one_token_for_one_person(office: Office) -> None:
    token = office.token()
    with pytest.raises(ConflictError, match="one test, one token"):
        office.token(CONTACT_NUMBER)
    office.cases.open(office.new(token), WORKER, office.clock())
    with pytest.raises(ConflictError, match="one test, one token"):
        office.token()


def test_the_same_test_number_of_another_laboratory_is_another_test(office: Office) -> None:
    office.token()
    office.laboratory = office.laboratories.register("South laboratory", office.clock())
    assert office.token(CONTACT_NUMBER)


def test_an_unknown_key_gives_no_token_nor_does_one_that_was_ended(office: Office) -> None:
    token = office.token()
    office.laboratories.revoke(office.laboratory.id, office.clock())
    with pytest.raises(RefusedError, match="no laboratory with this key"):
        office.token(test="test-2")
    assert refusal(office, token) == NOT_VALID
    with pytest.raises(ConflictError):
        office.laboratories.revoke(office.laboratory.id, office.clock())


def test_two_laboratories_do_not_share_a_name(office: Office) -> None:
    with pytest.raises(ConflictError, match="choose another"):
        office.laboratories.register("North laboratory", office.clock())


def test_a_token_that_was_used_while_another_opened_with_it_opens_no_second_case(
    office: Office,
) -> None:
    token = office.token()
    with office.database.write() as connection:
        connection.execute(update(laboratory_token).values(used_at=office.clock()))
    assert refusal(office, token) == NOT_VALID


def test_every_step_of_a_laboratory_is_in_the_log(office: Office) -> None:
    office.token()
    office.laboratories.revoke(office.laboratory.id, office.clock())
    assert office.leaves("case") == 3
