"""Every day's index, kept current while searches run.

A new index is written to a folder of its own, synchronised, and switched to by one transaction.
A search keeps the folder that it holds a lease of; whoever removes the old one waits for that.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fortnight.contact.store import load_index, save_index
from fortnight.lake import catalogue
from fortnight.lake.build import Around, DayIndex, build_day
from fortnight.lake.doubts import raise_alarms
from fortnight.lake.files import SCHEMAS, read_rows, rows_of, sync_folder, write_rows
from fortnight.lake.linking import NO_ROWS, DayRows
from fortnight.lake.locks import LEASE, remove_index, writing
from fortnight.parameters import DEFAULTS, Parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.db.engine import Database
    from fortnight.lake.filing import Links

SOURCES: Final = "sources.npy"
FAR: Final = "far"
_MOST_FILES: Final = 8
"""Of one day and kind; from the next on they are made one."""


@dataclass(frozen=True, slots=True)
class Days:
    """Builds the indexes of changed days.

    Parameters
    ----------
    folder : Path
        The lake's.
    random : callable
        Returns that many random bytes; names of files are made of them.
    """

    database: Database
    links: Links
    folder: Path
    random: Callable[[int], bytes]
    parameters: Parameters = DEFAULTS

    def refresh(self, now: int) -> tuple[int, ...]:
        """Build the index of each day that changed since its last; return those days.

        Searches that run meanwhile keep the indexes they have. Nothing is half done where the
        machine dies: a folder that no row names is an orphan.
        """
        with writing(self.folder):
            return self.refresh_locked(now)

    def behind(self) -> bool:
        """Tell whether any day changed since its index was built."""
        with self.database.read() as connection:
            return any(row.is_behind for row in catalogue.days(connection).values())

    def refresh_locked(self, now: int, *, wait: bool = False) -> tuple[int, ...]:
        """As ``refresh``, for who holds the lake; ``wait`` waits until the old ones are gone."""
        with self.database.read() as connection:
            held = catalogue.days(connection)
        built: list[int] = []
        for day, row in held.items():
            follows = built[-1:] == [day - 1] and self._is_far(row)
            if row.is_behind or follows:
                self._compact(day, now)
                self._build(row, set(held), now)
                built.append(day)
        for day in built:
            old = held[day].index_name
            if old is not None:
                remove_index(self.folder / old, wait=wait)
        return tuple(built)

    def _is_far(self, row: catalogue.Day) -> bool:
        """Whether a change before the day before would change this day too."""
        return row.index_name is not None and (self.folder / row.index_name / FAR).exists()

    def _build(self, row: catalogue.Day, held: set[int], now: int) -> None:
        built = build_day(self._around(row.day, held), self.parameters)
        name = f"{row.day}-index-{self.random(16).hex()}"
        save_day(built, self.folder / name)
        sync_folder(self.folder)
        # dying before this line leaves the old index, and a folder for the next sweep of orphans
        with self.database.write() as connection:
            catalogue.set_index(connection, row.day, name, row.changed_at)
            raise_alarms(connection, built.doubts, now, self.random)

    def _around(self, day: int, held: set[int]) -> Around:
        near = [d for d in (day - 1, day, day + 1) if d in held]
        with self.database.read() as connection:
            names = catalogue.files(connection, near)

        def earlier(
            wanted: set[bytes],
        ) -> tuple[Mapping[int, pa.Table], list[Mapping[int, bytes]]]:
            return self._earlier(day, held, wanted)

        return Around(
            day=day,
            rows={d: self._rows(d, names) for d in near},
            links=self.links.filed(near),
            earlier=earlier,
        )

    def _rows(self, day: int, names: Mapping[tuple[int, str], list[str]]) -> DayRows:
        tables = {
            kind: read_rows(self.folder, names[day, kind], kind)
            if (day, kind) in names
            else getattr(NO_ROWS, kind)
            for kind in SCHEMAS
        }
        return DayRows(**tables)

    def _earlier(
        self, day: int, held: set[int], wanted: set[bytes]
    ) -> tuple[Mapping[int, pa.Table], list[Mapping[int, bytes]]]:
        """Return some people's fixes of all days before the day before, and everyone's links."""
        before = sorted(d for d in held if d < day - 1)
        links = list(self.links.filed([d for d in held if d <= day + 1]))
        own = [linked for linked in links if linked.get(day) in wanted]
        with self.database.read() as connection:
            names = catalogue.files(connection, before, "fixes")
        tables = {
            d: rows_of(
                self.folder,
                names.get((d, "fixes"), []),
                "fixes",
                {linked[d] for linked in own if d in linked},
            )
            for d in before
        }
        return tables, links

    def _compact(self, day: int, now: int) -> None:
        """Make many small files of a day and kind one."""
        with self.database.read() as connection:
            held = catalogue.files(connection, [day])
        for (_, kind), names in held.items():
            if len(names) > _MOST_FILES:
                self.replace(day, kind, names, read_rows(self.folder, names, kind), now)

    def replace(self, day: int, kind: str, names: list[str], rows: pa.Table, now: int) -> None:
        """Put one new file in the place of others, in one transaction; then remove those."""
        written = []
        if rows.num_rows:
            name = f"{day}-{kind}-{self.random(16).hex()}.parquet"
            written = [write_rows(self.folder, name, day, kind, rows)]
            sync_folder(self.folder)
        with self.database.write() as connection:
            catalogue.drop_files(connection, names)
            catalogue.add_files(connection, written, now, self.random)
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        sync_folder(self.folder)


def save_day(built: DayIndex, folder: Path) -> None:
    """Write a day's index to a new folder, durably."""
    save_index(built.index, folder)
    np.save(folder / SOURCES, built.sources)
    (folder / LEASE).touch()
    if built.far:
        (folder / FAR).touch()
    for path in sorted(folder.iterdir()):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    sync_folder(folder)


def load_day(folder: Path) -> tuple[Index, NDArray[Any]]:
    """Map a day's index, and return it with where each person's rows came from."""
    return load_index(folder)[0], np.load(folder / SOURCES, mmap_mode="r")
