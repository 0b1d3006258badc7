"""Texts: queued with their reason, sent under a look, stopped by a withdrawal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from tests.case_world import CONTACT_NUMBER, FakeGateway, Office
from tests.services import Clock, seeded

from fortnight.db.tables import message
from fortnight.errors import GoneError, RefusedError
from fortnight.notify.file_gateway import FileGateway
from fortnight.notify.gateway import Answer, Said, Text
from fortnight.notify.outbox import Drained
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.db.engine import Database


@pytest.fixture
def office(database: Database, clock: Clock) -> Office:
    return Office(database, clock, seeded().randbytes)


def queue(office: Office, key: str = "k", template: Template = Template.PLEASE_CALL) -> str:
    values = {"code": "123456"} if template is Template.CODE else {}
    with office.database.write() as connection:
        return office.outbox.queue(
            connection, office.contact, key, template, values, None, office.clock()
        )


def states(office: Office) -> list[str]:
    return [row.state for row in office.messages()]


def test_the_same_reason_never_texts_twice(office: Office) -> None:
    assert queue(office) == queue(office)
    assert states(office) == ["queued"]


def test_a_text_is_gone_with_the_transaction_of_its_reason(office: Office) -> None:
    def fail_after_queuing() -> None:
        with office.database.write() as connection:
            office.outbox.queue(
                connection, office.contact, "k", Template.PLEASE_CALL, {}, None, office.clock()
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_queuing()
    assert states(office) == []


def test_values_are_sealed_and_an_erased_person_gets_no_text(office: Office) -> None:
    queue(office, template=Template.CODE)
    (row,) = office.messages()
    assert json.loads(row.sealed)[0] == office.contact
    office.fake.gone.add(office.contact)
    with pytest.raises(GoneError):
        queue(office, "another")


def test_a_text_is_sent_in_the_persons_language_under_a_look(office: Office) -> None:
    office.grant(office.contact, "notify")
    queue(office)
    gateway = FakeGateway()
    assert office.outbox.drain(gateway, office.clock()) == Drained(sent=1)
    (text,) = gateway.taken
    assert text.number == CONTACT_NUMBER
    assert text.words.startswith("Fortnight: we have something to tell you.")
    assert office.fake.looks == [(office.contact, "notify", "language,number")]
    (row,) = office.messages()
    assert (row.state, row.sealed, row.sent_at, row.language) == (
        "sent",
        None,
        office.clock(),
        "en",
    )
    assert office.leaves("message") == 1


def test_without_the_grant_nothing_is_sent_nor_looked_up(office: Office) -> None:
    queue(office)
    gateway = FakeGateway()
    assert office.outbox.drain(gateway, office.clock()) == Drained(stopped=1)
    assert (gateway.taken, office.fake.looks, states(office)) == ([], [], ["stopped"])


def test_a_withdrawal_stops_what_is_queued_and_a_new_grant_does_not_wake_it(
    office: Office,
) -> None:
    office.grant(office.contact, "notify")
    queue(office)
    office.consents.withdraw(office.contact, "notify", office.clock())
    office.grant(office.contact, "notify")
    gateway = FakeGateway()
    assert office.outbox.drain(gateway, office.clock()) == Drained()
    assert (gateway.taken, states(office)) == ([], ["stopped"])


def test_a_withdrawal_between_the_look_and_the_claim_stops_the_text(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.grant(office.contact, "notify")
    queue(office)
    read = office.fake.read

    def withdrawn_meanwhile(access: object) -> object:
        office.consents.withdraw(office.contact, "notify", office.clock())
        return read(access)  # type: ignore[arg-type] # the fake's own

    monkeypatch.setattr(office.fake, "read", withdrawn_meanwhile)
    gateway = FakeGateway()
    office.outbox.drain(gateway, office.clock())
    assert (gateway.taken, states(office)) == ([], ["stopped"])


def test_what_answers_a_persons_own_act_goes_without_the_grant_under_their_rights(
    office: Office,
) -> None:
    queue(office, template=Template.CODE)
    gateway = FakeGateway()
    assert office.outbox.drain(gateway, office.clock()).sent == 1
    assert "123456" in gateway.taken[0].words
    assert office.fake.looks == [(office.contact, "rights", "language,number")]


def test_a_person_erased_after_queuing_is_not_written_to(office: Office) -> None:
    queue(office, template=Template.CODE)
    office.fake.gone.add(office.contact)
    gateway = FakeGateway()
    assert office.outbox.drain(gateway, office.clock()) == Drained(stopped=1)
    assert gateway.taken == []


def test_a_busy_gateway_leaves_the_rest_queued_and_in_order(office: Office) -> None:
    office.grant(office.contact, "notify")
    ids = []
    for key in ("1", "2", "3"):
        ids.append(queue(office, key))
        office.clock.advance(1)
    gateway = FakeGateway([Answer.TAKEN, Answer.BUSY])
    assert office.outbox.drain(gateway, office.clock()).sent == 1
    assert sorted(states(office)) == ["queued", "queued", "sent"]
    assert office.outbox.drain(gateway, office.clock()).sent == 2
    assert [text.id for text in gateway.taken] == ids


def test_a_refused_text_fails_and_its_words_go(office: Office) -> None:
    office.grant(office.contact, "notify")
    queue(office)
    assert office.outbox.drain(FakeGateway([Answer.REFUSED]), office.clock()) == Drained(failed=1)
    (row,) = office.messages()
    assert (row.state, row.sealed, row.sent_at) == ("failed", None, None)
    assert office.leaves("message") == 1


def test_a_turn_sends_no_more_than_it_was_asked_to(office: Office) -> None:
    for key in ("1", "2", "3"):
        queue(office, key, Template.CODE)
    assert office.outbox.drain(FakeGateway(), office.clock(), most=2).sent == 2


def test_the_texts_of_a_case_stop_with_it(office: Office) -> None:
    case_id = office.opened()
    queue(office)
    with office.database.write() as connection:
        assert office.outbox.stop_case(connection, case_id) == 2
    assert sorted(states(office)) == ["queued", "stopped", "stopped"]


def test_a_text_of_an_unknown_version_is_stopped_not_sent_half(office: Office) -> None:
    office.grant(office.contact, "notify")
    queue(office)
    with office.database.write() as connection:
        connection.execute(update(message).values(template_version="never"))
    assert office.outbox.drain(FakeGateway(), office.clock()) == Drained(stopped=1)


def test_values_a_text_does_not_take_are_refused_before_anything_is_written(
    office: Office,
) -> None:
    with office.database.write() as connection, pytest.raises(RefusedError):
        office.outbox.queue(
            connection, office.contact, "k", Template.CODE, {}, None, office.clock()
        )
    assert states(office) == []


def test_the_file_gateway_writes_one_object_a_line_that_only_its_owner_reads(
    tmp_path: Path,
) -> None:
    gateway = FileGateway(tmp_path / "texts.jsonl")
    for number in range(2):
        text = Text(f"m{number}", CONTACT_NUMBER, "ваш код\n1", 5)
        assert gateway.send([text]) == [Said(Answer.TAKEN)]
    lines = gateway.path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["m0", "m1"]
    assert json.loads(lines[0])["words"] == "ваш код\n1"
    assert gateway.path.stat().st_mode & 0o777 == 0o600


def test_a_half_written_line_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_bytes(b'{"id": "torn')
    FileGateway(path).send([Text("m", CONTACT_NUMBER, "words", 5)])
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["id"] == "m"
