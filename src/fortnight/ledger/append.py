"""An entry joins the transaction of what it tells of: both are durable, or neither is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from fortnight.db.tables import ledger_leaf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from fortnight.ledger.entries import Leaf


def add(connection: Connection, leaf: Leaf, now: int) -> str:
    """Add an entry in the caller's transaction, at ``now`` ms since 1970, and return its id.

    It is pending until the log's next turn takes it into the tree.
    """
    add_all(connection, (leaf,), now)
    return leaf.id


def add_all(connection: Connection, leaves: Sequence[Leaf], now: int) -> None:
    """Add many entries at once, as `add` does each."""
    rows = [
        {"id": leaf.id, "kind": leaf.kind, "entry": leaf.entry, "made_at": now, "place": None}
        for leaf in leaves
    ]
    if rows:
        connection.execute(insert(ledger_leaf), rows)
