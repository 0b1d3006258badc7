"""PyMEOS: every segment a temporal point, MEOS's own R-tree, and its exact tdwithin.

Earth-centred coordinates as plain ones: the geographic type answers in degrees. MEOS keeps no
index on disk, so temporal points and tree are made when it is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.parquet as pq

from bench import exact, pieces
from bench.contract import ANSWER, MS_A_DAY, RADIUS_M, SIGMA_MAX_M
from bench.measured import load, missing, own_peak_bytes, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

YEAR_2000_MS: Final = 946_684_800_000  # MEOS counts microseconds from here
NO_SRID: Final = 0  # plain coordinates in metres
NAMES: Final = ("who", "t0", "t1", "x0", "y0", "z0", "vx", "vy", "vz", "least")


class MeosSegments:
    """One R-tree search for each of the case's segments, one tdwithin for each pair found."""

    name = "PyMEOS, R-tree and tdwithin"
    setting = (
        "each segment a temporal point in earth-centred metres, MEOS's R-tree over boxes in space "
        "and time, tdwithin on every pair found; called from Python, one thread"
    )
    limit_people = 3_000
    limit_cases = 100

    def __init__(self) -> None:
        self._meos: Any = None
        self._columns: exact.Columns = {}
        self._points: list[Any] = []
        self._tree: Any = None

    def available(self) -> str | None:
        """Need the C library's binding only."""
        return missing("pymeos_cffi")

    def version(self) -> str:
        """Return the binding's version."""
        return version_of("pymeos-cffi")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Keep the usable segments, by person."""
        own = exact.usable(pq.read_table(source))
        own = exact.take(own, np.argsort(own["who"], kind="stable"))
        np.save(workdir / "own.npy", np.stack([own[name] for name in NAMES]))

    def open(self, workdir: Path) -> None:
        """Make all temporal points and the tree."""
        self._meos = load("pymeos_cffi")
        self._meos.meos_initialize("UTC")
        self._columns = dict(zip(NAMES, np.load(workdir / "own.npy"), strict=True))
        self._points = [self._point(*row) for row in _rows(self._columns)]
        self._tree = self._meos.rtree_create_stbox()
        for number, point in enumerate(self._points):
            self._meos.rtree_insert(self._tree, self._meos.tspatial_to_stbox(point), number)

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Go through the cases' segments one by one."""
        who = self._columns["who"]
        wanted = np.asarray(sorted(cases), dtype=np.float64)
        first, last = (np.searchsorted(who, wanted, side) for side in ("left", "right"))
        row, member = pieces.numbered(last - first)
        met = [pair for mine in (first[row] + member).tolist() for pair in self._met(mine)]
        if not met:
            return ANSWER.empty_table()
        mine, theirs, together = (np.array(part) for part in zip(*met, strict=True))
        return exact.answer(who[mine], who[theirs], together)

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Let go of points and tree."""
        self._points, self._tree = [], None

    def _point(self, ends: NDArray[np.float64], times: NDArray[np.int64]) -> Any:  # noqa: ANN401 - the peer is not typed
        """Return one temporal point; MEOS copies from the addresses."""
        x, y, z = (axis.ctypes.data for axis in ends)
        linear = self._meos.InterpolationType.LINEAR
        return self._meos.tpointseq_make_coords(
            x, y, z, times.ctypes.data, 2, NO_SRID, False, True, False, linear, False
        )

    def _met(self, mine: int) -> Iterator[tuple[int, int, float]]:
        meos, point = self._meos, self._points[mine]
        box = meos.stbox_expand_space(meos.tspatial_to_stbox(point), RADIUS_M)
        found, count = meos.rtree_search(self._tree, box)
        for theirs in self._judged(mine, [found[place] for place in range(count)]):
            near = meos.tdwithin_tgeo_tgeo(point, self._points[theirs], RADIUS_M, True, True)
            if near is not None:
                yield mine, theirs, milliseconds_near(meos, near)

    def _judged(self, mine: int, found: list[int]) -> list[int]:
        """Return other people's segments that overlap and are certain enough."""
        if not found:
            return []
        near = np.array(found, dtype=np.int64)
        own = {name: values[mine] for name, values in self._columns.items()}
        other = exact.take(self._columns, near)
        certain = own["least"] ** 2 + other["least"] ** 2 <= SIGMA_MAX_M**2
        overlap = (other["t0"] < own["t1"]) & (own["t0"] < other["t1"])
        kept: list[int] = near[certain & overlap & (other["who"] != own["who"])].tolist()
        return kept


def milliseconds_near(meos: Any, near: Any) -> float:  # noqa: ANN401 - the peer is not typed - a module and C data
    """Return how long a temporal boolean is true."""
    periods = meos.tbool_when_true(near)
    if periods is None:
        return 0.0
    span = meos.tstzspanset_duration(periods, False)
    return float(span.day * MS_A_DAY + span.time / 1_000)


def _rows(columns: exact.Columns) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Return each segment's ends, (3, 2) metres, and times, (2,) microseconds since 2000."""
    span = columns["t1"] - columns["t0"]
    start = np.stack([columns[f"{axis}0"] for axis in "xyz"], axis=1)
    move = np.stack([columns[f"v{axis}"] * span for axis in "xyz"], axis=1)
    ends = np.ascontiguousarray(np.stack([start, start + move], axis=2))
    times = np.stack([columns["t0"], columns["t1"]], axis=1).astype(np.int64)
    return zip(ends, (times - YEAR_2000_MS) * 1_000, strict=True)
