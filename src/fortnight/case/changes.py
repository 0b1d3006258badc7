"""What new evidence changed in the list of a case, and traces that run again because of it.

The vault gives a person the same contact number in every run of a case: that is what makes two
runs comparable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from sqlalchemy import bindparam, func, insert, select

from fortnight.db.office_tables import case_change, case_merge
from fortnight.db.tables import case_file, lake_day, trace_run
from fortnight.errors import ConflictError
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from fortnight.case.cases import Cases
    from fortnight.case.exposures import Exposure
    from fortnight.db.engine import Database

NOTED_SHARE: Final = 0.1
"""Share by which minutes have to change to be said."""
AGAIN_MS: Final = 3_600_000
"""A case is traced by itself once in this time at most."""
INDEXING_MS: Final = 600_000
"""Evidence filed so shortly before a run began may not have been in the index it read."""
_OF_CASE: Final = (
    select(case_change)
    .where(case_change.c.case_id == bindparam("case"))
    .order_by(case_change.c.at.desc(), case_change.c.id)
)
_NAMED_EACH: Final = 7  # numbers of 16 digits of each sort, so that a detail has its 500 characters


class Update(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a list changed: contact numbers, of each sort the first few, and how many there are."""

    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    minutes: tuple[str, ...] = ()
    counts: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One change of a case; ``detail`` is JSON, the rest is empty but for an updated trace."""

    at: int
    kind: Literal["trace-updated", "test-withdrawn", "merged", "split", "handed-over"]
    detail: str
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    minutes: tuple[str, ...] = ()
    counts: tuple[int, int, int] = (0, 0, 0)


def compared(before: Sequence[Exposure], after: Sequence[Exposure]) -> Update | None:
    """Return how a list changed; None where it did not."""
    had, has = {one.contact: one for one in before}, {one.contact: one for one in after}
    added = [contact for contact in has if contact not in had]
    gone = [contact for contact in had if contact not in has]
    minutes = [
        contact
        for contact, one in has.items()
        if contact in had
        and abs(one.minutes - had[contact].minutes) > NOTED_SHARE * had[contact].minutes
    ]
    if not (added or gone or minutes):
        return None
    return Update(
        added=tuple(added[:_NAMED_EACH]),
        gone=tuple(gone[:_NAMED_EACH]),
        minutes=tuple(minutes[:_NAMED_EACH]),
        counts=(len(added), len(gone), len(minutes)),
    )


def still_known(
    before: Sequence[Exposure], found: Sequence[Exposure], held_from_day: int
) -> tuple[list[Exposure], list[Exposure]]:
    """Return what a run found, and whom only days show that are not held any more.

    Evidence goes after fourteen days and the list does not: a run that cannot see a day says
    nothing against whom the case met on it. Of a meeting that it sees in part, what was known
    before stands where it is more. Days are days since 1970.
    """
    had = {one.contact: one for one in before}
    whole = [_more(one, had.get(one.contact), held_from_day) for one in found]
    again = {one.contact for one in found}
    unseen = [one for one in before if one.contact not in again and one.last_day < held_from_day]
    kept = [replace(one, rank=len(whole) + rank) for rank, one in enumerate(unseen, start=1)]
    return whole, kept


def _more(one: Exposure, had: Exposure | None, held_from_day: int) -> Exposure:
    if had is None or had.first_day >= held_from_day or had.minutes <= one.minutes:
        return one
    return replace(one, first_day=had.first_day, minutes=had.minutes, tier=had.tier)


def note_update(
    connection: Connection, case_id: str, made: Update, now: int, random: Callable[[int], bytes]
) -> None:
    """Write down how a list changed, in the caller's transaction."""
    connection.execute(
        insert(case_change).values(
            id=random(16).hex(),
            case_id=case_id,
            at=now,
            kind="trace-updated",
            detail=msgspec.json.encode(made).decode(),
        )
    )


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of cases, and the traces that run again."""

    database: Database
    cases: Cases

    def of_case(self, case_id: str) -> tuple[CaseChange, ...]:
        """Return the changes of a case, the newest first."""
        with self.database.read() as connection:
            rows = connection.execute(_OF_CASE, {"case": case_id})
            return tuple(_change(row.at, row.kind, row.detail) for row in rows)

    def retrace(self, now: int) -> list[str]:
        """Queue a trace of each case whose days hold new evidence; return the runs.

        Once an hour for a case at most, and only while it stands.
        """
        runs = []
        for case_id, district in self._behind(now):
            try:
                reader = Reader("service", "retrace", district)
                runs.append(self.cases.request_trace(case_id, reader, now))
            except ConflictError:
                continue  # closed or withdrawn a moment ago
        return runs

    def _behind(self, now: int) -> list[tuple[str, str]]:
        """Return cases and their districts whose last trace does not hold what is known now."""
        run, day, case = trace_run.c, lake_day.c, case_file.c
        last = (
            select(
                run.case_id,
                func.max(run.asked_at).label("asked_at"),
                func.max(run.started_at).label("started_at"),
                func.min(run.window_first_day).label("first"),
                func.max(run.window_last_day).label("last"),
            )
            .group_by(run.case_id)
            .subquery()
        )
        is_new = (
            select(day.day)
            .where(
                day.day.between(last.c.first - 1, last.c.last + 1),  # local days are not UTC's
                day.changed_at > last.c.started_at - INDEXING_MS,
                day.indexed_at >= day.changed_at,  # else there is nothing new to find yet
            )
            .exists()
        )
        behind = (
            select(case.id, case.district)
            .join(last, last.c.case_id == case.id)
            .where(
                case.state == "traced",
                case.id.not_in(select(case_merge.c.merged)),
                last.c.asked_at <= now - AGAIN_MS,
                is_new,
            )
            .order_by(case.id)
        )
        with self.database.read() as connection:
            return [(row.id, row.district) for row in connection.execute(behind)]


def _change(at: int, kind: str, detail: str) -> CaseChange:
    if kind != "trace-updated":
        return CaseChange(at, kind, detail)  # type: ignore[arg-type] # the schema's own list
    made = msgspec.json.decode(detail, type=Update)
    return CaseChange(at, kind, detail, made.added, made.gone, made.minutes, made.counts)  # type: ignore[arg-type] # as above
