"""From meetings in any order to episodes and exposures, one pass over sorted rows."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
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


@kernel
def _count(meetings: Matrix, counts: Longs) -> None:
    """Count the meetings of each participant, observed and presumed apart."""
    for k in range(meetings.shape[0]):
        counts[2 * np.int64(meetings[k, WHO]) + np.int64(meetings[k, PRESUMED]) + 1] += 1


@kernel
def _deal(
    meetings: Matrix,
    before: Int,
    low: Int,
    high: Int,
    first: Longs,
    cursor: Longs,
    order: Longs,
    times: Longs,
) -> None:
    """Deal meetings to their participants, by participant, observed first, then time (whole ms).

    Cells of several sizes are searched one after the other, so rows of one pair arrive mixed;
    a state carried along the scan would split episodes that belong together. They arrive nearly
    in order of time, though: each is moved up the few places that it came late. What is equal
    stays as it came. ``order`` names a meeting by its number, ``before`` those of earlier parts.
    """
    for k in range(meetings.shape[0]):
        who = np.int64(meetings[k, WHO])
        if not low <= who < high:
            continue
        group, time = (
            2 * (who - low) + np.int64(meetings[k, PRESUMED]),
            np.int64(meetings[k, BEGIN]),
        )
        at, begins = cursor[group], first[group]
        cursor[group] += 1
        while at > begins and times[at - 1] > time:
            order[at], times[at] = order[at - 1], times[at - 1]
            at -= 1
        order[at], times[at] = before + k, time


@kernel
def _put(meetings: Matrix, before: Int, places: Longs, out: Matrix) -> None:
    """Copy meetings to their places; -1 is nowhere."""
    for k in range(meetings.shape[0]):
        place = places[before + k]
        if place >= 0:
            for column in range(MEETING_COLUMNS):
                out[place, column] = meetings[k, column]


@kernel
def _running_sum(counts: Longs) -> None:
    for k in range(1, counts.shape[0]):
        counts[k] += counts[k - 1]


@kernel
def _places(order: Longs, count: Int) -> Longs:
    """Return where each of ``count`` meetings stands in ``order``, -1 where nowhere."""
    places = np.full(count, -1)
    for k in range(order.shape[0]):
        places[order[k]] = k
    return places


def _first_of(found: Sequence[Matrix]) -> Longs:
    """Return where the meetings of each begin, observed and then presumed; and where all end."""
    people = max((int(_people(part)) for part in found), default=0)
    first = np.zeros(2 * people + 1, dtype=np.int64)
    for part in found:
        _count(part, first)
    _running_sum(first)
    return first


def _shares(first: Longs, threads: int) -> list[slice]:
    """Return a range of participants for each thread, with about as many meetings each.

    Who lives together has numbers side by side: halves of all would be of very different weight.
    """
    ends = [int(first[-1]) * share // threads for share in range(1, threads)]
    edges = [0, *np.searchsorted(first[::2], ends).tolist(), len(first) // 2]
    return [slice(low, high) for low, high in pairwise(edges)]


def _own(found: Sequence[Matrix], all_first: Longs, low: int, high: int) -> Matrix:
    """Return the meetings with participants from ``low`` to below ``high``, in order."""
    first = all_first[2 * low : 2 * high + 1] - all_first[2 * low]
    count, cursor = int(first[-1]), first.copy()
    order, times = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    numbers = [0, *accumulate(len(part) for part in found)]
    for part, before in zip(found, numbers, strict=False):
        _deal(part, before, low, high, first, cursor, order, times)
    out, places = np.empty((count, MEETING_COLUMNS)), _places(order, numbers[-1])
    for part, before in zip(found, numbers, strict=False):
        _put(part, before, places, out)
    return out


@kernel
def _people(meetings: Matrix) -> Int:
    """Return one more than the highest number of a participant."""
    most: Int = np.int64(0)
    for k in range(meetings.shape[0]):
        most = max(most, np.int64(meetings[k, WHO]) + 1)
    return most


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
def _merge(
    meetings: Matrix,
    bridge: float,
    back: Flags,
    forward: Flags,
    episodes: Matrix,
) -> Int:
    """Merge meetings of one pair that at most ``bridge`` ms part; return how many episodes."""
    e: Int = np.int64(-1)
    most = 0.0
    for k in range(meetings.shape[0]):
        if (
            e < 0
            or episodes[e, E_WHO] != meetings[k, WHO]
            or episodes[e, E_PRESUMED] != meetings[k, PRESUMED]
            or meetings[k, BEGIN] - episodes[e, E_END] > bridge
        ):
            e += 1
            most = -1.0
            _open_episode(meetings, k, episodes, e)
        most = _extend_episode(meetings, k, back, forward, episodes, e, most)
    return e + 1


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
    n_episodes: Int,
    back: Flags,
    forward: Flags,
    weight: NDArray[np.float64],
    exposures: Matrix,
) -> Int:
    """Sum meetings and episodes, both sorted by participant, to exposures."""
    x: Int = np.int64(0)
    e: Int = np.int64(0)
    k: Int = np.int64(0)
    while e < n_episodes:
        who, first_e, first_k = episodes[e, E_WHO], e, k
        while e < n_episodes and episodes[e, E_WHO] == who:
            e += 1
        while k < meetings.shape[0] and meetings[k, WHO] == who:
            k += 1
        for column in range(EXPOSURE_COLUMNS):
            exposures[x, column] = 0.0
        _sum_exposure(meetings, first_k, k, back, forward, weight, exposures, x)
        _describe_exposure(episodes, first_e, e, exposures, x)
        x += 1
    return x


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
    first = _first_of(found)

    def exposed(who: slice) -> tuple[Matrix, Matrix]:
        own = _own(found, first, who.start, who.stop)
        episodes = np.empty((len(own), EPISODE_COLUMNS))
        n_episodes = _merge(own, bridge_ms, back, forward, episodes)
        exposures = np.empty((n_episodes, EXPOSURE_COLUMNS))
        n = _expose(own, episodes, n_episodes, back, forward, weight, exposures)
        return episodes[:n_episodes], exposures[:n]

    with helper(threads) as pool:
        shares = shared(exposed, _shares(first, threads), pool)
    before = 0
    for episodes, exposures in shares:
        exposures[:, X_FIRST_EPISODE] += before
        before += len(episodes)
    return np.concatenate([e for e, _ in shares]), np.concatenate([x for _, x in shares])
