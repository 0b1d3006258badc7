"""People on PostgreSQL: each method calls one function of `functions.sql`, and sees no table.

The functions hold the rules, so that they hold for this program's mistakes too, and for whoever
has the service's password. What they refuse arrives here under SQLSTATEs of our own.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import DBAPIError

from fortnight.errors import GoneError, RefusedError
from fortnight.vault.people import Device, Opened, OwnDevice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from fortnight.db.engine import Database
    from fortnight.vault.people import Ask, FoundRow, NewDevice, NewPerson, Seed
    from fortnight.vault.purposes import Reader

_REFUSED: Final = "FN001"
_GONE: Final = "FN002"


@dataclass(frozen=True, slots=True)
class PostgresPeople:
    """The port `people.People` on PostgreSQL, by the service's role.

    Attributes
    ----------
    database : Database
        The main database: people are in a schema of their own beside it.
    """

    database: Database

    # -- no look: nothing about anyone is given ---------------------------------------------------

    def enrol(self, new: Sequence[NewPerson]) -> list[str]:
        """Add people, or find those with these lookup hashes; return the ids of who is there."""
        columns = [list(column) for column in zip(*new, strict=True)]
        return [row[0] for row in self._rows("enrol(%s, %s, %s, %s, %s::bigint[])", *columns)]

    def with_lookup(self, number_lookup: bytes) -> str | None:
        """Return the id of the person with a number's keyed hash, or None."""
        found = self._value("with_lookup(%s)", number_lookup)
        return None if found is None else str(found)

    def with_lookups(self, number_lookups: Collection[bytes]) -> dict[bytes, str]:
        """Return who has each of many numbers' keyed hashes; unknown ones are left out."""
        rows = self._rows("with_lookups(%s)", list(number_lookups))
        return {bytes(lookup): person for lookup, person in rows}

    def ids(self) -> list[str]:
        """Return every person's id, sorted."""
        return [row[0] for row in self._rows("ids()")]

    def add_devices(self, new: Sequence[NewDevice]) -> None:
        """Add devices. Raises GoneError, and adds none, where a person is not there."""
        columns = [list(column) for column in zip(*new, strict=True)]
        self._rows("add_devices(%s, %s, %s, %s, %s::bytea[], %s::bigint[])", *columns)

    def device_of(self, secret_hash: bytes) -> Device | None:
        """Return the device with a keyed hash of its secret; None if there is none or no more."""
        rows = self._rows("device_of(%s)", secret_hash)
        return Device(*rows[0]) if rows else None

    def owntracks_key(self, device: str) -> bytes | None:
        """Return a device's sealed key; None for unknown, revoked, or one without a key."""
        sealed = self._value("owntracks_key(%s)", device)
        return None if sealed is None else bytes(sealed)

    def devices_of(self, person: str) -> list[OwnDevice]:
        """Return every device of a person, ended ones too, in the order they were made."""
        return [OwnDevice(*row) for row in self._rows("devices_of(%s)", person)]

    def revoke_device(self, person: str, device: str, now: int) -> bool:
        """End a person's device for good. Return whether it was theirs and live."""
        return bool(self._value("revoke_device(%s, %s, %s)", person, device, now))

    def revoke_devices(self, person: str, now: int) -> int:
        """End every device of a person for good. Return how many were live."""
        return int(self._value("revoke_devices(%s, %s)", person, now))

    # -- no look: filing by the lake ---------------------------------------------------------------

    def file_pseudonyms(self, day: int, rows: Sequence[tuple[bytes, str]]) -> set[str]:
        """Record (pseudonym, person) of a day; return who of them is enrolled."""
        columns = ([row[at] for row in rows] for at in range(2))
        return {row[0] for row in self._rows("file_pseudonyms(%s, %s, %s)", day, *columns)}

    def file_beacons(self, rows: Sequence[tuple[int, bytes, str]]) -> set[str]:
        """Record (day, beacon, person); return who of them is enrolled."""
        columns = ([row[at] for row in rows] for at in range(3))
        return {row[0] for row in self._rows("file_beacons(%s, %s, %s)", *columns)}

    def people_of_beacons(self, day: int, beacons: Collection[bytes]) -> dict[bytes, str]:
        """Return who sent each beacon on a day, for filing what others heard."""
        rows = self._rows("people_of_beacons(%s, %s)", day, list(beacons))
        return {bytes(beacon): person for beacon, person in rows}

    # -- no look: who works here -------------------------------------------------------------------

    def file_ties(self, day: int, pairs: Collection[tuple[bytes, bytes]]) -> None:
        """Record which of a day's calls are of somebody with an account here; drop all others."""
        columns = ([pair[at] for pair in pairs] for at in range(2))
        self._rows("file_ties(%s, %s, %s)", day, *columns)

    def near(self, number_lookup: bytes, case_id: str) -> dict[str, str]:
        """Return which contacts of a case are whoever works here under a number, or tied."""
        return dict(map(tuple, self._rows("near(%s, %s)", number_lookup, case_id)))

    # -- two steps ---------------------------------------------------------------------------------

    def open_access(self, ask: Ask, people: Mapping[str, Seed], now: int) -> None:
        """Write one look for each person who may be read under ``ask``; leave out the others.

        Raises RefusedError where nobody is left, or for a case, purpose or field that may not be.
        """
        self._rows(
            "open_access(%s::people.reader, %s, %s, %s, %s, %s::people.seed[], %s)",
            _reader(ask.reader),
            str(ask.purpose),
            [str(field) for field in ask.fields],
            ask.case_id,
            list(people),
            [tuple(seed) for seed in people.values()],
            now,
        )

    def read_access(self, looks: Sequence[str]) -> list[Opened]:
        """Give what committed looks open, in their order.

        Raises RefusedError where no look remains, or for one that is uncommitted or was read.
        """
        return [
            Opened(
                look=row.look,
                person=row.person,
                purpose=row.purpose,
                case_id=row.case_id,
                number_sealed=row.number_sealed,
                language=row.language,
                pseudonyms=_by_day(row) if row.has_pseudonyms else None,
                contact=row.contact,
            )
            for row in self._rows("read_access(%s)", list(looks), waits=False)
        ]

    def open_own(self, case_id: str, reader: Reader, seed: Seed, now: int) -> None:
        """Write a look at the case. Raises RefusedError unless it stands and its person agreed."""
        self._rows(
            "open_own(%s, %s::people.reader, %s::people.seed, %s)",
            case_id,
            _reader(reader),
            tuple(seed),
            now,
        )

    def read_own(self, look: str, days: Collection[int]) -> dict[int, bytes]:
        """Give the pseudonyms of the look's person on those days; days without one: left out."""
        return dict(map(tuple, self._rows("read_own(%s, %s)", look, list(days))))

    def open_group(
        self, case_id: str, reader: Reader, found: Sequence[tuple[FoundRow, Seed]], now: int
    ) -> None:
        """Give each contact found a number in the case, and write a look at each.

        Raises RefusedError unless the case stands.
        """
        self._rows(
            "open_group(%s, %s::people.reader, %s::people.found_row[], %s::people.seed[], %s)",
            case_id,
            _reader(reader),
            *_found(found),
            now,
        )

    def read_group(self, case_id: str, found: Sequence[tuple[FoundRow, Seed]]) -> list[str | None]:
        """Give the contact number of each row that counts and whose person has a committed look.

        Raises RefusedError for a look that is uncommitted or was read.
        """
        rows = self._rows(
            "read_group(%s, %s::people.found_row[], %s::people.seed[])", case_id, *_found(found)
        )
        return [row[0] for row in rows]

    def open_resolve(
        self, case_id: str, contact: str, reader: Reader, seed: Seed, now: int
    ) -> None:
        """Write a look at one contact of a case.

        Raises RefusedError unless the case stands, the contact number is of this case, and its
        person has a live trace grant.
        """
        self._rows(
            "open_resolve(%s, %s, %s::people.reader, %s::people.seed, %s)",
            case_id,
            contact,
            _reader(reader),
            tuple(seed),
            now,
        )

    def read_resolve(self, look: str) -> Opened:
        """Give person, sealed number and language; set ``resolved_at`` to the look's instant."""
        [row] = self._rows("read_resolve(%s)", look)
        return Opened(
            look=row.look,
            person=row.person,
            purpose=row.purpose,
            case_id=row.case_id,
            number_sealed=row.number_sealed,
            language=row.language,
            pseudonyms=None,
            contact=None,
        )

    def open_view(
        self, case_id: str, contacts: Mapping[str, Seed], reader: Reader, now: int
    ) -> None:
        """Write a look (trace; contact, evidence) at contacts of a case."""
        self._rows(
            "open_view(%s, %s, %s::people.reader, %s::people.seed[], %s)",
            case_id,
            list(contacts),
            _reader(reader),
            [tuple(seed) for seed in contacts.values()],
            now,
        )

    def open_export(
        self, case_id: str, contacts: Mapping[str, Seed], reader: Reader, own: Seed, now: int
    ) -> None:
        """Write a look (trace; case, contact) at each contact of a case, and at the case itself."""
        self._rows(
            "open_export(%s, %s, %s::people.reader, %s::people.seed[], %s::people.seed, %s)",
            case_id,
            list(contacts),
            _reader(reader),
            [tuple(seed) for seed in contacts.values()],
            tuple(own),
            now,
        )

    def open_links(
        self, case_id: str, contacts: Mapping[str, Seed], reader: Reader, now: int
    ) -> None:
        """Write a look (trace; case, contact) at each contact of a case who is a case themself."""
        self._rows(
            "open_links(%s, %s, %s::people.reader, %s::people.seed[], %s)",
            case_id,
            list(contacts),
            _reader(reader),
            [tuple(seed) for seed in contacts.values()],
            now,
        )

    def read_links(self, looks: Sequence[str]) -> list[tuple[str, str]]:
        """Give (contact, case) of those looks that `open_links` wrote; there may be none."""
        return [(row[0], row[1]) for row in self._rows("read_links(%s)", list(looks))]

    # -- endings -----------------------------------------------------------------------------------

    def forget_person(self, person: str) -> None:
        """Delete every row of a person. Repeating changes nothing."""
        self._rows("forget_person(%s)", person)

    def forget_day(self, day: int) -> None:
        """Delete the pseudonyms, beacons and colleagues' ties of a day."""
        self._rows("forget_day(%s)", day)

    def forget_case(self, case_id: str) -> None:
        """Delete the contact numbers of a case."""
        self._rows("forget_case(%s)", case_id)

    def days(self) -> list[int]:
        """Return the days of which pseudonyms or beacons are held, sorted."""
        return [row[0] for row in self._rows("days()")]

    def cases(self) -> list[str]:
        """Return the cases that contact numbers are held of, sorted."""
        return [row[0] for row in self._rows("cases()")]

    def settle(self) -> None:
        """Do nothing: deleted rows are taken out of the files by the server's own vacuum.

        The service's role may not vacuum tables that it may not even read. Until then the files
        hold bytes that only a destroyed key could open.
        """

    # -- the way to the functions ------------------------------------------------------------------

    def _value(self, call: str, *values: object) -> Any:  # noqa: ANN401 - whatever the column is
        return self._rows(call, *values)[0][0]

    def _rows(self, call: str, *values: object, waits: bool = True) -> Sequence[Any]:
        """Return what a function gives.

        ``waits``: until what it wrote is durable. A dying machine may lose that looks were read,
        never the looks: those were durable before.
        """
        writing = self.database.write if waits else self.database.write_soon
        with _told_in_our_words(), writing() as connection:
            # ``call`` is a text of this file; what comes from outside is in ``values``.
            return connection.exec_driver_sql(
                f"SELECT * FROM people.{call}",  # noqa: S608 - as said above
                values,
            ).all()


