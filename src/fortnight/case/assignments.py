"""Who works on a case: one at a time, handed over with what the next one has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, select, update

from fortnight.case.files import locked, log
from fortnight.case.state import State
from fortnight.db.office_tables import (
    case_assignment,
    case_change,
    staff_account,
    staff_conflict,
)
from fortnight.errors import ConflictError, QuestionError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Row, Select

    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

LONGEST_NOTE: Final = 4_000
_WORKERS: Final = frozenset({"case-worker", "lead"})


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose a case was, from when until when (ms since 1970; None: now), and by whom."""

    id: str
    case_id: str
    account: str
    account_name: str
    by: str
    by_name: str
    from_at: int
    until_at: int | None
    has_note: bool


@dataclass(frozen=True, slots=True)
class Assignments:
    """Who works on which case."""

    database: Database
    vault: Vault
    random: Callable[[int], bytes]

    def assign(self, case_id: str, to: str, by: str, reader: Reader, now: int) -> str:
        """Give a case to an account; whose it was until now, it is no more. Return the id.

        Raises RefusedError for whoever cannot work on it: no case worker or lead of its district,
        gone, the tested person, or in a declared conflict. ConflictError for a case that is over,
        or theirs already.
        """
        return self._give(case_id, to, None, by, reader, now)

    def hand_over(self, case_id: str, to: str, note: str, by: str, reader: Reader, now: int) -> str:
        """Give a case on with what the next one has to know, under its key. Raises as `assign`."""
        if not 0 < len(note.strip()) <= LONGEST_NOTE:
            raise QuestionError(f"Say what the next one has to know, in 1 to {LONGEST_NOTE}.")
        return self._give(case_id, to, note.strip(), by, reader, now)

    def declare_conflict(self, case_id: str, account: str, reader: Reader, now: int) -> None:
        """Write down that an account knows the case: it is theirs no more. Repeating is nothing."""
        with self.database.write() as connection:
            locked(connection, case_id)
            if _in_conflict(connection, case_id, account):
                return
            row = {"account": account, "case_id": case_id, "declared_at": now}
            connection.execute(insert(staff_conflict).values(row))
            self._end(connection, case_id, now, account)
            self._log(connection, case_id, "conflict-declared", account, reader, now)

    # -- what is there -----------------------------------------------------------------------------

    def live(self, case_id: str) -> Assignment | None:
        """Return whose a case is now, or None."""
        return next((one for one in self.of_case(case_id) if one.until_at is None), None)

    def of_case(self, case_id: str) -> tuple[Assignment, ...]:
        """Return whose a case was, the newest first."""
        with self.database.read() as connection:
            rows = connection.execute(_OF_CASE, {"case": case_id})
            return tuple(_assignment(row) for row in rows)

    def note_of(self, assignment_id: str) -> str | None:
        """Return what was handed over with a case. Raises RefusedError for no assignment."""
        with self.database.read() as connection:
            row = connection.execute(
                select(case_assignment).where(case_assignment.c.id == assignment_id)
            ).first()
        if row is None:
            raise RefusedError(f"There is no assignment {assignment_id}.")
        if row.note_sealed is None:
            return None
        return self.vault.unseal_case(row.case_id, row.note_sealed, label(row.id)).decode()

    def conflicts(self, case_id: str) -> tuple[str, ...]:
        """Return the accounts that may not work on a case, by their own word."""
        c = staff_conflict.c
        with self.database.read() as connection:
            found = select(c.account).where(c.case_id == case_id).order_by(c.account)
            return tuple(connection.scalars(found))

    # -- parts -------------------------------------------------------------------------------------

    def _give(
        self, case_id: str, to: str, note: str | None, by: str, reader: Reader, now: int
    ) -> str:
        made = self.random(16).hex()
        with self.database.write() as connection:
            case = locked(connection, case_id)
            self._refuse(connection, case, to)
            had = self._end(connection, case_id, now)
            if had == to:
                raise ConflictError("This case is theirs already.")
            sealed = None
            if note is not None:
                sealed = self.vault.seal_case(case_id, note.encode(), label(made))
            row = {"id": made, "case_id": case_id, "account": to, "by": by, "from_at": now}
            connection.execute(insert(case_assignment).values(row | {"note_sealed": sealed}))
            if had is not None:
                self._changed(connection, case_id, now)
            step = "assigned" if had is None else "handed-over"
            self._log(connection, case_id, step, to, reader, now)
        return made

    def _refuse(self, connection: Connection, case: Row[Any], to: str) -> None:
        """Raise where an account cannot work on a case."""
        if State(case.state) in {State.CLOSED, State.WITHDRAWN}:
            raise ConflictError(f"The case is {case.state}: nobody has to work on it.")
        who = connection.execute(select(staff_account).where(staff_account.c.id == to)).first()
        if who is None or who.ended_at is not None or who.role not in _WORKERS:
            raise RefusedError("There is no case worker or lead with this account.")
        if who.district != case.district:
            raise RefusedError("A case is worked on in its own district.")
        if who.number_hash == case.number_hash or _in_conflict(connection, case.id, to):
            raise RefusedError("They may not work on this case: give it to somebody else.")

    def _end(
        self, connection: Connection, case_id: str, now: int, account: str | None = None
    ) -> str | None:
        """End the live assignment of a case, of that account if one is given; return whose."""
        c = case_assignment.c
        ended = update(case_assignment).where(c.case_id == case_id, c.until_at.is_(None))
        if account is not None:
            ended = ended.where(c.account == account)
        whose: str | None = connection.scalar(ended.values(until_at=now).returning(c.account))
        return whose

    def _changed(self, connection: Connection, case_id: str, now: int) -> None:
        row = {"id": self.random(16).hex(), "case_id": case_id, "at": now, "detail": "{}"}
        connection.execute(insert(case_change).values(row | {"kind": "handed-over"}))

    def _log(
        self,
        connection: Connection,
        case_id: str,
        step: str,
        account: str,
        reader: Reader,
        now: int,
    ) -> None:
        entry: dict[str, str | int] = {"account": account, "case": case_id, "step": step}
        log(connection, "case", entry, reader, now, self.random)


def label(assignment_id: str) -> bytes:
    """Return what the note of an assignment is sealed as."""
    return f"handed over {assignment_id}".encode()


def _in_conflict(connection: Connection, case_id: str, account: str) -> bool:
    c = staff_conflict.c
    found = select(c.account).where(c.case_id == case_id, c.account == account)
    return connection.scalar(found) is not None


def _query() -> Select[Any]:
    whose, by = staff_account.alias("whose"), staff_account.alias("by_account")
    return (
        select(case_assignment, whose.c.name.label("account_name"), by.c.name.label("by_name"))
        .join(whose, whose.c.id == case_assignment.c.account)
        .join(by, by.c.id == case_assignment.c.by)
        .order_by(case_assignment.c.from_at.desc(), case_assignment.c.id)
    )


_OF_CASE: Final = _query().where(case_assignment.c.case_id == bindparam("case"))
"""Written down once: every page of a case asks it."""


def _assignment(row: Row[Any]) -> Assignment:
    return Assignment(
        id=row.id,
        case_id=row.case_id,
        account=row.account,
        account_name=row.account_name,
        by=row.by,
        by_name=row.by_name,
        from_at=row.from_at,
        until_at=row.until_at,
        has_note=row.note_sealed is not None,
    )
