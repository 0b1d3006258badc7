"""What is expected of an infection day by day, drawn and in words: why one day is the day to test.

The latent period comes first in both: in it somebody is infected and no test finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from fortnight.report.wording import calendar_day, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.report.document import AssessmentDocument, CurvePointDocument

FEW: Final = 0.1
"""Below this share a finding is too rare for its absence to say anything."""

LEFT: Final = 40.0
RIGHT: Final = 312.0
TOP: Final = 20.0
BASE: Final = 98.0
RULES: Final = "".join(f"M{LEFT:g} {y:g}H{RIGHT:g}" for y in (TOP, (TOP + BASE) / 2, BASE))
_ANCHORED: Final = 0.25  # of the width, from whose edge a label grows inwards


@dataclass(frozen=True, slots=True)
class Mark:
    """One day of note: where it stands, its label, and to which side that grows."""

    x: float
    label: str
    anchor: str
    kind: str


@dataclass(frozen=True, slots=True)
class Course:
    """The drawing of one contact's curve, in its own units, and what it says."""

    found: str | None  # path of the share that a test finds
    ill: str  # path of the share with symptoms
    hidden_to: float  # from the left edge to here next to nothing is found
    marks: tuple[Mark, ...]
    first: str
    last: str
    words: str


def course(assessed: AssessmentDocument) -> Course | None:
    """Return the course of an infection like this contact's, or None where none is followed."""
    points = assessed.curve
    if len(points) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    detectable = [point.detectable for point in points]
    found = [value for value in detectable if value is not None]
    whole = len(found) == len(points)
    hidden = _first_from(found if whole else [point.ill for point in points])
    return Course(
        found=_path(found) if whole else None,
        ill=_path([point.ill for point in points]),
        hidden_to=_x(len(points) if hidden is None else hidden, len(points)),
        marks=_marks(assessed, points),
        first=_short(points[0].day),
        last=_short(points[-1].day),
        words=_tested(assessed, points, found) if whole else _incubation(points),
    )


def _first_from(shares: Sequence[float], least: float = FEW) -> int | None:
    """Return the place of the first share that is no longer few."""
    return next((k for k, value in enumerate(shares) if value >= least), None)


def _tested(
    assessed: AssessmentDocument, points: Sequence[CurvePointDocument], found: Sequence[float]
) -> str:
    hidden = _first_from(found)
    if hidden is None:
        return "A test finds fewer than one infection in ten on any of these days."
    latent = (
        f"The latent period is the hardest part: before {calendar_day(points[hidden].day)} fewer "
        "than one infection in ten can be found, so a test that finds nothing then says nothing."
    )
    if assessed.test_day is None:
        return f"{latent} Nothing here asks for a test."
    on = next((p.detectable for p in points if p.day == assessed.test_day), None)
    best = f"Tested on {calendar_day(assessed.test_day)}"
    if on is None:
        return f"{latent} {best}."
    return f"{latent} {best}, {share(on)} are found and {share(1 - on)} are still missed."


def _incubation(points: Sequence[CurvePointDocument]) -> str:
    shares = [point.ill for point in points]
    few, half = _first_from(shares), _first_from(shares, 0.5)
    if few is None:
        return "Fewer than one in ten of those infected fall ill on any of these days."
    middle = f", half of them by {calendar_day(points[half].day)}" if half is not None else ""
    return (
        f"Incubation is the hardest part: before {calendar_day(points[few].day)} fewer than one in "
        f"ten of those infected have symptoms{middle}. To feel well until then says nothing."
    )


def _x(place: float, count: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * min(place / (count - 1), 1.0), 1)


def _path(shares: Sequence[float]) -> str:
    points = (
        f"{_x(k, len(shares)):g} {round(BASE - (BASE - TOP) * value, 1):g}"
        for k, value in enumerate(shares)
    )
    return "M" + "L".join(points)


def _marks(assessed: AssessmentDocument, points: Sequence[CurvePointDocument]) -> tuple[Mark, ...]:
    days = [point.day for point in points]
    wanted = (
        (assessed.last_exposure, "last exposure", "exposed"),
        (assessed.test_day, "test", "test"),
    )
    return tuple(
        _mark(_x(days.index(day), len(days)), f"{words} {_short(day)}", kind)
        for day, words, kind in wanted
        if day in days
    )


def _mark(x: float, label: str, kind: str) -> Mark:
    near = (RIGHT - LEFT) * _ANCHORED
    anchor = "start" if x < LEFT + near else "end" if x > RIGHT - near else "middle"
    return Mark(x, label, anchor, kind)


def _short(day: str) -> str:
    read = date.fromisoformat(day)
    return f"{read.day} {read:%b}"
