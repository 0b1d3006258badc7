"""What came of cases, in counts alone: places with many exposures, contacts of contacts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import fsum
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact.episodes import (
    E_AT,
    E_END,
    E_EXPECTED,
    E_FORWARD,
    E_PRESUMED,
    E_START,
    E_WHO,
    X_LAST,
    X_OBSERVED,
    X_WHO,
)
from fortnight.contact.places import Part, Spot, centre, groups
from fortnight.contact.trace import Case, last_evidence, trace_one
from fortnight.contact.window import local_date, zone_of
from fortnight.track.geometry import degrees_from_sphere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from fortnight.contact.index import Index
    from fortnight.contact.meeting import Matrix
    from fortnight.contact.trace import Question, Trace

    Told = Callable[[int, int], None]

_MINUTE_MS: Final = 60_000.0
_THREADS: Final = 2


@dataclass(frozen=True, slots=True)
class Exposed:
    """One episode in which a contact was exposed to a case."""

    case: int
    contact: int
    minutes: float
    spot: Spot


@dataclass(frozen=True, slots=True)
class PlaceTime:
    """A place and a time with exposures, in counts: nobody in it is named.

    ``exposures`` counts pairs of a case and a contact; degrees, ms since 1970, expected minutes.
    """

    lon: float
    lat: float
    start: int
    end: int
    cases: int
    contacts: int
    exposures: int
    minutes: float


def exposed(index: Index, cases: Sequence[Case], question: Question) -> Iterator[list[Exposed]]:
    """Yield, case by case, the episodes of its listed contacts while it could infect them."""
    for number, case in enumerate(cases):
        rows = _forward(index, case, question)
        lon, lat = degrees_from_sphere(rows[:, E_AT], rows[:, E_AT + 1], rows[:, E_AT + 2])
        yield [
            Exposed(
                case=number,
                contact=int(row[E_WHO]),
                minutes=round(float(row[E_EXPECTED]) / _MINUTE_MS, 4),
                spot=Spot(float(lon[k]), float(lat[k]), round(row[E_START]), round(row[E_END])),
            )
            for k, row in enumerate(rows)
        ]


def place_times(
    found: Sequence[Exposed], case_numbers: frozenset[int], radius_m: float, zone: ZoneInfo
) -> list[PlaceTime]:
    """Return the place-times of exposures, those with the most exposures first.

    ``case_numbers`` are the cases' own numbers as contacts: a case exposed to another counts as
    an exposure, not as a contact.
    """
    spots = [one.spot for one in found]
    made = [
        _place_time([_cut(found[one.spot], one) for one in members], case_numbers)
        for members in groups(spots, radius_m, zone)
    ]
    return sorted(made, key=_rank)


def _cut(one: Exposed, part: Part) -> Exposed:
    spot = replace(one.spot, start=part.start, end=part.end)
    return replace(one, spot=spot, minutes=one.minutes * part.share)


def _rank(at: PlaceTime) -> tuple[float, ...]:
    return (-at.exposures, -at.cases, -round(at.minutes, 3), at.start, at.end, at.lon, at.lat)


def _place_time(parts: Sequence[Exposed], case_numbers: frozenset[int]) -> PlaceTime:
    lon, lat = centre([part.spot for part in parts])
    return PlaceTime(
        lon=lon,
        lat=lat,
        start=min(part.spot.start for part in parts),
        end=max(part.spot.end for part in parts),
        cases=len({part.case for part in parts}),
        contacts=len({part.contact for part in parts} - case_numbers),
        exposures=len({(part.case, part.contact) for part in parts}),
        minutes=round(fsum(part.minutes for part in parts), 4),
    )


def contacts_of_contacts(
    index: Index,
    cases: Sequence[Case],
    question: Question,
    *,
    on_progress: Told | None = None,
) -> int:
    """Return how many people met a contact of a case after that contact had met the case.

    One step and no more, and a number alone: whom it counts is never returned, neither the
    contacts nor theirs. Cases and contacts are not counted again.
    """
    ill = {who for case in cases if (who := index.tracks.number_of(case.participant)) is not None}
    since: dict[int, int] = {}
    for case in cases:
        for who, start in _contacts(index, case, question):
            since[who] = min(start, since.get(who, start))
    contacts = {who: start for who, start in since.items() if who not in ill}
    reached: set[int] = set()
    with ThreadPoolExecutor(_THREADS) as pool:
        asked = ((index, who, start, question) for who, start in sorted(contacts.items()))
        for done, met in enumerate(pool.map(lambda one: _met_since(*one), asked), start=1):
            reached |= met
            if on_progress is not None:
                on_progress(done, len(contacts))
    return len(reached - ill - set(contacts))


def _met_since(index: Index, who: int, start: int, question: Question) -> set[int]:
    """Return whom one contact met after an instant for as long as makes a contact."""
    zone = zone_of(question.timezone)
    stand_in = Case(index.tracks.names[who], onset=local_date(start, zone))
    found = trace_one(index, stand_in, replace(question, days=0), same_area=False)
    rows = found.exposure_rows
    met = rows[(rows[:, X_OBSERVED] > 0.0) & (rows[:, X_LAST] > start), X_WHO]
    return set(met.astype(np.int64).tolist())


def _contacts(index: Index, case: Case, question: Question) -> Iterator[tuple[int, int]]:
    """Yield a case's listed contacts and since when (ms) each was exposed in look-forward."""
    found = _look_forward(index, case, question)
    if found is None:
        return
    for row in _forward_rows(found):
        yield int(row[E_WHO]), round(row[E_START])
    if index.sign_index.is_empty:
        return
    fused = found.fused
    listed = found.exposure_rows[found.exposure_rows[:, X_OBSERVED] > 0.0, X_WHO]
    for row in np.flatnonzero(fused.signed & np.isin(fused.who, listed)).tolist():
        days = np.flatnonzero((fused.days[row] > 0.0) & found.window.forward)
        if len(days):
            yield int(fused.who[row]), int(found.window.edges[days[0]])


def _forward(index: Index, case: Case, question: Question) -> Matrix:
    """Return the observed episodes of a case's listed contacts in its look-forward."""
    found = _look_forward(index, case, question)
    return np.empty((0, E_FORWARD + 1)) if found is None else _forward_rows(found)


def _forward_rows(found: Trace) -> Matrix:
    rows = found.episode_rows[found.episode_order]
    kept: Matrix = rows[(rows[:, E_FORWARD] > 0.0) & (rows[:, E_PRESUMED] == 0.0)]
    return kept


def _look_forward(index: Index, case: Case, question: Question) -> Trace | None:
    """Trace a case over its look-forward; None where there is no evidence of it or of then."""
    forward, zone = question.disease.look_forward, zone_of(question.timezone)
    last = question.until or local_date(last_evidence(index) - 1, zone)
    end = min(last, case.anchor + timedelta(days=forward.last_day))
    if index.tracks.number_of(case.participant) is None:
        return None
    if end < case.anchor + timedelta(days=forward.first_day):
        return None
    asked = replace(question, days=max(0, -forward.first_day), until=max(end, case.anchor))
    return trace_one(index, case, asked, same_area=False)


def days_since(end: int, as_of: date, timezone: str) -> int:
    """Return the days from a place-time's last day to ``as_of``."""
    return (as_of - local_date(end, zone_of(timezone))).days
