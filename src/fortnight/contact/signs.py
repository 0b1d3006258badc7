"""Evidence beside positions, by participant: sightings, check-ins and ties of one case.

Every sighting stands twice, once for either phone: who heard whom says nothing about who was
near whom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.contact.periods import at_once, begun_within, of_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fortnight.evidence.schema import Signs

    Longs = NDArray[np.int64]
    Floats = NDArray[np.float64]

_NONE = -1


@dataclass(frozen=True, slots=True)
class Sightings:
    """Who was heard when, each row seen from ``who``; sorted by ``who``, ``other`` and time.

    ``attenuation`` is in dB, NaN where a sensor tells closeness itself. Times are ms since 1970.
    """

    who: Longs
    other: Longs
    start: Longs
    end: Longs
    attenuation: Floats

    def of(self, who: int) -> Sightings:
        """Return the rows of one participant."""
        low, high = np.searchsorted(self.who, (who, who + 1))
        return Sightings(*(column[low:high] for column in self.columns()))

    def within(self, start: int, end: int) -> Sightings:
        """Return what began in a window (ms since 1970)."""
        kept = begun_within(self.start, start, end)
        if len(kept) == len(self):
            return self
        return Sightings(*(column[kept] for column in self.columns()))

    def columns(self) -> tuple[Any, ...]:
        """Return all columns, in order."""
        return self.who, self.other, self.start, self.end, self.attenuation

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True, slots=True)
class Visits:
    """Check-ins, sorted by venue and time; ``room`` is -1 where none was named."""

    who: Longs
    venue: Longs
    room: Longs
    start: Longs  # ms since 1970
    end: Longs
    presumed: NDArray[np.bool_]  # whose end nobody checked out
    venues: tuple[str, ...]
    rooms: tuple[str, ...]

    def shared_with(self, who: int, start: int, end: int) -> SharedVisits:
        """Return the periods in which others were checked in where ``who`` was."""
        own = of_one(self.who, self.start, self.end, who, start, end)
        first = np.searchsorted(self.venue, self.venue[own], side="left")
        last = np.searchsorted(self.venue, self.venue[own], side="right")
        mine, theirs = at_once(self.who, self.start, self.end, own, first, last)
        begin = np.maximum(np.maximum(self.start[mine], self.start[theirs]), start)
        finish = np.minimum(np.minimum(self.end[mine], self.end[theirs]), end)
        order = np.lexsort((begin, self.who[theirs]))
        order = order[(finish > begin)[order]]  # within the window too
        mine, theirs = mine[order], theirs[order]
        room = self.room[mine]
        return SharedVisits(
            other=self.who[theirs],
            start=begin[order],
            end=finish[order],
            venue=self.venue[mine],
            room=np.where(room == self.room[theirs], room, _NONE),
            presumed=self.presumed[mine] | self.presumed[theirs],
        )


@dataclass(frozen=True, slots=True)
class SharedVisits:
    """Periods in which a case and another were checked in at one venue, by other and time."""

    other: Longs
    start: Longs
    end: Longs
    venue: Longs
    room: Longs  # of both, -1 where not both named the same
    presumed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.other)


@dataclass(frozen=True, slots=True)
class Ties:
    """Calls and messages, each row seen from ``who``; sorted by ``who``, ``other`` and time."""

    who: Longs
    other: Longs
    start: Longs  # ms since 1970
    seconds: Longs
    call: NDArray[np.bool_]
    outgoing: NDArray[np.bool_]

    def of(self, who: int, start: int, end: int) -> Ties:
        """Return one participant's rows in a window (ms since 1970)."""
        low, high = np.searchsorted(self.who, (who, who + 1))
        kept = low + np.flatnonzero((self.start[low:high] >= start) & (self.start[low:high] < end))
        return Ties(
            self.who[kept],
            self.other[kept],
            self.start[kept],
            self.seconds[kept],
            self.call[kept],
            self.outgoing[kept],
        )

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True, slots=True)
class Windows:
    """Scans of exposure windows that name the other phone: of which day is all that is known.

    Each stands twice, once for either phone; sorted by ``who``, ``other`` and day.
    """

    who: Longs
    other: Longs
    own: NDArray[np.bool_]  # whether it was the phone of ``who`` that scanned
    day: Longs  # days since 1970
    attenuation: Floats  # typical, dB
    seconds: Longs

    def of(self, who: int) -> Windows:
        """Return one participant's rows."""
        low, high = np.searchsorted(self.who, (who, who + 1))
        return Windows(
            self.who[low:high],
            self.other[low:high],
            self.own[low:high],
            self.day[low:high],
            self.attenuation[low:high],
            self.seconds[low:high],
        )

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True, slots=True)
class SignIndex:
    """All signs, ready to be asked for one case."""

    sightings: Sightings
    visits: Visits
    ties: Ties
    windows: Windows

    @property
    def is_empty(self) -> bool:
        """Whether there is no evidence but positions."""
        parts = (self.sightings, self.ties, self.windows)
        return not any(len(part) for part in parts) and not len(self.visits.who)


