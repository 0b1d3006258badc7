"""What phones heard of each other, read by its mean attenuation: the kernels."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.fusing import FACE, FROM, SAYS, SPAN_COLUMNS, TO

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Matrix = NDArray[np.float64]
Tables = NDArray[np.float64]  # (answers, scans, levels)

SCAN_MS: Final = 240_000
"""A sighting speaks for the time until the next scan, half before and half after it: phones scan
about every four minutes."""

RUN_MS: Final = 360_000
"""Sightings of one pair this near a sighting share its error and are averaged with it."""

# How somebody was heard, as bits.
BY_SCAN: Final = 1
BY_BADGE: Final = 2
IN_ROOM: Final = 4  # surely

_LEAST_SCANS: Final = 3  # that make one sure of a room
LEVEL_FROM_DB: Final = 20.0
LEVEL_STEP_DB: Final = 0.5


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
def _level_place(mean: float, scans: Int, tables: Tables) -> tuple[Int, Int]:
    """Return where in the tables a mean attenuation of so many scans stands."""
    step = round((mean - LEVEL_FROM_DB) / LEVEL_STEP_DB)
    row = min(max(scans, 1), tables.shape[1]) - 1
    return row, np.int64(min(max(step, 0), tables.shape[2] - 1))


@kernel
def heard_spans(
    start: Longs,
    end: Longs,
    level: Floats,
    means: tuple[Floats, Longs],
    origin: Int,
    tables: Tables,
    sensed: tuple[float, float],
) -> Matrix:
    """Return when each sighting speaks, its log likelihood ratio and chance of face to face.

    ``means`` are those of ``mean_levels``; ``tables`` the two by number of scans and attenuation,
    ``sensed`` what a badge says.
    """
    spans = np.empty((start.shape[0], SPAN_COLUMNS))
    for k in range(start.shape[0]):
        half = SCAN_MS / 2.0 if end[k] <= start[k] else 0.0  # one moment of a scan, no period
        spans[k, FROM], spans[k, TO] = start[k] - origin - half, end[k] - origin + half
        if math.isnan(level[k]):
            spans[k, SAYS], spans[k, FACE] = sensed
        else:
            row, step = _level_place(means[0][k], means[1][k], tables)
            spans[k, SAYS], spans[k, FACE] = tables[0, row, step], tables[1, row, step]
    return spans


@kernel
def how_heard(
    level: Floats, means: tuple[Floats, Longs], first: Longs, tables: Tables, sure: float
) -> Longs:
    """Return how each one was heard, as bits: by scans, by badges, and surely in one room.

    The room takes three scans and a chance of ``sure``, or a badge. ``first`` says where the
    sightings of each begin, ``tables`` have the chance of one room as their third.
    """
    how = np.zeros(first.shape[0] - 1, dtype=np.int64)
    for c in range(how.shape[0]):
        for k in range(first[c], first[c + 1]):
            if math.isnan(level[k]):
                how[c] |= BY_BADGE | IN_ROOM
                continue
            how[c] |= BY_SCAN
            row, step = _level_place(means[0][k], means[1][k], tables)
            if means[1][k] >= _LEAST_SCANS and tables[2, row, step] >= sure:
                how[c] |= IN_ROOM
    return how
