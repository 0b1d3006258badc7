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
        -0.1378,  # one
        -0.6211,  # most in 24 h
        -0.0194,  # most in 24 h, squared
        0.8863,  # expected
        -0.6446,  # longest day
        0.0427,  # longest day, squared
        0.5087,  # lasting
        2.3951,  # share
        1.7666,  # share, squared
        -1.3301,  # days
        3.4837,  # likeliest
        -2.7407,  # likeliest, squared
        -0.1502,  # night
        -3.0246,  # working hours
        0.6837,  # most in 24 h x share
        -1.7935,  # longest day x share
        -1.0724,  # night, squared
        2.0924,  # night x share
        1.1536,  # night x likeliest
        -0.2108,  # night x longest day
        -0.2929,  # night x days
        2.6182,  # working hours, squared
        -1.0989,  # working hours x share
        0.5700,  # working hours x days
        0.0716,  # days, squared
        1.7346,  # days x share
        0.0235,  # apart
        -0.2644,  # apart, squared
    ]
)
"""``python -m bench.fits.positions``: the listed contacts of 200 cases in each of eighteen towns of
2,000 people (seeds 101 to 118)."""

KNOTS: Final = np.array([-1.0, -0.3, 0.4, 1.2, 2.0, 3.0])
CURVE: Final = np.array([-0.1197, 0.7960, 0.1479, -0.0606, 0.0497, 0.0274, 1.2206, 1.1244])
"""The log odds that these weights give are bent once more, by a line that changes its slope at
each of ``KNOTS`` (chosen): ``CURVE`` has its height at 0, its first slope, and the change at each
knot. It gets steepest beyond 2: who shares all nights and days shares a home. Fitted on the same
contacts, after the weights."""

FACE_WEIGHTS: Final = np.array(
    [
        1.5781,  # one
        -0.3367,  # face
        1.5184,  # share
        0.0318,  # bout
        2.7590,  # home
        0.8428,  # again
        -1.0310,  # again x share
        1.3079,  # again x bout
        -1.0000,  # circle: chosen, one of twice as many is half as likely
    ]
)
"""``python -m bench.fits.faces``: simulated phones on the badges of InVS13, all 92 people as cases,
and of two of the five Kenyan households (B and E), the NHS's seats, and, with a weight of 0.1 a
pair (chosen), 60 cases in each of three towns (seeds 101, 104 and 105)."""

SILENCE_WEIGHTS: Final = np.array([-1.7172, -0.6976, 0.5878])
"""What silence of two phones that both took part adds to the log odds of ``WITHIN_RADIUS``: rows of
``silence_terms``. ``python -m bench.fits.silence``: the contacts of everybody in eighteen towns of
2,000 people with all evidence (seeds 101 to 118) whom nobody heard."""

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
    return _logistic(bends(features @ POSITION_WEIGHTS) @ CURVE)


def bends(odds: Floats) -> Floats:
    """Return a row for each log odds: one, them, and how far they are beyond each of ``KNOTS``."""
    beyond = np.maximum(0.0, odds[:, None] - KNOTS)
    return np.concatenate((np.ones((len(odds), 1)), odds[:, None], beyond), axis=1)


def unheard_chance(near: Floats, silent: Floats) -> Floats:
    """Return the probability of ``WITHIN_RADIUS`` of somebody whose phone was not heard.

    Parameters
    ----------
    near
        What positions alone say.
    silent
        How silent both phones were, 0 to 1 (``contact.silence``); 0 changes nothing.
    """
    odds = np.log(np.maximum(near, 1e-300)) - np.log(np.maximum(1.0 - near, 1e-300))
    added = silent * np.minimum(0.0, silence_terms(odds) @ SILENCE_WEIGHTS)
    chance: Floats = np.where(silent > 0.0, _logistic(odds + added), near)
    return chance


def silence_terms(odds: Floats) -> Floats:
    """Return what silence is weighed by, a row for each log odds by positions.

    One, them, and how far they are below even odds: there silence takes away more than the line
    above would have it.
    """
    return np.stack((np.ones(len(odds)), odds, np.minimum(0.0, odds)), axis=1)


def face_chance(sums: Floats, circle: Floats) -> Floats:
    """Return the probability of ``FACE_TO_FACE`` from rows of ``contact.fusing``'s sums.

    ``circle`` is how many phones there were about the case (``contact.features.circles``).

    Who was heard for less than 15 minutes cannot have been near for as long, as far as anyone
    heard: between half of that and all of it the probability rises from nothing.
    """
    heard = np.minimum(1.0, np.maximum(0.0, 2.0 * sums[:, F_HEARD_24H] / _MINUTES - 1.0))
    return heard * _logistic(face_features(sums, circle) @ FACE_WEIGHTS)


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
    chance: Floats = 1.0 / (1.0 + np.exp(-np.minimum(500.0, np.maximum(-500.0, score))))
    return chance
