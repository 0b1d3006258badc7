"""What several kinds of evidence say together about each contact of a case.

For every minute the log odds of being within the radius are added up: those of the positions (or
a prior, where there is none), the log likelihood ratio of what the phones heard, and that of a
shared check-in. Minutes of which nothing is known stay unknown. docs/how-contacts-are-decided.md
has the model, where its numbers come from, and how well it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from fortnight.contact import bluetooth
from fortnight.contact.filing import everyone, first_rows, located_spans, places_in, sum_positions
from fortnight.contact.fusing import (
    BOUT_MINUTES,
    F_EXPECTED,
    F_EXPECTED_24H,
    F_FACE,
    F_FACE_24H,
    F_FACE_BOUT,
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
from fortnight.contact.hearing import (
    LEVEL_FROM_DB,
    LEVEL_STEP_DB,
    SCAN_MS,
    heard_spans,
    how_heard,
    mean_levels,
)
from fortnight.contact.linger import Linger

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.signs import SharedVisits, Sightings, SignIndex, Windows
    from fortnight.contact.window import Window

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

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
_SURE_OF_ROOM: Final = 0.95
_WITHIN_PLACE: Final = 0.6  # of the class "place" (3 to 40 m) within 25 m
_RATIO_LIMIT: Final = 6.0
_LEVELS: Final = np.arange(LEVEL_FROM_DB, 121.0, LEVEL_STEP_DB)
_MOST_SCANS: Final = 8
_DAY_MS: Final = 86_400_000
_MINUTE_S: Final = 60.0
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
    heard_days: Floats  # minutes of each local day in which one phone heard the other
    left_days: Floats  # minutes in air that the case left behind
    signed: NDArray[np.bool_]  # whether anything but positions is known
    how: Longs  # how they were heard, as bits of ``contact.hearing``
    heard: Sightings  # of the case, in the window
    visits: SharedVisits

    def row_of(self, who: Longs) -> Longs:
        """Return the row of each participant, -1 where there is none."""
        rows: Longs = places_in(self.who, who)
        return rows


def likely_minutes(sums: Floats) -> tuple[Floats, Floats]:
    """Return the least and most minutes together with 80 %, by the sums of ``Fused``.

    Each run is together or apart as a whole.
    """
    mean, spread = sums[:, F_EXPECTED], _SURE * np.sqrt(sums[:, F_VARIANCE])
    return np.maximum(0.0, mean - spread), mean + spread


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of a case's contacts beside positions, in a window."""

    heard: Sightings
    scanned: Scanned
    visits: SharedVisits
    left: Linger

    @property
    def people(self) -> Longs:
        """Numbers of all of whom anything is; some more than once."""
        found: Longs = np.concatenate(
            (self.heard.other, self.scanned.other, self.visits.other, self.left.who)
        )
        return found


def beside(index: SignIndex, who: int, window: Window, left: Linger | None = None) -> Beside:
    """Return what is known of the contacts of ``who`` beside positions.

    ``left`` is time in air that the case left behind, where the disease lingers.
    """
    return Beside(
        heard=index.sightings.of(who).within(window.start, window.end),
        scanned=_scanned(index.windows.of(who), window),
        visits=index.visits.shared_with(who, window.start, window.end),
        left=left or Linger(np.empty(0, dtype=np.int64), np.zeros((0, len(window.weight)))),
    )


def fuse(known: Beside, episodes: Floats, window: Window) -> Fused:
    """Put together what is known of each contact of a case.

    Parameters
    ----------
    known
        All that is no position.
    episodes
        Rows of ``contact.episodes`` of this case: of all contacts, or at least of those in
        ``known.people`` and those who may be listed. Presumed ones are passed over.
    window
        The days looked at.
    """
    heard, scanned, visits, left = known.heard, known.scanned, known.visits, known.left
    people, by_sign = everyone(episodes, heard.other, visits.other, scanned.other, left.who)
    sums, days, heard_days = _blank(len(people), len(window.weight))
    rows = np.searchsorted(people, by_sign)
    signed, how = np.zeros(len(people), dtype=np.bool_), np.zeros(len(people), dtype=np.int64)
    signed[rows] = True
    sum_positions(episodes, people, window.edges, sums, days)
    if len(rows):
        part, by_day, heard_by_day = _blank(len(rows), len(window.weight))
        heard_of = first_rows(heard.other, by_sign)
        spans, how[rows] = _said_by_sightings(heard, heard_of, window)
        fuse_minutes(
            *located_spans(episodes, by_sign, float(window.start)),
            spans,
            heard_of,
            _visit_spans(visits, window),
            first_rows(visits.other, by_sign),
            (window.edges - window.start) // int(MINUTE_MS),
            PRIOR,
            LEAST,
            part,
            by_day,
            heard_by_day,
        )
        sums[rows], days[rows], heard_days[rows] = part, by_day, heard_by_day
    _add_scanned(scanned, people, window, sums, days, heard_days)
    lingering = _add_left(left, people, window, sums)
    return Fused(people, sums, days, heard_days, lingering, signed, how, heard, visits)


