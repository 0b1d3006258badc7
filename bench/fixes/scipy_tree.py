"""SciPy's cKDTree over raw fixes, in space and time."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench import pieces, rawfixes
from bench.contract import ANSWER, RADIUS_M
from bench.measured import load, missing, own_peak_bytes, version_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

POINTS_A_CHUNK: Final = 20_000
LEAF: Final = 32
SCALE: Final = np.array([RADIUS_M, RADIUS_M, RADIUS_M, rawfixes.APART_MS])
"""In these units a box of half-width 1 holds every fix within 25 m and 180 s."""


class ScipyFixes:
    """One tree of all fixes in four dimensions."""

    name = "SciPy cKDTree on fixes"
    setting = "fixes within 25 m and 180 s, one tree in x, y, z and time, both cores"
    limit_people = None
    limit_cases = None

    def __init__(self) -> None:
        self._tree: Any = None
        self._rows = np.empty((0, 5))

    def available(self) -> str | None:
        """Need the package only."""
        return missing("scipy")

    def version(self) -> str:
        """Return SciPy's version."""
        return version_of("scipy")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Write who, x, y, z and time as one array, by person."""
        columns = rawfixes.read(source)
        order = np.lexsort((columns["t"], columns["who"]))
        rows = np.column_stack([columns[name] for name in ("who", "x", "y", "z", "t")])
        np.save(workdir / "fixes.npy", rows[order])

    def open(self, workdir: Path) -> None:
        """Build the tree: it has no form on disk that maps."""
        self._rows = np.load(workdir / "fixes.npy")
        tree = load("scipy.spatial").cKDTree
        self._tree = tree(self._rows[:, 1:] / SCALE, leafsize=LEAF, balanced_tree=False)

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask for all fixes of the cases, a chunk at a time."""
        wanted = np.asarray(sorted(cases), dtype=np.float64)
        first, last = (np.searchsorted(self._rows[:, 0], wanted, s) for s in ("left", "right"))
        row, member = pieces.numbered(last - first)
        asked = first[row] + member
        chunks = range(0, len(asked), POINTS_A_CHUNK)
        parts = [self._near(asked[begin : begin + POINTS_A_CHUNK]) for begin in chunks]
        if not parts:
            return ANSWER.empty_table()
        mine, theirs = np.concatenate(parts, axis=1)
        return rawfixes.answer(self._rows[mine, 0], self._rows[theirs, 0], self._rows[mine, 4])

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Let go of the tree."""
        self._tree = None

    def _near(self, asked: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return pairs of rows, (2, n), that are near in time and within the radius."""
        points = self._rows[asked, 1:] / SCALE
        found = self._tree.query_ball_point(points, 1.0, p=np.inf, workers=-1, return_sorted=False)
        counts = np.fromiter(map(len, found), np.int64, len(found))
        theirs = np.fromiter(chain.from_iterable(found), np.int64, int(counts.sum()))
        mine = np.repeat(asked, counts)
        apart = self._rows[mine, 1:4] - self._rows[theirs, 1:4]
        near = np.einsum("ij,ij->i", apart, apart) <= RADIUS_M**2
        kept = near & (self._rows[mine, 0] != self._rows[theirs, 0])
        return np.stack([mine[kept], theirs[kept]])
