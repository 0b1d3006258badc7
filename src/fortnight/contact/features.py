"""What of a contact's positions tells how likely the two were truly near: a row of numbers each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import kernel
from fortnight.contact.episodes import X_EXPECTED_24H, X_WHO
from fortnight.contact.fusing import F_FACE_24H, F_FACE_BOUT, F_HEARD, F_HEARD_24H
from fortnight.contact.parts import (
    P_DAYS,
    P_EXPECTED,
    P_FAR,
    P_LASTING,
    P_LASTING_MS,
    P_LIKELIEST,
    P_LONGEST,
    P_NIGHT,
    P_WORK,
    PARTS,
    sum_parts,
)

if TYPE_CHECKING:
    from fortnight.contact.window import Window

Floats = NDArray[np.float64]

MINUTE_MS: Final = 60_000.0
_LONG_ENOUGH: Final = 15.0  # minutes
_RADIUS_M: Final = 25.0

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
    minutes = np.empty((5, len(parts)))
    minutes[0] = exposures[:, X_EXPECTED_24H] / MINUTE_MS
    minutes[1:] = parts.T[[P_EXPECTED, P_LONGEST, P_LASTING, P_DAYS]]
    return _products(parts, np.log1p(minutes))


@kernel
def _products(parts: Floats, logs: Floats) -> Floats:
    """Return a row of ``FEATURES`` for each of ``contact.filing``'s parts.

    ``logs`` are of the minutes: most in 24 hours, expected, longest day, lasting, days.
    """
    rows = np.empty((parts.shape[0], len(FEATURES)))
    for c in range(parts.shape[0]):
        most, longest, days = logs[0, c], logs[2, c], logs[4, c]
        total, likeliest = max(parts[c, P_LASTING], 1e-9), parts[c, P_LIKELIEST]
        share, night = parts[c, P_EXPECTED] / total, parts[c, P_NIGHT] / total
        work = parts[c, P_WORK] / total
        apart = parts[c, P_FAR] / max(parts[c, P_LASTING_MS], 1e-9) / _RADIUS_M
        row = (1.0, most, most * most, logs[1, c], longest, longest * longest,
               logs[3, c], share, share * share, days, likeliest, likeliest * likeliest,
               night, work, most * share, longest * share, night * night, night * share,
               night * likeliest, night * longest, night * days, work * work, work * share,
               work * days, days * days, days * share, apart, apart * apart)  # fmt: skip
        for column in range(len(row)):
            rows[c, column] = row[column]
    return rows


@kernel
def circles(heard_days: Floats) -> Floats:
    """Return how many phones there were about a case, on the days on which each contact was heard.

    Parameters
    ----------
    heard_days
        Minutes (contacts, days) in which the phones of the case and of each contact heard each
        other, of everybody who was heard. The mean over a contact's days, by its minutes.
    """
    about, mean = np.zeros(heard_days.shape[1]), np.empty(heard_days.shape[0])
    for c in range(heard_days.shape[0]):
        for day in range(heard_days.shape[1]):
            if heard_days[c, day] > 0.0:
                about[day] += 1.0
    for c in range(heard_days.shape[0]):
        minutes = phones = 0.0
        for day in range(heard_days.shape[1]):
            minutes += heard_days[c, day]
            phones += heard_days[c, day] * about[day]
        mean[c] = max(1.0, phones / max(minutes, 1e-9))
    return mean


def face_features(sums: Floats, circle: Floats) -> Floats:
    """Return a row of ``FACE_FEATURES`` for each row of ``contact.fusing``'s sums."""
    logs = np.log(_face_terms(sums, circle))
    home = 1.0 / (1.0 + (circle / HOME_CIRCLE) ** _STEEP)
    return _face_products(logs, home)


@kernel
def _face_terms(sums: Floats, circle: Floats) -> Floats:
    """Return of what the features of faces are logarithms: face, share, bout, again, circle."""
    terms = np.empty((5, sums.shape[0]))
    for c in range(sums.shape[0]):
        minutes, heard = sums[c, F_FACE_24H], max(sums[c, F_HEARD_24H], 1e-9)
        terms[0, c] = (minutes + 0.5) / (_LONG_ENOUGH + 0.5)
        terms[1, c] = min(1.0, minutes / heard) + 0.01
        terms[2, c] = (sums[c, F_FACE_BOUT] + 0.5) / (_LONG_ENOUGH + 0.5)
        terms[3, c] = max(1.0, sums[c, F_HEARD] / heard)
        terms[4, c] = circle[c]
    return terms


@kernel
def _face_products(logs: Floats, home: Floats) -> Floats:
    """Return the features of faces from the logarithms of their terms."""
    rows = np.empty((home.shape[0], len(FACE_FEATURES)))
    for c in range(home.shape[0]):
        face, share, bout, again = logs[0, c], logs[1, c], logs[2, c], logs[3, c]
        row = (1.0, face, share, bout, home[c], again, again * share, again * bout, logs[4, c])
        for column in range(len(row)):
            rows[c, column] = row[column]
    return rows
