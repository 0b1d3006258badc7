"""Follow-up as the office works with it: lists that name nobody, and pages under a look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from fortnight.case.files import log
from fortnight.db.support_tables import became_case, follow_day, follow_up
from fortnight.db.tables import case_file
from fortnight.errors import ConflictError, RefusedError
from fortnight.followup.answers import feeling, ticked
from fortnight.followup.parts import UNANSWERED, Parts
from fortnight.followup.rows import (
    CASE,
    answers_of,
    calendar_of,
    here,
    kept_of,
    row_of,
    row_seen,
    running_of,
)
from fortnight.notify.zones import zone_named
from fortnight.vault.purposes import Field, Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Row

    from fortnight.followup.answers import Answer
    from fortnight.followup.beginning import Link
    from fortnight.followup.day import Feeling
    from fortnight.followup.parts import AnsweredDay, FollowLine
    from fortnight.followup.plan import Change, Plan
    from fortnight.followup.rows import CalendarDay
    from fortnight.vault.purposes import Reader


@dataclass(frozen=True, slots=True)
class FollowPage:
    """One follow-up, opened under a look: the plan, what changed it, and what they answered."""

    line: FollowLine
    plan: Plan
    changes: tuple[Change, ...]
    calendar: tuple[CalendarDay, ...]
    answers: dict[int, tuple[Answer, Feeling]]
    before: tuple[str, ...]
    zone: str | None  # where they say that they are; None for the district's


class Office(Parts):
    """What the office asks of follow-up."""

    __slots__ = ()

    def begin_contact(
        self, case_id: str, contact: str, reader: Reader, now: int, *, by_voice: bool = False
    ) -> str:
        """Begin to follow a contact; see `Beginnings.of_contact`."""
        return self.beginnings.of_contact(case_id, contact, reader, now, by_voice=by_voice)

    def begin_case(self, case_id: str, reader: Reader, now: int, *, by_voice: bool = False) -> str:
        """Begin to follow a case themselves; see `Beginnings.of_case`."""
        return self.beginnings.of_case(case_id, reader, now, by_voice=by_voice)

    def become_case(
        self,
        follow_up_id: str,
        token: str,
        onset_day: int | None,
        test_day: int,
        sample_at: int,
        reader: Reader,
        now: int,
    ) -> str:
        """Make a contact who tested positive a case, in one action; return the case's id."""
        dates = onset_day, test_day, sample_at
        return self.beginnings.become_case(follow_up_id, token, *dates, reader, now)

    def chain(self, case_id: str) -> tuple[Link, ...]:
        """Return whose contact a case was, and which of its contacts became cases."""
        return self.beginnings.chain(case_id)

    def of_case(self, case_id: str, now: int) -> tuple[FollowLine, ...]:
        """Return the follow-ups of a case, which name nobody."""
        c = follow_up.c
        with self.database.read() as connection:
            rows = connection.execute(
                select(follow_up).where(c.case_id == case_id).order_by(c.began_at, c.id)
            )
            return tuple(self.line(connection, row, now) for row in rows.all())

    def of_person(self, person: str, now: int) -> tuple[FollowLine, ...]:
        """Return where somebody is followed now: of whom it is, was looked at before."""
        with self.database.read() as connection:
            rows = running_of(connection, person)
            return tuple(self.line(connection, row, now) for row in rows)

    def of_case_id(self, follow_up_id: str) -> str:
        """Return of which case a follow-up is. Raises RefusedError where there is none."""
        with self.database.read() as connection:
            return str(row_seen(connection, follow_up_id).case_id)

    def day_of(self, follow_up_id: str, now: int) -> int:
        """Return the day (since 1970) where somebody is who is followed."""
        with self.database.read() as connection:
            person = row_seen(connection, follow_up_id).person
        return self.here(person, now).day

    def unanswered(self, district: str, now: int) -> tuple[FollowLine, ...]:
        """Return who was asked and has not answered, today or yesterday, in a district."""
        today, c, d = here(now, self.zone).day, follow_up.c, follow_day.c
        silent = select(d.follow_up).where(d.day >= today - 1, d.state.in_(UNANSWERED))
        at_home = select(case_file.c.id).where(case_file.c.district == district)
        with self.database.read() as connection:
            rows = connection.execute(
                select(follow_up)
                .where(c.state == "running", c.id.in_(silent), c.case_id.in_(at_home))
                .order_by(c.began_at, c.id)
            )
            return tuple(self.line(connection, row, now) for row in rows.all())

    def calendar(self, follow_up_id: str) -> tuple[CalendarDay, ...]:
        """Return the days of a follow-up: asked and answered, not what."""
        with self.database.read() as connection:
            return calendar_of(connection, follow_up_id)

    def open(self, follow_up_id: str, reader: Reader, now: int) -> FollowPage:
        """Return a follow-up with its answers, under a look that the person sees.

        Raises RefusedError where they withdrew, or were erased.
        """
        with self.database.read() as connection:
            row = row_seen(connection, follow_up_id)
        self.look(row, reader, now)
        with self.database.read() as connection:
            kept = kept_of(self.vault, row)
            said = answers_of(connection, self.vault, row)
            c = became_case.c
            before = connection.scalars(select(c.follow_up).where(c.case_id == row.case_id))
            return FollowPage(
                line=self.line(connection, row, now),
                plan=kept.plan,
                changes=kept.changes,
                calendar=calendar_of(connection, follow_up_id),
                answers={day: (one, feeling(kept.plan, one)) for day, one in said.items()},
                before=tuple(before) if row.contact == CASE else (),
                zone=None if row.person is None else self.zones.chosen(row.person),
            )

    def look(self, row: Row[Any], reader: Reader, now: int) -> None:
        """Commit a look before anybody of the office reads; for who was named, an entry."""
        if row.person is None:
            with self.database.write() as connection:
                entry: dict[str, str | int] = {"case": row.case_id, "contact": row.contact}
                said = entry | {"step": "follow-up-opened"}
                log(connection, "case", said, reader, now, self.beginnings.random)
            return
        people = (row.person,)
        access = self.vault.open_access(
            reader, Purpose.SUPPORT, row.case_id, (Field.CASE, Field.LANGUAGE), people, now
        )
        if row.person not in self.vault.read(access):
            raise RefusedError("They withdrew a moment ago: nothing of theirs is shown.")

    def record_call(
        self, follow_up_id: str, day: int, symptoms: Iterable[str], reader: Reader, now: int,
        *, needs: Iterable[str] = (), note: str = "",
    ) -> AnsweredDay:  # fmt: skip
        """Take what somebody said on the phone for a day since 1970."""
        with self.database.write() as connection:
            row = row_of(connection, follow_up_id)
            plan = kept_of(self.vault, row).plan
            answer = ticked(plan, symptoms, needs, note, "call")
            entry: dict[str, str | int] = {"case": row.case_id, "contact": row.contact}
            said = entry | {"day": day, "step": "follow-up-called"}
            log(connection, "case", said, reader, now, self.beginnings.random)
            return self.take(connection, row, day, answer, now)

    def replan(
        self,
        follow_up_id: str,
        reader: Reader,
        now: int,
        *,
        immune: bool | None = None,
        treatment_day: int | None = None,
    ) -> tuple[Change, ...]:
        """Make a plan anew, with what somebody said of immunity or treatment."""
        with self.database.write() as connection:
            row = row_of(connection, follow_up_id)
            entry: dict[str, str | int] = {"case": row.case_id, "contact": row.contact}
            said = entry | {"step": "follow-up-planned"}
            log(connection, "case", said, reader, now, self.beginnings.random)
            return self.beginnings.replan(
                connection, row, now, immune=immune, treatment_day=treatment_day
            )

    def set_zone(self, follow_up_id: str, said: str, reader: Reader, now: int) -> None:
        """Take the time zone in which somebody says on the phone that they are.

        Nothing stands for the district's. Raises QuestionError for one that there is not.
        """
        name = zone_named(said) if said.strip() else None
        with self.database.write() as connection:
            row = row_of(connection, follow_up_id)
            if row.person is None:
                raise ConflictError("They are not enrolled: they are called, and never texted.")
            self.note_zone(connection, row.person, name, now, reader)
            entry: dict[str, str | int] = {"case": row.case_id, "contact": row.contact}
            said_so = entry | {"step": "time-zone"}
            log(connection, "case", said_so, reader, now, self.beginnings.random)

    def set_by_voice(self, follow_up_id: str, reader: Reader, now: int, *, by_voice: bool) -> None:
        """Serve somebody by calls alone, or by texts again where they are enrolled."""
        with self.database.write() as connection:
            row = row_of(connection, follow_up_id)
            if row.person is None and not by_voice:
                raise ConflictError("They are not enrolled: they are called.")
            changed = update(follow_up).where(follow_up.c.id == follow_up_id)
            connection.execute(changed.values(by_voice=by_voice))
            entry: dict[str, str | int] = {"case": row.case_id, "contact": row.contact}
            said = entry | {"step": "by-voice" if by_voice else "by-text"}
            log(connection, "case", said, reader, now, self.beginnings.random)
