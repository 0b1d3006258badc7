"""Whom the case named in an interview. They did not enrol, and never agreed to anything.

What is known of them is sealed under the case's key and nothing of it is hashed: there is no way
to find the same person in the evidence, or in another case. They may object, and they go when the
follow-up ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from fortnight.case.exposures import exposure_to
from fortnight.case.files import locked, log
from fortnight.case.state import State
from fortnight.case.words import how_we_know
from fortnight.db.office_tables import case_change, decision, named_contact
from fortnight.db.tables import case_file
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.vault.numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Row

    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

SETTINGS: Final = (
    "household",
    "care",
    "work",
    "school",
    "worship",
    "clinic",
    "shelter",
    "gathering",
    "transport",
    "other",
)
WITHDRAWN_DAYS: Final = 7
"""Days after a test was withdrawn in which whoever was told by phone is told that it was wrong."""
_LONGEST: Final = {"name": 200, "notes": 2_000, "household": 16}
_OBJECTED: Final = "They objected."
_OF_CASE: Final = (
    select(named_contact)
    .where(named_contact.c.case_id == bindparam("case"))
    .order_by(named_contact.c.added_at, named_contact.c.id)
)


@dataclass(frozen=True, slots=True)
class NewNamed:
    """Somebody whom the case named, and where they met.

    ``number`` may be empty where the case does not know it. Days are days since 1970; those of
    one ``household`` (any word, such as A) are called once.
    """

    case_id: str
    name: str = field(repr=False)
    number: str = field(repr=False)
    notes: str = field(repr=False)
    first_day: int
    last_day: int
    setting: str
    household: str | None
    pregnant: bool
    weak_immunity: bool

    def check(self, now: int) -> None:
        """Raise QuestionError for what cannot be, RefusedError for what is no number."""
        if not self.name.strip():
            raise QuestionError("Give a name, or what the case calls them.")
        said = {"name": self.name, "notes": self.notes, "household": self.household or ""}
        if long := [what for what, text in said.items() if len(text) > _LONGEST[what]]:
            raise QuestionError(f"{long[0]} has at most {_LONGEST[long[0]]} characters.")
        if self.setting not in SETTINGS:
            raise QuestionError(f"A setting is one of {', '.join(SETTINGS)}.")
        if not 0 <= self.first_day <= self.last_day <= now // MILLISECONDS_A_DAY + 1:
            raise QuestionError("The last day of meeting is not before the first, nor yet to come.")
        if self.number.strip():
            parse_number(self.number)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom the case named, without who they are."""

    contact: str
    first_day: int
    last_day: int
    setting: str
    household: str | None
    pregnant: bool
    weak_immunity: bool
    merged_with: str | None
    objected_at: int | None
    added_by: str
    added_at: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Who they are, and by language how to say where their number comes from."""

    name: str = field(repr=False)
    number: str = field(repr=False)  # E.164, or empty
    notes: str = field(repr=False)
    words: Mapping[str, str]


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed of them."""

    name: str
    number: str
    notes: str


