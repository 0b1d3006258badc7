"""Who is told, and who decided it: one named person, and two where many could be named.

A decision is committed before anybody is resolved, and the case's row is held while it is asked
whether a second person is needed: two at once cannot both be the twentieth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import bindparam, func, insert, select, update

from fortnight.case.crowds import is_in_crowd
from fortnight.case.decision_rows import (
    Decision,
    Kind,
    decision_of,
    decision_with,
    decisions_of,
    query,
    waits,
)
from fortnight.case.exposures import met_parts
from fortnight.case.files import locked, log
from fortnight.case.retraction import Retracted, retract_all
from fortnight.case.state import State, Step, after
from fortnight.case.subjects import Subject, subject_of
from fortnight.db.office_tables import decision, named_contact, staff_account
from fortnight.db.tables import case_file, message
from fortnight.errors import ConflictError, GoneError, QuestionError, RefusedError
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.case.cases import Cases
    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault

ALONE: Final = 20
"""People whom one person may have resolved for one case; for more it takes two."""
SENSITIVE: Final = frozenset({"worship", "clinic", "shelter", "gathering"})
"""Settings where whoever was there takes two people to be named."""
LONGEST_REASON: Final = 500
_LONGEST_WHY: Final = 200
_UNDER_WAY_MS: Final = 60_000
_DAY_MS: Final = 86_400_000
_OVER: Final = frozenset({State.CLOSED, State.WITHDRAWN})

# Written down once: SQLAlchemy takes longer to write a query than a database to answer it.
_WAITING: Final = query().where(
    waits(),
    decision.c.case_id.in_(
        select(case_file.c.id).where(case_file.c.district == bindparam("district"))
    ),
)
_STANDING: Final = select(decision.c.id).where(
    decision.c.case_id == bindparam("case"),
    decision.c.contact == bindparam("contact"),
    decision.c.retracted_at.is_(None),
)
_RESOLVED: Final = select(func.count(decision.c.contact.distinct())).where(
    decision.c.case_id == bindparam("case"),
    decision.c.kind == "tell",
    decision.c.needs_second.is_(False) | decision.c.second_by.is_not(None),
    decision.c.contact.not_in(
        select(named_contact.c.contact).where(named_contact.c.case_id == bindparam("case"))
    ),
)

Why = Literal["setting", "crowd", "place-time", "unknown-place", "many"]
"""Why a second person is needed: where it was, by the reviewer's word, by the number of others met
there, because nothing is held of where it was, or because many are resolved for the case."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions about contacts.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    database: Database
    vault: Vault
    cases: Cases
    random: Callable[[int], bytes]

    # -- one person --------------------------------------------------------------------------------

    def decide(
        self,
        case_id: str,
        contact: str,
        kind: Kind,
        reason: str,
        account: str,
        reader: Reader,
        now: int,
        *,
        crowd: bool = False,
    ) -> Decision:
        """Decide about one contact; whoever is to be told is resolved, unless it takes two people.

        ``crowd``: the reviewer says that many were there, or that it was at worship, in a clinic
        or a shelter. Raises ConflictError where it is decided already or the case is over,
        RefusedError for no such contact, and as `Cases.tell`: then nothing is decided.
        """
        reason = _words(reason, LONGEST_REASON)
        with self.database.write() as connection:
            subject = self._subject(connection, case_id, contact, kind)
            self._refuse_decided(connection, case_id, contact)
            why = self._why(connection, subject, case_id, crowd=crowd) if kind == "tell" else None
            row = {
                "id": self.random(16).hex(),
                "case_id": case_id,
                "contact": contact,
                "kind": kind,
                "reason": reason,
                "by": account,
                "at": now,
                "needs_second": why is not None,
            }
            connection.execute(insert(decision).values(row))
            made = decision_with(connection, str(row["id"]))
            step = f"decided-{kind}" if why is None else f"decided-{kind}-waits-{why}"
            self._log(connection, made, step, reader, now)
        return self._carry_out(made, reader, now)

    def take_back(
        self, decision_id: str, reason: str, account: str, reader: Reader, now: int
    ) -> Decision:
        """Take a decision back, so that another can be made.

        Raises ConflictError for one by which somebody was told: it stands until the test does not.
        """
        with self.database.write() as connection:
            made = self._live(connection, decision_id)
            if made.is_told and subject_of(connection, made.case_id, made.contact).measured:
                raise ConflictError("They were told: this stands while the test does.")
            self._retract(connection, made, reason, now)
            self._log(connection, made, "taken-back", reader, now, account=account)
        return self.one(decision_id)

    # -- two people --------------------------------------------------------------------------------

    def approve(self, decision_id: str, account: str, reader: Reader, now: int) -> Decision:
        """Agree, as the second person; only now the contact is resolved.

        Raises RefusedError for whoever decided it, ConflictError where none is waited for.
        """
        with self.database.write() as connection:
            made = self._waiting(connection, decision_id, account)
            self._subject(connection, made.case_id, made.contact, made.kind)
            connection.execute(
                update(decision)
                .where(decision.c.id == made.id, waits())
                .values(second_by=account, second_at=now)
            )
            self._log(connection, made, "approved", reader, now)
            agreed = decision_with(connection, decision_id)
        return self._carry_out(agreed, reader, now)

    def decline(
        self, decision_id: str, reason: str, account: str, reader: Reader, now: int
    ) -> Decision:
        """Disagree, as the second person: nobody is told. Raises as `approve`."""
        with self.database.write() as connection:
            made = self._waiting(connection, decision_id, account)
            self._retract(connection, made, reason, now)
            self._log(connection, made, "declined", reader, now)
        return self.one(decision_id)

    # -- a test withdrawn --------------------------------------------------------------------------

    def retract(self, case_id: str, why: str, reader: Reader, now: int) -> Retracted:
        """Retract all that was decided for a case, stop its texts, and tell whoever was told.

        `Cases.withdraw_test` does this too.
        """
        why = _words(why, _LONGEST_WHY)
        with self.database.write() as connection:
            locked(connection, case_id)
            return retract_all(connection, self.cases.outbox, case_id, why, reader, now)

    # -- by itself ---------------------------------------------------------------------------------

    def finish(self, now: int) -> int:
        """Carry out what a crash left decided but not done, of the last day; return how many."""
        c, at = decision.c, func.coalesce(decision.c.second_at, decision.c.at)
        named = select(named_contact.c.contact).where(named_contact.c.case_id == c.case_id)
        key = "told " + c.case_id + " " + c.contact + " " + c.id  # as `cases.told_key`
        told = select(message.c.id).where(message.c.key == key)
        left = query().where(
            c.kind == "tell",
            c.retracted_at.is_(None),
            ~waits(),
            at.between(now - _DAY_MS, now - _UNDER_WAY_MS),
            c.contact.not_in(named),
            ~told.exists(),
        )
        with self.database.read() as connection:
            rows = [decision_of(row) for row in connection.execute(left)]
            readers = [reader_of(connection, one.second_by or one.by) for one in rows]
        for one, reader in zip(rows, readers, strict=True):
            try:
                self._carry_out(one, reader, now)
            except (ConflictError, GoneError, RefusedError):
                continue  # written down with the decision, which does not stand any more
        return len(rows)

    # -- what is there -----------------------------------------------------------------------------

    def one(self, decision_id: str) -> Decision:
        """Return one decision. Raises RefusedError where there is none."""
        with self.database.read() as connection:
            return decision_with(connection, decision_id)

    def of_case(self, case_id: str) -> tuple[Decision, ...]:
        """Return every decision of a case, retracted ones too, the newest first."""
        with self.database.read() as connection:
            return decisions_of(connection, case_id)

    def live(self, case_id: str) -> dict[str, Decision]:
        """Return the decisions that stand, by contact."""
        return {one.contact: one for one in self.of_case(case_id) if one.is_live}

    def waiting(self, district: str) -> tuple[Decision, ...]:
        """Return what waits for a second person in a district, the newest first."""
        with self.database.read() as connection:
            rows = connection.execute(_WAITING, {"district": district})
            return tuple(decision_of(row) for row in rows)

    def why_second(self, case_id: str, contact: str) -> Why | None:
        """Return why telling this contact would take a second person; None where it would not."""
        with self.database.read() as connection:
            subject = subject_of(connection, case_id, contact)
            return self._why(connection, subject, case_id, crowd=False)

    # -- parts -------------------------------------------------------------------------------------

    def _subject(self, connection: Connection, case_id: str, contact: str, kind: Kind) -> Subject:
        """Return whom it is about, where the case stands; its row is held from here on."""
        state = State(locked(connection, case_id).state)
        if kind not in {"tell", "dismiss"}:
            raise QuestionError(f"A contact is told or dismissed, not {kind!r}.")
        if state in _OVER:
            raise ConflictError(f"The case is {state}: nothing more is decided for it.")
        subject = subject_of(connection, case_id, contact)
        if subject.measured is not None:
            after(state, Step.TELL)
        return subject

    def _refuse_decided(self, connection: Connection, case_id: str, contact: str) -> None:
        if connection.scalar(_STANDING, {"case": case_id, "contact": contact}) is not None:
            raise ConflictError("This contact is decided already: take that back first.")

    def _why(
        self, connection: Connection, subject: Subject, case_id: str, *, crowd: bool
    ) -> Why | None:
        if subject.named is not None and subject.named.setting in SENSITIVE:
            return "setting"
        if crowd:
            return "crowd"
        if subject.measured is None:
            return None  # the case named them: nobody is resolved
        if (why := self._why_there(connection, case_id, subject.contact)) is not None:
            return why
        return "many" if _resolved(connection, case_id) >= ALONE else None

    def _why_there(self, connection: Connection, case_id: str, contact: str) -> Why | None:
        """Return what speaks for a second person in where the case met a contact."""
        try:
            met = met_parts(connection, case_id, self.vault.opener_of_case)
        except GoneError:
            return "unknown-place"
        if contact not in met:
            return "unknown-place"
        return "place-time" if is_in_crowd(met, contact) else None

    def _carry_out(self, made: Decision, reader: Reader, now: int) -> Decision:
        """Resolve and text a measured contact who is to be told; undo the decision if refused."""
        if not made.is_told:
            return made
        with self.database.read() as connection:
            subject = subject_of(connection, made.case_id, made.contact)
        if subject.measured is None:
            return made
        try:
            interviewed = subject.named is not None
            self.cases.tell(
                made.case_id,
                made.contact,
                reader,
                now,
                interviewed=interviewed,
                decision=made.id,
            )
        except (ConflictError, GoneError, RefusedError) as error:
            with self.database.write() as connection:
                self._retract(connection, made, str(error), now)
                self._log(connection, made, "not-carried-out", reader, now)
            raise
        return made

    def _live(self, connection: Connection, decision_id: str) -> Decision:
        """Return a decision that stands; its case's row is held from here on."""
        locked(connection, decision_with(connection, decision_id).case_id)
        made = decision_with(connection, decision_id)
        if not made.is_live:
            raise ConflictError("This decision was retracted already.")
        return made

    def _waiting(self, connection: Connection, decision_id: str, account: str) -> Decision:
        made = self._live(connection, decision_id)
        if not made.is_waiting:
            raise ConflictError("This decision waits for nobody.")
        if made.by == account:
            raise RefusedError("A second person has to be somebody else than who decided.")
        return made

    def _retract(self, connection: Connection, made: Decision, why: str, now: int) -> None:
        connection.execute(
            update(decision)
            .where(decision.c.id == made.id, decision.c.retracted_at.is_(None))
            .values(retracted_at=now, retracted_why=_words(why[:_LONGEST_WHY], _LONGEST_WHY))
        )

    def _log(
        self,
        connection: Connection,
        made: Decision,
        step: str,
        reader: Reader,
        now: int,
        **more: str,
    ) -> None:
        entry: dict[str, str | int] = {
            "case": made.case_id,
            "contact": made.contact,
            "decision": made.id,
            "step": step,
            **more,
        }
        log(connection, "case", entry, reader, now, self.random)


def _resolved(connection: Connection, case_id: str) -> int:
    """Return how many people were resolved for a case; who was named by the case was not."""
    return connection.scalar(_RESOLVED, {"case": case_id}) or 0


def reader_of(connection: Connection, account: str) -> Reader:
    """Return who looks where something is done by itself: the account that agreed last."""
    row = connection.execute(select(staff_account).where(staff_account.c.id == account)).one()
    return Reader(row.role, row.id, row.district)


def _words(text: str, longest: int) -> str:
    """Return a reason without blanks around it. Raises QuestionError for none, or too long."""
    said = text.strip()
    if not 0 < len(said) <= longest:
        raise QuestionError(f"Say why, in 1 to {longest} characters.")
    return said
