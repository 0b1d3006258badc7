"""Whose calls the vault has to know: those of people who work here, and of nobody else.

Calls that came in before somebody registered their number are looked through once; later ones as
they are filed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from fortnight.db.office_tables import staff_account
from fortnight.lake import catalogue
from fortnight.lake.files import read_rows
from fortnight.lake.locks import writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from fortnight.db.engine import Database
    from fortnight.lake.filing import Filing


def pairs_of(ties: pa.Table) -> Iterator[tuple[bytes, bytes]]:
    """Yield the distinct pairs of pseudonyms in rows of calls."""
    pairs = ties.group_by(["pseudonym", "other"], use_threads=False).aggregate([])
    yield from zip(pairs["pseudonym"].to_pylist(), pairs["other"].to_pylist(), strict=True)


@dataclass(frozen=True, slots=True)
class ColleagueTies:
    """The calls that are held already, of colleagues whose number came later."""

    database: Database
    vault: Filing
    folder: Path

    def catch_up(self, now: int) -> int:
        """Look through all calls for colleagues who registered since; return for how many."""
        if not self._waiting():
            return 0
        with writing(self.folder):  # what is drained meanwhile would be in neither
            waiting = self._waiting()
            for day, names in self._files().items():
                self.vault.file_ties(day, pairs_of(read_rows(self.folder, names, "ties")))
        # Died before here: it is all looked through again, and nothing is kept twice.
        c = staff_account.c
        with self.database.write() as connection:
            known = update(staff_account).where(c.id.in_(waiting), c.ties_at.is_(None))
            connection.execute(known.values(ties_at=now))
        return len(waiting)

    def _waiting(self) -> list[str]:
        c = staff_account.c
        late = c.number_hash.is_not(None), c.ties_at.is_(None), c.ended_at.is_(None)
        with self.database.read() as connection:
            return list(connection.scalars(select(c.id).where(*late).order_by(c.id)))

    def _files(self) -> dict[int, list[str]]:
        with self.database.read() as connection:
            days = sorted(catalogue.days(connection))
            held = catalogue.files(connection, days, "ties")
        return {day: names for (day, _), names in sorted(held.items())}