@dataclass(frozen=True, slots=True)
class NamedContacts:
    """Whom cases named."""

    database: Database
    vault: Vault
    random: Callable[[int], bytes]

    def add(self, new: NewNamed, account: str, reader: Reader, now: int) -> str:
        """Add somebody to a case that is not over, enrolled or not; return their number there."""
        new.check(now)
        number = parse_number(new.number) if new.number.strip() else ""
        held = Held(new.name.strip(), number, new.notes.strip())
        contact = self.random(8).hex()
        with self.database.write() as connection:
            self._standing(connection, new.case_id)
            row = {
                "id": self.random(16).hex(),
                "case_id": new.case_id,
                "contact": contact,
                "sealed": self._sealed(new.case_id, contact, held),
                "first_day": new.first_day,
                "last_day": new.last_day,
                "setting": new.setting,
                "household": (new.household or "").strip() or None,
                "pregnant": new.pregnant,
                "weak_immunity": new.weak_immunity,
                "added_by": account,
                "added_at": now,
            }
            connection.execute(insert(named_contact).values(row))
            self._log(connection, new.case_id, contact, "named", reader, now)
        return contact

    def of_case(self, case_id: str) -> tuple[Named, ...]:
        """Return whom a case named, without who they are, in the order they were named."""
        with self.database.read() as connection:
            return tuple(_named(row) for row in connection.execute(_OF_CASE, {"case": case_id}))

    def open(self, case_id: str, contact: str, reader: Reader, now: int) -> Identity:
        """Return who somebody is, with the words to begin a call with; an entry in the log.

        Raises RefusedError for no such contact, and for whoever objected.
        """
        with self.database.write() as connection:
            row = self._row(connection, case_id, contact)
            self._log(connection, case_id, contact, "named-opened", reader, now)
        held = held_of(self.vault, row)
        return Identity(held.name, held.number, held.notes, how_we_know())

    # -- the same person as a measured contact -----------------------------------------------------

    def merge(
        self, case_id: str, contact: str, measured: str, account: str, reader: Reader, now: int
    ) -> None:
        """Say that somebody named is a contact that was measured; `split` is the way back.

        A person says so: nothing is matched by itself. Raises RefusedError where either is not
        of this case, ConflictError where one of them is merged already.
        """
        c = named_contact.c
        with self.database.write() as connection:
            self._standing(connection, case_id)
            row = self._row(connection, case_id, contact)
            exposure_to(connection, case_id, measured)
            taken = select(c.id).where(c.case_id == case_id, c.merged_with == measured)
            if row.merged_with is not None or connection.scalar(taken) is not None:
                raise ConflictError("One of the two is merged already: split them first.")
            self._merged(connection, row, measured, "merged", now)
            self._log(connection, case_id, contact, "merged", reader, now, account, measured)

    def split(self, case_id: str, contact: str, account: str, reader: Reader, now: int) -> None:
        """Take a merging back. Raises ConflictError where there was none."""
        with self.database.write() as connection:
            self._standing(connection, case_id)
            row = self._row(connection, case_id, contact)
            if row.merged_with is None:
                raise ConflictError("This contact is merged with nobody.")
            self._merged(connection, row, None, "split", now)
            self._log(connection, case_id, contact, "split", reader, now, account, row.merged_with)

    # -- endings -----------------------------------------------------------------------------------

    def object(self, case_id: str, contact: str, reader: Reader, now: int) -> None:
        """Blank what is held of whoever wants that; only that they objected is kept."""
        with self.database.write() as connection:
            locked(connection, case_id)
            row = self._row(connection, case_id, contact)
            connection.execute(
                update(named_contact)
                .where(named_contact.c.id == row.id)
                .values(
                    sealed=b"",
                    objected_at=now,
                    merged_with=None,
                    household=None,
                    pregnant=False,
                    weak_immunity=False,
                )
            )
            connection.execute(
                update(decision)
                .where(
                    decision.c.case_id == case_id,
                    decision.c.contact == contact,
                    decision.c.retracted_at.is_(None),
                )
                .values(retracted_at=now, retracted_why=_OBJECTED)
            )
            self._log(connection, case_id, contact, "objected", reader, now)

    def sweep(self, now: int) -> int:
        """Delete whom cases named whose follow-up has ended; return how many."""
        today, c = now // MILLISECONDS_A_DAY, case_file.c
        late = (c.state == State.WITHDRAWN) & (c.follow_up_end_day >= today - WITHDRAWN_DAYS)
        over = select(c.id).where(c.follow_up_end_day < today, ~late)
        with self.database.write() as connection:
            gone = connection.execute(
                delete(named_contact)
                .where(named_contact.c.case_id.in_(over))
                .returning(named_contact.c.case_id, named_contact.c.contact)
            ).all()
            for row in gone:
                self._log(connection, row.case_id, row.contact, "named-gone", None, now)
        return len(gone)

    # -- parts -------------------------------------------------------------------------------------

    def _standing(self, connection: Connection, case_id: str) -> None:
        state = State(locked(connection, case_id).state)
        if state in {State.CLOSED, State.WITHDRAWN}:
            raise ConflictError(f"The case is {state}: nothing more is added to it.")

    def _row(self, connection: Connection, case_id: str, contact: str) -> Row[Any]:
        c = named_contact.c
        row = connection.execute(
            select(named_contact).where(c.case_id == case_id, c.contact == contact)
        ).first()
        if row is None:
            raise RefusedError(f"Case {case_id} named no contact {contact}.")
        if row.objected_at is not None:
            raise RefusedError(f"Contact {contact} objected: nothing is held of them any more.")
        return row

    def _sealed(self, case_id: str, contact: str, held: Held) -> bytes:
        return self.vault.seal_case(case_id, msgspec.json.encode(held), label(contact))

    def _merged(
        self, connection: Connection, row: Row[Any], measured: str | None, kind: str, now: int
    ) -> None:
        changed = update(named_contact).where(named_contact.c.id == row.id)
        connection.execute(changed.values(merged_with=measured))
        detail = {"contact": row.contact, "measured": measured or row.merged_with}
        connection.execute(
            insert(case_change).values(
                id=self.random(16).hex(),
                case_id=row.case_id,
                at=now,
                kind=kind,
                detail=msgspec.json.encode(detail).decode(),
            )
        )

    def _log(
        self,
        connection: Connection,
        case_id: str,
        contact: str,
        step: str,
        reader: Reader | None,
        now: int,
        account: str | None = None,
        measured: str | None = None,
    ) -> None:
        said = {"account": account, "case": case_id, "contact": contact, "measured": measured}
        entry: dict[str, str | int] = {key: one for key, one in said.items() if one is not None}
        log(connection, "case", entry | {"step": step}, reader, now, self.random)


def held_of(vault: Vault, row: Row[Any]) -> Held:
    """Return what is sealed of somebody named. GoneError where the case's key was destroyed."""
    opened = vault.unseal_case(row.case_id, row.sealed, label(row.contact))
    return msgspec.json.decode(opened, type=Held)


def label(contact: str) -> bytes:
    """Return what is held of somebody named is sealed as."""
    return f"named {contact}".encode()


def _named(row: Row[Any]) -> Named:
    return Named(
        contact=row.contact,
        first_day=row.first_day,
        last_day=row.last_day,
        setting=row.setting,
        household=row.household,
        pregnant=row.pregnant,
        weak_immunity=row.weak_immunity,
        merged_with=row.merged_with,
        objected_at=row.objected_at,
        added_by=row.added_by,
        added_at=row.added_at,
    )
