"""From one person's fixes to stays, legs and presumed stays, cut at midnight UTC.

A segment is a row ``(start ms, end ms, x0, y0, z0, x1, y1, z1, sigma0, sigma1, kind)`` of a
float64 matrix: a straight, even motion from one point to the other.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.track.rules import PRESUMED, Rules
from fortnight.track.runs import DAY_MS, NO_CROSSING, OBSERVED, Matrix, Run, grow
from fortnight.track.runs import PRESUMED as PRESUMED_CROSSING

T0: Final = 0
T1: Final = 1
X0: Final = 2
X1: Final = 5
S0: Final = 8
S1: Final = 9
KIND: Final = 10
WIDTH: Final = 11


@kernel
def _put(
    rows: Matrix,
    n: Int,
    start: float,
    end: float,
    x: float,
    y: float,
    z: float,
    sigma: float,
    kind: Int,
) -> Int:
    """Append a period at one place, if it lasts at all; return the new count."""
    if end <= start:
        return n
    rows[n, 0], rows[n, 1] = start, end
    rows[n, 2], rows[n, 3], rows[n, 4] = x, y, z
    rows[n, 5], rows[n, 6], rows[n, 7] = x, y, z
    rows[n, 8], rows[n, 9], rows[n, 10] = sigma, sigma, kind
    return n + 1


@kernel
def sigma_on_leg(share: float, sigma0: float, sigma1: float, length: float, spread: float) -> float:
    """Return the standard deviation per axis at ``share`` (0 to 1) of a leg of ``length`` metres.

    Variances are interpolated, and a Brownian bridge adds (spread x length)^2 in the middle:
    nobody knows which way the person took between the two fixes.
    """
    bridge = 2.0 * spread * length
    variance = (1.0 - share) * sigma0 * sigma0 + share * sigma1 * sigma1
    return math.sqrt(variance + bridge * bridge * share * (1.0 - share))


@kernel
def _put_leg(rows: Matrix, n: Int, node: Matrix, end: Matrix, kind: Int, rules: Rules) -> Int:
    """Append the leg from ``node`` to ``end``, both (time, x, y, z, sigma); split at midnight."""
    duration = end[0] - node[0]
    if duration <= 0.0 or duration > rules.leg_max:
        return n
    length = math.sqrt((end[1] - node[1]) ** 2 + (end[2] - node[2]) ** 2 + (end[3] - node[3]) ** 2)
    if length >= rules.leg_max_speed * duration:
        return n
    rows[n, 0], rows[n, 1], rows[n, 10] = node[0], end[0], kind
    rows[n, 2], rows[n, 3], rows[n, 4], rows[n, 8] = node[1], node[2], node[3], node[4]
    rows[n, 5], rows[n, 6], rows[n, 7], rows[n, 9] = end[1], end[2], end[3], end[4]
    midnight = (math.floor(node[0] / DAY_MS) + 1.0) * DAY_MS
    if end[0] <= midnight:
        return n + 1
    share = (midnight - node[0]) / duration
    for column in range(WIDTH):
        rows[n + 1, column] = rows[n, column]
    rows[n, 1] = rows[n + 1, 0] = midnight
    for axis in range(3):
        middle = rows[n, 2 + axis] + share * (rows[n, 5 + axis] - rows[n, 2 + axis])
        rows[n, 5 + axis] = rows[n + 1, 2 + axis] = middle
    sigma = sigma_on_leg(share, node[4], end[4], length, rules.leg_spread)
    rows[n, 9] = rows[n + 1, 8] = sigma
    return n + 2


@kernel
def _put_stay(
    rows: Matrix,
    n: Int,
    presumed: Matrix,
    m: Int,
    run: Run,
    begin: float,
    carry: Int,
    breaks: Matrix,
    kind: Int,
) -> tuple[Int, Int]:
    """Append a run's observed periods to ``rows`` and its silences to ``presumed``."""
    cursor = begin
    silent: Int = np.int64(PRESUMED)
    midnight = (math.floor(begin / DAY_MS) + 1.0) * DAY_MS
    if carry != NO_CROSSING:
        cursor = math.floor(begin / DAY_MS) * DAY_MS
        if carry == PRESUMED_CROSSING:
            m = _put(presumed, m, cursor, begin, run.x, run.y, run.z, run.sigma, silent)
            cursor = begin
    for b in range(run.breaks):
        n = _put(rows, n, cursor, breaks[b, 0], run.x, run.y, run.z, run.sigma, kind)
        m = _put(presumed, m, breaks[b, 0], breaks[b, 1], run.x, run.y, run.z, run.sigma, silent)
        cursor = breaks[b, 1]
    end = midnight if run.crossing == OBSERVED else run.last_time
    n = _put(rows, n, cursor, end, run.x, run.y, run.z, run.sigma, kind)
    if run.crossing == PRESUMED_CROSSING:
        m = _put(presumed, m, run.last_time, midnight, run.x, run.y, run.z, run.sigma, silent)
    return n, m


@kernel
def cut(
    points: Matrix,
    n_points: Int,
    others: Matrix,
    n_others: Int,
    stay_kind: Int,
    leg_kind: Int,
    rules: Rules,
    breaks: Matrix,
    rows: Matrix,
    presumed: Matrix,
) -> tuple[Int, Int]:
    """Cut one person's points, sorted by time, into segments.

    ``others`` are the person's coarse points, which can contradict a presumed stay. Returns how
    many rows were written to ``rows`` (observed) and to ``presumed``. Room for three rows a
    point in the first and two in the second is enough.
    """
    node, here = np.empty(5), np.empty(5)
    has_node = False
    i: Int = np.int64(0)
    n: Int = np.int64(0)
    m: Int = np.int64(0)
    carry: Int = np.int64(0)
    while i < n_points:
        run = grow(points, i, n_points, others, n_others, rules, breaks)
        begin = points[i, 0]
        through = carry != NO_CROSSING or run.crossing != NO_CROSSING
        stays = through or run.last_time - begin >= rules.stay_min
        if stays:
            here[0], here[1], here[2], here[3], here[4] = begin, run.x, run.y, run.z, run.sigma
        else:
            here[0], here[1], here[2], here[3] = begin, points[i, 1], points[i, 2], points[i, 3]
            here[4] = points[i, 4] / rules.sigma_per_accuracy
        if has_node and carry == NO_CROSSING:
            n = _put_leg(rows, n, node, here, leg_kind, rules)
        for column in range(5):
            node[column] = here[column]
        has_node = True
        if stays:
            n, m = _put_stay(rows, n, presumed, m, run, begin, carry, breaks, stay_kind)
            node[0] = run.last_time
            carry = run.crossing
            has_node = carry == NO_CROSSING
            i = run.following
        else:
            i += 1
    return n, m
