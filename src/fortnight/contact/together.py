"""What confirmed cases shared, as the search finds it: one look back for each of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import fsum
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact.confirmed import Shared
from fortnight.contact.days import by_day
from fortnight.contact.episodes import (
    E_AT,
    E_END,
    E_EXPECTED,
    E_PRESUMED,
    E_START,
    E_WHO,
)
from fortnight.contact.observed import window_slots
from fortnight.contact.trace import trace_one
from fortnight.contact.window import zone_of
from fortnight.track.coverage import SLOT_MS
from fortnight.track.geometry import degrees_from_sphere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.contact.meeting import Matrix
    from fortnight.contact.trace import Case, Question, Trace

    Told = Callable[[int, int], None]

_MINUTE_MS: Final = 60_000.0
_DECIMALS: Final = 4  # of minutes: beyond them the order of additions would show


@dataclass(frozen=True, slots=True)
class LookBack:
    """What one case shared with the others, and how much of each day it was observed.

    ``observed`` is by local day. A case without evidence shared nothing and was never
    observed.
    """

    shared: tuple[Shared, ...] = ()
    observed: Mapping[date, float] = field(default_factory=dict)
    has_evidence: bool = False


def look_back(
    index: Index, cases: Sequence[Case], number: int, question: Question, until: date
) -> LookBack:
    """Return what case ``number`` shared with the others up to the day ``until``."""
    case = cases[number]
    if index.tracks.number_of(case.participant) is None:
        return LookBack()
    asked = replace(question, min_minutes=0.0, until=max(until, case.anchor))
    found = trace_one(index, case, asked, same_area=False)
    others = {
        who: k
        for k, other in enumerate(cases)
        if k != number and (who := index.tracks.number_of(other.participant)) is not None
    }
    shared = list(_shared(found.episode_rows, others, zone_of(question.timezone)))
    if not index.sign_index.is_empty:
        shared = list(_by_all_evidence(shared, found, others))
    return LookBack(
        shared=tuple(shared),
        observed=observed_by_day(found),
        has_evidence=True,
    )


def look_back_all(
    index: Index,
    cases: Sequence[Case],
    question: Question,
    *,
    threads: int = 2,
    on_progress: Told | None = None,
) -> tuple[LookBack, ...]:
    """Return what each case shared with the others up to its own onset, in the order of cases."""

    def one(number: int) -> LookBack:
        return look_back(index, cases, number, question, cases[number].anchor)

    found = []
    with ThreadPoolExecutor(threads) as pool:
        for looked in pool.map(one, range(len(cases))):
            found.append(looked)
            if on_progress is not None:
                on_progress(len(found), len(cases))
    return tuple(found)


def _shared(rows: Matrix, others: Mapping[int, int], zone: ZoneInfo) -> Iterator[Shared]:
    """Yield the episodes with other cases, cut at local midnight."""
    wanted = rows[np.isin(rows[:, E_WHO], list(others))]
    lon, lat = degrees_from_sphere(wanted[:, E_AT], wanted[:, E_AT + 1], wanted[:, E_AT + 2])
    for k, row in enumerate(wanted):
        whole = round(float(row[E_EXPECTED]) / _MINUTE_MS, _DECIMALS)
        for day, start, end, share in by_day(round(row[E_START]), round(row[E_END]), zone):
            yield Shared(
                other=others[int(row[E_WHO])],
                day=day,
                start=start,
                end=end,
                minutes=whole * share,
                presumed=bool(row[E_PRESUMED] > 0.0),
                lon=float(lon[k]),
                lat=float(lat[k]),
            )


def _by_all_evidence(
    shared: Sequence[Shared], found: Trace, others: Mapping[int, int]
) -> Iterator[Shared]:
    """Yield what pairs shared, with each day's minutes as all evidence together has them.

    Where a pair has more than positions, a day's fused minutes are spread over that day's
    episodes in proportion; without an episode they stand for the day, at no place.
    """
    fused = found.fused
    rows = fused.row_of(np.array(list(others), dtype=np.int64))
    signed = {
        other: fused.days[row]
        for other, row in zip(others.values(), rows.tolist(), strict=True)
        if row >= 0 and fused.signed[row]
    }
    yield from (part for part in shared if part.presumed or part.other not in signed)
    for other, days in signed.items():
        for place in np.flatnonzero(days > 0.0).tolist():
            day = found.window.first + timedelta(days=place)
            parts = [p for p in shared if (p.other, p.day, p.presumed) == (other, day, False)]
            whole = round(float(days[place]), _DECIMALS)
            if parts:
                yield from _spread(parts, whole)
            else:
                start, end = found.window.edges[place : place + 2].tolist()
                yield Shared(other, day, start, end, whole)


def _spread(parts: Sequence[Shared], minutes: float) -> Iterator[Shared]:
    """Yield parts of one day with ``minutes`` in all, in proportion to what they had."""
    total = fsum(part.minutes for part in parts)
    for part in parts:
        share = part.minutes / total if total > 0.0 else 1.0 / len(parts)
        yield replace(part, minutes=minutes * share)


def observed_by_day(found: Trace) -> dict[date, float]:
    """Return the share of each local day in which the case was observed."""
    window = found.window
    first, count, inside = window_slots(window)
    middles = first * 86_400_000 + (np.arange(count * inside.shape[1]) + 0.5) * SLOT_MS
    place = np.searchsorted(window.edges, middles, side="right") - 1
    place = np.clip(place, 0, len(window.offsets) - 1)
    seen = _tally(place, found.case_slots.ravel(), len(window.offsets))
    whole = _tally(place, inside.ravel(), len(window.offsets))
    shares = seen / np.maximum(whole, 1)
    return {window.first + timedelta(days=k): share for k, share in enumerate(shares.tolist())}


def _tally(place: NDArray[np.int64], marked: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    return np.bincount(place[marked], minlength=size)
