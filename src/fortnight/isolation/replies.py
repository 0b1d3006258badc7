"""The right of reply: an exposure is scored again at once, and a named person answers within a day.

Until then the reply stands. Whoever answers may find otherwise; then it counts as it was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import insert, select, update

from fortnight.case.files import locked, log
from fortnight.db.office_tables import staff_account
from fortnight.db.support_tables import exposure_reply
from fortnight.db.tables import case_file, exposure
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.followup.rows import CASE, row_of, running_of, seal, unseal
from fortnight.isolation.rescore import Reply, Rescored, Scored, after_all, rescored
from fortnight.risk.disease import load_disease

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Row

    from fortnight.db.engine import Database
    from fortnight.followup.store import FollowUps
    from fortnight.vault.purposes import Reader

WITHIN_MS: Final = 86_400_000
LONGEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply as the office lists it, without the words. Instants in ms since 1970."""

    id: str
    case_id: str
    contact: str
    follow_up: str
    kind: Reply
    made_at: int
    due_at: int
    is_overdue: bool
    before: Scored
    after: Scored
    answered_by: str | None
    stands: bool | None


@dataclass(frozen=True, slots=True)
class OwnReply:
    """A person's own reply: what it changed, and what was answered by whom."""

    id: str
    kind: Reply
    made_at: int
    due_at: int
    before: Scored
    after: Scored
    answered_by: str | None
    stands: bool | None
    answer: str


