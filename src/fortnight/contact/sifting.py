"""Of the rows that outlines let pass: which come within reach of a question, and for how long.

Half of them do not. So many rows at a time are laid out column by column, and then the processor
looks at eight of them at once: nothing in that loop depends on what it finds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.lookup import METRES_A_SIGMA_UNIT, METRES_A_UNIT
from fortnight.contact.meeting import LEAST_SQUARE, NO_MOTION_M2
from fortnight.contact.question import asked_at
from fortnight.track.tracks import TIME_MASK

if TYPE_CHECKING:
    from fortnight.contact.lookup import Longs, Words
    from fortnight.contact.meeting import Matrix, Nearness
    from fortnight.contact.question import Segment

# Columns of a pair.
ASKED: Final = 0  # row of the question
ROW: Final = 1  # of the index
WHOSE: Final = 2  # number of the other
MOST_MS: Final = 3  # near for so long at most, rounded up
PAIR_COLUMNS: Final = 4

_AT_ONCE: Final = 512
"""Rows that are laid out together: their columns stay near the processor."""

_START: Final = 0  # ms of the day
_STOP: Final = 1
_HERE: Final = 2  # x, y, z in 1/256 m at the start
_THERE: Final = 5  # and at the end
_SIGMA: Final = 8  # the smaller of both ends, 1/1024 m
_MOST: Final = 9  # near for so long (ms) at most, -1 where never within reach
_COLUMNS: Final = 10


@kernel
def new_room() -> Matrix:
    """Return room for the columns of rows that are looked at together."""
    return np.empty((_COLUMNS, _AT_ONCE))


@kernel
def _lay_out(cells: Words, hits: Longs, first: Int, count: Int, room: Matrix) -> None:
    """Write some rows of the index column by column."""
    start, stop, sigma = room[_START], room[_STOP], room[_SIGMA]
    x0, y0, z0 = room[_HERE], room[_HERE + 1], room[_HERE + 2]
    x1, y1, z1 = room[_THERE], room[_THERE + 1], room[_THERE + 2]
    for k in range(count):
        row = np.uint64(hits[first + k])
        start[k], stop[k] = cells[row, 0] & TIME_MASK, cells[row, 1]
        x0[k], y0[k], z0[k] = cells[row, 3], cells[row, 4], cells[row, 5]
        x1[k], y1[k], z1[k] = cells[row, 7], cells[row, 8], cells[row, 9]
        sigma[k] = min(cells[row, 6], cells[row, 10])


@kernel
def _look(asked: Segment, count: Int, near: Nearness, room: Matrix) -> None:
    """Find for how long each row is near at most, where the pair is fine enough to be judged.

    All of the time up to ``near.inner``; of that from there to the reach, the share that no
    probability exceeds there. The same motion as ``meeting.path`` gives, and the same roots as
    ``meeting.inside``.
    """
    start, stop, sigma, most = room[_START], room[_STOP], room[_SIGMA], room[_MOST]
    x0, y0, z0 = room[_HERE], room[_HERE + 1], room[_HERE + 2]
    x1, y1, z1 = room[_THERE], room[_THERE + 1], room[_THERE + 2]
    pace = 1.0 / (asked.stop - asked.start)
    au, av, aw = (
        (asked.x1 - asked.x0) * pace,
        (asked.y1 - asked.y0) * pace,
        (asked.z1 - asked.z0) * pace,
    )
    least, square = min(asked.sigma0, asked.sigma1), near.reach * near.reach
    left = near.sigma_limit * near.sigma_limit - least * least
    ring, outer = square - near.inner * near.inner, near.outer_share
    for k in range(count):
        begin, end = max(asked.begin, start[k]), min(asked.end, stop[k])
        rate, span, since = 1.0 / (stop[k] - start[k]), end - begin, begin - asked.start
        share = (begin - start[k]) * rate
        dx, dy, dz = x1[k] - x0[k], y1[k] - y0[k], z1[k] - z0[k]
        x = (x0[k] + share * dx) * METRES_A_UNIT - (asked.x0 + since * au)
        y = (y0[k] + share * dy) * METRES_A_UNIT - (asked.y0 + since * av)
        z = (z0[k] + share * dz) * METRES_A_UNIT - (asked.z0 + since * aw)
        rate *= METRES_A_UNIT
        u, v, w = dx * rate - au, dy * rate - av, dz * rate - aw
        a = u * u + v * v + w * w
        b, c = x * u + y * v + z * w, x * x + y * y + z * z - square
        slowness = 1.0 / max(a, LEAST_SQUARE)
        nearest = min(span, max(0.0, -b * slowness))
        comes = (span > 0.0) & (c + nearest * (2.0 * b + nearest * a) <= 0.0)
        claimed = sigma[k] * METRES_A_SIGMA_UNIT
        part, whole = (
            math.sqrt(max(b * b - a * (c + ring), 0.0)),
            math.sqrt(max(b * b - a * c, 0.0)),
        )
        inner = min(span, (part - b) * slowness) - max(0.0, (-b - part) * slowness)
        passing = min(span, (whole - b) * slowness) - max(0.0, (-b - whole) * slowness)
        rests = a * span * span < NO_MOTION_M2
        inner = (span if c + ring <= 0.0 else 0.0) if rests else max(0.0, inner)
        passing = span if rests else max(0.0, passing)
        fine = claimed * claimed <= left
        most[k] = inner + outer * (passing - inner) if comes & fine else -1.0


@kernel
def sift(
    question: Matrix,
    q: Int,
    who: Int,
    cells: Words,
    near: Nearness,
    hits: Longs,
    count: Int,
    room: Matrix,
    out: Longs,
    n: Int,
) -> Int:
    """Write the pairs of one row of the question behind the ``n`` that there are; how many then."""
    asked, at, most = asked_at(question, q), np.uint64(n), room[_MOST]
    for first in range(0, count, _AT_ONCE):
        some = min(_AT_ONCE, count - first)
        _lay_out(cells, hits, first, some, room)
        _look(asked, some, near, room)
        for k in range(some):
            row = np.uint64(hits[first + k])
            out[at, ASKED], out[at, ROW], out[at, WHOSE] = q, hits[first + k], cells[row, 2]
            out[at, MOST_MS] = np.int64(most[k]) + 1
            at += np.uint64((most[k] >= 0.0) & (cells[row, 2] != who))
    return np.int64(at)
