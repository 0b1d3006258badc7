"""Follow-up as people themselves see and answer it, by the portal and by text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from fortnight.db.support_tables import follow_day, follow_up
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.followup.answers import by_text, ticked
from fortnight.followup.day import Feeling
from fortnight.followup.days import paused
from fortnight.followup.parts import Parts
from fortnight.followup.rows import (
    answers_of,
    calendar_of,
    kept_of,
    running_of,
    together_with,
)
from fortnight.notify.templates import Template
from fortnight.notify.zones import zone_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

    from fortnight.followup.answers import Answer
    from fortnight.followup.day import DayState
    from fortnight.followup.emergency import Emergency
    from fortnight.followup.parts import AnsweredDay
    from fortnight.followup.plan import Change, Plan
    from fortnight.followup.rows import CalendarDay, Here


@dataclass(frozen=True, slots=True)
class Mine:
    """A person's own follow-up, as they see it; ``day`` is today where they are."""

    follow_up: str
    plan: Plan
    changes: tuple[Change, ...]
    day: int
    today: DayState | None
    calendar: tuple[CalendarDay, ...]
    household: tuple[str, ...]
    paused: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What was answered for a day (since 1970)."""

    day: int
    answer: Answer


class Own(Parts):
    """What people ask of their own follow-up. Implements `notify.replies.Answers`."""

    __slots__ = ()

    def sign_in(self, number: str, digits: str, now: int) -> str:
        """Return whose number and digits of the day's text these are. See `Codes.person_with`."""
        return self.codes.person_with(number, digits, now)

    def mine(self, person: str, now: int) -> tuple[Mine, ...]:
        """Return a person's own follow-ups: the plan, the rule, the days."""
        at = self.here(person, now)
        with self.database.read() as connection:
            return tuple(self._mine(connection, row, at) for row in running_of(connection, person))

    def answer(
        self,
        person: str,
        follow_up_id: str,
        symptoms: Iterable[str],
        now: int,
        *,
        needs: Iterable[str] = (),
        note: str = "",
    ) -> AnsweredDay:
        """Take today's answer of a person, or of one of the household that answers together."""
        with self.database.write() as connection:
            row = self._own(connection, person, follow_up_id)
            at = self.here(row.person, now)
            answer = ticked(kept_of(self.vault, row).plan, symptoms, needs, note)
            return self.take(connection, row, at.day, answer, now)

    def of_household(self, person: str, follow_up_id: str, now: int) -> Mine:
        """Return the follow-up of one of the household that answers together, to ask as them.

        Raises RefusedError for one that is not.
        """
        with self.database.read() as connection:
            row = self._own(connection, person, follow_up_id)
            return self._mine(connection, row, self.here(row.person, now))

    def said(self, person: str) -> tuple[Said, ...]:
        """Return everything that was answered for a person, the newest first."""
        f = follow_up.c
        with self.database.read() as connection:
            rows = connection.execute(select(follow_up).where(f.person == person).order_by(f.id))
            answers = [
                Said(day, answer)
                for row in rows.all()
                for day, answer in answers_of(connection, self.vault, row).items()
            ]
        return tuple(sorted(answers, key=lambda one: one.day, reverse=True))

    def taken(self, person: str, day: int, number: int) -> bool:
        """Take a number that came by text, for the day on which it came; False where none is asked.

        Of a household that answers together 1 is for all; any other number is the one's who
        wrote it, and somebody calls to ask how the others are.
        """
        with self.database.write() as connection:
            rows = [
                row
                for row in running_of(connection, person)
                if self._asked_on(connection, row, day)
            ]
            for row in rows:
                self._take_text(connection, row, day, number)
        return bool(rows)

    def choose_zone(self, person: str, said: str, now: int) -> None:
        """Take the time zone in which a person says that they are; nothing for the district's.

        Raises QuestionError for one that there is not.
        """
        name = zone_named(said) if said.strip() else None
        with self.database.write() as connection:
            self.note_zone(connection, person, name, now)

    def invite(self, person: str, now: int) -> str:
        """Return digits by which another of the household answers together with a person."""
        with self.database.write() as connection:
            if not running_of(connection, person):
                raise ConflictError("Nobody asks you anything: there is nothing to share.")
            return self.codes.invite(connection, person, now)

    def join(self, person: str, digits: str, now: int) -> None:
        """Answer together with whoever gave the digits."""
        with self.database.write() as connection:
            other = self.codes.invited_by(connection, person, digits, now)
            there = running_of(connection, other)
            if other == person or not there:
                raise QuestionError("These digits are your own, or nobody answers there any more.")
            household = there[0].household or self.beginnings.random(8).hex()
            self._together(connection, (person, other), household, now)

    def leave(self, person: str, now: int) -> None:
        """Answer alone again."""
        with self.database.write() as connection:
            self._together(connection, (person,), None, now)

    def _take_text(self, connection: Connection, row: Row[Any], day: int, number: int) -> None:
        now = self.clock()
        answer = by_text(number)
        done = self.take(connection, row, day, answer, now)
        if done.emergency is not None:
            self._text_emergency(connection, row, done.emergency, now)
        for other in together_with(connection, row):
            if other.id != row.id and done.feeling is Feeling.WELL:
                self.take(connection, other, day, answer, now)
            elif other.id != row.id:
                self.days.desk.open(connection, other, "help", "", now)

    def _text_emergency(
        self, connection: Connection, row: Row[Any], shown: Emergency, now: int
    ) -> None:
        template = Template.EMERGENCY if shown.on_duty else Template.EMERGENCY_ALONE
        key = f"emergency {row.id} {now}"
        values = {"number": shown.number}
        self.days.outbox.queue(connection, row.person, key, template, values, row.case_id, now)

    def _asked_on(self, connection: Connection, row: Row[Any], day: int) -> bool:
        c = follow_day.c
        mine = {one.id for one in together_with(connection, row)}
        asked = select(c.day).where(c.follow_up.in_(mine), c.day == day, c.asked_at.is_not(None))
        return connection.scalar(asked) is not None

    def _own(self, connection: Connection, person: str, follow_up_id: str) -> Row[Any]:
        """Return a follow-up that a person may answer for: their own, or their household's."""
        for row in running_of(connection, person):
            for one in together_with(connection, row):
                if one.id == follow_up_id:
                    return one
        raise RefusedError("This is not yours to answer.")

    def _together(
        self, connection: Connection, people: tuple[str, ...], household: str | None, now: int
    ) -> None:
        for person in people:
            c = follow_up.c
            mine = update(follow_up).where(c.person == person, c.state == "running")
            connection.execute(mine.values(household=household))
            word = "alone" if household is None else "together"
            self.days.record.note(connection, person, "household", word, now)

    def _mine(self, connection: Connection, row: Row[Any], at: Here) -> Mine:
        kept = kept_of(self.vault, row)
        days = calendar_of(connection, row.id)
        return Mine(
            follow_up=row.id,
            plan=kept.plan,
            changes=kept.changes,
            day=at.day,
            today=next((one.state for one in days if one.day == at.day), None),
            calendar=days,
            household=tuple(one.id for one in together_with(connection, row) if one.id != row.id),
            paused=paused(connection, row.id, at.now),
        )
