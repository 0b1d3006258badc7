"""How many entries of each kind the log holds, by hour: what everybody may count in its tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import desc, func, select

from fortnight.db.tables import ledger_leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.db.engine import Database

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Counts:
    """The entries of a time.

    Attributes
    ----------
    hours : mapping of int to mapping of str to int
        By the start of the hour (ms since 1970), the newest first: entries of each kind.
    kinds : mapping of str to int
        The same, all hours together.
    waiting : int
        Entries that are not in the tree yet, whenever they were made.
    """

    hours: Mapping[int, Mapping[str, int]]
    kinds: Mapping[str, int]
    waiting: int


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of the log, counted."""

    database: Database

    def counts(self, start: int, end: int) -> Counts:
        """Count the entries made from ``start`` to before ``end``, ms since 1970."""
        hour = (ledger_leaf.c.made_at - ledger_leaf.c.made_at % HOUR_MS).label("hour")
        query = (
            select(hour, ledger_leaf.c.kind, func.count())
            .where(ledger_leaf.c.made_at >= start, ledger_leaf.c.made_at < end)
            .group_by("hour", ledger_leaf.c.kind)
            .order_by(desc("hour"), ledger_leaf.c.kind)
        )
        waiting = select(func.count()).where(ledger_leaf.c.place.is_(None))
        hours, kinds = dict[int, dict[str, int]](), dict[str, int]()
        with self.database.read() as connection:
            for at, kind, count in connection.execute(query):
                hours.setdefault(int(at), {})[kind] = count
                kinds[kind] = kinds.get(kind, 0) + count
            return Counts(hours, kinds, connection.scalar(waiting) or 0)
