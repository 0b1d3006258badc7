"""From meetings in any order to episodes and exposures, one pass over sorted rows."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.dealing import as_parts, dealt, first_of, shares
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


@kernel
def _part(meetings: Matrix, row: Int, column: Int, low: float, high: float) -> float:
    """Return the share of ``column`` that falls between two instants; it grows evenly."""
    a, b = meetings[row, BEGIN], meetings[row, FINISH]
    shared = min(b, high) - max(a, low)
    if shared <= 0.0:
        return 0.0
    return float(meetings[row, column] * min(1.0, shared / (b - a)))


@kernel
def _most_in_a_day(meetings: Matrix, first: Int, last: Int, column: Int) -> float:
    """Return the largest sum of ``column`` in any 24 hours, over the rows ``first`` to ``last``.

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


@kernel
def _open_episode(meetings: Matrix, row: Int, episodes: Matrix, e: Int) -> None:
    episodes[e, E_WHO], episodes[e, E_PRESUMED] = meetings[row, WHO], meetings[row, PRESUMED]
    episodes[e, E_START] = episodes[e, E_END] = meetings[row, BEGIN]
    for column in range(E_NEAR, E_NEAREST):
        episodes[e, column] = 0.0
    episodes[e, E_NEAREST] = np.inf
    episodes[e, E_BACK] = episodes[e, E_FORWARD] = 0.0


@kernel
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


@kernel
def _goes_on(
    meetings: Matrix, row: Int, whose: float, presumed: float, end: float, bridge: float
) -> bool:
    """Whether a meeting goes on with an episode that lasted until ``end``."""
    return bool(
        (meetings[row, WHO] == whose)
        & (meetings[row, PRESUMED] == presumed)
        & (meetings[row, BEGIN] - end <= bridge)
    )


@kernel
def _episodes_in(meetings: Matrix, bridge: float) -> Int:
    """Count the episodes that ``_merge`` will make of meetings."""
    n: Int = np.int64(0)
    whose, presumed, end = -1.0, -1.0, 0.0
    for k in range(meetings.shape[0]):
        if n == 0 or not _goes_on(meetings, k, whose, presumed, end, bridge):
            n += 1
            whose, presumed, end = meetings[k, WHO], meetings[k, PRESUMED], meetings[k, BEGIN]
        end = max(end, meetings[k, FINISH])
    return n


@kernel
def _merge(
    meetings: Matrix,
    bridge: float,
    back: Flags,
    forward: Flags,
    episodes: Matrix,
    first: Int,
) -> None:
    """Merge meetings of one pair that at most ``bridge`` ms part, to episodes from ``first`` on."""
    e = first - 1
    most = 0.0
    for k in range(meetings.shape[0]):
        if e < first or not _goes_on(
            meetings,
            k,
            episodes[e, E_WHO],
            episodes[e, E_PRESUMED],
            episodes[e, E_END],
            bridge,
        ):
            e += 1
            most = -1.0
            _open_episode(meetings, k, episodes, e)
        most = _extend_episode(meetings, k, back, forward, episodes, e, most)


@kernel
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


@kernel
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
def _expose(
    meetings: Matrix,
    episodes: Matrix,
    first: Int,
    last: Int,
    back: Flags,
    forward: Flags,
    weight: NDArray[np.float64],
    exposures: Matrix,
    x: Int,
) -> None:
    """Sum meetings and their episodes, both by participant, to exposures from row ``x`` on."""
    e: Int = np.int64(first)
    k: Int = np.int64(0)
    while e < last:
        who, first_e, first_k = episodes[e, E_WHO], e, k
        while e < last and episodes[e, E_WHO] == who:
            e += 1
        while k < meetings.shape[0] and meetings[k, WHO] == who:
            k += 1
        for column in range(EXPOSURE_COLUMNS):
            exposures[x, column] = 0.0
        _sum_exposure(meetings, first_k, k, back, forward, weight, exposures, x)
        _describe_exposure(episodes, first_e, e, exposures, x)
        x += 1


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
    infectiousness) are one value a local day of the window. Two threads share the participants,
    and each writes to its own rows of one array: the answer has the same bytes as one thread's.
    """
    parts = as_parts(found)
    first = first_of(parts)
    whole = slice(0, len(first) // 2)
    work = shares(first, threads) if first[-1] > _FEW_MEETINGS else [whole]

    def own(who: slice) -> tuple[Matrix, Int]:
        meetings = dealt(parts, who.start, who.stop, first)
        return meetings, _episodes_in(meetings, bridge_ms)

    def exposed(share: tuple[Matrix, Int, Int, int]) -> None:
        meetings, start, end, x = share
        _merge(meetings, bridge_ms, back, forward, episodes, start)
        _expose(meetings, episodes, start, end, back, forward, weight, exposures, x)

    with helper(threads if len(work) > 1 else 1) as pool:
        owned = shared(own, work, pool)
        ends = [0, *accumulate(count for _, count in owned)]
        known = [0, *accumulate(_known(first, who) for who in work)]
        episodes = np.empty((ends[-1], EPISODE_COLUMNS))
        exposures = np.empty((known[-1], EXPOSURE_COLUMNS))
        rows = zip(owned, pairwise(ends), known, strict=False)
        shared(exposed, [(own, *span, x) for (own, _), span, x in rows], pool)
    return episodes, exposures


def _known(first: Longs, who: slice) -> int:
    """Return how many of some participants have meetings."""
    return int(np.count_nonzero(np.diff(first[2 * who.start : 2 * who.stop + 1 : 2])))
