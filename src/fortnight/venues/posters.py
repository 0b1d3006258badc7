"""Venues and their codes, as the office makes them and posters show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from fortnight.db.sending_tables import CATEGORIES, venue, venue_code
from fortnight.errors import GoneError, QuestionError
from fortnight.venues.rules import code_in, new_code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from fortnight.db.engine import Database

CATEGORIES_OF_VENUES: Final = CATEGORIES
MOST_ROOMS: Final = 50
LONGEST_NAME: Final = 120
LONGEST_ROOM: Final = 80
STAYS: Final = (10, 1_440)
_MINUTES: Final = 1_440


@dataclass(frozen=True, slots=True)
class NewVenue:
    """A venue to be.

    Attributes
    ----------
    closes : int or None
        Minute of the local day at which everybody has left.
    stay_minutes : int
        After which somebody who checked in has surely left.
    """

    name: str
    category: str
    rooms: tuple[str, ...]
    closes: int | None
    stay_minutes: int

    def check(self) -> None:
        """Raise QuestionError, with what to do, for one that cannot be."""
        if not 0 < len(self.name) <= LONGEST_NAME:
            raise QuestionError(f"Give the venue a name of at most {LONGEST_NAME} letters.")
        if self.category not in CATEGORIES:
            raise QuestionError("Choose one of the list.")
        if len(self.rooms) > MOST_ROOMS or len(set(self.rooms)) < len(self.rooms):
            raise QuestionError(f"Name each room once, and at most {MOST_ROOMS} of them.")
        if any(not 0 < len(room) <= LONGEST_ROOM for room in self.rooms):
            raise QuestionError(f"Give each room a name of at most {LONGEST_ROOM} letters.")
        if self.closes is not None and not 0 <= self.closes < _MINUTES:
            raise QuestionError("Give the closing time as hours and minutes, such as 22:00.")
        if not STAYS[0] <= self.stay_minutes <= STAYS[1]:
            raise QuestionError(f"A visit lasts {STAYS[0]} to {STAYS[1]} minutes.")


@dataclass(frozen=True, slots=True)
class Spot:
    """What one code stands for: a venue, or one room of it."""

    code: str
    venue: str
    name: str
    room: str | None
    category: str
    closes: int | None
    stay_minutes: int


class Venues:
    """The venues of a service."""

    def __init__(self, database: Database, random: Callable[[int], bytes]) -> None:
        self._database, self._random = database, random

    def add(self, new: NewVenue, by: str, now: int) -> str:
        """Make a venue with a code for each room, or one for all of it; return its id."""
        new.check()
        made = self._random(16).hex()
        values = {"name": new.name, "category": new.category, "closes": new.closes}
        values |= {"stay_minutes": new.stay_minutes, "made_at": now, "made_by": by}
        codes = [
            {"code": new_code(self._random), "venue": made, "room": room}
            for room in new.rooms or (None,)
        ]
        with self._database.write() as connection:
            connection.execute(insert(venue).values(id=made, **values))
            connection.execute(insert(venue_code), codes)
        return made

    def end(self, of: str, now: int) -> None:
        """End a venue: its codes open nothing any more. Raises GoneError where there is none."""
        live = venue.c.ended_at.is_(None)
        with self._database.write() as connection:
            done = connection.execute(
                update(venue).where(venue.c.id == of, live).values(ended_at=now)
            )
            if not done.rowcount:
                raise GoneError("There is no such venue, or it ended before.")

    def all(self) -> list[Spot]:
        """Return what every code stands for that is in force, by name of venue and room."""
        with self._database.read() as connection:
            found = _spots(connection)
        return sorted(found, key=lambda one: (one.name, one.venue, one.room or ""))

    def of(self, made: str) -> list[Spot]:
        """Return the codes of one venue. Raises GoneError where there is none in force."""
        found = [one for one in self.all() if one.venue == made]
        if not found:
            raise GoneError("There is no such venue, or it ended before.")
        return found

    def spot(self, typed: str) -> Spot:
        """Return what a typed code stands for. Raises QuestionError, in one wording, for none."""
        code = code_in(typed)
        with self._database.read() as connection:
            found = [] if code is None else _spots(connection, code)
        if not found:
            raise QuestionError("This code is of no place here: type the eight letters again.")
        return found[0]

    def names(self, wanted: Sequence[str]) -> dict[str, str]:
        """Return the names of some venues, ended ones too."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(venue.c.id, venue.c.name).where(venue.c.id.in_(list(wanted)))
            )
            return {str(made): str(name) for made, name in rows}


def _spots(connection: Connection, code: str | None = None) -> list[Spot]:
    asked = (
        select(
            venue_code.c.code,
            venue.c.id,
            venue.c.name,
            venue_code.c.room,
            venue.c.category,
            venue.c.closes,
            venue.c.stay_minutes,
        )
        .join(venue, venue.c.id == venue_code.c.venue)
        .where(venue.c.ended_at.is_(None))
    )
    if code is not None:
        asked = asked.where(venue_code.c.code == code)
    return [Spot(*row) for row in connection.execute(asked)]
