"""What every part of follow-up shares: its rooms, a line of a list, and how an answer is taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from fortnight.db.support_tables import follow_day, support_ticket
from fortnight.errors import QuestionError
from fortnight.followup.answers import feeling, has_symptoms
from fortnight.followup.day import DayState, Feeling
from fortnight.followup.days import paused
from fortnight.followup.rows import CASE, State, here, kept_of
from fortnight.notify.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection, Row

    from fortnight.db.engine import Database
    from fortnight.followup.answers import Answer
    from fortnight.followup.beginning import Beginnings
    from fortnight.followup.codes import Codes
    from fortnight.followup.days import Days
    from fortnight.followup.due import Mark
    from fortnight.followup.emergency import Emergency
    from fortnight.followup.rows import Here
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

UNANSWERED: Final = ("asked", "reminded", "reminded-again", "to-call")


@dataclass(frozen=True, slots=True)
class FollowLine:
    """One follow-up, without who it is or what they said. Days count from 1970."""

    id: str
    case_id: str
    contact: str | None
    state: State
    by_voice: bool
    household: str | None
    first_day: int
    end_day: int
    today: DayState | None
    unanswered: int
    open_tickets: int
    paused: str | None


@dataclass(frozen=True, slots=True)
class AnsweredDay:
    """What an answer came to, and what is shown at once where it holds a red flag."""

    day: int
    feeling: Feeling
    emergency: Emergency | None


@dataclass(frozen=True, slots=True)
class Parts:
    """What follow-up is made of. ``clock`` is for replies by text, which bring no time.

    ``settled``: by follow-up, what the last turn depended on, and when the next may do something.
    """

    database: Database
    vault: Vault
    beginnings: Beginnings
    days: Days
    codes: Codes
    zone: ZoneInfo
    clock: Callable[[], int]
    settled: dict[str, tuple[Mark, int | None]] = field(default_factory=dict, repr=False)

    @property
    def zones(self) -> Zones:
        """Where people say that they are."""
        return Zones(self.database, self.vault, self.zone)

    def here(self, person: str | None, now: int) -> Here:
        """Return an instant (ms since 1970) as somebody's own day and minute."""
        return here(now, self.zones.of(person))

    def note_zone(
        self,
        connection: Connection,
        person: str,
        name: str | None,
        now: int,
        reader: Reader | None = None,
    ) -> None:
        """Keep where somebody is; the record says that it changed, and not to where."""
        self.zones.choose(connection, person, name, now)
        word = "district-time" if name is None else "own-time"
        self.days.record.note(connection, person, "time-zone", word, now, reader)

    def take(
        self, connection: Connection, row: Row[Any], day: int, answer: Answer, now: int
    ) -> AnsweredDay:
        """Take an answer for a day of a follow-up, in the caller's transaction."""
        at, plan = self.here(row.person, now), kept_of(self.vault, row).plan
        if not row.first_day <= day <= at.day:
            raise QuestionError("This day is not one of the follow-up, or is yet to come.")
        felt = feeling(plan, answer)
        shown = self.days.answer(connection, row, day, answer, felt, at)
        if has_symptoms(plan, answer):
            self.beginnings.replan(connection, row, now)
        return AnsweredDay(day, felt, shown)

    def line(self, connection: Connection, row: Row[Any], now: int) -> FollowLine:
        """Return a follow-up as a line of a list, which names nobody."""
        at, d, t = self.here(row.person, now), follow_day.c, support_ticket.c
        today = connection.scalar(select(d.state).where(d.follow_up == row.id, d.day == at.day))
        silent = select(func.count()).where(d.follow_up == row.id, d.state.in_(UNANSWERED))
        tickets = select(func.count()).where(t.follow_up == row.id, t.ended_at.is_(None))
        return FollowLine(
            id=row.id,
            case_id=row.case_id,
            contact=None if row.contact == CASE else row.contact,
            state=row.state,
            by_voice=row.by_voice,
            household=row.household,
            first_day=row.first_day,
            end_day=row.end_day,
            today=None if today is None else DayState(today),
            unanswered=int(connection.scalar(silent) or 0),
            open_tickets=int(connection.scalar(tickets) or 0),
            paused=paused(connection, row.id, now),
        )
