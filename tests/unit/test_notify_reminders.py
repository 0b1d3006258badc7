"""Nights, limits, two reminders, then a call by a person; and nothing after a word or a no."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from tests.case_world import CONTACT_NUMBER, SECRET, FakeGateway, Office
from tests.services import DAY, HOUR, NOON, Clock, seeded

from fortnight.db.office_tables import call_record, staff_account
from fortnight.errors import ConflictError
from fortnight.notify.desk import Desk
from fortnight.notify.gateway import Answer, Incoming, Said
from fortnight.notify.pace import Pace
from fortnight.notify.post import Post
from fortnight.notify.reminders import Reminders
from fortnight.notify.replies import NoQuestions
from fortnight.notify.templates import Template
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from fortnight.db.engine import Database
    from fortnight.notify.outbox import Outbox

ACCOUNT = "c" * 32
WORKER = Reader("case-worker", "worker-1", "north")
RIGA = ZoneInfo("Europe/Riga")


@dataclass
class World:
    """An office that has told somebody."""

    office: Office
    outbox: Outbox
    reminders: Reminders
    desk: Desk
    gateway: FakeGateway

    def queue(self, key: str = "k", template: Template = Template.PLEASE_CALL) -> str:
        values = {"code": "123456"} if template is Template.CODE else {}
        with self.office.database.write() as connection:
            return self.outbox.queue(
                connection, self.office.contact, key, template, values, None, self.office.clock()
            )

    def go_on(self, ms: int = 0) -> None:
        """Let time pass, then let the service do what is due."""
        now = self.office.clock.advance(ms)
        self.reminders.turn(now)
        self.outbox.drain(self.gateway, now)

    def sent(self) -> int:
        return len(self.gateway.taken)


@pytest.fixture
def world(database: Database, clock: Clock) -> World:
    office = Office(database, clock, seeded().randbytes)
    office.grant(office.contact, "notify")
    outbox = replace(office.outbox, pace=Pace(RIGA, a_day=3))
    desk = Desk(database, office.vault, office.random)
    return World(office, outbox, Reminders(outbox), desk, FakeGateway())


# -- nights and limits -----------------------------------------------------------------------------


@given(st.integers(NOON, NOON + 400 * DAY), st.sampled_from(["Europe/Riga", "Asia/Kathmandu"]))
def test_a_night_is_from_nine_to_eight_by_the_clock_on_the_wall(now: int, name: str) -> None:

    there = datetime.fromtimestamp(now / 1_000, ZoneInfo(name))
    assert Pace(ZoneInfo(name)).is_quiet(now) == (there.hour >= 21 or there.hour < 8)


def test_nothing_goes_at_night_but_what_answers_a_persons_own_act(world: World) -> None:
    world.office.clock.advance(7 * HOUR)  # 21:00 in Riga
    world.queue()
    world.queue("code", Template.CODE)
    world.go_on()
    assert [text.words[:23] for text in world.gateway.taken] == ["Fortnight: your code is"]
    world.go_on(11 * HOUR - 1)
    assert world.sent() == 1
    world.go_on(1)  # 8:00
    assert world.sent() == 2


def test_nobody_gets_more_texts_a_day_than_the_limit_and_the_rest_come_later(world: World) -> None:
    for key in ("1", "2", "3", "4"):
        world.queue(key, Template.RETRACTED)
    world.queue("code", Template.CODE)
    world.go_on()
    assert world.sent() == 4  # three, and the code
    world.go_on(HOUR)
    assert world.sent() == 4
    world.go_on(DAY)
    assert world.sent() == 5
    assert world.office.fake.looks.count((world.office.contact, "notify", "language,number")) == 4


# -- reminders -------------------------------------------------------------------------------------


def test_two_reminders_and_then_a_call_and_nothing_more(world: World) -> None:
    told = world.queue()
    counts = []
    for _ in range(8):
        world.go_on()
        world.go_on(DAY)
        counts.append(world.sent())
    assert counts == [2, 3, 3, 3, 3, 3, 3, 3]
    (task,) = world.desk.to_call()
    assert (task.message, task.reason) == (told, "no-answer")
    assert "Nothing happens if you do not answer" in world.gateway.taken[1].words


def test_a_reply_ends_the_reminders(world: World) -> None:
    world.queue()
    world.go_on()
    post = Post(
        world.office.database,
        world.office.vault,
        world.office.consents,
        world.outbox,
        NoQuestions(),
        world.office.random,
        SECRET,
    )
    number = world.gateway.taken[0].number
    post.incoming(Incoming(number, "who are you?"), world.office.clock())
    world.go_on(4 * DAY)
    assert (world.sent(), world.desk.to_call()) == (1, ())


def test_a_reply_stops_a_reminder_that_waits_for_the_morning(world: World) -> None:
    world.queue()
    world.go_on()
    world.office.clock.advance(DAY + 10 * HOUR)
    world.reminders.turn(world.office.clock())
    with world.office.database.write() as connection:
        world.outbox.answered(connection, world.office.contact)
    world.go_on(14 * HOUR)
    assert world.sent() == 1


def test_whoever_takes_their_grant_back_is_neither_reminded_nor_called(world: World) -> None:
    world.queue()
    world.go_on()
    world.office.consents.withdraw(world.office.contact, "notify", world.office.clock())
    for _ in range(4):
        world.go_on(DAY)
    assert (world.sent(), world.desk.to_call()) == (1, ())


@pytest.mark.parametrize(("outcome", "sent"), [("reached", 1), ("no-answer", 3)])
def test_a_call_in_which_they_were_reached_ends_the_reminders(
    world: World, outcome: str, sent: int
) -> None:
    case_id, contact = world.office.opened(), "0" * 16
    with world.office.database.write() as connection:
        world.outbox.queue(
            connection,
            world.office.contact,
            f"told {case_id} {contact} d",
            Template.PLEASE_CALL,
            {},
            case_id,
            world.office.clock(),
        )
    world.gateway.answers = []
    world.go_on()
    opening = world.sent() - 1
    record_call(world, case_id, contact, outcome)
    for _ in range(5):
        world.go_on(DAY)
    assert world.sent() - opening == sent


def record_call(world: World, case_id: str, contact: str, outcome: str) -> None:
    now = world.office.clock()
    account = {
        "id": ACCOUNT,
        "login": "a",
        "name": "A",
        "role": "case-worker",
        "district": "north",
        "made_at": now,
    }
    call = {
        "id": "e" * 32,
        "case_id": case_id,
        "contact": contact,
        "by": ACCOUNT,
        "at": now,
        "outcome": outcome,
        "language": "en",
        "next_step": "",
    }
    with world.office.database.write() as connection:
        connection.execute(insert(staff_account).values(account))
        connection.execute(insert(call_record).values(call))


def test_the_texts_of_a_case_that_was_withdrawn_are_not_reminded_of(world: World) -> None:
    case_id = world.office.opened()
    with world.office.database.write() as connection:
        world.outbox.queue(
            connection,
            world.office.contact,
            "told",
            Template.PLEASE_CALL,
            {},
            case_id,
            world.office.clock(),
        )
    world.go_on()
    before = world.sent()
    with world.office.database.write() as connection:
        world.outbox.stop_case(connection, case_id)
    world.go_on(5 * DAY)
    assert world.sent() == before


@pytest.mark.parametrize(
    ("said", "after_ms"), [(Said(Answer.REFUSED), 0), (Said(Answer.UNKNOWN), HOUR)]
)
def test_whom_a_text_did_not_reach_a_person_calls(world: World, said: Said, after_ms: int) -> None:
    world.gateway.answers = [said]
    lost = world.queue()
    world.go_on()
    world.go_on(after_ms)
    (task,) = world.desk.to_call()
    assert (task.message, task.reason) == (
        lost,
        "failed" if said.answer is Answer.REFUSED else "unknown",
    )
    opened = world.desk.open_call(task.id, WORKER, world.office.clock())
    assert opened.number == CONTACT_NUMBER
    world.desk.called(task.id, ACCOUNT, world.office.clock())
    world.go_on(5 * DAY)
    assert world.desk.to_call() == ()
    with pytest.raises(ConflictError):
        world.desk.called(task.id, ACCOUNT, world.office.clock())
