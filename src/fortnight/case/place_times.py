"""Where and when many were met: counts of coarse squares and days, of nobody in particular.

A square of a quarter of a kilometre is shown only where one case alone met five contacts or more
in it on that day: contact numbers of two cases may be one person, those of one case are not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import cos, floor, radians
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from fortnight.case.exposures import day_parts
from fortnight.db.tables import case_file, exposure_detail
from fortnight.errors import GoneError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fortnight.case.day_parts import DayPart
    from fortnight.db.engine import Database

FEWEST: Final = 5
"""A smaller count is not shown."""
CELL_DEGREES: Final = 1 / 400
"""Of latitude, about 280 m; of longitude as many metres, by the row's latitude."""
_SHOWN: Final = 30

Square = tuple[int, int, int]  # day, row, column


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
    unseal : callable
        The vault's, for what is sealed under a case's key.
    """

    database: Database
    unseal: Callable[[str, bytes, bytes], bytes]

    def clusters(self, district: str | None) -> tuple[Cluster, ...]:
        """Return where at least five were met, the most first."""
        query = select(exposure_detail.c.case_id).distinct()
        if district is not None:
            query = query.join(case_file).where(case_file.c.district == district)
        with self.database.read() as connection:
            met = [self._met(one) for one in connection.scalars(query.order_by("case_id"))]
        return clusters_of(met)

    def _met(self, case_id: str) -> Mapping[str, Sequence[DayPart]]:
        try:
            with self.database.read() as connection:
                return day_parts(connection, case_id, self.unseal)
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
        (square for square, people in most.items() if people >= FEWEST),
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
