"""The port to the tables of people: what a store of people has to be able to do.

Two stores keep it: `people_sqlite` and `people_postgres`. Each method is one transaction (on
PostgreSQL one call of a function that the schema's owner wrote).

What each must guarantee:

- **No value without a committed look.** Reading is two steps in two transactions. ``open_*``
  writes one look a person, and its leaf of the log, and commits; it returns nothing. ``read_*``
  gives values for looks that another top-level transaction has committed, and raises RefusedError
  for every other: unknown, uncommitted, released by a savepoint only, or read before. A look
  opens one reading: it is marked ``read`` before its values are given.
- **A look decides what it opens.** ``read_*`` takes person, purpose, fields and case from the row
  of the look, never from its caller.
- **Withdrawal holds at both steps.** ``open_*`` and ``read_*`` each ask for the live grants.
- **No look where nothing is opened.** A step that is refused writes nothing at all.
- **No randomness inside.** Ids, salts and contact numbers come with the call, one Seed a look.
- **Nothing personal in an error.**

A look is a row of ``look`` with role, actor and district of the Reader, the fields as sorted words
joined by commas, outcome ``opened``, and the seed's two salts. Its leaf is `look_leaf`:

- kind ``look`` (``resolve`` for `People.open_resolve`), id ``seed.leaf``, at ``now``;
- detail: ``{"district", "fields", "look", "person", "purpose", "role"}``;
- office: ``{"actor", "case"}``, ``case`` empty where there is none.

Every word is ASCII that needs no escape in JSON (`purposes.Reader`).

A **case stands** where: it is there; its laboratory token is there and holds the same number hash;
it has ``agreed_at``; it is neither closed nor withdrawn. Where it does not: RefusedError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from fortnight.vault.purposes import Field, Purpose, Reader

DeviceKind: TypeAlias = Literal["owntracks", "api"]
_SEED_BYTES: Final = 104


class Seed(NamedTuple):
    """What is random about one look, and about one contact number."""

    look: str  # 32 hexadecimal digits
    leaf: str  # the same
    salt: bytes  # 32 bytes, of the person's side of the leaf
    office_salt: bytes  # 32 bytes, of the office's side
    contact: str  # 16 hexadecimal digits; used by `open_group` alone

    @classmethod
    def of(cls, random: Callable[[int], bytes]) -> Seed:
        """Draw one."""
        return cls.many(random, 1)[0]

    @classmethod
    def many(cls, random: Callable[[int], bytes], count: int) -> list[Self]:
        """Draw several: a trace may ask for one for each of 25,000 rows."""
        drawn = random(count * _SEED_BYTES)
        return [
            cls(
                look=drawn[at : at + 16].hex(),
                leaf=drawn[at + 16 : at + 32].hex(),
                salt=drawn[at + 32 : at + 64],
                office_salt=drawn[at + 64 : at + 96],
                contact=drawn[at + 96 : at + _SEED_BYTES].hex(),
            )
            for at in range(0, count * _SEED_BYTES, _SEED_BYTES)
        ]


class FoundRow(NamedTuple):
    """What a search found on one day: whose track met the case's."""

    day: int  # days since 1970 UTC
    pseudonym: bytes  # 16 bytes
    strong: bool  # whether that day alone speaks for a contact
    grants: tuple[str, ...]  # kinds of grant that its evidence needs: one has to be live


class NewPerson(NamedTuple):
    """A row of ``person`` to be."""

    id: str
    number_sealed: bytes
    number_lookup: bytes  # 32 bytes, keyed hash
    language: str
    enrolled_at: int


class NewDevice(NamedTuple):
    """A row of ``device`` to be."""

    id: str
    person: str
    kind: DeviceKind
    secret_hash: bytes  # 32 bytes, keyed
    owntracks_sealed: bytes | None
    made_at: int


@dataclass(frozen=True, slots=True)
class Device:
    """A device that may send: its id, whose it is, and its kind."""

    id: str
    person: str
    kind: DeviceKind


class OwnDevice(NamedTuple):
    """What a person may know of a device of theirs; instants in ms since 1970.

    ``revoked_at`` is None while it may send. When it last sent is kept nowhere.
    """

    id: str
    kind: DeviceKind
    made_at: int
    revoked_at: int | None


