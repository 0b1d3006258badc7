"""Segments cut into short pieces and put into packed cells, in NumPy, for peers without SQL.

The same plan as the SQL of the DuckDB peer: a piece is stored once, under the cell of its middle;
the question is widened to every key where something near could be stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.contract import MS_A_DAY, RADIUS_M
from bench.exact import Columns, take

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MARGIN_M: Final = 0.001  # for rounding of positions 6,400 km from the origin
OFFSET: Final = 1 << 17  # makes cells positive; 18 bits reach 8,389 km with cells of 64 m


@dataclass(frozen=True, slots=True)
class Grid:
    """One kind of pieces: how long they may be, and the cells and buckets they lie in."""

    code: int  # tells kinds apart in the key
    longest_m: float
    cell_m: float
    bucket_ms: int


STAYS: Final = Grid(0, 32.0, 64.0, MS_A_DAY)
LEGS: Final = Grid(1, 256.0, 256.0, 4 * 3_600_000)


def lengths(columns: Columns) -> Floats:
    """Return the length of each segment, metres."""
    speed = np.sqrt(sum(columns[f"v{axis}"] ** 2 for axis in "xyz"))
    return np.asarray(speed * (columns["t1"] - columns["t0"]))


def cut(columns: Columns, longest_m: float) -> Columns:
    """Cut every segment into equal pieces of at most ``longest_m``, each a segment of its own."""
    return cut_into(columns, np.maximum(1, np.ceil(lengths(columns) / longest_m)).astype(np.int64))


def cut_into(columns: Columns, counts: Ints) -> Columns:
    """Cut segment ``i`` into ``counts[i]`` equal pieces."""
    row, index = numbered(counts)
    piece = take(columns, row)
    length = piece["t1"] - piece["t0"]
    begin = length * index / counts[row]
    end = np.where(index + 1 == counts[row], length, length * (index + 1) / counts[row])
    for axis in "xyz":
        piece[f"{axis}0"] = piece[f"{axis}0"] + piece[f"v{axis}"] * begin
    return piece | {"t0": piece["t0"] + begin, "t1": piece["t0"] + end}


def middle(columns: Columns) -> Floats:
    """Return the middle of each piece, (n, 3) metres."""
    half = (columns["t1"] - columns["t0"]) / 2.0
    return np.stack([columns[f"{axis}0"] + columns[f"v{axis}"] * half for axis in "xyz"], axis=1)


def key_of(columns: Columns, grid: Grid, start_ms: float) -> Ints:
    """Return the packed key under which each piece is stored."""
    cells = np.floor(middle(columns) / grid.cell_m).astype(np.int64)
    bucket = np.floor((columns["t0"] - start_ms) / grid.bucket_ms).astype(np.int64)
    return _pack(grid, [cells[:, axis] for axis in range(3)], bucket)


def widened(
    columns: Columns, grid: Grid, start_ms: float, reach_m: float, late_ms: float
) -> tuple[Ints, Ints]:
    """Return (row, key) for every key where a piece within the radius of a row could be stored.

    ``reach_m`` is the longest stored piece, ``late_ms`` the longest in time that may have begun
    in an earlier bucket (0 where pieces never cross buckets).
    """
    near = RADIUS_M + MARGIN_M + reach_m / 2.0
    row = np.arange(len(columns["t0"]))
    begin = np.maximum(columns["t0"] - start_ms - late_ms, 0.0)
    until = columns["t1"] - start_ms - 1e-3
    row, bucket, _ = _spread(row, begin / grid.bucket_ms, until / grid.bucket_ms, [])
    axes: list[Ints] = []
    length = columns["t1"] - columns["t0"]
    for axis in "xyz":
        one, two = columns[f"{axis}0"], columns[f"{axis}0"] + columns[f"v{axis}"] * length
        low, high = np.minimum(one, two) - near, np.maximum(one, two) + near
        row, cell, [bucket, *axes] = _spread(
            row, low[row] / grid.cell_m, high[row] / grid.cell_m, [bucket, *axes]
        )
        axes.append(cell)
    return row, _pack(grid, axes, bucket)


def numbered(counts: Ints) -> tuple[Ints, Ints]:
    """Return (group, member) for groups of the given sizes: (2, 1) gives (0 0 1), (0 1 0)."""
    ends = np.cumsum(counts)
    group = np.repeat(np.arange(len(counts)), counts)
    return group, np.arange(len(group)) - np.repeat(ends - counts, counts)


def _spread(
    row: Ints, low: Floats, high: Floats, others: list[Ints]
) -> tuple[Ints, Ints, list[Ints]]:
    """Repeat rows for every whole number from floor(low) to floor(high)."""
    first = np.floor(low).astype(np.int64)
    group, step = numbered(np.floor(high).astype(np.int64) - first + 1)
    return row[group], first[group] + step, [values[group] for values in others]


def _pack(grid: Grid, cells: list[Ints], bucket: Ints) -> Ints:
    x, y, z = (cell + OFFSET for cell in cells)
    packed: Ints = grid.code << 62 | x << 44 | y << 26 | z << 8 | bucket
    return packed
