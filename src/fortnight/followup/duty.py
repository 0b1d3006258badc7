"""Ringing whoever is on duty: kept before it is tried, and tried until it is taken.

Unlike a text to a participant it may go twice: a second ring wakes somebody, a lost one does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from fortnight.db.support_tables import duty_ring
from fortnight.followup.emergency import Duty, emergency, is_on_duty
from fortnight.notify.gateway import Answer, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.followup.emergency import Emergency
    from fortnight.notify.gateway import Gateway

WORDS: Final = "Fortnight: the person on duty is needed now. Open the office: urgent tickets first."
MOST_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class DutyBell:
    """The bell of the person on duty."""

    database: Database
    duty: Duty
    random: Callable[[int], bytes]

    def ring(self, connection: Connection, reason: str, now: int) -> Emergency:
        """Ring, once for each reason, in the caller's transaction; return what to show.

        Nothing is rung where nobody is on duty, and what is shown says so.
        """
        there = select(duty_ring.c.id).where(duty_ring.c.key == reason)
        if is_on_duty(self.duty, now) and connection.scalar(there) is None:
            row = {"id": self.random(16).hex(), "key": reason, "made_at": now, "tries": 0}
            connection.execute(insert(duty_ring).values(row))
        return emergency(self.duty, now)

    def shown(self, now: int) -> Emergency:
        """Return the number to call now, and whether anybody here is on duty."""
        return emergency(self.duty, now)

    def turn(self, gateway: Gateway, now: int) -> int:
        """Send what was rung and not taken yet; return how many were taken."""
        taken = 0
        for ring_id in self._waiting():
            text = Text(ring_id, self.duty.number, WORDS, now)
            try:
                is_taken = gateway.send([text])[0].answer is Answer.TAKEN
            except Exception:  # noqa: BLE001 - whatever broke, it is tried again
                is_taken = False
            self._tried(ring_id, now if is_taken else None)
            taken += is_taken
        return taken

    def _waiting(self) -> list[str]:
        c = duty_ring.c
        waiting = select(c.id).where(c.rung_at.is_(None), c.tries < MOST_TRIES)
        with self.database.read() as connection:
            return list(connection.scalars(waiting.order_by(c.made_at, c.id)))

    def _tried(self, ring_id: str, rung_at: int | None) -> None:
        c = duty_ring.c
        tried = update(duty_ring).where(c.id == ring_id)
        with self.database.write() as connection:
            connection.execute(tried.values(tries=c.tries + 1, rung_at=rung_at))
