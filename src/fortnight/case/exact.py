"""Exact times and places of meetings, for whoever was told: only while the case allows it.

Time and place can name the case, so this is the one door to them: without the case's own grant
nothing goes through it, whatever is held.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from fortnight.case.exposures import day_parts
from fortnight.case.told import told_to
from fortnight.consent.exact import allows_exact
from fortnight.consent.grant import OF_A_CASE
from fortnight.errors import GoneError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from fortnight.case.day_parts import DayPart
    from fortnight.case.exposures import Openers
    from fortnight.consent.store import Consents


class Exact(NamedTuple):
    """One meeting: when (ms since 1970), and where; degrees, or the venue of a check-in."""

    start: int
    end: int
    lon: float | None
    lat: float | None
    venue: str | None
    room: str | None


def exact_meetings(
    connection: Connection,
    case_id: str,
    contact: str,
    openers: Openers,
) -> tuple[Exact, ...]:
    """Return a contact's meetings with a case that allows it, in order; nothing for any other."""
    if not allows_exact(connection, case_id):
        return ()
    try:
        held = day_parts(connection, case_id, openers, (contact,))
    except GoneError:  # the case was erased a moment ago
        return ()
    return exact_of(held.get(contact, ()))


def exact_for(connection: Connection, person: str, openers: Openers) -> tuple[Exact, ...]:
    """Return what a person may know of every meeting that they were told of, in order."""
    found = (
        one
        for row in told_to(connection, person)
        if row.retracted_at is None
        for one in exact_meetings(connection, row.case_id, row.contact, openers)
    )
    return tuple(sorted(found, key=_in_time))


def exact_of(parts: Sequence[DayPart]) -> tuple[Exact, ...]:
    """Return the meetings of some days, in order; time in a phone's silence is none."""
    found = [
        Exact(ms(one.start), ms(one.end), one.lon, one.lat, None, None)
        for part in parts
        for one in part.episodes
        if not one.presumed
    ]
    found += [
        Exact(ms(one.start), ms(one.end), None, None, one.venue, one.room)
        for part in parts
        for one in part.visits
    ]
    return tuple(sorted(found, key=_in_time))


def ms(instant: str) -> int:
    """Return an instant of a document, ISO 8601, in ms since 1970."""
    return round(datetime.fromisoformat(instant).timestamp() * 1_000)


def _in_time(one: Exact) -> tuple[int, int]:
    return one.start, one.end


def end_exact(connection: Connection, consents: Consents, ended: Row[Any], now: int) -> None:
    """End with a case (its row) what its person allowed for it, in the caller's transaction."""
    if ended.person is not None:
        consents.end(connection, ended.person, OF_A_CASE, now)
