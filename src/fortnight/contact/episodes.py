"""From meetings to episodes and exposures: one pass, participant by participant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, inlined, kernel
from fortnight.contact.dealing import first_of, gathered, order_of, shares
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
)
from fortnight.contact.sharing import helper, shared

if TYPE_CHECKING:
    from collections.abc import Sequence

Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Columns of an episode.
E_WHO: Final = 0
E_START: Final = 1
E_END: Final = 2
E_NEAR: Final = 3
E_EXPECTED: Final = 4
E_LASTING: Final = 5  # the union of its meetings: bridged time is not counted
E_NEAREST: Final = 6
E_AT: Final = 7
E_PRESUMED: Final = 10
E_BACK: Final = 11
E_FORWARD: Final = 12
EPISODE_COLUMNS: Final = 13

# Columns of an exposure.
X_WHO: Final = 0
X_NEAR: Final = 1
X_NEAR_FORWARD: Final = 2
X_NEAR_BACK: Final = 3
X_EXPECTED: Final = 4
X_EXPECTED_FORWARD: Final = 5
X_EXPECTED_BACK: Final = 6
X_EXPECTED_24H: Final = 7
X_PRESUMED: Final = 8
X_PRESUMED_24H: Final = 9
X_PROBABILITY: Final = 10
X_NEAREST: Final = 11
X_FIRST: Final = 12
X_LAST: Final = 13
X_WEIGHT: Final = 14
X_FIRST_EPISODE: Final = 15
X_EPISODES: Final = 16
X_OBSERVED: Final = 17  # 1 where any of it was observed, 0 where all is presumed
EXPOSURE_COLUMNS: Final = 18

_DAY_MS: Final = 86_400_000.0
_FEW_MEETINGS: Final = 8_000
"""Up to which a second thread costs more than it saves."""


@inlined
def _part(meetings: Matrix, row: Int, column: Int, low: float, high: float) -> float:
    """Return the share of ``column`` that falls between two instants; it grows evenly."""
    a, b = meetings[row, BEGIN], meetings[row, FINISH]
    shared = min(b, high) - max(a, low)
    if shared <= 0.0:
        return 0.0
    return float(meetings[row, column] * min(1.0, shared / (b - a)))


@inlined
def _most_of_windows(meetings: Matrix, first: Int, last: Int, column: Int) -> float:
    """Return the largest sum of ``column`` in any 24 hours of several days.

    Within a meeting the sum grows evenly, so the largest window begins where a meeting begins
    or ends where one ends: moving it between such moments gains nothing. No meeting is longer
    than a day, so the oldest that a window can touch begins less than a day before it.
    """
    best = 0.0
    for edge in range(2):
        oldest, newest, total = first, first, 0.0
        for k in range(first, last):
            if meetings[k, column] <= 0.0:
                continue
            low = meetings[k, BEGIN]
            if edge == 1:
                low = meetings[k, FINISH] - _DAY_MS
            # whole rows between the two pointers; those at the ends are weighed one by one
            while newest < last and meetings[newest, BEGIN] < low + _DAY_MS:
                total += meetings[newest, column]
                newest += 1
            while oldest < newest and meetings[oldest, FINISH] <= low:
                total -= meetings[oldest, column]
                oldest += 1
            inside = total
            j = oldest
            while j < newest and meetings[j, BEGIN] < low:
                inside -= meetings[j, column]
                inside += _part(meetings, j, column, low, low + _DAY_MS)
                j += 1
            j = newest - 1
            while j >= oldest and meetings[j, FINISH] > low + _DAY_MS:
                if meetings[j, BEGIN] >= low:
                    inside -= meetings[j, column]
                    inside += _part(meetings, j, column, low, low + _DAY_MS)
                j -= 1
            best = max(best, inside)
    return best


@inlined
def _most_in_a_day(meetings: Matrix, first: Int, last: Int, column: Int) -> float:
    """Return the largest sum of ``column`` in any 24 hours, over the rows ``first`` to ``last``."""
    whole, earliest, latest = 0.0, np.inf, -np.inf
    for k in range(first, last):
        whole += meetings[k, column]
        earliest, latest = min(earliest, meetings[k, BEGIN]), max(latest, meetings[k, FINISH])
    if latest - earliest <= _DAY_MS:  # most people were met on one day only
        return float(whole)
    return float(_most_of_windows(meetings, first, last, column))


@inlined
def _open_episode(meetings: Matrix, row: Int, episodes: Matrix, e: Int) -> None:
    episodes[e, E_WHO], episodes[e, E_PRESUMED] = meetings[row, WHO], meetings[row, PRESUMED]
    episodes[e, E_START] = episodes[e, E_END] = meetings[row, BEGIN]
    for column in range(E_NEAR, E_NEAREST):
        episodes[e, column] = 0.0
    episodes[e, E_NEAREST] = np.inf
    episodes[e, E_BACK] = episodes[e, E_FORWARD] = 0.0


@inlined
def _extend_episode(
    meetings: Matrix,
    row: Int,
    back: Flags,
    forward: Flags,
    episodes: Matrix,
    e: Int,
    most: float,
) -> float:
    """Add a meeting to an episode, whose place is that of its likeliest meeting."""
    begin, finish = meetings[row, BEGIN], meetings[row, FINISH]
    episodes[e, E_LASTING] += max(0.0, finish - max(begin, episodes[e, E_END]))
    episodes[e, E_END] = max(episodes[e, E_END], finish)
    episodes[e, E_NEAR] += meetings[row, NEAR_MS]
    episodes[e, E_EXPECTED] += meetings[row, EXPECTED_MS]
    episodes[e, E_NEAREST] = min(episodes[e, E_NEAREST], meetings[row, NEAREST])
    period = np.int64(meetings[row, PERIOD])
    if back[period]:
        episodes[e, E_BACK] = 1.0
    if forward[period]:
        episodes[e, E_FORWARD] = 1.0
    if meetings[row, EXPECTED_MS] > most:
        most = meetings[row, EXPECTED_MS]
        for axis in range(3):
            episodes[e, E_AT + axis] = meetings[row, AT + axis]
    return most


@inlined
def _merge(
    meetings: Matrix,
    count: Int,
    bridge: float,
    back: Flags,
    forward: Flags,
    episodes: Matrix,
    first: Int,
) -> Int:
    """Merge one participant's meetings that at most ``bridge`` ms part; return where they end.

    ``episodes`` are written from row ``first`` on.
    """
    e = first - 1
    most = 0.0
    for k in range(count):
        if (
            e < first
            or episodes[e, E_PRESUMED] != meetings[k, PRESUMED]
            or meetings[k, BEGIN] - episodes[e, E_END] > bridge
        ):
            e += 1
            most = -1.0
            _open_episode(meetings, k, episodes, e)
        most = _extend_episode(meetings, k, back, forward, episodes, e, most)
    return e + 1


@inlined
def _sum_exposure(
    meetings: Matrix,
    first: Int,
    last: Int,
    back: Flags,
    forward: Flags,
    weight: NDArray[np.float64],
    exposures: Matrix,
    x: Int,
) -> None:
    """Add one participant's meetings up; presumed ones apart."""
    split = first
    for k in range(first, last):
        if meetings[k, PRESUMED] > 0.0:
            exposures[x, X_PRESUMED] += meetings[k, NEAR_MS]
            continue
        split = k + 1
        near, expected = meetings[k, NEAR_MS], meetings[k, EXPECTED_MS]
        period = np.int64(meetings[k, PERIOD])
        exposures[x, X_NEAR] += near
        exposures[x, X_EXPECTED] += expected
        if forward[period]:
            exposures[x, X_NEAR_FORWARD] += near
            exposures[x, X_EXPECTED_FORWARD] += expected
            exposures[x, X_WEIGHT] += expected * weight[period]
        if back[period]:
            exposures[x, X_NEAR_BACK] += near
            exposures[x, X_EXPECTED_BACK] += expected
    expected_column, near_column = np.int64(EXPECTED_MS), np.int64(NEAR_MS)
    exposures[x, X_EXPECTED_24H] = _most_in_a_day(meetings, first, split, expected_column)
    exposures[x, X_PRESUMED_24H] = _most_in_a_day(meetings, split, last, near_column)
    exposures[x, X_OBSERVED] = 1.0 if split > first else 0.0


