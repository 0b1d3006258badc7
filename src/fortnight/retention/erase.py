"""The end of everything that is held of one person: their key first, then rows, then files.

Each step is written down when it is done, and each can be done twice. Whoever finds an erasure
that a crash interrupted goes on where it stands.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import delete, insert, or_, select, update

from fortnight.db.enrolment_tables import (
    enrolment,
    guardianship,
    pin_reset,
    portal_ceremony,
    portal_passkey,
    portal_pin,
    start_over,
)
from fortnight.db.message_tables import call_task, inbound, own_zone, receipt_heard
from fortnight.db.office_tables import review
from fortnight.db.scrub import scrub
from fortnight.db.sending_tables import check_in, never_sent, never_sent_count, sending_phone
from fortnight.db.support_tables import (
    exposure_reply,
    follow_up,
    home_reminder,
    household_code,
    portal_code,
    support_pause,
    support_record,
    support_ticket,
)
from fortnight.db.tables import (
    alarm,
    arrival,
    case_file,
    consent_grant,
    erasure,
    exposure_detail,
    look,
    message,
    receipt,
    trace_run,
)
from fortnight.errors import DatabaseError, GoneError, RefusedError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf
from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.retention.handed_over import blank_messages
from fortnight.retention.nameless_case import make_nameless
from fortnight.settings import HELD_DAYS
from fortnight.vault.purposes import Field, Purpose, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Row, Table

    from fortnight.retention.holdings import Holdings

_OF_A_PERSON: Final = (
    arrival,
    receipt,
    never_sent,
    never_sent_count,
    sending_phone,
    check_in,
    own_zone,
    look,
    consent_grant,
    call_task,
    inbound,
    receipt_heard,
    message,
    exposure_reply,
    support_ticket,
    support_pause,
    support_record,
    home_reminder,
    household_code,
    portal_code,
    portal_pin,
    portal_passkey,
    portal_ceremony,
    pin_reset,
    start_over,
    guardianship,
    enrolment,
    follow_up,
)
"""Tables whose rows of a person go whole."""


class _Trail(msgspec.Struct, frozen=True):
    """What others call the person: names that lead nobody to them once key and rows are gone."""

    pseudonyms: dict[int, str]  # by day, hexadecimal
    contacts: list[tuple[str, str]]  # case, contact number in it
    cases: list[str]  # of which they were the tested person
    jobs: list[str]  # traces of those cases
    texts: list[str]  # messages handed over


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure, which the person may show to anybody.

    Attributes
    ----------
    id : str
        Names the erasure, and nobody.
    leaf : str or None
        Its entry in the log; None until everything is gone.
    key_gone_at, rows_gone_at : int or None
        When the first two steps were done, in ms since 1970.
    salt : bytes or None
        With ``detail``, opens the entry.
    """

    id: str
    asked_at: int
    done_at: int | None
    leaf: str | None
    salt: bytes | None
    key_gone_at: int | None = None
    rows_gone_at: int | None = None

    def detail(self) -> dict[str, str | int]:
        """Return what the entry commits to."""
        return {"asked_at": self.asked_at, "erasure": self.id}


