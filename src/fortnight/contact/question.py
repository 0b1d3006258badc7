"""A case's own segments as a question: cut at the local midnights of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, inlined, kernel
from fortnight.track.geometry import UNITS_A_METRE
from fortnight.track.growing import first_at_least, trimmed, with_room
from fortnight.track.rules import END
from fortnight.track.tracks import KIND_SHIFT, SIGMA_UNITS_A_METRE, TIME_MASK, Words

if TYPE_CHECKING:
    from fortnight.contact.index import Index

# Columns of a question. Times are milliseconds of the UTC day; FROM and TO are the part asked.
FROM: Final = 0
TO: Final = 1
START: Final = 2
STOP: Final = 3
HERE: Final = 4  # x, y, z in metres at START
THERE: Final = 7  # x, y, z in metres at STOP
SIGMA0: Final = 10
SIGMA1: Final = 11
KIND: Final = 12
MIDNIGHT: Final = 13  # ms since 1970
PARTITION: Final = 14  # which of the index's days
PERIOD: Final = 15  # which of the window's local days
COLUMNS: Final = 16

Matrix = NDArray[np.float64]
_DAY_MS: Final = 86_400_000


class Segment(NamedTuple):
    """One segment, and what is asked of it, as values: times in ms of the UTC day, metres.

    Compiled code passes values in registers; a view of a row would be counted in and out at
    every call.
    """

    begin: float
    end: float
    start: float
    stop: float
    x0: float
    y0: float
    z0: float
    x1: float
    y1: float
    z1: float
    sigma0: float
    sigma1: float
    kind: float
    midnight: float
    period: float


@inlined
def asked_at(question: Matrix, q: Int) -> Segment:
    """Return a row of a question."""
    return Segment(
        question[q, FROM],
        question[q, TO],
        question[q, START],
        question[q, STOP],
        question[q, HERE],
        question[q, HERE + 1],
        question[q, HERE + 2],
        question[q, THERE],
        question[q, THERE + 1],
        question[q, THERE + 2],
        question[q, SIGMA0],
        question[q, SIGMA1],
        question[q, KIND],
        question[q, MIDNIGHT],
        question[q, PERIOD],
    )


@kernel
def unpack(vertices: Words, v: Int, row: Matrix) -> None:
    """Write the segment that vertex ``v`` starts to ``row``: its times, ends, sigmas and kind."""
    row[START] = vertices[v, 0] & TIME_MASK
    row[STOP] = vertices[v + 1, 0] & TIME_MASK
    for axis in range(3):
        row[HERE + axis] = vertices[v, 1 + axis] / UNITS_A_METRE
        row[THERE + axis] = vertices[v + 1, 1 + axis] / UNITS_A_METRE
    row[SIGMA0] = vertices[v, 4] / SIGMA_UNITS_A_METRE
    row[SIGMA1] = vertices[v + 1, 4] / SIGMA_UNITS_A_METRE
    row[KIND] = vertices[v, 0] >> KIND_SHIFT


@kernel
def _ask(
    vertices: Words,
    days: Words,
    first: Int,
    last: Int,
    edges: NDArray[np.int64],
    day_numbers: NDArray[np.int64],
) -> Matrix:
    out = np.empty((64, COLUMNS))
    row = np.empty(COLUMNS)
    n: Int = np.int64(0)
    for d in range(first, last):
        end = days[d + 1, 2] if d + 1 < days.shape[0] else vertices.shape[0]
        midnight = np.int64(days[d, 1]) * _DAY_MS
        row[MIDNIGHT] = midnight
        row[PARTITION] = first_at_least(day_numbers, 0, day_numbers.shape[0], days[d, 1])
        for v in range(days[d, 2], end):
            if vertices[v, 0] >> KIND_SHIFT == END:
                continue
            unpack(vertices, v, row)
            start, stop = midnight + np.int64(row[START]), midnight + np.int64(row[STOP])
            period = max(0, first_at_least(edges, 0, edges.shape[0], start + 1) - 1)
            while period + 1 < edges.shape[0] and edges[period] < stop:
                a, b = max(start, edges[period]), min(stop, edges[period + 1])
                if b > a:
                    row[FROM], row[TO], row[PERIOD] = a - midnight, b - midnight, period
                    out = with_room(out, n, 1)
                    for column in range(COLUMNS):
                        out[n, column] = row[column]
                    n += 1
                period += 1
    return trimmed(out, n)


def ask(index: Index, who: int, edges: NDArray[np.int64]) -> Matrix:
    """Return the segments of participant ``who`` between the first and last of ``edges``.

    ``edges`` are instants in ms, ascending: the local midnights of the window. A segment that
    crosses one becomes several rows, so that every row lies in one UTC and one local day.
    Returns float64 (rows, 16), in order of time.
    """
    days = index.tracks.days_of(who)
    return _ask(
        index.tracks.vertices, index.tracks.days, days.start, days.stop, edges, index.day_numbers
    )
