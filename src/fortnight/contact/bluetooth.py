"""What one phone's Bluetooth says about the distance to another: the error model.

One scan of one phone that hears another gives an attenuation (dB)::

    attenuation = AT_ONE_METRE + 10 x EXPONENT x log10(distance) + WALL x walls + pair + scan

``pair`` (standard deviation `PAIR_SD_DB`) stays as long as two people stay where they are: the
two phones' own errors, bodies and pockets between them. ``scan`` (`SCAN_SD_DB`) is drawn anew.
The scans of one stay therefore share most of their error: ten of them are no ten witnesses.
Give the functions here the mean of such a run and how many `scans` it has.

**Data**: exposure windows of ten phones in an office and a pub (nhsx/gaen_data-public,
six experiments of 30 September 2020, 375 pairs with their direction, 1,892 scans, 1.4 to 6.5 m),
and the seats on their pictures. **Method**: REML over the means of pairs, and the spread within
them: ``python -m bench.fits.bluetooth`` prints what is written here with its standard errors and
a check that leaves one experiment out at a time. **Fitted** 22 November 2026. No other data was
used; docs/bluetooth-model.md says what the pictures do not tell.

Chosen or unchecked, because that data cannot say it: `WALL_DB`, `LIMIT_DB`, `LIMIT_WIDTH_DB`,
`FALSE_SIGHTING`, everything under 1.4 m and over 6.5 m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

AT_ONE_METRE_DB: Final = 55.1
EXPONENT: Final = 1.85
RECEIVER_SD_DB: Final = 3.6  # one phone's own error when it hears
SENDER_SD_DB: Final = 3.7  # and when it is heard
BETWEEN_SD_DB: Final = 3.8  # two people where they are, and their venue; alike both ways
SCAN_SD_DB: Final = 4.8
MISSED: Final = 0.006  # of scans, at 1.4 to 6.5 m alike

PAIR_SD_DB: Final = float(np.hypot(np.hypot(RECEIVER_SD_DB, SENDER_SD_DB), BETWEEN_SD_DB))

WALL_DB: Final = 7.0  # a wall; unchecked: near COST 231's heavy wall (6.9 dB), from memory
WALL_PITCH_M: Final = 8.0  # beyond the first there is another wall every so many metres; chosen
LIMIT_DB: Final = 95.0  # half of what comes so weak is not heard; chosen: the data show no limit
LIMIT_WIDTH_DB: Final = 2.0
FALSE_SIGHTING: Final = 1e-4  # scans that hear a phone that is not there; chosen
LEAST_M: Final = 0.3  # phones are not nearer; chosen

NEAR_M: Final = 2.0
ROOM_M: Final = 10.0
NEXT_ROOM_M: Final = 3.0  # the next room begins nearer than the far end of one's own
PLACE_M: Final = 40.0
CLASSES: Final = ("face", "room", "place", "elsewhere")
"""Face to face (up to `NEAR_M`), same room (to `ROOM_M`), same place but another room
(`NEXT_ROOM_M` to `PLACE_M`, through walls), and elsewhere, where nothing is heard."""

_NODES: Final = 48  # of the sums over distances and noise
_SPAN_SD: Final = 5.0
_LOG_ROOT_2_PI: Final = 0.5 * float(np.log(2 * np.pi))
_ATTENUATIONS_DB: Final = 120.0  # a false sighting may say anything within so many dB


@dataclass(frozen=True, slots=True)
class Far:
    """How likely two people are where, given that they are not face to face.

    Any positive weights; they are used as shares of their sum.
    """

    room: float = 0.5
    place: float = 0.3
    elsewhere: float = 0.2

    @property
    def shares(self) -> Floats:
        """The weights of all of `CLASSES`, with none for the first."""
        weights = np.array([0.0, self.room, self.place, self.elsewhere])
        if weights.min() < 0 or not weights.sum() > 0:
            raise ValueError(f"{self} has no share above 0, or one below it.")
        return weights / float(weights.sum())


def mean_attenuation(distance_m: npt.ArrayLike, walls: npt.ArrayLike = 0) -> Floats:
    """Return the attenuation that a scan has on average, dB.

    Parameters
    ----------
    distance_m
        True distance of the phones, metres; under `LEAST_M` counts as that.
    walls
        Walls between them.

    """
    metres = np.maximum(np.asarray(distance_m, dtype=np.float64), LEAST_M)
    mean: Floats = AT_ONE_METRE_DB + 10 * EXPONENT * np.log10(metres) + WALL_DB * np.asarray(walls)
    return mean


def walls_between(distance_m: npt.ArrayLike, least: npt.ArrayLike = 1) -> Floats:
    """Return how many walls are between two rooms of a building.

    Parameters
    ----------
    distance_m
        Distance of the phones, metres.
    least
        Walls however near they are: 1 in one place, more between homes and buildings.

    """
    walls: Floats = np.asarray(least) + np.floor(np.asarray(distance_m) / WALL_PITCH_M)
    return walls


def heard(attenuation_db: npt.ArrayLike) -> Floats:
    """Return the probability that a scan notices a phone that comes in so weak."""
    weak = (np.asarray(attenuation_db, dtype=np.float64) - LIMIT_DB) / LIMIT_WIDTH_DB
    share: Floats = (1 - MISSED) / (1 + np.exp(np.clip(weak, -500, 500)))
    return share


def log_density(
    attenuation_db: npt.ArrayLike,
    distance_m: npt.ArrayLike,
    *,
    scans: npt.ArrayLike = 1,
    walls: npt.ArrayLike = 0,
) -> Floats:
    """Return the log density of a run's mean attenuation at a distance, per dB.

    What is too weak to be heard is not taken out: for a given attenuation that is the same at
    every distance, and falls out of every ratio.

    Parameters
    ----------
    attenuation_db
        The mean of the run's typical attenuations.
    distance_m
        True distance, metres.
    scans
        How many scans of one stay the mean is of.
    walls
        Walls between the phones.

    """
    variance = PAIR_SD_DB**2 + SCAN_SD_DB**2 / np.asarray(scans, dtype=np.float64)
    off = np.asarray(attenuation_db, dtype=np.float64) - mean_attenuation(distance_m, walls)
    density: Floats = -off * off / (2 * variance) - 0.5 * np.log(variance) - _LOG_ROOT_2_PI
    return density


def log_class_densities(
    attenuation_db: npt.ArrayLike, *, scans: npt.ArrayLike = 1, near_m: float = NEAR_M
) -> Floats:
    """Return the log density of a run's mean attenuation in each of `CLASSES`.

    Distances are taken as even within each class (chosen). The last axis is the class.

    Parameters
    ----------
    attenuation_db, scans
        As for `log_density`, of any one shape.
    near_m
        Where face to face ends, metres.

    """
    level = np.asarray(attenuation_db, dtype=np.float64)[..., np.newaxis]
    count = np.asarray(scans, dtype=np.float64)[..., np.newaxis]
    classes = [
        _mean_of_logs(log_density(level, distance, scans=count, walls=walls))
        for distance, walls in _distances(near_m)
    ]
    stray = count[..., 0] * np.log(FALSE_SIGHTING) - np.log(_ATTENUATIONS_DB)
    return np.stack([*classes, np.broadcast_to(stray, classes[0].shape)], axis=-1)


def log_likelihood_ratio(
    attenuation_db: npt.ArrayLike,
    near_m: float = NEAR_M,
    far: Far | None = None,
    *,
    scans: npt.ArrayLike = 1,
) -> Floats:
    """Return how much more likely a run of sightings is face to face than not (natural log).

    Parameters
    ----------
    attenuation_db, scans
        As for `log_density`.
    near_m
        Where face to face ends, metres.
    far
        Where people are who are not face to face; the defaults of `Far` where not given.

    """
    classes = log_class_densities(attenuation_db, scans=scans, near_m=near_m)
    ratio: Floats = classes[..., 0] - _log_weighted(classes, (far or Far()).shares)
    return ratio


def log_silence(near_m: float = NEAR_M) -> Floats:
    """Return the log probability, in each of `CLASSES`, that a scan does not hear a phone.

    Of a phone that is on: switched-off phones are silent everywhere, which says nothing.
    """
    z = np.linspace(-_SPAN_SD, _SPAN_SD, _NODES)
    weights = np.exp(-z * z / 2)
    weights /= weights.sum()
    spread = np.hypot(PAIR_SD_DB, SCAN_SD_DB) * z
    silent = [
        float(np.mean((1 - heard(mean_attenuation(m, walls)[:, np.newaxis] + spread)) @ weights))
        for m, walls in _distances(near_m)
    ]
    logs: Floats = np.log(np.array([*silent, 1 - FALSE_SIGHTING]))
    return logs


def _distances(near_m: float) -> list[tuple[Floats, Floats]]:
    """Return distances (midpoints of equal steps) and walls of the classes in which phones hear.

    Raises
    ------
    ValueError
        Where face to face would end beyond the room, or before it begins.

    """
    if not LEAST_M < near_m < ROOM_M:
        raise ValueError(f"near_m is {near_m}: give metres between {LEAST_M} and {ROOM_M}.")
    share = (np.arange(_NODES) + 0.5) / _NODES
    face, room, place = (
        low + share * (high - low)
        for low, high in ((LEAST_M, near_m), (near_m, ROOM_M), (NEXT_ROOM_M, PLACE_M))
    )
    return [(face, np.zeros(_NODES)), (room, np.zeros(_NODES)), (place, walls_between(place))]


def _mean_of_logs(logs: Floats) -> Floats:
    return _log_weighted(logs, np.full(logs.shape[-1], 1 / logs.shape[-1]))


def _log_weighted(logs: Floats, shares: Floats) -> Floats:
    """Return the log of a weighted sum over the last axis, without overflow."""
    top = logs.max(axis=-1, keepdims=True)
    total: Floats = top[..., 0] + np.log(np.exp(logs - top) @ shares)
    return total
