"""The tables of people in a SQLite file: what needs no look, and endings.

SQLite has no roles. The guarantee here is that this room alone opens the file, and that what is
personal in it is sealed.
"""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from fortnight.errors import GoneError
from fortnight.vault.people import Device, OwnDevice
from fortnight.vault.tables import (
    beacon,
    case_contact,
    colleague_tie,
    device,
    people_metadata,
    person,
    pseudonym,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from fortnight.db.engine import Database
    from fortnight.vault.people import NewDevice, NewPerson

_Value = TypeVar("_Value")
_AT_ONCE: Final = 10_000
"""Values in one query: SQLite takes at most 32,766."""


def parts(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """Cut many values into as many as one query takes."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


LISTED: Final = select(func.json_each(bindparam("listed")).table_valued("value").c.value)
"""Many ids as a table of one value: as many values would take longer to write down.

It stands in queries that are written down once, too: SQLAlchemy takes longer to write one than
SQLite to answer it.
"""


def listed(words: Collection[str]) -> dict[str, str]:
    """Return many ids as the value of a query with `LISTED` in it."""
    return {"listed": json.dumps(list(words))}


_ENROLLED: Final = select(person.c.id).where(person.c.id.in_(LISTED))


def enrolled(connection: Connection, people: Collection[str]) -> set[str]:
    """Return who of the people is enrolled."""
    return set(connection.scalars(_ENROLLED, listed(people)))


class SqliteRows:
    """Rows of people that nobody reads anything from.

    Parameters
    ----------
    people : Database
        ``people.db`` (`db.engine.open_sqlite`), opened by this room alone.
    """

    def __init__(self, people: Database) -> None:
        self._people = people

    def enrol(self, new: Sequence[NewPerson]) -> list[str]:
        """Add people, or find those with these lookup hashes; return the ids of who is there."""
        rows = [one._asdict() for one in new]
        with self._people.write() as connection:
            connection.execute(insert(person).on_conflict_do_nothing(), rows)
            there = _with_lookups(connection, [one.number_lookup for one in new])
        return [there[one.number_lookup] for one in new]

    def with_lookup(self, number_lookup: bytes) -> str | None:
        """Return the id of the person with a number's keyed hash, or None."""
        with self._people.read() as connection:
            return connection.scalar(_by_lookup(number_lookup))

    def with_lookups(self, number_lookups: Collection[bytes]) -> dict[bytes, str]:
        """Return who has each of many numbers' keyed hashes; unknown ones are left out."""
        with self._people.read() as connection:
            return _with_lookups(connection, list(number_lookups))

    def ids(self) -> list[str]:
        """Return every person's id, sorted."""
        return self._listed(select(person.c.id).order_by(person.c.id))

    def add_devices(self, new: Sequence[NewDevice]) -> None:
        """Add devices. Raises GoneError, and adds none, where a person is not there."""
        try:
            with self._people.write() as connection:
                connection.execute(insert(device), [one._asdict() for one in new])
        except IntegrityError as error:
            raise GoneError("A device was not added: its person is not enrolled.") from error

    def device_of(self, secret_hash: bytes) -> Device | None:
        """Return the device with a keyed hash of its secret; None if there is none or no more."""
        columns = (device.c.id, device.c.person, device.c.kind)
        with self._people.read() as connection:
            row = connection.execute(
                select(*columns).where(_live_device(device.c.secret_hash == secret_hash))
            ).first()
        return None if row is None else Device(row.id, row.person, row.kind)

    def owntracks_key(self, device_id: str) -> bytes | None:
        """Return a device's sealed key; None for unknown, revoked, or one without a key."""
        with self._people.read() as connection:
            return connection.scalar(
                select(device.c.owntracks_sealed).where(_live_device(device.c.id == device_id))
            )

    def devices_of(self, person_id: str) -> list[OwnDevice]:
        """Return every device of a person, ended ones too, in the order they were made."""
        d = device.c
        query = select(d.id, d.kind, d.made_at, d.revoked_at).where(d.person == person_id)
        with self._people.read() as connection:
            return [OwnDevice(*row) for row in connection.execute(query.order_by(d.made_at, d.id))]

    def revoke_device(self, person_id: str, device_id: str, now: int) -> bool:
        """End a person's device for good. Return whether it was theirs and live."""
        theirs = (device.c.id == device_id) & (device.c.person == person_id)
        with self._people.write() as connection:
            ended = connection.execute(
                update(device).where(_live_device(theirs)).values(revoked_at=now)
            )
            return ended.rowcount == 1

    def revoke_devices(self, person_id: str, now: int) -> int:
        """End every device of a person for good. Return how many were live."""
        theirs = _live_device(device.c.person == person_id)
        with self._people.write() as connection:
            return connection.execute(update(device).where(theirs).values(revoked_at=now)).rowcount

    def file_pseudonyms(self, day: int, rows: Sequence[tuple[bytes, str]]) -> set[str]:
        """Record (pseudonym, person) of a day; return who of them is enrolled."""
        with self._people.read() as connection:
            known = {
                who
                for part in parts([who for _, who in rows])
                for who in connection.scalars(
                    select(pseudonym.c.person).where(
                        pseudonym.c.day == day, pseudonym.c.person.in_(part)
                    )
                )
            }
        # most of a day's people are on file already: a write would wait for the disk for nothing
        new = [(name, who) for name, who in rows if who not in known]
        return known | self._file([(day, name, who) for name, who in new], pseudonym.name)

    def file_beacons(self, rows: Sequence[tuple[int, bytes, str]]) -> set[str]:
        """Record (day, beacon, person); as `file_pseudonyms`."""
        return self._file(rows, beacon.name)

    def people_of_beacons(self, day: int, beacons: Collection[bytes]) -> dict[bytes, str]:
        """Return who sent each beacon on a day, for filing what others heard. Unknown: left out."""
        found: dict[bytes, str] = {}
        with self._people.read() as connection:
            for part in parts(sorted(set(beacons))):
                query = select(beacon.c.beacon, beacon.c.person).where(
                    beacon.c.day == day, beacon.c.beacon.in_(part)
                )
                found.update((row.beacon, row.person) for row in connection.execute(query))
        return found

    def forget_person(self, person_id: str) -> None:
        """Delete every row of a person, and see to it that the file holds no byte of their id."""
        with self._people.write() as connection:
            lookup = connection.scalar(
                select(person.c.number_lookup).where(person.c.id == person_id)
            )
            connection.execute(delete(person).where(person.c.id == person_id))
        self._checkpoint()
        # pages that were split keep stale rows in their gaps, which no deletion zeroes
        if lookup is not None and self._holds(person_id.encode(), lookup):
            self.settle()

    def forget_day(self, day: int) -> None:
        """Delete the pseudonyms, beacons and colleagues' ties of a day."""
        with self._people.write() as connection:
            connection.execute(delete(pseudonym).where(pseudonym.c.day == day))
            connection.execute(delete(beacon).where(beacon.c.day == day))
            connection.execute(delete(colleague_tie).where(colleague_tie.c.day == day))
        self._checkpoint()

    def forget_case(self, case_id: str) -> None:
        """Delete the contact numbers of a case."""
        with self._people.write() as connection:
            connection.execute(delete(case_contact).where(case_contact.c.case_id == case_id))
        self._checkpoint()

    def days(self) -> list[int]:
        """Return the days of which pseudonyms or beacons are held, sorted."""
        held = (select(table.c.day) for table in (beacon, colleague_tie))
        return self._listed(select(pseudonym.c.day).union(*held).order_by("day"))

    def cases(self) -> list[str]:
        """Return the cases that contact numbers are held of, sorted."""
        cases = select(case_contact.c.case_id).distinct()
        return self._listed(cases.order_by(case_contact.c.case_id))

    def settle(self) -> None:
        """Rewrite the file without what was deleted, and empty its log."""
        self._outside_transactions("VACUUM")
        self._checkpoint()

    def _file(self, rows: Sequence[tuple[int, bytes, str]], table: str) -> set[str]:
        """Add rows of whoever is enrolled; return who is."""
        if not rows:
            return set()
        target = people_metadata.tables[table]
        with self._people.write() as connection:
            there = enrolled(connection, {who for _, _, who in rows})
            new = [
                {"day": day, table: name, "person": who} for day, name, who in rows if who in there
            ]
            if new:
                connection.execute(insert(target).on_conflict_do_nothing(), new)
        return there

    def _listed(self, query: Select[Any] | Any) -> list[Any]:  # noqa: ANN401 - a union is no Select
        with self._people.read() as connection:
            return list(connection.scalars(query))

    def _checkpoint(self) -> None:
        """Move the write-ahead log into the file and cut it to nothing."""
        self._outside_transactions("PRAGMA wal_checkpoint(TRUNCATE)")

    def _outside_transactions(self, statement: str) -> None:
        with closing(self._people.engine.raw_connection()) as raw:
            raw.cursor().execute(statement)

    def _holds(self, *needles: bytes) -> bool:
        """Tell whether the file's pages hold any of the bytes, gaps and free pages included.

        Through SQLite: closing the file read by other means would drop SQLite's locks on it.
        """
        with closing(self._people.engine.raw_connection()) as raw:
            connection = cast("sqlite3.Connection", raw.driver_connection)
            held = connection.serialize()
        return any(needle in held for needle in needles)


def _with_lookups(connection: Connection, lookups: Sequence[bytes]) -> dict[bytes, str]:
    """Return who has each of many numbers' keyed hashes; unknown ones are left out."""
    columns = (person.c.number_lookup, person.c.id)
    return {
        row.number_lookup: row.id
        for some in parts(lookups)
        for row in connection.execute(select(*columns).where(person.c.number_lookup.in_(some)))
    }


def _by_lookup(number_lookup: bytes) -> Select[str]:
    return select(person.c.id).where(person.c.number_lookup == number_lookup)


def _live_device(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return which & device.c.revoked_at.is_(None)
