"""Looks: what is written before anybody reads, and what the person may see of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from sqlalchemy import insert, select

from fortnight.db.tables import ledger_leaf, look
from fortnight.ledger.append import add_all
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.ledger.entries import Leaf
    from fortnight.vault.people import Ask, Seed

LookKind: TypeAlias = Literal["look", "resolve"]
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Look:
    """One reading of a person's data, as that person may see it.

    Attributes
    ----------
    hour : int
        Hours since 1970 UTC; the public entry tells no more either.
    outcome : str
        ``opened``, or ``read`` once values were given.
    leaf : str
        Its entry in the log; `Log.proof` proves that it is in the tree.
    entry : bytes
        The entry itself.
    salt : bytes
        With `detail`, opens the entry's commitment (`ledger.entries.opens`).
    """

    id: str
    person: str
    hour: int
    role: str
    district: str
    purpose: str
    fields: tuple[str, ...]
    outcome: str
    leaf: str
    entry: bytes
    salt: bytes

    def detail(self) -> dict[str, str | int]:
        """Return what the entry commits to on the person's side."""
        return _detail(
            self.id, self.person, self.role, self.district, self.purpose, ",".join(self.fields)
        )


def look_leaf(kind: LookKind, ask: Ask, person: str, seed: Seed, now: int) -> Leaf:
    """Return the entry of a look at ``now``, milliseconds since 1970, with the seed's id and salts.

    `people_postgres` composes the same bytes in SQL.
    """
    reader = ask.reader
    detail = _detail(
        seed.look, person, reader.role, reader.district, ask.purpose, ",".join(ask.fields)
    )
    office = {"actor": reader.actor, "case": ask.case_id or ""}
    drawn = iter((seed.salt, seed.office_salt, bytes.fromhex(seed.leaf)))
    return make_leaf(kind, now, detail, office, lambda _: next(drawn))


def add_looks(
    connection: Connection, kind: LookKind, ask: Ask, seeds: Mapping[str, Seed], now: int
) -> None:
    """Add a look at each person, and its entry, in the caller's transaction: all or nothing."""
    rows: list[dict[str, object]] = []
    leaves: list[Leaf] = []
    asked = _of_ask(ask)
    for person, seed in seeds.items():
        leaf = look_leaf(kind, ask, person, seed, now)
        leaves.append(leaf)
        seen = {"id": seed.look, "person": person, "at": now, "outcome": "opened"}
        opening = {"salt": leaf.salt, "office_salt": leaf.office_salt, "leaf": leaf.id}
        rows.append(seen | asked | opening)
    add_all(connection, leaves, now)
    if rows:
        connection.execute(insert(look), rows)


def _of_ask(ask: Ask) -> dict[str, object]:
    return {
        "role": ask.reader.role,
        "district": ask.reader.district,
        "purpose": str(ask.purpose),
        "fields": ",".join(ask.fields),
        "actor": ask.reader.actor,
        "case_id": ask.case_id,
    }


def looks_at(database: Database, person: str) -> list[Look]:
    """Return every look at a person, the oldest first. Neither actor nor case is among it."""
    query = (
        select(look, ledger_leaf.c.entry)
        .join(ledger_leaf, look.c.leaf == ledger_leaf.c.id)
        .where(look.c.person == person)
        .order_by(look.c.at, look.c.id)
    )
    with database.read() as connection:
        return [
            Look(
                id=row.id,
                person=row.person,
                hour=row.at // _HOUR_MS,
                role=row.role,
                district=row.district,
                purpose=row.purpose,
                fields=tuple(row.fields.split(",")),
                outcome=row.outcome,
                leaf=row.leaf,
                entry=row.entry,
                salt=row.salt,
            )
            for row in connection.execute(query)
        ]


def _detail(
    look_id: str, person: str, role: str, district: str, purpose: str, fields: str
) -> dict[str, str | int]:
    return {
        "district": district,
        "fields": fields,
        "look": look_id,
        "person": person,
        "purpose": str(purpose),
        "role": role,
    }