@inlined
def _describe_exposure(episodes: Matrix, first: Int, last: Int, exposures: Matrix, x: Int) -> None:
    """Take first, last, nearest and likeliest from the observed episodes, if there are any."""
    observed = exposures[x, X_OBSERVED] > 0.0
    exposures[x, X_WHO] = episodes[first, E_WHO]
    exposures[x, X_FIRST], exposures[x, X_LAST] = np.inf, -np.inf
    exposures[x, X_NEAREST] = np.inf
    for e in range(first, last):
        if observed and episodes[e, E_PRESUMED] > 0.0:
            continue
        exposures[x, X_FIRST] = min(exposures[x, X_FIRST], episodes[e, E_START])
        exposures[x, X_LAST] = max(exposures[x, X_LAST], episodes[e, E_END])
        exposures[x, X_NEAREST] = min(exposures[x, X_NEAREST], episodes[e, E_NEAREST])
        mean = episodes[e, E_EXPECTED] / max(episodes[e, E_LASTING], 1.0)
        exposures[x, X_PROBABILITY] = max(exposures[x, X_PROBABILITY], mean)
    exposures[x, X_FIRST_EPISODE], exposures[x, X_EPISODES] = first, last - first


@kernel
def _largest(first: Longs, low: Int, high: Int) -> Int:
    """Return how many meetings one participant has at most."""
    most: Int = np.int64(0)
    for who in range(low, high):
        most = max(most, first[2 * who + 2] - first[2 * who])
    return most


