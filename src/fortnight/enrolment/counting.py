"""How often something was tried: counted in the database, and closed where that is down.

Every count is one write, whoever it is about and whatever comes of it, so that how long it takes
says nothing. Without the count nothing is answered: an error of the database is not caught here.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, text

from fortnight.db.enrolment_tables import entry_limit
from fortnight.errors import FortnightError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
_COUNT: Final = text(
    "INSERT INTO entry_limit (key, count, until) VALUES (:key, 1, :until) "
    "ON CONFLICT (key) DO UPDATE SET "
    "count = CASE WHEN entry_limit.until <= :now THEN 1 ELSE entry_limit.count + 1 END, "
    "until = CASE WHEN entry_limit.until <= :now THEN :until ELSE entry_limit.until END "
    "RETURNING count, until"
)


class TooOftenError(FortnightError):
    """Something was tried too often. ``wait_ms`` says when it may be tried again."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__("This was tried too often. Wait a quarter of an hour, then try again.")
        self.wait_ms = wait_ms


@dataclass(frozen=True, slots=True)
class Bound:
    """At most so often in a stretch of time, in milliseconds, from the first time on."""

    name: str
    most: int
    within_ms: int


@dataclass(frozen=True, slots=True)
class Counting:
    """The counts. ``secret``: nobody is named in them but by a keyed hash."""

    secret: bytes = field(repr=False)

    def count(self, connection: Connection, asked: Sequence[tuple[Bound, str]], now: int) -> None:
        """Count one try against each bound. Raises TooOftenError where one is passed.

        That ends the caller's transaction: what is refused costs nothing, or whoever asks very
        often at another's number would shut them out for a day.
        """
        waits = [self._wait(connection, bound, whose, now) for bound, whose in asked]
        if any(waits):
            raise TooOftenError(max(waits))

    def forgive(self, connection: Connection, bound: Bound, whose: str) -> None:
        """Forget the tries of somebody who got it right."""
        key = self._key(bound, whose)
        connection.execute(delete(entry_limit).where(entry_limit.c.key == key))

    def _wait(self, connection: Connection, bound: Bound, whose: str, now: int) -> int:
        values = {"key": self._key(bound, whose), "now": now, "until": now + bound.within_ms}
        count, until = connection.execute(_COUNT, values).one()
        return max(until - now, 1) if count > bound.most else 0

    def _key(self, bound: Bound, whose: str) -> bytes:
        return hmac.digest(self.secret, f"limit {bound.name} {whose}".encode(), "sha256")
