"""Notes of a case, under its key: what was said in the interview, places that nothing measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, insert, select

from fortnight.case.files import locked, log
from fortnight.case.state import State
from fortnight.db.office_tables import case_note, staff_account
from fortnight.errors import ConflictError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

LONGEST: Final = 4_000
_OF_CASE: Final = (
    select(case_note, staff_account.c.name)
    .join(staff_account, staff_account.c.id == case_note.c.by)
    .where(case_note.c.case_id == bindparam("case"))
    .order_by(case_note.c.at, case_note.c.id)
)


@dataclass(frozen=True, slots=True)
class Note:
    """One note, and who wrote it when (ms since 1970)."""

    id: str
    by: str
    by_name: str
    at: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of cases."""

    database: Database
    vault: Vault
    random: Callable[[int], bytes]

    def add(self, case_id: str, text: str, account: str, reader: Reader, now: int) -> str:
        """Add a note to a case that is not withdrawn; return its id."""
        said = text.strip()
        if not 0 < len(said) <= LONGEST:
            raise QuestionError(f"A note has 1 to {LONGEST} characters.")
        note_id = self.random(16).hex()
        with self.database.write() as connection:
            if locked(connection, case_id).state == State.WITHDRAWN:
                raise ConflictError("The test was withdrawn: nothing more is noted.")
            sealed = self.vault.seal_case(case_id, said.encode(), label(note_id))
            row = {"id": note_id, "case_id": case_id, "by": account, "at": now, "sealed": sealed}
            connection.execute(insert(case_note).values(row))
            entry: dict[str, str | int] = {"case": case_id, "note": note_id, "step": "noted"}
            log(connection, "case", entry, reader, now, self.random)
        return note_id

    def of_case(self, case_id: str) -> tuple[Note, ...]:
        """Return the notes of a case, the oldest first. GoneError where its key was destroyed."""
        with self.database.read() as connection:
            rows = connection.execute(_OF_CASE, {"case": case_id}).all()
        return tuple(
            Note(
                row.id,
                row.by,
                row.name,
                row.at,
                self.vault.unseal_case(case_id, row.sealed, label(row.id)).decode(),
            )
            for row in rows
        )


def label(note_id: str) -> bytes:
    """Return what a note is sealed as."""
    return f"note {note_id}".encode()
