"""What the features of a contact's positions are made of, added up in one pass: the kernel."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.episodes import (
    E_END,
    E_EXPECTED,
    E_LASTING,
    E_NEAREST,
    E_PRESUMED,
    E_START,
    E_WHO,
)
from fortnight.contact.filing import days_before, place_in
from fortnight.contact.fusing import MINUTE_MS

Matrix = NDArray[np.float64]
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

LONG_ENOUGH: Final = 15.0  # minutes
_HOUR_MS: Final = 3_600_000.0
_DAY_MS: Final = 24.0 * _HOUR_MS

# Columns of what the features of positions are made of; minutes.
P_LASTING: Final = 0
P_EXPECTED: Final = 1
P_LONGEST: Final = 2  # of any local day
P_DAYS: Final = 3  # with 15 minutes and more
P_LIKELIEST: Final = 4  # largest mean probability of an episode of 15 minutes or more
P_NIGHT: Final = 5
P_WORK: Final = 6
P_LASTING_MS: Final = 7
P_FAR: Final = 8  # sum of the lasting time (ms) x the nearest distance (metres, at most 70)
PARTS: Final = 9

_FARTHEST_M: Final = 70.0  # beyond what p reaches at 25 m


@kernel
def _until(time: float) -> tuple[float, float]:
    """Return how much night (22 to 6 h) and how many working hours (8 to 17 h) there were.

    Until a time, all in ms, from a midnight.
    """
    day = math.floor(time / _DAY_MS)
    hour = time - day * _DAY_MS
    night = day * 8.0 * _HOUR_MS + min(hour, 6.0 * _HOUR_MS) + max(0.0, hour - 22.0 * _HOUR_MS)
    work = day * 9.0 * _HOUR_MS + min(max(hour - 8.0 * _HOUR_MS, 0.0), 9.0 * _HOUR_MS)
    return night, work


@kernel
def _add_part(located: Matrix, k: Int, origin: float, parts: Matrix, c: Int) -> None:
    """Add one episode to its contact's columns but for those by day."""
    lasting, expected = located[k, E_LASTING] / MINUTE_MS, located[k, E_EXPECTED] / MINUTE_MS
    begin, end = located[k, E_START] - origin, located[k, E_END] - origin
    per_ms = lasting / max(end - begin, 1.0)
    parts[c, P_LASTING] += lasting
    parts[c, P_EXPECTED] += expected
    before, after = _until(begin), _until(end)
    parts[c, P_NIGHT] += (after[0] - before[0]) * per_ms
    parts[c, P_WORK] += (after[1] - before[1]) * per_ms
    if lasting >= LONG_ENOUGH:
        parts[c, P_LIKELIEST] = max(parts[c, P_LIKELIEST], expected / lasting)
    parts[c, P_LASTING_MS] += located[k, E_LASTING]
    parts[c, P_FAR] += located[k, E_LASTING] * min(located[k, E_NEAREST], _FARTHEST_M)


@kernel
def _close_days(by_day: Floats, parts: Matrix, c: Int) -> None:
    """Write what one contact's days say, and wipe them."""
    for day in range(by_day.shape[0]):
        parts[c, P_LONGEST] = max(parts[c, P_LONGEST], by_day[day])
        if by_day[day] >= LONG_ENOUGH:
            parts[c, P_DAYS] += 1.0
        by_day[day] = 0.0


@kernel
def sum_parts(located: Matrix, people: Longs, edges: Longs, by_day: Floats) -> Matrix:
    """Return what the features of each contact are made of; presumed episodes do not count.

    Parameters
    ----------
    located
        Rows of ``contact.episodes``, the episodes of one contact one after the other.
    people
        Whose, sorted; others are passed over.
    edges
        Instants at which the window's local days begin, and its end. An episode's time is of the
        day in which it began.
    by_day
        Zeros, one a day; left as they came.
    """
    parts = np.zeros((people.shape[0], PARTS))
    c: Int = np.int64(-1)
    before = -1.0
    for k in range(located.shape[0]):
        if located[k, E_WHO] != before:
            if c >= 0:
                _close_days(by_day, parts, c)
            before = located[k, E_WHO]
            c = place_in(people, np.int64(before), c + 1)
        if c < 0 or located[k, E_PRESUMED] > 0.0:
            continue
        _add_part(located, k, float(edges[0]), parts, c)
        day = min(days_before(edges, located[k, E_START]), by_day.shape[0] - 1)
        by_day[day] += located[k, E_LASTING] / MINUTE_MS
    if c >= 0:
        _close_days(by_day, parts, c)
    return parts
