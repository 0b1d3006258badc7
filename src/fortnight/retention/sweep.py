"""The sweep: whatever is past its time in `schedule.SCHEDULE` goes, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, exists, false, func, or_, select, update

from fortnight.db.scrub import cut_log
from fortnight.db.tables import (
    case_file,
    consent_grant,
    erasure,
    exposure_detail,
    lake_day,
    lake_file,
    metadata,
    trace_run,
)
from fortnight.errors import GoneError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf
from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.retention.entries import add_public
from fortnight.retention.handed_over import blank_before
from fortnight.retention.schedule import swept_tables
from fortnight.settings import HELD_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection, Table

    from fortnight.retention.erase import Eraser
    from fortnight.retention.holdings import Holdings
    from fortnight.retention.parts import Part, Term


_TIME_TO_AGREE_MS: Final = MILLISECONDS_A_DAY


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep ended.

    Attributes
    ----------
    days : tuple of int
        Days since 1970 whose evidence went.
    rows : dict
        Rows by table.
    """

    days: tuple[int, ...] = ()
    cases: int = 0
    people: int = 0
    texts: int = 0
    rows: dict[str, int] = field(default_factory=dict)


class Sweeper:
    """Sweeps.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    def __init__(self, holdings: Holdings, eraser: Eraser, random: Callable[[int], bytes]) -> None:
        self._held, self._eraser, self._random = holdings, eraser, random
        self._first_seen: dict[str, int] = {}

    def sweep(self, now: int) -> Swept:
        """End what is past its time at ``now``, in milliseconds since 1970.

        May be interrupted anywhere: the next sweep does the rest.
        """
        resumed = self._eraser.resume(now)
        days = self._forget_days(first_day_held(now), now)
        cases = self._forget_cases(now)
        rows = self._forget_rows(now)
        self._forget_unreadable()
        texts = blank_before(self._held.texts, first_day_held(now) * MILLISECONDS_A_DAY)
        people = resumed + self._forget_people(now)
        self._held.keys.refresh_copy()
        if days or cases:
            self._held.people.settle()
        cut_log(self._held.database)
        return Swept(days, cases, people, texts, rows)

    # -- days --------------------------------------------------------------------------------------

    def _forget_days(self, first: int, now: int) -> tuple[int, ...]:
        past = tuple(day for day in self._days() if day < first)
        for day in past:
            with self._held.database.write() as connection:
                add_public(connection, {"day": day}, now)
            self._held.vault.forget_day(day)
            # Died here: the files are still there and lead to nobody; the next sweep finds them.
            self._held.lake.day(day, now)
        return past

    def _days(self) -> list[int]:
        """Return every day of which anything is held, ascending."""
        with self._held.database.read() as connection:
            listed = {
                day
                for table in (lake_file, lake_day)
                for day in connection.scalars(select(table.c.day).distinct())
            }
        return sorted(listed | set(self._held.people.days()) | self._held.keys.days())

    # -- cases -------------------------------------------------------------------------------------

    def _forget_cases(self, now: int) -> int:
        (part,) = (one for one in swept_tables() if one.of == "case_file" and not one.blanks)
        # Before the rows: a case that is opened this moment has neither key nor contacts yet.
        known = set(self._held.people.cases()) | self._held.keys.cases()
        with self._held.database.read() as connection:
            past = list(connection.scalars(select(case_file.c.id).where(_past(part, now))))
            held = set(connection.scalars(select(case_file.c.id)))
        for case_id in sorted(past):
            self._held.vault.forget_case(case_id)
            self._held.forget_jobs(self._runs(case_id))
            with self._held.database.write() as connection:
                connection.execute(delete(case_file).where(case_file.c.id == case_id))
                leaf = make_leaf("deletion", now, {"case": case_id}, None, self._random)
                add(connection, leaf, now)
        for case_id in sorted(known - held):  # its row went, and a crash kept the rest
            self._held.vault.forget_case(case_id)
        return len(past)

    def _runs(self, case_id: str) -> list[str]:
        with self._held.database.read() as connection:
            return list(
                connection.scalars(select(trace_run.c.id).where(trace_run.c.case_id == case_id))
            )

    # -- rows --------------------------------------------------------------------------------------

    def _forget_rows(self, now: int) -> dict[str, int]:
        counts: dict[str, int] = {}
        for part in swept_tables():
            if part.of == "case_file" and part.blanks is None:
                continue  # never without its key and its contacts: see _forget_cases
            with self._held.database.write() as connection:
                counts[part.of] = counts.get(part.of, 0) + _end(connection, part, now)
        return {table: count for table, count in counts.items() if count}

    def _forget_unreadable(self) -> None:
        """Delete places of cases whose key is gone: nobody can read them, so nobody needs them."""
        with self._held.database.write() as connection:
            readable = exposure_detail.c.case_id.in_(self._held.keys.cases())
            connection.execute(delete(exposure_detail).where(~readable))

    # -- people ------------------------------------------------------------------------------------

    def _forget_people(self, now: int) -> int:
        """Erase who agrees to nothing any more, and who never came to agree to anything."""
        leaving = self._left(first_day_held(now) * MILLISECONDS_A_DAY) | self._never_agreed(now)
        for person in sorted(leaving):
            try:
                self._eraser.erase(person, now)
            except GoneError:  # erased meanwhile, on their own word
                continue
        return len(leaving)

    def _left(self, instant: int) -> set[str]:
        """Return who withdrew everything before an instant, and is no case."""
        grant = consent_grant.c
        with self._held.database.read() as connection:
            query = (
                select(grant.person)
                .group_by(grant.person)
                .having(func.count() == func.count(grant.withdrawn_at))
                .having(func.max(grant.withdrawn_at) < instant)
            )
            return set(connection.scalars(query)) - _tested(connection)

    def _never_agreed(self, now: int) -> set[str]:
        """Return who was enrolled a day ago, or is a key of nobody, and agreed to nothing yet."""
        enrolled = set(self._held.people.ids()) | self._held.keys.people()
        with self._held.database.read() as connection:
            agreed = set(connection.scalars(select(consent_grant.c.person).distinct()))
            without = enrolled - agreed - _tested(connection)
        self._first_seen = {one: self._first_seen.get(one, now) for one in without}
        return {one for one, seen in self._first_seen.items() if now - seen >= _TIME_TO_AGREE_MS}


def first_day_held(now: int) -> int:
    """Return the oldest day, since 1970 UTC, of which evidence is held at an instant."""
    return now // MILLISECONDS_A_DAY - HELD_DAYS


def _tested(connection: Connection) -> set[str]:
    """Return the people of cases, and whose erasure is under way."""
    return {
        person
        for table in (case_file, erasure)
        for person in connection.scalars(select(table.c.person))
        if person is not None
    }


def _end(connection: Connection, part: Part, now: int) -> int:
    """Delete, or blank, what is past its time in one part; return how many rows."""
    table = metadata.tables[part.of]
    past = _past(part, now)
    if part.blanks is None:
        return connection.execute(delete(table).where(past)).rowcount
    held = or_(*(table.c[name].is_not(None) for name in part.names))
    return connection.execute(update(table).where(past, held).values(**part.blanks)).rowcount


def _past(part: Part, now: int) -> ColumnElement[bool]:
    """Return the rule by which a row of a part is past its time."""
    table = metadata.tables[part.of]
    rules: list[ColumnElement[bool]] = []
    before: list[ColumnElement[bool]] = []
    for term in part.terms:
        applies = _applies(table, term)
        rules.append(and_(*(~one for one in before), applies, _over(table, term, now)))
        before.append(applies)
    past = or_(false(), *rules)
    return and_(past, *(~_outlived(table, by) for by in part.outlived_by))


def _applies(table: Table, term: Term) -> ColumnElement[bool]:
    names = (term.column,) if term.given is None else (term.column, term.given)
    there = [table.c[name].is_not(None) for name in names]
    return and_(*there, *(table.c[name].is_(None) for name in (term.missing,) if name is not None))


def _over(table: Table, term: Term, now: int) -> ColumnElement[bool]:
    column = table.c[term.column]
    if term.unit == "instant":
        return column <= now
    first = now // MILLISECONDS_A_DAY - term.days
    return column < (first if term.unit == "day" else first * MILLISECONDS_A_DAY)


def _outlived(table: Table, by: tuple[str, str]) -> ColumnElement[bool]:
    own, (other, _, column) = by[0], by[1].partition(".")
    return exists().where(metadata.tables[other].c[column] == table.c[own])