def index_signs(signs: Signs, names: Sequence[str]) -> SignIndex:
    """Return all signs with participants numbered as in ``names``, sorted for look-up."""
    known = pa.array(names, pa.string())
    return SignIndex(
        sightings=_sightings(signs.encounters, known),
        visits=_visits(signs.visits, known),
        ties=_ties(signs.ties, known),
        windows=_windows(signs.windows, known),
    )


def _sightings(table: pa.Table, known: pa.Array[Any]) -> Sightings:
    one, two = _number(table["participant"], known), _number(table["other"], known)
    start, end = _ms(table["start"]), _ms(table["end"])
    level = _floats(table["attenuation"])
    who, other = np.concatenate((one, two)), np.concatenate((two, one))
    start, end, level = np.tile(start, 2), np.tile(end, 2), np.tile(level, 2)
    # stable: the table is sorted by all of its columns, so equal moments keep that order
    order = np.lexsort((start, who * len(known) + other))
    return Sightings(who[order], other[order], start[order], end[order], level[order])


def _visits(table: pa.Table, known: pa.Array[Any]) -> Visits:
    venue, venues = _words(table["venue"])
    room, rooms = _words(table["room"])
    who, start = _number(table["participant"], known), _ms(table["start"])
    order = np.lexsort((who, start, venue))
    presumed = _number(table["closed"], pa.array(["presumed"])) == 0
    return Visits(
        who=who[order],
        venue=venue[order],
        room=room[order],
        start=start[order],
        end=_ms(table["end"])[order],
        presumed=presumed[order],
        venues=venues,
        rooms=rooms,
    )


def _ties(table: pa.Table, known: pa.Array[Any]) -> Ties:
    one, two = _number(table["participant"], known), _number(table["other"], known)
    who, other = np.concatenate((one, two)), np.concatenate((two, one))
    outgoing = np.repeat([True, False], len(one))
    start = np.tile(_ms(table["start"]), 2)
    calls = np.tile(_number(table["kind"], pa.array(["call"])) == 0, 2)
    seconds = np.tile(_longs(table["seconds"]), 2)
    order = np.lexsort((outgoing, start, other, who))
    return Ties(
        who[order], other[order], start[order], seconds[order], calls[order], outgoing[order]
    )


def _windows(table: pa.Table, known: pa.Array[Any]) -> Windows:
    named: Any = pc.is_valid(table["other"])
    table = table.filter(named)
    rows: Any = pa.concat_arrays([*table["scans"].chunks, pa.array([], table["scans"].type)])
    of = _longs(pc.list_parent_indices(rows))
    scans: Any = rows.flatten()
    one, two = (_number(table[name], known)[of] for name in ("participant", "other"))
    who, other = np.concatenate((one, two)), np.concatenate((two, one))
    own = np.repeat([True, False], len(one))
    day = np.tile(_longs(table["day"].cast(pa.int32()))[of], 2)
    level = np.tile(_floats(scans.field("typical")), 2)
    seconds = np.tile(_longs(scans.field("seconds")), 2)
    order = np.lexsort((seconds, level, day, own, other, who))
    return Windows(who[order], other[order], own[order], day[order], level[order], seconds[order])


def _number(column: Any, known: pa.Array[Any]) -> Longs:  # noqa: ANN401 - any string array
    found: Any = pc.index_in(column.cast(pa.string()), value_set=known)
    return _longs(pc.fill_null(found, _NONE))


def _words(column: Any) -> tuple[Longs, tuple[str, ...]]:  # noqa: ANN401 - any string array
    """Return the number of each text in their order, -1 for null, and the texts."""
    words = sorted(set(column.drop_null().to_pylist()))
    found: Any = pc.index_in(column.cast(pa.string()), value_set=pa.array(words, pa.string()))
    return _longs(pc.fill_null(found, _NONE)), tuple(words)


def _ms(column: Any) -> Longs:  # noqa: ANN401 - any timestamp array
    return _longs(column.cast(pa.int64()))


def _longs(column: Any) -> Longs:  # noqa: ANN401 - any array of whole numbers
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values: Longs = column.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.int64)
    return values


def _floats(column: Any) -> Floats:  # noqa: ANN401 - any array of numbers
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return values
