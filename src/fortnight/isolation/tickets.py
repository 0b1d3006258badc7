"""Tickets: what somebody needs, who sees to it until when, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import insert, select, update

from fortnight.case.files import log
from fortnight.db.office_tables import staff_account
from fortnight.db.support_tables import follow_up, support_ticket
from fortnight.db.tables import case_file
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.followup.rows import CASE, running_of, seal, unseal
from fortnight.isolation.needs import (
    ASKED_FOR,
    OUTCOMES,
    Field,
    Need,
    due_at,
    for_partner,
    may_go_to_partner,
)
from fortnight.vault.purposes import Field as Opened
from fortnight.vault.purposes import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Connection, Row

    from fortnight.db.engine import Database
    from fortnight.followup.record import Record
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

LONGEST: Final = 500
"""Characters of one field of a ticket."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket without its contents, which are read under a look. Instants in ms since 1970."""

    id: str
    need: Need
    case_id: str
    contact: str | None
    follow_up: str
    made_at: int
    due_at: int
    is_overdue: bool
    owner: str | None
    owner_name: str | None
    partner: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """A person's own ticket, as they see it."""

    id: str
    need: Need
    made_at: int
    due_at: int
    is_taken: bool
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Tickets:
    """The tickets. Implements `followup.days.TicketDesk`."""

    database: Database
    vault: Vault
    record: Record
    random: Callable[[int], bytes]

    # -- opening -----------------------------------------------------------------------------------

    def ask(self, person: str, need: Need, details: Mapping[str, str], now: int) -> str:
        """Open a ticket for what a person asks for; return the id of it, or of the one open.

        Raises QuestionError for a need or detail that is not on the lists, ConflictError where
        nobody follows them.
        """
        if need not in ASKED_FOR:
            raise QuestionError(f"What may be asked for is {', '.join(ASKED_FOR)}.")
        if unknown := sorted(set(details) - set(Field)):
            raise QuestionError(f"A ticket holds no {unknown[0]!r}: {', '.join(Field)}.")
        if long := sorted(name for name, said in details.items() if len(said) > LONGEST):
            raise QuestionError(f"{long[0]} has at most {LONGEST} characters.")
        with self.database.write() as connection:
            running = running_of(connection, person)
            if not running:
                raise ConflictError("Your follow-up is over: call the health team instead.")
            return self._open(connection, running[0], need, dict(details), now)

    def open(self, connection: Connection, row: Row[Any], need: str, note: str, now: int) -> str:
        """Open a ticket for a follow-up, in the caller's transaction, unless one is open."""
        details = {Field.NOTE.value: note[:LONGEST]} if note else {}
        return self._open(connection, row, Need(need), details, now)

    def heard(self, connection: Connection, row: Row[Any], now: int) -> None:
        """End what silence opened: they were heard of, and nobody has to call for that."""
        self._not_needed(connection, row, now, support_ticket.c.need == Need.HELP.value)

    def unwanted(self, connection: Connection, row: Row[Any], now: int) -> None:
        """End every ticket of a follow-up: they took back that they are supported."""
        self._not_needed(connection, row, now)

    def _not_needed(
        self, connection: Connection, row: Row[Any], now: int, *which: ColumnElement[bool]
    ) -> None:
        t = support_ticket.c
        held = select(t.id).where(t.follow_up == row.id, t.ended_at.is_(None), *which)
        for ticket_id in list(connection.scalars(held)):
            self._ended(connection, row.person, ticket_id, "not-needed", None, now)

    def _open(
        self, connection: Connection, row: Row[Any], need: Need, details: dict[str, str], now: int
    ) -> str:
        t = support_ticket.c
        same = t.follow_up == row.id, t.need == need.value, t.ended_at.is_(None)
        held = connection.execute(select(t.id, t.sealed).where(*same)).first()
        if held is not None:
            self._add(connection, row, held, details)
            return str(held.id)
        ticket_id = self.random(16).hex()
        connection.execute(
            insert(support_ticket).values(
                id=ticket_id,
                case_id=row.case_id,
                follow_up=row.id,
                person=row.person,
                need=need.value,
                sealed=self._sealed(row, ticket_id, details),
                made_at=now,
                due_at=due_at(need, now),
            )
        )
        self.record.note(connection, row.person, "ticket", need.value, now)
        return ticket_id

    def _add(
        self,
        connection: Connection,
        row: Row[Any],
        held: Any,  # noqa: ANN401 - two columns of a ticket
        details: dict[str, str],
    ) -> None:
        """Add what they say of the same need to the ticket that is open: the later word counts."""
        if details:
            whole = self._details(row, held.id, held.sealed) | details
            same = update(support_ticket).where(support_ticket.c.id == held.id)
            connection.execute(same.values(sealed=self._sealed(row, held.id, whole)))

    # -- the office --------------------------------------------------------------------------------

    def open_ones(
        self, district: str, now: int, *, account: str | None = None
    ) -> tuple[Ticket, ...]:
        """Return the open tickets of a district, or of an account, the soonest due first."""
        here = select(case_file.c.id).where(case_file.c.district == district)
        t = support_ticket.c
        where: list[Any] = [t.ended_at.is_(None), t.case_id.in_(here)]
        if account is not None:
            where.append(t.owner == account)
        return self._listed(where, now)

    def of_case(self, case_id: str, now: int) -> tuple[Ticket, ...]:
        """Return every ticket of a case, ended ones too."""
        return self._listed([support_ticket.c.case_id == case_id], now)

    def take(self, ticket_id: str, account: str, reader: Reader, now: int) -> None:
        """Make an account the owner of a ticket. Raises ConflictError where it is ended."""
        with self.database.write() as connection:
            row = self._held(connection, ticket_id)
            same = update(support_ticket).where(support_ticket.c.id == ticket_id)
            connection.execute(same.values(owner=account))
            self._log(connection, row, "ticket-taken", reader, now)

    def read(self, ticket_id: str, reader: Reader, now: int) -> dict[str, str]:
        """Return what a ticket holds, with number and language, under a look that they see."""
        with self.database.write() as connection:
            row = self._held(connection, ticket_id, ended=True)
            self._log(connection, row, "ticket-read", reader, now)
        return self._opened(row, reader, now)

    def give_to_partner(
        self, ticket_id: str, partner: str, account: str, reader: Reader, now: int
    ) -> dict[str, str]:
        """Return what a partner organisation is told of a ticket: what its need takes, no more.

        Raises RefusedError for a need that is the health team's alone.
        """
        if not partner.strip() or len(partner) > 128:  # noqa: PLR2004 - the column's
            raise QuestionError("Name the partner organisation, in at most 128 characters.")
        with self.database.write() as connection:
            row = self._held(connection, ticket_id)
            need = Need(row.need)
            if not may_go_to_partner(need):
                raise RefusedError(f"A ticket for {need} is for the health team alone.")
        told = for_partner(need, self._opened(row, reader, now))
        with self.database.write() as connection:
            row = self._held(connection, ticket_id)
            same = update(support_ticket).where(support_ticket.c.id == ticket_id)
            connection.execute(same.values(partner=partner.strip(), owner=row.owner or account))
            self._log(connection, row, "ticket-to-partner", reader, now)
            self.record.note(connection, row.person, "given-to-partner", need.value, now, reader)
        return told

    def end(self, ticket_id: str, outcome: str, account: str, reader: Reader, now: int) -> None:
        """End a ticket with how it ended. Raises QuestionError for any other word."""
        if outcome not in OUTCOMES:
            raise QuestionError(f"A ticket ends as one of {', '.join(OUTCOMES)}.")
        with self.database.write() as connection:
            row = self._held(connection, ticket_id)
            self._ended(connection, row.person, ticket_id, outcome, account, now)
            self._log(connection, row, "ticket-ended", reader, now)

    def of_person(self, person: str) -> tuple[OwnTicket, ...]:
        """Return a person's own tickets, the newest first."""
        t = support_ticket.c
        with self.database.read() as connection:
            rows = connection.execute(
                select(support_ticket).where(t.person == person).order_by(t.made_at.desc(), t.id)
            )
            return tuple(
                OwnTicket(r.id, Need(r.need), r.made_at, r.due_at, r.owner is not None, r.outcome)
                for r in rows
            )

    # -- parts -------------------------------------------------------------------------------------

    def _listed(self, where: list[Any], now: int) -> tuple[Ticket, ...]:
        t = support_ticket.c
        query = (
            select(support_ticket, follow_up.c.contact, staff_account.c.name)
            .join(follow_up, follow_up.c.id == t.follow_up)
            .outerjoin(staff_account, staff_account.c.id == t.owner)
            .where(*where)
            .order_by(t.due_at, t.id)
        )
        with self.database.read() as connection:
            return tuple(_ticket(row, now) for row in connection.execute(query))

    def _held(self, connection: Connection, ticket_id: str, *, ended: bool = False) -> Row[Any]:
        t = support_ticket.c
        row = connection.execute(
            select(support_ticket).where(t.id == ticket_id).with_for_update()
        ).first()
        if row is None:
            raise RefusedError(f"There is no ticket {ticket_id}.")
        if row.ended_at is not None and not ended:
            raise ConflictError("This ticket is ended: ask them for what is needed now.")
        return row

    def _opened(self, row: Row[Any], reader: Reader, now: int) -> dict[str, str]:
        """Return what a ticket holds, once a look at the person is committed."""
        given: dict[str, str] = {}
        if row.person is not None:
            fields = (Opened.CASE, Opened.NUMBER, Opened.LANGUAGE)
            people = (row.person,)
            access = self.vault.open_access(
                reader, Purpose.SUPPORT, row.case_id, fields, people, now
            )
            read = self.vault.read(access).get(row.person)
            if read is None:
                raise RefusedError("They withdrew a moment ago: nothing of theirs is shown.")
            given = {
                Field.NUMBER.value: str(read[Opened.NUMBER]),
                Field.LANGUAGE.value: str(read[Opened.LANGUAGE]),
            }
        return given | self._details(row, row.id, row.sealed)

    def _sealed(self, row: Row[Any], ticket_id: str, details: Mapping[str, str]) -> bytes:
        return seal(self.vault, row, msgspec.json.encode(details), f"ticket {ticket_id}")

    def _details(self, row: Row[Any], ticket_id: str, sealed: bytes) -> dict[str, str]:
        opened = unseal(self.vault, row, sealed, f"ticket {ticket_id}")
        return msgspec.json.decode(opened, type=dict[str, str])

    def _ended(
        self,
        connection: Connection,
        person: str | None,
        ticket_id: str,
        outcome: str,
        account: str | None,
        now: int,
    ) -> None:
        same = update(support_ticket).where(support_ticket.c.id == ticket_id)
        connection.execute(same.values(outcome=outcome, ended_at=now, ended_by=account))
        self.record.note(connection, person, "ticket-ended", outcome, now)

    def _log(
        self, connection: Connection, row: Row[Any], step: str, reader: Reader, now: int
    ) -> None:
        entry: dict[str, str | int] = {"case": row.case_id, "ticket": row.id, "step": step}
        log(connection, "case", entry, reader, now, self.random)


def _ticket(row: Row[Any], now: int) -> Ticket:
    return Ticket(
        id=row.id,
        need=Need(row.need),
        case_id=row.case_id,
        contact=None if row.contact == CASE else row.contact,
        follow_up=row.follow_up,
        made_at=row.made_at,
        due_at=row.due_at,
        is_overdue=row.ended_at is None and row.due_at < now,
        owner=row.owner,
        owner_name=row.name,
        partner=row.partner,
        outcome=row.outcome,
    )
