"""Where and when many were met: counts of coarse squares and days, of nobody in particular.

A square of a quarter of a kilometre is shown only where at least two cases met somebody in it on
that day, and one of them three contacts or more. One case alone would be recognised by its place,
and is no sign that an illness spreads there. Contact numbers of two cases may be one person, those
of one case are not: so people are counted by the case that met the most.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import cos, floor, radians
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from fortnight.case.exposures import day_parts
from fortnight.db.office_tables import case_merge
from fortnight.db.tables import case_file, exposure, exposure_detail
from fortnight.errors import GoneError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fortnight.case.day_parts import DayPart
    from fortnight.db.engine import Database

FEWEST_CASES: Final = 2
FEWEST_PEOPLE: Final = 3
"""Smaller clusters are not shown."""
CELL_DEGREES: Final = 1 / 400
"""Of latitude, about 280 m; of longitude as many metres, by the row's latitude."""
_SHOWN: Final = 30

Square = tuple[int, int, int]  # day, row, column
_Version = tuple[tuple[str, str, int], ...]  # cases, their runs, their contacts' days


@dataclass(frozen=True, slots=True)
class Cluster:
    """A square on a day (since 1970, UTC).

    Attributes
    ----------
    lon, lat : float
        The middle of the square, in degrees.
    people : int
        At least so many different contacts.
    cases : int
        Cases that met somebody there.
    """

    day: int
    lon: float
    lat: float
    people: int
    cases: int


@dataclass(frozen=True, slots=True)
class PlaceTimes:
    """Counts over the cases whose meetings are still held.

    Parameters
    ----------
    openers : callable
        The vault's, for what is sealed under a case's key.
    """

    database: Database
    openers: Callable[[str], Callable[[bytes, bytes], bytes]]
    _held: dict[str | None, tuple[_Version, tuple[Cluster, ...]]] = field(
        default_factory=dict, repr=False
    )

    def clusters(self, district: str | None) -> tuple[Cluster, ...]:
        """Return where at least two cases met at least three people, the most first.

        What was counted is counted anew only once a trace ended or something was deleted. Nothing
        is held meanwhile but the clusters themselves.
        """
        version = self._version(district)
        held = self._held.get(district)
        if held is None or held[0] != version:
            cases = sorted({case_id for case_id, _, _ in version})
            held = self._held[district] = version, clusters_of(map(self._met, cases))
        return held[1]

    def _version(self, district: str | None) -> _Version:
        """Return which cases there are to count, by which run, with how many days of contacts.

        A run replaces all that a case had, under its own id; whatever else happens to the days of
        contacts is that some are deleted.
        """
        detail = exposure_detail.c
        of_contact = (exposure.c.case_id == detail.case_id) & (exposure.c.contact == detail.contact)
        query = (
            select(detail.case_id, exposure.c.run_id, func.count())
            .join(exposure, of_contact)
            .where(detail.case_id.not_in(select(case_merge.c.merged)))
            .group_by(detail.case_id, exposure.c.run_id)
            .order_by(detail.case_id, exposure.c.run_id)
        )
        if district is not None:
            query = query.join(case_file, case_file.c.id == detail.case_id).where(
                case_file.c.district == district
            )
        with self.database.read() as connection:
            return tuple((row[0], row[1], row[2]) for row in connection.execute(query))

    def _met(self, case_id: str) -> Mapping[str, Sequence[DayPart]]:
        try:
            with self.database.read() as connection:
                return day_parts(connection, case_id, self.openers)
        except GoneError:
            return {}  # erased meanwhile


def clusters_of(met: Iterable[Mapping[str, Sequence[DayPart]]]) -> tuple[Cluster, ...]:
    """Return the clusters of what each case met: per case, contacts and their days."""
    most, cases = defaultdict[Square, int](int), defaultdict[Square, int](int)
    for contacts in met:
        there = defaultdict[Square, set[str]](set)
        for contact, parts in contacts.items():
            for square in _squares(parts):
                there[square].add(contact)
        for square, found in there.items():
            most[square] = max(most[square], len(found))
            cases[square] += 1
    shown = sorted(
        (
            square
            for square, people in most.items()
            if people >= FEWEST_PEOPLE and cases[square] >= FEWEST_CASES
        ),
        key=lambda square: (-most[square], -square[0], square),
    )
    return tuple(Cluster(one[0], *_middle(one), most[one], cases[one]) for one in shown[:_SHOWN])


def _squares(parts: Sequence[DayPart]) -> Iterator[Square]:
    for part in parts:
        for episode in part.episodes:
            row = floor(episode.lat / CELL_DEGREES)
            yield part.day, row, floor(episode.lon / _width(row))


def _middle(square: Square) -> tuple[float, float]:
    _, row, column = square
    return (column + 0.5) * _width(row), (row + 0.5) * CELL_DEGREES


def _width(row: int) -> float:
    """Return the degrees of longitude of a square in a row; near the poles they are many."""
    return CELL_DEGREES / max(cos(radians((row + 0.5) * CELL_DEGREES)), 0.01)
