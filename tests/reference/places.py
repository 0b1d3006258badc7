"""Positions kept to 1e-7 degree, on a sphere of the Earth's mean radius."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RADIUS_M = 6_371_008.8
Vector = NDArray[np.float64]


def kept(degrees: float) -> int:
    """Return degrees in the units in which positions are kept."""
    return int(np.rint(degrees * 1e7))


def place(lon_e7: int, lat_e7: int) -> Vector:
    """Return a kept position as earth-centred metres."""
    lon, lat = np.radians(lon_e7 * 1e-7), np.radians(lat_e7 * 1e-7)
    unit = np.array([np.cos(lon) * np.cos(lat), np.sin(lon) * np.cos(lat), np.sin(lat)])
    return unit * RADIUS_M


def distance(a: Vector, b: Vector) -> float:
    """Return the straight distance of two points in metres."""
    return float(np.linalg.norm(a - b))


def degrees(point: Vector) -> tuple[float, float]:
    """Return the longitude and latitude of a point."""
    x, y, z = (float(value) for value in point)
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))
