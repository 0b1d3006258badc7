"""Every day's index, kept current while searches run.

A new index is written to a folder of its own, synchronised, and switched to by one transaction.
A search keeps the folder that it holds a lease of; whoever removes the old one waits for that.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from fortnight.contact.silence import hours_by_day
from fortnight.contact.store import load_index, save_index
from fortnight.lake import catalogue
from fortnight.lake.build import ENCOUNTERS, HOURS, Around, Before, DayIndex, build_day
from fortnight.lake.doubts import raise_alarms
from fortnight.lake.files import DAY_MS, SCHEMAS, encoded, read_rows, sync_folder, write_rows
from fortnight.lake.kept import Built, Files, built_of, far_of, load_kept, note_built, save_kept
from fortnight.lake.linking import NO_ROWS, DayFixes, DayRows
from fortnight.lake.locks import LEASE, remove_index, writing
from fortnight.parameters import DEFAULTS, Parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.db.engine import Database
    from fortnight.lake.filing import Links

SOURCES: Final = "sources.npy"
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
        names = {day: row.index_name for day, row in held.items()}
        for day, row in held.items():
            if row.is_behind or self._hangs(row, names.get(day - 1)):
                self._compact(day, now)
                names[day] = self._build(row, names, now)
        built = tuple(day for day, row in held.items() if names[day] != row.index_name)
        for day in built:
            old = held[day].index_name
            if old is not None:
                remove_index(self.folder / old, wait=wait)
        return built

    def _hangs(self, row: catalogue.Day, previous: str | None) -> bool:
        """Whether somebody's day hangs on more than the day before, which has another index now."""
        folder = self._whole(row.index_name)
        if folder is None:
            return False
        built = built_of(folder)
        return bool(built.far) and built.previous != previous

    def _whole(self, index_name: str | None) -> Path | None:
        """Return the folder of an index, where it is whole."""
        folder = None if index_name is None else self.folder / index_name
        return folder if folder is not None and (folder / LEASE).exists() else None

    def _build(self, row: catalogue.Day, names: Mapping[int, str | None], now: int) -> str:
        """Build a day's index, and return its name."""
        near = [d for d in (row.day - 1, row.day, row.day + 1) if d in names]
        with self.database.read() as connection:
            listed = catalogue.files(connection, near)
        files = {f"{day}/{kind}": some for (day, kind), some in listed.items()}
        around, previous = self._around(row, names, files), names.get(row.day - 1)
        if around.before is not None and around.before.stands:
            return self._stands(row, Built(files, far_of(around.before.far), previous))
        built = build_day(around, self.parameters)
        name = f"{row.day}-index-{self.random(16).hex()}"
        save_day(built, Built(files, far_of(built.far), previous), self.folder / name)
        sync_folder(self.folder)
        # dying before this line leaves the old index, and a folder for the next sweep of orphans
        with self.database.write() as connection:
            catalogue.set_index(connection, row.day, name, row.changed_at)
            raise_alarms(connection, built.doubts, now, self.random)
        return name

    def _stands(self, row: catalogue.Day, built: Built) -> str:
        """Keep a day's index as one that holds what changed beside it, and return its name."""
        name = str(row.index_name)
        note_built(self.folder / name, built)
        with self.database.write() as connection:
            catalogue.set_index(connection, row.day, name, row.changed_at)
        return name

    def _around(self, row: catalogue.Day, names: Mapping[int, str | None], files: Files) -> Around:
        """Return what a day is built from; ``names`` are those of every day's index."""
        day, since = row.day, self._since(row, files)
        near = [d for d in (day - 1, day, day + 1) if d in names]
        fresh = self._rows(day, files if since is None else since)
        before = None if since is None else self._before(row, names, since, fresh)
        among = None if before is None else (day, before.changed)
        signs = before is None or before.signs_changed

        def earlier(
            wanted: set[bytes],
        ) -> tuple[Mapping[int, DayFixes], list[Mapping[int, bytes]]]:
            return self._earlier(day, names, wanted)

        return Around(
            day=day,
            fixes={
                d: self._fixes(d, names[d], files, whole=before is None and d == day) for d in near
            },
            signs={d: self._rows(d, files, fixes=False) for d in near} if signs else {},
            fresh=fresh,
            links=list(self.links.filed(near, among=None if signs else among)),
            earlier=earlier,
            before=before,
        )

    def _since(self, row: catalogue.Day, files: Files) -> Files | None:
        """Return the files that the day's index does not hold; None where it holds others too.

        Files that were replaced may lack somebody: then nothing of the old index is taken over.
        """
        folder = self._whole(row.index_name)
        if folder is None:
            return None
        held = built_of(folder).files
        if any(set(names) - set(files.get(key, ())) for key, names in held.items()):
            return None
        index, _ = load_day(folder)
        if index.tracks.parameters.track_part() != self.parameters.track_part():
            return None
        since = {key: sorted(set(names) - set(held.get(key, ()))) for key, names in files.items()}
        return {key: names for key, names in since.items() if names}

    def _before(
        self, row: catalogue.Day, names: Mapping[int, str | None], since: Files, fresh: DayRows
    ) -> Before:
        """Return the day's last index, and who changed since."""
        folder = self.folder / str(row.index_name)
        index, sources = load_day(folder)
        built = built_of(folder)
        far = frozenset(bytes.fromhex(one) for one in built.far)
        changed = fresh.pseudonyms() | self._beside(row.day, since)
        if built.previous != names.get(row.day - 1):
            changed |= far
        signs = any(not key.endswith("/fixes") for key in since)
        kept = load_kept(folder)
        return Before(index, sources, kept, far, frozenset(changed), signs)

    def _beside(self, day: int, since: Files) -> set[bytes]:
        """Return who of a day has fresh fixes beside it that may change how it is cut."""
        changed: set[bytes] = set()
        for near in (day - 1, day + 1):
            rows = self._rows(near, since).fixes
            if near > day:  # a stay goes on past midnight by a fix of its first hours alone
                until = near * DAY_MS + int(1_000 * self.parameters.presume_max_s)
                rows = rows.filter(pa.array(rows["time"].to_numpy() <= until))
            if rows.num_rows:
                fresh = encoded(rows["pseudonym"])[0]
                linked = self.links.filed([day], among=(near, fresh))
                changed |= {one[day] for one in linked if day in one}
        return changed

    def _rows(self, day: int, files: Files, *, fixes: bool = True) -> DayRows:
        tables = {
            kind: read_rows(self.folder, files[f"{day}/{kind}"], kind)
            if f"{day}/{kind}" in files and (fixes or kind != "fixes")
            else getattr(NO_ROWS, kind)
            for kind in SCHEMAS
        }
        return DayRows(**tables)

    def _fixes(self, day: int, name: str | None, files: Files, *, whole: bool = False) -> DayFixes:
        """Return a day's fixes: from beside its index, and from files that it does not hold."""
        key = f"{day}/fixes"
        listed, folder = set(files.get(key, ())), self._whole(name)
        held = None if folder is None or whole else set(built_of(folder).files.get(key, ()))
        if folder is None or held is None or held - listed:
            return DayFixes((), None, read_rows(self.folder, listed, "fixes"))
        fresh = read_rows(self.folder, listed - held, "fixes")
        return DayFixes(load_day(folder)[0].tracks.names, load_kept(folder), fresh)

    def _earlier(
        self, day: int, names: Mapping[int, str | None], wanted: set[bytes]
    ) -> tuple[Mapping[int, DayFixes], list[Mapping[int, bytes]]]:
        """Return the fixes of all days before the day before, and some people's links."""
        before = [d for d in names if d < day - 1]
        with self.database.read() as connection:
            listed = catalogue.files(connection, before, "fixes")
        files = {f"{d}/{kind}": some for (d, kind), some in listed.items()}
        links = self.links.filed([d for d in names if d <= day + 1], among=(day, wanted))
        return {d: self._fixes(d, names[d], files) for d in before}, list(links)

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


def save_day(built: DayIndex, of: Built, folder: Path) -> None:
    """Write a day's index, and what it was built of, to a new folder, durably."""
    save_index(built.index, folder)
    np.save(folder / SOURCES, built.sources)
    save_kept(folder, built.kept, of)
    (folder / LEASE).touch()
    for path in sorted(folder.iterdir()):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    sync_folder(folder)


def load_day(folder: Path) -> tuple[Index, NDArray[Any]]:
    """Map a day's index, and return it with where each person's rows came from."""
    index, sources = load_index(folder)[0], np.load(folder / SOURCES)
    if sources.shape[2] == HOURS:  # of before the hours were noted: made where it is opened
        hours = np.zeros((*sources.shape[:2], 1), dtype=sources.dtype)
        hours[:, ENCOUNTERS, 0] = hours_by_day(index.signs.encounters, index.tracks.names)
        sources = np.concatenate((sources, hours), axis=2)
    return index, sources
