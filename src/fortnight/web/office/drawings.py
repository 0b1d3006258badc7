"""What is drawn on the pages of cases: in units of the drawing, without colours or styles.

Class names say what a part is; the stylesheet says how it looks, in light and in dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fortnight.risk.disease import load_disease

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortnight.case.files import CaseFile
    from fortnight.report.document import EpisodeDocument
    from fortnight.web.office.language import Speech

LEFT: Final = 84.0
RIGHT: Final = 612.0
TOP: Final = 18.0
HIGH: Final = 72.0
ROW: Final = 20.0
_EPOCH: Final = 719_163  # date.toordinal of the first of January 1970
_DAY_HOURS: Final = 24.0
_HOUR_LABELS: Final = (0, 6, 12, 18, 24)


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
    """One bar: where it stands, how it is called, and what it says."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Label:
    """A word beside a drawing."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Strip:
    """Days below each other, each 24 hours wide, with the meetings on them."""

    height: float
    rows: tuple[Label, ...]
    hours: tuple[Label, ...]
    rules: str
    grounds: tuple[Bar, ...]
    bars: tuple[Bar, ...]


def strip(episodes: Sequence[EpisodeDocument], speech: Speech) -> Strip:
    """Return the days on which two met, from the first to the last."""
    parts = [part for one in episodes for part in _by_day(one, speech)]
    ordinals = sorted({ordinal for ordinal, *_ in parts})
    place = {ordinal: TOP + number * ROW for number, ordinal in enumerate(ordinals)}
    base = TOP + len(ordinals) * ROW
    return Strip(
        height=base + 18,
        rows=tuple(
            Label(LEFT - 8, y + 14, speech.day(ordinal - _EPOCH), "end")
            for ordinal, y in place.items()
        ),
        hours=tuple(Label(_hour_x(hour), base + 13, f"{hour}:00") for hour in _HOUR_LABELS),
        rules="".join(f"M{_hour_x(hour):g} {TOP:g}V{base:g}" for hour in _HOUR_LABELS),
        grounds=tuple(
            Bar(LEFT, y + 1, RIGHT - LEFT, ROW - 2, "ground", "") for y in place.values()
        ),
        bars=tuple(
            Bar(
                round(_hour_x(start), 1),
                place[ordinal] + 3,
                round(max((RIGHT - LEFT) * (end - start) / _DAY_HOURS, 1.5), 1),
                ROW - 6,
                f"{one.window} presumed" if one.presumed else one.window,
                speech.period(ms_of(one.start), ms_of(one.end)),
            )
            for ordinal, start, end, one in parts
        ),
    )


def _hour_x(hour: float) -> float:
    return LEFT + (RIGHT - LEFT) * hour / _DAY_HOURS


def _by_day(
    episode: EpisodeDocument, speech: Speech
) -> Iterable[tuple[int, float, float, EpisodeDocument]]:
    """Yield an episode's part of each local day: the day, from and until which hour."""
    start, end = speech.local(ms_of(episode.start)), speech.local(ms_of(episode.end))
    day = start.date()
    while day <= end.date():
        first = _hours(start) if day == start.date() else 0.0
        last = _hours(end) if day == end.date() else _DAY_HOURS
        if last > first:
            yield day.toordinal(), first, last, episode
        day += timedelta(days=1)


def _hours(moment: datetime) -> float:
    return moment.hour + moment.minute / 60 + moment.second / 3_600


@dataclass(frozen=True, slots=True)
class Days:
    """Infectiousness by day, and on which days somebody was met."""

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
    count = last - first + 1
    width = (RIGHT - 40) / count
    base = TOP + HIGH
    highs = [base - HIGH * infectiousness(file, day) for day in range(first, last + 1)]
    points = [f"{40 + (k + 0.5) * width:.1f} {high:.1f}" for k, high in enumerate(highs)]
    path = "M" + "L".join(points)
    every = max(1, -(-count // 7))
    return Days(
        path=path,
        area=f"{path}L{40 + (count - 0.5) * width:.1f} {base:g}L{40 + width / 2:.1f} {base:g}Z",
        bars=tuple(
            Bar(
                round(40 + (day - first) * width + 1, 1),
                round(min(highs[day - first], base - 3), 1),
                round(width - 2, 1),
                round(base - min(highs[day - first], base - 3), 1),
                "curve-hit",
                f"{speech.day(day)}: {speech.spent(minutes)}",
            )
            for day, minutes in sorted(met.items())
            if first <= day <= last
        ),
        labels=tuple(
            Label(round(40 + (day - first + 0.5) * width, 1), base + 15, speech.day(day))
            for day in range(first, last + 1, every)
        ),
        onset=None
        if file.onset_day is None or not first <= file.onset_day <= last
        else round(40 + (file.onset_day - first) * width, 1),
        held=None
        if held_from is None or not first < held_from <= last
        else round(40 + (held_from - first) * width, 1),
        base=base,
        count=count,
    )


def minutes_by_day(episodes: Iterable[EpisodeDocument], speech: Speech) -> dict[int, float]:
    """Return the expected minutes of meetings by local day (since 1970)."""
    found: dict[int, float] = {}
    for one in episodes:
        parts = list(_by_day(one, speech))
        whole = sum(end - start for _, start, end, _ in parts) or 1.0
        for ordinal, start, end, _ in parts:
            day = ordinal - _EPOCH
            found[day] = found.get(day, 0.0) + one.expected_minutes * (end - start) / whole
    return found
