"""An alarm, and its entry in the log: both are durable, or neither is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert

from fortnight.db.tables import alarm
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Alarm:
    """What somebody has to look into.

    Attributes
    ----------
    kind : str
        Such as ``strangers-in-delivery``.
    subject : str or None
        Id of a person, a case or an operator, or a daily pseudonym.
    detail : str
        Counts and ids, never personal data.
    """

    kind: str
    subject: str | None
    detail: str


def raise_alarm(
    connection: Connection, raised: Alarm, now: int, random: Callable[[int], bytes]
) -> str:
    """Raise an alarm at ``now`` ms since 1970 in the caller's transaction, and return its id.

    The log says that there was one, so that nobody can lose it unseen.
    """
    name = random(16).hex()
    row = {"kind": raised.kind, "at": now, "subject": raised.subject, "detail": raised.detail}
    connection.execute(insert(alarm).values(id=name, **row))
    detail = {"alarm": name, "kind": raised.kind, "step": "alarm-raised"}
    office = {"detail": raised.detail, "subject": raised.subject or ""}
    add(connection, make_leaf("alarm", now, detail, office, random), now)
    return name
