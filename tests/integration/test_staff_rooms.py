"""Accounts, sessions, ceremonies and relations, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from tests.endings import add_row, unguarded
from tests.integration.web_service import Doors, doors
from tests.services import HOUR, MINUTE, NOON
from tests.staff_world import colleague

from fortnight.db.office_tables import (
    case_assignment,
    staff_account,
    staff_ceremony,
    staff_conflict,
    staff_passkey,
    staff_session,
)
from fortnight.db.tables import case_file, ledger_leaf
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.staff.accounts import NewAccount
from fortnight.staff.ceremonies import Ceremonies
from fortnight.staff.relations import Relations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table
    from tests.services import Stores

    from fortnight.staff.relations import Nearness

OWN_NUMBER = "+37120000009"


@pytest.fixture
def world(stores: Stores) -> Iterator[Doors]:
    with doors(stores) as opened:
        yield opened


def count(world: Doors, table: Table) -> int:
    with world.database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def later(world: Doors, ms: int) -> int:
    world.clock.advance(ms)  # type: ignore[attr-defined] # the tests' own clock
    return world.clock()


# -- accounts --------------------------------------------------------------------------------------


def test_an_account_is_made_once_with_one_login_and_each_change_is_in_the_log(
    world: Doors,
) -> None:
    accounts = world.staff.accounts
    made = accounts.add(
        NewAccount("anna", "lead", "Anna", "north", OWN_NUMBER, "sub-1"), by="t", now=NOON
    )
    found = accounts.with_id(made.account)
    assert found is not None
    assert (found.login, found.role, found.district) == ("anna", "lead", "north")
    assert found.number_hash == world.vault.number_hash(OWN_NUMBER)
    assert accounts.with_login("anna") == accounts.with_subject("sub-1") == found
    assert OWN_NUMBER not in repr(found)
    for login, subject in (("anna", None), ("other", "sub-1")):
        with pytest.raises(ConflictError, match="choose another"):
            accounts.add(NewAccount(login, "lead", "B", "north", subject=subject), by="t", now=NOON)
    accounts.invite(made.account, by="t", now=NOON)
    accounts.end(made.account, by="t", now=NOON + 1)
    with world.database.read() as connection:
        kinds = list(connection.scalars(select(ledger_leaf.c.kind)))
    assert kinds == ["settings"] * 3


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (NewAccount("a", "police", "A", "north"), "no role 'police'"),
        (NewAccount("a", "laboratory", "A", "north"), "no role 'laboratory'"),
        (NewAccount(" ", "lead", "A", "north"), "login has to have"),
        (NewAccount("a", "lead", "A" * 129, "north"), "name has to have"),
        (NewAccount("a", "lead", "A\x00", "north"), "not printed"),
    ],
)
def test_what_is_no_account_is_refused(world: Doors, new: NewAccount, said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        world.staff.accounts.add(new, by="t", now=NOON)
    assert count(world, staff_account) == 0


def test_an_invitation_is_good_for_a_day_and_not_after_the_end(world: Doors) -> None:
    accounts = world.staff.accounts
    made = accounts.add(NewAccount("anna", "lead", "Anna", "north"), by="t", now=NOON)
    assert accounts.invited(made.code, NOON + 24 * HOUR - 1) is not None
    assert accounts.invited(made.code, NOON + 24 * HOUR) is None
    assert accounts.invited("wrong", NOON) is None
    again = accounts.invite(made.account, by="t", now=NOON)
    assert accounts.invited(made.code, NOON) is None
    assert accounts.invited(again.code, NOON) is not None
    accounts.end(made.account, by="t", now=NOON)
    assert accounts.invited(again.code, NOON) is None
    with pytest.raises(ConflictError, match="has ended"):
        accounts.end(made.account, by="t", now=NOON)


def test_whoever_ends_is_out_at_once(world: Doors) -> None:
    one, other = colleague(world, "lead"), colleague(world, "lead")
    world.staff.accounts.end(one.account.id, by="t", now=NOON)
    assert world.staff.sessions.touch(one.secret, NOON) is None
    assert world.staff.sessions.touch(other.secret, NOON) is not None
    assert world.staff.accounts.with_subject("nobody") is None


# -- sessions --------------------------------------------------------------------------------------


def test_a_session_ends_after_a_quarter_of_an_hour_of_silence(world: Doors) -> None:
    one, sessions = colleague(world, "lead"), world.staff.sessions
    now = NOON
    for _ in range(8):
        now += 14 * MINUTE
        assert sessions.touch(one.secret, now) is not None
    assert sessions.touch(one.secret, now + 15 * MINUTE) is None


def test_a_session_ends_after_eight_hours_whoever_is_there(world: Doors) -> None:
    one, sessions = colleague(world, "lead"), world.staff.sessions
    for now in range(NOON, NOON + 8 * HOUR, 10 * MINUTE):
        assert sessions.touch(one.secret, now) is not None
    assert sessions.touch(one.secret, NOON + 8 * HOUR) is None


def test_a_sign_in_ends_the_session_before_it_and_gives_another_secret(world: Doors) -> None:
    one, sessions = colleague(world, "lead"), world.staff.sessions
    secret = sessions.begin(one.account.id, NOON, before=one.secret)
    assert secret != one.secret
    assert sessions.touch(one.secret, NOON) is None
    found = sessions.touch(secret, NOON)
    assert found is not None
    assert found.csrf != one.csrf
    sessions.end(secret)
    assert sessions.touch(secret, NOON) is None


def test_the_database_holds_no_secret_of_a_session(world: Doors) -> None:
    one = colleague(world, "lead")
    with world.database.read() as connection:
        (row,) = connection.execute(select(staff_session)).all()
    assert one.secret.encode() not in bytes(row.secret_hash)
    assert one.csrf not in map(str, row)
    for wrong in ("", "x", one.secret[:-1], one.secret + "x", "x" * 10_000, "\udcff"):
        assert world.staff.sessions.touch(wrong, NOON) is None


def test_stepping_up_holds_for_five_minutes(world: Doors) -> None:
    one, sessions = colleague(world, "lead"), world.staff.sessions
    before = sessions.touch(one.secret, NOON)
    sessions.step_up(one.secret, NOON)
    after = sessions.touch(one.secret, NOON)
    assert before is not None
    assert after is not None
    assert not before.is_stepped_up(NOON)
    assert after.is_stepped_up(NOON + 5 * MINUTE - 1)
    assert not after.is_stepped_up(NOON + 5 * MINUTE)
    assert not after.is_stepped_up(NOON - 1)


# -- ceremonies ------------------------------------------------------------------------------------


def test_a_ceremony_is_answered_once_by_who_began_it_and_in_time(world: Doors) -> None:
    ceremonies = Ceremonies(world.database, world.vault._random)  # noqa: SLF001 - the same seeded one
    secret = ceremonies.begin("sign-in", "challenge", NOON)
    for wrong in (None, "", "other", secret + "x"):
        with pytest.raises(RefusedError, match="begin again"):
            ceremonies.take(wrong, "sign-in", NOON)
    with pytest.raises(RefusedError):
        ceremonies.take(secret, "step-up", NOON)
    assert ceremonies.take(secret, "sign-in", NOON).challenge == "challenge"
    with pytest.raises(RefusedError):
        ceremonies.take(secret, "sign-in", NOON)
    late = ceremonies.begin("sign-in", "challenge", NOON)
    with pytest.raises(RefusedError):
        ceremonies.take(late, "sign-in", NOON + 5 * MINUTE)
    ceremonies.begin("sign-in", "challenge", NOON + 5 * MINUTE)
    assert count(world, staff_ceremony) == 1  # what was never answered does not gather


# -- relations -------------------------------------------------------------------------------------


def a_case(world: Doors, **given: object) -> str:
    with unguarded(world.database) as connection:
        row = add_row(connection, case_file, **{"district": "district", **given})
    return str(row["id"])


def test_relations_are_what_the_database_says(world: Doors) -> None:
    one = colleague(world, "case-worker", number=OWN_NUMBER)
    other = colleague(world, "case-worker", number="+37120000008")
    relations = world.staff.relations
    case_id = a_case(world)
    assert relations.of(one.account, "f" * 32) is None
    assert relations.of(one.account, case_id) == "own-district"
    with unguarded(world.database) as connection:
        add_row(
            connection,
            case_assignment,
            case_id=case_id,
            account=one.account.id,
            by=other.account.id,
            until_at=None,
            id="a" * 32,
        )
    assert relations.of(one.account, case_id) == "assigned"
    assert relations.of(other.account, case_id) == "own-district"
    with unguarded(world.database) as connection:
        connection.execute(case_assignment.update().values(until_at=NOON))
    assert relations.of(one.account, case_id) == "own-district"
    with unguarded(world.database) as connection:
        add_row(connection, staff_conflict, case_id=case_id, account=one.account.id)
    assert relations.of(one.account, case_id) == "conflict"
    assert relations.of(one.account, a_case(world, district="south")) == "other-district"
    assert relations.of(one.account, a_case(world, state="closed")) == "closed"
    own = a_case(world, number_hash=world.vault.number_hash(OWN_NUMBER), district="south")
    assert relations.of(one.account, own) == "self"


@pytest.mark.parametrize(
    ("near", "relation"), [("self", "self"), ("tied", "tied"), (None, "own-district")]
)
def test_a_contact_may_be_too_near(world: Doors, near: Nearness | None, relation: str) -> None:
    class Ties:
        def near(self, number_hash: bytes, case_id: str) -> dict[str, Nearness]:
            assert number_hash == world.vault.number_hash(OWN_NUMBER)
            assert case_id
            return {} if near is None else {"4711": near}

    one = colleague(world, "case-worker", number=OWN_NUMBER)
    case_id = a_case(world)
    relations = Relations(world.database, Ties())
    assert relations.of(one.account, case_id, "4711") == relation
    assert relations.of(one.account, case_id) == "own-district"
    unknown = colleague(world, "case-worker")
    assert relations.of(unknown.account, case_id, "4711") == "own-district"


def test_passkeys_end_with_the_account(world: Doors) -> None:
    one = colleague(world, "lead")
    with unguarded(world.database) as connection:
        add_row(connection, staff_passkey, account=one.account.id)
    world.staff.accounts.end(one.account.id, by="t", now=later(world, 1))
    assert count(world, staff_passkey) == count(world, staff_session) == 0
