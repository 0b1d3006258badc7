"""The first half of a trace: who on each day may have met the case, by daily pseudonyms.

Each day's index is searched by itself, with the case's whole track as the question. What was found
on a day is taken along, so that no index is held while the vault says which days are one person's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from fortnight.contact.area import AREA_MS, search_area
from fortnight.contact.linger import linger
from fortnight.contact.meeting import EXPECTED_MS, NEAR_MS, PRESUMED, WHO
from fortnight.contact.question import MIDNIGHT, ask
from fortnight.contact.search import search
from fortnight.contact.silence import HOUR_MS, HOURS_A_DAY
from fortnight.contact.trace import nearness
from fortnight.lake.build import ENCOUNTERS, HOURS, ORIGINS, RECEIVED
from fortnight.lake.files import DAY_MS, ORIGIN_NAMES
from fortnight.lake.own import person_days
from fortnight.lake.shared import GRANTS, shared_on
from fortnight.vault.people import FoundRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.contact.trace import Question
    from fortnight.contact.window import Window
    from fortnight.evidence.schema import Signs
    from fortnight.lake.cutting import Cut
    from fortnight.lake.own import Hidden
    from fortnight.track.tracks import Tracks

_MINUTE_MS: Final = 60_000.0
_ROUNDING: Final = 1.0 - 1e-9
_OF_FIXES: Final[Mapping[str, str]] = {
    "phone": "trace.phone",
    "upload": "trace.phone",
    "operator": "trace.operator",
}
_ORIGINS: Final = tuple(
    frozenset(name for code, name in enumerate(ORIGIN_NAMES) if bits >> code & 1)
    for bits in range(1 << len(ORIGIN_NAMES))
)
"""The origins that each pattern of bits stands for."""


class DaySources(NamedTuple):
    """Where one person's rows of one day came from."""

    origins: frozenset[str]  # of fixes
    received: int  # hour since 1970 UTC in which the last row of any kind was
    hours: int  # of the day, as bits: in which the phone heard another one or was heard


@dataclass(frozen=True, slots=True)
class Met:
    """Somebody found on one day: the row for the vault, the day's track, and its sources."""

    row: FoundRow
    cut: Cut | None
    sources: DaySources

    @property
    def name(self) -> str:
        """What they are called on that day."""
        return self.row.pseudonym.hex()


@dataclass(frozen=True, slots=True)
class OnDay:
    """What one day's index says of a case."""

    day: int
    met: tuple[Met, ...]
    signs: Signs
    own: DaySources | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question to each day: the case's track and check-ins, and from when on time counts."""

    own: Mapping[int, bytes]
    tracks: Tracks  # of the case alone, all days
    visits: pa.Table
    window: Window
    question: Question
    hidden: Hidden
    days: int  # how many are looked at
    same_area: bool  # whether those who were near by coarse positions alone are wanted, too

    @property
    def least_ms(self) -> float:
        """Expected time on one day from which on it may be listed: 24 hours touch two days.

        Air that was left counts beside meetings, so one of four parts has to be a quarter.
        """
        parts = 4 if self.question.disease.contact.linger_minutes > 0 else 2
        return self.question.min_minutes * _MINUTE_MS / parts * _ROUNDING

    @property
    def least_presumed_ms(self) -> float:
        """The same of presumed time, which is listed from a moment on in any case."""
        return max(self.question.min_minutes * _MINUTE_MS, 1.0) / 2 * _ROUNDING

    @property
    def least_area_ms(self) -> float:
        """Time in the same area on one day, of which all days together may reach the list."""
        return self.question.parameters.same_area_min_s * 1_000.0 / self.days * _ROUNDING


def look(day: int, index: Index, sources: NDArray[np.int32], wanted: Wanted) -> OnDay:
    """Search one day's index for everyone who may have met the case."""
    pseudonym = wanted.own.get(day)
    name = None if pseudonym is None else pseudonym.hex()
    strong = _near(day, index, name, wanted) if len(index.cells) else {}
    shared = shared_on(index.signs, name, wanted.visits, wanted.window, wanted.hidden)
    places = {other: index.tracks.number_of(other) for other in shared.others}
    signed = {places[other]: kinds for other, kinds in shared.others.items()}
    people = sorted({place for place in signed if place is not None} | set(strong))
    met = [
        Met(
            FoundRow(
                day,
                bytes.fromhex(index.tracks.names[place]),
                strong.get(place, False) or place in signed,
                _grants(came, signed.get(place, frozenset()), near=place in strong),
            ),
            cut,
            came,
        )
        for place, cut, came in zip(
            people, person_days(index, people), _sources_of(sources, people), strict=True
        )
    ]
    own = None if name is None else index.tracks.number_of(name)
    came = None if own is None else _own_sources(day, sources, own, wanted.hidden)
    return OnDay(day, tuple(met), shared.signs, came)


