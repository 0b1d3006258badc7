"""Entries of the log for endings that concern everybody: anyone may open them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from fortnight.db.tables import ledger_leaf
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf, public_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


def add_public(connection: Connection, detail: Mapping[str, str | int], now: int) -> bool:
    """Add an entry of kind ``deletion`` once; return whether it was not there before.

    Its salt is 32 zero bytes, so that everybody can check what it says; its id follows from what
    it says, so that an ending that a crash interrupted is told of once.
    """
    name = public_id(detail)
    there = connection.scalar(select(ledger_leaf.c.id).where(ledger_leaf.c.id == name))
    if there is None:
        leaf = make_leaf("deletion", now, detail, None, bytes)
        add(connection, replace(leaf, id=name), now)
    return there is None
