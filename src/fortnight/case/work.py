"""What the office's pages ask: the day's work, a case, a contact, and who looked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import bindparam, func, select

from fortnight.case.assignments import Assignment, Assignments
from fortnight.case.calls import Call, Calls
from fortnight.case.chain import Chains
from fortnight.case.changes import CaseChange, Changes
from fortnight.case.decisions import Decisions, Why
from fortnight.case.duplicates import Duplicate, Duplicates
from fortnight.case.files import last_run
from fortnight.case.home import Home, home_of
from fortnight.case.named import Named, NamedContacts
from fortnight.case.notes import Notes
from fortnight.case.overview import Overview
from fortnight.case.state import State
from fortnight.case.words import how_we_know
from fortnight.consent.exact import allows_exact
from fortnight.db.office_tables import case_note
from fortnight.db.tables import case_file, look
from fortnight.errors import ConflictError, GoneError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import AbstractContextManager

    from fortnight.case.cases import Cases
    from fortnight.case.decision_rows import Decision
    from fortnight.case.exposures import Exposure
    from fortnight.case.files import CaseFile, Run
    from fortnight.db.engine import Database
    from fortnight.report.document import ContactDocument, EpisodeDocument
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

_Read = TypeVar("_Read")
_OVER: Final = frozenset({State.CLOSED, State.WITHDRAWN})

# Written down once: SQLAlchemy takes longer to write a query than a database to answer it.
_DISTRICT: Final = select(case_file.c.district).where(case_file.c.id == bindparam("case"))
_NOTES: Final = select(func.count()).where(case_note.c.case_id == bindparam("case"))
_LOOKS: Final = (
    select(look.c.role, look.c.at, look.c.purpose, look.c.fields, func.count().label("people"))
    .where(look.c.case_id == bindparam("case"))
    .group_by(look.c.role, look.c.at, look.c.purpose, look.c.fields)
    .order_by(look.c.at.desc(), look.c.role, look.c.fields)
)


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One contact of a case: what was measured, what the case said, what was decided and done."""

    contact: str
    measured: Exposure | None
    named: Named | None
    decision: Decision | None
    last_call: Call | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything about a case that names nobody.

    ``allows_exact``: whether the case lets those who are told see exact times and places.
    """

    file: CaseFile
    district: str
    run: Run | None
    contacts: tuple[ContactLine, ...]
    decisions: tuple[Decision, ...]
    assignment: Assignment | None
    changes: tuple[CaseChange, ...]
    duplicates: tuple[Duplicate, ...]
    notes_count: int
    calls: tuple[Call, ...]
    merged_into: str | None
    allows_exact: bool


@dataclass(frozen=True, slots=True)
class ContactPage:
    """One contact; ``detail`` is None where no day of meeting is held, or nobody may look.

    ``decisions`` and ``calls`` are theirs, the newest first; ``measured`` are the contacts that
    somebody who was only named may turn out to be.
    """

    line: ContactLine
    detail: ContactDocument | None
    why_second: Why | None
    decisions: tuple[Decision, ...]
    calls: tuple[Call, ...]
    measured: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LookLine:
    """Looks for one case by one role at one instant (ms since 1970), and how many people."""

    role: str
    at: int
    purpose: str
    fields: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Reached:
    """How to call a contact who is to be told, and by language what to say first."""

    name: str | None = field(repr=False)
    number: str = field(repr=False)
    language: str | None
    words: Mapping[str, str]
    person: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Work:
    """The rooms of case work, and what is put together from them."""

    database: Database
    vault: Vault
    cases: Cases
    decisions: Decisions
    assignments: Assignments
    calls: Calls
    named: NamedContacts
    notes: Notes
    duplicates: Duplicates
    changes: Changes
    overview: Overview
    chains: Chains

    @classmethod
    def of(
        cls, database: Database, vault: Vault, cases: Cases, random: Callable[[int], bytes]
    ) -> Work:
        """Put the rooms together."""
        return cls(
            database,
            vault,
            cases,
            Decisions(database, vault, cases, random),
            Assignments(database, vault, random),
            Calls(database, random),
            NamedContacts(database, vault, random),
            Notes(database, vault, random),
            Duplicates(database, vault, cases, random),
            Changes(database, cases),
            Overview(database),
            Chains(database, vault),
        )

    def reading(self) -> AbstractContextManager[None]:
        """Return a block in which all that is read is of one transaction; no look is opened."""
        return self.database.reading()

    def turn(self, now: int) -> None:
        """Do what the clock asks for: finish, trace again, let go."""
        self.decisions.finish(now)
        self.changes.retrace(now)
        self.named.sweep(now)

    def home(self, account: str, role: str, district: str, now: int) -> Home:
        """Return the day's work: a case worker's own cases, a lead's whole district.

        Cases by deadline, overdue ones first.
        """
        whose = None if role == "lead" else account
        with self.database.reading(), self.database.read() as connection:
            waiting = tuple(one for one in self.decisions.waiting(district) if one.by != account)
            calls = self.calls.call_list(whose, now, district=district)
            return home_of(connection, whose, district, calls, waiting, now)

    def case_page(self, case_id: str, now: int) -> CasePage:
        """Return everything about a case that names nobody. RefusedError where there is none."""
        del now  # what is shown does not depend on when; deadlines are on the home page
        with self.database.reading():
            return self._case_page(case_id)

    def _case_page(self, case_id: str) -> CasePage:
        with self.database.read() as connection:
            district = connection.scalar(_DISTRICT, {"case": case_id})
            count = connection.scalar(_NOTES, {"case": case_id})
            exact = allows_exact(connection, case_id)
        decisions, calls = self.decisions.of_case(case_id), self.calls.of_case(case_id)
        return CasePage(
            file=self.cases.case(case_id),
            district=str(district),
            run=self._last_run(case_id),
            contacts=self._lines(case_id, decisions, calls),
            decisions=decisions,
            assignment=self.assignments.live(case_id),
            changes=self.changes.of_case(case_id),
            duplicates=self.duplicates.of(case_id),
            notes_count=int(count or 0),
            calls=calls,
            merged_into=self.duplicates.merged_into(case_id),
            allows_exact=exact,
        )

    def contact(self, case_id: str, contact: str, reader: Reader, now: int) -> ContactPage:
        """Return one contact; a look at whoever was measured is committed before.

        Raises RefusedError where the case has no such contact.
        """
        with self.database.reading():
            decisions, calls = self.decisions.of_case(case_id), self.calls.of_case(case_id)
            lines = self._lines(case_id, decisions, calls)
        line = next((one for one in lines if one.contact == contact), None)
        if line is None:
            raise RefusedError(f"Case {case_id} has no contact {contact}.")
        is_named_alone = line.named is not None and line.measured is None
        return ContactPage(
            line,
            self._detail(line, case_id, reader, now),
            self._why(line, case_id),
            tuple(one for one in decisions if one.contact == contact),
            tuple(one for one in calls if one.contact == contact),
            tuple(one.contact for one in lines if is_named_alone and one.measured is not None),
        )

    def details(
        self, case_id: str, contacts: Collection[str], reader: Reader, now: int
    ) -> dict[str, ContactDocument]:
        """Return where and when contacts met the case, under one look at each of them.

        Left out: whose days are not held any more, who withdrew, and who was named alone.
        """
        return self._under_look(self.cases.details, {}, case_id, contacts, reader, now)

    def sums(
        self, case_id: str, contacts: Collection[str], reader: Reader, now: int
    ) -> dict[str, ContactDocument]:
        """Return what `details` does, under the same look, without any place: for a list."""
        return self._under_look(self.cases.sums, {}, case_id, contacts, reader, now)

    def episodes(
        self, case_id: str, contacts: Collection[str], reader: Reader, now: int
    ) -> list[EpisodeDocument]:
        """Return the meetings alone of what `details` does, under the same look."""
        return self._under_look(self.cases.episodes, [], case_id, contacts, reader, now)

    def _under_look(
        self,
        read: Callable[[str, Collection[str]], _Read],
        nothing: _Read,
        case_id: str,
        contacts: Collection[str],
        reader: Reader,
        now: int,
    ) -> _Read:
        """Return what is read of those of the contacts of whom a look may show anything."""
        if not contacts or self.cases.case(case_id).state in _OVER:
            return nothing  # nothing is held of a case that is over
        try:
            return read(case_id, self.vault.view(case_id, contacts, reader, now))
        except (GoneError, RefusedError):
            return nothing

    def reach(self, case_id: str, contact: str, reader: Reader, now: int) -> Reached:
        """Return how to call a contact who is to be told: a look, or for who was named an entry.

        Raises ConflictError where nobody decided to tell them.
        """
        made = self.decisions.live(case_id).get(contact)
        if made is None or not made.is_told:
            raise ConflictError("Decide first to tell this contact: then they can be called.")
        measured = {one.contact for one in self.cases.exposures(case_id)}
        if contact in measured:
            found = self.vault.resolve(case_id, contact, reader, now)
            said = how_we_know(is_named=False)
            return Reached(None, found.number, found.language, said, found.person)
        identity = self.named.open(case_id, contact, reader, now)
        return Reached(identity.name, identity.number, None, identity.words)

    def looks_of_case(self, case_id: str) -> tuple[LookLine, ...]:
        """Return who looked at how many people for a case, the newest first."""
        with self.database.read() as connection:
            return tuple(
                LookLine(row.role, row.at, row.purpose, tuple(row.fields.split(",")), row.people)
                for row in connection.execute(_LOOKS, {"case": case_id})
            )

    # -- parts -------------------------------------------------------------------------------------

    def _lines(
        self, case_id: str, decisions: tuple[Decision, ...], calls: tuple[Call, ...]
    ) -> tuple[ContactLine, ...]:
        """Return the contacts: measured by rank, then named, then told ones that are gone."""
        named = self.named.of_case(case_id)
        both = {one.merged_with: one for one in named if one.merged_with is not None}
        decided = {one.contact: one for one in decisions if one.is_live}
        called: dict[str | None, Call] = {}
        for call in calls:
            called.setdefault(call.contact, call)

        def line(contact: str, measured: Exposure | None, said: Named | None) -> ContactLine:
            return ContactLine(contact, measured, said, decided.get(contact), called.get(contact))

        listed = [
            line(one.contact, one, both.get(one.contact)) for one in self.cases.exposures(case_id)
        ]
        listed += [line(one.contact, None, one) for one in named if one.merged_with is None]
        there = {one.contact for one in listed} | {one.contact for one in named}
        gone = [contact for contact in decided if contact not in there]
        return (*listed, *(line(contact, None, None) for contact in gone))

    def _detail(
        self, line: ContactLine, case_id: str, reader: Reader, now: int
    ) -> ContactDocument | None:
        """Return where and when they met, under a look; None where there is nothing to show."""
        if line.measured is None:
            return None
        return self.details(case_id, (line.contact,), reader, now).get(line.contact)

    def _why(self, line: ContactLine, case_id: str) -> Why | None:
        if line.decision is not None:
            return None  # it is decided: nobody asks any more
        if line.measured is None and (line.named is None or line.named.objected_at is not None):
            return None
        return self.decisions.why_second(case_id, line.contact)

    def _last_run(self, case_id: str) -> Run | None:
        with self.database.read() as connection:
            return last_run(connection, case_id)