def _blank(people: int, days: int) -> tuple[Floats, Floats, Floats]:
    return np.zeros((people, FUSED_COLUMNS)), np.zeros((people, days)), np.zeros((people, days))


class Scanned(NamedTuple):
    """Minutes of exposure windows, one row a pair and local day."""

    other: Longs
    day: Longs
    near: Floats
    face: Floats
    heard: Floats


_NO_DAYS: Final = (np.empty(0, dtype=np.int64),) * 2
_NO_MINUTES: Final = (np.empty(0),) * 3


def _scanned(windows: Windows, window: Window) -> Scanned:
    """Weigh the scans of windows by what their attenuation says, and add them up by day.

    Where both phones have windows of each other on a day, the larger sum counts.
    """
    if not len(windows):
        return Scanned(*_NO_DAYS, *_NO_MINUTES)
    noon = (windows.day * _DAY_MS + _DAY_MS // 2).astype(np.int64)
    day = np.searchsorted(window.edges, noon, side="right") - 1
    kept = (noon >= window.start) & (noon < window.end)
    minutes = windows.seconds / _MINUTE_S
    key = windows.other * len(window.weight) + day
    level, scans = _means_of(key * 2 + windows.own, windows.attenuation)
    ratio, face, _ = said_by_level(level, scans)
    near = minutes / (1.0 + np.exp(-(PRIOR + ratio)))
    pairs, row = np.unique(key[kept], return_inverse=True)
    sums = np.zeros((3, 2, len(pairs)))
    for k, values in enumerate((near, minutes * face, minutes)):
        np.add.at(sums[k], (windows.own[kept].astype(np.int64), row), values[kept])
    most = sums.max(axis=1)
    return Scanned(pairs // len(window.weight), pairs % len(window.weight), *most)


def _bout(face: Floats, heard: Floats) -> Floats:
    """Return the most face to face in 20 minutes, where only a day's sums are known."""
    return face * np.minimum(1.0, BOUT_MINUTES / np.maximum(heard, 1.0))


def _means_of(group: Longs, values: Floats) -> tuple[Floats, Longs]:
    """Return the mean of each value's group, and how many are in it."""
    _, row, counts = np.unique(group, return_inverse=True, return_counts=True)
    means = np.bincount(row, values) / counts if len(group) else np.empty(0)
    return means[row], counts[row]


def _add_scanned(
    scanned: Scanned,
    people: Longs,
    window: Window,
    sums: Floats,
    days: Floats,
    heard_days: Floats,
) -> None:
    """Let a day's exposure windows speak where nothing else says more of that day."""
    if not len(scanned.other):
        return
    row = np.searchsorted(people, scanned.other)
    gain = np.maximum(0.0, scanned.near - days[row, scanned.day])
    np.add.at(days, (row, scanned.day), gain)
    np.maximum.at(heard_days, (row, scanned.day), scanned.heard)
    np.add.at(sums[:, F_EXPECTED], row, gain)
    for column, values in (
        (F_EXPECTED_24H, scanned.near),
        (F_FACE_24H, scanned.face),
        (F_HEARD_24H, scanned.heard),
        (F_FACE_BOUT, _bout(scanned.face, scanned.heard)),
    ):
        np.maximum.at(sums[:, column], row, values)
    for column, values in ((F_FACE, scanned.face), (F_HEARD, scanned.heard)):
        total = np.bincount(row, values, minlength=len(people))
        sums[:, column] = np.maximum(sums[:, column], total)
    first = (window.edges[scanned.day] - window.start).astype(np.float64)
    last = (window.edges[scanned.day + 1] - window.start).astype(np.float64)
    for place, start, end in zip(row.tolist(), first.tolist(), last.tolist(), strict=True):
        unknown = sums[place, F_LAST] <= sums[place, F_FIRST]
        sums[place, F_FIRST] = start if unknown else min(start, sums[place, F_FIRST])
        sums[place, F_LAST] = end if unknown else max(end, sums[place, F_LAST])


def _add_left(left: Linger, people: Longs, window: Window, sums: Floats) -> Floats:
    """Return the minutes in left air of everyone, and let them count in the 24 hours."""
    days = np.zeros((len(people), len(window.weight)))
    if not len(left.who):
        return days
    row = np.searchsorted(people, left.who)
    days[row] = left.days
    sums[row, F_EXPECTED_24H] += left.days.max(axis=1, initial=0.0)
    for place, minutes in zip(row.tolist(), left.days, strict=True):
        met = np.flatnonzero(minutes > 0.0)
        alone = sums[place, F_LAST] <= sums[place, F_FIRST]
        if alone and len(met):
            sums[place, F_FIRST] = window.edges[met[0]] - window.start
            sums[place, F_LAST] = window.edges[met[-1] + 1] - window.start
    return days


def _visit_spans(visits: SharedVisits, window: Window) -> Floats:
    """Return when each shared check-in speaks, and its log likelihood ratio."""
    spans = np.zeros((len(visits), SPAN_COLUMNS))
    spans[:, 0], spans[:, 1] = visits.start - window.start, visits.end - window.start
    spans[:, 2] = np.where(visits.presumed, PRESUMED_RATIO, VENUE_RATIO)
    return spans


def _said_by_sightings(heard: Sightings, first: Longs, window: Window) -> tuple[Floats, Longs]:
    """Return the spans of all sightings, and how each one was heard.

    A pair's own error stays while two people stay where they are: sightings are read by the mean
    of those around them, in which only each scan's own is averaged.
    """
    tables, sensed, level = _level_tables(), (_RATIO_LIMIT, SENSED), heard.attenuation
    means = mean_levels(heard.other, heard.start, level)
    spans = heard_spans(heard.start, heard.end, level, means, window.start, tables, sensed)
    return spans, how_heard(level, means, first, tables, _SURE_OF_ROOM)


def said_by_level(level: Floats, scans: Longs) -> tuple[Floats, Floats, Floats]:
    """Return what a run's mean attenuation says, as three answers.

    The log likelihood ratio of being within the radius of 25 m, the chance of face to face, and
    that of one room or nearer.

    Parameters
    ----------
    level
        Mean attenuation, dB.
    scans
        How many sightings it is the mean of.
    """
    tables, place = _level_tables(), _place_of(level, scans)
    return tables[0][place], tables[1][place], tables[2][place]


def _place_of(level: Floats, scans: Longs) -> tuple[Longs, Longs]:
    column = np.clip(np.rint((level - _LEVELS[0]) * 2), 0, len(_LEVELS) - 1).astype(np.int64)
    return np.clip(scans, 1, _MOST_SCANS) - 1, column


@cache
def _level_tables() -> Floats:
    """Tabulate the three answers by number of scans and attenuation."""
    shares = np.array(SHARES)
    scans = np.arange(1, _MOST_SCANS + 1)[:, None]
    logs = bluetooth.log_class_densities(np.broadcast_to(_LEVELS, (_MOST_SCANS, len(_LEVELS))),
                                         scans=scans)  # fmt: skip
    weighed = np.exp(logs - logs.max(axis=-1, keepdims=True)) * shares
    inside = np.array([1.0, 1.0, _WITHIN_PLACE, 0.0])
    near, far = weighed @ inside, weighed @ (1.0 - inside)
    prior = np.log((shares @ inside) / (shares @ (1.0 - inside)))
    ratio = np.log(np.maximum(near, 1e-300)) - np.log(np.maximum(far, 1e-300)) - prior
    whole = weighed.sum(axis=-1)
    face, room = weighed[..., 0] / whole, weighed[..., :2].sum(axis=-1) / whole
    return np.stack((np.clip(ratio, -_RATIO_LIMIT, _RATIO_LIMIT), face, room))


__all__ = [
    "F_EXPECTED",
    "F_EXPECTED_24H",
    "F_FACE",
    "F_FACE_24H",
    "F_HEARD",
    "F_HEARD_24H",
    "SCAN_MS",
    "Beside",
    "Fused",
    "beside",
    "fuse",
    "likely_minutes",
    "said_by_level",
]
