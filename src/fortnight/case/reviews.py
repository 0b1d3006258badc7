"""What a person has to look into: reviews that were asked for, and alarms that were raised.

A review has a clock of 72 hours. Neither shows who it is about: the data protection officer sees
that something was asked and answered, and whoever may read the record reads it elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from sqlalchemy import insert, select, update

from fortnight.db.office_tables import review, staff_account
from fortnight.db.tables import alarm
from fortnight.errors import ConflictError, QuestionError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import Connection, Row

    from fortnight.db.engine import Database
    from fortnight.ledger.entries import Leaf

Kind = Literal["look-questioned", "track-contradictory", "duplicate-case", "appeal"]

CLOCK_MS: Final = 72 * 3_600_000
"""How long an answer may take."""
LONGEST_ANSWER: Final = 500
LONGEST_END: Final = 200
_DETAIL: Final = 500
_SHOWN: Final = 100
_ENDED: Final = "ended: "


class Noted(NamedTuple):
    """An entry of the log, and what opens its commitment for whoever asked."""

    leaf: str
    salt: bytes
    detail: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Review:
    """One question, and its answer where there is one; instants are ms since 1970.

    ``asked`` and ``answered`` are their entries in the log. That of the answer says its words.
    """

    id: str
    kind: Kind
    subject: str
    asked_at: int
    due_at: int
    answered_at: int | None
    answered_by_name: str | None
    answer: str | None
    asked: Noted | None
    answered: Noted | None

    def is_overdue(self, now: int) -> bool:
        """Tell whether the clock ran out before an answer came."""
        return (now if self.answered_at is None else self.answered_at) > self.due_at


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: counts and words, never whom it is about.

    Attributes
    ----------
    ended_with : str or None
        With what words somebody ended it.
    """

    id: str
    kind: str
    at: int
    detail: str
    ended_at: int | None
    ended_with: str | None


