"""The town turned so that its middle lies at a pole: east and north become plain coordinates.

A turn keeps every distance, and leaving out the third axis only shortens them, so two segments
within the radius on the sphere are within it on this plane: a safe first look, with no projection.
Each day lies on a strip of its own, so that a join on place alone never pairs different days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.contract import MS_A_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.exact import Columns

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plane:
    """Two unit axes, and how far apart the strips of neighbouring days lie."""

    east: tuple[float, float, float]
    north: tuple[float, float, float]
    strip_m: float
    start_ms: float

    def place(self, axis: str, end: str) -> str:
        """Return an SQL expression for "x" (east, on its day's strip) or "y" (north).

        ``end`` is "0" for where the segment starts or "1" for where it stops.
        """
        unit = self.east if axis == "x" else self.north
        late = " * (t1 - t0))" if end == "1" else " * 0)"
        terms = (f"{u!r} * ({a}0 + v{a}{late}" for u, a in zip(unit, "xyz", strict=True))
        plain = " + ".join(terms)
        if axis == "y":
            return f"({plain})"
        return f"({plain} + {self.strip_m!r} * floor((t0 - {self.start_ms!r}) / {MS_A_DAY}))"


def axes_of(points: Floats) -> Floats:
    """Return the unit axes east and north, (2, 3), at the middle of points (n, 3)."""
    middle = points.mean(axis=0)
    up = middle / np.linalg.norm(middle)
    east = np.array([-up[1], up[0], 0.0]) / np.hypot(up[0], up[1])
    return np.stack([east, np.cross(up, east)])


def plane_of(columns: Columns) -> Plane:
    """Return the plane through the middle of all segments, strips wide enough for all of them."""
    points = np.stack([columns[f"{axis}0"] for axis in "xyz"], axis=1)
    east, north = axes_of(points)
    speed = np.stack([columns[f"v{axis}"] for axis in "xyz"], axis=1)
    starts = points @ east
    ends = starts + speed @ east * (columns["t1"] - columns["t0"])
    reach = float(max(np.abs(starts).max(), np.abs(ends).max()))
    start = float(columns["t0"].min() // MS_A_DAY * MS_A_DAY)
    return Plane(_triple(east), _triple(north), 3.0 * reach + 1_000.0, start)


def _triple(axis: Floats) -> tuple[float, float, float]:
    x, y, z = axis.tolist()
    return x, y, z