@dataclass(frozen=True, slots=True)
class Replies:
    """The replies of contacts to their exposures."""

    database: Database
    followups: FollowUps
    random: Callable[[int], bytes]

    # -- the person --------------------------------------------------------------------------------

    def reply(self, person: str, follow_up_id: str, kind: Reply, note: str, now: int) -> Rescored:
        """Score an exposure again after a reply, at once; return before and after.

        Raises RefusedError for what is not theirs, ConflictError where they said so before.
        """
        _refuse_long(note)
        with self.database.write() as connection:
            row = next(
                (one for one in running_of(connection, person) if one.id == follow_up_id), None
            )
            if row is None or row.contact == CASE:
                raise RefusedError("There is no exposure of yours to reply to here.")
            return self._reply(connection, row, Reply(kind), note, now)

    def reply_by(
        self, follow_up_id: str, kind: Reply, note: str, reader: Reader, now: int
    ) -> Rescored:
        """Take a reply that was said on the phone, or came by text; see `reply`."""
        _refuse_long(note)
        with self.database.write() as connection:
            row = row_of(connection, follow_up_id)
            if row.contact == CASE:
                raise RefusedError("A case has no exposure to reply to.")
            entry: dict[str, str | int] = {"case": row.case_id, "contact": row.contact}
            log(connection, "case", entry | {"step": "replied"}, reader, now, self.random)
            return self._reply(connection, row, Reply(kind), note, now)

    def of_person(self, person: str) -> tuple[OwnReply, ...]:
        """Return a person's own replies, the newest first."""
        r = exposure_reply.c
        query = (
            select(exposure_reply, staff_account.c.name)
            .outerjoin(staff_account, staff_account.c.id == r.answered_by)
            .where(r.person == person)
            .order_by(r.made_at.desc(), r.id)
        )
        with self.database.read() as connection:
            return tuple(self._own(row) for row in connection.execute(query))

    # -- the office --------------------------------------------------------------------------------

    def waiting(self, district: str, now: int) -> tuple[Waiting, ...]:
        """Return the replies of a district that nobody answered yet, the soonest due first."""
        here = select(case_file.c.id).where(case_file.c.district == district)
        r = exposure_reply.c
        return self._listed([r.answered_at.is_(None), r.case_id.in_(here)], now)

    def overdue(self, district: str, now: int) -> tuple[Waiting, ...]:
        """Return those that nobody answered within a day: for the lead."""
        return tuple(one for one in self.waiting(district, now) if one.is_overdue)

    def of_case(self, case_id: str, now: int) -> tuple[Waiting, ...]:
        """Return every reply of a case's contacts."""
        return self._listed([exposure_reply.c.case_id == case_id], now)

    def read(self, reply_id: str, reader: Reader, now: int) -> str:
        """Return what somebody wrote with a reply, under a look that they see."""
        with self.database.read() as connection:
            row = self._row(connection, reply_id)
        self.followups.look(row, reader, now)
        opened = unseal(self.followups.vault, row, row.sealed, f"reply {reply_id}")
        return msgspec.json.decode(opened, type=str)

    def answer(
        self, reply_id: str, words: str, account: str, reader: Reader, now: int, *, stands: bool
    ) -> Scored:
        """Answer a reply as a named person; return what the exposure comes to now.

        Raises QuestionError without words, ConflictError where it was answered.
        """
        _refuse_long(words)
        if not words.strip():
            raise QuestionError("Say in a sentence what was found, so that they can understand it.")
        with self.database.write() as connection:
            row = self._row(connection, reply_id)
            locked(connection, row.case_id)
            if row.answered_at is not None:
                raise ConflictError("This reply was answered already.")
            label = f"reply answer {reply_id}"
            sealed = seal(self.followups.vault, row, msgspec.json.encode(words.strip()), label)
            connection.execute(
                update(exposure_reply)
                .where(exposure_reply.c.id == reply_id)
                .values(answered_at=now, answered_by=account, stands=stands, answer_sealed=sealed)
            )
            scored = self._apply(connection, row.case_id, row.contact, row, now)
            word = "stands" if stands else "does-not-stand"
            record = self.followups.days.record
            record.note(connection, row.person, "reply-answered", word, now, reader)
            entry: dict[str, str | int] = {"case": row.case_id, "contact": row.contact}
            log(connection, "case", entry | {"step": word}, reader, now, self.random)
        return scored

    # -- the clock ---------------------------------------------------------------------------------

    def turn(self, now: int) -> int:
        """Apply replies again where a new trace put its own figures down; return how many."""
        r, done = exposure_reply.c, 0
        with self.database.read() as connection:
            named = select(r.case_id, r.contact).distinct()
            pairs = [(row.case_id, row.contact) for row in connection.execute(named)]
            due = [pair for pair in pairs if self._is_new(connection, *pair)]
        for case_id, contact in due:
            with self.database.write() as connection:
                locked(connection, case_id)
                done += self._reapplied(connection, case_id, contact, now)
        return done

    # -- parts -------------------------------------------------------------------------------------

    def _reply(
        self, connection: Connection, row: Row[Any], kind: Reply, note: str, now: int
    ) -> Rescored:
        disease = load_disease(locked(connection, row.case_id).disease)
        standing = self._standing(connection, row.case_id, row.contact)
        if kind in {Reply(one.kind) for one in standing}:
            raise ConflictError("You said so already: it counts, and somebody answers it.")
        before = self._scored(connection, row.case_id, row.contact)
        found = rescored(disease, before, kind)
        reply_id = self.random(16).hex()
        sealed = msgspec.json.encode(note.strip())
        connection.execute(
            insert(exposure_reply).values(
                id=reply_id,
                case_id=row.case_id,
                follow_up=row.id,
                contact=row.contact,
                person=row.person,
                kind=kind.value,
                sealed=seal(self.followups.vault, row, sealed, f"reply {reply_id}"),
                made_at=now,
                due_at=now + WITHIN_MS,
                before_minutes=round(before.minutes),
                before_tier=before.tier,
                after_minutes=round(found.after.minutes),
                after_tier=found.after.tier,
            )
        )
        self._put(connection, row.case_id, row.contact, found.after)
        self.followups.days.record.note(connection, row.person, "reply", kind.value, now)
        self.followups.beginnings.replan(connection, row_of(connection, row.id), now)
        return found

    def _apply(
        self, connection: Connection, case_id: str, contact: str, row: Row[Any], now: int
    ) -> Scored:
        """Score an exposure by the replies that stand, from what was measured."""
        r = exposure_reply.c
        mine = r.case_id == case_id, r.contact == contact
        first = connection.execute(
            select(exposure_reply).where(*mine).order_by(r.made_at, r.id).limit(1)
        ).one()
        measured = Scored(first.before_minutes, first.before_tier)
        return self._score(connection, row, measured, now)

    def _reapplied(self, connection: Connection, case_id: str, contact: str, now: int) -> bool:
        standing = self._standing(connection, case_id, contact)
        now_is = self._scored(connection, case_id, contact)
        if not standing:
            self._keep_measured(connection, case_id, contact, now_is)
            return False
        last = standing[-1]
        if (round(now_is.minutes), now_is.tier) == (last.after_minutes, last.after_tier):
            return False
        self._keep_measured(connection, case_id, contact, now_is)
        self._score(connection, last, now_is, now)
        return True

    def _is_new(self, connection: Connection, case_id: str, contact: str) -> bool:
        """Tell whether an exposure holds other figures than a reply left there."""
        now_is = self._scored(connection, case_id, contact)
        figures = round(now_is.minutes), now_is.tier
        standing = self._standing(connection, case_id, contact)
        if standing:
            return figures != (standing[-1].after_minutes, standing[-1].after_tier)
        first = self._first(connection, case_id, contact)
        return figures != (first.before_minutes, first.before_tier)

    def _first(self, connection: Connection, case_id: str, contact: str) -> Row[Any]:
        r = exposure_reply.c
        mine = select(exposure_reply).where(r.case_id == case_id, r.contact == contact)
        return connection.execute(mine.order_by(r.made_at, r.id).limit(1)).one()

    def _score(self, connection: Connection, row: Row[Any], measured: Scored, now: int) -> Scored:
        """Put down what the replies that stand make of what was measured, with each of them.

        With one of them left as it was, the clock would take our own figures for a new trace's,
        and count the reply twice.
        """
        case_id, contact = row.case_id, row.contact
        standing = self._standing(connection, case_id, contact)
        disease = load_disease(locked(connection, case_id).disease)
        scored = after_all(disease, measured, [Reply(one.kind) for one in standing])
        for one in standing:
            same = update(exposure_reply).where(exposure_reply.c.id == one.id)
            after = {"after_minutes": round(scored.minutes), "after_tier": scored.tier}
            connection.execute(same.values(after))
        self._put(connection, case_id, contact, scored)
        self.followups.beginnings.replan(connection, row_of(connection, row.follow_up), now)
        return scored

    def _keep_measured(
        self, connection: Connection, case_id: str, contact: str, found: Scored
    ) -> None:
        """Keep what a trace found, with the first reply.

        Without, a reply that is found not to be so would bring back an older trace's figures.
        """
        r = exposure_reply.c
        first = (
            select(r.id)
            .where(r.case_id == case_id, r.contact == contact)
            .order_by(r.made_at, r.id)
            .limit(1)
        )
        values = {"before_minutes": round(found.minutes), "before_tier": found.tier}
        connection.execute(
            update(exposure_reply).where(r.id == first.scalar_subquery()).values(values)
        )

    def _standing(self, connection: Connection, case_id: str, contact: str) -> list[Row[Any]]:
        """Return the replies that count: not answered yet, or found to be so."""
        r = exposure_reply.c
        counted = r.stands.is_(None) | r.stands.is_(True)
        rows = connection.execute(
            select(exposure_reply)
            .where(r.case_id == case_id, r.contact == contact, counted)
            .order_by(r.made_at, r.id)
        )
        return list(rows)

    def _scored(self, connection: Connection, case_id: str, contact: str) -> Scored:
        e = exposure.c
        row = connection.execute(
            select(e.minutes, e.tier).where(e.case_id == case_id, e.contact == contact)
        ).first()
        return Scored(0.0, None) if row is None else Scored(float(row.minutes), row.tier)

    def _put(self, connection: Connection, case_id: str, contact: str, scored: Scored) -> None:
        e = exposure.c
        same = update(exposure).where(e.case_id == case_id, e.contact == contact)
        connection.execute(same.values(minutes=round(scored.minutes), tier=scored.tier))

    def _row(self, connection: Connection, reply_id: str) -> Row[Any]:
        row = connection.execute(
            select(exposure_reply).where(exposure_reply.c.id == reply_id)
        ).first()
        if row is None:
            raise RefusedError(f"There is no reply {reply_id}.")
        return row

    def _listed(self, where: list[Any], now: int) -> tuple[Waiting, ...]:
        r = exposure_reply.c
        query = (
            select(exposure_reply, staff_account.c.name)
            .outerjoin(staff_account, staff_account.c.id == r.answered_by)
            .where(*where)
            .order_by(r.due_at, r.id)
        )
        with self.database.read() as connection:
            return tuple(_waiting(row, now) for row in connection.execute(query))

    def _own(self, row: Row[Any]) -> OwnReply:
        answer = ""
        if row.answer_sealed is not None:
            label = f"reply answer {row.id}"
            opened = unseal(self.followups.vault, row, row.answer_sealed, label)
            answer = msgspec.json.decode(opened, type=str)
        return OwnReply(
            id=row.id,
            kind=Reply(row.kind),
            made_at=row.made_at,
            due_at=row.due_at,
            before=Scored(row.before_minutes, row.before_tier),
            after=Scored(row.after_minutes, row.after_tier),
            answered_by=row.name,
            stands=row.stands,
            answer=answer,
        )


def _waiting(row: Row[Any], now: int) -> Waiting:
    return Waiting(
        id=row.id,
        case_id=row.case_id,
        contact=row.contact,
        follow_up=row.follow_up,
        kind=Reply(row.kind),
        made_at=row.made_at,
        due_at=row.due_at,
        is_overdue=row.answered_at is None and row.due_at < now,
        before=Scored(row.before_minutes, row.before_tier),
        after=Scored(row.after_minutes, row.after_tier),
        answered_by=row.name,
        stands=row.stands,
    )


def _refuse_long(words: str) -> None:
    if len(words) > LONGEST:
        raise QuestionError(f"At most {LONGEST} characters.")
