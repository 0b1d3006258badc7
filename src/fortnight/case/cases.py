"""A case's steps: opened with a laboratory's token, agreed to by the case, traced, told, closed.

Each step is one transaction with its entry of the log, and what it tells the person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import func, insert, select, update

from fortnight.case.codes import CODES, TRIES, VALID_MS, code_hash, is_code, new_code
from fortnight.case.exact import end_exact
from fortnight.case.exposures import (
    Exposure,
    detail,
    details,
    episodes,
    exposure_to,
    exposures,
    forget_details,
    may_tell,
    sums,
)
from fortnight.case.files import CaseFile, Run, locked, log, read_case, read_run, step
from fortnight.case.retraction import retract_all
from fortnight.case.state import State, Step, after
from fortnight.case.telling import takes_a_call, text_or_call
from fortnight.db.tables import case_file, hidden_stay, message, trace_run
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.notify.templates import Template
from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.risk.disease import diseases, load_disease

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection, Row

    from fortnight.case.token import Laboratories
    from fortnight.db.engine import Database
    from fortnight.notify.outbox import Outbox
    from fortnight.report.document import ContactDocument, EpisodeDocument
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

NOT_SAID: Final = (
    "This is not the code that was sent, or it holds no more: it has five tries and 24 hours. "
    "Ask the person to read it again, or send a new one."
)
_TEST_WITHDRAWN: Final = "The test was withdrawn."
_NOT_ENDED: Final = ("queued", "running")


class TraceQueue(Protocol):
    """Where traces wait to be run."""

    def enqueue(self, connection: Connection, run_id: str) -> None:
        """Queue a trace in the caller's transaction: both are durable, or neither is."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a case is opened with.

    Attributes
    ----------
    token, number : str
        The laboratory's token, and the number of the person that it was given for.
    disease : str
        Id of a disease that comes with the library.
    onset_day, test_day : int
        Days since 1970 of the first symptoms, where there were any, and of the test.
    sample_at : int
        When the sample was taken, ms since 1970: evidence received later is marked.
    """

    token: str = field(repr=False)
    number: str = field(repr=False)
    disease: str
    onset_day: int | None
    test_day: int
    sample_at: int

    def check(self, now: int) -> None:
        """Raise QuestionError for an unknown disease, or a date that is yet to come."""
        if self.disease not in diseases():
            raise QuestionError(f"There is no disease {self.disease!r}: {', '.join(diseases())}.")
        tomorrow = now // MILLISECONDS_A_DAY + 1  # where the day is ahead of UTC's
        days = {"onset": self.onset_day, "test": self.test_day}
        if late := [name for name, day in days.items() if day is not None and day > tomorrow]:
            raise QuestionError(f"The day of {' and '.join(late)} is yet to come: check the date.")
        if self.sample_at > now:
            raise QuestionError("The sample was taken in the future: check date and time.")


@dataclass(frozen=True, slots=True)
class Cases:
    """The case files.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    secret : bytes
        The master secret ``token``, from the folder of keys.
    """

    database: Database
    vault: Vault
    laboratories: Laboratories
    outbox: Outbox
    queue: TraceQueue
    random: Callable[[int], bytes]
    secret: bytes = field(repr=False)

    # -- opening -----------------------------------------------------------------------------------

    def open(
        self,
        new: NewCase,
        reader: Reader,
        now: int,
        *,
        also: Callable[[Connection, str], None] | None = None,
    ) -> str:
        """Open a case, tell the person at once, and send them the code; return the case's id.

        ``also`` is done with it, in the same transaction: both are durable, or neither is.
        Raises RefusedError, in the same words whatever is wrong with it, where the token is not
        valid for the number; QuestionError for a disease or date that cannot be.
        """
        new.check(now)
        number_hash = self.vault.number_hash(new.number)
        person = self.vault.person_with(new.number)
        case_id = self.random(16).hex()
        with self.database.write() as connection:
            token_id = self.laboratories.use(connection, new.token, number_hash, now)
            connection.execute(
                insert(case_file).values(
                    id=case_id,
                    person=person,
                    number_hash=number_hash,
                    token_id=token_id,
                    state=State.OPENED,
                    disease=new.disease,
                    onset_day=new.onset_day,
                    test_day=new.test_day,
                    sample_at=new.sample_at,
                    district=reader.district,
                    opened_at=now,
                    opened_by=reader.actor,
                    follow_up_end_day=_follow_up_end(new),
                )
            )
            self._log(connection, case_id, "opened", reader, now)
            if person is not None:
                self._tell_opened(connection, case_id, person, now)
                self._send_code(connection, case_id, person, now)
            if also is not None:
                also(connection, case_id)
        return case_id

    def send_code(self, case_id: str, reader: Reader, now: int) -> None:
        """Send the case a new code; the one before it no longer holds.

        Raises ConflictError where they agreed already, were sent five, or do not take part.
        """
        with self.database.write() as connection:
            row = step(connection, case_id, Step.SEND_CODE)
            if row.person is None:
                raise ConflictError("The tested person is not enrolled: there is nothing to trace.")
            self._send_code(connection, case_id, row.person, now)
            self._log(connection, case_id, "code-sent", reader, now)

    def agree(self, case_id: str, code: str, now: int) -> None:
        """Take the case's own yes: the code that was sent to them.

        Raises RefusedError where it is not that code, or holds no more; each try counts.
        """
        with self.database.write() as connection:
            row = locked(connection, case_id)
            after(State(row.state), Step.AGREE)
            said = self._says(row, code, now)
            if said:
                values = {"agreed_at": now, "code_hash": None, "code_expires_at": None}
                step(connection, case_id, Step.AGREE, values)
                self._log(connection, case_id, "agreed", None, now)
            else:
                tried = update(case_file).where(case_file.c.id == case_id)
                connection.execute(tried.values(code_tries=row.code_tries + 1))
        if not said:  # after the commit: the try has to count
            raise RefusedError(NOT_SAID)

    def hide(self, case_id: str, start: int, end: int, now: int) -> None:
        """Leave a period (ms since 1970) of the case's own out of the trace, before it runs."""
        if end <= start:
            raise QuestionError("A hidden stay ends after it begins: check the two times.")
        with self.database.write() as connection:
            step(connection, case_id, Step.HIDE)
            row = {"id": self.random(16).hex(), "case_id": case_id, "start": start, "end": end}
            connection.execute(insert(hidden_stay).values(row))
            self._log(connection, case_id, "stay-hidden", None, now)

    # -- trace -------------------------------------------------------------------------------------

    def request_trace(self, case_id: str, reader: Reader, now: int) -> str:
        """Queue a trace of a case that said yes; return its id.

        Where one waits or runs already, that is the one. Raises ConflictError before the yes.
        """
        with self.database.write() as connection:
            step(connection, case_id, Step.ASK_TRACE)
            waiting = connection.scalar(
                select(trace_run.c.id).where(
                    trace_run.c.case_id == case_id, trace_run.c.state.in_(_NOT_ENDED)
                )
            )
            if waiting is not None:
                return str(waiting)
            run_id = self.random(16).hex()
            connection.execute(
                insert(trace_run).values(
                    id=run_id,
                    case_id=case_id,
                    state="queued",
                    asked_at=now,
                    asked_by=reader.actor,
                    asked_role=reader.role,
                )
            )
            self.queue.enqueue(connection, run_id)
            entry: dict[str, str | int] = {"case": case_id, "run": run_id, "step": "asked"}
            log(connection, "trace", entry, reader, now, self.random)
        return run_id

    def tell(
        self,
        case_id: str,
        contact: str,
        reader: Reader,
        now: int,
        *,
        interviewed: bool = False,
        decision: str | None = None,
    ) -> str:
        """Resolve one contact, on the reader's decision, and queue their text; return its id.

        Who did not agree to texts gets none: they are called, as `takes_a_call` says.

        ``interviewed``: the case named them in an interview. ``decision``: by which they are told;
        one decision never texts twice. Raises RefusedError where the
        evidence alone may not tell anyone, or the vault refuses.
        """
        with self.database.read() as connection:
            after(read_case(connection, case_id).state, Step.TELL)
            reason = may_tell(exposure_to(connection, case_id, contact), interviewed=interviewed)
        if reason is not None:
            raise RefusedError(reason)
        person = self.vault.resolve(case_id, contact, reader, now).person
        with self.database.write() as connection:
            step(connection, case_id, Step.TELL)  # the test may have been withdrawn meanwhile
            key = told_key(case_id, contact, decision)
            told = text_or_call(connection, self.outbox, person, key, case_id, now)
            done = "told" if told.goes_out else "to-be-called"
            self._log(connection, case_id, done, reader, now)
        return told.message

    def takes_a_call(self, case_id: str, contact: str) -> bool:
        """Tell whether a contact who was to be told has to be called instead of texted."""
        with self.database.read() as connection:
            return takes_a_call(connection, case_id, contact)

    # -- endings -----------------------------------------------------------------------------------

    def withdraw_test(self, case_id: str, reader: Reader, now: int) -> None:
        """Withdraw a case whose test was wrong: nothing more is traced, read or sent for it.

        What was decided for it is retracted, and whoever was told is told that it was wrong.
        """
        today = now // MILLISECONDS_A_DAY
        with self.database.write() as connection:
            row = step(connection, case_id, Step.WITHDRAW, {"follow_up_end_day": today})
            end_exact(connection, self.outbox.consents, row, now)
            self.end_work(connection, case_id, _TEST_WITHDRAWN, now)
            retract_all(connection, self.outbox, case_id, _TEST_WITHDRAWN, reader, now)
            self._log(connection, case_id, "test-withdrawn", reader, now)

    def close(self, case_id: str, reader: Reader, now: int) -> None:
        """Close a case whose work is done.

        Raises ConflictError before the yes of somebody who is enrolled: theirs ends by itself.
        """
        with self.database.write() as connection:
            enrolled = locked(connection, case_id).person is not None
            taken = Step.CLOSE if enrolled else Step.CLOSE_UNTRACED
            row = step(connection, case_id, taken, {"closed_at": now})
            end_exact(connection, self.outbox.consents, row, now)
            self.end_work(connection, case_id, "The case was closed.", now)
            self._log(connection, case_id, "closed", reader, now)

    def end_work(self, connection: Connection, case_id: str, problem: str, now: int) -> None:
        """End its traces and delete where contacts met, in the caller's transaction."""
        connection.execute(
            update(trace_run)
            .where(trace_run.c.case_id == case_id, trace_run.c.state.in_(_NOT_ENDED))
            .values(state="failed", problem=problem, ended_at=now)
        )
        forget_details(connection, case_id)

    # -- what is there -----------------------------------------------------------------------------

    def case(self, case_id: str) -> CaseFile:
        """Return one case. Raises RefusedError where there is none."""
        with self.database.read() as connection:
            return read_case(connection, case_id)

    def run(self, run_id: str) -> Run:
        """Return one trace. Raises RefusedError where there is none."""
        with self.database.read() as connection:
            return read_run(connection, run_id)

    def exposures(self, case_id: str) -> tuple[Exposure, ...]:
        """Return the contacts of a case by rank, each under a number of this case only."""
        with self.database.read() as connection:
            return exposures(connection, case_id)

    def detail(self, case_id: str, contact: str) -> ContactDocument:
        """Return where and when a contact met the case, and why they are listed."""
        with self.database.read() as connection:
            return detail(connection, case_id, contact, self.vault.opener_of_case)

    def details(self, case_id: str, contacts: Collection[str]) -> dict[str, ContactDocument]:
        """Return what `detail` does of several contacts of whom something is held; no words."""
        with self.database.read() as connection:
            return details(connection, case_id, contacts, self.vault.opener_of_case)

    def sums(self, case_id: str, contacts: Collection[str]) -> dict[str, ContactDocument]:
        """Return what `details` does, without any place."""
        with self.database.read() as connection:
            return sums(connection, case_id, contacts, self.vault.opener_of_case)

    def episodes(self, case_id: str, contacts: Collection[str]) -> list[EpisodeDocument]:
        """Return where and when a case met several contacts."""
        with self.database.read() as connection:
            return episodes(connection, case_id, contacts, self.vault.opener_of_case)

    # -- parts of the steps ------------------------------------------------------------------------

    def _tell_opened(self, connection: Connection, case_id: str, person: str, now: int) -> None:
        key = f"opened {case_id}"
        self.outbox.queue(connection, person, key, Template.CASE_OPENED, {}, case_id, now)

    def _send_code(self, connection: Connection, case_id: str, person: str, now: int) -> None:
        sent = connection.scalar(
            select(func.count())
            .select_from(message)
            .where(message.c.case_id == case_id, message.c.template == Template.CODE)
        )
        number = int(sent or 0) + 1
        if number > CODES:
            raise ConflictError(f"This case was sent {CODES} codes: no more are.")
        code = new_code(self.random)
        key = f"code {case_id} {number}"
        self.outbox.queue(connection, person, key, Template.CODE, {"code": code}, case_id, now)
        connection.execute(
            update(case_file)
            .where(case_file.c.id == case_id)
            .values(
                code_hash=code_hash(self.secret, case_id, code),
                code_tries=0,
                code_expires_at=now + VALID_MS,
            )
        )

    def _says(self, row: Row[Any], code: str, now: int) -> bool:
        if row.code_hash is None or row.code_tries >= TRIES or now >= row.code_expires_at:
            return False
        return is_code(self.secret, row.id, code, row.code_hash)

    def _log(
        self, connection: Connection, case_id: str, done: str, reader: Reader | None, now: int
    ) -> None:
        log(connection, "case", {"case": case_id, "step": done}, reader, now, self.random)


def told_key(case_id: str, contact: str, decision: str | None) -> str:
    """Return the reason of a text that tells a contact: the same reason never texts twice."""
    return " ".join(["told", case_id, contact, *([decision] if decision else [])])


def _follow_up_end(new: NewCase) -> int:
    """Return the last day of follow-up by the disease's rule; a trace may move it later."""
    anchor = new.test_day if new.onset_day is None else new.onset_day
    return anchor + load_disease(new.disease).follow_up.days
