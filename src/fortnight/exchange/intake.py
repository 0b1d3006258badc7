"""Uploads of many cases at once: every row becomes a case or a refusal with its reason.

Rows in are cases and refusals, always: the tables hold no upload that is done and whose counts
differ. England lost 15,841 positive tests in 2020 in a spreadsheet that ended at its last row, so
a file that ends where Excel ends files is pointed out too.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from threading import Event
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog
from sqlalchemy import insert, select, update

from fortnight.case.token import NOT_VALID
from fortnight.db.office_tables import intake_refusal, intake_upload
from fortnight.errors import ConflictError, InputError, QuestionError, RefusedError
from fortnight.exchange.intake_csv import csv_rows
from fortnight.exchange.intake_rows import RowError, case_of, columns_of
from fortnight.exchange.intake_xlsx import (
    EXCEL_ROWS,
    OLD_EXCEL_ROWS,
    OLD_MARK,
    ZIP_MARK,
    xlsx_rows,
)
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection
    from sqlalchemy import Row as DatabaseRow

    from fortnight.case.assignments import Assignments
    from fortnight.case.cases import Cases, NewCase
    from fortnight.db.engine import Database
    from fortnight.exchange.intake_csv import Row
    from fortnight.exchange.intake_rows import Columns
    from fortnight.vault.purposes import Reader

CHUNK_ROWS: Final = 500
"""After how many rows their refusals and the counts are written down, in one transaction."""
_READ_BYTES: Final = 1 << 20
_MOST_REASON: Final = 200
_WORKER: Final = "case-worker"
_STOPPED: Final = "The service stopped before the file's end: send it again."


class Refusal(NamedTuple):
    """A row that opened no case: its number in the file, and why not. Nothing else is kept."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is.

    Attributes
    ----------
    state : str
        ``running``, ``done``, or ``failed``: the cases opened until then stay open, and the rest
        can be sent again, since a token opens one case only.
    rows, cases, refused : int
        So far; rows = cases + refused.
    """

    id: str
    by: str
    at: int
    state: str
    rows: int
    cases: int
    refused: int

    @property
    def warning(self) -> str | None:
        """What to check where the file ends at the last row that a spreadsheet can have."""
        last = self.rows + 1  # with the row of names
        if self.state != "done" or last not in {OLD_EXCEL_ROWS, EXCEL_ROWS}:
            return None
        return (
            f"This file ends at row {last:,}, which is the last that Excel "
            f"{'can' if last == EXCEL_ROWS else 'could once'} hold: what came after it may have "
            "been cut off before it was sent. Compare with the laboratory's own count, or ask for "
            "CSV that no spreadsheet has opened."
        )


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload that is about to be read, or the earlier one of the same bytes."""

    id: str
    is_repeated: bool
    rows: Iterator[Row] = field(repr=False)
    columns: Columns | None


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes uploads.

    Parameters
    ----------
    zone : ZoneInfo
        Of samples' times that name no offset from UTC.
    assignments : Assignments, optional
        By which a case worker works on the cases that they upload; they could not read them
        otherwise. Those of others wait for the lead.
    """

    database: Database
    cases: Cases
    clock: Callable[[], int]
    random: Callable[[int], bytes]
    zone: ZoneInfo
    assignments: Assignments | None = None
    _one: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="intake"), repr=False
    )
    _stopping: Event = field(default_factory=Event, repr=False)

    # -- taking ------------------------------------------------------------------------------------

    def start(self, file: BinaryIO, reader: Reader) -> Begun:
        """Begin an upload and read it on a thread; `progress` tells how far it is.

        The file has to stay open and untouched until then. Raises InputError, before anything is
        opened, for a file that cannot be read at all.
        """
        begun = self.begin(file, reader)
        if not begun.is_repeated:
            self._one.submit(self._run_quietly, begun, reader)
        return begun

    def take(self, file: BinaryIO, reader: Reader) -> Progress:
        """Read an upload from its first row to its last; return what became of it."""
        begun = self.begin(file, reader)
        if not begun.is_repeated:
            self.run(begun, reader)
        return self.progress(begun.id)

    def begin(self, file: BinaryIO, reader: Reader) -> Begun:
        """Note down an upload by an account, the reader's actor.

        Of bytes that were sent before, return the earlier one and do nothing.

        Raises InputError for a file that cannot be read at all.
        """
        digest = _sha256(file)
        rows = rows_of(file)
        header = next(rows, None)
        if header is None:
            raise InputError("The file is empty: there is no row in it.")
        columns = columns_of(header.cells)
        with self.database.write() as connection:
            if (earlier := _earlier(connection, digest)) is not None:
                return Begun(earlier, True, iter(()), None)
            upload = self.random(16).hex()
            row = {"id": upload, "by": reader.actor, "at": self.clock(), "sha256": digest}
            counts = {"state": "running", "rows": 0, "cases": 0, "refused": 0}
            connection.execute(insert(intake_upload).values(row | counts))
        return Begun(upload, False, rows, columns)

    def run(self, begun: Begun, reader: Reader) -> None:
        """Open a case for each row, or write down why not.

        Raises InputError where the file breaks off in the middle; the upload has failed then.
        """
        with ExitStack() as broken_off:
            broken_off.callback(self._end, begun.id, "failed", reader)
            while chunk := list(islice(begun.rows, CHUNK_ROWS)):
                self._check_not_stopping()
                self._count(begun.id, len(chunk), self._opened(chunk, begun, reader))
            self._end(begun.id, "done", reader)
            broken_off.pop_all()

    def recover(self) -> None:
        """Mark uploads as failed that an earlier process did not end."""
        with self.database.write() as connection:
            connection.execute(
                update(intake_upload)
                .where(intake_upload.c.state == "running")
                .values(state="failed")
            )

    def close(self) -> None:
        """Stop after the rows that are being written down."""
        self._stopping.set()
        self._one.shutdown()

    def _check_not_stopping(self) -> None:
        if self._stopping.is_set():
            raise InputError(_STOPPED)

    def _run_quietly(self, begun: Begun, reader: Reader) -> None:
        try:
            self.run(begun, reader)
        except Exception as error:  # noqa: BLE001 - the upload says that it failed; this says why
            structlog.get_logger().error("an upload failed", kind=type(error).__name__)

    def _opened(self, chunk: Sequence[Row], begun: Begun, reader: Reader) -> list[Refusal]:
        """Open the cases of some rows; return the refusals of the others."""
        read: list[tuple[int, NewCase | str]] = [
            (row.number, self._read(row, begun.columns)) for row in chunk
        ]
        tokens = [new.token for _, new in read if not isinstance(new, str)]
        usable = self.cases.laboratories.usable(tokens, self.clock())
        refusals = []
        for number, new in read:
            reason = new if isinstance(new, str) else self._open(new, usable, reader)
            if reason is not None:
                refusals.append(Refusal(number, reason[:_MOST_REASON]))
        return refusals

    def _read(self, row: Row, columns: Columns | None) -> NewCase | str:
        if columns is None:
            raise InputError("This upload was read before.")
        try:
            return case_of(row.cells, columns, self.zone)
        except RowError as error:
            return str(error)

    def _open(self, new: NewCase, usable: set[str], reader: Reader) -> str | None:
        """Open one case; return why not, or None."""
        if new.token not in usable:
            return NOT_VALID
        now = self.clock()
        try:
            case_id = self.cases.open(new, reader, now)
        except (RefusedError, QuestionError, ConflictError) as error:
            return str(error)
        if self.assignments is not None and reader.role == _WORKER:
            with suppress(RefusedError, ConflictError):  # such as of themselves: it stays open
                self.assignments.assign(case_id, reader.actor, reader.actor, reader, now)
        return None

    def _count(self, upload: str, rows: int, refusals: Sequence[Refusal]) -> None:
        """Write some rows down: their refusals and the counts, both or neither."""
        table = intake_upload.c
        with self.database.write() as connection:
            if refusals:
                values = [{"upload": upload, "row": n, "reason": why} for n, why in refusals]
                connection.execute(insert(intake_refusal), values)
            connection.execute(
                update(intake_upload)
                .where(table.id == upload)
                .values(
                    rows=table.rows + rows,
                    cases=table.cases + rows - len(refusals),
                    refused=table.refused + len(refusals),
                )
            )

    def _end(self, upload: str, state: str, reader: Reader) -> None:
        now = self.clock()
        with self.database.write() as connection:
            connection.execute(
                update(intake_upload).where(intake_upload.c.id == upload).values(state=state)
            )
            counted = _progress(connection, upload)
            detail: dict[str, str | int] = {
                "upload": upload,
                "step": f"upload-{state}",
                "rows": counted.rows,
                "cases": counted.cases,
                "district": reader.district,
                "role": reader.role,
            }
            office = {"actor": reader.actor}
            add(connection, make_leaf("case", now, detail, office, self.random), now)

    # -- what is there -----------------------------------------------------------------------------

    def progress(self, upload: str) -> Progress:
        """Return how far an upload is. Raises RefusedError where there is none."""
        with self.database.read() as connection:
            return _progress(connection, upload)

    def uploads(self, by: str, most: int = 20) -> tuple[Progress, ...]:
        """Return the last uploads of an account, the latest first."""
        query = (
            select(intake_upload)
            .where(intake_upload.c.by == by)
            .order_by(intake_upload.c.at.desc(), intake_upload.c.id)
            .limit(most)
        )
        with self.database.read() as connection:
            return tuple(_progress_of(row) for row in connection.execute(query))

    def refusals(self, upload: str, after: int = 0, most: int = 1_000) -> tuple[Refusal, ...]:
        """Return refusals of an upload in the order of rows, from the row after ``after``."""
        query = (
            select(intake_refusal.c.row, intake_refusal.c.reason)
            .where(intake_refusal.c.upload == upload, intake_refusal.c.row > after)
            .order_by(intake_refusal.c.row)
            .limit(most)
        )
        with self.database.read() as connection:
            return tuple(Refusal(*row) for row in connection.execute(query))

    def every_refusal(self, upload: str) -> Iterator[Refusal]:
        """Yield every refusal of an upload, a page at a time."""
        page = self.refusals(upload)
        while page:
            yield from page
            page = self.refusals(upload, after=page[-1].row)


def rows_of(file: BinaryIO) -> Iterator[Row]:
    """Yield the rows of a file by what it is, whatever it is called.

    Raises InputError for a file of another kind, before its first row.
    """
    head = file.read(len(OLD_MARK))
    file.seek(0)
    if head.startswith(OLD_MARK):
        raise InputError(
            "This is an old .xls workbook, or one with a password. The old format ends at row "
            "65,536 and drops what comes after: save as XLSX without a password, or better as CSV."
        )
    rows = xlsx_rows(file) if head.startswith(ZIP_MARK) else csv_rows(file)
    first = next(rows, None)  # what is wrong with the file as a whole is said before it is begun
    return iter(()) if first is None else chain([first], rows)


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while part := file.read(_READ_BYTES):
        digest.update(part)
    file.seek(0)
    return digest.hexdigest()


def _earlier(connection: Connection, digest: str) -> str | None:
    found: str | None = connection.scalar(
        select(intake_upload.c.id).where(
            intake_upload.c.sha256 == digest, intake_upload.c.state != "failed"
        )
    )
    return found


def _progress(connection: Connection, upload: str) -> Progress:
    row = connection.execute(select(intake_upload).where(intake_upload.c.id == upload)).first()
    if row is None:
        raise RefusedError("There is no such upload.")
    return _progress_of(row)


def _progress_of(row: DatabaseRow[tuple[object, ...]]) -> Progress:
    return Progress(row.id, row.by, row.at, row.state, row.rows, row.cases, row.refused)
