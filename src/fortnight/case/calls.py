"""Calls: each with how it ended and what follows; and who is to be called, most urgent first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import bindparam, insert, select

from fortnight.case.call_list import CallItem, to_call
from fortnight.case.files import locked, log
from fortnight.case.subjects import subject_of
from fortnight.case.words import how_we_know
from fortnight.db.office_tables import OUTCOMES, call_record, staff_account
from fortnight.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Row

    from fortnight.db.engine import Database
    from fortnight.vault.purposes import Reader

Outcome = Literal["reached", "no-answer", "wrong-number", "refused", "call-back"]
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_LONGEST_STEP: Final = 200
_OF_CASE: Final = (
    select(call_record, staff_account.c.name)
    .join(staff_account, staff_account.c.id == call_record.c.by)
    .where(call_record.c.case_id == bindparam("case"))
    .order_by(call_record.c.at.desc(), call_record.c.id)
)


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call that was made: to a contact, or to the case themselves (``contact`` None).

    ``next_at`` is in ms since 1970: when to call again, or to do the next step.
    """

    case_id: str
    contact: str | None
    outcome: Outcome
    language: str
    next_step: str
    next_at: int | None

    def check(self, now: int) -> None:
        """Raise QuestionError for an outcome, language or instant that cannot be."""
        if self.outcome not in OUTCOMES:
            raise QuestionError(f"A call ends as one of {', '.join(OUTCOMES)}.")
        if not _LANGUAGE.fullmatch(self.language):
            raise QuestionError("The language is a code such as en, ru or pt-BR.")
        if len(self.next_step) > _LONGEST_STEP:
            raise QuestionError(f"The next step has at most {_LONGEST_STEP} characters.")
        if self.outcome == "call-back" and self.next_at is None:
            raise QuestionError("Say when to call back.")
        if self.next_at is not None and self.next_at < now:
            raise QuestionError("The next step is in the past: check the time.")


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was written down."""

    id: str
    case_id: str
    contact: str | None
    by: str
    by_name: str
    at: int
    outcome: Outcome
    language: str
    next_step: str
    next_at: int | None


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of cases."""

    database: Database
    random: Callable[[int], bytes]

    def record(
        self, new: NewCall, account: str, reader: Reader, now: int, *, household: bool = True
    ) -> list[str]:
        """Write a call down; return the ids of its rows.

        ``household``: it was for everybody of the contact's household who is listed, so that they
        are not called again. Raises RefusedError for no such case or contact.
        """
        new.check(now)
        made = []
        with self.database.write() as connection:
            locked(connection, new.case_id)
            for contact in self._called(connection, new, household=household):
                made.append(self.random(16).hex())
                connection.execute(
                    insert(call_record).values(
                        id=made[-1],
                        case_id=new.case_id,
                        contact=contact,
                        by=account,
                        at=now,
                        outcome=new.outcome,
                        language=new.language,
                        next_step=new.next_step.strip(),
                        next_at=new.next_at,
                    )
                )
                said = {"case": new.case_id, "outcome": new.outcome, "step": "called"}
                entry: dict[str, str | int] = {**said, "contact": contact or "case"}
                log(connection, "case", entry, reader, now, self.random)
        return made

    def of_case(self, case_id: str) -> tuple[Call, ...]:
        """Return the calls of a case, the newest first."""
        with self.database.read() as connection:
            return tuple(_call(row) for row in connection.execute(_OF_CASE, {"case": case_id}))

    def call_list(
        self, account: str | None, now: int, *, district: str | None = None
    ) -> tuple[CallItem, ...]:
        """Return who is to be called, for the cases of an account or of a whole district.

        Overdue ones first, then households, care settings, pregnancy, weak immunity, then rank.
        """
        with self.database.read() as connection:
            return to_call(connection, account, district, now)

    def words(self, language: str, *, is_named: bool) -> str:
        """Return what to say first: who calls, and where the number comes from."""
        said = how_we_know(is_named=is_named)
        return said.get(language, said["en"])

    def _called(self, connection: Connection, new: NewCall, *, household: bool) -> list[str | None]:
        """Return whom a call was for: the household's listed contacts, or the one."""
        if new.contact is None:
            return [None]
        named = subject_of(connection, new.case_id, new.contact).named
        if not household or named is None or named.household is None:
            return [new.contact]
        listed = next(
            (item for item in to_call(connection, None, None, 0, new.case_id)
             if new.contact in item.contacts),
            None,
        )  # fmt: skip
        return [new.contact] if listed is None else list(listed.contacts)


def _call(row: Row[Any]) -> Call:
    return Call(
        id=row.id,
        case_id=row.case_id,
        contact=row.contact,
        by=row.by,
        by_name=row.name,
        at=row.at,
        outcome=row.outcome,
        language=row.language,
        next_step=row.next_step,
        next_at=row.next_at,
    )
