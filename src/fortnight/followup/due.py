"""Which follow-ups the clock has something to do for: the rest costs a reading, and no writing.

A mark is everything that a turn of a follow-up depends on, the clock's minute apart. Where the mark
is as it was, and the minute before the next at which a day may go on, a turn would change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from fortnight.db.support_tables import exposure_reply, follow_day, follow_up, support_pause
from fortnight.db.tables import case_file, exposure
from fortnight.followup.day import Day, DayState, next_minute
from fortnight.followup.rows import here

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from fortnight.consent.store import Consents
    from fortnight.followup.rows import Here
    from fortnight.notify.zones import Zones


@dataclass(frozen=True, slots=True)
class Mark:
    """What a turn of a follow-up depends on; what is sealed stands as its hash."""

    sealed: bytes
    facts: tuple[object, ...]  # of the follow-up's row, its case and its exposure
    zone: str  # in which they are
    day: int  # today
    days: tuple[tuple[int, str, int], ...]  # today's, and earlier ones without an answer
    paused: tuple[str, ...]
    supported: bool


def marks(
    connection: Connection, zones: Zones, now: int, consents: Consents
) -> dict[str, tuple[Mark, Here]]:
    """Return the mark of every running follow-up by its id, and what time it is for its person."""
    rows = list(connection.execute(_running()))
    people = {row.person for row in rows if row.person is not None}
    elsewhere = zones.among(connection, people)
    there = {row.id: elsewhere.get(row.person, zones.district) for row in rows}
    times = {zone: here(now, zone) for zone in {zones.district, *there.values()}}
    days = _days(connection, min(at.day for at in times.values()))
    pauses = _pauses(connection)
    willing = consents.live_people(connection, people, "support")
    return {
        row.id: (
            Mark(
                sealed=sha256(row.sealed).digest(),
                facts=_facts(row),
                zone=str(zone),
                day=times[zone].day,
                days=tuple(days.get(row.id, ())),
                paused=tuple(pauses.get(row.id, ())),
                supported=row.person is None or row.person in willing,
            ),
            times[zone],
        )
        for row in rows
        for zone in (there[row.id],)
    }


def due_at(mark: Mark, at: Here) -> int | None:
    """Return the next minute of today at which the clock may do something; None for none."""
    today = next(
        (Day(DayState(state), since) for day, state, since in mark.days if day == mark.day), Day()
    )
    return next_minute(today, at.minute)


def _running() -> Any:  # noqa: ANN401 - a query
    f, c, e, r = follow_up.c, case_file.c, exposure.c, exposure_reply.c
    facts = (
        c.state.label("case_state"),
        c.disease,
        c.onset_day,
        c.test_day,
        e.first_day.label("met_from"),
        e.last_day.label("met_until"),
        e.tier,
        exists().where(r.follow_up == f.id, r.answered_at.is_(None)).label("replied"),
    )
    return (
        select(f.id, f.person, f.sealed, f.end_day, f.by_voice, f.household, *facts)
        .outerjoin(case_file, c.id == f.case_id)
        .outerjoin(exposure, (e.case_id == f.case_id) & (e.contact == f.contact))
        .where(f.state == "running")
        .order_by(f.began_at, f.id)
    )


def _facts(row: Row[Any]) -> tuple[object, ...]:
    return tuple(row[place] for place in range(3, len(row)))


def _days(connection: Connection, today: int) -> dict[str, list[tuple[int, str, int]]]:
    """Return each running follow-up from a day on, and what is left of earlier days."""
    d, f = follow_day.c, follow_up.c
    left = d.state.in_(("asked", "reminded", "reminded-again", "to-call"))
    query = (
        select(d.follow_up, d.day, d.state, d.since)
        .join(follow_up, f.id == d.follow_up)
        .where(f.state == "running", (d.day >= today) | left)
        .order_by(d.follow_up, d.day)
    )
    found: dict[str, list[tuple[int, str, int]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.follow_up, []).append((row.day, row.state, row.since))
    return found


def _pauses(connection: Connection) -> dict[str, list[str]]:
    p = support_pause.c
    open_ones = select(p.follow_up, p.id).where(p.ended_at.is_(None)).order_by(p.id)
    found: dict[str, list[str]] = {}
    for row in connection.execute(open_ones):
        found.setdefault(row.follow_up, []).append(row.id)
    return found
