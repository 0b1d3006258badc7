"""Where evidence is acknowledged: after the commit, and never before.

One thread writes. It takes what waits, up to some thousands of batches, into one transaction:
a commit costs the same for one as for all. Where many come it lets them gather for as long as more
do, some milliseconds at most, instead of committing for a few and again for the next few.

If the machine dies before the commit, nobody was told anything and the sender sends again; if it
dies after, the repeat finds its receipt.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import sleep
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from fortnight.arrivals.callers import Outcome, Put, tell
from fortnight.arrivals.choices import Nobody, without_hidden
from fortnight.arrivals.never_sent import REASON
from fortnight.arrivals.receipts import Key, Receipt, Waiting, write
from fortnight.consent.grant import source_kinds
from fortnight.errors import DatabaseError, RefusedError
from fortnight.evidence.packed import count_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fortnight.arrivals.checked import Checked
    from fortnight.arrivals.never_sent import Chosen
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database

LABEL: Final = b"arrival"
"""What sealed rows are bound to, so that they pass for nothing else."""
MOST_AT_ONCE: Final = 2_000
MOST_BYTES_AT_ONCE: Final = 64 << 20
MANY: Final = 4
"""Batches in one commit from which on the next ones are let gather."""
GATHER_S: Final = 0.001
GATHERS: Final = 8
"""How often at most it is looked, each ``GATHER_S`` seconds, whether more came."""
_BATCH: Final = re.compile(r"[\x21-\x7e]{1,64}")


class Sealer(Protocol):
    """What the journal asks of the vault."""

    def seal(self, person: str, plaintext: bytes, label: bytes) -> bytes:
        """Encrypt under a person's key; raises GoneError where it was destroyed."""


class Journal:
    """Takes batches of evidence from any number of threads and tasks.

    Parameters
    ----------
    clock : callable
        Returns the present instant in ms since 1970 UTC.
    chosen : Chosen, optional
        What people chose never to send; without it nobody chose anything.
    """

    def __init__(
        self,
        database: Database,
        vault: Sealer,
        consents: Consents,
        clock: Callable[[], int],
        chosen: Chosen | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._consents = consents
        self._clock = clock
        self._chosen = chosen or Nobody()
        self._queue: SimpleQueue[Put | None] = SimpleQueue()
        self._door = Lock()  # nothing enters behind the mark that ends the queue
        self._closed = False
        self._writer = Thread(target=self._run, name="journal")
        self._writer.start()

    def put(self, person: str, kind: str, origin: str, batch: str, rows: Checked) -> Receipt:
        """Store a batch and return its receipt once it is durable.

        The same batch again, by person, kind and the sender's name for it, stores nothing and
        returns the same receipt.

        Raises
        ------
        RefusedError
            Without the live grant, for a name that is none, or once the journal is closed.
        GoneError
            If the person's key was destroyed.
        DatabaseError
            If the database did not take it. It may be sent again.
        """
        caller: Future[Receipt] = Future()
        self._enter(Put(self._waiting(Key(person, kind, batch), origin, rows), caller))
        return caller.result()

    async def put_async(
        self, person: str, kind: str, origin: str, batch: str, rows: Checked
    ) -> Receipt:
        """Store a batch without holding up the event loop; as `put`."""
        caller: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._enter(Put(self._waiting(Key(person, kind, batch), origin, rows), caller))
        return await caller

    def close(self) -> None:
        """Write what waits, then stop. Repeating changes nothing."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._writer.join()

    def _enter(self, put: Put) -> None:
        with self._door:
            if self._closed:
                raise RefusedError("The service is stopping: nothing was stored. Send it again.")
            self._queue.put(put)

    def _waiting(self, key: Key, origin: str, rows: Checked) -> Waiting:
        """Return a batch ready to be written: sealed here, so that the one writer only writes."""
        if not _BATCH.fullmatch(key.batch):
            raise RefusedError("The id of a batch has to be 1 to 64 printable ASCII characters.")
        if rows.kept != (count_of(key.kind, rows.packed) if rows.packed else 0):
            raise ValueError(f"these are not {rows.kept} packed rows of {key.kind}")
        rows = without_hidden(key.person, key.kind, rows, self._chosen)
        return Waiting(
            key=key,
            origin=origin,
            grant=source_kinds(key.kind, origin),
            received_at=self._clock(),
            rows=rows.kept,
            sealed=self._vault.seal(key.person, rows.packed, LABEL),
            answer=_answer(key.batch, rows),
            hidden=rows.refused.get(REASON, 0),
        )

    def _run(self) -> None:
        is_open, are_many = True, False
        while is_open:
            group, is_open = self._taken(are_many=are_many)
            are_many = len(group) >= MANY
            self._serve([put for put in group if put.is_wanted()])

    def _gather(self) -> None:
        """Wait while more batches come. Nobody who sends alone waits, and nobody waits long."""
        there = 0
        for _ in range(GATHERS):
            before, there = there, self._queue.qsize()
            if there <= before:
                return
            sleep(GATHER_S)

    def _taken(self, *, are_many: bool) -> tuple[list[Put], bool]:
        """Wait for a batch; return it with those that wait behind it, and whether to go on."""
        group: list[Put] = []
        weight = 0
        put = self._queue.get()
        if are_many:
            self._gather()
        while put is not None:
            group.append(put)
            weight += len(put.waiting.sealed)
            if len(group) >= MOST_AT_ONCE or weight >= MOST_BYTES_AT_ONCE:
                return group, True
            try:
                put = self._queue.get_nowait()
            except Empty:
                return group, True
        return group, False

    def _serve(self, group: Sequence[Put]) -> None:
        """Write a group and answer each; where it fails, try each alone: one may be to blame."""
        if not group:
            return
        outcomes: Sequence[Outcome]
        try:
            outcomes = write(self._database, self._consents, [put.waiting for put in group])
        except (OperationalError, InterfaceError) as error:  # no batch's fault: none would pass
            outcomes = [_told(error)] * len(group)
        except Exception as error:  # noqa: BLE001 - callers are told; the thread has to go on
            if len(group) > 1:
                for put in group:
                    self._serve([put])
                return
            outcomes = [_told(error)]
        tell(zip(group, outcomes, strict=True))


def _told(error: Exception) -> Exception:
    """Return what a caller hears: never the values of a statement, which are people's."""
    if not isinstance(error, SQLAlchemyError):
        return error
    cause = error.orig if isinstance(error, DBAPIError) else None
    told = DatabaseError(
        f"The database did not take it ({type(cause or error).__name__}): nothing was "
        "acknowledged. Send it again."
    )
    told.__cause__ = cause
    return told


def _answer(batch: str, rows: Checked) -> bytes:
    """Return the acknowledgement, the same bytes for the same content."""
    return msgspec.json.encode(
        {
            "batch": batch,
            "received": rows.received,
            "kept": rows.kept,
            "refused": dict(sorted(rows.refused.items())),
            "examples": [{"row": one.row, "reason": one.reason} for one in rows.examples],
        }
    )
