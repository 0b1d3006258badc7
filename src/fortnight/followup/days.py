"""The days of follow-ups as they go on: what the clock asks for, and what an answer leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import insert, select, update

from fortnight.db.support_tables import follow_day, support_pause
from fortnight.errors import GoneError
from fortnight.followup.day import Act, Answered, Day, DayState, Feeling, step
from fortnight.followup.rows import Here, kept_of, seal_answer, together_with
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

    from fortnight.followup.answers import Answer
    from fortnight.followup.codes import Codes
    from fortnight.followup.day import Event
    from fortnight.followup.duty import DutyBell
    from fortnight.followup.emergency import Emergency
    from fortnight.followup.plan import Plan
    from fortnight.followup.record import Record
    from fortnight.notify.outbox import Outbox
    from fortnight.vault.door import Vault

_RECORDED: Final = {Act.ASK: "asked", Act.REMIND: "asked-again", Act.CALL: "call-wanted"}
_LISTENED: Final = {
    Feeling.RED_FLAG: ("urgent",),
    Feeling.UNWELL: ("unwell",),
    Feeling.NEEDS: (),
    Feeling.WELL: (),
}


class TicketDesk(Protocol):
    """Where tickets are opened: `isolation.tickets` is one."""

    def open(
        self, connection: Connection, row: Row[Any], need: str, note: str, now: int
    ) -> str | None:
        """Open a ticket for a follow-up, unless one of that need is open."""

    def heard(self, connection: Connection, row: Row[Any], now: int) -> None:
        """End the ticket that silence opened: they were heard of."""

    def unwanted(self, connection: Connection, row: Row[Any], now: int) -> None:
        """End every ticket of a follow-up: they took back that they are supported."""


@dataclass(frozen=True, slots=True)
class Days:
    """What is done on the days of follow-ups, always in the caller's transaction."""

    vault: Vault
    outbox: Outbox
    codes: Codes
    duty: DutyBell
    desk: TicketDesk
    record: Record

    def tick(self, connection: Connection, row: Row[Any], day: int, event: Event, at: Here) -> None:
        """Let a day go on by the clock; a day that is not asked on is left alone."""
        before = self._day(connection, row, day)
        after, acts = step(before, event)
        if after == before:
            return
        self._keep(connection, row, day, after, at, asked=Act.ASK in acts)
        self._do(connection, row, day, acts, at)

    def answer(
        self,
        connection: Connection,
        row: Row[Any],
        day: int,
        answer: Answer,
        feeling: Feeling,
        at: Here,
    ) -> Emergency | None:
        """Take an answer; return what is shown at once where it holds a red flag."""
        after, acts = step(self._day(connection, row, day), Answered(feeling, at.minute))
        self._keep(connection, row, day, after, at, asked=False)
        c = follow_day.c
        connection.execute(
            update(follow_day)
            .where(c.follow_up == row.id, c.day == day)
            .values(
                answered_at=at.now,
                channel=answer.channel,
                sealed=seal_answer(self.vault, row, day, answer),
            )
        )
        self.record.note(connection, row.person, "answered", answer.channel, at.now)
        if row.person is not None:
            self.outbox.answered(connection, row.person)
        if Act.LISTEN in acts:
            self._listen(connection, row, answer, feeling, at.now)
        self._do(connection, row, day, acts, at)
        if Act.RING_DUTY not in acts:
            return None
        self.record.note(connection, row.person, "red-flag", "shown", at.now)
        return self.duty.ring(connection, f"red-flag {row.id} {at.now // 600_000}", at.now)

    # -- parts -------------------------------------------------------------------------------------

    def _day(self, connection: Connection, row: Row[Any], day: int) -> Day:
        c = follow_day.c
        held = select(follow_day).where(c.follow_up == row.id, c.day == day)
        found = connection.execute(held).first()
        if found is None:
            return Day(by_voice=row.by_voice)
        return Day(DayState(found.state), found.since, row.by_voice)

    def _keep(
        self, connection: Connection, row: Row[Any], day: int, kept: Day, at: Here, *, asked: bool
    ) -> None:
        c = follow_day.c
        values: dict[str, object] = {"state": kept.state.value, "since": kept.since}
        if asked:
            values["asked_at"] = at.now
        same = update(follow_day).where(c.follow_up == row.id, c.day == day)
        if not connection.execute(same.values(values)).rowcount:
            own = {"follow_up": row.id, "day": day, "case_id": row.case_id}
            connection.execute(insert(follow_day).values(own | values))

    def _do(
        self, connection: Connection, row: Row[Any], day: int, acts: Iterable[Act], at: Here
    ) -> None:
        for act in acts:
            if act in {Act.ASK, Act.REMIND}:
                self._ask(connection, row, day, act, at)
            elif act is Act.CALL:
                self.desk.open(connection, row, "help", "", at.now)
            elif act is Act.END_CALL:
                self.desk.heard(connection, row, at.now)
            if act in _RECORDED:
                self.record.note(connection, row.person, _RECORDED[act], str(day), at.now)

    def _ask(self, connection: Connection, row: Row[Any], day: int, act: Act, at: Here) -> None:
        """Queue the day's text; of a household that answers together, to one of them."""
        if row.person is None or together_with(connection, row)[0].id != row.id:
            return
        again = act is Act.REMIND
        template = Template.QUESTION_AGAIN if again else Template.QUESTION
        values = {"code": self.codes.new(connection, row.person, at.now)}
        key = f"{template} {row.id} {day} {at.minute if again else ''}".strip()
        try:
            self.outbox.queue(connection, row.person, key, template, values, row.case_id, at.now)
        except GoneError:
            return  # erased this moment: there is nobody to ask

    def _listen(
        self, connection: Connection, row: Row[Any], answer: Answer, feeling: Feeling, now: int
    ) -> None:
        """Open a ticket for how they are, and one for each thing that they need."""
        needs = (*_LISTENED[feeling], *answer.needs)
        if feeling is Feeling.NEEDS and not answer.needs:
            needs = ("other",)
        for need in needs:
            self.desk.open(connection, row, need, answer.note, now)


def plan_of(vault: Vault, row: Row[Any]) -> Plan:
    """Return the plan of a follow-up."""
    return kept_of(vault, row).plan


def paused(connection: Connection, follow_up_id: str, now: int) -> str | None:
    """Return why a follow-up pauses at an instant (ms since 1970): hospital, appointment, None."""
    c = support_pause.c
    open_ones = select(c.kind).where(
        c.follow_up == follow_up_id,
        c.ended_at.is_(None),
        c.from_at <= now,
        c.until_at.is_(None) | (c.until_at > now),
    )
    return connection.scalar(open_ones.order_by(c.from_at).limit(1))
