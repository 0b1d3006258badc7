"""An alarm of a gateway: one at a time, until somebody ended it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from fortnight.db.tables import alarm

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database

REFUSED: Final = "texts-refused-sign-in"


def raise_once(
    database: Database, random: Callable[[int], bytes], kind: str, detail: str, now: int
) -> None:
    """Raise an alarm unless one of its kind stands. ``detail`` holds nothing personal."""
    with database.write() as connection:
        standing = select(alarm.c.id).where(alarm.c.kind == kind, alarm.c.ended_at.is_(None))
        if connection.scalar(standing) is None:
            values = {"id": random(16).hex(), "kind": kind, "at": now, "detail": detail}
            connection.execute(insert(alarm).values(values))
