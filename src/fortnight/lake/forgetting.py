"""Taking people and days out of the lake: files are rewritten, and indexes with them, at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from fortnight.lake import catalogue
from fortnight.lake.doubts import forget_alarms, forget_alarms_of
from fortnight.lake.files import PSEUDONYM, read_rows, sync_folder, without
from fortnight.lake.locks import remove_index, writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.lake.days import Days


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Deletes from the lake. Repeating changes nothing, so whoever was interrupted begins again."""

    days: Days

    def person(self, pseudonyms: Mapping[int, bytes], now: int) -> int:
        """Leave out every row that names a person, by their pseudonyms of each day.

        Files are rewritten without them and the indexes built again; it waits for searches that
        still hold the old ones, so that nothing is left when it returns. Returns how many files
        were rewritten.
        """
        changed = 0
        with writing(self.days.folder):
            for day, pseudonym in sorted(pseudonyms.items()):
                changed += self._leave_out(day, pseudonym, now)
            with self.days.database.write() as connection:
                forget_alarms(connection, pseudonyms.values())
            self.days.refresh_locked(now, wait=True)
            self._remove_strays()
        return changed

    def day(self, day: int, now: int) -> bool:
        """Drop a day's files, index and rows; return whether there were any.

        The day after is built again: it may have been cut knowing this one.
        """
        with writing(self.days.folder):
            found = self._drop(day, now)
            self.days.refresh_locked(now, wait=True)
            self._remove_strays()
        return found

    def before(self, day: int, now: int) -> tuple[int, ...]:
        """Drop every day before ``day``; return them."""
        with writing(self.days.folder):
            with self.days.database.read() as connection:
                old = [held for held in catalogue.days(connection) if held < day]
            for one in old:
                self._drop(one, now)
            self.days.refresh_locked(now, wait=True)
            self._remove_strays()
        return tuple(old)

    def visit(self, day: int, pseudonym: bytes, venue: str, start: int, now: int) -> int:
        """Leave out one visit of a person, on the day (since 1970 UTC) on which it began.

        As `person`: nothing is left when it returns. Returns how many files were rewritten.
        """
        mine: Any = pa.scalar(pseudonym, PSEUDONYM)
        changed = 0
        with writing(self.days.folder):
            with self.days.database.read() as connection:
                held = catalogue.files(connection, [day], "visits")
            for name in [name for some in held.values() for name in some]:
                rows = read_rows(self.days.folder, [name], "visits")
                is_mine: Any = pc.equal(rows["pseudonym"], mine)
                is_it: Any = pc.and_(is_mine, pc.equal(rows["start"], pa.scalar(start)))
                is_it = pc.and_(is_it, pc.equal(rows["venue"], pa.scalar(venue)))
                if pc.any(is_it).as_py():
                    self._mark(day, now)
                    self.days.replace(day, "visits", [name], rows.filter(pc.invert(is_it)), now)
                    changed += 1
            self.days.refresh_locked(now, wait=True)
            self._remove_strays()
        return changed

    def _leave_out(self, day: int, pseudonym: bytes, now: int) -> int:
        with self.days.database.read() as connection:
            held = catalogue.files(connection, [day])
        changed = 0
        for (_, kind), names in held.items():
            for name in names:
                rows = read_rows(self.days.folder, [name], kind)
                kept = without(rows, pseudonym)
                if kept.num_rows < rows.num_rows:
                    if not changed:
                        self._mark(day, now)
                    self.days.replace(day, kind, [name], kept, now)
                    changed += 1
        return changed

    def _mark(self, day: int, now: int) -> None:
        """Say that a day changes, before it does: dying in between may not leave its old index."""
        with self.days.database.write() as connection:
            catalogue.mark_changed(connection, [day], now)

    def _drop(self, day: int, now: int) -> bool:
        with self.days.database.write() as connection:
            row = catalogue.days(connection).get(day)
            names = catalogue.files(connection, [day]).values()
            if row is None:
                return False
            catalogue.mark_changed(connection, [day], now)
            catalogue.drop_day(connection, day)
            forget_alarms_of(connection, day)
        for name in [name for some in names for name in some]:
            (self.days.folder / name).unlink(missing_ok=True)
        if row.index_name is not None:
            remove_index(self.days.folder / row.index_name, wait=True)
        sync_folder(self.days.folder)
        return True

    def _remove_strays(self) -> None:
        """Remove indexes that an earlier refresh had to leave to the searches that held them."""
        with self.days.database.read() as connection:
            known = catalogue.every_name(connection)
        for path in sorted(self.days.folder.iterdir()):
            if path.is_dir() and path.name not in known:
                remove_index(path, wait=True)
