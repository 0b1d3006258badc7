"""The lake's catalogue after its database was put back from a backup: it follows the files.

Files are younger than the backup, and truer: whoever was erased since is left out of them, and
what was acknowledged since is in them. Their names say day and kind.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select, update

from fortnight.db.tables import lake_day, lake_file
from fortnight.lake import catalogue
from fortnight.lake.files import SCHEMAS, Written
from fortnight.lake.locks import LEASE, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from fortnight.db.engine import Database

_NAME: Final = re.compile(rf"(?P<day>\d+)-(?P<kind>{'|'.join(SCHEMAS)})-[0-9a-f]{{32}}\.parquet")


class Adopted(NamedTuple):
    """What the catalogue lost and found: names of files, and the days that changed with them."""

    lost: tuple[str, ...]
    found: tuple[str, ...]
    days: tuple[int, ...]


def follow_files(
    database: Database, folder: Path, now: int, random: Callable[[int], bytes]
) -> Adopted:
    """Make the catalogue name the files that there are, and no other.

    Days whose files or index are not as they were are to be indexed anew. Repeating changes
    nothing.
    """
    with writing(folder), database.write() as connection:
        listed = {row.name: row for row in connection.execute(select(lake_file))}
        sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
        lost = sorted(name for name, row in listed.items() if sizes.get(name) != row.bytes)
        kept = set(listed) - set(lost)
        found = [one for name in sorted(set(sizes) - kept) if (one := _whole(folder, name))]
        days = {listed[name].day for name in lost} | {one.day for one in found}
        catalogue.drop_files(connection, lost)
        catalogue.add_files(connection, found, now, random)
        _forget_indexes(connection, folder)
        catalogue.mark_changed(connection, days, now)
    return Adopted(tuple(lost), tuple(one.name for one in found), tuple(sorted(days)))


def _whole(folder: Path, name: str) -> Written | None:
    """Return a file as the catalogue names it; None for another file, or one cut by a crash."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        rows = pq.read_metadata(folder / name).num_rows
    except pa.ArrowInvalid:
        return None
    size = (folder / name).stat().st_size
    return Written(name, match["kind"], int(match["day"]), rows, size)


def _forget_indexes(connection: Connection, folder: Path) -> None:
    """Leave out indexes that are not there any more: those days are to be indexed anew."""
    for day, row in catalogue.days(connection).items():
        if row.index_name is not None and not (folder / row.index_name / LEASE).exists():
            chosen = update(lake_day).where(lake_day.c.day == day)
            connection.execute(chosen.values(index_name=None, indexed_at=None))
