"""What texts leave for people to do: calls, replies to read, and texts nobody knows the end of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from fortnight.db.message_tables import call_task, inbound
from fortnight.db.tables import message
from fortnight.errors import ConflictError, RefusedError
from fortnight.notify.post import label_of
from fortnight.notify.rows import log_end, moved
from fortnight.vault.purposes import Field, Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Table

    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader


@dataclass(frozen=True, slots=True)
class ToCall:
    """Somebody whom no text reaches; ``reason``: no-answer, unknown or failed."""

    id: str
    message: str
    case_id: str | None
    reason: str
    made_at: int


@dataclass(frozen=True, slots=True)
class ToRead:
    """A reply that a person has to read; its words are opened one by one."""

    id: str
    at: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """A text of which nobody knows whether it came."""

    id: str
    case_id: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Opened:
    """Whom a task is about, and what they wrote: out of every representation."""

    person: str = field(repr=False)
    number: str = field(repr=False)
    language: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """The lists, and what is done with what is on them."""

    database: Database
    vault: Vault
    random: Callable[[int], bytes]

    def to_call(self) -> tuple[ToCall, ...]:
        """Return whom to call, the longest waiting first."""
        query = select(call_task).where(call_task.c.done_at.is_(None))
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(call_task.c.made_at, call_task.c.id))
            return tuple(
                ToCall(row.id, row.message, row.case_id, row.reason, row.made_at) for row in rows
            )

    def to_read(self) -> tuple[ToRead, ...]:
        """Return the replies that nobody has dealt with, the oldest first."""
        query = select(inbound.c.id, inbound.c.at).where(
            inbound.c.kind == "for-person", inbound.c.done_at.is_(None)
        )
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(inbound.c.at, inbound.c.id))
            return tuple(ToRead(row.id, row.at) for row in rows)

    def unknown(self) -> tuple[Unknown, ...]:
        """Return the texts that nobody knows the end of, the oldest first."""
        query = select(message.c.id, message.c.case_id, message.c.claimed_at, message.c.made_at)
        of_them = query.where(message.c.state == "unknown")
        with self.database.read() as connection:
            rows = connection.execute(of_them.order_by(message.c.made_at, message.c.id))
            return tuple(
                Unknown(row.id, row.case_id, row.claimed_at or row.made_at) for row in rows
            )

    def waiting(self) -> int:
        """Return how much there is to do: calls, and replies to read."""
        return len(self.to_call()) + len(self.to_read())

    def open_reply(self, reply_id: str, reader: Reader, now: int) -> Opened:
        """Return what somebody wrote, and their number to call back: a look, committed first.

        Raises RefusedError where there is no such reply, or its person agreed to nothing that
        allows it any more.
        """
        with self.database.read() as connection:
            row = connection.execute(select(inbound).where(inbound.c.id == reply_id)).first()
        if row is None:
            raise RefusedError("There is no such reply.")
        number, language = self._reach(row.person, None, reader, now)
        words = self.vault.unseal(row.person, row.sealed, label_of(row.id)).decode()
        return Opened(row.person, number, language, words)

    def open_call(self, task_id: str, reader: Reader, now: int) -> Opened:
        """Return the number of somebody to call: a look, committed first."""
        with self.database.read() as connection:
            row = connection.execute(select(call_task).where(call_task.c.id == task_id)).first()
        if row is None:
            raise RefusedError("There is no such call to make.")
        number, language = self._reach(row.person, row.case_id, reader, now)
        return Opened(row.person, number, language, "")

    def called(self, task_id: str, account: str, now: int) -> None:
        """Note that a call was made. Raises ConflictError where somebody else did."""
        self._done(call_task, task_id, account, now)

    def answered(self, reply_id: str, account: str, now: int) -> None:
        """Note that a reply was dealt with. Raises ConflictError where somebody else did."""
        self._done(inbound, reply_id, account, now)

    def resolve(self, message_id: str, account: str, now: int, *, arrived: bool) -> None:
        """Say what became of an unknown text, as its person told: it is never sent again.

        Raises ConflictError where a receipt or a colleague said it before.
        """
        end = "delivered" if arrived else "failed"
        with self.database.write() as connection:
            query = select(message).where(message.c.id == message_id)
            row = connection.execute(query).first()
            if row is None:
                raise RefusedError("There is no such text.")
            if not moved(connection, message_id, "unknown", end, resolved_by=account):
                raise ConflictError("What became of this text is known already.")
            log_end(connection, row, end, row.language, now, self.random, by=account)

    def _done(self, table: Table, row_id: str, account: str, now: int) -> None:
        with self.database.write() as connection:
            done = connection.execute(
                update(table)
                .where(table.c.id == row_id, table.c.done_at.is_(None))
                .values(done_at=now, done_by=account)
            )
        if done.rowcount != 1:
            raise ConflictError("Somebody did this already.")

    def _reach(self, person: str, case_id: str | None, reader: Reader, now: int) -> tuple[str, str]:
        fields = (Field.NUMBER, Field.LANGUAGE)
        access = self.vault.open_access(reader, Purpose.NOTIFY, case_id, fields, (person,), now)
        read = self.vault.read(access).get(person)
        if read is None:
            raise RefusedError("This person may not be written to or called any more.")
        return str(read[Field.NUMBER]), str(read[Field.LANGUAGE])
