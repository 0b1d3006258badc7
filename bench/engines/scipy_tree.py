"""SciPy's cKDTree over middles of pieces in space and time, then the exact quadratic in NumPy."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.parquet as pq

from bench import exact, pieces
from bench.contract import RADIUS_M
from bench.measured import load, missing, own_peak_bytes, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

HOUR_MS: Final = 3_600_000
KINDS: Final = {
    "stay": pieces.Grid(0, 32.0, 32.0, 4 * HOUR_MS),
    "leg": pieces.Grid(1, 128.0, 128.0, 2 * HOUR_MS),
}
"""How long, in metres and in time, pieces may be in each tree, stored and asked alike."""

POINTS_A_CHUNK: Final = 20_000
LEAF: Final = 32


class ScipyTree:
    """Two trees in four dimensions, scaled so that a box of half-width 1 finds all that is near."""

    name = "SciPy cKDTree"
    setting = (
        "one tree of stays (pieces of at most 32 m and 4 h) and one of legs (128 m, 2 h) on the "
        "middle in space and time, boxes in the maximum norm, both cores, then the quadratic"
    )
    limit_people = None
    limit_cases = None

    def __init__(self) -> None:
        self._own: exact.Columns = {}
        self._trees: dict[str, tuple[Any, exact.Columns]] = {}

    def available(self) -> str | None:
        """Need the package only."""
        return missing("scipy")

    def version(self) -> str:
        """Return SciPy's version."""
        return version_of("scipy")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Cut the segments into pieces of both kinds and write them as arrays."""
        own = exact.usable(pq.read_table(source))
        own = exact.take(own, np.argsort(own["who"], kind="stable"))
        leg = pieces.lengths(own) > KINDS["stay"].longest_m
        _save(workdir / "own.npy", own)
        for kind, chosen in (("stay", ~leg), ("leg", leg)):
            rows = exact.take(own, np.flatnonzero(chosen))
            _save(workdir / f"{kind}.npy", _cut(rows, KINDS[kind]))

    def open(self, workdir: Path) -> None:
        """Build both trees in memory: a tree has no form on disk that maps."""
        tree = load("scipy.spatial").cKDTree
        self._own = _read(workdir / "own.npy")
        for kind, grid in KINDS.items():
            columns = _read(workdir / f"{kind}.npy")
            points = _scaled(columns, grid)
            built = tree(points, leafsize=LEAF, balanced_tree=False) if len(points) else None
            self._trees[kind] = built, columns

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask both trees for all cases' pieces, a chunk at a time."""
        wanted = np.asarray(sorted(cases), dtype=np.float64)
        first, last = (np.searchsorted(self._own["who"], wanted, side=side) for side in _SIDES)
        row, member = pieces.numbered(last - first)
        own = exact.take(self._own, first[row] + member)
        parts = [part for kind in KINDS for part in self._met(kind, own)]
        columns = zip(*parts, strict=True) if parts else iter([()] * 3)
        return exact.answer(*(np.concatenate([*part, np.empty(0)]) for part in columns))

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Let go of the trees."""
        self._trees, self._own = {}, {}

    def _met(self, kind: str, own: exact.Columns) -> Iterator[tuple[Any, Any, Any]]:
        tree, stored = self._trees[kind]
        if tree is None:
            return
        asked = _cut(own, KINDS[kind])
        points = _scaled(asked, KINDS[kind])
        for begin in range(0, len(points), POINTS_A_CHUNK):
            near = tree.query_ball_point(
                points[begin : begin + POINTS_A_CHUNK],
                1.0,
                p=np.inf,
                workers=-1,
                return_sorted=False,
            )
            counts = np.fromiter(map(len, near), np.int64, len(near))
            found = np.fromiter(chain.from_iterable(near), np.int64, int(counts.sum()))
            yield _together(asked, begin + np.repeat(np.arange(len(near)), counts), stored, found)


_SIDES: Final = ("left", "right")


def _together(
    asked: exact.Columns, mine: NDArray[np.int64], stored: exact.Columns, theirs: NDArray[np.int64]
) -> tuple[Any, Any, Any]:
    overlap = (asked["t0"][mine] < stored["t1"][theirs]) & (
        stored["t0"][theirs] < asked["t1"][mine]
    )
    other = asked["who"][mine] != stored["who"][theirs]
    kept = np.flatnonzero(overlap & other)
    a, b = exact.take(asked, mine[kept]), exact.take(stored, theirs[kept])
    together = exact.milliseconds_within(a, b)
    met = together > 0.0
    return a["who"][met], b["who"][met], together[met]


def _cut(columns: exact.Columns, grid: pieces.Grid) -> exact.Columns:
    """Cut to the longest move and the longest time of one kind."""
    by_length = pieces.lengths(columns) / grid.longest_m
    by_time = (columns["t1"] - columns["t0"]) / grid.bucket_ms
    counts = np.ceil(np.maximum(np.maximum(by_length, by_time), 1.0))
    return pieces.cut_into(columns, counts.astype(np.int64))


def _scaled(columns: exact.Columns, grid: pieces.Grid) -> NDArray[np.float64]:
    """Return (n, 4): two pieces can meet only where all four differ by at most 1.

    In space both reach half a piece beyond their middles, in time likewise.
    """
    reach = RADIUS_M + pieces.MARGIN_M + grid.longest_m
    time = (columns["t0"] + columns["t1"]) / 2.0
    return np.column_stack([pieces.middle(columns) / reach, time / (grid.bucket_ms + 1.0)])


def _save(path: Path, columns: exact.Columns) -> None:
    np.save(path, np.stack([columns[name] for name in _NAMES]))


def _read(path: Path) -> exact.Columns:
    return dict(zip(_NAMES, np.load(path), strict=True))


_NAMES: Final = ("who", "t0", "t1", "x0", "y0", "z0", "vx", "vy", "vz", "least")
