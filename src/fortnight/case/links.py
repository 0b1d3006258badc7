"""Which cases may have infected which, as a trace finds it: kept with the file, and no place of it.

A contact of a case may be a case too. What the two shared is weighed as `fortnight source` does,
both ways round: each direction is kept with the file of whoever would have been infected.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from sqlalchemy import delete, insert, select

from fortnight.contact.confirmed import DayTogether, Link, Shared, link_of
from fortnight.contact.sources import UNKNOWN_MINUTES, observed_share, unknown_weight
from fortnight.contact.timing import Dated, dated, timing_of
from fortnight.contact.together import look_back, observed_by_day
from fortnight.contact.trace import Case
from fortnight.db.office_tables import case_link, case_source
from fortnight.db.tables import case_file, exposure, hidden_stay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from fortnight.contact.timing import Timing
    from fortnight.contact.trace import Trace
    from fortnight.db.engine import Database
    from fortnight.lake.assemble import Assembled
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

    Seal = Callable[[str, bytes, bytes], bytes]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).date()


class HeldDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day that two cases shared: as `contact.confirmed.DayTogether`; ``day`` since 1970."""

    day: int
    minutes: float
    places: int
    before: int
    since: int
    incubation: float
    infectiousness: float


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed of a link: days, minutes and numbers of places."""

    days: tuple[HeldDay, ...]
    presumed_minutes: float


class OneLink(NamedTuple):
    """That one case may have infected another, and what the infected's own trace calls it."""

    infectee: str
    infector: str
    contact: str | None
    held: Held


