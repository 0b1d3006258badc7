"""What several kinds of evidence say together about each contact of a case.

For every minute the log odds of being within the radius are added up: those of the positions (or
a prior, where there is none), the log likelihood ratio of what the phones heard, and that of a
shared check-in. Minutes of which nothing is known stay unknown. docs/how-contacts-are-decided.md
has the model, where its numbers come from, and how well it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact import bluetooth
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
    F_EXPECTED_24H,
    F_FACE,
    F_FACE_24H,
    F_FIRST,
    F_HEARD,
    F_HEARD_24H,
    F_LAST,
    F_VARIANCE,
    FUSED_COLUMNS,
    MINUTE_MS,
    SPAN_COLUMNS,
    fuse_minutes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.signs import SharedVisits, Sightings, SignIndex
    from fortnight.contact.window import Window

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

SCAN_MS: Final = 240_000
"""A sighting speaks for the time until the next scan, half before and half after it: phones scan
about every four minutes."""

RUN_MS: Final = 360_000
"""Sightings of one pair this near a sighting share its error and are averaged with it."""

PRIOR: Final = -3.0
"""Log odds of two people being within the radius at a minute of which no position tells:
1 in 20, the least probability that a position counts with."""

LEAST: Final = 0.02
"""No position alone makes a minute surer than this."""

VENUE_RATIO: Final = 2.9
"""Log likelihood ratio of a shared check-in: 19 of 20 who are checked in at once are near."""

PRESUMED_RATIO: Final = 1.4
"""The same where one of the two never checked out."""

SHARES: Final = (0.06, 0.70, 0.20, 0.04)
"""Where a phone that is heard is: face to face, same room, same place, elsewhere."""

SENSED: Final = 0.98  # that what a badge for closeness reports is so
_WITHIN_PLACE: Final = 0.6  # of the class "place" (3 to 40 m) within 25 m
_RATIO_LIMIT: Final = 6.0
_LEVELS: Final = np.arange(20.0, 121.0, 0.5)
_MOST_SCANS: Final = 8
_SURE: Final = 1.2816  # of a normal distribution 80 % lie within so many deviations


@dataclass(frozen=True, slots=True)
class Fused:
    """What all evidence says about each contact, one row a contact, by participant's number.

    ``sums`` has the columns of ``contact.fusing`` (minutes, and ms from the window's start),
    ``days`` the expected minutes of each local day of the window.
    """

    who: Longs
    sums: Floats
    days: Floats
    signed: NDArray[np.bool_]  # whether anything but positions is known
    heard: Sightings  # of the case, in the window
    visits: SharedVisits

    def row_of(self, who: Longs) -> Longs:
        """Return the row of each participant, -1 where there is none."""
        place = np.searchsorted(self.who, who)
        place = np.minimum(place, max(0, len(self.who) - 1))
        found = self.who[place] == who if len(self.who) else np.zeros(len(who), dtype=np.bool_)
        rows: Longs = np.where(found, place, -1)
        return rows

    @property
    def likely_minutes(self) -> tuple[Floats, Floats]:
        """Least and most minutes together with 80 %: each run is together or apart as a whole."""
        mean, spread = self.sums[:, F_EXPECTED], _SURE * np.sqrt(self.sums[:, F_VARIANCE])
        return np.maximum(0.0, mean - spread), mean + spread


def fuse(index: SignIndex, who: int, episodes: Floats, window: Window) -> Fused:
    """Put together what is known of each contact of ``who``.

    Parameters
    ----------
    index
        All signs.
    who
        Number of the case.
    episodes
        Rows of ``contact.episodes`` of this case, of all contacts; presumed ones are passed over.
    window
        The days looked at.
    """
    heard = index.sightings.of(who).within(window.start, window.end)
    visits = index.visits.shared_with(who, window.start, window.end)
    located = episodes[episodes[:, E_PRESUMED] == 0.0]
    found = np.concatenate((located[:, E_WHO].astype(np.int64), heard.other, visits.other))
    people = np.unique(found)
    sums, days = np.zeros((len(people), FUSED_COLUMNS)), np.zeros((len(people), len(window.weight)))
    signed = np.isin(people, np.concatenate((heard.other, visits.other)))
    _positions_alone(located, people, window, sums, days)
    rows = np.flatnonzero(signed)
    if len(rows):
        part, by_day = np.zeros((len(rows), FUSED_COLUMNS)), np.zeros((len(rows), days.shape[1]))
        fuse_minutes(
            *_spans(_located_spans(located, window), located[:, E_WHO], people[rows]),
            *_spans(_heard_spans(heard, window), heard.other, people[rows]),
            *_spans(_visit_spans(visits, window), visits.other, people[rows]),
            (window.edges - window.start) // int(MINUTE_MS),
            PRIOR,
            LEAST,
            part,
            by_day,
        )
        sums[rows], days[rows] = part, by_day
    return Fused(people, sums, days, signed, heard, visits)


def _positions_alone(
    located: Floats, people: Longs, window: Window, sums: Floats, days: Floats
) -> None:
    """Fill the rows of contacts of whom nothing but positions is known."""
    row = np.searchsorted(people, located[:, E_WHO].astype(np.int64))
    expected, lasting = located[:, E_EXPECTED] / MINUTE_MS, located[:, E_LASTING] / MINUTE_MS
    count = len(people)
    sums[:, F_EXPECTED] = np.bincount(row, expected, minlength=count)
    spread = np.maximum(0.0, expected * (lasting - expected))
    sums[:, F_VARIANCE] = np.bincount(row, spread, minlength=count)
    days += _by_day(located, row, expected, window, count)
    sums[:, F_FIRST], sums[:, F_LAST] = np.inf, -np.inf
    np.minimum.at(sums[:, F_FIRST], row, located[:, E_START] - window.start)
    np.maximum.at(sums[:, F_LAST], row, located[:, E_END] - window.start)


def _by_day(located: Floats, row: Longs, minutes: Floats, window: Window, count: int) -> Floats:
    """Spread each episode's minutes evenly over the local days that it lasts."""
    low, high = window.edges[:-1].astype(np.float64), window.edges[1:].astype(np.float64)
    start, end = located[:, E_START], located[:, E_END]
    first = np.searchsorted(window.edges, start, side="right") - 1
    last = np.searchsorted(window.edges, end, side="left") - 1
    total = np.zeros((count, len(low)))
    for step in range(int((last - first).max(initial=0)) + 1):
        day = np.clip(first + step, 0, len(low) - 1)
        shared = np.minimum(end, high[day]) - np.maximum(start, low[day])
        share = np.clip(shared / np.maximum(end - start, 1.0), 0.0, 1.0)
        np.add.at(total, (row, day), np.where(first + step <= last, minutes * share, 0.0))
    return total


def _spans(spans: Floats, who: NDArray[np.generic], people: Longs) -> tuple[Floats, Longs]:
    """Return the spans of some people, one after the other, and where each one's begin."""
    place = np.searchsorted(people, who.astype(np.int64))
    place = np.minimum(place, len(people) - 1)
    kept = people[place] == who
    order = np.argsort(place[kept], kind="stable")
    first = np.searchsorted(place[kept][order], np.arange(len(people) + 1))
    return np.ascontiguousarray(spans[kept][order]), first


def _located_spans(located: Floats, window: Window) -> Floats:
    spans = np.zeros((len(located), SPAN_COLUMNS))
    spans[:, 0] = located[:, E_START] - window.start
    spans[:, 1] = located[:, E_END] - window.start
    spans[:, 2] = located[:, E_EXPECTED] / np.maximum(located[:, E_END] - located[:, E_START], 1.0)
    return spans


def _visit_spans(visits: SharedVisits, window: Window) -> Floats:
    spans = np.zeros((len(visits), SPAN_COLUMNS))
    spans[:, 0], spans[:, 1] = visits.start - window.start, visits.end - window.start
    spans[:, 2] = np.where(visits.presumed, PRESUMED_RATIO, VENUE_RATIO)
    return spans


def _heard_spans(heard: Sightings, window: Window) -> Floats:
    """Return when each sighting speaks, its log likelihood ratio and chance of face to face."""
    spans = np.zeros((len(heard), SPAN_COLUMNS))
    still = heard.end <= heard.start  # one moment of a scan, and not a period
    spans[:, 0] = heard.start - window.start - np.where(still, SCAN_MS / 2, 0)
    spans[:, 1] = heard.end - window.start + np.where(still, SCAN_MS / 2, 0)
    sensed = np.isnan(heard.attenuation)
    level, scans = run_means(heard)
    near, face = said_by_level(level, scans)
    spans[:, 2] = np.where(sensed, _RATIO_LIMIT, near)
    spans[:, 3] = np.where(sensed, SENSED, face)
    return spans


def run_means(heard: Sightings) -> tuple[Floats, Longs]:
    """Return the mean attenuation of the sightings around each one, and how many those are.

    A pair's own error stays while two people stay where they are; only each scan's is averaged.
    """
    level = np.nan_to_num(heard.attenuation, nan=0.0)
    sums = np.concatenate(([0.0], np.cumsum(level)))
    span = int(heard.start.max(initial=0) - heard.start.min(initial=0)) + 4 * RUN_MS
    origin = int(heard.start.min(initial=0)) - 2 * RUN_MS
    key = heard.other * span + (heard.start - origin)
    low = np.searchsorted(key, key - RUN_MS, side="left")
    high = np.searchsorted(key, key + RUN_MS, side="right")
    return (sums[high] - sums[low]) / np.maximum(high - low, 1), high - low


def said_by_level(level: Floats, scans: Longs) -> tuple[Floats, Floats]:
    """Return what a run's mean attenuation says: (log likelihood ratio of near, chance of face).

    Parameters
    ----------
    level
        Mean attenuation, dB.
    scans
        How many sightings it is the mean of.
    """
    ratios, faces = _level_tables()
    column = np.clip(np.rint((level - _LEVELS[0]) * 2), 0, len(_LEVELS) - 1).astype(np.int64)
    row = np.clip(scans, 1, _MOST_SCANS) - 1
    return ratios[row, column], faces[row, column]


@cache
def _level_tables() -> tuple[Floats, Floats]:
    """Tabulate both answers by number of scans and attenuation."""
    shares = np.array(SHARES)
    scans = np.arange(1, _MOST_SCANS + 1)[:, None]
    logs = bluetooth.log_class_densities(np.broadcast_to(_LEVELS, (_MOST_SCANS, len(_LEVELS))),
                                         scans=scans)  # fmt: skip
    weighed = np.exp(logs - logs.max(axis=-1, keepdims=True)) * shares
    inside = np.array([1.0, 1.0, _WITHIN_PLACE, 0.0])
    near, far = weighed @ inside, weighed @ (1.0 - inside)
    prior = np.log((shares @ inside) / (shares @ (1.0 - inside)))
    ratio = np.log(np.maximum(near, 1e-300)) - np.log(np.maximum(far, 1e-300)) - prior
    face = weighed[..., 0] / weighed.sum(axis=-1)
    return np.clip(ratio, -_RATIO_LIMIT, _RATIO_LIMIT), face


__all__ = [
    "F_EXPECTED",
    "F_EXPECTED_24H",
    "F_FACE",
    "F_FACE_24H",
    "F_HEARD",
    "F_HEARD_24H",
    "Fused",
    "fuse",
    "run_means",
    "said_by_level",
]
