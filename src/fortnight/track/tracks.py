"""Everyone's tracks, packed: the vertices of each person's days, and the slots observed.

A vertex is five 32-bit words: time of day in milliseconds with the kind of what it starts in
the upper five bits, x, y and z in 1/256 m, and the standard deviation in 1/1024 m. A person's
day is a chain of vertices; a kind of END leaves a gap until the next one. Sharing the point
where one segment ends and the next begins halves the size of a journey.
"""

from __future__ import annotations

from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.track.coverage import SLOT_WORDS, mark
from fortnight.track.geometry import UNITS_A_METRE, sphere_from_e7
from fortnight.track.growing import first_row_around, trimmed, with_room
from fortnight.track.layers import overlay
from fortnight.track.rules import AREA_LEG, AREA_STAY, END, LEG, STAY, Rules, rules_of
from fortnight.track.runs import DAY_MS, Matrix
from fortnight.track.segments import WIDTH, cut
from fortnight.track.visits import visit_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.evidence.arrange import Arranged
    from fortnight.parameters import Parameters

VERTEX_WORDS: Final = 5
SIGMA_UNITS_A_METRE: Final = 1_024
KIND_SHIFT: Final = 27
TIME_MASK: Final = (1 << KIND_SHIFT) - 1
DAY_WORDS: Final = 3 + SLOT_WORDS
"""Words of a person's day: participant, day since 1970, first vertex, and the observed slots."""

_FIXES_A_CHUNK: Final = 1_000_000

Words = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Tracks:
    """The tracks of all participants.

    ``vertices`` has shape (n, 5), ``days`` (person-days, 12), both int32 and read-only, sorted
    by participant and time; ``names`` are the participants in order of their numbers.
    """

    names: tuple[str, ...]
    vertices: Words
    days: Words
    parameters: Parameters

    def number_of(self, participant: str) -> int | None:
        """Return the number of a participant, or None where there is no such participant."""
        low = bisect_left(self.names, participant)
        found = low < len(self.names) and self.names[low] == participant
        return low if found else None

    def days_of(self, who: int) -> slice:
        """Return the rows of ``days`` that belong to participant number ``who``.

        Most have about as many days, so that the number says about where they are.
        """
        about = who * len(self.days) // max(1, len(self.names))
        first = int(first_row_around(self.days, who, about))
        return slice(first, int(first_row_around(self.days, who + 1, first)))


@kernel
def _points(
    time: NDArray[np.int64],
    lon: Words,
    lat: Words,
    accuracy: NDArray[np.float32],
    first: Int,
    last: Int,
    rules: Rules,
    fine: Matrix,
    coarse: Matrix,
) -> tuple[Int, Int]:
    """Place one person's fixes on the sphere, the coarse ones apart; return how many of each."""
    n = m = 0
    for k in range(first, last):
        x, y, z = sphere_from_e7(lon[k], lat[k])
        claimed = max(float(accuracy[k]), rules.accuracy_floor)
        if claimed > rules.coarse_accuracy:
            coarse[m, 0], coarse[m, 1], coarse[m, 2] = float(time[k]), x, y
            coarse[m, 3], coarse[m, 4] = z, claimed
            m += 1
        else:
            fine[n, 0], fine[n, 1], fine[n, 2] = float(time[k]), x, y
            fine[n, 3], fine[n, 4] = z, claimed
            n += 1
    return n, m


@kernel
def _vertex(
    out: Words, n: Int, ms: float, kind: Int, rows: Matrix, k: Int, at: Int, sigma: float
) -> None:
    """Write a vertex: ``at`` is the column of its x in row ``k``."""
    out[n, 0] = int(ms) | (kind << KIND_SHIFT)
    for axis in range(3):
        out[n, 1 + axis] = int(np.rint(rows[k, at + axis] * UNITS_A_METRE))
    out[n, 4] = int(np.rint(sigma * SIGMA_UNITS_A_METRE))


