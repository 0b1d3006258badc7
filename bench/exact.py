"""The exact time two straight, even moves spend within the radius; and a brute force over all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from bench.contract import ANSWER, LEAST_MINUTES, MS_A_DAY, MS_A_MINUTE, RADIUS_M, SIGMA_MAX_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Columns = dict[str, "NDArray[np.float64]"]
"""Usable segments as float64 columns: who, t0, t1, x0, y0, z0, vx, vy, vz (metres a ms), least."""

_PAIRS_A_CHUNK: Final = 2_000_000


def usable(table: pa.Table) -> Columns:
    """Return the segments that can ever count, as columns with velocities in metres a ms."""
    kept = table.filter(pa.compute.invert(table["presumed"]))
    raw = {name: kept[name].to_numpy().astype(np.float64) for name in kept.column_names}
    span = raw["t1"] - raw["t0"]
    columns = {name: raw[name] for name in ("who", "t0", "t1", "x0", "y0", "z0")}
    for axis in "xyz":
        columns[f"v{axis}"] = (raw[f"{axis}1"] - raw[f"{axis}0"]) / span
    columns["least"] = np.minimum(raw["s0"], raw["s1"])
    return take(columns, np.flatnonzero(columns["least"] <= SIGMA_MAX_M))


def take(columns: Columns, rows: Ints) -> Columns:
    """Return the chosen rows of every column."""
    return {name: values[rows] for name, values in columns.items()}


def milliseconds_within(a: Columns, b: Columns) -> Floats:
    """Return for each pair of rows the milliseconds both overlap within the radius.

    Relative motion in the overlap is linear, so the squared distance is A t^2 + 2 B t + D.D and
    entry and exit are the roots of A t^2 + 2 B t + (D.D - R^2). Pairs too uncertain give 0.
    """
    begin = np.maximum(a["t0"], b["t0"])
    length = np.minimum(a["t1"], b["t1"]) - begin
    quadratic = np.zeros((3, len(begin)))
    for axis in "xyz":
        v = b[f"v{axis}"] - a[f"v{axis}"]
        d = _at(b, axis, begin) - _at(a, axis, begin)
        quadratic += np.stack([v * v, d * v, d * d])
    quadratic[2] -= RADIUS_M**2
    certain = a["least"] ** 2 + b["least"] ** 2 <= SIGMA_MAX_M**2
    return np.where(certain & (length > 0.0), _between_roots(quadratic, length), 0.0)


def answer(case: Floats, who: Floats, milliseconds: Floats) -> pa.Table:
    """Sum milliseconds over equal (case, who) and return them shaped as ``ANSWER``."""
    if len(case) == 0:
        return ANSWER.empty_table()
    pair = case.astype(np.int64) << 32 | who.astype(np.int64)
    found, place = np.unique(pair, return_inverse=True)
    minutes = np.bincount(place, weights=milliseconds) / MS_A_MINUTE
    kept = minutes >= LEAST_MINUTES
    columns = [found[kept] >> 32, found[kept] & 0xFFFFFFFF, minutes[kept]]
    return pa.Table.from_arrays(
        [pa.array(c).cast(f.type) for c, f in zip(columns, ANSWER, strict=True)], schema=ANSWER
    )


def brute_force(table: pa.Table, cases: Sequence[int]) -> pa.Table:
    """Hold every segment of the cases against every segment of all others. Small worlds only."""
    columns = usable(table)
    parts = []
    for case in cases:
        own = np.flatnonzero(columns["who"] == case)
        others = np.flatnonzero(columns["who"] != case)
        if len(own) and len(others):
            step = max(1, _PAIRS_A_CHUNK // len(others))
            chunks = [own[first : first + step] for first in range(0, len(own), step)]
            parts += [_against(columns, chunk, others) for chunk in chunks]
    if not parts:
        return ANSWER.empty_table()
    return answer(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _against(columns: Columns, own: Ints, others: Ints) -> tuple[Floats, Floats, Floats]:
    mine, theirs = np.repeat(own, len(others)), np.tile(others, len(own))
    same_day = columns["t0"][mine] // MS_A_DAY == columns["t0"][theirs] // MS_A_DAY
    a, b = take(columns, mine[same_day]), take(columns, theirs[same_day])
    together = milliseconds_within(a, b)
    met = together > 0.0
    return a["who"][met], b["who"][met], together[met]


def _at(segment: Columns, axis: str, when: Floats) -> Floats:
    return segment[f"{axis}0"] + segment[f"v{axis}"] * (when - segment["t0"])


def _between_roots(quadratic: Floats, length: Floats) -> Floats:
    """Return how much of 0..length lies where A t^2 + 2 B t + C <= 0."""
    a, b, c = quadratic
    still = a == 0.0
    root = np.sqrt(np.maximum(b * b - a * c, 0.0))
    divisor = np.where(still, 1.0, a)
    enter = np.clip((-b - root) / divisor, 0.0, length)
    leave = np.clip((-b + root) / divisor, 0.0, length)
    return np.where(still, np.where(c <= 0.0, length, 0.0), leave - enter)