@kernel
def _expose(
    rows: Matrix,
    order: Longs,
    first: Longs,
    low: Int,
    high: Int,
    bridge: float,
    back: Flags,
    forward: Flags,
    weight: NDArray[np.float64],
    episodes: Matrix,
    exposures: Matrix,
) -> Int:
    """Merge and sum the meetings of some participants, one by one; return how many episodes.

    A participant's meetings are brought together first: what follows then lies in the cache.
    """
    own = np.empty((_largest(first, low, high), MEETING_COLUMNS))
    e: Int = np.int64(0)
    k, x = np.uint64(0), np.int64(0)
    for who in range(low, high):
        count = first[2 * who + 2] - first[2 * who]
        if count == 0:
            continue
        for row in range(count):
            at = np.uint64(order[k])
            for column in range(MEETING_COLUMNS):
                own[row, column] = rows[at, column]
            k += np.uint64(1)
        begin = e
        e = _merge(own, count, bridge, back, forward, episodes, begin)
        for column in range(EXPOSURE_COLUMNS):
            exposures[x, column] = 0.0
        _sum_exposure(own, np.int64(0), count, back, forward, weight, exposures, x)
        _describe_exposure(episodes, begin, e, exposures, x)
        x += 1
    return e


def expose(
    found: Sequence[Matrix],
    *,
    bridge_ms: float,
    back: Flags,
    forward: Flags,
    weight: NDArray[np.float64],
    threads: int = 1,
) -> tuple[Matrix, Matrix]:
    """Return episodes (e, 13) and exposures (x, 18), both by participant, times in ms.

    ``found`` are meetings in parts. ``back``, ``forward`` and ``weight`` (relative
    infectiousness) are one value a local day of the window. Two threads share the participants:
    the answer has the same bytes as one thread's.
    """
    meetings = sum(map(len, found))
    threads = threads if meetings > _FEW_MEETINGS else 1

    def exposed(who: slice) -> tuple[Matrix, Matrix]:
        order = order_of(dealt.groups, dealt.times, who.start, who.stop, first)
        episodes = np.empty((len(order), EPISODE_COLUMNS))
        exposures = np.empty((_known(first, who), EXPOSURE_COLUMNS))
        n = _expose(
            dealt.rows,
            order,
            first,
            who.start,
            who.stop,
            bridge_ms,
            back,
            forward,
            weight,
            episodes,
            exposures,
        )
        return episodes[:n], exposures

    with helper(threads) as pool:
        dealt = gathered(found, pool)
        first = first_of(dealt.groups)
        done = shared(exposed, shares(first, threads), pool)
    before = 0
    for episodes, exposures in done:
        exposures[:, X_FIRST_EPISODE] += before
        before += len(episodes)
    return np.concatenate([e for e, _ in done]), np.concatenate([x for _, x in done])


def _known(first: Longs, who: slice) -> int:
    """Return how many of some participants have meetings."""
    return int(np.count_nonzero(np.diff(first[2 * who.start : 2 * who.stop + 1 : 2])))
