"""What of a contact's positions tells how likely the two were truly near: a row of numbers each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact.episodes import (
    E_LASTING,
    E_NEAREST,
    E_PRESUMED,
    E_WHO,
    X_EXPECTED_24H,
    X_WHO,
)
from fortnight.contact.filing import PARTS, sum_parts
from fortnight.contact.fusing import F_FACE_24H, F_FACE_BOUT, F_HEARD, F_HEARD_24H

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.window import Window

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

MINUTE_MS: Final = 60_000.0
_LONG_ENOUGH: Final = 15.0  # minutes
_RADIUS_M: Final = 25.0
_FARTHEST_M: Final = 70.0  # beyond what p reaches at 25 m

FEATURES: Final = (
    "one",
    "most in 24 h",
    "most in 24 h, squared",
    "expected",
    "longest day",
    "longest day, squared",
    "lasting",
    "share",
    "share, squared",
    "days",
    "likeliest",
    "likeliest, squared",
    "night",
    "working hours",
    "most in 24 h x share",
    "longest day x share",
    "night, squared",
    "night x share",
    "night x likeliest",
    "night x longest day",
    "night x days",
    "working hours, squared",
    "working hours x share",
    "working hours x days",
    "days, squared",
    "days x share",
    "apart",
    "apart, squared",
)
"""Minutes enter as log(1 + minutes). *expected* adds the probability up, *lasting* the time in
which it was 5 % or more, *share* is one over the other; *longest day* the most lasting minutes of
one local day, *days* those with 15 and more; *likeliest* the largest mean probability of an
episode of 15 minutes or more; *night* (22 to 6 h) and *working hours* (8 to 17 h) are shares of
the lasting time. *apart* is how far from each other the two were estimated at the nearest of each
episode, its mean over the lasting time, in radii of 25 m: a small probability is that of two who
are far and well placed, or near and badly, and the second are much likelier near."""


FACE_FEATURES: Final = (
    "one",
    "face",
    "share",
    "bout",
    "home",
    "again",
    "again x share",
    "again x bout",
    "circle",
)
"""*face*: log of the minutes face to face that sightings make likely, in the 24 hours with most of
them, over 15 minutes; *share*: log of what part that is of the minutes in which one phone heard
the other; *bout*: log of the most of it in any 20 minutes, over 15. Half a minute and a hundredth
are added, so that nothing has a logarithm. *circle*: log of how many phones the case's heard on
those days, or was heard by; *home*: 1 where those are few, 0 where they are many, half at 40.
*again*: log of how many times the minutes heard in the 24 hours with most of them go into all
that were heard, at least one: who is there day after day has more days on which to meet, and is
known to the case."""

HOME_CIRCLE: Final = 40.0  # phones; chosen
_STEEP: Final = 8.0  # chosen: 0.9 at 30 phones, 0.1 at 53


def position_features(episodes: Floats, exposures: Floats, window: Window) -> Floats:
    """Return a row of ``FEATURES`` for each exposure; episodes that were presumed do not count.

    Parameters
    ----------
    episodes, exposures
        Rows of ``contact.episodes`` of one case, exposures in any order.
    window
        The days looked at.
    """
    order = np.argsort(exposures[:, X_WHO], kind="stable")
    who, edges = exposures[order, X_WHO].astype(np.int64), window.edges
    parts = np.empty((len(exposures), PARTS))
    parts[order] = sum_parts(episodes, who, edges, np.zeros(len(edges) - 1))
    total, expected, longest, days, likeliest, night, work = parts.T
    share = expected / np.maximum(total, 1e-9)
    night, work = (part / np.maximum(total, 1e-9) for part in (night, work))
    most = np.log1p(exposures[:, X_EXPECTED_24H] / MINUTE_MS)
    longest, days = np.log1p(longest), np.log1p(days)
    apart = np.empty(len(parts))
    apart[order] = _apart(episodes, who)
    columns = (np.ones(len(parts)), most, most**2, np.log1p(expected), longest, longest**2,
               np.log1p(total), share, share**2, days, likeliest, likeliest**2,
               night, work, most * share, longest * share, night**2, night * share,
               night * likeliest, night * longest, night * days, work**2, work * share,
               work * days, days**2, days * share, apart, apart**2)  # fmt: skip
    return np.stack(columns, axis=1)


def _apart(episodes: Floats, people: Longs) -> Floats:
    """Return the mean estimated distance of some people, sorted, in radii; 0 without an episode."""
    if not len(people):
        return np.zeros(0)
    who = episodes[:, E_WHO]
    row = np.minimum(np.searchsorted(people, who.astype(np.int64)), len(people) - 1)
    lasting = episodes[:, E_LASTING] * ((people[row] == who) & (episodes[:, E_PRESUMED] == 0.0))
    far = lasting * np.minimum(episodes[:, E_NEAREST], _FARTHEST_M)
    total, weighed = (np.bincount(row, part, minlength=len(people)) for part in (lasting, far))
    mean: Floats = weighed / np.maximum(total, 1e-9) / _RADIUS_M
    return mean


def circles(heard_days: Floats) -> Floats:
    """Return how many phones there were about a case, on the days on which each contact was heard.

    Parameters
    ----------
    heard_days
        Minutes (contacts, days) in which the phones of the case and of each contact heard each
        other, of everybody who was heard. The mean over a contact's days, by its minutes.
    """
    about = (heard_days > 0.0).sum(axis=0)
    mean: Floats = heard_days @ about / np.maximum(heard_days.sum(axis=1), 1e-9)
    return np.maximum(1.0, mean)


def face_features(sums: Floats, circle: Floats) -> Floats:
    """Return a row of ``FACE_FEATURES`` for each row of ``contact.fusing``'s sums."""
    minutes, heard = sums[:, F_FACE_24H], np.maximum(sums[:, F_HEARD_24H], 1e-9)
    share = np.minimum(1.0, minutes / heard)
    face, bout = (
        np.log((value + 0.5) / (_LONG_ENOUGH + 0.5)) for value in (minutes, sums[:, F_FACE_BOUT])
    )
    home = 1.0 / (1.0 + (circle / HOME_CIRCLE) ** _STEEP)
    again = np.log(np.maximum(1.0, sums[:, F_HEARD] / heard))
    part = np.log(share + 0.01)
    columns = (np.ones(len(sums)), face, part, bout, home, again, again * part, again * bout,
               np.log(circle))  # fmt: skip
    return np.stack(columns, axis=1)
