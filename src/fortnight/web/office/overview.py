"""Overview: sums over cases. What counts fewer than five is told as just that."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sqrt
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get

from fortnight.web.office.pages import page, speech
from fortnight.web.office.watch import watched
from fortnight.web.office.watch_routes import OVERVIEW
from fortnight.web.office.who import signed_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.case.overview import Numbers
    from fortnight.case.place_times import Cluster
    from fortnight.case.precision import Precision
    from fortnight.web.office.language import Speech

FEWEST: Final = 5
ROUNDED: Final = 5
_SEES_ALL_DISTRICTS: Final = "epidemiologist"
_TOP: Final = 16.0
_BASE: Final = 172.0
_STUB: Final = 7.0
_LABEL_EVERY: Final = 7
_MAP_WIDE: Final = 400.0
_MAP_SIDE: Final = 320.0
_MARGIN: Final = 40.0
_METRES_A_DEGREE: Final = 111_195.0
_SCALES_M: Final = (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000)


def told(count: int) -> str | int:
    """Return a count as it may be told: below five it is only told that it is."""
    return count if count == 0 or count >= FEWEST else "<5"


def about(count: int) -> str | int:
    """Return a sum as it may be told: from an exact one small parts could be worked out."""
    return told(count) if count < FEWEST else round(count / ROUNDED) * ROUNDED


# -- the curve -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CurveBar:
    """One day's bar: per cent across, pixels down; ``kind`` is a class of the stylesheet."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word at the edge of the drawing, and where it stands; left out where narrow if minor."""

    at: float
    text: str
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """The epidemic curve."""

    bars: tuple[CurveBar, ...]
    days: tuple[Mark, ...]
    counts: tuple[Mark, ...]
    rows: tuple[tuple[str, str | int, str | int], ...]


def curve(days: Sequence[tuple[int, int, int]], said: Speech) -> Curve:
    """Return the curve of days (day, cases by onset, cases by test), oldest first."""
    most = max([FEWEST, *(max(onset, test) for _, onset, test in days)])
    wide = 100 / len(days)
    bars = []
    for place, (day, onset, test) in enumerate(days):
        x, name = place * wide, said.day(day)
        for offset, kind, count in ((0.06, "look-forward", onset), (0.5, "look-back", test)):
            if count:
                left = round(x + offset * wide, 2)
                bars.append(_bar(left, wide * 0.42, count, most, kind, f"{name}: {told(count)}"))
    shown = [(day, onset, test) for day, onset, test in reversed(days) if onset or test]
    return Curve(
        tuple(bars),
        tuple(
            Mark(round((place + 0.5) * wide, 2), said.short_day(day), minor=back % 2 == 1)
            for place, (day, _, _) in enumerate(days)
            for back, rest in (divmod(len(days) - 1 - place, _LABEL_EVERY * 2),)
            if rest == 0 and place
        ),
        tuple(Mark(round(_height(count, most), 1), str(count)) for count in _steps(most)),
        tuple((said.day(day), told(onset), told(test)) for day, onset, test in shown),
    )


def _bar(x: float, width: float, count: int, most: int, kind: str, words: str) -> CurveBar:
    if count < FEWEST:  # as high whatever it counts
        return CurveBar(x, _BASE - _STUB, round(width, 2), _STUB, f"{kind} presumed", words)
    y = round(_height(count, most), 1)
    return CurveBar(x, y, round(width, 2), round(_BASE - y, 1), kind, words)


def _height(count: int, most: int) -> float:
    return _BASE - (_BASE - _TOP) * count / most


def _steps(most: int) -> range:
    step = next(one for one in (5, 10, 25, 50, 100, 250, 500, 1_000, 10_000) if most <= one * 5)
    return range(step, most + 1, step)


# -- places ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """A cluster on the drawing, and as a row of the table."""

    x: float
    y: float
    radius: float
    day: str
    people: str | int
    cases: str | int
    place: str


@dataclass(frozen=True, slots=True)
class Spots:
    """The clusters, and how long a kilometre is on the drawing.

    ``drawn`` holds each square once, on the day when most were met: days would cover each other.
    """

    spots: tuple[Spot, ...]
    drawn: tuple[Spot, ...]
    scale_width: float
    scale_m: int


def spots(clusters: Sequence[Cluster], said: Speech) -> Spots | None:
    """Return where clusters stand to each other, north above; None where there are none."""
    if not clusters:
        return None
    across = cos(radians(clusters[0].lat)) * _METRES_A_DEGREE
    east = [one.lon * across for one in clusters]
    north = [one.lat * _METRES_A_DEGREE for one in clusters]
    metres = max(max(east) - min(east), max(north) - min(north), 1_000.0)
    unit = (_MAP_SIDE - 2 * _MARGIN) / metres
    middle = (max(east) + min(east)) / 2, (max(north) + min(north)) / 2
    found = tuple(
        Spot(
            round(_MAP_WIDE / 2 + (x - middle[0]) * unit, 1),
            round(_MAP_SIDE / 2 - (y - middle[1]) * unit, 1),
            round(min(4 + 2 * sqrt(one.people), 30), 1),
            said.day(one.day),
            told(one.people),
            told(one.cases),
            f"{one.lat:.3f}, {one.lon:.3f}",
        )
        for one, x, y in zip(clusters, east, north, strict=True)
    )
    scale = max(one for one in _SCALES_M if one * unit <= _MAP_SIDE / 2 or one == _SCALES_M[0])
    return Spots(found, _once(found), round(scale * unit, 1), scale)


def _once(found: Sequence[Spot]) -> tuple[Spot, ...]:
    return tuple({one.place: one for one in reversed(found)}.values())


# -- the page --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sums:
    """The tiles; None where too few are behind a number."""

    cases: str | int
    contacts: str | int
    contacts_a_case: float | None
    decision_median_ms: int | None
    decision_p90_ms: int | None
    share_told: float | None


def sums(numbers: Numbers) -> Sums:
    """Return what may be told of the numbers."""
    many_decided, many_cases = numbers.decided >= FEWEST, numbers.cases >= FEWEST
    return Sums(
        about(numbers.cases),
        about(numbers.contacts_total),
        numbers.contacts_median if many_cases else None,
        numbers.decision_median_ms if many_cases else None,
        numbers.decision_p90_ms if many_cases else None,
        numbers.share_told if many_decided else None,
    )


def enough(precisions: Sequence[Precision]) -> list[Precision]:
    """Return the versions that at least five were decided about under."""
    return [one for one in precisions if one.decided >= FEWEST]


@get(OVERVIEW, include_in_schema=False, sync_to_thread=True)
def overview(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show the sums of the own district; to an epidemiologist those of all."""
    rooms, account, said = watched(request), signed_in(request).account, speech(request)
    district = None if account.role == _SEES_ALL_DISTRICTS else account.district
    numbers = rooms.work.overview.numbers(district, rooms.clock())
    found = rooms.oversight.place_times.clusters(district)
    return page(
        request,
        "overview.html",
        district=district,
        curve=curve(numbers.curve, said),
        sums=sums(numbers),
        precisions=enough(rooms.oversight.precisions.by_version(district)),
        spots=spots(found, said),
        districts=numbers.by_district if district is None else (),
        told=told,
        about=about,
        fewest=FEWEST,
    )


HANDLERS: Final = (overview,)