class Ask(NamedTuple):
    """Who opens, why, what, and for which case."""

    reader: Reader
    purpose: Purpose
    fields: tuple[Field, ...]  # sorted, once each
    case_id: str | None


class Opened(NamedTuple):
    """What one committed look gives. What its fields do not name is None."""

    look: str
    person: str
    purpose: str
    case_id: str | None
    number_sealed: bytes | None  # field number
    language: str | None  # field language
    pseudonyms: Mapping[int, bytes] | None  # field pseudonyms, by day
    contact: str | None  # field contact: their contact number in the look's case, if they have one


class People(Protocol):
    """The tables of people."""

    # -- no look: nothing about anyone is given ---------------------------------------------------

    def enrol(self, new: Sequence[NewPerson]) -> list[str]:
        """Add people, or find those with these lookup hashes; return the ids of who is there.

        They are in the order given. Two at once get one person.
        """

    def with_lookup(self, number_lookup: bytes) -> str | None:
        """Return the id of the person with a number's keyed hash, or None."""

    def with_lookups(self, number_lookups: Collection[bytes]) -> dict[bytes, str]:
        """Return who has each of many numbers' keyed hashes; unknown ones are left out."""

    def ids(self) -> list[str]:
        """Return every person's id, sorted."""

    def add_devices(self, new: Sequence[NewDevice]) -> None:
        """Add devices. Raises GoneError, and adds none, where a person is not there."""

    def device_of(self, secret_hash: bytes) -> Device | None:
        """Return the device with a keyed hash of its secret; None if there is none or no more."""

    def owntracks_key(self, device: str) -> bytes | None:
        """Return a device's sealed key; None for unknown, revoked, or one without a key."""

    def devices_of(self, person: str) -> list[OwnDevice]:
        """Return every device of a person, ended ones too, in the order they were made."""

    def revoke_device(self, person: str, device: str, now: int) -> bool:
        """End a person's device for good. Return whether it was theirs and live."""

    def revoke_devices(self, person: str, now: int) -> int:
        """End every device of a person for good. Return how many were live."""

    # -- no look: filing by the lake; bytes in, nobody reads ---------------------------------------

    def file_pseudonyms(self, day: int, rows: Sequence[tuple[bytes, str]]) -> set[str]:
        """Record (pseudonym, person) of a day; return who of them is enrolled.

        Repeating changes nothing. Rows of whoever is not there any more are left out.
        """

    def file_beacons(self, rows: Sequence[tuple[int, bytes, str]]) -> set[str]:
        """Record (day, beacon, person); as `file_pseudonyms`."""

    def people_of_beacons(self, day: int, beacons: Collection[bytes]) -> dict[bytes, str]:
        """Return who sent each beacon on a day, for filing what others heard. Unknown: left out."""

    # -- no look: who works here, and the contacts of a case ---------------------------------------

    def file_ties(self, day: int, pairs: Collection[tuple[bytes, bytes]]) -> None:
        """Record which of a day's calls are of somebody with an account here; drop all others.

        Pairs are pseudonyms of the day, in either order. Repeating changes nothing.
        """

    def near(self, number_lookup: bytes, case_id: str) -> dict[str, str]:
        """Return which contacts of a case are whoever works here under a number, or call with them.

        By contact number: ``self`` or ``tied``. Of a number that no live account registered the
        answer is empty; ties count while both have a live grant ``trace.ties``.
        """

    # -- two steps ---------------------------------------------------------------------------------

    def open_access(self, ask: Ask, people: Mapping[str, Seed], now: int) -> None:
        """Write one look for each person who may be read under ``ask``; leave out the others.

        Left out: who is not enrolled; who has no live grant of ``purposes.GRANTS[ask.purpose]``
        (where any is listed). With a case_id the case must be in the table (RefusedError).

        Purpose trace further: with a case, the case stands, the number is not among the fields
        (RefusedError: that is `open_resolve`), and people are its own person or have a contact
        number in it (others are left out). Without a case, the fields are the number alone
        (RefusedError otherwise) and the live grant is one of ``purposes.LIST_GRANTS``.

        Raises RefusedError where nobody is left.
        """

    def read_access(self, looks: Sequence[str]) -> list[Opened]:
        """Give what committed looks open, in their order, leaving out whom `open_access` left out.

        A look that is not there at all stands for somebody left out and is passed over; whoever
        lost the grant or was erased in between is passed over too (their look is marked read).
        Raises RefusedError where no look remains, or for one that is uncommitted or was read.
        """

    def open_own(self, case_id: str, reader: Reader, seed: Seed, now: int) -> None:
        """Write a look at the case (purpose trace, field pseudonyms).

        Raises RefusedError unless the case stands, its person is enrolled and has a live trace
        grant, and the person's lookup hash equals the case's number hash.
        """

    def read_own(self, look: str, days: Collection[int]) -> dict[int, bytes]:
        """Give the pseudonyms of the look's person on those days; days without one: left out."""

    def open_group(
        self, case_id: str, reader: Reader, found: Sequence[tuple[FoundRow, Seed]], now: int
    ) -> None:
        """Give each contact found a number in the case, and write a look (trace, contact).

        A row counts where its pseudonym is on file, is not the case's own person, and one of its
        grants is live for that person. A person is a contact where one of their rows that count
        is strong. Their seed is that of their first row that counts, in the order given. A person
        who has a number in this case keeps it. Raises RefusedError unless the case stands. Writes
        nothing where nobody is a contact.
        """

    def read_group(self, case_id: str, found: Sequence[tuple[FoundRow, Seed]]) -> list[str | None]:
        """Give the contact number of each row that counts and whose person has a committed look.

        The looks are those among the seeds, at this case. Everything else: None. Raises
        RefusedError for a look that is uncommitted or was read.
        """

    def open_resolve(
        self, case_id: str, contact: str, reader: Reader, seed: Seed, now: int
    ) -> None:
        """Write a look (trace; language, number), its leaf of kind ``resolve``, at one contact.

        Raises RefusedError unless the case stands, the contact number is of this case, and its
        person has a live trace grant.
        """

    def read_resolve(self, look: str) -> Opened:
        """Give person, sealed number and language; set ``resolved_at`` to the look's instant."""

    def open_view(
        self, case_id: str, contacts: Mapping[str, Seed], reader: Reader, now: int
    ) -> None:
        """Write a look (trace; contact, evidence) at contacts of a case; `read_access` reads it.

        Left out are numbers that are none of this case, and whoever has no live grant. Raises
        RefusedError where nobody is left, or the case does not stand.
        """

    def open_export(
        self, case_id: str, contacts: Mapping[str, Seed], reader: Reader, own: Seed, now: int
    ) -> None:
        """Write a look (trace; case, contact) at each contact of a case, and at the case itself.

        Left out are numbers that are none of this case, and whoever has no live grant. Raises
        RefusedError where nobody is left, or the case does not stand; for a lead it may be closed.
        """

    def open_links(
        self, case_id: str, contacts: Mapping[str, Seed], reader: Reader, now: int
    ) -> None:
        """Write a look (trace; case, contact) at each contact of a case who is a case themself.

        Of the same disease, agreed to and not withdrawn. Left out: whoever has no live grant, and
        numbers that are none of this case. Raises RefusedError unless the case stands; writes
        nothing where nobody is left.
        """

    def read_links(self, looks: Sequence[str]) -> list[tuple[str, str]]:
        """Give (contact, case) of those looks that `open_links` wrote; there may be none."""

    # -- endings -----------------------------------------------------------------------------------

    def forget_person(self, person: str) -> None:
        """Delete every row of a person. Repeating changes nothing."""

    def forget_day(self, day: int) -> None:
        """Delete the pseudonyms, beacons and colleagues' ties of a day."""

    def forget_case(self, case_id: str) -> None:
        """Delete the contact numbers of a case."""

    def days(self) -> list[int]:
        """Return the days of which pseudonyms or beacons are held, sorted."""

    def cases(self) -> list[str]:
        """Return the cases that contact numbers are held of, sorted."""

    def settle(self) -> None:
        """Take deleted bytes out of the files, as far as the service's role can."""