@kernel
def _chain(rows: Matrix, first: Int, last: Int, midnight: float, out: Words, n: Int) -> Int:
    """Write the segments ``first`` to ``last`` of one day as vertices; return the new count."""
    here, there, end = np.int64(2), np.int64(5), np.int64(END)
    for k in range(first, last):
        _vertex(out, n, rows[k, 0] - midnight, int(rows[k, 10]), rows, k, here, rows[k, 8])
        n += 1
        follows = k + 1 < last and rows[k + 1, 0] == rows[k, 1] and rows[k + 1, 8] == rows[k, 9]
        if follows:
            for axis in range(2, 5):
                follows = follows and rows[k + 1, axis] == rows[k, axis + 3]
        if not follows:
            _vertex(out, n, rows[k, 1] - midnight, end, rows, k, there, rows[k, 9])
            n += 1
    return n


@kernel
def _person(
    who: Int,
    rows: Matrix,
    n_rows: Int,
    fine: Matrix,
    n_fine: Int,
    coarse: Matrix,
    n_coarse: Int,
    vertices: Words,
    n: Int,
    days: Words,
    d: Int,
) -> tuple[Int, Int]:
    """Pack one person's segments and fixes, day by day."""
    i: Int = np.int64(0)
    j: Int = np.int64(0)
    c: Int = np.int64(0)
    while i < n_rows or j < n_fine or c < n_coarse:
        start = np.inf
        if i < n_rows:
            start = min(start, rows[i, 0])
        if j < n_fine:
            start = min(start, fine[j, 0])
        if c < n_coarse:
            start = min(start, coarse[c, 0])
        number = np.floor(start / DAY_MS)
        seen: Int = np.int64(STAY)
        midnight = number * DAY_MS
        for word in range(DAY_WORDS):
            days[d, word] = 0
        days[d, 0], days[d, 1], days[d, 2] = who, int(number), n
        first = i
        while i < n_rows and rows[i, 0] < midnight + DAY_MS:
            mark(days, d, rows[i, 0] - midnight, rows[i, 1] - midnight, int(rows[i, 10]))
            i += 1
        while j < n_fine and fine[j, 0] < midnight + DAY_MS:
            at = fine[j, 0] - midnight
            mark(days, d, at, at + 1.0, seen)
            j += 1
        while c < n_coarse and coarse[c, 0] < midnight + DAY_MS:
            c += 1
        n = _chain(rows, first, i, midnight, vertices, n)
        d += 1
    return n, d


@kernel
def _layered(
    rows: Matrix,
    n_rows: Int,
    visits: Matrix,
    n_visits: Int,
    presumed: Matrix,
    n_presumed: Int,
    area: Matrix,
    n_area: Int,
) -> tuple[Matrix, Int]:
    """Lay visits, presumed stays and coarse segments under what the fixes show."""
    one = np.empty((2 * n_rows + n_visits, WIDTH))
    n = overlay(rows, n_rows, visits, n_visits, one)
    two = np.empty((2 * n + n_presumed, WIDTH))
    n = overlay(one, n, presumed, n_presumed, two)
    three = np.empty((2 * n + n_area, WIDTH))
    return three, overlay(two, n, area, n_area, three)


