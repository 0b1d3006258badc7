"""What pairs of segments leave behind: their meetings, as rows in the columns of ``meeting``."""

from __future__ import annotations

import math

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.batch import (
    BATCH,
    INTEGRAL,
    MOST_PERIODS,
    PAIR,
    PERIODS,
    SINCE,
    UNTIL,
    motion_at,
    new_batch,
)
from fortnight.contact.lookup import Longs, Words, segment_at
from fortnight.contact.meeting import (
    AT,
    BEGIN,
    EXPECTED_MS,
    FINISH,
    MEETING_COLUMNS,
    NEAR_MS,
    NEAREST,
    PERIOD,
    PRESUMED,
    WHO,
    Matrix,
    Motion,
    Nearness,
    comes_within,
    inside,
    nearest_time,
    overlap,
    separation,
    still,
)
from fortnight.contact.passing import follow
from fortnight.contact.probability import within
from fortnight.contact.question import Segment, asked_at
from fortnight.track.growing import with_room
from fortnight.track.rules import PRESUMED as PRESUMED_KIND


@kernel
def _note(
    out: Matrix,
    n: Int,
    asked: Segment,
    other: Segment,
    who: Int,
    m: Motion,
    offset: float,
    begin: float,
    end: float,
    near_ms: float,
    expected_ms: float,
) -> None:
    """Write one meeting; ``begin`` and ``end`` count from ``offset`` (ms of the day)."""
    out[n, WHO], out[n, BEGIN] = who, asked.midnight + offset + begin
    out[n, FINISH] = asked.midnight + offset + end
    out[n, NEAR_MS], out[n, EXPECTED_MS] = near_ms, expected_ms
    t = nearest_time(m, begin, end)
    out[n, NEAREST] = separation(m, t)
    share = (offset + t - other.start) / (other.stop - other.start)
    out[n, AT] = other.x0 + share * (other.x1 - other.x0) - (m.x + t * m.u) / 2.0
    out[n, AT + 1] = other.y0 + share * (other.y1 - other.y0) - (m.y + t * m.v) / 2.0
    out[n, AT + 2] = other.z0 + share * (other.z1 - other.z0) - (m.z + t * m.w) / 2.0
    out[n, PRESUMED] = 0.0
    if asked.kind == PRESUMED_KIND or other.kind == PRESUMED_KIND:  # noqa: PLR1714 - a tuple compiles slowly
        out[n, PRESUMED] = 1.0
    out[n, PERIOD] = asked.period


@kernel
def _meet_moving(
    asked: Segment,
    other: Segment,
    who: Int,
    m: Motion,
    periods: Matrix,
    first: Int,
    last: Int,
    near: Nearness,
    out: Matrix,
    n: Int,
) -> Int:
    """Write the meetings of a pair of which one moves.

    They are its likely periods, ``first`` to ``last``, and the time within the radius, as one
    where these overlap.
    """
    offset = max(asked.begin, other.start)
    enter, leave = inside(m, near.radius)
    is_near = leave > enter
    begin, end = enter, leave
    expected = 0.0
    for k in range(first, last):
        a, b, integral = periods[k, SINCE], periods[k, UNTIL], periods[k, INTEGRAL]
        if is_near and a <= leave and b >= enter:
            begin, end = min(begin, a), max(end, b)
            expected += integral
        else:
            _note(out, n, asked, other, who, m, offset, a, b, 0.0, integral)
            n += 1
    if is_near:
        _note(out, n, asked, other, who, m, offset, begin, end, leave - enter, expected)
        n += 1
    return n


@kernel
def _meet_still(
    asked: Segment,
    other: Segment,
    who: Int,
    near: Nearness,
    table: Matrix,
    out: Matrix,
    n: Int,
) -> Int:
    """Write the meeting of two stays, whose separation and probability do not change."""
    x, y, z = other.x0 - asked.x0, other.y0 - asked.y0, other.z0 - asked.z0
    square = x * x + y * y + z * z
    if square > near.reach * near.reach:
        return n
    distance = math.sqrt(square)
    sigma = math.sqrt(asked.sigma0**2 + other.sigma0**2)
    chance = within(distance, sigma, near.radius, table)
    likely = chance >= near.min_probability
    is_near = distance <= near.radius
    if not (likely or is_near):
        return n
    begin, end = overlap(asked, other)
    m = still(x, y, z, end - begin)
    expected = chance * m.span if likely else 0.0
    near_ms = m.span if is_near else 0.0
    _note(out, n, asked, other, who, m, begin, 0.0, m.span, near_ms, expected)
    return n + 1


@kernel
def meet(
    question: Matrix,
    pairs: Longs,
    cells: Words,
    near: Nearness,
    table: Matrix,
    edge: Matrix,
) -> Matrix:
    """Return the meetings of pairs (row of the question, row of the index), in their order."""
    # nearly every pair leaves one: room for that from the start spares copying it as it grows
    out, batch = np.empty((pairs.shape[0] + MOST_PERIODS, MEETING_COLUMNS)), new_batch()
    motions, periods = batch.motions, batch.periods
    n: Int = np.int64(0)
    for first in range(0, pairs.shape[0], BATCH):
        last = min(first + BATCH, pairs.shape[0])
        follow(question, pairs, first, last, cells, near, table, edge, batch)
        read, held = np.int64(0), batch.used[PERIODS]
        for k in range(first, last):
            if n + MOST_PERIODS > out.shape[0]:
                out = with_room(out, n, MOST_PERIODS)
            who, begin = np.int64(cells[pairs[k, 1], 2]), read
            while read < held and periods[read, PAIR] == k - first:
                read += 1
            m = motion_at(motions, k - first)
            is_moving = m.span > 0.0
            if is_moving and read == begin and not comes_within(m, near.radius):
                continue
            asked, other = asked_at(question, pairs[k, 0]), segment_at(cells, pairs[k, 1])
            if is_moving:
                n = _meet_moving(asked, other, who, m, periods, begin, read, near, out, n)
            else:
                n = _meet_still(asked, other, who, near, table, out, n)
    return out[:n]
