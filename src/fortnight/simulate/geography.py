"""The town's plane and where it lies on the globe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Floats

# Open sea on the Dogger Bank: nobody's real home can be meant.
ORIGIN_LON: Final = 2.5
ORIGIN_LAT: Final = 54.7
EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius (IUGG)
_DEGREE_DIGITS: Final = 7  # about 1 cm, as phones write it

_METRES_A_DEGREE_LAT: Final = EARTH_RADIUS_M * np.pi / 180
_METRES_A_DEGREE_LON: Final = _METRES_A_DEGREE_LAT * float(np.cos(np.radians(ORIGIN_LAT)))


def to_degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Turn metres east and north of the town's corner into degrees.

    Equirectangular about the town's corner: 10 km to the north an east-west distance of
    25 m comes out 6 cm short.

    Parameters
    ----------
    x, y
        Metres, any shape.

    Returns
    -------
    tuple
        Longitude and latitude (WGS 84 degrees), rounded to 1e-7, of the same shape.

    """
    lon = ORIGIN_LON + x / _METRES_A_DEGREE_LON
    lat = ORIGIN_LAT + y / _METRES_A_DEGREE_LAT
    return np.round(lon, _DEGREE_DIGITS), np.round(lat, _DEGREE_DIGITS)


def to_metres(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Turn degrees into metres east and north of the town's corner: `to_degrees` backwards."""
    return (lon - ORIGIN_LON) * _METRES_A_DEGREE_LON, (lat - ORIGIN_LAT) * _METRES_A_DEGREE_LAT
