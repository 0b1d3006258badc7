"""Who holds a key of this service from outside: laboratories and mobile operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fortnight.db.tables import laboratory, operator

if TYPE_CHECKING:
    from sqlalchemy import Table

    from fortnight.db.engine import Database


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """One of them; instants are ms since 1970. The key itself is kept nowhere."""

    id: str
    name: str
    made_at: int
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class KeyHolders:
    """All of them, those whose key has ended too, by name."""

    database: Database

    def laboratories(self) -> tuple[KeyHolder, ...]:
        """Return the laboratories, which give tokens."""
        return self._all(laboratory)

    def operators(self) -> tuple[KeyHolder, ...]:
        """Return the mobile operators, which deliver."""
        return self._all(operator)

    def _all(self, table: Table) -> tuple[KeyHolder, ...]:
        columns = table.c.id, table.c.name, table.c.made_at, table.c.revoked_at
        with self.database.read() as connection:
            rows = connection.execute(select(*columns).order_by(table.c.name))
            return tuple(KeyHolder(*row) for row in rows)