@kernel
def _cut_people(
    first_person: Int,
    last_person: Int,
    offsets: NDArray[np.int64],
    time: NDArray[np.int64],
    lon: Words,
    lat: Words,
    accuracy: NDArray[np.float32],
    visit_offsets: NDArray[np.int64],
    visits: Matrix,
    rules: Rules,
) -> tuple[Words, Words]:
    """Cut the people ``first_person`` to ``last_person``; return their vertices and days."""
    longest: Int = np.int64(0)
    none: Int = np.int64(0)
    stay, leg = np.int64(STAY), np.int64(LEG)
    area_stay, area_leg = np.int64(AREA_STAY), np.int64(AREA_LEG)
    for who in range(first_person, last_person):
        longest = max(longest, offsets[who + 1] - offsets[who])
    fine, coarse, breaks = np.empty((longest, 5)), np.empty((longest, 5)), np.empty((longest, 2))
    observed, presumed = np.empty((3 * longest + 4, WIDTH)), np.empty((2 * longest + 4, WIDTH))
    area, unused = np.empty((3 * longest + 4, WIDTH)), np.empty((2 * longest + 4, WIDTH))
    vertices = np.empty((offsets[last_person] - offsets[first_person] + 64, VERTEX_WORDS), np.int32)
    days = np.empty((32 * (last_person - first_person) + 64, DAY_WORDS), np.int32)
    n: Int = np.int64(0)
    d: Int = np.int64(0)
    for who in range(first_person, last_person):
        n_fine, n_coarse = _points(
            time, lon, lat, accuracy, offsets[who], offsets[who + 1], rules, fine, coarse
        )
        n_rows, n_presumed = cut(
            fine, n_fine, coarse, n_coarse, stay, leg, rules, breaks, observed, presumed
        )
        n_area, _ = cut(
            coarse, n_coarse, coarse, none, area_stay, area_leg, rules, breaks, area, unused
        )
        rows = observed
        n_visits = visit_offsets[who + 1] - visit_offsets[who]
        if n_visits + n_presumed + n_area:
            own = visits[visit_offsets[who] : visit_offsets[who + 1]]
            rows, n_rows = _layered(
                observed, n_rows, own, n_visits, presumed, n_presumed, area, n_area
            )
        vertices = with_room(vertices, n, 2 * n_rows)
        days = with_room(days, d, n_fine + n_coarse + n_rows)
        n, d = _person(who, rows, n_rows, fine, n_fine, coarse, n_coarse, vertices, n, days, d)
    return trimmed(vertices, n), trimmed(days, d)


def build_tracks(
    arranged: Arranged,
    parameters: Parameters,
    *,
    threads: int = 2,
    on_progress: Callable[[int, int], None] | None = None,
) -> Tracks:
    """Cut everyone's fixes and visits into segments.

    The result does not depend on ``threads``: people are cut one by one and put together in
    their order. ``on_progress`` is told (fixes done, fixes in all).
    """
    rules = rules_of(parameters)
    visit_offsets, visits = visit_rows(arranged, parameters)
    bounds = _chunks(arranged.offsets)

    def cut_chunk(k: int) -> tuple[Words, Words]:
        return _cut_people(
            bounds[k],
            bounds[k + 1],
            arranged.offsets,
            arranged.time,
            arranged.lon,
            arranged.lat,
            arranged.accuracy,
            visit_offsets,
            visits,
            rules,
        )

    vertices: list[Words] = []
    days: list[Words] = []
    written = 0
    with ThreadPoolExecutor(threads) as pool:
        for k, (chunk_vertices, chunk_days) in enumerate(
            pool.map(cut_chunk, range(len(bounds) - 1)),
        ):
            chunk_days[:, 2] += written
            written += len(chunk_vertices)
            vertices.append(chunk_vertices)
            days.append(chunk_days)
            if on_progress is not None:
                on_progress(int(arranged.offsets[bounds[k + 1]]), len(arranged.time))
    return Tracks(
        names=arranged.names,
        vertices=joined(vertices, VERTEX_WORDS),
        days=joined(days, DAY_WORDS),
        parameters=parameters,
    )


def _chunks(offsets: NDArray[np.int64]) -> list[int]:
    """Split people into runs of about a million fixes."""
    bounds = [0]
    for who in range(1, len(offsets)):
        enough = offsets[who] - offsets[bounds[-1]] >= _FIXES_A_CHUNK
        if enough or who == len(offsets) - 1:
            bounds.append(who)
    return bounds


def joined(parts: list[Words], width: int) -> Words:
    """Join rows of ``width`` words into one read-only array."""
    joined = np.concatenate(parts) if parts else np.empty((0, width), np.int32)
    joined.flags.writeable = False
    return joined
