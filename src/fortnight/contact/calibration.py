"""The calibrated probability of a contact: weights that were fitted, and on what.

``WITHIN_RADIUS`` comes from positions alone, ``FACE_TO_FACE`` from sightings. Both are logistic
regressions of a known truth on ``contact.features`` (maximum likelihood). Fitted on other data
than they are judged on: docs/how-contacts-are-decided.md says on which, and how well they hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact.features import face_features
from fortnight.contact.fusing import F_FACE_24H, F_HEARD_24H

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WITHIN_RADIUS: Final = "within 25 m for 15 minutes in 24 hours"
FACE_TO_FACE: Final = "face to face for 15 minutes in 24 hours"

FITTED_FROM_MINUTES: Final = 15.0
"""Contacts with fewer expected minutes in every 24 hours were not fitted on: nothing is claimed."""

POSITION_WEIGHTS: Final = np.array(
    [
        -2.4054,  # one
        -1.4926,  # most in 24 h
        0.0707,  # most in 24 h, squared
        1.1242,  # expected
        0.2892,  # longest day
        -0.0686,  # longest day, squared
        0.6035,  # lasting
        3.0309,  # share
        0.7509,  # share, squared
        -0.6418,  # days
        2.2957,  # likeliest
        -1.5790,  # likeliest, squared
        -2.9737,  # night
        -0.1655,  # working hours
        0.3579,  # most in 24 h x share
        -1.0164,  # longest day x share
    ]
)
"""``python -m bench.fits.positions``: the listed contacts of 200 cases in each of ten towns of
2,000 people (seeds 101 to 110)."""

FACE_WEIGHTS: Final = np.array(
    [
        1.8661,  # one
        -1.6624,  # face: the same bout within a longer day is worth less
        1.3259,  # share
        2.1537,  # bout
    ]
)
"""``python -m bench.fits.faces``: simulated phones on the badges of InVS13, all 92 people as cases,
and the NHS's seats."""

_MINUTES: Final = 15.0
_BADGE_SD: Final = 1.0  # minutes; chosen: badges report every 20 seconds

ROOM_WEIGHTS: Final = np.array(
    [
        -0.9542,  # one
        0.4876,  # within 25 m
        0.5413,  # heard
        1.0505,  # face
        0.6665,  # checked in
        2.3060,  # checked in to room
    ]
)
"""For ranking alone, not calibrated. ``python -m bench.fits.rooms``: 60 cases in each of three
towns of 2,000 people with all evidence (seeds 101 to 103)."""


def position_chance(features: Floats) -> Floats:
    """Return the probability of ``WITHIN_RADIUS`` from rows of ``FEATURES``."""
    return _logistic(features @ POSITION_WEIGHTS)


def face_chance(sums: Floats) -> Floats:
    """Return the probability of ``FACE_TO_FACE`` from rows of ``contact.fusing``'s sums.

    Who was heard for less than 15 minutes cannot have been near for as long, as far as anyone
    heard: between half of that and all of it the probability rises from nothing.
    """
    heard = np.clip(2.0 * sums[:, F_HEARD_24H] / _MINUTES - 1.0, 0.0, 1.0)
    return heard * _logistic(face_features(sums) @ FACE_WEIGHTS)


def badge_chance(sums: Floats) -> Floats:
    """Return the probability of ``FACE_TO_FACE`` where badges told closeness itself.

    The minutes that they reported, give or take one (a logistic curve of that deviation).
    """
    return _logistic(1.7 * (sums[:, F_FACE_24H] - _MINUTES) / _BADGE_SD)


def room_score(features: Floats) -> Floats:
    """Return what to rank by for "same room for 15 minutes", by rows of its features.

    It puts what positions, phones and check-ins say into one order, and serves `evaluate` only;
    ``simulate.claims`` has the features. Each of them raises it.
    """
    score: Floats = features @ ROOM_WEIGHTS
    return score


def _logistic(score: Floats) -> Floats:
    chance: Floats = 1.0 / (1.0 + np.exp(-np.clip(score, -500.0, 500.0)))
    return chance
