"""Operators and their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.services import NOON, seeded

from fortnight.arrivals.operator_accounts import Operators
from fortnight.db.tables import operator
from fortnight.errors import ConflictError

if TYPE_CHECKING:
    from fortnight.db.engine import Database


@pytest.fixture
def operators(database: Database) -> Operators:
    return Operators(database, b"s" * 32, seeded().randbytes)


def test_a_key_names_its_operator_until_it_is_ended(operators: Operators) -> None:
    one, other = operators.register("One", NOON), operators.register("Other", NOON)
    assert operators.authenticate(one.key) == one.id
    assert operators.authenticate(other.key) == other.id
    operators.revoke(one.id, NOON + 1)
    assert operators.authenticate(one.key) is None
    assert operators.authenticate(other.key) == other.id
    with pytest.raises(ConflictError):
        operators.revoke(one.id, NOON + 2)


def test_the_database_holds_no_key(operators: Operators, database: Database) -> None:
    new = operators.register("One", NOON)
    assert new.key not in repr(new)
    with database.read() as connection:
        row = connection.execute(select(operator)).one()
    assert new.key.encode() not in row.key_hash
    assert new.key not in str(row)


def test_two_operators_have_two_names(operators: Operators) -> None:
    operators.register("One", NOON)
    with pytest.raises(ConflictError, match="choose another"):
        operators.register("One", NOON)


def test_a_guessed_key_opens_nothing(operators: Operators) -> None:
    operators.register("One", NOON)
    assert operators.authenticate("fnop-" + "a" * 32) is None
    assert operators.authenticate("") is None
