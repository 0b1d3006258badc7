"""Air that a case left behind: who came to a place within some time after the case had gone."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from fortnight.contact.meeting import BEGIN, NEAR_MS, PRESUMED, WHO
from fortnight.contact.question import (
    FROM,
    HERE,
    KIND,
    MIDNIGHT,
    PARTITION,
    PERIOD,
    START,
    STOP,
    THERE,
    TO,
    ask,
)
from fortnight.contact.search import search
from fortnight.track.rules import STAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.contact.meeting import Nearness
    from fortnight.contact.window import Window

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

_DAY_MS: Final = 86_400_000
_MINUTE_MS: Final = 60_000.0


class Linger(NamedTuple):
    """Minutes within the radius of air that the case left: a row a participant, a column a day."""

    who: Longs
    days: Floats


def linger(index: Index, who: int, window: Window, near: Nearness, minutes: float) -> Linger:
    """Return who was at a place that the case had left at most ``minutes`` before.

    While the case is still there, or is back within the radius, it is a meeting and not this.
    """
    stays = ask(index, who, window.edges)
    stays = stays[stays[:, KIND] == STAY]
    rows = _left_behind(stays, minutes * _MINUTE_MS, near.radius)
    rows = _cut(rows, index, window)
    if not len(rows):
        return Linger(np.empty(0, dtype=np.int64), np.zeros((0, len(window.weight))))
    meetings = np.concatenate(search(index, who, rows, near))
    meetings = meetings[meetings[:, PRESUMED] == 0.0]
    people, row = np.unique(meetings[:, WHO].astype(np.int64), return_inverse=True)
    days = np.zeros((len(people), len(window.weight)))
    day = np.searchsorted(window.edges, meetings[:, BEGIN], side="right") - 1
    np.add.at(days, (row, np.clip(day, 0, days.shape[1] - 1)), meetings[:, NEAR_MS])
    days = days / _MINUTE_MS * window.forward  # what was left before could infect nobody
    breathed = days.sum(axis=1) > 0.0
    return Linger(people[breathed], days[breathed])


def _left_behind(stays: Floats, span_ms: float, radius: float) -> Floats:
    """Return the stays moved to the time after them, until the case was back there.

    Their ``START`` and ``STOP`` are in ms since 1970 for now.
    """
    rows = stays.copy()
    begin = stays[:, MIDNIGHT] + stays[:, FROM]
    left = stays[:, MIDNIGHT] + stays[:, TO]
    until = left + span_ms
    for k in range(len(stays) - 1, -1, -1):
        after = (begin >= left[k] - 1.0) & (begin < until[k])
        away = np.linalg.norm(stays[after, HERE : HERE + 3] - stays[k, HERE : HERE + 3], axis=1)
        back = begin[after][away <= radius]
        until[k] = min(until[k], back.min(initial=np.inf))
    rows[:, START], rows[:, STOP] = left, until
    rows[:, THERE : THERE + 3] = rows[:, HERE : HERE + 3]
    return rows[until > left]


def _cut(rows: Floats, index: Index, window: Window) -> Floats:
    """Cut rows at UTC and local midnights, and count their times from the UTC one."""
    parts = []
    for row in rows:
        first, last = row[START] // _DAY_MS, (row[STOP] - 1) // _DAY_MS
        days = np.arange(first, last + 2) * _DAY_MS
        inner = window.edges[(window.edges > row[START]) & (window.edges < row[STOP])]
        edges = np.unique(np.concatenate(([row[START], row[STOP]], days[1:-1], inner)))
        for start, stop in pairwise(edges.tolist()):
            part = _placed(row, start, stop, index, window)
            if part is not None:
                parts.append(part)
    return np.array(parts).reshape(-1, rows.shape[1])


def _placed(row: Floats, start: float, stop: float, index: Index, window: Window) -> Floats | None:
    """Return a row of one UTC and one local day, None where the index has no such day."""
    number = int(start // _DAY_MS)
    partition = int(np.searchsorted(index.day_numbers, number))
    known = partition < len(index.day_numbers) and index.day_numbers[partition] == number
    if not known or start >= window.end:
        return None
    out = row.copy()
    midnight = number * _DAY_MS
    out[[START, FROM]], out[[STOP, TO]] = start - midnight, min(stop, window.end) - midnight
    out[MIDNIGHT], out[PARTITION] = midnight, partition
    out[PERIOD] = np.searchsorted(window.edges, start, side="right") - 1
    return out
