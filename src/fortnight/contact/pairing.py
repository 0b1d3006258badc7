"""What pairs of segments leave behind: their meetings, as rows in the columns of ``meeting``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.batch import (
    BATCH,
    INTEGRAL,
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
    NO_MOTION_M2,
    PERIOD,
    PRESUMED,
    WHO,
    Matrix,
    Nearness,
    overlap,
    separation,
    still,
)
from fortnight.contact.passing import follow
from fortnight.contact.probability import within
from fortnight.contact.question import Segment, asked_at
from fortnight.track.growing import with_room
from fortnight.track.rules import PRESUMED as PRESUMED_KIND

if TYPE_CHECKING:
    from fortnight.contact.batch import Batch


@kernel
def _pass(batch: Batch, count: Int, radius: float) -> None:
    """Find when moving pairs are within the radius, and when they are nearest, side by side.

    Written to ``froms`` and ``untils`` (from >= until where never), and to ``firsts``.
    """
    motions, froms, untils, nearest = batch.motions, batch.froms, batch.untils, batch.firsts
    spans, x, y, z = motions[0], motions[1], motions[2], motions[3]
    u, v, w = motions[4], motions[5], motions[6]
    for k in range(count):
        a = u[k] * u[k] + v[k] * v[k] + w[k] * w[k]
        b = x[k] * u[k] + y[k] * v[k] + z[k] * w[k]
        c = x[k] * x[k] + y[k] * y[k] + z[k] * z[k] - radius * radius
        discriminant = b * b - a * c
        root = math.sqrt(max(discriminant, 0.0))
        # The larger root in magnitude first, the other from the product: no cancellation.
        q = -(b + root) if b >= 0.0 else root - b
        one, two = q / a, (c / q if q != 0.0 else 0.0)
        enter, leave = max(0.0, min(one, two)), min(spans[k], max(one, two))
        passes, rests = discriminant > 0.0, a * spans[k] * spans[k] < NO_MOTION_M2
        stays = rests & (c <= 0.0)
        froms[k] = 0.0 if rests or not passes else enter
        untils[k] = spans[k] if stays else (0.0 if rests or not passes else leave)
        nearest[k] = 0.0 if rests else -b / a


@kernel
def _still_meeting(
    asked: Segment, other: Segment, near: Nearness, table: Matrix
) -> tuple[float, float, float]:
    """Return for how long two stays meet, are near, and are expected near (ms); 0 where never."""
    x, y, z = other.x0 - asked.x0, other.y0 - asked.y0, other.z0 - asked.z0
    square = x * x + y * y + z * z
    if square > near.reach * near.reach:
        return 0.0, 0.0, 0.0
    distance = math.sqrt(square)
    sigma = math.sqrt(asked.sigma0**2 + other.sigma0**2)
    chance = within(distance, sigma, near.radius, table)
    likely, is_near = chance >= near.min_probability, distance <= near.radius
    if not (likely or is_near):
        return 0.0, 0.0, 0.0
    begin, end = overlap(asked, other)
    span = end - begin
    return span, span if is_near else 0.0, chance * span if likely else 0.0


@kernel
def _note(
    question: Matrix,
    pairs: Longs,
    first: Int,
    last: Int,
    cells: Words,
    near: Nearness,
    table: Matrix,
    batch: Batch,
    out: Matrix,
    n: Int,
) -> Int:
    """Write the meetings of a batch of pairs behind the ``n`` that there are; return how many.

    Of a pair of which one moves they are its likely periods and the time within the radius, as
    one where these overlap. Two stays have one, whose separation and probability do not change.
    """
    periods, read, held = batch.periods, np.int64(0), batch.used[PERIODS]
    for k in range(first, last):
        pair, row = k - first, pairs[k, 1]
        begins = read
        while read < held and periods[read, PAIR] == pair:
            read += 1
        m = motion_at(batch.motions, pair)
        enter, leave, nearest = batch.froms[pair], batch.untils[pair], batch.firsts[pair]
        is_near = leave > enter
        if m.span > 0.0 and read == begins and not is_near:
            continue
        asked, other = asked_at(question, pairs[k, 0]), segment_at(cells, row)
        start, stop, near_ms, expected = enter, leave, leave - enter, 0.0
        if m.span <= 0.0:
            stop, near_ms, expected = _still_meeting(asked, other, near, table)
            if stop <= 0.0:
                continue
            x, y, z = other.x0 - asked.x0, other.y0 - asked.y0, other.z0 - asked.z0
            m, start, is_near, nearest = still(x, y, z, stop), 0.0, True, 0.0
        offset, lasts = max(asked.begin, other.start), other.stop - other.start
        is_presumed = asked.kind == PRESUMED_KIND or other.kind == PRESUMED_KIND  # noqa: PLR1714 - a tuple compiles slowly
        for p in range(begins, read + 1):
            a, b, inside_ms, likely_ms = start, stop, near_ms, expected
            if p < read:
                a, b, inside_ms = periods[p, SINCE], periods[p, UNTIL], 0.0
                likely_ms = periods[p, INTEGRAL]
                if is_near and a <= leave and b >= enter:
                    start, stop, expected = min(start, a), max(stop, b), expected + likely_ms
                    continue
            elif not is_near:
                break
            t = min(b, max(a, nearest))
            out[n, WHO], out[n, PERIOD] = cells[row, 2], asked.period
            out[n, BEGIN], out[n, FINISH] = asked.midnight + offset + a, asked.midnight + offset + b
            out[n, NEAR_MS], out[n, EXPECTED_MS] = inside_ms, likely_ms
            out[n, NEAREST] = separation(m, t)
            share = (offset + t - other.start) / lasts
            out[n, AT] = other.x0 + share * (other.x1 - other.x0) - (m.x + t * m.u) / 2.0
            out[n, AT + 1] = other.y0 + share * (other.y1 - other.y0) - (m.y + t * m.v) / 2.0
            out[n, AT + 2] = other.z0 + share * (other.z1 - other.z0) - (m.z + t * m.w) / 2.0
            out[n, PRESUMED] = 1.0 if is_presumed else 0.0
            n += 1
    return n


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
    out, batch = np.empty((pairs.shape[0] + BATCH, MEETING_COLUMNS)), new_batch()
    n: Int = np.int64(0)
    for first in range(0, pairs.shape[0], BATCH):
        last = min(first + BATCH, pairs.shape[0])
        follow(question, pairs, first, last, cells, near, table, edge, batch)
        _pass(batch, last - first, near.radius)
        most = last - first + batch.used[PERIODS]
        if n + most > out.shape[0]:
            out = with_room(out, n, most)
        n = _note(question, pairs, first, last, cells, near, table, batch, out, n)
    return out[:n]