@dataclass(frozen=True, slots=True)
class Reviews:
    """The reviews and the alarms.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    database: Database
    random: Callable[[int], bytes]

    def ask(self, kind: Kind, subject: str, now: int) -> str:
        """Ask for a review of a look, a person or a case; return its id.

        Who asks the same again while the first waits gets that one, with its clock as it was.
        """
        with self.database.write() as connection:
            waiting = connection.scalar(
                select(review.c.id).where(
                    review.c.kind == kind,
                    review.c.subject == subject,
                    review.c.answered_at.is_(None),
                )
            )
            if waiting is not None:
                return str(waiting)
            asked = self.random(16).hex()
            leaf = self._log(connection, _asked(asked, kind), {}, now)
            values = {"kind": kind, "subject": subject, "asked_at": now, "due_at": now + CLOCK_MS}
            opening = {"asked_leaf": leaf.id, "asked_salt": leaf.salt}
            connection.execute(insert(review).values(id=asked, **values, **opening))
        return asked

    def answer(self, review_id: str, account: str, words: str, now: int) -> None:
        """Answer a review. Raises ConflictError where it is answered already, or there is none."""
        said = _said(words, LONGEST_ANSWER)
        with self.database.write() as connection:
            waits = review.c.id == review_id, review.c.answered_at.is_(None)
            leaf = self._log(connection, _answered(review_id, said), {"by": account}, now)
            opening = {"answered_leaf": leaf.id, "answered_salt": leaf.salt}
            values = {"answered_at": now, "answered_by": account, "answer": said}
            answered = connection.execute(update(review).where(*waits).values(values | opening))
            if not answered.rowcount:
                raise ConflictError("There is no such review that waits for an answer.")

    def list(self) -> tuple[Review, ...]:
        """Return the reviews that wait, the most urgent first; then those answered last."""
        columns = review.outerjoin(staff_account, staff_account.c.id == review.c.answered_by)
        query = select(review, staff_account.c.name.label("by_name")).select_from(columns)
        waits = review.c.answered_at.is_(None)
        with self.database.read() as connection:
            waiting = connection.execute(query.where(waits).order_by(review.c.due_at, review.c.id))
            found = [_review(row) for row in waiting]
            done = query.where(~waits).order_by(review.c.answered_at.desc()).limit(_SHOWN)
            return (*found, *map(_review, connection.execute(done)))

    def about(self, kind: Kind, subjects: Collection[str]) -> Mapping[str, Review]:
        """Return the review of each subject that has one, the last that was asked for."""
        columns = review.outerjoin(staff_account, staff_account.c.id == review.c.answered_by)
        query = (
            select(review, staff_account.c.name.label("by_name"))
            .select_from(columns)
            .where(review.c.kind == kind, review.c.subject.in_(sorted(subjects)))
            .order_by(review.c.asked_at, review.c.id)
        )
        with self.database.read() as connection:
            return {row.subject: _review(row) for row in connection.execute(query)}

    def alarms(self) -> tuple[Alarm, ...]:
        """Return the alarms that are not ended, the oldest first; then those ended last."""
        goes_on = alarm.c.ended_at.is_(None)
        query = select(alarm)
        with self.database.read() as connection:
            open_ones = connection.execute(query.where(goes_on).order_by(alarm.c.at, alarm.c.id))
            found = [_alarm(row) for row in open_ones]
            ended = query.where(~goes_on).order_by(alarm.c.ended_at.desc()).limit(_SHOWN)
            return (*found, *map(_alarm, connection.execute(ended)))

    def end_alarm(self, alarm_id: str, account: str, words: str, now: int) -> None:
        """End an alarm with words. Raises ConflictError where it is ended, or there is none."""
        said = _said(words, LONGEST_END)
        with self.database.write() as connection:
            goes_on = alarm.c.id == alarm_id, alarm.c.ended_at.is_(None)
            detail = connection.scalar(select(alarm.c.detail).where(*goes_on).with_for_update())
            if detail is None:
                raise ConflictError("There is no such alarm that goes on.")
            kept = detail[: _DETAIL - len(_ENDED) - len(said) - 1]
            values = {"ended_at": now, "detail": f"{kept}\n{_ENDED}{said}"}
            connection.execute(update(alarm).where(*goes_on).values(**values))
            entry = {"alarm": alarm_id, "step": "alarm-ended"}
            self._log(connection, entry, {"by": account}, now)

    def _log(
        self, connection: Connection, detail: dict[str, str], office: dict[str, str], now: int
    ) -> Leaf:
        leaf = make_leaf("alarm", now, detail, office, self.random)
        add(connection, leaf, now)
        return leaf


def _review(row: Row[Any]) -> Review:
    return Review(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        asked_at=row.asked_at,
        due_at=row.due_at,
        answered_at=row.answered_at,
        answered_by_name=row.by_name,
        answer=row.answer,
        asked=_noted(row.asked_leaf, row.asked_salt, _asked(row.id, row.kind)),
        answered=_noted(row.answered_leaf, row.answered_salt, _answered(row.id, row.answer or "")),
    )


def _noted(leaf: str | None, salt: bytes | None, detail: dict[str, str]) -> Noted | None:
    """Return an entry; None for a question that was asked before its entry's salt was kept."""
    return None if leaf is None or salt is None else Noted(leaf, salt, detail)


def _asked(review_id: str, kind: str) -> dict[str, str]:
    return {"review": review_id, "kind": kind, "step": "review-asked"}


def _answered(review_id: str, words: str) -> dict[str, str]:
    return {"answer": words, "review": review_id, "step": "review-answered"}


def _alarm(row: Row[Any]) -> Alarm:
    detail, mark, words = row.detail.partition(f"\n{_ENDED}")
    return Alarm(row.id, row.kind, row.at, detail, row.ended_at, words if mark else None)


def _said(words: str, most: int) -> str:
    said = " ".join(words.split())
    if not 0 < len(said) <= most:
        raise QuestionError(f"Say it in 1 to {most} characters.")
    return said
