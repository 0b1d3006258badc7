"""Visits of a phone's own timeline as segments, clipped where fixes contradict them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from fortnight.compiled import kernel
from fortnight.track.geometry import sphere_from_e7
from fortnight.track.rules import VISIT, Rules, rules_of
from fortnight.track.runs import DAY_MS, Matrix
from fortnight.track.segments import WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.evidence.arrange import Arranged
    from fortnight.parameters import Parameters


@kernel
def _contradictions(
    time: NDArray[np.int64],
    lon: NDArray[np.int32],
    lat: NDArray[np.int32],
    accuracy: NDArray[np.float32],
    place: Matrix,
    reach: float,
    rules: Rules,
) -> NDArray[np.bool_]:
    """Which of some fixes were not at ``place``: beyond its reach and twice their accuracy."""
    out = np.zeros(time.shape[0], dtype=np.bool_)
    for k in range(time.shape[0]):
        x, y, z = sphere_from_e7(lon[k], lat[k])
        away = np.sqrt((x - place[0]) ** 2 + (y - place[1]) ** 2 + (z - place[2]) ** 2)
        out[k] = away > reach + max(rules.stay_radius, rules.stay_factor * accuracy[k])
    return out


def _free_periods(start: float, end: float, away: NDArray[np.int64], margin: float) -> list[float]:
    """Cut the time around each contradicting fix out of (start, end); return flat (from, to)."""
    periods, cursor = [], start
    for time in away:
        if time - margin > cursor:
            periods += [cursor, float(time - margin)]
        cursor = max(cursor, float(time + margin))
    return [*periods, cursor, end] if cursor < end else periods


def _cut_at_midnight(start: float, end: float) -> list[tuple[float, float]]:
    """Split a period into its UTC days."""
    marks = np.arange(np.floor(start / DAY_MS) + 1, np.ceil(end / DAY_MS)) * DAY_MS
    edges = [start, *marks.tolist(), end]
    return list(itertools.pairwise(edges))


def visit_rows(
    arranged: Arranged,
    parameters: Parameters,
) -> tuple[NDArray[np.int64], Matrix]:
    """Return each person's visits as segment rows: offsets (people + 1) and rows (n, 11).

    A visit has the accuracy it came with, 50 m by default. The 10 minutes around a fix that was
    elsewhere are cut out. Of two visits that overlap, the earlier keeps the time.
    """
    rules = rules_of(parameters)
    counts = np.zeros(len(arranged.names) + 1, dtype=np.int64)
    rows: list[tuple[float, ...]] = []
    busy_until: dict[int, float] = {}
    for visit in arranged.stays:
        start = max(float(visit.start), busy_until.get(visit.who, -np.inf))
        end = float(visit.end)
        if start >= end:
            continue
        busy_until[visit.who] = end
        place = np.array(sphere_from_e7(visit.lon, visit.lat))
        own = slice(arranged.offsets[visit.who], arranged.offsets[visit.who + 1])
        low, high = np.searchsorted(arranged.time[own], [start, end]) + own.start
        away = _contradictions(
            arranged.time[low:high],
            arranged.lon[low:high],
            arranged.lat[low:high],
            arranged.accuracy[low:high],
            place,
            parameters.stay_accuracy_factor * visit.accuracy,
            rules,
        )
        free = _free_periods(start, end, arranged.time[low:high][away], rules.leg_max)
        sigma = max(visit.accuracy / parameters.sigma_per_accuracy, parameters.stay_sigma_floor_m)
        for a, b in zip(free[::2], free[1::2], strict=True):
            for day_start, day_end in _cut_at_midnight(a, b):
                rows.append((day_start, day_end, *place, *place, sigma, sigma, VISIT))
                counts[visit.who + 1] += 1
    return np.cumsum(counts), np.array(rows, dtype=np.float64).reshape(-1, WIDTH)