class Eraser:
    """Erases people.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    district : str
        Whose service this is, for the looks by which it finds what is called by other names.
    """

    def __init__(self, holdings: Holdings, random: Callable[[int], bytes], district: str) -> None:
        self._held, self._random = holdings, random
        self._reader = Reader("service", "erasure", district)

    def erase(self, person: str, now: int) -> Erasure:
        """Erase a person, and return what they can show for it.

        Raises GoneError where nobody of that id is enrolled, or they were erased before.
        """
        name = self.ask(person, now)
        self._finish(name, now)
        return self.erasure(name)

    def ask(self, person: str, now: int) -> str:
        """Write down that a person is to be erased, and return its id; `resume` does it.

        Raises GoneError as `erase`.
        """
        if not self._is_held(person):
            raise GoneError("Nobody of that id is enrolled: there is nothing to erase.")
        return self._begin(person, now)

    def erasure(self, name: str) -> Erasure:
        """Return an erasure. Raises RefusedError where there is none of that id."""
        with self._held.database.read() as connection:
            row = connection.execute(select(erasure).where(erasure.c.id == name)).first()
        if row is None:
            raise RefusedError(f"There is no erasure {name}.")
        return Erasure(
            row.id,
            row.asked_at,
            row.files_gone_at,
            row.leaf,
            row.salt,
            row.key_gone_at,
            row.rows_gone_at,
        )

    def hurry(self, now: int) -> int:
        """Take keys and rows of every erasure that was begun; return how many were begun.

        What lies in files takes longer, and is left to `resume`.
        """
        names = self._open_ones()
        for name in names:
            self._forget(name, now)
        return len(names)

    def resume(self, now: int) -> int:
        """Finish every erasure that was begun; return how many."""
        self.hurry(now)  # of everybody before the files of anybody: those take minutes
        names = self._open_ones()
        for name in names:
            self._finish(name, now)
        return len(names)

    def replay(self, now: int, *, all_are_gone: bool = False) -> int:
        """Erase again whom a restored backup brought back; return how many.

        Keys are in no backup of the databases, so who has rows and no key was erased since. To be
        called before the service answers anyone. Raises DatabaseError where several people are
        held and none of them has a key, which is more likely the wrong folder of keys than the
        truth; ``all_are_gone`` says that it is the truth.
        """
        named, keyed = self._named(), self._held.keys.people()
        gone = named - keyed
        if len(gone) > 1 and gone == named and not all_are_gone:
            raise DatabaseError(
                f"None of the {len(named)} people in the database has a key: is this the folder "
                "of keys of this service? Everything of people without a key would be erased."
            )
        for person in sorted(gone):
            self._begin(person, now)
        self.resume(now)
        return len(gone)

    # -- the steps ---------------------------------------------------------------------------------

    def _begin(self, person: str, now: int) -> str:
        with self._held.database.write() as connection:
            begun = connection.scalar(select(erasure.c.id).where(erasure.c.person == person))
            if begun is not None:
                return str(begun)
            name = self._random(16).hex()
            connection.execute(insert(erasure).values(id=name, person=person, asked_at=now))
            return name

    def _open_ones(self) -> list[str]:
        with self._held.database.read() as connection:
            open_ones = select(erasure.c.id).where(erasure.c.person.is_not(None))
            return list(connection.scalars(open_ones.order_by(erasure.c.asked_at, erasure.c.id)))

    def _finish(self, name: str, now: int) -> None:
        """Do what is left of an erasure. A crash between any two lines leaves the rest to do."""
        self._forget(name, now)
        row = self._row(name)
        if row.person is not None:
            self._forget_files(msgspec.json.decode(row.trail, type=_Trail), now)
            self._end(name, row, now)

    def _forget(self, name: str, now: int) -> None:
        """Do what is quick: the trail, the keys, the rows."""
        row = self._row(name)
        if row.person is not None and row.trail is None:
            # Once the rows are gone nothing tells which files to rewrite. So it comes first.
            self._keep_trail(name, self._trail(row.person, now))
            row = self._row(name)
        if row.person is None:  # ended, perhaps by another this moment
            return
        trail = msgspec.json.decode(row.trail, type=_Trail)
        if row.key_gone_at is None:
            self._destroy_keys(row.person, trail)
            self._note(name, key_gone_at=now)
        if row.rows_gone_at is None:
            self._held.vault.forget_rows(row.person)
            self._held.forget_jobs(trail.jobs)
            self._forget_rows(name, row.person, trail, now)

    def _keep_trail(self, name: str, trail: _Trail) -> None:
        written = msgspec.json.encode(trail).decode()
        with self._held.database.write() as connection:
            # Another that came first knew as much or more: their trail stays.
            unknown = erasure.c.trail.is_(None) & erasure.c.person.is_not(None)
            connection.execute(
                update(erasure).where(erasure.c.id == name, unknown).values(trail=written)
            )

    def _destroy_keys(self, person: str, trail: _Trail) -> None:
        self._held.vault.destroy_key(person)
        for case_id in trail.cases:
            self._held.keys.destroy_case_key(case_id)  # the case's places are the person's own
        self._held.keys.refresh_copy()

    def _forget_rows(self, name: str, person: str, trail: _Trail, now: int) -> None:
        with self._held.database.write() as connection:
            for case_id in trail.cases:
                make_nameless(connection, case_id, self._random, now)
            _forget_details(connection, trail)
            looks = select(look.c.id).where(look.c.person == person)
            connection.execute(delete(review).where(review.c.subject.in_(looks)))
            for table in _OF_A_PERSON:
                connection.execute(delete(table).where(table.c.person == person))
            for about in (alarm, review):
                connection.execute(delete(about).where(about.c.subject == person))
            _note(connection, name, rows_gone_at=now)

    def _forget_files(self, trail: _Trail, now: int) -> None:
        pseudonyms = {day: bytes.fromhex(one) for day, one in trail.pseudonyms.items()}
        if pseudonyms:
            self._held.lake.person(pseudonyms, now)
        blank_messages(self._held.texts, trail.texts)

    def _end(self, name: str, row: Row[Any], now: int) -> None:
        ended = Erasure(name, row.asked_at, now, None, None)
        leaf = make_leaf("erasure", now, ended.detail(), None, self._random)
        with self._held.database.write() as connection:
            person = select(erasure.c.person).where(erasure.c.id == name).with_for_update()
            if connection.scalar(person) is None:
                return  # another ended it this moment
            # Rows that were on their way while the key was still there.
            for table in _OF_A_PERSON:
                connection.execute(delete(table).where(table.c.person == row.person))
            values = {"leaf": add(connection, leaf, now), "salt": leaf.salt}
            _note(connection, name, person=None, trail=None, files_gone_at=now, **values)
        # Died before here: bytes of a random id are left in the file until the next sweep.
        self._held.people.settle()
        scrub(self._held.database)

    # -- what is held of them ----------------------------------------------------------------------

    def _is_held(self, person: str) -> bool:
        return person in self._held.keys.people() or person in self._named()

    def _named(self) -> set[str]:
        """Return everybody of whom any table has a row."""
        with self._held.database.read() as connection:
            named = {
                one
                for table in (*_OF_A_PERSON, case_file, erasure)
                for one in connection.scalars(select(table.c.person).distinct())
                if one is not None
            }
        return named | set(self._held.people.ids())

    def _trail(self, person: str, now: int) -> _Trail:
        with self._held.database.read() as connection:
            cases = _listed(connection, case_file, case_file.c.id, person)
            of_them = trace_run.c.case_id.in_(cases)
            jobs = sorted(connection.scalars(select(trace_run.c.id).where(of_them)))
            texts = _listed(connection, message, message.c.id, person)
            seen_in = _listed(connection, look, look.c.case_id, person)
        self._file_every_day(person, now)
        days = self._opened(person, None, Field.PSEUDONYMS, now)
        contacts = [
            (case_id, str(contact))
            for case_id in seen_in
            if (contact := self._opened(person, case_id, Field.CONTACT, now)) is not None
        ]
        pseudonyms = days if isinstance(days, dict) else {}
        named = {day: one.hex() for day, one in pseudonyms.items()}
        return _Trail(named, contacts, cases, jobs, texts)

    def _file_every_day(self, person: str, now: int) -> None:
        """Put the pseudonyms of every day held on file: rows on their way may be of any of them."""
        today = now // MILLISECONDS_A_DAY
        for day in range(today - HELD_DAYS, today + 2):  # midnight may come in between
            with suppress(GoneError):  # no key any more, of the day or of the person
                self._held.vault.file_under(person, day)

    def _opened(
        self, person: str, case_id: str | None, field: Field, now: int
    ) -> str | dict[int, bytes] | None:
        """Read one field by the person's own right, under a look; None where there is nothing."""
        try:
            access = self._held.vault.open_access(
                self._reader, Purpose.RIGHTS, case_id, (field,), (person,), now
            )
            found = self._held.vault.read(access)
        except RefusedError:  # not in the tables of people (any more), or no such case any more
            return None
        values: Mapping[Field, str | dict[int, bytes] | None] = found.get(person, {})
        return values.get(field)

    def _row(self, name: str) -> Row[Any]:
        with self._held.database.read() as connection:
            return connection.execute(select(erasure).where(erasure.c.id == name)).one()

    def _note(self, name: str, **done: object) -> None:
        with self._held.database.write() as connection:
            _note(connection, name, **done)


def _note(connection: Connection, name: str, **done: object) -> None:
    connection.execute(update(erasure).where(erasure.c.id == name).values(**done))


def _listed(connection: Connection, table: Table, column: Any, person: str) -> list[str]:  # noqa: ANN401 - a column of any table
    query = select(column).where(table.c.person == person, column.is_not(None)).distinct()
    return sorted(connection.scalars(query))


def _forget_details(connection: Connection, trail: _Trail) -> None:
    """Delete the places of a contact that others' cases hold; day, minutes and tier stay."""
    named = [
        (exposure_detail.c.case_id == case_id) & (exposure_detail.c.contact == contact)
        for case_id, contact in trail.contacts
    ]
    if named:
        connection.execute(delete(exposure_detail).where(or_(*named)))
