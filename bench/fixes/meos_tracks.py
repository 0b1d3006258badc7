"""PyMEOS on raw fixes: one trajectory a person and hour, tdwithin where boxes come near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench.contract import ANSWER, MS_A_MINUTE, RADIUS_M
from bench.engines.meos_segments import NO_SRID, YEAR_2000_MS, milliseconds_near
from bench.measured import load, missing, own_peak_bytes, version_of
from bench.rawfixes import read, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

GAP_MS: Final = 600_000  # no line is drawn across a longer silence
PART_MS: Final = 3_600_000  # lines are cut at the hour, so that their boxes stay small
NAMES: Final = ("who", "t", "x", "y", "z")


class MeosFixes:
    """Straight lines between fixes at most ten minutes apart; exact time within 25 m of those."""

    name = "PyMEOS, trajectories of fixes"
    setting = (
        "lines between fixes at most 10 minutes apart, cut at the hour, an R-tree over the lines' "
        "boxes, tdwithin; earth-centred metres, one thread"
    )
    limit_people = 300
    limit_cases = 10

    def __init__(self) -> None:
        self._meos: Any = None
        self._tree: Any = None
        self._lines: list[Any] = []
        self._who: NDArray[np.int64] = np.empty(0, np.int64)

    def available(self) -> str | None:
        """Need the C library's binding only."""
        return missing("pymeos_cffi")

    def version(self) -> str:
        """Return the binding's version."""
        return version_of("pymeos-cffi")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Sort the fixes by person and time and leave out repeated times."""
        columns = read(source)
        order = np.lexsort((columns["t"], columns["who"]))
        rows = np.stack([columns[name][order] for name in NAMES])
        fresh = np.any(np.diff(rows[:2], axis=1, prepend=-1.0) != 0, axis=0)
        np.save(workdir / "fixes.npy", np.ascontiguousarray(rows[:, fresh]))

    def open(self, workdir: Path) -> None:
        """Make the trajectories and the tree."""
        self._meos = load("pymeos_cffi")
        self._meos.meos_initialize("UTC")
        rows = np.load(workdir / "fixes.npy")
        starts, ends = _runs(rows[0].astype(np.int64), rows[1])
        self._who = rows[0, starts].astype(np.int64)
        self._lines = [self._line(rows, *run) for run in zip(starts, ends, strict=True)]
        self._tree = self._meos.rtree_create_stbox()
        for number, line in enumerate(self._lines):
            self._meos.rtree_insert(self._tree, self._meos.tspatial_to_stbox(line), number)

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Go through the cases' trajectories one by one."""
        together: dict[tuple[int, int], float] = {}
        for mine in np.flatnonzero(np.isin(self._who, cases)).tolist():
            for theirs, milliseconds in self._met(mine):
                pair = int(self._who[mine]), int(self._who[theirs])
                together[pair] = together.get(pair, 0.0) + milliseconds
        pairs = sorted(pair for pair, met in together.items() if met > 0)
        if not pairs:
            return ANSWER.empty_table()
        minutes = [together[pair] / MS_A_MINUTE for pair in pairs]
        case, who = zip(*pairs, strict=True)
        return table_of(case, who, minutes)

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Let go of trajectories and tree."""
        self._lines, self._tree = [], None

    def _line(self, rows: NDArray[np.float64], start: int, end: int) -> Any:  # noqa: ANN401 - C
        times = (rows[1, start:end].astype(np.int64) - YEAR_2000_MS) * 1_000
        x, y, z = (np.ascontiguousarray(rows[axis, start:end]) for axis in (2, 3, 4))
        addresses = (x.ctypes.data, y.ctypes.data, z.ctypes.data, times.ctypes.data)
        linear = self._meos.InterpolationType.LINEAR
        return self._meos.tpointseq_make_coords(
            *addresses, end - start, NO_SRID, False, True, False, linear, False
        )

    def _met(self, mine: int) -> list[tuple[int, float]]:
        meos, line = self._meos, self._lines[mine]
        box = meos.stbox_expand_space(meos.tspatial_to_stbox(line), RADIUS_M)
        found, count = meos.rtree_search(self._tree, box)
        met = []
        for theirs in (found[place] for place in range(count)):
            if self._who[theirs] != self._who[mine]:
                near = meos.tdwithin_tgeo_tgeo(line, self._lines[theirs], RADIUS_M, True, True)
                if near is not None:
                    met.append((theirs, milliseconds_near(meos, near)))
        return met


def _runs(who: NDArray[np.int64], t: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """Return where each line starts and ends: one person, one hour, no long silence.

    A line that is cut at the hour only shares its last fix with the next one. A fix alone, with
    silence on both sides, makes no line.
    """
    silent = (np.diff(who) != 0) | (np.diff(t) > GAP_MS)
    hour = np.diff((t // PART_MS).astype(np.int64)) != 0
    cut = np.flatnonzero(silent | hour)
    starts = np.concatenate([[0], cut + 1])
    ends = np.concatenate([cut + 1, [len(who)]])
    shares = np.concatenate([~silent[cut], [False]])
    ends = ends + shares
    long = ends - starts > 1
    return starts[long].tolist(), ends[long].tolist()
