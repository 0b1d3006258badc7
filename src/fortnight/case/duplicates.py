"""Two files of one case: found, offered, and merged by a person. Nothing merges by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import bindparam, delete, insert, or_, select, update

from fortnight.case.assignments import label as assignment_label
from fortnight.case.files import locked, log
from fortnight.case.named import label as named_label
from fortnight.case.notes import label as note_label
from fortnight.case.state import FOLLOWS, State, Step
from fortnight.db.office_tables import (
    case_assignment,
    case_change,
    case_merge,
    case_note,
    named_contact,
)
from fortnight.db.tables import case_file
from fortnight.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Row

    from fortnight.case.cases import Cases
    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

WITHIN_MS: Final = 90 * 86_400_000
"""Two tests of one person further apart than this are two infections."""


# Written down once: every page of a case asks them.
_CASE: Final = select(case_file).where(case_file.c.id == bindparam("case"))
_MERGED: Final = select(case_merge.c.kept).where(case_merge.c.merged == bindparam("case"))
_OTHERS: Final = (
    select(case_file)
    .where(
        or_(
            case_file.c.number_hash == bindparam("number"),
            case_file.c.person == bindparam("person"),
        ),
        case_file.c.id != bindparam("case"),
        case_file.c.id.not_in(select(case_merge.c.merged)),
        case_file.c.state != State.WITHDRAWN,
        case_file.c.opened_at.between(bindparam("earliest"), bindparam("latest")),
    )
    .order_by(case_file.c.opened_at, case_file.c.id)
)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another file that may be of the same case; ``opened_at`` in ms since 1970."""

    case_id: str
    opened_at: int
    state: State
    why: Literal["same-number", "same-person"]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Which cases are one, and the merging of them."""

    database: Database
    vault: Vault
    cases: Cases
    random: Callable[[int], bytes]

    def of(self, case_id: str) -> tuple[Duplicate, ...]:
        """Return other files of the same number or person, opened within 90 days of this one."""
        with self.database.read() as connection:
            one = connection.execute(_CASE, {"case": case_id}).first()
            if one is None or one.state == State.WITHDRAWN:
                return ()
            return tuple(_duplicate(one, row) for row in _others(connection, one))

    def merge(self, kept: str, merged: str, account: str, reader: Reader, now: int) -> None:
        """Move what was written of one case into the other, and end the one.

        Assignment, named contacts and notes move; who was measured and told stays with the file
        whose trace found them. Raises ConflictError for files that are no duplicates, and where
        either was withdrawn, closed or merged.
        """
        with self.database.write() as connection:
            rows = {case_id: locked(connection, case_id) for case_id in sorted({kept, merged})}
            self._refuse(connection, rows[kept], rows[merged])
            self._move_notes(connection, kept, merged)
            self._move_named(connection, kept, merged)
            self._move_assignment(connection, kept, merged, now)
            row = {"kept": kept, "merged": merged, "by": account, "at": now}
            connection.execute(insert(case_merge).values(row))
            self._end(connection, rows[merged], now)
            self._change(connection, kept, merged, now)
            entry: dict[str, str | int] = {"case": kept, "merged": merged, "step": "cases-merged"}
            log(connection, "case", entry, reader, now, self.random)

    def merged_into(self, case_id: str) -> str | None:
        """Return the case that a case was merged into, or None."""
        with self.database.read() as connection:
            return _merged_into(connection, case_id)

    # -- parts -------------------------------------------------------------------------------------

    def _refuse(self, connection: Connection, kept: Row[Any], merged: Row[Any]) -> None:
        for row in (kept, merged):
            if row.state in {State.WITHDRAWN, State.CLOSED}:
                raise ConflictError(f"Case {row.id} is {row.state}: it is not merged any more.")
        if merged.id not in {row.id for row in _others(connection, kept)}:
            raise ConflictError("These are not two files of one case, or they are merged already.")

    def _move_notes(self, connection: Connection, kept: str, merged: str) -> None:
        """Seal the notes anew: a row of one case must not need the key of another."""
        for row in connection.execute(select(case_note).where(case_note.c.case_id == merged)).all():
            moved = self._sealed(kept, merged, row.sealed, note_label(row.id))
            connection.execute(delete(case_note).where(case_note.c.id == row.id))
            values = {"id": row.id, "case_id": kept, "by": row.by, "at": row.at, "sealed": moved}
            connection.execute(insert(case_note).values(values))

    def _move_named(self, connection: Connection, kept: str, merged: str) -> None:
        c = named_contact.c
        for row in connection.execute(select(named_contact).where(c.case_id == merged)).all():
            moved = b""
            if row.sealed:
                moved = self._sealed(kept, merged, row.sealed, named_label(row.contact))
            changed = update(named_contact).where(c.id == row.id)
            # whom they were merged with is a contact of the other file's trace
            values = {"case_id": kept, "sealed": moved, "merged_with": None}
            connection.execute(changed.values(values))

    def _move_assignment(self, connection: Connection, kept: str, merged: str, now: int) -> None:
        c = case_assignment.c
        had = connection.execute(
            update(case_assignment)
            .where(c.case_id == merged, c.until_at.is_(None))
            .values(until_at=now)
            .returning(case_assignment)
        ).first()
        live = select(c.id).where(c.case_id == kept, c.until_at.is_(None))
        if had is None or connection.scalar(live) is not None:
            return
        made, sealed = self.random(16).hex(), had.note_sealed
        if sealed is not None:
            said = self.vault.unseal_case(merged, sealed, assignment_label(had.id))
            sealed = self.vault.seal_case(kept, said, assignment_label(made))
        connection.execute(
            insert(case_assignment).values(
                id=made,
                case_id=kept,
                account=had.account,
                by=had.by,
                from_at=now,
                note_sealed=sealed,
            )
        )

    def _sealed(self, kept: str, merged: str, sealed: bytes, label: bytes) -> bytes:
        return self.vault.seal_case(kept, self.vault.unseal_case(merged, sealed, label), label)

    def _end(self, connection: Connection, merged: Row[Any], now: int) -> None:
        """Close the merged file; one that never said yes can say none any more."""
        values: dict[str, object] = {"code_hash": None, "code_expires_at": None}
        closes = FOLLOWS[Step.CLOSE].get(State(merged.state))
        if closes is not None:
            values |= {"state": closes, "closed_at": now}
        connection.execute(update(case_file).where(case_file.c.id == merged.id).values(values))
        self.cases.end_work(connection, merged.id, "The case was merged with another.", now)

    def _change(self, connection: Connection, kept: str, merged: str, now: int) -> None:
        for case_id, other in ((kept, merged), (merged, kept)):
            row = {"id": self.random(16).hex(), "case_id": case_id, "at": now, "kind": "merged"}
            detail = f'{{"case":"{other}"}}'
            connection.execute(insert(case_change).values(row | {"detail": detail}))


def _others(connection: Connection, one: Row[Any]) -> list[Row[Any]]:
    if _merged_into(connection, one.id):
        return []
    asked = {
        "case": one.id,
        "number": one.number_hash,
        "person": one.person,  # null is nobody's: then the number alone counts
        "earliest": one.opened_at - WITHIN_MS,
        "latest": one.opened_at + WITHIN_MS,
    }
    return list(connection.execute(_OTHERS, asked))


def _merged_into(connection: Connection, case_id: str) -> str | None:
    into: str | None = connection.scalar(_MERGED, {"case": case_id})
    return into


def _duplicate(one: Row[Any], row: Row[Any]) -> Duplicate:
    same_number = row.number_hash == one.number_hash
    why: Literal["same-number", "same-person"] = "same-number" if same_number else "same-person"
    return Duplicate(row.id, row.opened_at, State(row.state), why)
