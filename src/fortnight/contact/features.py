"""What of a contact's positions tells how likely the two were truly near: a row of numbers each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact.episodes import (
    E_END,
    E_EXPECTED,
    E_LASTING,
    E_PRESUMED,
    E_START,
    E_WHO,
    X_EXPECTED_24H,
    X_WHO,
)
from fortnight.contact.fusing import F_FACE_24H, F_FACE_BOUT, F_HEARD_24H

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.window import Window

    Floats = NDArray[np.float64]

MINUTE_MS: Final = 60_000.0
_HOUR_MS: Final = 3_600_000.0
_DAY_MS: Final = 24 * _HOUR_MS
_LONG_ENOUGH: Final = 15.0  # minutes

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
)
"""Minutes enter as log(1 + minutes). *expected* adds the probability up, *lasting* the time in
which it was 5 % or more, *share* is one over the other; *longest day* the most lasting minutes of
one local day, *days* those with 15 and more; *likeliest* the largest mean probability of an
episode of 15 minutes or more; *night* (22 to 6 h) and *working hours* (8 to 17 h) are shares of
the lasting time."""


FACE_FEATURES: Final = ("one", "face", "share", "bout")
"""*face*: log of the minutes face to face that sightings make likely, in the 24 hours with most of
them, over 15 minutes; *share*: log of what part that is of the minutes in which one phone heard
the other; *bout*: log of the most of it in any 20 minutes, over 15. Half a minute and a hundredth
are added, so that nothing has a logarithm."""


def position_features(episodes: Floats, exposures: Floats, window: Window) -> Floats:
    """Return a row of ``FEATURES`` for each exposure; episodes that were presumed do not count.

    Parameters
    ----------
    episodes, exposures
        Rows of ``contact.episodes`` of one case, exposures in any order.
    window
        The days looked at.
    """
    if not len(exposures):
        return np.zeros((0, len(FEATURES)))
    seen = episodes[episodes[:, E_PRESUMED] == 0.0]
    order = np.argsort(exposures[:, X_WHO], kind="stable")
    who = exposures[order, X_WHO]
    place = np.searchsorted(who, seen[:, E_WHO])
    kept = (place < len(who)) & (who[np.minimum(place, len(who) - 1)] == seen[:, E_WHO])
    seen, row = seen[kept], order[place[kept]]
    return _rows(seen, row, exposures[:, X_EXPECTED_24H] / MINUTE_MS, window)


def _rows(seen: Floats, row: NDArray[np.int64], most: Floats, window: Window) -> Floats:
    count = len(most)
    lasting, expected = seen[:, E_LASTING] / MINUTE_MS, seen[:, E_EXPECTED] / MINUTE_MS
    total = np.bincount(row, lasting, minlength=count)
    sum_expected = np.bincount(row, expected, minlength=count)
    share = sum_expected / np.maximum(total, 1e-9)
    by_day = _lasting_by_day(seen, row, lasting, window, count)
    likeliest = np.zeros(count)
    long = lasting >= _LONG_ENOUGH
    np.maximum.at(likeliest, row[long], expected[long] / lasting[long])
    night, work = (
        np.bincount(row, part, minlength=count) / np.maximum(total, 1e-9)
        for part in _by_hour(seen, lasting, window)
    )
    most, longest = np.log1p(most), np.log1p(by_day.max(axis=1, initial=0.0))
    days = np.log1p((by_day >= _LONG_ENOUGH).sum(axis=1))
    columns = (np.ones(count), most, most**2, np.log1p(sum_expected), longest, longest**2,
               np.log1p(total), share, share**2, days, likeliest, likeliest**2, night, work,
               most * share, longest * share)  # fmt: skip
    return np.stack(columns, axis=1)


def _lasting_by_day(
    seen: Floats, row: NDArray[np.int64], lasting: Floats, window: Window, count: int
) -> Floats:
    """Return the lasting minutes of each local day, an episode's on the day in which it began."""
    days = len(window.weight)
    day = np.clip(np.searchsorted(window.edges, seen[:, E_START], side="right") - 1, 0, days - 1)
    total = np.zeros(count * days)
    total += np.bincount(row * days + day, lasting, minlength=count * days)
    return total.reshape(count, days)


def _by_hour(seen: Floats, lasting: Floats, window: Window) -> tuple[Floats, Floats]:
    """Return the lasting minutes of each episode at night and in working hours, local time."""
    span = np.maximum(seen[:, E_END] - seen[:, E_START], 1.0)
    parts = []
    for until in (_night_until, _work_until):
        shared = until(seen[:, E_END] - window.start) - until(seen[:, E_START] - window.start)
        parts.append(lasting * shared / span)
    return parts[0], parts[1]


def _night_until(time: Floats) -> Floats:
    """Return how much night (22 to 6 h) there was until a time, in ms from a midnight."""
    day, hour = np.divmod(time, _DAY_MS)
    night = np.minimum(hour, 6 * _HOUR_MS) + np.maximum(0.0, hour - 22 * _HOUR_MS)
    until: Floats = day * 8 * _HOUR_MS + night
    return until


def _work_until(time: Floats) -> Floats:
    """Return how many working hours (8 to 17 h) there were until a time, in ms from a midnight."""
    day, hour = np.divmod(time, _DAY_MS)
    until: Floats = day * 9 * _HOUR_MS + np.clip(hour - 8 * _HOUR_MS, 0.0, 9 * _HOUR_MS)
    return until


def face_features(sums: Floats) -> Floats:
    """Return a row of ``FACE_FEATURES`` for each row of ``contact.fusing``'s sums."""
    minutes, heard = sums[:, F_FACE_24H], np.maximum(sums[:, F_HEARD_24H], 1e-9)
    share = np.minimum(1.0, minutes / heard)
    face, bout = (
        np.log((value + 0.5) / (_LONG_ENOUGH + 0.5)) for value in (minutes, sums[:, F_FACE_BOUT])
    )
    return np.stack((np.ones(len(sums)), face, np.log(share + 0.01), bout), axis=1)
