"""What a health worker does at a person's word on the phone: close everything, or reset the PIN.

The person may not be free to speak, and another may read their phone. So closing leaves nothing
there: no text goes, those that wait are stopped, phones send no more, and the pages answer as they
answer a number that nobody enrolled. Every step is a look that the person finds when they come
back: by the health team, 72 hours, and digits read out to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, update

from fortnight.db.enrolment_tables import enrolment, pin_reset, start_over
from fortnight.db.tables import message
from fortnight.enrolment.counting import HOUR_MS, Bound
from fortnight.enrolment.people import change, standing_of
from fortnight.errors import RefusedError
from fortnight.vault.purposes import Field, Purpose

if TYPE_CHECKING:
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.enrolment.counting import Counting
    from fortnight.enrolment.reset import Resets
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

NOBODY: Final = "Nobody is enrolled with this number. Ask for it once more, with its country."
_A_WORKER: Final = Bound("worker", 20, HOUR_MS)


@dataclass(frozen=True, slots=True)
class Closing:
    """Steps of health workers at a person's own word, by the number that the person says."""

    database: Database
    vault: Vault
    consents: Consents
    counting: Counting
    resets: Resets

    def close(self, number: str, reader: Reader, now: int) -> str:
        """Close everything of a number's person; return who, whose sessions the caller ends.

        Raises RefusedError for no number and for nobody, TooOftenError for a worker who asks for
        very many.
        """
        person = self._looked_at(number, reader, now)
        with self.database.write() as connection:
            if standing_of(connection, person) is None:
                row = {"person": person, "began_at": now, "seen_at": now, "asked": 0}
                row |= {"state": "closed", "ask_at": now}
                connection.execute(insert(enrolment).values(row))
            change(connection, person, state="closed")
            for table in (pin_reset, start_over):
                connection.execute(delete(table).where(table.c.person == person))
            waiting = (message.c.person == person, message.c.state == "queued")
            stopped = {"state": "stopped", "sealed": None, "awaits": False}
            connection.execute(update(message).where(*waiting).values(**stopped))
        self.consents.withdraw_all(person, now)
        self.vault.revoke_devices(person, now)
        return person

    def reset(self, number: str, reader: Reader, now: int) -> str:
        """Begin a reset; return the digits that the worker reads out. Raises as `close`.

        What was closed is open to be entered again, with every grant off as it was left.
        """
        person = self._looked_at(number, reader, now)
        with self.database.write() as connection:
            change(connection, person, state="open")
        return self.resets.ask(person, reader.actor, now)

    def _looked_at(self, number: str, reader: Reader, now: int) -> str:
        """Return whose number it is, under a look at them that is committed first."""
        with self.database.write() as connection:
            self.counting.count(connection, ((_A_WORKER, reader.actor),), now)
        person = self.vault.person_with(number)
        if person is None:
            raise RefusedError(NOBODY)
        self.vault.read(
            self.vault.open_access(reader, Purpose.RIGHTS, None, (Field.NUMBER,), (person,), now)
        )
        return person
