"""A receipt that is heard while the answer that names its part is being written down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from tests.case_world import CONTACT_NUMBER, SECRET, FakeGateway, Office
from tests.services import Clock, seeded

from fortnight.notify import outbox as outbox_module
from fortnight.notify.gateway import Answer, Outcome, Receipt, Said
from fortnight.notify.post import Post
from fortnight.notify.replies import NoQuestions
from fortnight.notify.settling import settle
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Connection

    from fortnight.db.engine import Database

OFTEN_ENOUGH_S = 0.5
"""How long the answer stays open: a receipt that does not wait for it is written down by then."""


def test_neither_misses_the_other(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(database, clock, seeded().randbytes)
    office.grant(office.contact, "notify")
    post = Post(
        database, office.vault, office.consents, office.outbox, NoQuestions(), seeded(2).randbytes,
        SECRET,
    )  # fmt: skip
    with database.write() as connection:
        office.outbox.queue(
            connection, office.contact, "1", Template.PLEASE_CALL, {}, None, clock()
        )
    receipt = Receipt("part", CONTACT_NUMBER, None, Outcome.DELIVERED)

    with ThreadPoolExecutor(1) as phone:
        heard = []

        def settled(connection: Connection, *rest: object) -> None:
            settle(connection, *rest)  # type: ignore[arg-type] # handed on as they came
            heard.append(phone.submit(post.receipt, receipt, clock()))
            wait(heard, OFTEN_ENOUGH_S)

        monkeypatch.setattr(outbox_module, "settle", settled)
        office.outbox.drain(FakeGateway([Said(Answer.TAKEN, ("part",))]), clock())
        for one in heard:
            one.result()
    assert len(heard) == 1
    assert [row.state for row in office.messages()] == ["delivered"]
