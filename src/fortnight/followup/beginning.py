"""How a follow-up begins, changes and ends; and how a contact becomes a case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import insert, select, update

from fortnight.case.cases import NewCase
from fortnight.case.files import locked, read_case
from fortnight.case.state import State
from fortnight.case.subjects import subject_of
from fortnight.db.support_tables import became_case, follow_up
from fortnight.db.tables import case_file, exposure
from fortnight.errors import ConflictError, RefusedError
from fortnight.followup.answers import has_symptoms
from fortnight.followup.plan import Exposed, changed, plan_case, plan_contact
from fortnight.followup.release import Ill
from fortnight.followup.rows import (
    CASE,
    Kept,
    answers_of,
    here,
    kept_of,
    row_of,
    row_seen,
    seal_kept,
)
from fortnight.notify.zones import Zones
from fortnight.risk.disease import load_disease

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection, Row

    from fortnight.case.cases import Cases
    from fortnight.case.decisions import Decisions
    from fortnight.case.named import NamedContacts
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.followup.plan import Change, Plan
    from fortnight.followup.record import Record
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

_OVER: Final = frozenset({State.CLOSED, State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Link:
    """That a contact of one case became another case; ``at`` in ms since 1970."""

    source_case: str
    contact: str
    case_id: str
    at: int


class _New(msgspec.Struct, frozen=True):
    """Whose follow-up begins."""

    id: str
    case_id: str
    contact: str
    person: str | None


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Begins, plans anew, and ends follow-ups."""

    database: Database
    vault: Vault
    consents: Consents
    cases: Cases
    decisions: Decisions
    named: NamedContacts
    record: Record
    random: Callable[[int], bytes]
    zone: ZoneInfo

    # -- beginning ---------------------------------------------------------------------------------

    def of_contact(
        self, case_id: str, contact: str, reader: Reader, now: int, *, by_voice: bool
    ) -> str:
        """Begin to follow a contact whom somebody decided to tell.

        Who enrolled is resolved, under a look; whom the case named is served by voice alone.
        Raises ConflictError before such a decision, or where they are followed already;
        RefusedError where they did not agree to support.
        """
        made = self.decisions.live(case_id).get(contact)
        if made is None or not made.is_told:
            raise ConflictError("Decide first to tell this contact: then they can be followed.")
        with self.database.read() as connection:
            measured = subject_of(connection, case_id, contact).measured is not None
        person = self.vault.resolve(case_id, contact, reader, now).person if measured else None
        return self.begin(case_id, contact, person, reader, now, by_voice=by_voice)

    def begin(
        self,
        case_id: str,
        contact: str,
        person: str | None,
        reader: Reader,
        now: int,
        *,
        by_voice: bool,
    ) -> str:
        """Begin to follow a contact who was told, and is known already. Raises as `of_contact`."""
        self._refuse_unwilling(person)
        with self.database.write() as connection:
            case = self._standing(connection, case_id)
            exposed = self._exposed(connection, case, contact)
            today = self._today(person, now)
            plan = plan_contact(load_disease(case.disease), exposed, today)
            kept = Kept(plan, today, exposed=exposed)
            new = _New(self.random(16).hex(), case_id, contact, person)
            self._insert(connection, new, kept, reader, now, by_voice=by_voice or person is None)
        return new.id

    def of_case(self, case_id: str, reader: Reader, now: int, *, by_voice: bool) -> str:
        """Begin to follow a case themselves. Raises as `of_contact`."""
        with self.database.read() as connection:
            c = case_file.c
            person = connection.scalar(select(c.person).where(c.id == case_id))
        if person is None:
            raise ConflictError("This person is not enrolled: call them as the case file says.")
        self._refuse_unwilling(person)
        with self.database.write() as connection:
            return self._begin_case(connection, case_id, reader, now, by_voice=by_voice)

    def _begin_case(
        self, connection: Connection, case_id: str, reader: Reader, now: int, *, by_voice: bool
    ) -> str:
        case = self._standing(connection, case_id)
        today = self._today(case.person, now)
        ill = Ill(case.onset_day, case.test_day)
        kept = Kept(plan_case(load_disease(case.disease), ill, today), today, ill=ill)
        new = _New(self.random(16).hex(), case_id, CASE, case.person)
        self._insert(connection, new, kept, reader, now, by_voice=by_voice)
        return new.id

    def _insert(
        self,
        connection: Connection,
        new: _New,
        kept: Kept,
        reader: Reader,
        now: int,
        *,
        by_voice: bool,
    ) -> None:
        c = follow_up.c
        same = c.case_id == new.case_id, c.contact == new.contact, c.state == "running"
        if connection.scalar(select(c.id).where(*same)) is not None:
            raise ConflictError("They are followed already.")
        connection.execute(
            insert(follow_up).values(
                id=new.id,
                case_id=new.case_id,
                contact=new.contact,
                person=new.person,
                state="running",
                by_voice=by_voice,
                first_day=kept.from_day,
                end_day=kept.plan.end,
                sealed=seal_kept(self.vault, new, kept),
                began_at=now,
                began_by=reader.actor,
            )
        )
        self.record.note(connection, new.person, "begun", kept.plan.role, now, reader)

    # -- changing ----------------------------------------------------------------------------------

    def replan(
        self,
        connection: Connection,
        row: Row[Any],
        now: int,
        *,
        immune: bool | None = None,
        treatment_day: int | None = None,
    ) -> tuple[Change, ...]:
        """Make a plan anew from what is known now; return and keep what changed, and why."""
        if row.state != "running":
            return ()
        kept = kept_of(self.vault, row)
        new = self._anew(connection, row, kept, immune, treatment_day)
        changes = changed(kept.plan, new.plan)
        if not changes and (new.exposed, new.ill) == (kept.exposed, kept.ill):
            return ()
        new = msgspec.structs.replace(new, changes=changes or kept.changes)
        connection.execute(
            update(follow_up)
            .where(follow_up.c.id == row.id)
            .values(end_day=new.plan.end, sealed=seal_kept(self.vault, row, new))
        )
        if changes:
            what = ",".join(one.what for one in changes)
            self.record.note(connection, row.person, "plan-changed", what, now)
        return changes

    def _anew(
        self,
        connection: Connection,
        row: Row[Any],
        kept: Kept,
        immune: bool | None,  # noqa: FBT001 - passed on as it came
        treatment_day: int | None,
    ) -> Kept:
        case = locked(connection, row.case_id)
        disease = load_disease(case.disease)
        plan: Plan
        if kept.ill is not None:
            treated = kept.ill.treatment_day if treatment_day is None else treatment_day
            last = self._last_symptom_day(connection, row, kept.plan)
            ill = Ill(case.onset_day, case.test_day, last, treated)
            plan = plan_case(disease, ill, kept.from_day)
            return msgspec.structs.replace(kept, plan=plan, ill=ill)
        held = kept.exposed
        said = immune if immune is not None or held is None else held.immune
        exposed = replace(self._exposed(connection, case, row.contact, held), immune=said)
        plan = plan_contact(disease, exposed, kept.from_day)
        return msgspec.structs.replace(kept, plan=plan, exposed=exposed)

    def _last_symptom_day(self, connection: Connection, row: Row[Any], plan: Plan) -> int | None:
        """Return the last day on which they said that they had symptoms. Silence is none."""
        said = answers_of(connection, self.vault, row)
        return max(
            (day for day, answer in said.items() if has_symptoms(plan, answer)), default=None
        )

    def _exposed(
        self,
        connection: Connection,
        case: Row[Any],
        contact: str,
        held: Exposed | None = None,
    ) -> Exposed:
        """Return what is known of an exposure: measured, or as the case told it; else as it was."""
        e = exposure.c
        same = select(exposure).where(e.case_id == case.id, e.contact == contact)
        measured = connection.execute(same).first()
        if measured is not None:
            return Exposed(measured.first_day, measured.last_day, measured.tier)
        if held is not None:
            return held
        named = subject_of(connection, case.id, contact).named
        if named is None:
            raise RefusedError(f"Nothing is known of how case {case.id} met {contact}.")
        tier = load_disease(case.disease).tiers.close  # by the case's own word they were close
        return Exposed(named.first_day, named.last_day, tier)

    # -- ending ------------------------------------------------------------------------------------

    def end(self, connection: Connection, row: Row[Any], state: str, now: int) -> None:
        """End a follow-up, in the caller's transaction."""
        connection.execute(
            update(follow_up)
            .where(follow_up.c.id == row.id, follow_up.c.state == "running")
            .values(state=state, ended_at=now)
        )
        self.record.note(connection, row.person, "ended", state, now)

    def become_case(
        self,
        follow_up_id: str,
        token: str,
        onset_day: int | None,
        test_day: int,
        sample_at: int,
        reader: Reader,
        now: int,
    ) -> str:
        """Open a case about a contact who tested positive; return its id. The history stays.

        Nobody types or sees the number: it is read from the vault under a look, and the token has
        to be for it. Raises RefusedError where it is not, ConflictError for a follow-up that is
        over, or of a case.
        """
        with self.database.read() as connection:
            row = row_seen(connection, follow_up_id)
            disease = read_case(connection, row.case_id).disease
        self._refuse_no_contact(row)
        number = self._number(row, reader, now)
        new = NewCase(token, number, disease, onset_day, test_day, sample_at)

        def link(connection: Connection, case_id: str) -> None:
            again = row_of(connection, follow_up_id)
            self._refuse_no_contact(again)
            self._link(connection, again, case_id, reader, now)

        return self.cases.open(new, reader, now, also=link)

    def chain(self, case_id: str) -> tuple[Link, ...]:
        """Return whose contact a case was, and which of its contacts became cases."""
        c = became_case.c
        with self.database.read() as connection:
            rows = connection.execute(
                select(became_case)
                .where((c.case_id == case_id) | (c.source == case_id))
                .order_by(c.at, c.case_id)
            )
            return tuple(Link(row.source, row.contact, row.case_id, row.at) for row in rows)

    def _link(
        self, connection: Connection, row: Row[Any], case_id: str, reader: Reader, now: int
    ) -> None:
        """End the contact's follow-up, begin the case's, and remember which came before."""
        link = {"case_id": case_id, "source": row.case_id, "contact": row.contact}
        connection.execute(insert(became_case).values(follow_up=row.id, at=now, **link))
        self.end(connection, row, "became-case", now)
        self.record.note(connection, row.person, "became-case", "contact", now, reader)
        if row.person is not None:
            self._begin_case(connection, case_id, reader, now, by_voice=row.by_voice)

    def _number(self, row: Row[Any], reader: Reader, now: int) -> str:
        if row.person is not None:
            return self.vault.resolve(row.case_id, row.contact, reader, now).number
        number = self.named.open(row.case_id, row.contact, reader, now).number
        if not number:
            raise ConflictError("Their number is not known: open the case as a new one.")
        return number

    def _today(self, person: str | None, now: int) -> int:
        zones = Zones(self.database, self.vault, self.zone)
        return here(now, zones.of(person)).day

    # -- refusing ----------------------------------------------------------------------------------

    def is_willing(self, connection: Connection | None, person: str | None) -> bool:
        """Tell whether somebody agrees to support; whom a case named says so on the phone."""
        return person is None or self.consents.live(connection, person, "support")

    def _refuse_unwilling(self, person: str | None) -> None:
        if not self.is_willing(None, person):
            raise RefusedError("They did not agree to support: they are told, and not followed.")

    def _refuse_no_contact(self, row: Row[Any]) -> None:
        if row.contact == CASE or row.state != "running":
            raise ConflictError("Only a contact who is followed becomes a case.")

    def _standing(self, connection: Connection, case_id: str) -> Row[Any]:
        case = locked(connection, case_id)
        if State(case.state) in _OVER:
            raise ConflictError(f"The case is {case.state}: nobody is followed for it any more.")
        return case
