"""What each person chose never to send, sealed under their key; and how much that left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import delete, insert, select, text, update

from fortnight.arrivals.never_sent import NOTHING, REASON, NeverSent, left
from fortnight.db.sending_tables import never_sent, never_sent_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from fortnight.arrivals.checked import Checked
    from fortnight.arrivals.never_sent import Chosen
    from fortnight.db.engine import Database

LABEL: Final = b"never sent"
_COUNT: Final = text(
    "INSERT INTO never_sent_count (person, day, rows) VALUES (:person, :day, :rows) "
    "ON CONFLICT (person, day) DO UPDATE SET rows = never_sent_count.rows + excluded.rows"
)


class Sealing(Protocol):
    """What is asked of the vault."""

    def seal(self, person: str, plaintext: bytes, label: bytes) -> bytes:
        """Encrypt under a person's key; raises GoneError where it was destroyed."""

    def unseal(self, person: str, sealed: bytes, label: bytes) -> bytes:
        """Open what `seal` sealed."""


class Nobody:
    """Stands for a service in which nobody chose anything."""

    zone: Final = ZoneInfo("UTC")

    def of(self, person: str) -> NeverSent:  # noqa: ARG002 - whoever it is
        """Return nothing."""
        return NOTHING


class Choices:
    """What people chose. Safe for threads; one process serves, and holds every choice sealed.

    A choice is opened each time that it is asked for, and never kept open: when a person's key is
    gone, so is their choice.
    """

    def __init__(self, database: Database, vault: Sealing, zone: ZoneInfo) -> None:
        self._database = database
        self._vault = vault
        self.zone = zone
        with database.read() as connection:
            rows = connection.execute(select(never_sent.c.person, never_sent.c.sealed)).all()
        self._sealed = {str(person): bytes(sealed) for person, sealed in rows}

    def of(self, person: str) -> NeverSent:
        """Return a person's choice. Raises GoneError where their key was destroyed."""
        sealed = self._sealed.get(person)
        if sealed is None:
            return NOTHING
        return msgspec.json.decode(self._vault.unseal(person, sealed, LABEL), type=NeverSent)

    def choose(self, person: str, chosen: NeverSent, now: int) -> None:
        """Take a choice in the place of the last one; it counts for whatever arrives from now on.

        Raises QuestionError for one that means nothing, GoneError where the person was erased.
        """
        chosen.check()
        sealed = self._vault.seal(person, msgspec.json.encode(chosen), LABEL)
        values = {"sealed": sealed, "changed_at": now}
        mine = never_sent.c.person == person
        with self._database.write() as connection:
            if chosen.is_empty:
                connection.execute(delete(never_sent).where(mine))
            elif not connection.execute(update(never_sent).where(mine).values(values)).rowcount:
                connection.execute(insert(never_sent).values(person=person, **values))
        if chosen.is_empty:
            self._sealed.pop(person, None)
        else:
            self._sealed[person] = sealed

    def counts(self, person: str) -> Mapping[int, int]:
        """Return how many rows were left out, by the day (since 1970 UTC) on which they came."""
        asked = select(never_sent_count.c.day, never_sent_count.c.rows)
        mine = asked.where(never_sent_count.c.person == person).order_by(never_sent_count.c.day)
        with self._database.read() as connection:
            return {int(day): int(rows) for day, rows in connection.execute(mine)}


def without_hidden(person: str, kind: str, rows: Checked, chosen: Chosen) -> Checked:
    """Return what is left of a message once what is never sent was taken out, and counted."""
    if not rows.packed:
        return rows
    choice = chosen.of(person)
    if choice.is_empty:
        return rows
    packed, kept = left(kind, rows.packed, choice, chosen.zone)
    if kept == rows.kept:
        return rows
    refused = {**rows.refused, REASON: rows.kept - kept}
    return rows._replace(packed=packed, kept=kept, refused=dict(sorted(refused.items())))


def count_hidden(connection: Connection, hidden: Mapping[tuple[str, int], int]) -> None:
    """Add to what was left out, by person and day (since 1970 UTC)."""
    rows = [
        {"person": person, "day": day, "rows": count}
        for (person, day), count in sorted(hidden.items())
        if count
    ]
    if rows:
        connection.execute(_COUNT, rows)
