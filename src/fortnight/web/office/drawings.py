"""What is drawn on the pages of cases, without colours or styles.

What lies across is in per cent of the drawing, what stands in pixels: a drawing becomes as wide as
the screen lets it, and its words stay as large as they are. Class names say what a part is; the
stylesheet says how it looks, in light and in dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from fortnight.risk.disease import load_disease

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortnight.case.files import CaseFile
    from fortnight.report.document import EpisodeDocument
    from fortnight.web.office.language import Speech

TOP: Final = 18.0
HIGH: Final = 72.0
ROW: Final = 38.0
_WORDS: Final = 15.0
"""Of a row, what its words take."""
_EPOCH: Final = 719_163  # date.toordinal of the first of January 1970
_DAY_HOURS: Final = 24.0
_HOUR_LABELS: Final = (0, 6, 12, 18, 24)
_ANCHORS: Final = {0: "start", 24: "end"}
_DAYS_SAID: Final = 7


def ms_of(iso: str) -> int:
    """Return an instant of a document in ms since 1970."""
    return round(datetime.fromisoformat(iso).timestamp() * 1_000)


def infectiousness(file: CaseFile, day: int) -> float:
    """Return how infectious a case was on a day (since 1970), as a share of its highest day."""
    if file.onset_day is None:
        return _infectiousness(file.disease, day - file.test_day, is_since_test=True)
    return _infectiousness(file.disease, day - file.onset_day, is_since_test=False)


@lru_cache(maxsize=4_096)  # a page of fifty contacts asks a thousand times
def _infectiousness(disease: str, day: int, *, is_since_test: bool) -> float:
    read = load_disease(disease)
    if is_since_test:
        return read.relative_infectiousness_since_test(day)
    return read.relative_infectiousness(day)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands, how it is called, and what it says.

    ``x`` and ``width`` are per cent, ``y`` and ``height`` pixels.
    """

    x: float
    y: float
    width: float
    height: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Label:
    """A word in a drawing: per cent across, pixels down. Where it is narrow, minor ones go."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """Days below each other, each 24 hours wide, with the meetings on them."""

    height: float
    rows: tuple[Label, ...]
    hours: tuple[Label, ...]
    rules: tuple[float, ...]
    grounds: tuple[Bar, ...]
    bars: tuple[Bar, ...]


class Met(NamedTuple):
    """A meeting with its instants read: in ms since 1970, and on the district's clocks."""

    episode: EpisodeDocument
    start: int
    end: int
    since: datetime
    until: datetime


def met_of(episodes: Iterable[EpisodeDocument], speech: Speech) -> list[Met]:
    """Read the instants of meetings: a page of places shows a thousand, and each several times."""
    met = []
    for one in episodes:
        start, end = ms_of(one.start), ms_of(one.end)
        met.append(Met(one, start, end, speech.local(start), speech.local(end)))
    return met


def strip(met: Sequence[Met], speech: Speech) -> Strip:
    """Return the days on which two met, from the first to the last."""
    parts = [(*part, one) for one in met for part in _by_day(one)]
    ordinals = sorted({ordinal for ordinal, *_ in parts})
    place = {ordinal: number * ROW for number, ordinal in enumerate(ordinals)}
    base = len(ordinals) * ROW
    return Strip(
        height=base + _WORDS,
        rows=tuple(
            Label(0, y + 11, speech.day(ordinal - _EPOCH), "start") for ordinal, y in place.items()
        ),
        hours=tuple(
            Label(_across(hour), base + 12, f"{hour}:00", _ANCHORS.get(hour, "middle"))
            for hour in _HOUR_LABELS
        ),
        rules=tuple(_across(hour) for hour in _HOUR_LABELS[1:-1]),
        grounds=tuple(
            Bar(0, y + _WORDS, 100, ROW - _WORDS - 4, "ground", "") for y in place.values()
        ),
        bars=tuple(
            Bar(
                _across(start),
                place[ordinal] + _WORDS + 2,
                max(round(_across(end) - _across(start), 2), 0.5),
                ROW - _WORDS - 8,
                f"{one.window} presumed" if one.presumed else one.window,
                speech.period(starts, ends),
            )
            for ordinal, start, end, (one, starts, ends, _, _) in parts
        ),
    )


