"""What comes back: receipts in any order, and replies that stop, ask, answer, or need a person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.case_world import CONTACT_NUMBER, SECRET, STRANGER_NUMBER, FakeGateway, Office
from tests.services import Clock, seeded

from fortnight.db.message_tables import inbound
from fortnight.errors import ConflictError, RefusedError
from fortnight.notify.desk import Desk
from fortnight.notify.file_gateway import FileGateway
from fortnight.notify.gateway import Answer as Took
from fortnight.notify.gateway import Incoming, Outcome, Receipt, Said, marker_of
from fortnight.notify.post import REPEAT_MS, Post
from fortnight.notify.replies import Answer, ForPerson, Help, Stop, read_reply
from fortnight.notify.reply_file import ReplyFile
from fortnight.notify.templates import Template
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.db.engine import Database

WORKER = Reader("case-worker", "worker-1", "north")
ACCOUNT = "c" * 32


@dataclass
class Questions:
    """Takes answers where something was asked."""

    asked: bool = True
    heard: list[tuple[str, int, int]] = field(default_factory=list)

    def taken(self, person: str, day: int, number: int) -> bool:
        if self.asked:
            self.heard.append((person, day, number))
        return self.asked


@dataclass
class World:
    """An office whose texts go to whoever agreed, and what comes back."""

    office: Office
    questions: Questions
    post: Post
    desk: Desk

    def send(self, said: Said, template: Template = Template.PLEASE_CALL) -> str:
        clock = self.office.clock
        with self.office.database.write() as connection:
            key = self.office.random(4).hex()
            sent = self.office.outbox.queue(
                connection, self.office.contact, key, template, {}, None, clock()
            )
        self.office.outbox.drain(FakeGateway([said]), clock())
        return sent

    def state(self, message_id: str) -> str:
        return next(str(row.state) for row in self.office.messages() if row.id == message_id)

    def hear(self, words: str, number: str = CONTACT_NUMBER) -> None:
        self.post.incoming(Incoming(number, words), self.office.clock())

    def receipt(self, reference: str, outcome: Outcome, marker: int | None = None) -> None:
        heard = Receipt(reference, CONTACT_NUMBER, marker, outcome)
        self.post.receipt(heard, self.office.clock())

    def kept(self) -> list[str]:
        with self.office.database.read() as connection:
            return list(connection.scalars(select(inbound.c.kind).order_by(inbound.c.at)))


@pytest.fixture
def world(database: Database, clock: Clock) -> World:
    office = Office(database, clock, seeded().randbytes)
    office.grant(office.contact, "notify")
    questions = Questions()
    post = Post(
        database,
        office.vault,
        office.consents,
        office.outbox,
        questions,
        office.random,
        SECRET,
    )
    return World(office, questions, post, Desk(database, office.vault, office.random))


class DiedError(BaseException):
    """As a kill: nothing of ours may catch it."""


def died(*_: object) -> None:
    raise DiedError


# -- receipts --------------------------------------------------------------------------------------


def test_a_text_is_delivered_once_every_part_is(world: World) -> None:
    sent = world.send(Said(Took.TAKEN, ("r1", "r2")))
    world.receipt("r1", Outcome.DELIVERED)
    world.receipt("r1", Outcome.DELIVERED)
    assert world.state(sent) == "sent"
    world.receipt("r2", Outcome.ON_THE_WAY)
    assert world.state(sent) == "sent"
    world.receipt("r2", Outcome.DELIVERED)
    assert world.state(sent) == "delivered"
    assert world.office.leaves("message") == 2


def test_one_part_that_failed_is_a_text_that_failed(world: World) -> None:
    sent = world.send(Said(Took.TAKEN, ("r1", "r2")))
    world.receipt("r2", Outcome.FAILED)
    world.receipt("r1", Outcome.DELIVERED)
    assert world.state(sent) == "failed"


def test_a_receipt_may_come_before_the_answer_that_names_its_part(world: World) -> None:
    world.receipt("early", Outcome.DELIVERED)
    assert world.state(world.send(Said(Took.TAKEN, ("early",)))) == "delivered"


def test_a_receipt_of_another_persons_phone_changes_nothing(world: World) -> None:
    sent = world.send(Said(Took.TAKEN, ("r1",)))
    world.office.fake.enrol(STRANGER_NUMBER, "d" * 32, "en")
    stranger = Receipt("r1", STRANGER_NUMBER, None, Outcome.DELIVERED)
    world.post.receipt(stranger, world.office.clock())
    assert world.state(sent) == "sent"


def test_an_unknown_text_is_resolved_by_the_marker_that_came_back(world: World) -> None:
    sent = world.send(Said(Took.UNKNOWN), Template.REMINDER)
    assert world.state(sent) == "unknown"
    world.receipt("r1", Outcome.DELIVERED, marker_of(sent) ^ 1)
    world.receipt("r2", Outcome.DELIVERED, None)
    assert world.state(sent) == "unknown"
    world.receipt("r3", Outcome.DELIVERED, marker_of(sent))
    world.receipt("r4", Outcome.DELIVERED, marker_of(sent))
    assert world.state(sent) == "delivered"


def test_an_unknown_text_is_resolved_by_a_named_person_and_never_goes_again(world: World) -> None:
    sent = world.send(Said(Took.UNKNOWN))
    world.desk.resolve(sent, ACCOUNT, world.office.clock(), arrived=False)
    with pytest.raises(ConflictError):
        world.desk.resolve(sent, ACCOUNT, world.office.clock(), arrived=True)
    gateway = FakeGateway()
    world.office.outbox.drain(gateway, world.office.clock())
    assert gateway.taken == []
    (row,) = world.office.messages()
    assert (row.state, row.resolved_by) == ("failed", ACCOUNT)


def test_receipts_of_strangers_are_dropped_and_counted(world: World) -> None:
    for number in (STRANGER_NUMBER, "Bank", "+"):
        heard = Receipt("r", number, None, Outcome.DELIVERED)
        world.post.receipt(heard, world.office.clock())
    assert world.post.dropped.receipts == 3


# -- replies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("STOP", Stop()),
        (" stop. ", Stop()),
        ("«Стоп»", Stop()),
        ("\uff33\uff34\uff2f\uff30", Stop()),  # as wide letters
        ("Help", Help()),
        ("помощь!", Help()),
        ("1", Answer(1)),
        ("5.", Answer(5)),
        ("\uff15", Answer(5)),
        ("0", ForPerson("0")),
        ("6", ForPerson("6")),
        ("3 4", ForPerson("3 4")),
        ("please don't stop", ForPerson("please don't stop")),
        ("", ForPerson("")),
    ],
)
def test_only_a_whole_reply_is_an_order(words: str, reply: object) -> None:
    assert read_reply(words) == reply


@given(st.text(max_size=3_000))
def test_whatever_else_is_said_is_for_a_person_and_in_no_log(words: str) -> None:
    reply = read_reply(words)
    if isinstance(reply, ForPerson):
        assert reply.text == words[:2_000]
        assert repr(reply) == "ForPerson()"


def test_stop_withdraws_the_grant_stops_what_waits_and_is_answered_once(world: World) -> None:
    with world.office.database.write() as connection:
        world.office.outbox.queue(
            connection, world.office.contact, "k", Template.PLEASE_CALL, {}, None, 0
        )
    world.hear("STOP")
    world.office.clock.advance(REPEAT_MS)
    world.hear("стоп")
    assert not world.office.consents.live(None, world.office.contact, "notify")
    states = {row.template: row.state for row in world.office.messages()}
    assert states == {"please-call": "stopped", "stopped": "queued"}
    gateway = FakeGateway()
    world.office.outbox.drain(gateway, world.office.clock())
    assert [text.words[:40] for text in gateway.taken] == [
        "Fortnight: you will get no more of these"
    ]
    assert world.kept() == ["stop", "stop"]


def test_help_is_answered_with_the_published_number_also_after_stop(world: World) -> None:
    outbox = replace(world.office.outbox, line="+371 2000 0000")
    world.post = replace(world.post, outbox=outbox)
    world.hear("STOP")
    world.hear("help")
    gateway = FakeGateway()
    outbox.drain(gateway, world.office.clock())
    assert len(gateway.taken) == 2
    assert all("+371 2000 0000" in text.words for text in gateway.taken)


def test_a_number_answers_the_question_of_the_day(world: World) -> None:
    world.hear("3")
    assert world.questions.heard == [(world.office.contact, world.office.clock() // 86_400_000, 3)]
    assert world.kept() == ["answer"]
    assert world.desk.to_read() == ()


def test_a_number_that_nobody_asked_for_is_for_a_person(world: World) -> None:
    world.questions.asked = False
    world.hear("3")
    assert world.kept() == ["for-person"]


def test_the_same_words_again_within_minutes_are_one_reply(world: World) -> None:
    world.hear("I have a question")
    world.hear("I have a question")
    world.hear("another")
    assert world.kept() == ["for-person"] * 2
    world.office.clock.advance(REPEAT_MS)
    world.hear("I have a question")
    assert len(world.kept()) == 3


def test_a_crash_before_a_reply_is_kept_makes_it_come_again_and_does_no_harm(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(world.office.fake, "seal", died)
        with pytest.raises(DiedError):
            world.hear("STOP")
    assert world.kept() == []
    world.hear("STOP")
    assert world.kept() == ["stop"]


def test_a_reply_is_read_under_a_look_and_dealt_with_once(world: World) -> None:
    world.hear("we wore masks")
    (waiting,) = world.desk.to_read()
    opened = world.desk.open_reply(waiting.id, WORKER, world.office.clock())
    assert (opened.words, opened.number) == ("we wore masks", CONTACT_NUMBER)
    assert world.office.fake.looks[-1] == (world.office.contact, "notify", "language,number")
    assert "masks" not in repr(opened)
    world.desk.answered(waiting.id, ACCOUNT, world.office.clock())
    assert world.desk.to_read() == ()
    with pytest.raises(ConflictError):
        world.desk.answered(waiting.id, ACCOUNT, world.office.clock())


def test_what_somebody_wrote_before_they_withdrew_is_not_opened(world: World) -> None:
    world.hear("we wore masks")
    (waiting,) = world.desk.to_read()
    world.office.consents.withdraw(world.office.contact, "notify", world.office.clock())
    with pytest.raises(RefusedError):
        world.desk.open_reply(waiting.id, WORKER, world.office.clock())


def test_a_reply_leaves_an_entry_of_the_log_and_its_words_sealed(world: World) -> None:
    world.hear("a secret")
    assert world.office.leaves("message") == 1
    with world.office.database.read() as connection:
        row = connection.execute(select(inbound)).one()
    assert row.sealed.startswith(b'["' + world.office.contact.encode())  # the fake vault's seal


def test_words_of_strangers_are_dropped_and_counted(world: World) -> None:
    world.hear("who is this", STRANGER_NUMBER)
    world.hear("win a prize", "Bank")
    assert (world.post.dropped.replies, world.kept()) == (2, [])


def test_the_file_of_replies_is_taken_in_and_blanked(world: World, tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_text(
        f'{{"number": "{CONTACT_NUMBER}", "words": "4"}}\nnot one\n\n'
        f'{{"number": "{CONTACT_NUMBER}", "words": "a line\\nmore"}}\n',
        encoding="utf-8",
    )
    replies = ReplyFile(path, world.post)
    assert replies.read(world.office.clock()) == 1
    assert world.kept() == ["answer", "for-person"]
    assert not list(tmp_path.glob("replies*"))
    FileGateway(tmp_path / "texts.jsonl", replies).turn(world.office.clock())


def test_a_file_that_a_crash_left_half_taken_in_is_taken_in_again(
    world: World, tmp_path: Path
) -> None:
    taken = tmp_path / "replies.taken"
    taken.write_text(f'{{"number": "{CONTACT_NUMBER}", "words": "4"}}\n', encoding="utf-8")
    ReplyFile(tmp_path / "replies.jsonl", world.post).read(world.office.clock())
    assert world.kept() == ["answer"]
    assert not taken.exists()
