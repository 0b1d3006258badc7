"""One person's own days as the lake's indexes have them: for themselves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fortnight.lake.build import KINDS, ORIGINS, ROWS
from fortnight.lake.files import DAY_MS, ORIGIN_NAMES
from fortnight.track.coverage import FIRST_SLOT_WORD, slots_observed
from fortnight.track.geometry import UNITS_A_METRE, degrees_from_sphere
from fortnight.track.rules import END, KIND_NAMES
from fortnight.track.tracks import KIND_SHIFT, TIME_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.lake.cutting import Cut


class OwnRows(NamedTuple):
    """How many rows of one kind of evidence a day has, and where they came from."""

    day: int  # since 1970 UTC
    kind: str
    origins: frozenset[str]
    rows: int


class OwnPart(NamedTuple):
    """One stay or move: instants in ms since 1970, places in degrees; ``kind`` as of KIND_NAMES."""

    kind: str
    start: int
    end: int
    lon: float
    lat: float
    end_lon: float
    end_lat: float


def rows_on(day: int, opened: tuple[Index, NDArray[Any]], pseudonym: bytes) -> list[OwnRows]:
    """Return what a day's index says of one person's rows, by kind of evidence."""
    index, sources = opened
    place = index.tracks.number_of(pseudonym.hex())
    if place is None:
        return []
    return [
        OwnRows(day, kind, _origins(int(sources[place, number, ORIGINS])), int(found))
        for number, kind in enumerate(KINDS)
        if (found := sources[place, number, ROWS]) > 0
    ]


def _origins(bits: int) -> frozenset[str]:
    return frozenset(name for code, name in enumerate(ORIGIN_NAMES) if bits >> code & 1)


def parts_of(day: int, cut: Cut) -> list[OwnPart]:
    """Return the stays and moves of one person's day, in order of time."""
    words = cut.vertices.astype(np.int64)
    times = (words[:, 0] & TIME_MASK) + day * DAY_MS
    kinds = words[:, 0] >> KIND_SHIFT
    lon, lat = degrees_from_sphere(*(words[:, 1:4] / UNITS_A_METRE).T)
    return [
        OwnPart(
            KIND_NAMES[int(kinds[k])],
            int(times[k]),
            int(times[k + 1]),
            *map(float, (lon[k], lat[k], lon[k + 1], lat[k + 1])),
        )
        for k in range(len(words) - 1)
        if kinds[k] != END
    ]


def observed_on(cut: Cut) -> NDArray[np.bool_]:
    """Return which of the 288 slots of five minutes of a person's day were observed."""
    return slots_observed(cut.days[0, FIRST_SLOT_WORD:])
