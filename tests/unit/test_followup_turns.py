"""Follow-up begins by itself for who agreed, and the clock writes only where something is due."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.databases import new_main
from tests.services import MINUTE, seeded
from tests.support_world import CONTACT, Following

from fortnight.db.engine import Database
from fortnight.errors import RefusedError
from fortnight.followup.codes import NO_TRY_LEFT, TRIES, VALID_MS
from fortnight.followup.day import Day, DayState, Tick, next_minute, step
from fortnight.isolation.needs import Need
from fortnight.isolation.rescore import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection
    from tests.services import Clock


@pytest.fixture
def office(world_folder: Path, clock: Clock) -> Iterator[Following]:
    with new_main(world_folder / "fortnight.db") as database:
        yield Following(database, clock, seeded().randbytes)


@contextmanager
def writes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Count the transactions that may write."""
    counted: list[int] = []
    write = Database.write

    @contextmanager
    def counting(self: Database) -> Iterator[Connection]:
        counted.append(1)
        with write(self) as connection:
            yield connection

    with monkeypatch.context() as patched:
        patched.setattr(Database, "write", counting)
        yield counted


def test_who_is_told_and_agreed_to_support_is_followed_within_a_turn(office: Following) -> None:
    case_id = office.told()
    assert office.followups.of_case(case_id, office.clock()) == ()
    looks = len(office.fake.looks)
    office.support.turn(office.clock())
    (line,) = office.followups.of_case(case_id, office.clock())
    assert (line.contact, line.state, line.by_voice) == (CONTACT, "running", False)
    assert len(office.fake.looks) == looks  # whom it is was looked up when they were told
    kinds = [(one.kind, one.detail) for one in office.support.record.of_person(office.contact)]
    assert ("begun", "contact") in kinds
    office.support.turn(office.clock())
    assert len(office.followups.of_case(case_id, office.clock())) == 1


def test_who_wants_no_texts_is_called_and_who_wants_no_support_is_left_alone(
    office: Following,
) -> None:
    office.consents.withdraw(office.contact, "support", office.clock())
    case_id = office.told()
    office.support.turn(office.clock())
    assert office.followups.of_case(case_id, office.clock()) == ()
    office.consents.withdraw(office.contact, "notify", office.clock())
    office.grant(office.contact, "support")
    office.support.turn(office.clock())
    (line,) = office.followups.of_case(case_id, office.clock())
    assert line.by_voice
    office.consents.withdraw(office.contact, "support", office.clock())
    office.at(12, days=1)
    (line,) = office.followups.of_case(case_id, office.clock())
    assert line.state == "stopped"


@pytest.mark.parametrize("answered", [True, False])
def test_a_reply_that_leaves_nobody_to_follow_ends_nothing_before_it_is_answered(
    office: Following, *, answered: bool
) -> None:
    follow_up = office.followed()
    replies = office.support.replies
    replies.reply(office.contact, follow_up, Reply.NOT_THERE, "", office.clock())
    assert office.at(12, days=1)
    (line,) = office.followups.of_case(office.followups.of_case_id(follow_up), office.clock())
    assert line.state == "running"
    assert office.support.tickets.ask(office.contact, Need.FOOD, {}, office.clock())
    if answered:
        (waiting,) = replies.waiting("north", office.clock())
        said = office.ann.actor, office.ann, office.clock()
        replies.answer(waiting.id, "We believe you.", *said, stands=True)
        office.at(12, 1)
    else:
        office.at(12, days=3)
    (line,) = office.followups.of_case(office.followups.of_case_id(follow_up), office.clock())
    assert line.state == "over"


def test_a_minute_in_which_nothing_is_due_writes_nothing(
    office: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow_up = office.followed()
    replies, ann = office.support.replies, office.ann
    replies.reply(office.contact, follow_up, Reply.MASKS, "", office.clock())
    (reply,) = replies.waiting("north", office.clock())
    replies.answer(reply.id, "We heard.", ann.actor, ann, office.clock(), stands=True)
    office.support.reminders.turn_on(office.contact, 25.2, 54.7, office.clock())
    office.at(10, days=1)
    office.at(10, 1)
    with writes(monkeypatch) as counted:
        for minute in range(2, 60):
            office.at(10, minute)
        assert counted == []
        office.at(14, 5)
        assert counted
    assert office.state(follow_up) == "reminded"
    case_id = office.followups.of_case_id(follow_up)
    office.tier(case_id, "to-ask")  # a new trace found less
    office.at(14, 6)
    assert [one.state for one in office.followups.of_case(case_id, office.clock())] == ["over"]


@given(
    st.builds(Day, st.sampled_from(list(DayState)), st.integers(0, 1_439), st.booleans()),
    st.integers(0, 1_439),
)
def test_before_the_next_minute_the_clock_does_nothing(day: Day, minute: int) -> None:
    if step(day, Tick(minute))[1]:
        return
    until = next_minute(day, minute) or 24 * 60
    assert not any(step(day, Tick(one))[1] for one in range(minute, until))


def test_digits_of_a_household_have_five_tries_a_day(office: Following) -> None:
    office.followed()
    office.followups.begin_case(
        office.followups.of_case_id(_first(office)), office.ann, office.clock()
    )
    digits = office.followups.invite(office.person, office.clock())
    wrong = "00000000" if digits != "00000000" else "11111111"
    for _ in range(TRIES):
        with pytest.raises(RefusedError, match="hold no more"):
            office.followups.join(office.contact, wrong, office.clock())
    with pytest.raises(RefusedError, match=NO_TRY_LEFT):
        office.followups.join(office.contact, digits, office.clock())
    office.clock.now += VALID_MS - MINUTE
    with pytest.raises(RefusedError, match=NO_TRY_LEFT):
        office.followups.join(office.contact, digits, office.clock())
    office.clock.now += 2 * MINUTE
    digits = office.followups.invite(office.person, office.clock())
    office.followups.join(office.contact, digits, office.clock())


def _first(office: Following) -> str:
    (mine,) = office.followups.mine(office.contact, office.clock())
    return mine.follow_up
