"""The case's own evidence: their track over all days held, without the stays that they hid.

Nothing of a hidden stay remains: fixes within it are left out, and no stay, leg or presumption
reaches across it. Without hidden stays the track is that of the days' indexes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from fortnight.evidence.arrange import E7_A_DEGREE, arrange
from fortnight.evidence.batches import FixBatch
from fortnight.evidence.schema import InputReport
from fortnight.lake.cutting import Cut, day_of, joined
from fortnight.track.coverage import FIRST_SLOT_WORD
from fortnight.track.tracks import DAY_WORDS, VERTEX_WORDS, Tracks, build_tracks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Hidden:
    """Spans that a case hid, ms since 1970 UTC, in order and apart."""

    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, spans: Sequence[tuple[int, int]]) -> Hidden:
        """Return spans in order, with those that touch made one."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return cls(tuple(merged))

    def __bool__(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.spans)

    def touches(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each period, or instant, has a moment in a hidden span (its end left out)."""
        out = np.zeros(len(start), dtype=np.bool_)
        for low, high in self.spans:
            out |= (start < high) & ((end > low) | ((end == start) & (start >= low)))
        return out


def person_days(index: Index, numbers: Sequence[int]) -> list[Cut | None]:
    """Return the day of each of some participants of a day's index; None without a position."""
    days, vertices = index.tracks.days, index.tracks.vertices
    column = np.ascontiguousarray(days[:, 0])
    rows = np.searchsorted(column, np.array(numbers, dtype=np.int32))
    bounds = np.append(days[:, 2], len(vertices))
    out: list[Cut | None] = []
    for row, number in zip(rows.tolist(), numbers, strict=True):
        if row == len(column) or column[row] != number:
            out.append(None)
            continue
        own = days[row : row + 1].copy()
        own[0, 0], own[0, 2] = 0, 0
        out.append(Cut(vertices[bounds[row] : bounds[row + 1]].copy(), own))
    return out


def person_day(index: Index, name: str) -> Cut | None:
    """Return the day of one participant of a day's index, by name."""
    number = index.tracks.number_of(name)
    return None if number is None else person_days(index, [number])[0]


def tracks_of(names: tuple[str, ...], parts: list[Cut], parameters: Parameters) -> Tracks:
    """Return tracks of person-days that come in order of participant and day.

    Their arrays are read-only, as those of an index on disk: kernels that were given both would be
    compiled twice, and loaded twice after each start.
    """
    none = Cut(np.empty((0, VERTEX_WORDS), np.int32), np.empty((0, DAY_WORDS), np.int32))
    whole = joined([none, *parts])
    whole.vertices.flags.writeable = whole.days.flags.writeable = False
    return Tracks(names, whole.vertices, whole.days, parameters)


def cut_apart(fixes: pa.Table, hidden: Hidden, parameters: Parameters) -> dict[int, Cut]:
    """Cut one person's fixes anew, in pieces between the hidden spans; return their days."""
    time = fixes["time"].to_numpy()
    kept = np.flatnonzero(~hidden.touches(time, time))
    ends = np.array([end for _, end in hidden.spans], dtype=np.int64)
    pieces = np.searchsorted(ends, time[kept], side="right").astype(np.int32)
    batch = FixBatch(
        0,
        pa.array([f"{piece:09d}" for piece in range(len(ends) + 1)], pa.string()),
        pieces,
        time[kept],
        fixes["lon"].to_numpy()[kept] / E7_A_DEGREE,
        fixes["lat"].to_numpy()[kept] / E7_A_DEGREE,
        fixes["accuracy"].to_numpy()[kept],
        fixes["source"].to_numpy()[kept],
    )
    report = InputReport("lake", "lake", len(kept), len(kept), {})
    arranged = arrange([batch], lambda: (report,))
    tracks = build_tracks(arranged, parameters)
    days = np.unique(tracks.days[:, 1]).tolist()
    return {day: _one_row(day_of(tracks, day)) for day in days}


def _one_row(cut: Cut) -> Cut:
    """Return the pieces of one day as one person-day."""
    row = cut.days[:1].copy()
    row[0, 0], row[0, 2] = 0, 0
    slots = cut.days[:, FIRST_SLOT_WORD:]
    row[0, FIRST_SLOT_WORD:] = np.bitwise_or.reduce(slots, axis=0)
    return replace(cut, days=row)
