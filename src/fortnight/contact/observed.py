"""How much of the time two people were both observed, from their maps of 5-minute slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.episodes import (
    E_END,
    E_PRESUMED,
    E_START,
    X_EPISODES,
    X_FIRST_EPISODE,
    X_OBSERVED,
    X_WHO,
)
from fortnight.contact.grid import ones
from fortnight.track.coverage import FIRST_SLOT_WORD, SLOT_MS, SLOT_WORDS, slots_observed
from fortnight.track.growing import first_row_at_least

if TYPE_CHECKING:
    from fortnight.contact.window import Window
    from fortnight.track.tracks import Tracks, Words

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]
_DAY_MS: Final = 86_400_000
_WORDS_A_DAY: Final = 288


def window_slots(window: Window) -> tuple[int, int, Flags]:
    """Return first UTC day, number of UTC days, and the slots (days, 288) inside the window."""
    first = window.start // _DAY_MS
    count = -(-window.end // _DAY_MS) - first
    instants = (first * _DAY_MS + np.arange(count * _WORDS_A_DAY) * SLOT_MS).reshape(count, -1)
    return first, count, (instants + SLOT_MS > window.start) & (instants < window.end)


def person_slots(tracks: Tracks, who: int, window: Window) -> Flags:
    """Return the slots (days, 288) of the window in which ``who`` was observed."""
    first, count, inside = window_slots(window)
    out = np.zeros((count, _WORDS_A_DAY), dtype=np.bool_)
    days = tracks.days[tracks.days_of(who)]
    place = days[:, 1] - first
    held = (place >= 0) & (place < count)
    words = np.ascontiguousarray(days[held, FIRST_SLOT_WORD : FIRST_SLOT_WORD + SLOT_WORDS])
    out[place[held]] = slots_observed(words)
    return out & inside


def gaps(observed: Flags, window: Window) -> list[tuple[int, int]]:
    """Return the runs of slots of the window with no evidence, as (from, to) in ms."""
    first, _, inside = window_slots(window)
    unknown = np.concatenate([[False], (inside & ~observed).ravel(), [False]])
    edges = np.flatnonzero(np.diff(unknown.astype(np.int8)))
    instants = first * _DAY_MS + edges * SLOT_MS
    clipped = np.clip(instants, window.start, window.end)
    return [(int(a), int(b)) for a, b in clipped.reshape(-1, 2)]


@kernel
def _mark_days(
    episodes: Matrix,
    first: Int,
    last: Int,
    observed: bool,  # noqa: FBT001 - a kernel's callers have no keywords
    first_day: Int,
    met: Flags,
) -> None:
    """Mark the UTC days on which a pair met; presumed meetings count where there is no other."""
    for day in range(met.shape[0]):
        met[day] = False
    for e in range(first, last):
        if observed and episodes[e, E_PRESUMED] > 0.0:
            continue
        a = np.int64(episodes[e, E_START]) // _DAY_MS - first_day
        b = (np.int64(episodes[e, E_END]) - 1) // _DAY_MS - first_day
        for day in range(met.shape[0]):
            if a <= day <= b:
                met[day] = True


@kernel
def _coverages(
    exposures: Matrix,
    episodes: Matrix,
    days: Words,
    own: NDArray[np.uint32],
    slots: NDArray[np.int64],
    inside: NDArray[np.uint32],
    first_day: Int,
    out: Matrix,
) -> None:
    met = np.zeros(slots.shape[0], dtype=np.bool_)
    for x in range(exposures.shape[0]):
        who = np.int64(exposures[x, X_WHO])
        first = np.int64(exposures[x, X_FIRST_EPISODE])
        last = first + np.int64(exposures[x, X_EPISODES])
        _mark_days(episodes, first, last, exposures[x, X_OBSERVED] > 0.0, first_day, met)
        both = total = seen = 0.0
        for day in range(slots.shape[0]):
            if met[day]:
                total += slots[day]
        low = first_row_at_least(days, who)
        while low < days.shape[0] and days[low, 0] == who:
            day = days[low, 1] - first_day
            if 0 <= day < slots.shape[0]:
                for w in range(SLOT_WORDS):
                    word = np.uint32(days[low, FIRST_SLOT_WORD + w]) & inside[day, w]
                    seen += ones(np.int64(word))
                    if met[day]:
                        both += ones(np.int64(word & own[day, w]))
            low += 1
        out[x, 0] = both / total if total > 0.0 else 0.0
        out[x, 1] = seen


def _packed(slots: Flags) -> NDArray[np.uint32]:
    """Pack slots (days, 288) to words (days, 9), the first slot in the lowest bit."""
    parts = slots.reshape(len(slots), SLOT_WORDS, 32).astype(np.uint32)
    bits: NDArray[np.uint32] = np.bitwise_or.reduce(parts << np.arange(32, dtype=np.uint32), axis=2)
    return bits


def coverages(
    tracks: Tracks,
    who: int,
    exposures: Matrix,
    episodes: Matrix,
    window: Window,
) -> Matrix:
    """Return the coverage of each exposure, one row each.

    It is the share of the days on which they met in which both were observed, and the number of
    slots of the whole window in which the contact was.
    """
    first, _, inside = window_slots(window)
    out = np.empty((len(exposures), 2))
    _coverages(
        exposures,
        episodes,
        tracks.days,
        _packed(person_slots(tracks, who, window)),
        inside.sum(axis=1),
        _packed(inside),
        first,
        out,
    )
    return out
