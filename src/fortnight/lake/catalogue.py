"""Which files and which index each day has: rows of ``lake_file`` and ``lake_day``.

``changed_at`` counts a day's changes: it is the instant of the last, and always more than the one
before. ``indexed_at`` is the change that the day's index holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from fortnight.db.tables import lake_day, lake_file

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from sqlalchemy import Connection

    from fortnight.lake.files import Written


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the lake."""

    day: int  # days since 1970 UTC
    changed_at: int
    index_name: str | None
    indexed_at: int | None

    @property
    def is_behind(self) -> bool:
        """Whether its index does not hold its last change."""
        return self.indexed_at is None or self.indexed_at < self.changed_at


def days(connection: Connection) -> dict[int, Day]:
    """Return every day of the lake, ascending."""
    rows = connection.execute(select(lake_day).order_by(lake_day.c.day)).all()
    return {row.day: Day(row.day, row.changed_at, row.index_name, row.indexed_at) for row in rows}


def files(
    connection: Connection, of: Collection[int], kind: str | None = None
) -> dict[tuple[int, str], list[str]]:
    """Return the names of the files of some days, by day and kind."""
    query = select(lake_file.c.day, lake_file.c.kind, lake_file.c.name)
    query = query.where(lake_file.c.day.in_(list(of))).order_by(lake_file.c.name)
    if kind is not None:
        query = query.where(lake_file.c.kind == kind)
    found: dict[tuple[int, str], list[str]] = {}
    for row in connection.execute(query):
        found.setdefault((row.day, row.kind), []).append(row.name)
    return found


def every_name(connection: Connection) -> set[str]:
    """Return every name inside the lake's folder that belongs there."""
    names = set(connection.execute(select(lake_file.c.name)).scalars())
    indexes = connection.execute(select(lake_day.c.index_name)).scalars()
    return names | {name for name in indexes if name is not None}


def add_files(
    connection: Connection,
    written: Iterable[Written],
    now: int,
    random: Callable[[int], bytes],
) -> None:
    """Add files that lie on disk."""
    rows = [
        {
            "id": random(16).hex(),
            "day": one.day,
            "kind": one.kind,
            "name": one.name,
            "rows": one.rows,
            "bytes": one.bytes,
            "made_at": now,
        }
        for one in written
    ]
    if rows:
        connection.execute(insert(lake_file), rows)


def drop_files(connection: Connection, names: Collection[str]) -> None:
    """Take files out of the catalogue; they are removed from disk after the commit."""
    connection.execute(delete(lake_file).where(lake_file.c.name.in_(list(names))))


def mark_changed(connection: Connection, changed: Collection[int], now: int) -> None:
    """Say that days changed, and with them their neighbours, which are cut knowing them."""
    held = days(connection)
    for day in sorted(set(changed)):
        if day not in held:
            connection.execute(insert(lake_day).values(day=day, changed_at=now))
    near = {day + step for day in changed for step in (-1, 0, 1)}
    for day in sorted(near & set(held)):
        later = max(now, held[day].changed_at + 1)
        connection.execute(update(lake_day).where(lake_day.c.day == day).values(changed_at=later))


def set_index(connection: Connection, day: int, name: str, change: int) -> None:
    """Switch a day to another index, which holds its files as of a change."""
    chosen = update(lake_day).where(lake_day.c.day == day)
    connection.execute(chosen.values(index_name=name, indexed_at=change))


def drop_day(connection: Connection, day: int) -> None:
    """Take a day out of the catalogue, with all of its files."""
    connection.execute(delete(lake_file).where(lake_file.c.day == day))
    connection.execute(delete(lake_day).where(lake_day.c.day == day))
