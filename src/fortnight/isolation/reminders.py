"""Remind me: on or off, at a person's own wish. Where they go is kept nowhere.

What is kept between two positions is in memory, of this process alone, and an hour at most: a
time and two counts. No table, no log and no colleague hears of a reminder. The phone that sent a
position gets "remember" as the answer to it, and that is all there is.

The middle of the home area is the one place that is kept, sealed under the person's key: typed, or
where the phone says that it is once they asked for that, within the hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import delete, insert, select

from fortnight.db.support_tables import home_reminder
from fortnight.errors import ConflictError, GoneError, QuestionError
from fortnight.followup.days import paused
from fortnight.followup.rows import running_of
from fortnight.isolation.reminder import KEPT_MS, Home, Watch, judge

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.followup.record import Record
    from fortnight.isolation.reminder import Position
    from fortnight.vault.door import Vault

LABEL = b"home"
"""What the middle of a home area is sealed as."""
FRESH_MS: Final = 300_000
"""Milliseconds off our clock beyond which a position says nothing of now: 5 minutes."""
HOME_ACCURACY_M: Final = 100.0
"""Metres: a position coarser than this is not taken as home."""
_MOST_LON, _MOST_LAT = 180.0, 90.0
_NO_PLACE: Final = "This is no place on the globe: open the page at home, and again."
_NOT_ASKED: Final = "Nobody asks you to stay home: there is nothing to remind of."


class Wish(StrEnum):
    """Whether somebody is reminded."""

    OFF = "off"
    WAITS = "waits"  # for their phone to say where home is
    ON = "on"


@dataclass(frozen=True, slots=True)
class Reminders:
    """The reminders of people who want them."""

    database: Database
    vault: Vault
    record: Record
    _watches: dict[str, Watch] = field(default_factory=dict, repr=False)
    _waiting: dict[str, int] = field(default_factory=dict, repr=False)  # since when, ms
    _lock: Lock = field(default_factory=Lock, repr=False)

    def turn_on(self, person: str, lon: float, lat: float, now: int) -> None:
        """Remind a person from now on; the home area is around that point, in degrees.

        Raises QuestionError for no place, ConflictError where nobody follows them.
        """
        if not (abs(lon) <= _MOST_LON and abs(lat) <= _MOST_LAT):
            raise QuestionError(_NO_PLACE)
        with self.database.write() as connection:
            self._refuse_unasked(connection, person)
            self._begin(connection, person, lon, lat, now)

    def turn_on_here(self, person: str, now: int) -> None:
        """Remind a person once their phone has said where it is: home is there.

        Waits an hour, in memory. Raises ConflictError where nobody follows them.
        """
        with self.database.read() as connection:
            self._refuse_unasked(connection, person)
        with self._lock:
            self._waiting[person] = now

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

    def wish(self, person: str, now: int) -> Wish:
        """Tell whether a person is reminded, or their phone waited for."""
        with self._lock:
            self._forget(now)
            if person in self._waiting:
                return Wish.WAITS
        return Wish.ON if self.is_on(person) else Wish.OFF

    def concerns(self, person: str, now: int) -> bool:
        """Tell whether positions of a person's phone are for this at all."""
        return self.wish(person, now) is not Wish.OFF

    def position(self, person: str, position: Position, now: int) -> bool:
        """Judge a position that a person's own phone sent; return whether it is to be reminded.

        The answer is for that phone. Nothing is written, whatever it is, but the home area where
        the person asked for that. A position that is not of now says nothing.
        """
        if abs(now - position.at) > FRESH_MS:
            return False
        position = replace(position, at=min(position.at, now))
        self._take_home(person, position, now)
        home = self._home(person, now)
        with self._lock:
            self._forget(now)
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
        with self.database.read() as connection:
            people = list(connection.scalars(select(home_reminder.c.person)))
            over = [person for person in people if not running_of(connection, person)]
        if not over:
            return 0
        with self.database.write() as connection:
            for person in over:
                if self._delete(person, connection):
                    self.record.note(connection, person, "reminder-off", "over", now)
        return len(over)

    def held(self) -> int:
        """Return of how many people anything is kept in memory."""
        with self._lock:
            return len(self._watches.keys() | self._waiting.keys())

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
            opened = self.vault.unseal(person, sealed, LABEL)
        except GoneError:
            return None
        return Home(*msgspec.json.decode(opened, type=tuple[float, float]))

    def _take_home(self, person: str, position: Position, now: int) -> None:
        """Take where a phone is as home, where its person asked for that within the hour."""
        with self._lock:
            since = self._waiting.get(person)
            good = position.source != "cell" and 0 < (position.accuracy or 0.0) <= HOME_ACCURACY_M
            if since is None or not since - FRESH_MS <= position.at or not good:
                return
            del self._waiting[person]
            if now - since >= KEPT_MS:
                return
        with self.database.write() as connection:
            if running_of(connection, person):
                self._begin(connection, person, position.lon, position.lat, now)

    def _begin(self, connection: Connection, person: str, lon: float, lat: float, now: int) -> None:
        """Keep where home is; the record says that the reminder is on, and no more."""
        sealed = self.vault.seal(person, msgspec.json.encode((lon, lat)), LABEL)
        was_on = self._delete(person, connection)
        connection.execute(insert(home_reminder).values(person=person, sealed=sealed, on_at=now))
        if not was_on:
            self.record.note(connection, person, "reminder-on", "", now)

    def _refuse_unasked(self, connection: Connection, person: str) -> None:
        if not running_of(connection, person):
            raise ConflictError(_NOT_ASKED)

    def _forget(self, now: int) -> None:
        for person in [one for one, since in self._waiting.items() if now - since >= KEPT_MS]:
            del self._waiting[person]
        for person in [one for one, watch in self._watches.items() if watch.is_over(now)]:
            del self._watches[person]

    def _delete(self, person: str, connection: Connection) -> bool:
        with self._lock:
            self._watches.pop(person, None)
            self._waiting.pop(person, None)
        gone = delete(home_reminder).where(home_reminder.c.person == person)
        return connection.execute(gone).rowcount > 0
