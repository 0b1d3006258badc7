"""Two reminders after a text that waits for a word, then a call by a person. Nothing else follows.

A person who was heard from is left alone: by a reply, or by a call that somebody wrote down. So is
whoever took their grant back. A text that did not get through is for a call as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, select, update

from fortnight.db.message_tables import call_task
from fortnight.db.office_tables import call_record
from fortnight.db.tables import message
from fortnight.errors import GoneError
from fortnight.notify.pace import DAY_MS, HOUR_MS
from fortnight.notify.templates import AWAITED, CALLED_IF_LOST, OWN_ACTS, Template

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from fortnight.notify.outbox import Outbox

REMINDERS: Final = 2
BETWEEN_MS: Final = DAY_MS
"""From a text to its reminder, from that to the next, and from the last to the call."""
UNKNOWN_MS: Final = HOUR_MS
"""How long a receipt may still say what became of an unknown text, before somebody calls."""
_WITH_THEM: Final = ("sent", "delivered")
_NOT_REACHED: Final = ("no-answer", "wrong-number")
_MOST_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Turned:
    """What one turn did."""

    reminded: int = 0
    to_call: int = 0


@dataclass(frozen=True, slots=True)
class Reminders:
    """Reminds, and hands over to people."""

    outbox: Outbox

    def turn(self, now: int) -> Turned:
        """Remind whoever has not been heard from; ask for calls. Doing it again does nothing."""
        with self.outbox.database.write() as connection:
            reminded, silent = self._awaiting(connection, now)
            return Turned(reminded, silent + self._lost(connection, now))

    def _awaiting(self, connection: Connection, now: int) -> tuple[int, int]:
        reminded = silent = 0
        for row in _awaiting(connection, now):
            reminders = _reminders(connection, row.id)
            if self._is_over(connection, row):
                connection.execute(
                    update(message).where(message.c.id == row.id).values(awaits=False)
                )
            elif now < row.sent_at + BETWEEN_MS * (len(reminders) + 1):
                continue
            elif len(reminders) < REMINDERS:
                reminded += self._remind(connection, row, len(reminders) + 1, now)
            else:
                silent += self._to_call(connection, row, row.id, "no-answer", now)
        return reminded, silent

    def _is_over(self, connection: Connection, row: Row[Any]) -> bool:
        """Tell whether nothing is waited for: the grant is gone, or somebody spoke to them."""
        if not self.outbox.consents.live(connection, row.person, "notify"):
            return True
        words = row.key.split(" ")  # "told", case, contact, decision: see case.cases.told_key
        contact = words[2] if len(words) > 2 else None  # noqa: PLR2004 - the third
        spoken = select(func.count()).where(
            call_record.c.case_id == row.case_id,
            call_record.c.contact == contact,
            call_record.c.at >= row.made_at,
            call_record.c.outcome.not_in(_NOT_REACHED),
        )
        return bool(connection.scalar(spoken))

    def _remind(self, connection: Connection, row: Row[Any], number: int, now: int) -> int:
        key = f"remind {row.id} {number}"
        try:
            self.outbox.queue(
                connection,
                row.person,
                key,
                Template.REMINDER,
                {},
                row.case_id,
                now,
                reminds=row.id,
            )
        except GoneError:  # erased a moment ago
            return 0
        return 1

    def _to_call(
        self, connection: Connection, row: Row[Any], about: str, reason: str, now: int
    ) -> int:
        connection.execute(update(message).where(message.c.id == about).values(awaits=False))
        there = select(call_task.c.id).where(call_task.c.message == about)
        if connection.scalar(there) is not None:
            return 0
        values = {
            "id": self.outbox.random(16).hex(),
            "person": row.person,
            "message": about,
            "case_id": row.case_id,
            "reason": reason,
            "made_at": now,
        }
        connection.execute(insert(call_task).values(values))
        return 1

    def _lost(self, connection: Connection, now: int) -> int:
        made = 0
        for row in _lost(connection, now):
            own = Template(row.template) in OWN_ACTS
            if own or self.outbox.consents.live(connection, row.person, "notify"):
                made += self._to_call(connection, row, row.reminds or row.id, row.state, now)
        return made


def _awaiting(connection: Connection, now: int) -> list[Row[Any]]:
    """Return the texts whose next step may be due, oldest first."""
    query = (
        select(message)
        .where(
            message.c.awaits,
            message.c.template.in_(sorted(AWAITED)),
            message.c.state.in_(_WITH_THEM),
            message.c.sent_at <= now - BETWEEN_MS,
        )
        .order_by(message.c.sent_at, message.c.id)
        .limit(_MOST_AT_ONCE)
    )
    return list(connection.execute(query))


def _reminders(connection: Connection, message_id: str) -> list[str]:
    return list(connection.scalars(select(message.c.id).where(message.c.reminds == message_id)))


def _lost(connection: Connection, now: int) -> list[Row[Any]]:
    """Return the texts that did not get through, and of which nobody was asked to call."""
    tasked = select(call_task.c.message)
    about = func.coalesce(message.c.reminds, message.c.id)
    is_lost = (message.c.state == "failed") | (
        (message.c.state == "unknown") & (message.c.claimed_at <= now - UNKNOWN_MS)
    )
    query = (
        select(message)
        .where(is_lost, message.c.template.in_(sorted(CALLED_IF_LOST)), about.not_in(tasked))
        .order_by(message.c.made_at, message.c.id)
        .limit(_MOST_AT_ONCE)
    )
    return list(connection.execute(query))
