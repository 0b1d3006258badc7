"""After a backup was put back: what happened since is done again, before anything is answered.

The database is older than the published log, so the service refuses to start. Withdrawals are
found in the log, erasures in the folder of keys, which is in no backup; the lake's files are as
they were. What was on its way is not sent, traced or signed in again. The head of the log moves
last: a crash before leaves a service that refuses to start, and the same command does the rest.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from fortnight.consent.replaying import withdraw_again
from fortnight.db.office_tables import staff_ceremony, staff_session
from fortnight.db.tables import message, trace_run
from fortnight.errors import DatabaseError, GoneError
from fortnight.lake.restoring import follow_files
from fortnight.vault.pseudonyms import daily_pseudonym

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fortnight.ledger.log import Log
    from fortnight.ledger.restoring import Lacking, Restoring
    from fortnight.retention.erase import Eraser
    from fortnight.retention.holdings import Holdings
    from fortnight.retention.sweep import Sweeper

_ASK_AGAIN: Final = "The database was put back from a backup: ask for the trace again."


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did, in counts.

    Attributes
    ----------
    entries : mapping of str to int
        Entries of the log that were taken back, by kind. Of what they tell the rows are lost.
    withdrawn : int
        Grants that were withdrawn since the backup, and are again.
    erased : int
        People whose key is gone: erased since the backup, and again.
    unknown : int
        People who have a key and no row: they enrolled since the backup, and have to once more.
    files_lost, files_found : int
        Of the lake, against what the backup said.
    texts, traces, sessions : int
        What was on its way and is not any more.
    """

    entries: Mapping[str, int] = field(default_factory=dict)
    withdrawn: int = 0
    erased: int = 0
    unknown: int = 0
    files_lost: int = 0
    files_found: int = 0
    texts: int = 0
    traces: int = 0
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class Restorer:
    """Does again what a backup does not know.

    Parameters
    ----------
    lake : Path
        Folder of the lake.
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    held: Holdings
    eraser: Eraser
    sweeper: Sweeper
    log: Log
    lake: Path
    random: Callable[[int], bytes]

    def plan(self, published: Restoring) -> tuple[Lacking, int, int]:
        """Return what would be taken back, and how many people are without a key, and unknown.

        Raises DatabaseError where the published log cannot be followed. Nothing is changed.
        """
        keyed, known = self.held.keys.people(), set(self.held.people.ids())
        return published.lacking(), len(known - keyed), len(keyed - known)

    def restore(self, published: Restoring, now: int, *, all_are_gone: bool = False) -> Restored:
        """Take back the log's entries, and do again what they tell of; nothing where none lack.

        Raises DatabaseError where the published log cannot be followed, or where nobody in the
        database has a key, or nobody with a key is in it, unless ``all_are_gone`` says that this
        is the truth. Interrupted anywhere, the next call does the rest.
        """
        lacking = published.lacking()
        if not lacking:
            return Restored()
        if not all_are_gone:
            self._check_whose()
        published.bring_back(lacking)
        adopted = follow_files(self.held.database, self.lake, now, self.random)
        stopped = self._stop_what_was_on_its_way(now)
        withdrawn = withdraw_again(self.held.database)
        erased = self.eraser.replay(now, all_are_gone=all_are_gone)
        unknown = self._forget_unknown(now)
        self._file_again(adopted.days)
        # Died before here: the log is behind what it swore to, and the service refuses to start.
        published.put_in_place(lacking)
        self.log.sequence(now)
        self.sweeper.sweep(now)
        return Restored(
            lacking.kinds,
            withdrawn,
            erased,
            unknown,
            len(adopted.lost),
            len(adopted.found),
            *stopped,
        )

    def _check_whose(self) -> None:
        """Refuse where database and keys have nobody in common: a key gone never comes back."""
        keyed, known = self.held.keys.people(), set(self.held.people.ids())
        if len(keyed | known) > 1 and not keyed & known:
            raise DatabaseError(
                f"{len(known)} people are in the database and {len(keyed)} have a key, and none "
                "has both: are these the keys of this service, and its newest backup? Everybody "
                "would be erased. If that is the truth, say so with --all-are-gone."
            )

    def _forget_unknown(self, now: int) -> int:
        """Erase who enrolled since the backup: nobody can tell any more who they are."""
        unknown = sorted(self.held.keys.people() - set(self.held.people.ids()))
        for person in unknown:
            # Without rows of theirs nothing else leads to what the lake holds of them.
            self.held.lake.person(self._pseudonyms(person), now)
            with suppress(GoneError):  # in an erasure that a crash interrupted
                self.eraser.erase(person, now)
        return len(unknown)

    def _pseudonyms(self, person: str) -> dict[int, bytes]:
        keys = self.held.keys
        key = keys.person_key(person)
        return {day: daily_pseudonym(keys.day_key(day), key, day) for day in keys.days()}

    def _file_again(self, days: tuple[int, ...]) -> None:
        """Put pseudonyms on file again that files of the lake may name and the backup does not."""
        people = self.held.people.ids()
        for day in sorted(set(days) & self.held.keys.days()):
            self.held.vault.file_under_many(people, day)

    def _stop_what_was_on_its_way(self, now: int) -> tuple[int, int, int]:
        """Stop texts, traces and sessions of the backup; return how many of each.

        Nobody knows whether the texts went out since: their next step is a call.
        """
        open_runs = trace_run.c.state.in_(("queued", "running"))
        with self.held.database.write() as connection:
            texts = connection.execute(
                update(message)
                .where(message.c.state.in_(("queued", "sending")))
                .values(state="unknown", sealed=None)
            ).rowcount
            runs = list(connection.scalars(select(trace_run.c.id).where(open_runs)))
            connection.execute(
                update(trace_run)
                .where(open_runs)
                .values(state="failed", problem=_ASK_AGAIN, ended_at=now)
            )
            connection.execute(delete(staff_ceremony))
            sessions = connection.execute(delete(staff_session)).rowcount
        self.held.forget_jobs(runs)
        return texts, len(runs), sessions
