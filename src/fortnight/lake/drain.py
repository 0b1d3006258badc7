"""From arrivals to files of the lake: each arrival exactly once.

Files are written and synchronised first; then one transaction names them in the catalogue and
deletes the arrivals they hold. Dying before it leaves the arrivals and files that no row names,
which the next drain removes before it begins again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import delete, select

from fortnight.consent.grant import source_kinds
from fortnight.db.tables import arrival
from fortnight.errors import DatabaseError, GoneError
from fortnight.evidence.packed import count_of
from fortnight.lake import catalogue
from fortnight.lake.arrived import Arrived, Held, tables_of
from fortnight.lake.colleagues import pairs_of
from fortnight.lake.files import DAY_MS, sync_folder, write_rows
from fortnight.lake.locks import remove_index, writing
from fortnight.settings import HELD_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    from sqlalchemy import Connection, Row

    from fortnight.db.engine import Database
    from fortnight.lake.files import Written
    from fortnight.lake.filing import Filing, Grants

LABEL: Final = b"arrival"
"""What arrivals are sealed as."""
_AT_ONCE: Final = 20_000
_ROWS_AT_ONCE: Final = 2_000_000


class DrainReport(NamedTuple):
    """What one drain did: arrivals taken, rows filed, rows dropped by reason, days changed."""

    arrivals: int
    rows: int
    dropped: Mapping[str, int]
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drain:
    """Moves arrivals into the lake."""

    database: Database
    vault: Filing
    consents: Grants
    folder: Path
    random: Callable[[int], bytes]

    def drain(self, now: int) -> DrainReport:
        """Take every arrival that is there.

        What may not be kept is dropped and counted: of whom no grant for its source is live any
        more, whose key is gone, what names a day that is no longer held, and who is not known.
        """
        taken, filed = 0, 0
        dropped: Counter[str] = Counter()
        changed: set[int] = set()
        with writing(self.folder):
            self._sweep()
            while arrivals := self._next():
                report = self._take(arrivals, now)
                taken += report.arrivals
                filed += report.rows
                dropped.update(report.dropped)
                changed.update(report.days)
        return DrainReport(taken, filed, dict(dropped), tuple(sorted(changed)))

    def waiting(self) -> bool:
        """Tell whether anything waits to be taken."""
        with self.database.read() as connection:
            return connection.scalar(select(arrival.c.id).limit(1)) is not None

    def sweep_orphans(self) -> int:
        """Remove what no row names and no search holds; return how many files and folders."""
        with writing(self.folder):
            return self._sweep()

    def _sweep(self) -> int:
        with self.database.read() as connection:
            known = catalogue.every_name(connection)
        removed = 0
        for path in sorted(self.folder.iterdir()):
            if path.name in known or path.name.startswith(".writer"):
                continue
            if path.is_dir():
                removed += remove_index(path)
            else:
                path.unlink()
                removed += 1
        return removed

    def _next(self) -> Sequence[Row[tuple[int, str, str, str, int, int, bytes]]]:
        """Return the oldest arrivals, as many as are handled at once."""
        query = select(arrival).order_by(arrival.c.id).limit(_AT_ONCE)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        total = 0
        for place, row in enumerate(rows):
            total += row.rows
            if total > _ROWS_AT_ONCE:
                return rows[: max(place, 1)]
        return rows

    def _take(
        self, arrivals: Sequence[Row[tuple[int, str, str, str, int, int, bytes]]], now: int
    ) -> DrainReport:
        dropped: Counter[str] = Counter()
        opened = self._opened(arrivals, dropped)
        held = Held(self.vault, self.consents, held_from(now), dropped)
        tables = tables_of(opened, held)
        for day in sorted(day for day, kind in tables if kind == "ties"):
            self.vault.file_ties(day, pairs_of(tables[day, "ties"]))
        written = [self._write(day, kind, tables[day, kind]) for day, kind in sorted(tables)]
        sync_folder(self.folder)
        with self.database.write() as connection:
            catalogue.add_files(connection, written, now, self.random)
            catalogue.mark_changed(connection, {one.day for one in written}, now)
            _delete(connection, [row.id for row in arrivals])
        return DrainReport(
            len(arrivals),
            sum(one.rows for one in written),
            dropped,
            tuple(sorted({one.day for one in written})),
        )

    def _write(self, day: int, kind: str, rows: pa.Table) -> Written:
        name = f"{day}-{kind}-{self.random(16).hex()}.parquet"
        return write_rows(self.folder, name, day, kind, rows)

    def _opened(
        self,
        arrivals: Sequence[Row[tuple[int, str, str, str, int, int, bytes]]],
        dropped: Counter[str],
    ) -> list[Arrived]:
        """Return the arrivals of those whose grant is live and whose key is there, unsealed."""
        live = self._live(arrivals)
        opened = []
        for row in arrivals:
            if (row.person, row.kind, row.origin) not in live:
                dropped["no-grant"] += row.rows
                continue
            try:
                data = self.vault.unseal(row.person, row.sealed, LABEL)
                count_of(row.kind, data)
            except GoneError:
                dropped["key-gone"] += row.rows
                continue
            except (DatabaseError, ValueError):  # one that is damaged may not hold up all others
                dropped["damaged"] += row.rows
                continue
            opened.append(Arrived(row.person, row.kind, row.origin, row.received_at, data))
        return opened

    def _live(
        self, arrivals: Sequence[Row[tuple[int, str, str, str, int, int, bytes]]]
    ) -> set[tuple[str, str, str]]:
        """Return (person, kind, origin) of those who agree now to what was sent."""
        people: dict[tuple[str, str], set[str]] = {}
        for row in arrivals:
            people.setdefault((row.kind, row.origin), set()).add(row.person)
        return {
            (person, *pair)
            for pair, some in people.items()
            for person in self.consents.live_people(None, some, source_kinds(*pair))
        }


def held_from(now: int) -> int:
    """Return the oldest day (since 1970 UTC) that is held at an instant."""
    return now // DAY_MS - HELD_DAYS


def _delete(connection: Connection, ids: list[int]) -> None:
    """Delete arrivals; a range of numbers would take some that came meanwhile."""
    for first in range(0, len(ids), 500):
        connection.execute(delete(arrival).where(arrival.c.id.in_(ids[first : first + 500])))
