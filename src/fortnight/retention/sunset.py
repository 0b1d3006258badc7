"""The end of the programme: on its published day everything goes, whoever is still there to ask.

What stays is the log, which names nobody, with a last checkpoint that says that it is over. The
service's own secrets go too: without them what anybody copied before cannot be read either.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select

from fortnight.db.scrub import scrub
from fortnight.db.tables import lake_day, lake_file, ledger_head, ledger_leaf, metadata, trace_run
from fortnight.retention.entries import add_public
from fortnight.retention.handed_over import blank_all

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Table

    from fortnight.ledger.checkpoint import Checkpoint
    from fortnight.ledger.log import Log
    from fortnight.retention.holdings import Holdings

_STAYS: Final = (ledger_leaf, ledger_head)


class Sunset:
    """Ends the programme.

    Parameters
    ----------
    programme_end : date
        The day (UTC) with whose beginning everything is deleted.
    """

    def __init__(self, holdings: Holdings, log: Log, programme_end: date) -> None:
        self._held, self._log, self._end = holdings, log, programme_end

    def is_due(self, now: int) -> bool:
        """Tell whether the programme is over at an instant, in milliseconds since 1970."""
        return datetime.fromtimestamp(now / 1_000, tz=UTC).date() >= self._end

    def end(self, now: int) -> Checkpoint | None:
        """Delete everything where the programme is over, and return the log's last checkpoint.

        None, and nothing is touched, before its end. Repeating changes nothing; a crash anywhere
        leaves the rest to the next call.
        """
        if not self.is_due(now):
            return None
        if self.is_over():
            return self._log.sequence(now)
        self._forget_people()
        self._held.keys.end_secrets()
        self._forget_days(now)
        self._forget_cases()
        blank_all(self._held.texts)
        blank_all(self._held.texts.with_name("replies.jsonl"))
        self._held.keys.refresh_copy()
        self._forget_rows(now)
        last = self._log.sequence(now)
        self._held.people.settle()
        scrub(self._held.database)
        return last

    def is_over(self) -> bool:
        """Tell whether everything is gone: a service that finds this answers nobody any more."""
        with self._held.database.read() as connection:
            rows = sum(_count(connection, table.name) for table in _ending())
        keys, people = self._held.keys, self._held.people
        held = rows or people.ids() or keys.people() or keys.days() or keys.cases()
        return not held and keys.are_secrets_ended()

    def _forget_people(self) -> None:
        people = sorted(set(self._held.people.ids()) | self._held.keys.people())
        for person in people:  # every key before any row: what is left of them is noise by then
            self._held.vault.destroy_key(person)
        for person in people:
            self._held.vault.forget_rows(person)

    def _forget_days(self, now: int) -> None:
        with self._held.database.read() as connection:
            listed = {
                day
                for table in (lake_file, lake_day)
                for day in connection.scalars(select(table.c.day).distinct())
            }
        for day in sorted(listed | set(self._held.people.days()) | self._held.keys.days()):
            self._held.vault.forget_day(day)
            self._held.lake.day(day, now)

    def _forget_cases(self) -> None:
        for case_id in sorted(set(self._held.people.cases()) | self._held.keys.cases()):
            self._held.vault.forget_case(case_id)
        with self._held.database.read() as connection:
            self._held.forget_jobs(list(connection.scalars(select(trace_run.c.id))))

    def _forget_rows(self, now: int) -> None:
        with self._held.database.write() as connection:
            for table in _ending():
                connection.execute(delete(table))
            add_public(connection, {"programme_end": self._end.isoformat()}, now)


def _ending() -> list[Table]:
    """Return every table that ends, those that others refer to last."""
    return [table for table in reversed(metadata.sorted_tables) if table not in _STAYS]


def _count(connection: Connection, name: str) -> int:
    return int(connection.scalar(select(func.count()).select_from(metadata.tables[name])) or 0)
