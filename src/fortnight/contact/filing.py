"""What is known of a case's contacts, filed by contact: plain loops that let the interpreter go.

Each does in one pass what a dozen small calls of NumPy would do with the interpreter held, which
two threads that each look at a case of their own would wait for in turn.
"""

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
    E_PRESUMED,
    E_START,
    E_WHO,
)
from fortnight.contact.fusing import (
    F_EXPECTED,
    F_FIRST,
    F_LAST,
    F_VARIANCE,
    FACE,
    FROM,
    MINUTE_MS,
    SAYS,
    SPAN_COLUMNS,
    TO,
)

Matrix = NDArray[np.float64]
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

SCAN_MS: Final = 240_000
"""A sighting speaks for the time until the next scan, half before and half after it: phones scan
about every four minutes."""

RUN_MS: Final = 360_000
"""Sightings of one pair this near a sighting share its error and are averaged with it."""

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
PARTS: Final = 7

LEVEL_FROM_DB: Final = 20.0
LEVEL_STEP_DB: Final = 0.5


@kernel
def place_in(people: Longs, who: Int, guess: Int) -> Int:
    """Return where ``who`` stands in a sorted list, -1 where nowhere; often it is at ``guess``."""
    if 0 <= guess < people.shape[0] and people[guess] == who:
        return guess
    low, high = 0, people.shape[0]
    while low < high:
        middle = (low + high) // 2
        if people[middle] < who:
            low = middle + 1
        else:
            high = middle
    return low if low < people.shape[0] and people[low] == who else -1


@kernel
def file_spans(spans: Matrix, who: Longs, people: Longs) -> tuple[Matrix, Longs]:
    """Return the spans of some people, one after the other, and where each one's begin.

    The spans of one keep their order.
    """
    count = spans.shape[0]
    row, first = np.empty(count, dtype=np.int64), np.zeros(people.shape[0] + 1, dtype=np.int64)
    guess: Int = np.int64(0)
    for k in range(count):
        row[k] = place_in(people, who[k], guess)
        if row[k] >= 0:
            guess = row[k]
            first[guess + 1] += 1
    for c in range(people.shape[0]):
        first[c + 1] += first[c]
    at, filed = first.copy(), np.empty((first[-1], SPAN_COLUMNS))
    for k in range(count):
        if row[k] >= 0:
            for column in range(SPAN_COLUMNS):
                filed[at[row[k]], column] = spans[k, column]
            at[row[k]] += 1
    return filed, first


@kernel
def located_spans(located: Matrix, start: float) -> tuple[Matrix, Longs]:
    """Return when the positions of each episode speak and how likely they make nearness; whose.

    An episode that was presumed is nobody's.
    """
    spans = np.zeros((located.shape[0], SPAN_COLUMNS))
    who = np.empty(located.shape[0], dtype=np.int64)
    for k in range(located.shape[0]):
        spans[k, FROM], spans[k, TO] = located[k, E_START] - start, located[k, E_END] - start
        lasting = max(located[k, E_END] - located[k, E_START], 1.0)
        spans[k, SAYS] = located[k, E_EXPECTED] / lasting
        who[k] = -1 if located[k, E_PRESUMED] > 0.0 else np.int64(located[k, E_WHO])
    return spans, who


@kernel
def _spread(located: Matrix, k: Int, minutes: float, edges: Longs, days: Matrix, c: Int) -> None:
    """Spread an episode's minutes evenly over the local days that it lasts."""
    start, end = located[k, E_START], located[k, E_END]
    lasting = max(end - start, 1.0)
    for day in range(days.shape[1]):
        shared = min(end, float(edges[day + 1])) - max(start, float(edges[day]))
        if shared > 0.0:
            days[c, day] += minutes * min(1.0, shared / lasting)


@kernel
def sum_positions(located: Matrix, people: Longs, edges: Longs, sums: Matrix, days: Matrix) -> None:
    """Add up what positions alone say of each contact; an episode is a run, presumed ones no.

    ``edges`` are the instants at which the window's local days begin, and its end. Who has no
    episode is first seen at infinity and last seen before everything.
    """
    for c in range(people.shape[0]):
        sums[c, F_FIRST], sums[c, F_LAST] = np.inf, -np.inf
    row: Int = np.int64(0)
    for k in range(located.shape[0]):
        if located[k, E_PRESUMED] > 0.0:
            continue
        row = place_in(people, np.int64(located[k, E_WHO]), row)
        expected = located[k, E_EXPECTED] / MINUTE_MS
        sums[row, F_EXPECTED] += expected
        sums[row, F_VARIANCE] += max(0.0, expected * (located[k, E_LASTING] / MINUTE_MS - expected))
        sums[row, F_FIRST] = min(sums[row, F_FIRST], located[k, E_START] - edges[0])
        sums[row, F_LAST] = max(sums[row, F_LAST], located[k, E_END] - edges[0])
        _spread(located, k, expected, edges, days, row)


