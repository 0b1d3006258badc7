"""Fortnight itself: the adapter to its index and search, and the segments that all peers get."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.contract import ANSWER, LEAST_MINUTES, MS_A_DAY, MS_A_MINUTE, SEGMENTS
from bench.measured import own_peak_bytes, version_of
from fortnight.api import gather, question
from fortnight.clock import now_ms
from fortnight.contact.building import Inputs, index_files
from fortnight.contact.episodes import X_EXPECTED_24H, X_NEAR, X_WHO, expose
from fortnight.contact.question import ask
from fortnight.contact.search import search
from fortnight.contact.store import load_index, save_index
from fortnight.contact.trace import nearness
from fortnight.contact.window import window_of
from fortnight.parameters import DEFAULTS
from fortnight.risk.disease import load_disease
from fortnight.track.geometry import UNITS_A_METRE
from fortnight.track.rules import END, PRESUMED
from fortnight.track.tracks import KIND_SHIFT, SIGMA_UNITS_A_METRE, TIME_MASK, build_tracks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fortnight.contact.index import Index
    from fortnight.contact.window import Window
    from fortnight.track.tracks import Tracks

_ROWS_A_GROUP: Final = 1_000_000


def write_segments(fixes: Path, out: Path) -> int:
    """Write the segments of a town's fixes, shaped as ``SEGMENTS``; return how many.

    They are those of Fortnight's own index, decoded: ``who`` is the participant's place in the
    sorted list of names.
    """
    tracks = build_tracks(gather([fixes]), DEFAULTS)
    starts = np.flatnonzero(tracks.vertices[:, 0] >> KIND_SHIFT != END)
    with pq.ParquetWriter(out, SEGMENTS) as writer:
        for first in range(0, len(starts), _ROWS_A_GROUP):
            writer.write_table(_segments(tracks, starts[first : first + _ROWS_A_GROUP]))
    return len(starts)


def _segments(tracks: Tracks, at: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Table:
    day = np.searchsorted(tracks.days[:, 2], at, side="right") - 1
    # days without a vertex share their place with the next: the last of them holds this vertex
    midnight = tracks.days[day, 1].astype(np.int64) * MS_A_DAY
    here, there = tracks.vertices[at], tracks.vertices[at + 1]
    columns = {
        "who": tracks.days[day, 0],
        "t0": midnight + (here[:, 0] & TIME_MASK),
        "t1": midnight + (there[:, 0] & TIME_MASK),
    }
    for end, rows in (("0", here), ("1", there)):
        for axis, name in enumerate("xyz", start=1):
            columns[name + end] = rows[:, axis] / UNITS_A_METRE
    columns["s0"] = here[:, 4] / SIGMA_UNITS_A_METRE
    columns["s1"] = there[:, 4] / SIGMA_UNITS_A_METRE
    columns["presumed"] = here[:, 0] >> KIND_SHIFT == PRESUMED
    return pa.table(columns).select(SEGMENTS.names).cast(SEGMENTS)


class FortnightSearch:
    """Memory-mapped index, compiled search, exact times and probabilities."""

    name = "Fortnight"
    setting = (
        "its own index of the same segments by cell and time, mapped; every participant's "
        "episodes and probabilities included, none left out by a minimum"
    )
    limit_people = None
    limit_cases = None
    min_ms = 0.0
    """Expected time in some 24 hours from which somebody is listed."""

    def __init__(self) -> None:
        self._index: Index | None = None
        self._window: Window | None = None

    def available(self) -> str | None:
        """Need nothing but itself."""
        return None

    def version(self) -> str:
        """Return Fortnight's version."""
        return version_of("fortnight")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Build the index from the town's fixes, whose segments ``source`` holds."""
        index, _ = index_files(Inputs([source.with_name("fixes.parquet")], now_ms()))
        save_index(index, workdir / "index")

    def open(self, workdir: Path) -> None:
        """Map the index and load the kernels, by asking for the first participant."""
        self._index, _ = load_index(workdir / "index")
        first, last = (
            datetime.fromtimestamp(int(day) * 86_400, tz=UTC).date()
            for day in self._index.day_numbers[[0, -1]]
        )
        anchor = last - timedelta(days=3)
        days = (anchor - first).days
        disease = load_disease("covid-19")
        self._window = window_of(anchor, disease, days=days, until=last, timezone="UTC")
        self._one(0, threads=2)

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Search for every case, two at a time; for a single one with both processors."""
        if len(cases) == 1:
            return self._one(cases[0], threads=2)
        with ThreadPoolExecutor(2) as pool:
            return pa.concat_tables(pool.map(self._one, sorted(cases)))

    def _one(self, case: int, *, threads: int = 1) -> pa.Table:
        if self._index is None or self._window is None:
            raise RuntimeError("open comes before contacts")
        window = self._window
        asked = ask(self._index, case, window.edges)
        parameters = question().parameters
        _, exposures = expose(
            search(self._index, case, asked, nearness(parameters), self.min_ms, threads=threads),
            bridge_ms=parameters.bridge_s * 1_000.0,
            back=window.back,
            forward=window.forward,
            weight=window.weight,
            threads=threads,
        )
        minutes = exposures[:, X_NEAR] / MS_A_MINUTE
        kept = (minutes >= LEAST_MINUTES) & (exposures[:, X_EXPECTED_24H] >= self.min_ms)
        who = exposures[kept, X_WHO].astype(np.int32)
        columns = [np.full(len(who), case, dtype=np.int32), who, minutes[kept]]
        return pa.table([pa.array(column) for column in columns], schema=ANSWER)

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Let go of the index."""
        self._index = None


class FortnightListed(FortnightSearch):
    """The same, asked as ``fortnight trace`` asks: who comes to 15 minutes in some 24 hours."""

    name = "Fortnight, from 15 minutes"
    setting = (
        "as Fortnight, asked as its command asks where nobody says otherwise: for who comes to 15 "
        "expected minutes in some 24 hours; nobody else is asked to find these"
    )
    min_ms = 15.0 * MS_A_MINUTE
