"""Texts that are to be sent, in the transaction of their reason; and how each is sent once at most.

A text is claimed (state ``sending``, committed) before the gateway hears of it. Whoever dies in
between leaves it ``sending``: nobody knows whether it was taken, so it becomes ``unknown`` and is
never sent by itself again. What was not claimed is still ``queued``: it is sent later. A row is
the job of sending it: durable, taken by one, and found again after a crash.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from sqlalchemy import insert, select, update

from fortnight.db.message_tables import message_part
from fortnight.db.tables import message
from fortnight.errors import GoneError, RefusedError
from fortnight.notify.gateway import Answer, Said, Text
from fortnight.notify.pace import DAY_MS, HOUR_MS, Pace
from fortnight.notify.rows import carried_since, due, insert_new, log_end, moved
from fortnight.notify.segments import cut
from fortnight.notify.settling import settle, take_turn
from fortnight.notify.templates import (
    AWAITED,
    OWN_ACTS,
    Template,
    check_values,
    current,
    language_for,
    purpose_of,
    render,
)
from fortnight.notify.zones import Zones
from fortnight.vault.purposes import Field, Purpose, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.notify.gateway import Gateway
    from fortnight.notify.rows import MessageRow
    from fortnight.vault.door import Vault

_MOST_AT_ONCE: Final = 200
_ENDS: Final[Mapping[Answer, str]] = {
    Answer.TAKEN: "sent",
    Answer.REFUSED: "failed",
    Answer.BUSY: "queued",
    Answer.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Drained:
    """What one turn of the outbox did, in texts."""

    sent: int = 0
    stopped: int = 0
    failed: int = 0
    unknown: int = 0


class _Ready(NamedTuple):
    """A text that could go: its row, what goes, and in which language."""

    row: MessageRow
    text: Text
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
    line : str
        The published number, at which people find out who wrote; empty where there is none.
    """

    database: Database
    vault: Vault
    consents: Consents
    random: Callable[[int], bytes]
    district: str
    pace: Pace = field(default_factory=Pace)
    line: str = ""

    @property
    def zones(self) -> Zones:
        """Where people say that they are."""
        return Zones(self.database, self.vault, self.pace.zone)

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
        *,
        reminds: str | None = None,
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
            "sealed": self.vault.seal(person, msgspec.json.encode(values), label_of(message_id)),
            "state": "queued",
            "made_at": now,
            "awaits": template in AWAITED,
            "reminds": reminds,
        }
        insert_new(connection, message, row, "key")
        return str(connection.scalar(select(message.c.id).where(message.c.key == key)))

    def stop_case(self, connection: Connection, case_id: str) -> int:
        """Stop every queued text of a case in the caller's transaction; return how many.

        Nobody is reminded of those that went already.
        """
        of_case = message.c.case_id == case_id
        connection.execute(update(message).where(of_case).values(awaits=False))
        stopped = connection.execute(
            update(message)
            .where(of_case, message.c.state == "queued")
            .values(state="stopped", sealed=None)
        )
        return stopped.rowcount

    def answered(self, connection: Connection, person: str) -> None:
        """Note that a person was heard from: they are not reminded any more."""
        awaiting = (message.c.person == person, message.c.awaits)
        connection.execute(update(message).where(*awaiting).values(awaits=False))
        reminders = (message.c.person == person, message.c.reminds.is_not(None))
        connection.execute(
            update(message)
            .where(*reminders, message.c.state == "queued")
            .values(state="stopped", sealed=None)
        )

    # -- by itself ---------------------------------------------------------------------------------

    def recover(self, now: int) -> int:
        """Mark what a process left half sent as unknown; return how many.

        For the start of the one process that drains: another's texts would be marked too.
        """
        with self.database.write() as connection:
            take_turn(connection)
            left = connection.execute(select(message).where(message.c.state == "sending")).all()
            for row in left:
                self._end(connection, row, "unknown", row.language, now)
                settle(connection, row.id, now, self.random)
        return len(left)

    def drain(self, gateway: Gateway, now: int, *, most: int = _MOST_AT_ONCE) -> Drained:
        """Send what is due, oldest first, at most ``most`` texts.

        Stops early where the gateway is busy, or broke: the rest stays queued.
        """
        done: Counter[str] = Counter()
        left = most
        while left > 0 and gateway.ready(now):
            rows = self._due(min(left, gateway.window), now)
            ends = self._send(gateway, rows, now)
            done.update(ends)
            left -= len(rows)
            if not rows or {"queued", "unknown"} & set(ends):
                break
        return Drained(done["sent"], done["stopped"], done["failed"], done["unknown"])

    def _due(self, most: int, now: int) -> list[MessageRow]:
        with self.database.read() as connection:
            return due(connection, now, most, quiet=self.pace.is_quiet(now))

    def _send(self, gateway: Gateway, rows: Sequence[MessageRow], now: int) -> list[str]:
        """Send texts; return the states in which they end."""
        ends: list[str] = []
        awake = self._awake(rows, now, ends)
        ready = [one for row in awake if (one := self._prepared(row, now, ends)) is not None]
        claimed = self._claim(ready, now, ends)
        # From here to the last commit a death leaves them unknown, never queued.
        said = _handed(gateway, [one.text for one in claimed])
        with self.database.write() as connection:
            take_turn(connection)
            for one, answer in zip(claimed, said, strict=True):
                self._write_down(connection, one, answer, now)
        return ends + [_ENDS[answer.answer] for answer in said]

    def _awake(self, rows: Sequence[MessageRow], now: int, ends: list[str]) -> list[MessageRow]:
        """Put off until morning what is for people who say that they are where it is night."""
        with self.database.read() as connection:
            zones = self.zones.among(connection, {row.person for row in rows})
        awake = []
        for row in rows:
            zone = zones.get(row.person)
            is_own = Template(row.template) in OWN_ACTS
            if is_own or zone is None or not self.pace.is_quiet(now, zone):
                awake.append(row)
                continue
            self._put_off(row, self.pace.morning(now, zone))
            ends.append("later")
        return awake

    def _put_off(self, row: MessageRow, until: int) -> None:
        with self.database.write() as connection:
            moved(connection, row.id, "queued", "queued", not_before=until)

    def _prepared(self, row: MessageRow, now: int, ends: list[str]) -> _Ready | None:
        """Return a text as it goes, or None where it ends otherwise, which joins ``ends``."""
        if not self._allowed(None, row):
            ends.append(self._stop(row))
            return None
        if self._is_too_many(row, now):
            ends.append("later")
            return None
        try:
            return self._addressed(row, now)
        except (RefusedError, GoneError):  # withdrawn or erased a moment ago
            ends.append(self._stop(row))
            return None

    def _allowed(self, connection: Connection | None, row: MessageRow) -> bool:
        if Template(row.template) in OWN_ACTS:
            return True
        return self.consents.live(connection, row.person, "notify")

    def _is_too_many(self, row: MessageRow, now: int) -> bool:
        """Put a text off where its person had too many today."""
        if Template(row.template) in OWN_ACTS:
            return False
        with self.database.write() as connection:
            if carried_since(connection, row.person, now - DAY_MS) < self.pace.a_day:
                return False
            moved(connection, row.id, "queued", "queued", not_before=now + HOUR_MS)
        return True

    def _addressed(self, row: MessageRow, now: int) -> _Ready:
        """Read the number and the language, under a look that was committed first."""
        reader = Reader("service", "outbox", self.district)
        fields, people = (Field.NUMBER, Field.LANGUAGE), (row.person,)
        access = self.vault.open_access(
            reader, Purpose(row.purpose), row.case_id, fields, people, now
        )
        read = self.vault.read(access).get(row.person)
        if read is None:
            raise RefusedError("The person may not be written to any more.")
        language = language_for(str(read[Field.LANGUAGE]))
        words = self._words(row, language)
        return _Ready(row, Text(row.id, str(read[Field.NUMBER]), words, now), language)

    def _words(self, row: MessageRow, language: str) -> str:
        sealed = self.vault.unseal(row.person, row.sealed, label_of(row.id))
        values = msgspec.json.decode(sealed, type=dict[str, str])
        return render(Template(row.template), row.template_version, language, values, self.line)

    def _claim(self, ready: Sequence[_Ready], now: int, ends: list[str]) -> list[_Ready]:
        """Take texts for sending, unless the grant went or another process took them."""
        claimed = []
        with self.database.write() as connection:
            for one in ready:
                changed = {
                    "language": one.language,
                    "claimed_at": now,
                    "parts": len(cut(one.text.words)),
                }
                if not self._allowed(connection, one.row):
                    moved(connection, one.row.id, "queued", "stopped", sealed=None)
                    ends.append("stopped")
                elif moved(connection, one.row.id, "queued", "sending", **changed):
                    claimed.append(one)
        return claimed

    def _stop(self, row: MessageRow) -> str:
        with self.database.write() as connection:
            stopped = moved(connection, row.id, "queued", "stopped", sealed=None)
        return "stopped" if stopped else "elsewhere"

    def _write_down(self, connection: Connection, one: _Ready, said: Said, now: int) -> None:
        """Write down what the gateway said, and what a receipt said before it."""
        self._end(connection, one.row, _ENDS[said.answer], one.language, now)
        if said.answer in (Answer.TAKEN, Answer.UNKNOWN):
            for part, reference in enumerate(said.references):
                values = {"message": one.row.id, "part": part, "reference": reference}
                connection.execute(insert(message_part).values(values))
            settle(connection, one.row.id, now, self.random)

    def _end(
        self, connection: Connection, row: MessageRow, end: str, language: str, now: int
    ) -> None:
        if end == "queued":
            moved(connection, row.id, "sending", "queued")
            return
        sent_at = now if end == "sent" else None
        moved(connection, row.id, "sending", end, sealed=None, sent_at=sent_at)
        log_end(connection, row, end, language, now, self.random)


def _handed(gateway: Gateway, texts: Sequence[Text]) -> Sequence[Said]:
    if not texts:
        return ()
    try:
        return gateway.send(texts)
    except Exception:  # noqa: BLE001 - whatever broke, nobody knows what was taken
        return [Said(Answer.UNKNOWN)] * len(texts)


def label_of(message_id: str) -> bytes:
    """Return the label under which the words of a text are sealed."""
    return b"message " + message_id.encode()