def _own_sources(day: int, sources: NDArray[np.int32], own: int, hidden: Hidden) -> DaySources:
    """Return where the case's rows came from; their phone took no part in hours that they hid."""
    (came,) = _sources_of(sources, [own])
    begin = day * DAY_MS + HOUR_MS * np.arange(HOURS_A_DAY, dtype=np.int64)
    shown = np.flatnonzero(~hidden.touches(begin, begin + HOUR_MS))
    return came._replace(hours=came.hours & sum(1 << hour for hour in shown.tolist()))


def _grants(came: DaySources, signed: frozenset[str], *, near: bool) -> tuple[str, ...]:
    """Return the grants that what was found of somebody on a day needs."""
    grants = {GRANTS[kind] for kind in signed}
    if near:
        grants |= {_OF_FIXES[origin] for origin in came.origins}
    return tuple(sorted(grants))


def _sources_of(sources: NDArray[np.int32], places: list[int]) -> list[DaySources]:
    """Return where the rows of some participants came from."""
    rows = np.asarray(sources)[places]
    bits, received = rows[:, 0, ORIGINS].tolist(), rows[:, :, RECEIVED].max(axis=1).tolist()
    hours = rows[:, ENCOUNTERS, HOURS].tolist()
    return [
        DaySources(_ORIGINS[some], last, heard)
        for some, last, heard in zip(bits, received, hours, strict=True)
    ]


def _near(day: int, index: Index, name: str | None, wanted: Wanted) -> dict[int, bool]:
    """Return who was near the case on a day by positions, and whether for long enough."""
    own = None if name is None else index.tracks.number_of(name)
    people = len(index.tracks.names)
    who = people if own is None else own
    days = wanted.tracks.days.copy()
    days[:, 0] = who
    days.flags.writeable = False  # as all others that kernels are given: see `tracks_of`
    # the day's cells with the case's own track: what is asked may be re-cut, and is of all days
    placed = replace(
        index, tracks=replace(index.tracks, vertices=wanted.tracks.vertices, days=days)
    )
    near = nearness(wanted.question.parameters)
    asked = ask(placed, who, wanted.window.edges)
    asked = asked[asked[:, MIDNIGHT] == float(day) * DAY_MS]
    meetings = np.concatenate(search(placed, who, asked, near))
    presumed = meetings[:, PRESUMED] > 0.0
    met = meetings[:, WHO].astype(np.int64)
    expected = np.bincount(met, np.where(presumed, 0.0, meetings[:, EXPECTED_MS]), people)
    silent = np.bincount(met, np.where(presumed, meetings[:, NEAR_MS], 0.0), people)
    observed = np.bincount(met, ~presumed, people) > 0
    area = (
        search_area(placed, who, asked, near)[:, AREA_MS] if wanted.same_area else np.zeros(people)
    )
    air = _air(placed, who, wanted)
    strong = (observed & (expected >= wanted.least_ms)) | (silent >= wanted.least_presumed_ms)
    strong |= (area > 0.0) & (area >= wanted.least_area_ms)
    strong |= (air > 0.0) & (air >= wanted.least_ms)
    found = np.flatnonzero((np.bincount(met, minlength=people) > 0) | (area > 0.0) | (air > 0.0))
    return {place: bool(strong[place]) for place in found.tolist() if place != own}


def _air(placed: Index, who: int, wanted: Wanted) -> NDArray[np.float64]:
    """Return how long each participant was in air that the case had left, ms."""
    out = np.zeros(len(placed.tracks.names))
    minutes = wanted.question.disease.contact.linger_minutes
    if minutes > 0:
        left = linger(placed, who, wanted.window, nearness(wanted.question.parameters), minutes)
        out[left.who] = left.days.sum(axis=1) * _MINUTE_MS
    return out
