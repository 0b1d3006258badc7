"""Where people say that they are: their time zone alone, for the hours at which they are texted.

Nobody looks it up. Who says nothing lives by the district's time. What was said is sealed under the
person's key: a zone is a rough place.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_timezone_location
from sqlalchemy import delete, insert, select, update

from fortnight.db.message_tables import own_zone
from fortnight.errors import GoneError, QuestionError
from fortnight.notify.templates import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import tzinfo

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault

LABEL: Final = b"time zone"
LONGEST: Final = 64
"""Characters of a name; the longest that there is has 32."""
NO_ZONE: Final = (
    "This is no time zone that we know. Type a large city with the same time, such as Moscow."
)
_AREAS: Final = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
_NEAR: Final = 0.75
"""Share of letters in common from which a name may have been meant."""
_MOST_AT_ONCE: Final = 500
"""People of one query: SQLite binds some thousands of values at most."""


def zone_named(said: str) -> str:
    """Return the name of a zone by its name or by its city, in any of our languages.

    Raises QuestionError for one that there is not, with the one that is nearest in letters.
    """
    typed = _typed(said)
    found = _names().get(typed)
    if found is not None:
        return found
    near = get_close_matches(typed[:LONGEST], _names(), 1, _NEAR)
    if near:
        raise QuestionError(f"{NO_ZONE} Did you mean {_names()[near[0]]}?")
    raise QuestionError(NO_ZONE)


@cache
def _names() -> dict[str, str]:
    """Return every zone by what may be typed for it: the whole name, or its city alone."""
    zones = sorted(one for one in available_timezones() if one.partition("/")[0] in _AREAS)
    said = {
        _typed(get_timezone_location(one, locale=language, return_city=True)): one
        for language in LANGUAGES
        for one in zones
    }
    cities = {one.rpartition("/")[2].casefold(): one for one in zones}
    return said | cities | {one.casefold(): one for one in zones}


def _typed(said: str) -> str:
    """Return a name as it is compared: in capitals or not, with one space or more."""
    return "_".join(said.split()).casefold()


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones of people; ``district`` is that of everybody who said nothing."""

    database: Database
    vault: Vault
    district: tzinfo

    def of(self, person: str | None) -> tzinfo:
        """Return the zone in which somebody is."""
        if person is None:
            return self.district
        with self.database.read() as connection:
            return self.among(connection, (person,)).get(person, self.district)

    def chosen(self, person: str) -> str | None:
        """Return the name of the zone that a person chose; None where they did not."""
        with self.database.read() as connection:
            found = self.among(connection, (person,)).get(person)
        return None if found is None else found.key

    def among(self, connection: Connection, people: Collection[str]) -> Mapping[str, ZoneInfo]:
        """Return the zones that some people chose; whoever chose none is left out."""
        wanted, found = sorted(people), dict[str, ZoneInfo]()
        for start in range(0, len(wanted), _MOST_AT_ONCE):
            some = own_zone.c.person.in_(wanted[start : start + _MOST_AT_ONCE])
            for row in connection.execute(select(own_zone.c.person, own_zone.c.sealed).where(some)):
                zone = self._opened(row.person, row.sealed)
                if zone is not None:
                    found[row.person] = zone
        return found

    def choose(self, connection: Connection, person: str, name: str | None, now: int) -> None:
        """Take a zone by `zone_named` in the place of the last one; None for the district's.

        In the caller's transaction. Raises GoneError where the person was erased.
        """
        mine = own_zone.c.person == person
        if name is None:
            connection.execute(delete(own_zone).where(mine))
            return
        values = {"sealed": self.vault.seal(person, name.encode(), LABEL), "changed_at": now}
        if not connection.execute(update(own_zone).where(mine).values(values)).rowcount:
            connection.execute(insert(own_zone).values(person=person, **values))

    def _opened(self, person: str, sealed: bytes) -> ZoneInfo | None:
        try:
            return ZoneInfo(self.vault.unseal(person, sealed, LABEL).decode())
        except GoneError:
            return None
