"""My data: what is held of a person, from where, and until when. No place, no time of day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Table, func, select

from fortnight.db.message_tables import inbound
from fortnight.db.office_tables import review
from fortnight.db.sending_tables import check_in, sending_phone
from fortnight.db.support_tables import exposure_reply, follow_up, support_record, support_ticket
from fortnight.db.tables import arrival, case_file, look, message
from fortnight.settings import CASE_DAYS_AFTER_END, HELD_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from fortnight.consent.grant import Grant
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.lake.lake import Lake
    from fortnight.lake.one_person import OwnRows
    from fortnight.mine.reading import OwnReading

GOES_AFTER: Final = HELD_DAYS + 1
"""Days after a day on which its evidence goes."""
COUNTED: Final[Mapping[str, Table]] = {
    "visits": check_in,
    "texts": message,
    "answers": inbound,
    "requests": support_ticket,
    "replies": exposure_reply,
    "lines": support_record,
    "looks": look,
}
"""What is counted and read on pages of its own. Each table has a column ``person``."""


class Evidence(NamedTuple):
    """One kind of evidence: days since 1970, and on which day the first and the last of them go."""

    kind: str
    origins: tuple[str, ...]
    days: int
    rows: int
    first_day: int
    last_day: int

    @property
    def goes_first(self) -> int:
        """The day on which the oldest of it goes."""
        return self.first_day + GOES_AFTER

    @property
    def goes_last(self) -> int:
        """The day on which the newest of it goes."""
        return self.last_day + GOES_AFTER


class OwnPhone(NamedTuple):
    """A phone that sends: by which app, and since when (ms since 1970)."""

    app: str
    made_at: int


class OwnCase(NamedTuple):
    """A file of the person's own positive test; ``ends`` is the day on which it goes, if known."""

    disease: str
    test_day: int
    state: str
    ends: int | None


class OwnFollowUp(NamedTuple):
    """A time of daily questions: its first day, its last, and whether it goes on."""

    first_day: int
    end_day: int
    is_running: bool
    is_case: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that is held of one person, in counts.

    Attributes
    ----------
    waiting : int
        Rows that came in and lie sealed until the lake takes them.
    """

    evidence: tuple[Evidence, ...]
    waiting: int
    phones: tuple[OwnPhone, ...]
    grants: tuple[Grant, ...]
    cases: tuple[OwnCase, ...]
    follow_ups: tuple[OwnFollowUp, ...]
    counts: Mapping[str, int]
    questioned: int


@dataclass(frozen=True, slots=True)
class Holding:
    """Says what is held."""

    database: Database
    reading: OwnReading
    consents: Consents
    lake: Lake

    def of_person(self, person: str, now: int) -> Held:
        """Return what is held of a person, under a look of their own."""
        own = self.reading.pseudonyms(person, now)
        evidence = summed(self.lake.held_of_one(own))
        grants = self.consents.held(person)
        with self.database.read() as connection:
            waits = select(func.coalesce(func.sum(arrival.c.rows), 0))
            mine = select(look.c.id).where(look.c.person == person)
            asked = select(func.count()).where(review.c.subject.in_(mine))
            return Held(
                evidence=evidence,
                waiting=connection.scalar(waits.where(arrival.c.person == person)) or 0,
                phones=_phones(connection, person),
                grants=grants,
                cases=_cases(connection, person),
                follow_ups=_follow_ups(connection, person),
                counts={name: _count(connection, of, person) for name, of in COUNTED.items()},
                questioned=connection.scalar(asked) or 0,
            )


def summed(rows: Iterable[OwnRows]) -> tuple[Evidence, ...]:
    """Return rows of days and kinds, summed by kind."""
    kinds: dict[str, list[OwnRows]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    return tuple(
        Evidence(
            kind=kind,
            origins=tuple(sorted(frozenset().union(*(one.origins for one in some)))),
            days=len({one.day for one in some}),
            rows=sum(one.rows for one in some),
            first_day=min(one.day for one in some),
            last_day=max(one.day for one in some),
        )
        for kind, some in sorted(kinds.items())
    )


def _phones(connection: Connection, person: str) -> tuple[OwnPhone, ...]:
    s = sending_phone.c
    rows = connection.execute(
        select(s.app, s.made_at).where(s.person == person).order_by(s.made_at, s.device)
    )
    return tuple(OwnPhone(row.app, row.made_at) for row in rows)


def _cases(connection: Connection, person: str) -> tuple[OwnCase, ...]:
    c = case_file.c
    rows = connection.execute(
        select(case_file).where(c.person == person).order_by(c.opened_at.desc(), c.id)
    )
    after = CASE_DAYS_AFTER_END + 1
    return tuple(
        OwnCase(
            disease=row.disease,
            test_day=row.test_day,
            state=row.state,
            ends=None if row.follow_up_end_day is None else row.follow_up_end_day + after,
        )
        for row in rows
    )


def _follow_ups(connection: Connection, person: str) -> tuple[OwnFollowUp, ...]:
    f = follow_up.c
    rows = connection.execute(
        select(follow_up).where(f.person == person).order_by(f.began_at.desc(), f.id)
    )
    return tuple(
        OwnFollowUp(row.first_day, row.end_day, row.state == "running", row.contact == "case")
        for row in rows
    )


def _count(connection: Connection, table: Table, person: str) -> int:
    found = connection.scalar(select(func.count()).where(table.c.person == person))
    return int(found or 0)
