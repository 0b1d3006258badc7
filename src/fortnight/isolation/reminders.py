"""Remind me: on or off, at a person's own wish. Where they go is kept nowhere.

What is kept between two positions is in memory, of this process alone, and an hour at most: a
time and two counts. No table, no log and no colleague hears of a reminder. The phone that sent a
position gets "remember" as the answer to it, and that is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import delete, insert, select

from fortnight.db.support_tables import home_reminder
from fortnight.errors import ConflictError, GoneError, QuestionError
from fortnight.followup.days import paused
from fortnight.followup.rows import running_of
from fortnight.isolation.reminder import Home, Watch, judge

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.followup.record import Record
    from fortnight.isolation.reminder import Position
    from fortnight.vault.door import Vault

_LABEL = b"home"
_MOST_LON, _MOST_LAT = 180.0, 90.0


@dataclass(frozen=True, slots=True)
class Reminders:
    """The reminders of people who want them."""

    database: Database
    vault: Vault
    record: Record
    _watches: dict[str, Watch] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def turn_on(self, person: str, lon: float, lat: float, now: int) -> None:
        """Remind a person from now on; the home area is around that point, in degrees."""
        if not (abs(lon) <= _MOST_LON and abs(lat) <= _MOST_LAT):
            raise QuestionError("This is no place on the globe: open the page at home, and again.")
        sealed = self.vault.seal(person, msgspec.json.encode((lon, lat)), _LABEL)
        with self.database.write() as connection:
            if not running_of(connection, person):
                raise ConflictError("Nobody asks you to stay home: there is nothing to remind of.")
            was_on = self._delete(person, connection)
            connection.execute(
                insert(home_reminder).values(person=person, sealed=sealed, on_at=now)
            )
            if not was_on:
                self.record.note(connection, person, "reminder-on", "", now)

    def turn_off(self, person: str, now: int) -> None:
        """Remind a person no more, and forget the home area."""
        with self.database.write() as connection:
            if self._delete(person, connection):
                self.record.note(connection, person, "reminder-off", "", now)

    def is_on(self, person: str) -> bool:
        """Tell whether a person is reminded."""
        with self.database.read() as connection:
            there = select(home_reminder.c.person).where(home_reminder.c.person == person)
            return connection.scalar(there) is not None

    def position(self, person: str, position: Position) -> bool:
        """Judge a position that a person's own phone sent; return whether it is to be reminded.

        The answer is for that phone. Nothing is written, whatever it is.
        """
        home = self._home(person, position.at)
        with self._lock:
            self._forget(position.at)
            if home is None:
                self._watches.pop(person, None)
                return False
            judged = judge(home, self._watches.get(person, Watch()), position)
            self._watches[person] = judged.watch
        return judged.remind

    def turn(self, now: int) -> int:
        """Forget what is an hour old; turn off what is over; return how many."""
        with self._lock:
            self._forget(now)
        done = 0
        with self.database.write() as connection:
            for person in list(connection.scalars(select(home_reminder.c.person))):
                if not running_of(connection, person):
                    self._delete(person, connection)
                    self.record.note(connection, person, "reminder-off", "over", now)
                    done += 1
        return done

    def held(self) -> int:
        """Return of how many people anything is kept in memory."""
        with self._lock:
            return len(self._watches)

    def _home(self, person: str, now: int) -> Home | None:
        """Return the home area of whoever is to be reminded now; None in a pause, too."""
        with self.database.read() as connection:
            query = select(home_reminder.c.sealed).where(home_reminder.c.person == person)
            sealed = connection.scalar(query)
            running = [] if sealed is None else running_of(connection, person)
            stopped = [row for row in running if paused(connection, row.id, now) is not None]
        if sealed is None or not running or stopped:
            return None
        try:
            opened = self.vault.unseal(person, sealed, _LABEL)
        except GoneError:
            return None
        return Home(*msgspec.json.decode(opened, type=tuple[float, float]))

    def _forget(self, now: int) -> None:
        for person in [one for one, watch in self._watches.items() if watch.is_over(now)]:
            del self._watches[person]

    def _delete(self, person: str, connection: Connection) -> bool:
        with self._lock:
            self._watches.pop(person, None)
        gone = delete(home_reminder).where(home_reminder.c.person == person)
        return connection.execute(gone).rowcount > 0
