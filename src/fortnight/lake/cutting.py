"""One day of everyone's tracks, cut with knowledge of the days around it.

The next day's first fixes decide whether the last stay goes on to midnight. The day before decides
how this one begins, and itself begins in one of three ways, as the day before that left it. Where
these ways lead to different cuts of this day, which takes two places in turn within minutes of
midnight, the person's whole track is cut: ``far``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from fortnight.lake.files import DAY_MS
from fortnight.track.tracks import Tracks, build_tracks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fortnight.evidence.arrange import Arranged
    from fortnight.parameters import Parameters
    from fortnight.track.tracks import Words

    Flags = NDArray[np.bool_]
    Longs = NDArray[np.int64]

_COLUMNS: Final = ("time", "lon", "lat", "accuracy", "source", "assumed")


@dataclass(frozen=True, slots=True)
class Cut:
    """Everyone's segments of one day: ``vertices`` and ``days`` as in ``track.tracks.Tracks``."""

    vertices: Words
    days: Words

    def bounds(self) -> Longs:
        """Return the first vertex of each person-day, and one more."""
        return np.append(self.days[:, 2], len(self.vertices)).astype(np.int64)


def cut_day(
    day: int,
    arranged: Arranged,
    parameters: Parameters,
    earlier: Callable[[NDArray[np.intp]], Arranged],
) -> tuple[Cut, NDArray[np.intp]]:
    """Cut one day out of three, as the whole track would be cut.

    Parameters
    ----------
    day
        Days since 1970 UTC.
    arranged
        Fixes of the day, the one before and the one after.
    earlier
        Returns the fixes from the oldest day held on to the day after, of some people by their
        places; the others have none.

    Returns
    -------
    Cut, int array
        The day, and the places of those whose day hung on more than the day before.
    """
    found = day_of(build_tracks(arranged, parameters), day)
    far = _far(day, arranged, parameters, found)
    if not len(far):
        return found, far
    whole = day_of(build_tracks(earlier(far), parameters), day)
    return _exchanged(found, whole, far), far


def day_of(tracks: Tracks, day: int) -> Cut:
    """Return one day of everyone, apart from the other days."""
    rows = np.flatnonzero(tracks.days[:, 1] == day)
    return taken(Cut(tracks.vertices, tracks.days), rows)


def taken(cut: Cut, rows: NDArray[np.intp]) -> Cut:
    """Return some person-days of a cut, in the order given."""
    bounds = cut.bounds()
    low, counts = bounds[rows], bounds[rows + 1] - bounds[rows]
    before = np.cumsum(counts) - counts
    places = np.repeat(low - before, counts) + np.arange(int(counts.sum()))
    chosen = cut.days[rows].copy()
    chosen[:, 2] = before
    return Cut(cut.vertices[places], chosen)


def joined(parts: list[Cut]) -> Cut:
    """Return person-days of several cuts, one part behind the other."""
    vertices = np.concatenate([part.vertices for part in parts])
    days = np.concatenate([part.days for part in parts])
    lengths = [len(part.vertices) for part in parts]
    before = np.cumsum(lengths) - lengths
    days[:, 2] += np.repeat(before, [len(part.days) for part in parts]).astype(np.int32)
    return Cut(vertices, days)


def _exchanged(found: Cut, whole: Cut, far: NDArray[np.intp]) -> Cut:
    """Return ``found`` with the days of some people taken from ``whole``."""
    near = np.flatnonzero(~np.isin(found.days[:, 0], far))
    of_far = np.flatnonzero(np.isin(whole.days[:, 0], far))
    both = joined([taken(found, near), taken(whole, of_far)])
    return taken(both, np.argsort(both.days[:, 0]))


def _far(day: int, arranged: Arranged, parameters: Parameters, found: Cut) -> NDArray[np.intp]:
    """Return who is cut differently where the day before began otherwise."""
    begin = (day - 1) * DAY_MS
    firsts = _firsts(arranged, parameters.coarse_accuracy_m, begin)
    if not any(len(part.own) for part in firsts):
        return np.empty(0, dtype=np.intp)
    differs = np.zeros(len(arranged.names), dtype=np.bool_)
    for skipping in (False, True):
        other = _begun(arranged, firsts, begin, skipping=skipping)
        differs |= _differences(
            found, day_of(build_tracks(other, parameters), day), len(arranged.names)
        )
    return np.flatnonzero(differs)


class _Firsts(NamedTuple):
    """Of the fine or the coarse fixes: whose first is on the day before, and the two first."""

    people: NDArray[np.intp]
    own: NDArray[np.intp]  # rows
    second: NDArray[np.intp]


def _firsts(arranged: Arranged, coarse_m: float, begin: int) -> list[_Firsts]:
    """Return the first fixes of the day before, of those that are cut together."""
    coarse = arranged.accuracy > coarse_m
    out = []
    for rows in (np.flatnonzero(~coarse), np.flatnonzero(coarse)):
        low = np.searchsorted(rows, arranged.offsets[:-1])
        high = np.searchsorted(rows, arranged.offsets[1:])
        people = np.flatnonzero(high > low)
        own = rows[low[people]]
        on_time = arranged.time[own] < begin + DAY_MS
        people, own = people[on_time], own[on_time]
        second = rows[np.minimum(low[people] + 1, high[people] - 1)]
        out.append(_Firsts(people, own, second))
    return out


def _begun(arranged: Arranged, firsts: list[_Firsts], begin: int, *, skipping: bool) -> Arranged:
    """Return the fixes as after a stay that went on past the midnight ``begin``.

    A fix just before midnight stands for that stay: at the place of the first fix, or, where that
    was a stray (``skipping``), at the place of the second, and the first is gone.
    """
    kept = np.ones(len(arranged.time), dtype=np.bool_)
    people = np.concatenate([part.people for part in firsts])
    models = np.concatenate([part.second if skipping else part.own for part in firsts])
    if skipping:
        kept[np.concatenate([part.own[part.second > part.own] for part in firsts])] = False
    who = np.repeat(np.arange(len(arranged.names)), np.diff(arranged.offsets))[kept]
    places = np.searchsorted(who, people)
    columns: dict[str, Any] = {}
    for name in _COLUMNS:
        column = getattr(arranged, name)
        added = np.full(len(models), begin - 1) if name == "time" else column[models]
        columns[name] = np.insert(column[kept], places, added)
    counts = np.bincount(who, minlength=len(arranged.names))
    counts += np.bincount(people, minlength=len(arranged.names))
    return replace(arranged, offsets=np.append(0, np.cumsum(counts)), **columns)


def _differences(one: Cut, two: Cut, people: int) -> Flags:
    """Return whose day differs between two cuts of the same people."""
    differs = np.zeros(people, dtype=np.bool_)
    if np.array_equal(one.vertices, two.vertices) and np.array_equal(one.days, two.days):
        return differs
    low, high = one.bounds(), two.bounds()
    for k, who in enumerate(one.days[:, 0].tolist()):
        same = np.array_equal(one.days[k, 3:], two.days[k, 3:])
        mine, theirs = slice(low[k], low[k + 1]), slice(high[k], high[k + 1])
        differs[who] = not (same and np.array_equal(one.vertices[mine], two.vertices[theirs]))
    return differs
