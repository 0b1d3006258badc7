"""Texts that are to be sent, in the transaction of their reason; and how each is sent once at most.

A text is claimed (state ``sending``, committed) before the gateway hears of it. Whoever dies in
between leaves it ``sending``: nobody knows whether it was taken, so it becomes ``unknown`` and is
never sent by itself again. What was not claimed is still ``queued``: it is sent later.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from fortnight.db.tables import message
from fortnight.errors import GoneError, RefusedError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf
from fortnight.notify.gateway import Answer, Text
from fortnight.notify.templates import (
    OWN_ACTS,
    Template,
    check_values,
    current,
    language_for,
    purpose_of,
    render,
)
from fortnight.vault.purposes import Field, Purpose, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Row

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.notify.gateway import Gateway
    from fortnight.vault.door import Vault

    _Message: TypeAlias = Row[tuple[object, ...]]

_MOST_AT_ONCE: Final = 200
_ENDS: Final[Mapping[Answer, str]] = {
    Answer.TAKEN: "sent",
    Answer.REFUSED: "failed",
    Answer.BUSY: "queued",
}


@dataclass(frozen=True, slots=True)
class Drained:
    """What one turn of the outbox did, in texts."""

    sent: int = 0
    stopped: int = 0
    failed: int = 0
    unknown: int = 0


class _Address(NamedTuple):
    number: str
    language: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """The texts to people.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    district : str
        Whose service this is; people see it in the look that each text leaves.
    """

    database: Database
    vault: Vault
    consents: Consents
    random: Callable[[int], bytes]
    district: str

    # -- in the caller's transaction ---------------------------------------------------------------

    def queue(
        self,
        connection: Connection,
        person: str,
        key: str,
        template: Template,
        values: Mapping[str, str],
        case_id: str | None,
        now: int,
    ) -> str:
        """Queue a text in the caller's transaction, and return the message's id.

        ``key`` names the reason: the same reason never texts twice, and the id of the first is
        returned. Raises RefusedError for values that the text does not take, GoneError where the
        person was erased.
        """
        check_values(template, values)
        message_id = self.random(16).hex()
        row = {
            "id": message_id,
            "person": person,
            "key": key,
            "case_id": case_id,
            "template": template.value,
            "template_version": current(template).version,
            "language": "",  # known once it is sent: reading it leaves a look
            "purpose": purpose_of(template),
            "sealed": self.vault.seal(person, msgspec.json.encode(values), _label(message_id)),
            "state": "queued",
            "made_at": now,
        }
        _insert_new(connection, row)
        return str(connection.scalar(select(message.c.id).where(message.c.key == key)))

    def stop_case(self, connection: Connection, case_id: str) -> int:
        """Stop every queued text of a case in the caller's transaction; return how many."""
        stopped = connection.execute(
            update(message)
            .where(message.c.case_id == case_id, message.c.state == "queued")
            .values(state="stopped", sealed=None)
        )
        return stopped.rowcount

    # -- by itself ---------------------------------------------------------------------------------

    def recover(self, now: int) -> int:
        """Mark what a process left half sent as unknown; return how many.

        For the start of the one process that drains: another's texts would be marked too.
        """
        with self.database.write() as connection:
            left = connection.execute(select(message).where(message.c.state == "sending")).all()
            for row in left:
                self._end(connection, row, "unknown", row.language, now)
        return len(left)

    def drain(self, gateway: Gateway, now: int, *, most: int = _MOST_AT_ONCE) -> Drained:
        """Send what is queued, oldest first, at most ``most`` texts.

        Stops early where the gateway is busy, or broke: the rest stays queued.
        """
        done: Counter[str] = Counter()
        for row in self._queued(most):
            end = self._send(gateway, row, now)
            done[end] += 1
            if end in {"queued", "unknown"}:
                break
        return Drained(done["sent"], done["stopped"], done["failed"], done["unknown"])

    def _queued(self, most: int) -> list[_Message]:
        with self.database.read() as connection:
            return list(
                connection.execute(
                    select(message)
                    .where(message.c.state == "queued")
                    .order_by(message.c.made_at, message.c.id)
                    .limit(most)
                )
            )

    def _send(self, gateway: Gateway, row: _Message, now: int) -> str:
        """Send one text; return the state in which it ends."""
        if not self._allowed(None, row):
            return self._stop(row)
        try:
            address = self._address(row, now)
            text = self._text(row, address, now)
        except (RefusedError, GoneError):  # withdrawn or erased a moment ago
            return self._stop(row)
        if not self._claim(row, address):
            return self._stop(row)  # or another process has it, and this changes nothing
        # From here to the last commit a death leaves it unknown, never queued.
        try:
            end = _ENDS[gateway.send(text)]
        except Exception:  # noqa: BLE001 - whatever broke, nobody knows whether it was taken
            end = "unknown"
        with self.database.write() as connection:
            self._end(connection, row, end, address.language, now)
        return end

    def _allowed(self, connection: Connection | None, row: _Message) -> bool:
        if Template(row.template) in OWN_ACTS:
            return True
        return self.consents.live(connection, row.person, "notify")

    def _address(self, row: _Message, now: int) -> _Address:
        """Read the number and the language, under a look that was committed first."""
        reader = Reader("service", "outbox", self.district)
        fields = (Field.NUMBER, Field.LANGUAGE)
        people = (row.person,)
        access = self.vault.open_access(
            reader, Purpose(row.purpose), row.case_id, fields, people, now
        )
        values = self.vault.read(access).get(row.person)
        if values is None:
            raise RefusedError("The person may not be written to any more.")
        return _Address(str(values[Field.NUMBER]), language_for(str(values[Field.LANGUAGE])))

    def _text(self, row: _Message, address: _Address, now: int) -> Text:
        sealed = self.vault.unseal(row.person, row.sealed, _label(row.id))
        values = msgspec.json.decode(sealed, type=dict[str, str])
        words = render(Template(row.template), row.template_version, address.language, values)
        return Text(row.id, address.number, words, now)

    def _claim(self, row: _Message, address: _Address) -> bool:
        """Take a text for sending, unless the grant went or another process took it."""
        with self.database.write() as connection:
            if not self._allowed(connection, row):
                return False
            return _moved(connection, row.id, "queued", "sending", language=address.language)

    def _stop(self, row: _Message) -> str:
        with self.database.write() as connection:
            stopped = _moved(connection, row.id, "queued", "stopped", sealed=None)
        return "stopped" if stopped else "elsewhere"

    def _end(
        self,
        connection: Connection,
        row: _Message,
        end: str,
        language: str,
        now: int,
    ) -> None:
        if end == "queued":
            _moved(connection, row.id, "sending", "queued")
            return
        sent_at = now if end == "sent" else None
        _moved(connection, row.id, "sending", end, sealed=None, sent_at=sent_at)
        detail = {
            "language": language,
            "message": row.id,
            "outcome": end,
            "person": row.person,
            "template": row.template,
            "version": row.template_version,
        }
        office = {"case": row.case_id or ""}
        add(connection, make_leaf("message", now, detail, office, self.random), now)


def _label(message_id: str) -> bytes:
    return b"message " + message_id.encode()


def _insert_new(connection: Connection, row: Mapping[str, object]) -> None:
    """Insert a message unless its key is there."""
    made = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = made.insert(message).values(row).on_conflict_do_nothing(index_elements=["key"])
    connection.execute(statement)


def _moved(
    connection: Connection, message_id: str, before: str, after: str, **changed: object
) -> bool:
    """Move a message from one state to the next; False where it is no longer there."""
    moved = connection.execute(
        update(message)
        .where(message.c.id == message_id, message.c.state == before)
        .values(state=after, **changed)
    )
    return moved.rowcount == 1
