"""An operator's two tables: where its cells are, and who used which of them when.

Neither says where anybody was. Rows of both wait until all inputs are read, and are joined then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.evidence.checks import MAX_LAT, MAX_LON
from fortnight.evidence.conversions import Clock, any_numbers, blanks, dictionary
from fortnight.evidence.signs import only_enrolled
from fortnight.evidence.values import encoded_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from fortnight.evidence.batches import Column
    from fortnight.evidence.roles import Roles

    Mask = NDArray[np.bool_]

MOST_RANGE_M: Final = 120_000.0  # no network reaches farther from one mast


@dataclass(frozen=True, slots=True)
class RawSites:
    """Cells of an operator as a reader understood them; numbers are NaN where there is none."""

    names: pa.StringArray
    cell: NDArray[np.int32]  # place in names, -1 where the row names none
    lon: NDArray[np.float64]  # degrees
    lat: NDArray[np.float64]
    range_m: NDArray[np.float64]  # metres, NaN where none is claimed
    wrong_range: Mask
    where: Callable[[int], str]

    def shown(self, row: int) -> str:
        """Say what the file said of one cell."""
        place = f"lon {self.lon[row]:.7g}, lat {self.lat[row]:.7g}"
        return f"{place}, range {self.range_m[row]:g} m"


@dataclass(frozen=True, slots=True)
class RawEvents:
    """Uses of cells as a reader understood them; nothing of people who are not enrolled."""

    names: pa.StringArray
    who: NDArray[np.int32]  # place in names, or a mark of signs.py
    time: NDArray[np.int64]
    cells: pa.StringArray
    cell: NDArray[np.int32]  # place in cells, -1 where the row names none
    where: Callable[[int], str]

    def only(self, keep: NDArray[np.intp]) -> RawEvents:
        """Return the events at `keep`."""
        return RawEvents(
            self.names,
            self.who[keep],
            self.time[keep],
            self.cells,
            self.cell[keep],
            lambda row: self.where(int(keep[row])),
        )


def no_cell(rows: RawSites) -> Mask:
    """Mark cells without an id."""
    return np.less(rows.cell, 0)


def not_a_number(rows: RawSites) -> Mask:
    """Mark cells whose longitude or latitude is missing, unreadable or infinite."""
    marked: Mask = ~(np.isfinite(rows.lon) & np.isfinite(rows.lat))
    return marked


def off_globe(rows: RawSites) -> Mask:
    """Mark cells with a longitude beyond 180 degrees or a latitude beyond 90."""
    return (np.abs(rows.lon) > MAX_LON) | (np.abs(rows.lat) > MAX_LAT)


def null_island(rows: RawSites) -> Mask:
    """Mark cells at exactly 0, 0."""
    marked: Mask = (rows.lon == 0) & (rows.lat == 0)
    return marked


def bad_range(rows: RawSites) -> Mask:
    """Mark cells whose range is no number, not above 0, or beyond any network's."""
    return rows.wrong_range


SITE_RULES: Final[tuple[tuple[str, Callable[[RawSites], Mask]], ...]] = (
    ("no-cell", no_cell),
    ("not-a-number", not_a_number),
    ("off-globe", off_globe),
    ("null-island", null_island),
    ("bad-range", bad_range),
)


def site_faults(rows: RawSites) -> NDArray[np.uint8]:
    """Return for each cell 0, or 1 + the place of its rule in SITE_RULES."""
    faults = np.zeros(len(rows.cell), dtype=np.uint8)
    for code, (_, broken) in enumerate(SITE_RULES, start=1):
        faults[broken(rows) & (faults == 0)] = code
    return faults


class CellSites:
    """Turns the columns of a table of cells into cells."""

    def __init__(self, roles: Roles) -> None:
        self._at = roles.at

    def rows(
        self,
        data: Mapping[int, Column],
        where: Callable[[int], str],
        shown: Callable[[int], str] | None = None,  # noqa: ARG002 - the cells show themselves
    ) -> RawSites:
        """Return a chunk of the table; `data` holds the columns by their place."""
        column = {role: data[place] for role, place in self._at.items()}
        names, cell = encoded_names(dictionary(column["cell"]))
        metres, wrong = np.full(len(cell), np.nan), np.zeros(len(cell), dtype=np.bool_)
        if "range" in column:
            metres = any_numbers(column["range"])
            wrong = ~blanks(column["range"]) & ~((metres > 0) & (metres <= MOST_RANGE_M))
        lon, lat = any_numbers(column["lon"]), any_numbers(column["lat"])
        return RawSites(names, cell, lon, lat, metres, wrong, where)


class CellEvents:
    """Turns the columns of a table of events into uses of cells by those who are enrolled.

    Parameters
    ----------
    roles : Roles
        Which column means what.
    enrolled : frozenset of str
        Those who agreed. Nothing is kept of rows about others, their ids least of all.
    """

    def __init__(self, roles: Roles, enrolled: frozenset[str]) -> None:
        self._at = roles.at
        self._enrolled = enrolled
        self._clock = Clock(utc=roles.utc)

    def rows(
        self,
        data: Mapping[int, Column],
        where: Callable[[int], str],
        shown: Callable[[int], str] | None = None,  # noqa: ARG002 - would show who is not enrolled
    ) -> RawEvents:
        """Return a chunk of the table; `data` holds the columns by their place."""
        time = self._clock.instants(data[self._at["time"]])
        names, who = encoded_names(dictionary(data[self._at["who"]]))
        kept, (who,) = only_enrolled(names, self._enrolled, (who,))
        cells, cell = encoded_names(dictionary(data[self._at["cell"]]))
        return RawEvents(kept, who, time, cells, cell, where)
