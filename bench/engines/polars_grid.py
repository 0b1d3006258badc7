"""Polars in memory: the same packed grid, one lazy equi-join, the quadratic in expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench import exact, pieces
from bench.contract import ANSWER, LEAST_MINUTES, MS_A_DAY, MS_A_MINUTE, RADIUS_M, SIGMA_MAX_M
from bench.measured import load, missing, own_peak_bytes, version_of
from bench.pieces import LEGS, STAYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class PolarsGrid:
    """A frame of pieces sorted by key, held in memory."""

    name = "Polars, grid join"
    setting = (
        "the DuckDB peer's pieces and keys in a frame sorted by key, in memory; keys of the "
        "question from NumPy, one inner join with the question as the small side"
    )
    limit_people = None
    limit_cases = None

    def __init__(self) -> None:
        self._piece: Any = None
        self._own: exact.Columns = {}
        self._start_ms = 0.0
        self._reach_m = self._late_ms = 0.0

    def available(self) -> str | None:
        """Need the package only."""
        return missing("polars")

    def version(self) -> str:
        """Return Polars' version."""
        return version_of("polars")

    def prepare(self, source: Path, workdir: Path) -> None:
        """Cut and key the segments, sort them in Polars, and write Arrow files."""
        polars = load("polars")
        own = exact.usable(pq.read_table(source))
        start = float(own["t0"].min() // MS_A_DAY * MS_A_DAY)
        leg = pieces.lengths(own) > STAYS.longest_m
        kinds = (
            (STAYS, exact.take(own, np.flatnonzero(~leg))),
            (LEGS, pieces.cut(exact.take(own, np.flatnonzero(leg)), LEGS.longest_m)),
        )
        frames = [
            polars.DataFrame(piece | {"key": pieces.key_of(piece, grid, start)})
            for grid, piece in kinds
        ]
        polars.concat(frames).sort("key").write_ipc(workdir / "piece.arrow")
        polars.DataFrame(own).sort("who").write_ipc(workdir / "own.arrow")

    def open(self, workdir: Path) -> None:
        """Read both frames into memory."""
        polars = load("polars")
        self._piece = polars.read_ipc(workdir / "piece.arrow")
        own = polars.read_ipc(workdir / "own.arrow")
        self._own = _arrays(own)
        self._start_ms = float(self._own["t0"].min() // MS_A_DAY * MS_A_DAY)
        stay = self._piece["key"].search_sorted(LEGS.code << 62)
        stays, legs = self._piece[:stay], self._piece[stay:]
        self._reach_m = float(pieces.lengths(_arrays(stays)).max(initial=0.0))
        self._late_ms = float((legs["t1"] - legs["t0"]).max() or 0.0)

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Ask for all cases at once."""
        polars = load("polars")
        found = (
            self._asked(polars, cases)
            .lazy()
            .join(self._piece.lazy(), on="key", suffix="_b")
            .filter(_judged(polars.col))
            .select("who", "who_b", _together(polars).alias("together"))
            .group_by("who", "who_b")
            .agg(polars.col("together").sum() / MS_A_MINUTE)
            .filter(polars.col("together") >= LEAST_MINUTES)
            .sort("who", "who_b")
            .collect()
        )
        table: pa.Table = found.to_arrow().rename_columns(ANSWER.names)
        return table.cast(ANSWER)

    def peak_bytes(self) -> int:
        """Return this process's own."""
        return own_peak_bytes()

    def close(self) -> None:
        """Let go of both frames."""
        self._piece, self._own = None, {}

    def _asked(self, polars: Any, cases: Sequence[int]) -> Any:  # noqa: ANN401 - the peer is not typed - no types
        wanted = np.asarray(sorted(cases), dtype=np.float64)
        first, last = (np.searchsorted(self._own["who"], wanted, side=side) for side in _SIDES)
        row, member = pieces.numbered(last - first)
        own = exact.take(self._own, first[row] + member)
        return polars.concat([self._widened(polars, own, grid) for grid in (STAYS, LEGS)])

    def _widened(self, polars: Any, own: exact.Columns, grid: pieces.Grid) -> Any:  # noqa: ANN401 - the peer is not typed
        reach, late = (self._reach_m, 0.0) if grid is STAYS else (grid.longest_m, self._late_ms)
        piece = pieces.cut(own, grid.cell_m)
        row, key = pieces.widened(piece, grid, self._start_ms, reach, late)
        return polars.DataFrame(exact.take(piece, row) | {"key": key})


_SIDES: Final = ("left", "right")


def _judged(col: Any) -> Any:  # noqa: ANN401 - the peer is not typed - an expression
    return (
        (col("who") != col("who_b"))
        & (col("t0") < col("t1_b"))
        & (col("t0_b") < col("t1"))
        & (col("least") ** 2 + col("least_b") ** 2 <= SIGMA_MAX_M**2)
    )


def _together(polars: Any) -> Any:  # noqa: ANN401 - the peer is not typed - an expression
    """Return the milliseconds within the radius: the roots of A t^2 + 2 B t + C."""
    col = polars.col
    begin = polars.max_horizontal("t0", "t0_b")
    span = polars.min_horizontal("t1", "t1_b") - begin
    qa, qb, qc = polars.lit(0.0), polars.lit(0.0), polars.lit(-(RADIUS_M**2))
    for axis in "xyz":
        v = col(f"v{axis}_b") - col(f"v{axis}")
        there = col(f"{axis}0_b") + col(f"v{axis}_b") * (begin - col("t0_b"))
        d = there - (col(f"{axis}0") + col(f"v{axis}") * (begin - col("t0")))
        qa, qb, qc = qa + v * v, qb + d * v, qc + d * d
    root = (qb * qb - qa * qc).clip(lower_bound=0.0).sqrt()
    leave, enter = (
        polars.min_horizontal(end, span).clip(lower_bound=0.0)
        for end in ((root - qb) / qa, (-root - qb) / qa)
    )
    still = polars.when(qc <= 0).then(span).otherwise(0.0)
    return polars.when(qa > 0).then(leave - enter).otherwise(still)


def _arrays(frame: Any) -> exact.Columns:  # noqa: ANN401 - the peer is not typed - a frame
    return {name: frame[name].to_numpy() for name in frame.columns}