class Store(NamedTuple):
    """How links are sealed and opened under cases' keys, and when (ms since 1970)."""

    seal: Seal
    unseal: Seal
    now: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a trace says of where its case was infected, and of whom the case infected.

    ``observed`` is the share of the time of infection in which the case was observed.
    """

    observed: float
    links: tuple[OneLink, ...]


# -- in a trace ----------------------------------------------------------------------------------


def find(
    database: Database,
    vault: Vault,
    case_id: str,
    reader: Reader,
    together: Assembled,
    traced: Trace,
    now: int,
) -> Found:
    """Weigh what a case shared with those of its contacts who are cases, after a look at each.

    ``traced`` is the case's own trace among the contacts of ``together``.
    """
    contacts = [name for name in together.index.tracks.names if name != together.case.participant]
    also = vault.links(case_id, contacts, reader, now) if contacts else []
    timing, own = timing_of(together.question.disease), dated(together.case)
    observed = observed_share(observed_by_day(traced), own, timing)
    links: list[OneLink] = []
    if also:
        known = _dates(database, [other for _, other in also])
        found = [(contact, other, known[other]) for contact, other in also if other in known]
        links = _links(case_id, together, found, timing, _hidden(database, list(known)))
    return Found(observed, tuple(links))


def _dates(database: Database, cases: Sequence[str]) -> dict[str, Case]:
    c = case_file.c
    with database.read() as connection:
        rows = connection.execute(select(c.id, c.onset_day, c.test_day).where(c.id.in_(cases)))
        return {row.id: case_of(row.id, row.onset_day, row.test_day) for row in rows}


def _hidden(database: Database, cases: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """Return the periods (ms since 1970) that cases hid, by case."""
    c = hidden_stay.c
    with database.read() as connection:
        hidden: dict[str, list[tuple[int, int]]] = {}
        rows = connection.execute(select(c.case_id, c.start, c.end).where(c.case_id.in_(cases)))
        for case_id, start, end in rows:
            hidden.setdefault(case_id, []).append((start, end))
    return hidden


def case_of(name: str, onset_day: int | None, test_day: int) -> Case:
    """Return a case with its dates, from days since 1970."""
    onset = None if onset_day is None else _EPOCH + timedelta(days=onset_day)
    return Case(name, onset, _EPOCH + timedelta(days=test_day))


def _links(
    case_id: str,
    together: Assembled,
    found: Sequence[tuple[str, str, Case]],
    timing: Timing,
    hidden: Mapping[str, Sequence[tuple[int, int]]],
) -> list[OneLink]:
    cases = [
        together.case,
        *(Case(contact, case.onset, case.test_date) for contact, _, case in found),
    ]
    until = max(case.anchor for case in cases)  # later days tell of the other way round
    looked = look_back(together.index, cases, 0, together.question, until)
    dates = [dated(case) for case in cases]
    links = []
    for place, (contact, other, _) in enumerate(found, start=1):
        shared = [part for part in looked.shared if part.other == place]
        links.append(OneLink(case_id, other, contact, _held(place, 0, dates, shared, timing)))
        # what the other hid is left out of their file, however it was found
        open_ones = [part for part in shared if not _touches(part, hidden.get(other, ()))]
        links.append(OneLink(other, case_id, None, _held(0, place, dates, open_ones, timing)))
    return links


def _touches(part: Shared, hidden: Sequence[tuple[int, int]]) -> bool:
    return any(part.start < end and start < part.end for start, end in hidden)


def _held(
    infector: int,
    infectee: int,
    dates: Sequence[Dated],
    shared: Sequence[Shared],
    timing: Timing,
) -> Held:
    before = [part for part in shared if part.day <= dates[infectee].day]
    link = link_of(infector, infectee, dates, before, timing)
    days = (HeldDay((one.day - _EPOCH).days, *_figures(one)) for one in link.days)
    return Held(tuple(days), link.presumed_minutes)


def _figures(one: HeldDay | DayTogether) -> tuple[float, int, int, int, float, float]:
    return (one.minutes, one.places, one.before, one.since, one.incubation, one.infectiousness)


# -- the store -----------------------------------------------------------------------------------


def keep(
    connection: Connection, case_id: str, found: Found, store: Store, held_from_day: int
) -> None:
    """Keep what a trace found, in the caller's transaction, after its list of contacts.

    Evidence goes after fourteen days and the links do not: one that a run sees less of because
    days (since 1970) before ``held_from_day`` are gone stays as it was. What other cases' traces
    say of this one as their source stays too.
    """
    _keep_source(connection, case_id, found, store.now)
    c = case_link.c
    listed = select(exposure.c.contact).where(exposure.c.case_id == case_id)
    gone = c.contact.is_not(None) & c.contact.not_in(listed)
    connection.execute(delete(case_link).where(c.case_id == case_id, gone))
    standing = _standing(connection, [one.infectee for one in found.links] + [case_id])
    for one in found.links:
        if {one.infectee, one.infector} <= standing:
            _put(connection, one, store, _EPOCH + timedelta(days=held_from_day))


def _keep_source(connection: Connection, case_id: str, found: Found, now: int) -> None:
    c = case_source.c
    had = connection.scalar(select(c.observed).where(c.case_id == case_id)) or 0.0
    seen = max(had, found.observed)
    connection.execute(delete(case_source).where(c.case_id == case_id))
    weight = unknown_weight(seen, UNKNOWN_MINUTES)
    row = {"case_id": case_id, "at": now, "observed": seen, "unknown": weight}
    connection.execute(insert(case_source).values(row))


def _put(connection: Connection, one: OneLink, store: Store, held_from: date) -> None:
    c = case_link.c
    same = (c.case_id == one.infectee) & (c.other == one.infector)
    had = connection.execute(select(case_link).where(same)).first()
    if had is not None and _saw_more(link_from(had, 0, 1, store.unseal), one.held, held_from):
        return
    connection.execute(delete(case_link).where(same))
    sealed = store.seal(one.infectee, msgspec.json.encode(one.held), label(one.infector))
    contact = one.contact or (None if had is None else had.contact)
    row = {"case_id": one.infectee, "other": one.infector, "contact": contact}
    connection.execute(insert(case_link).values(sealed=sealed, **row))


def _saw_more(had: Link, held: Held, held_from: date) -> bool:
    minutes = sum(day.minutes for day in held.days)
    return bool(had.days) and had.days[0].day < held_from and had.minutes > minutes


def _standing(connection: Connection, cases: Sequence[str]) -> set[str]:
    """Return which cases were not withdrawn, or erased, since they were looked up."""
    c = case_file.c
    stands = c.id.in_(cases), c.state != "withdrawn"
    return set(connection.scalars(select(c.id).where(*stands)))


def link_from(row: Row[Any], infector: int, infectee: int, unseal: Seal) -> Link:
    """Return a row as a link between cases by their places. GoneError without the case's key."""
    held = msgspec.json.decode(unseal(row.case_id, row.sealed, label(row.other)), type=Held)
    days = (DayTogether(_EPOCH + timedelta(days=one.day), *_figures(one)) for one in held.days)
    return Link(infector, infectee, tuple(days), held.presumed_minutes)


def label(other: str) -> bytes:
    """Return what a link is sealed as."""
    return f"link {other}".encode()