@kernel
def _night_until(time: float) -> float:
    """Return how much night (22 to 6 h) there was until a time, in ms from a midnight."""
    day = math.floor(time / _DAY_MS)
    hour = time - day * _DAY_MS
    return day * 8.0 * _HOUR_MS + min(hour, 6.0 * _HOUR_MS) + max(0.0, hour - 22.0 * _HOUR_MS)


@kernel
def _work_until(time: float) -> float:
    """Return how many working hours (8 to 17 h) there were until a time, ms from a midnight."""
    day = math.floor(time / _DAY_MS)
    hour = time - day * _DAY_MS
    return day * 9.0 * _HOUR_MS + min(max(hour - 8.0 * _HOUR_MS, 0.0), 9.0 * _HOUR_MS)


@kernel
def _add_part(located: Matrix, k: Int, origin: float, parts: Matrix, c: Int) -> None:
    """Add one episode to its contact's columns but for those by day."""
    lasting, expected = located[k, E_LASTING] / MINUTE_MS, located[k, E_EXPECTED] / MINUTE_MS
    begin, end = located[k, E_START] - origin, located[k, E_END] - origin
    per_ms = lasting / max(end - begin, 1.0)
    parts[c, P_LASTING] += lasting
    parts[c, P_EXPECTED] += expected
    parts[c, P_NIGHT] += (_night_until(end) - _night_until(begin)) * per_ms
    parts[c, P_WORK] += (_work_until(end) - _work_until(begin)) * per_ms
    if lasting >= LONG_ENOUGH:
        parts[c, P_LIKELIEST] = max(parts[c, P_LIKELIEST], expected / lasting)


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
        day = np.searchsorted(edges, located[k, E_START], side="right") - 1
        day = min(max(day, 0), by_day.shape[0] - 1)
        by_day[day] += located[k, E_LASTING] / MINUTE_MS
    if c >= 0:
        _close_days(by_day, parts, c)
    return parts


@kernel
def mean_levels(other: Longs, start: Longs, level: Floats) -> tuple[Floats, Longs]:
    """Return the mean attenuation of the sightings around each one, and how many those are.

    Sightings are sorted by ``other``, then time; a level that is no number counts as 0.
    """
    count = other.shape[0]
    sums, means = np.zeros(count + 1), np.empty(count)
    scans = np.empty(count, dtype=np.int64)
    for k in range(count):
        sums[k + 1] = sums[k] + (0.0 if math.isnan(level[k]) else level[k])
    low: Int = np.int64(0)
    high: Int = np.int64(0)
    for k in range(count):
        while other[low] != other[k] or start[low] < start[k] - RUN_MS:
            low += 1
        high = max(high, k)
        while high < count and other[high] == other[k] and start[high] <= start[k] + RUN_MS:
            high += 1
        means[k], scans[k] = (sums[high] - sums[low]) / (high - low), high - low
    return means, scans


@kernel
def heard_spans(
    other: Longs,
    start: Longs,
    end: Longs,
    level: Floats,
    origin: Int,
    tables: NDArray[np.float64],
    sensed: tuple[float, float],
) -> Matrix:
    """Return when each sighting speaks, its log likelihood ratio and chance of face to face.

    ``tables`` are those two by number of scans and attenuation, ``sensed`` what a badge says.
    """
    spans = np.zeros((other.shape[0], SPAN_COLUMNS))
    means, scans = mean_levels(other, start, level)
    for k in range(other.shape[0]):
        half = SCAN_MS / 2.0 if end[k] <= start[k] else 0.0  # one moment of a scan, no period
        spans[k, FROM], spans[k, TO] = start[k] - origin - half, end[k] - origin + half
        if math.isnan(level[k]):
            spans[k, SAYS], spans[k, FACE] = sensed
            continue
        step = round((means[k] - LEVEL_FROM_DB) / LEVEL_STEP_DB)
        step = min(max(step, 0), tables.shape[2] - 1)
        row = min(max(scans[k], 1), tables.shape[1]) - 1
        spans[k, SAYS], spans[k, FACE] = tables[0, row, step], tables[1, row, step]
    return spans
