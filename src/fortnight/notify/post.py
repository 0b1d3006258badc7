"""What comes back: receipts of texts, and what people answer.

Whoever is not enrolled is not here: what they send is dropped, and counted. A person's words are
sealed under their key, and their entry of the log says what kind of reply it was.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from fortnight.db.message_tables import inbound, receipt_heard
from fortnight.errors import ConflictError, GoneError, RefusedError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf
from fortnight.notify.pace import Pace
from fortnight.notify.replies import Answer, Answers, ForPerson, Help, Reply, Stop, read_reply
from fortnight.notify.rows import insert_new
from fortnight.notify.settling import messages_of, settle, take_turn
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.notify.gateway import Incoming, Receipt
    from fortnight.notify.outbox import Outbox
    from fortnight.vault.door import Vault

REPEAT_MS: Final = 10 * 60_000
"""The same words from the same person within this time are one reply, which came twice."""
_ANSWERED: Final = {Stop: Template.STOPPED, Help: Template.HELP}


@dataclass(slots=True)
class Dropped:
    """What was dropped: it came from nobody who is enrolled."""

    receipts: int = 0
    replies: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """Takes in what a gateway hears: see `fortnight.notify.gateway.Heard`.

    Parameters
    ----------
    key : bytes
        By which a repeat is known without reading what was said.
    """

    database: Database
    vault: Vault
    consents: Consents
    outbox: Outbox
    answers: Answers
    random: Callable[[int], bytes]
    key: bytes = field(repr=False)
    pace: Pace = field(default_factory=Pace)
    dropped: Dropped = field(default_factory=Dropped)

    # -- receipts ----------------------------------------------------------------------------------

    def receipt(self, receipt: Receipt, now: int) -> None:
        """Write a receipt down, and end the texts that it is about."""
        person = self._person(receipt.number)
        if person is None:
            self.dropped.receipts += 1
            return
        row = {
            "id": self.random(16).hex(),
            "person": person,
            "reference": receipt.reference,
            "marker": receipt.marker,
            "outcome": receipt.outcome.value,
            "heard_at": now,
        }
        with self.database.write() as connection:
            take_turn(connection)
            if not insert_new(connection, receipt_heard, row, "reference", "person", "outcome"):
                return
            for one in messages_of(connection, person, receipt.reference, receipt.marker):
                settle(connection, one, now, self.random)

    # -- replies -----------------------------------------------------------------------------------

    def incoming(self, incoming: Incoming, now: int) -> None:
        """Do what a reply asks for, and keep it.

        What it asks for is done first: a crash in between makes it come again, and each of these
        acts may be done twice.
        """
        person = self._person(incoming.number)
        if person is None:
            self.dropped.replies += 1
            return
        words_hash = hmac.digest(self.key, f"{person} {incoming.words}".encode(), "sha256")
        if self._came_before(person, words_hash, now):
            return
        reply = read_reply(incoming.words)
        kind = self._do(person, reply, now)
        try:
            self._keep(person, kind, reply, incoming.words, words_hash, now)
        except GoneError:  # erased this moment: there is nobody to keep it of
            self.dropped.replies += 1

    def _person(self, number: str) -> str | None:
        try:
            return self.vault.person_with(number)
        except RefusedError:  # a name or a short number
            return None

    def _came_before(self, person: str, words_hash: bytes, now: int) -> bool:
        query = select(inbound.c.id).where(
            inbound.c.person == person,
            inbound.c.words_hash == words_hash,
            inbound.c.at > now - REPEAT_MS,
        )
        with self.database.read() as connection:
            return connection.scalar(query) is not None

    def _do(self, person: str, reply: Reply, now: int) -> str:
        """Do what a reply asks for; return its kind as it is kept."""
        if isinstance(reply, Stop):
            self._withdraw(person, now)
            return "stop"
        if isinstance(reply, Help):
            return "help"
        if isinstance(reply, Answer):
            today = self.pace.day(now, self.outbox.zones.of(person))
            taken = self.answers.taken(person, today, reply.number)
            return "answer" if taken else "for-person"
        return "for-person"

    def _withdraw(self, person: str, now: int) -> None:
        try:
            self.consents.withdraw(person, "notify", now)
        except ConflictError:
            return  # they had stopped before

    def _keep(
        self, person: str, kind: str, reply: Reply, words: str, words_hash: bytes, now: int
    ) -> None:
        reply_id = self.random(16).hex()
        text = reply.text if isinstance(reply, ForPerson) else words
        values = {
            "id": reply_id,
            "person": person,
            "at": now,
            "kind": kind,
            "sealed": self.vault.seal(person, text.encode(), label_of(reply_id)),
            "words_hash": words_hash,
        }
        detail = {"outcome": kind, "person": person, "reply": reply_id}
        with self.database.write() as connection:
            connection.execute(insert(inbound).values(values))
            add(connection, make_leaf("message", now, detail, None, self.random), now)
            self.outbox.answered(connection, person)
            self._answer(connection, person, reply, now)

    def _answer(self, connection: Connection, person: str, reply: Reply, now: int) -> None:
        """Answer STOP and HELP, once a day each: two machines must not write to each other."""
        template = _ANSWERED.get(type(reply))
        if template is not None:
            key = f"{template} {person} {self.pace.day(now)}"
            self.outbox.queue(connection, person, key, template, {}, None, now)


def label_of(reply_id: str) -> bytes:
    """Return the label under which a reply is sealed."""
    return b"reply " + reply_id.encode()