@contextmanager
def _told_in_our_words() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        diagnosis = getattr(error.orig, "diag", None)
        state = getattr(error.orig, "sqlstate", None)
        message = str(getattr(diagnosis, "message_primary", ""))
        if state == _REFUSED:
            raise RefusedError(message) from None
        if state == _GONE:
            raise GoneError(message) from None
        raise


def _reader(reader: Reader) -> tuple[str, str, str]:
    return reader.role, reader.actor, reader.district


def _found(found: Sequence[tuple[FoundRow, Seed]]) -> tuple[str, str]:
    """Return rows and seeds as PostgreSQL writes arrays of them.

    A trace has tens of thousands, and the driver takes a hundred times as long to write them. All
    of it are numbers, hexadecimal digits and names of grants (`reading` has looked): nothing in
    them has to be quoted.
    """
    rows = (
        f'"({row.day},\\\\\\\\x{row.pseudonym.hex()},{"t" if row.strong else "f"},'
        f'\\"{{{",".join(row.grants)}}}\\")"'
        for row, _ in found
    )
    seeds = (
        f'"({seed.look},{seed.leaf},\\\\\\\\x{seed.salt.hex()},'
        f'\\\\\\\\x{seed.office_salt.hex()},{seed.contact})"'
        for _, seed in found
    )
    return "{" + ",".join(rows) + "}", "{" + ",".join(seeds) + "}"


def _by_day(row: Any) -> dict[int, bytes]:  # noqa: ANN401 - a row of the driver
    return dict(zip(row.days or (), row.pseudonyms or (), strict=True))
