"""Events at cells to fixes, once every table of cells was read, in whatever order they came.

A cell says that a phone was somewhere within its range: the fix is at the site, and its accuracy
is the radius that holds 68 % of a disc of that range. One event gives one fix, at its time: an
operator's record names the cell where a call began, and not those it moved through.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.evidence.batches import RawFixes
from fortnight.evidence.schema import SOURCES
from fortnight.evidence.signs import NOT_ENROLLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fortnight.evidence.tables.cells import RawEvents, RawSites
    from fortnight.evidence.tally import Tally

ACCURACY_OF_RANGE: Final = sqrt(0.68)
"""Share of a disc's radius within which 68 % of its area lies, 0.82: a phone is taken to be
anywhere in the disc alike. A sector antenna's half is not known, so it is not halved."""
LEAST_ACCURACY_M: Final = 200.0
"""No cell is believed more than this, whatever its range says: signals bend and bounce, and
phones keep a cell that they have left. Above ``coarse_accuracy_m``, so a cell alone never says
more than "same area"."""
_CELL: Final = SOURCES.index("cell")
_OUTSIDE: Final = "a person who is not enrolled (not shown)"

# Longitude and latitude in degrees, range in metres (NaN where none is claimed).
_Site = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Events of one input that wait for their cells."""

    tally: Tally
    rows: RawEvents


class CellJoin:
    """Holds sites and events until all inputs were read."""

    def __init__(self) -> None:
        self._sites: dict[str, list[tuple[_Site, Tally]]] = {}
        self._events: list[_Waiting] = []

    def add_sites(self, rows: RawSites, tally: Tally) -> None:
        """Take the cells that keep every rule; the others are counted."""
        names = [str(name) for name in rows.names.to_pylist()]
        for row in tally.check_sites(rows).tolist():
            site = (float(rows.lon[row]), float(rows.lat[row]), float(rows.range_m[row]))
            self._sites.setdefault(names[rows.cell[row]], []).append((site, tally))

    def add_events(self, rows: RawEvents, tally: Tally) -> None:
        """Take the events of people who are enrolled; the others are counted and let go."""
        others = np.flatnonzero(rows.who == NOT_ENROLLED)
        if len(others):
            tally.refuse("not-enrolled", rows.where(int(others[0])), _OUTSIDE, len(others))
        keep = np.flatnonzero(rows.who != NOT_ENROLLED)
        if len(keep):
            self._events.append(_Waiting(tally, rows.only(keep)))

    def fixes(self) -> Iterator[tuple[Tally, RawFixes]]:
        """Yield the events at known cells as unchecked fixes; count those at unknown ones."""
        sites = {name: _chosen(held) for name, held in self._sites.items()}
        waiting, self._events, self._sites = self._events, [], {}
        for one in waiting:
            yield one.tally, _joined(one, sites)


def _chosen(held: list[tuple[_Site, Tally]]) -> _Site:
    """Return the site of a cell that several rows describe: that of the largest range.

    The same row again is a `repeat`, another a `same-cell`; which file each is counted against
    follows the order of the files, what is chosen does not.
    """
    best = min((site for site, _ in held), key=_preference)
    found = False
    for site, tally in held:
        same = _preference(site) == _preference(best)
        if same and not found:
            found = True
        else:
            tally.refuse_kept("repeat" if same else "same-cell", 1)
    return best


def _preference(site: _Site) -> tuple[float, float, float]:
    """Return what puts the site that claims least first; no range at all claims least."""
    lon, lat, metres = site
    return (-np.inf if np.isnan(metres) else -metres, lon, lat)


def _joined(one: _Waiting, sites: dict[str, _Site]) -> RawFixes:
    """Return one input's events as fixes, without those at cells that no table has."""
    rows = one.rows
    names = [str(name) for name in rows.cells.to_pylist()]
    nowhere = (np.nan, np.nan, np.nan)
    table = np.array([*(sites.get(name, nowhere) for name in names), nowhere])
    place = table[rows.cell]  # the last is what -1, no cell, points to
    unknown = np.isnan(place[:, 0])
    for row in np.flatnonzero(unknown)[:1].tolist():
        cell = names[rows.cell[row]] if rows.cell[row] >= 0 else "none"
        one.tally.refuse("unknown-cell", rows.where(row), f"cell {cell}", int(unknown.sum()))
    keep = np.flatnonzero(~unknown)
    known, place = rows.only(keep), place[keep]
    return RawFixes(
        known.names,
        known.who,
        known.time,
        place[:, 0],
        place[:, 1],
        accuracy_of(place[:, 2]),
        np.full(len(keep), _CELL, dtype=np.uint8),
        known.where,
    )


def accuracy_of(range_m: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the accuracy (metres, 68 %) of a fix in a cell of that range, NaN where unknown."""
    return np.maximum(range_m * ACCURACY_OF_RANGE, LEAST_ACCURACY_M).astype(np.float32)