def _across(hour: float) -> float:
    return round(100 * hour / _DAY_HOURS, 2)


def _by_day(met: Met) -> list[tuple[int, float, float]]:
    """Return a meeting's part of each local day: the day's ordinal, from and until which hour."""
    begun, ended = met.since.toordinal(), met.until.toordinal()
    parts = []
    for day in range(begun, ended + 1):
        first = _hours(met.since) if day == begun else 0.0
        last = _hours(met.until) if day == ended else _DAY_HOURS
        if last > first:
            parts.append((day, first, last))
    return parts


def _hours(moment: datetime) -> float:
    return moment.hour + moment.minute / 60 + moment.second / 3_600


@dataclass(frozen=True, slots=True)
class Days:
    """Infectiousness by day, and on which days somebody was met.

    ``path`` and ``area`` are in a square of 100 by 100, which the drawing stretches.
    """

    path: str
    area: str
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    onset: float | None
    held: float | None
    base: float
    count: int


def days_drawing(
    file: CaseFile,
    met: Mapping[int, float],
    first: int,
    last: int,
    speech: Speech,
    held_from: int | None = None,
) -> Days:
    """Return the curve of a case's infectiousness from ``first`` to ``last`` (days since 1970).

    Parameters
    ----------
    met : mapping
        Minutes of meetings by day; a day with some is drawn as a bar of that day's height.
    held_from : int, optional
        The first day of which evidence is held: before it nothing can be known.
    """
    days = range(first, last + 1)
    width = 100 / len(days)
    shares = {day: infectiousness(file, day) for day in days}
    points = [
        f"{(place + 0.5) * width:.2f} {100 - 100 * share:.1f}"
        for place, share in enumerate(shares.values())
    ]
    path = "M" + "L".join(points)
    onset = file.onset_day
    return Days(
        path=path,
        area=f"{path}L{100 - width / 2:.2f} 100L{width / 2:.2f} 100Z",
        bars=tuple(
            _day_bar(shares[day], (day - first) * width, width, f"{speech.day(day)}: {spent}")
            for day, spent in ((day, speech.spent(spent)) for day, spent in sorted(met.items()))
            if day in shares
        ),
        labels=_day_labels(days, width, speech),
        onset=None if onset is None or onset not in days else round((onset - first) * width, 2),
        held=None
        if held_from is None or not first < held_from <= last
        else round((held_from - first) * width, 2),
        base=TOP + HIGH,
        count=len(days),
    )


def _day_bar(share: float, x: float, width: float, words: str) -> Bar:
    high = round(max(HIGH * share, 3.0), 1)
    return Bar(
        round(x + width * 0.04, 2),
        round(TOP + HIGH - high, 1),
        round(width * 0.92, 2),
        high,
        "curve-hit",
        words,
    )


def _day_labels(days: range, width: float, speech: Speech) -> tuple[Label, ...]:
    every = max(1, -(-len(days) // _DAYS_SAID))
    return tuple(
        Label(
            round((place * every + 0.5) * width, 2),
            TOP + HIGH + 14,
            speech.short_day(day),
            minor=place % 2 == 1,
        )
        for place, day in enumerate(days[::every])
    )


def minutes_by_day(met: Iterable[Met]) -> dict[int, float]:
    """Return the expected minutes of meetings by local day (since 1970)."""
    found: dict[int, float] = {}
    for one in met:
        parts = _by_day(one)
        whole = sum(end - start for _, start, end in parts) or 1.0
        for ordinal, start, end in parts:
            day, minutes = ordinal - _EPOCH, one.episode.expected_minutes
            found[day] = found.get(day, 0.0) + minutes * (end - start) / whole
    return found
