"""What a pair of segments leaves behind: its meetings, as rows in the columns of ``meeting``."""

from __future__ import annotations

import math

from fortnight.compiled import Int, kernel
from fortnight.contact.meeting import (
    AT,
    BEGIN,
    EXPECTED_MS,
    FINISH,
    NEAR_MS,
    NEAREST,
    PERIOD,
    PRESUMED,
    WHO,
    Matrix,
    Motion,
    Nearness,
    inside,
    likely_periods,
    nearest_time,
    path,
    separation,
    still,
    uncertain,
)
from fortnight.contact.probability import within
from fortnight.contact.question import HERE, KIND, MIDNIGHT, SIGMA0, THERE
from fortnight.contact.question import PERIOD as ASKED_PERIOD
from fortnight.track.rules import PRESUMED as PRESUMED_KIND


@kernel
def _note(
    out: Matrix,
    asked: Matrix,
    other: Matrix,
    who: Int,
    m: Motion,
    offset: float,
    begin: float,
    end: float,
    near_ms: float,
    expected_ms: float,
) -> None:
    """Write one meeting; ``begin`` and ``end`` count from ``offset`` (ms of the day)."""
    out[WHO], out[BEGIN] = who, asked[MIDNIGHT] + offset + begin
    out[FINISH] = asked[MIDNIGHT] + offset + end
    out[NEAR_MS], out[EXPECTED_MS] = near_ms, expected_ms
    t = nearest_time(m, begin, end)
    out[NEAREST] = separation(m, t)
    share = (offset + t - other[2]) / (other[3] - other[2])
    for axis in range(3):
        out[AT + axis] = other[HERE + axis] + share * (other[THERE + axis] - other[HERE + axis])
    out[AT] -= (m.x + t * m.u) / 2.0
    out[AT + 1] -= (m.y + t * m.v) / 2.0
    out[AT + 2] -= (m.z + t * m.w) / 2.0
    presumed = asked[KIND] == PRESUMED_KIND or other[KIND] == PRESUMED_KIND
    out[PRESUMED] = 1.0 if presumed else 0.0
    out[PERIOD] = asked[ASKED_PERIOD]


@kernel
def meet_moving(
    asked: Matrix,
    other: Matrix,
    who: Int,
    begin: float,
    end: float,
    near: Nearness,
    table: Matrix,
    limits: Matrix,
    periods: Matrix,
    out: Matrix,
    n: Int,
) -> Int:
    """Write the meetings of a pair of which one moves.

    They are its likely periods and the time within the radius, as one where these overlap.
    """
    m = uncertain(path(asked, other, begin, end), asked, other, begin, near.leg_spread)
    count = likely_periods(m, near, table, limits, periods)
    enter, leave = inside(m, near.radius)
    is_near = leave > enter
    first, last = enter, leave
    expected = 0.0
    for k in range(count):
        a, b = periods[k, 0], periods[k, 1]
        if is_near and a <= leave and b >= enter:
            first, last = min(first, a), max(last, b)
            expected += periods[k, 2]
        else:
            _note(out[n], asked, other, who, m, begin, a, b, 0.0, periods[k, 2])
            n += 1
    if is_near:
        _note(out[n], asked, other, who, m, begin, first, last, leave - enter, expected)
        n += 1
    return n


@kernel
def meet_still(
    asked: Matrix,
    other: Matrix,
    who: Int,
    begin: float,
    end: float,
    near: Nearness,
    table: Matrix,
    out: Matrix,
    n: Int,
) -> Int:
    """Write the meeting of two stays, whose separation and probability do not change."""
    x, y, z = other[4] - asked[4], other[5] - asked[5], other[6] - asked[6]
    square = x * x + y * y + z * z
    if square > near.reach * near.reach:
        return n
    distance = math.sqrt(square)
    sigma = math.sqrt(asked[SIGMA0] ** 2 + other[SIGMA0] ** 2)
    chance = within(distance, sigma, near.radius, table)
    likely = chance >= near.min_probability
    is_near = distance <= near.radius
    if not (likely or is_near):
        return n
    m = still(x, y, z, end - begin)
    expected = chance * m.span if likely else 0.0
    near_ms = m.span if is_near else 0.0
    _note(out[n], asked, other, who, m, begin, 0.0, m.span, near_ms, expected)
    return n + 1
