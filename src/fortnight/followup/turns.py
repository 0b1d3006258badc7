"""Follow-up as the clock moves it: begin, ask, remind, call, end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, select

from fortnight.db.support_tables import exposure_reply, follow_day
from fortnight.db.tables import case_file
from fortnight.errors import GoneError, RefusedError
from fortnight.followup.day import DayOver, Tick
from fortnight.followup.days import paused
from fortnight.followup.due import due_at, marks
from fortnight.followup.parts import UNANSWERED, Parts
from fortnight.followup.rows import kept_of, row_of
from fortnight.followup.told import begin_told

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from fortnight.followup.due import Mark
    from fortnight.followup.rows import Here


_REPLY_WAITS_MS: Final = 3 * 86_400_000


class Turns(Parts):
    """What is due by the clock."""

    __slots__ = ()

    def turn(self, now: int) -> int:
        """Do what is due now: begin, ask, remind, call, end. Return how many were looked at.

        One at which nothing changed since it was last looked at, and for which the clock has
        nothing to do yet, is left alone: it costs no transaction.
        """
        begin_told(self.beginnings, now)
        with self.database.read() as connection:
            found = marks(connection, self.zones, now, self.beginnings.consents)
        for gone in self.settled.keys() - found.keys():
            self.settled.pop(gone, None)
        due = [one for one, marked in found.items() if not self._is_settled(one, *marked)]
        done = 0
        for follow_up_id in due:
            mark, at = found[follow_up_id]
            with contextlib.suppress(GoneError, RefusedError):  # erased or swept this moment
                done += self._turn(follow_up_id, at)
            self.settled[follow_up_id] = mark, due_at(mark, at)
        return done

    def _is_settled(self, follow_up_id: str, mark: Mark, at: Here) -> bool:
        before, next_minute = self.settled.get(follow_up_id, (None, 0))
        return before == mark and (next_minute is None or at.minute < next_minute)

    def _turn(self, follow_up_id: str, at: Here) -> bool:
        with self.database.write() as connection:
            row = row_of(connection, follow_up_id)
            if row.state != "running":
                return False
            if not self.beginnings.is_willing(connection, row.person):
                # Else their silence would open a ticket, and somebody would ring them up for it.
                self.beginnings.end(connection, row, "stopped", at.now)
                self.days.desk.unwanted(connection, row, at.now)
                return True
            self.beginnings.replan(connection, row, at.now)
            row = row_of(connection, follow_up_id)
            if self._is_case_over(connection, row):
                self.beginnings.end(connection, row, "stopped", at.now)
                return True
            self._end_days(connection, row, at)
            if self._is_over(connection, row, at):
                self.beginnings.end(connection, row, "over", at.now)
                return True
            if paused(connection, row.id, at.now) is None and self._is_asked(row, at.day):
                self.days.tick(connection, row, at.day, Tick(at.minute), at)
        return True

    def _end_days(self, connection: Connection, row: Row[Any], at: Here) -> None:
        """End the days before today that were asked and not answered."""
        d = follow_day.c
        left = select(d.day).where(d.follow_up == row.id, d.day < at.day, d.state.in_(UNANSWERED))
        for day in list(connection.scalars(left.order_by(d.day))):
            self.days.tick(connection, row, day, DayOver(), at)

    def _is_over(self, connection: Connection, row: Row[Any], at: Here) -> bool:
        """Whether the plan has ended; not by a reply of theirs that nobody answered yet.

        Whoever says that there was a wall is scored again at once, and may need nobody to follow
        them: else what they can ask for would be gone a minute later, by a word of their own.
        What nobody answers keeps nothing for longer than three days.
        """
        if at.day <= row.end_day or kept_of(self.vault, row).plan.home.rule == "clinician":
            return False
        r = exposure_reply.c
        lately = r.made_at > at.now - _REPLY_WAITS_MS
        waits = exists().where(r.follow_up == row.id, r.answered_at.is_(None), lately)
        return not connection.scalar(select(waits))

    def _is_asked(self, row: Row[Any], day: int) -> bool:
        kept = kept_of(self.vault, row)
        return day in kept.plan.days or (day > row.end_day and kept.plan.home.rule == "clinician")

    def _is_case_over(self, connection: Connection, row: Row[Any]) -> bool:
        state = connection.scalar(select(case_file.c.state).where(case_file.c.id == row.case_id))
        return state in {"withdrawn", None}
