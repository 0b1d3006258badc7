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
from fortnight.lake.build import Around, Before, DayIndex, build_day
from fortnight.lake.doubts import raise_alarms
from fortnight.lake.files import SCHEMAS, read_rows, rows_of, sync_folder, write_rows
from fortnight.lake.kept import Files, files_of, load_kept, save_kept
from fortnight.lake.linking import NO_ROWS, DayFixes, DayRows
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
MOST_FILES: Final = 200
"""Of one day and kind; from the next on they are made one, and the day is built anew."""


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
    most_files: int = MOST_FILES

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
                self._build(row, held, now)
                built.append(day)
        for day in built:
            old = held[day].index_name
            if old is not None:
                remove_index(self.folder / old, wait=wait)
        return tuple(built)

    def _is_far(self, row: catalogue.Day) -> bool:
        """Whether a change before the day before would change this day too."""
        return row.index_name is not None and (self.folder / row.index_name / FAR).exists()

    def _build(self, row: catalogue.Day, held: Mapping[int, catalogue.Day], now: int) -> None:
        near = [d for d in (row.day - 1, row.day, row.day + 1) if d in held]
        with self.database.read() as connection:
            listed = catalogue.files(connection, near)
        files = {f"{day}/{kind}": names for (day, kind), names in listed.items()}
        built = build_day(self._around(row, near, files), self.parameters)
        name = f"{row.day}-index-{self.random(16).hex()}"
        save_day(built, files, self.folder / name)
        sync_folder(self.folder)
        # dying before this line leaves the old index, and a folder for the next sweep of orphans
        with self.database.write() as connection:
            catalogue.set_index(connection, row.day, name, row.changed_at)
            raise_alarms(connection, built.doubts, now, self.random)

    def _around(self, row: catalogue.Day, near: list[int], files: Files) -> Around:
        """Return what a day is built from; ``files`` are those of the days ``near`` it."""
        day, since = row.day, self._since(row, files)
        fresh = self._rows(day, files if since is None else since)
        links = list(self.links.filed(near))
        signs = since is None or any(not key.endswith("/fixes") for key in since)
        before = None
        if since is not None:
            before = self._before(row, self._changed(day, since, links), signs_changed=signs)

        def earlier(
            wanted: set[bytes],
        ) -> tuple[Mapping[int, DayFixes], list[Mapping[int, bytes]]]:
            return self._earlier(day, wanted)

        return Around(
            day=day,
            fixes={d: self._fixes(d, files, whole=before is None and d == day) for d in near},
            signs={d: self._rows(d, files, fixes=False) for d in near} if signs else {},
            fresh=fresh,
            links=links,
            earlier=earlier,
            before=before,
        )

    def _since(self, row: catalogue.Day, files: Files) -> Files | None:
        """Return the files that the day's index does not hold; None where it holds others too.

        Files that were replaced may lack somebody: then nothing of the old index is taken over.
        """
        folder = None if row.index_name is None else self.folder / row.index_name
        if folder is None or not (folder / LEASE).exists():
            return None
        held = files_of(folder)
        if any(set(names) - set(files.get(key, ())) for key, names in held.items()):
            return None
        index, _ = load_day(folder)
        if index.tracks.parameters.track_part() != self.parameters.track_part():
            return None
        since = {key: sorted(set(names) - set(held.get(key, ()))) for key, names in files.items()}
        return {key: names for key, names in since.items() if names}

    def _before(
        self, row: catalogue.Day, changed: frozenset[bytes], *, signs_changed: bool
    ) -> Before:
        folder = self.folder / str(row.index_name)
        index, sources = load_day(folder)
        far = (folder / FAR).exists()
        if far:  # whoever hangs on days further back may have changed with those
            changed |= {bytes.fromhex(name) for name in index.tracks.names}
        return Before(index, sources, load_kept(folder), False, changed, signs_changed)

    def _changed(
        self, day: int, since: Files, links: list[Mapping[int, bytes]]
    ) -> frozenset[bytes]:
        """Return who of a day has fresh fixes on it or on a day beside it."""
        fresh = {d: self._rows(d, since).pseudonyms() for d in (day - 1, day, day + 1)}
        near = (linked for linked in links if day in linked)
        beside = {
            linked[day]
            for linked in near
            if any(linked.get(d) in fresh[d] for d in (day - 1, day + 1))
        }
        return frozenset(fresh[day] | beside)

    def _rows(self, day: int, files: Files, *, fixes: bool = True) -> DayRows:
        tables = {
            kind: read_rows(self.folder, files[f"{day}/{kind}"], kind)
            if f"{day}/{kind}" in files and (fixes or kind != "fixes")
            else getattr(NO_ROWS, kind)
            for kind in SCHEMAS
        }
        return DayRows(**tables)

    def _fixes(self, day: int, files: Files, *, whole: bool = False) -> DayFixes:
        """Return a day's fixes: from beside its index, and from the files that it does not hold."""
        with self.database.read() as connection:
            row = catalogue.days(connection)[day]
        since = None if whole else self._own_since(row, files)
        if since is None:
            names = files.get(f"{day}/fixes", [])
            return DayFixes((), None, read_rows(self.folder, names, "fixes"))
        folder = self.folder / str(row.index_name)
        index, _ = load_day(folder)
        return DayFixes(
            index.tracks.names, load_kept(folder), read_rows(self.folder, since, "fixes")
        )

    def _own_since(self, row: catalogue.Day, files: Files) -> list[str] | None:
        """Return the files of a day's own fixes that its index does not hold, or None."""
        folder = None if row.index_name is None else self.folder / row.index_name
        if folder is None or not (folder / LEASE).exists():
            return None
        key = f"{row.day}/fixes"
        held, listed = set(files_of(folder).get(key, ())), set(files.get(key, ()))
        return None if held - listed else sorted(listed - held)

    def _earlier(
        self, day: int, wanted: set[bytes]
    ) -> tuple[Mapping[int, DayFixes], list[Mapping[int, bytes]]]:
        """Return some people's fixes of all days before the day before, and everyone's links."""
        with self.database.read() as connection:
            held = sorted(catalogue.days(connection))
            before = [d for d in held if d < day - 1]
            names = catalogue.files(connection, before, "fixes")
        links = list(self.links.filed([d for d in held if d <= day + 1]))
        own = [linked for linked in links if linked.get(day) in wanted]
        tables = {}
        for d in before:
            theirs = {linked[d] for linked in own if d in linked}
            rows = rows_of(self.folder, names.get((d, "fixes"), []), "fixes", theirs)
            tables[d] = DayFixes((), None, rows)
        return tables, links

    def _compact(self, day: int, now: int) -> None:
        """Make many small files of a day and kind one."""
        with self.database.read() as connection:
            held = catalogue.files(connection, [day])
        for (_, kind), names in held.items():
            if len(names) > self.most_files:
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


def save_day(built: DayIndex, files: Files, folder: Path) -> None:
    """Write a day's index, built of some files, to a new folder, durably."""
    save_index(built.index, folder)
    np.save(folder / SOURCES, built.sources)
    save_kept(folder, built.kept, files)
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
    return load_index(folder)[0], np.load(folder / SOURCES)
