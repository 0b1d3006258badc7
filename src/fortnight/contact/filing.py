"""What is known of a case's contacts, filed by contact: plain loops that let the interpreter go.

Each does in one pass what a dozen small calls of NumPy would do with the interpreter held, which
two threads that each look at a case of their own would wait for in turn.
"""

from __future__ import annotations

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
def places_in(people: Longs, who: Longs) -> Longs:
    """Return where each of some stands in a sorted list, -1 where nowhere."""
    places = np.empty(who.shape[0], dtype=np.int64)
    guess: Int = np.int64(0)
    for k in range(who.shape[0]):
        places[k] = place_in(people, who[k], guess)
        guess = places[k] + 1
    return places


@kernel
def _add_neighbours(who: Longs, count: Int, found: Longs) -> Int:
    """Add who stands there, neighbours that are the same once; returns how many there are."""
    for k in range(who.shape[0]):
        if k == 0 or who[k] != who[k - 1]:
            found[count] = who[k]
            count += 1
    return count


@kernel
def _distinct(found: Longs, count: Int) -> Longs:
    """Return the first ``count`` in order, each once."""
    ordered = np.sort(found[:count])
    return ordered[: _add_neighbours(ordered, np.int64(0), ordered)]


@kernel
def everyone(
    located: Matrix, heard: Longs, visited: Longs, scanned: Longs, left: Longs
) -> tuple[Longs, Longs]:
    """Return all of whom anything is known, and those of whom it is not positions alone.

    ``located`` are rows of ``contact.episodes``, of which presumed ones make nobody known; the
    others say who it is, row by row.
    """
    signs = heard.shape[0] + visited.shape[0] + scanned.shape[0] + left.shape[0]
    found = np.empty(signs + located.shape[0], dtype=np.int64)
    count = _add_neighbours(heard, np.int64(0), found)
    count = _add_neighbours(visited, count, found)
    count = _add_neighbours(scanned, count, found)
    by_sign = _distinct(found, _add_neighbours(left, count, found))
    count = _add_neighbours(by_sign, np.int64(0), found)
    before = -1.0
    for k in range(located.shape[0]):
        if located[k, E_PRESUMED] == 0.0 and located[k, E_WHO] != before:
            before = located[k, E_WHO]
            found[count] = np.int64(before)
            count += 1
    return _distinct(found, count), by_sign


@kernel
def first_rows(who: Longs, people: Longs) -> Longs:
    """Return where the rows of each begin, and where the last one's end; both are sorted.

    Nobody has rows who is not among ``people``.
    """
    first = np.zeros(people.shape[0] + 1, dtype=np.int64)
    row: Int = np.int64(0)
    for c in range(people.shape[0]):
        while row < who.shape[0] and who[row] <= people[c]:
            row += 1
        first[c + 1] = row
    return first


@kernel
def _write_located(located: Matrix, k: Int, start: float, spans: Matrix, at: Int) -> None:
    """Write when the positions of an episode speak and how likely they make nearness."""
    spans[at, FROM], spans[at, TO] = located[k, E_START] - start, located[k, E_END] - start
    lasting = max(located[k, E_END] - located[k, E_START], 1.0)
    spans[at, SAYS], spans[at, FACE] = located[k, E_EXPECTED] / lasting, 0.0


@kernel
def located_spans(located: Matrix, people: Longs, start: float) -> tuple[Matrix, Longs]:
    """Return what the positions of some people say, one after the other, and where each begins.

    The episodes of one keep their order; presumed ones say nothing. Times count from ``start``.
    """
    count = located.shape[0]
    row, first = np.empty(count, dtype=np.int64), np.zeros(people.shape[0] + 1, dtype=np.int64)
    guess: Int = np.int64(0)
    for k in range(count):
        row[k] = -1
        if located[k, E_PRESUMED] == 0.0:
            row[k] = place_in(people, np.int64(located[k, E_WHO]), guess)
        if row[k] >= 0:
            guess = row[k]
            first[guess + 1] += 1
    for c in range(people.shape[0]):
        first[c + 1] += first[c]
    at, spans = first.copy(), np.empty((first[-1], SPAN_COLUMNS))
    for k in range(count):
        if row[k] >= 0:
            _write_located(located, k, start, spans, at[row[k]])
            at[row[k]] += 1
    return spans, first


@kernel
def days_before(edges: Longs, time: float) -> Int:
    """Return how many local days are over at a time, 0 before the first; days are few."""
    day: Int = np.int64(0)
    while day < edges.shape[0] - 1 and edges[day + 1] <= time:
        day += 1
    return day


@kernel
def _spread(located: Matrix, k: Int, minutes: float, edges: Longs, days: Matrix, c: Int) -> None:
    """Spread an episode's minutes evenly over the local days that it lasts."""
    start, end = located[k, E_START], located[k, E_END]
    lasting = max(end - start, 1.0)
    day = days_before(edges, start)
    while day < days.shape[1] and edges[day] < end:
        shared = min(end, float(edges[day + 1])) - max(start, float(edges[day]))
        if shared > 0.0:
            days[c, day] += minutes * min(1.0, shared / lasting)
        day += 1


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
def rows_of(table: Matrix, rows: Longs) -> Matrix:
    """Return some rows of a table, zeros for -1."""
    taken = np.zeros((rows.shape[0], table.shape[1]))
    for k in range(rows.shape[0]):
        if rows[k] >= 0:
            for column in range(table.shape[1]):
                taken[k, column] = table[rows[k], column]
    return taken
