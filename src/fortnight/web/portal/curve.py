"""The curve of a person's own dates, as lines: it needs no script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.mine.exposures import Measured
    from fortnight.web.office.language import Speech

LEFT: Final = 8.0
RIGHT: Final = 312.0
TOP: Final = 10.0
BASE: Final = 90.0
_SAID: Final = 4
"""Days below the drawing that are written out, at most."""
_HALF: Final = 0.5
_FEW: Final = 0.1


@dataclass(frozen=True, slots=True)
class Mark:
    """A day below the drawing."""

    x: float
    words: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The drawing, and in days what it says. ``few`` and ``half``: of those infected, ill by then.

    ``found`` is None where nobody is tested before symptoms; ``test`` is where the test's day is.
    """

    ill: str
    found: str | None
    met: tuple[float, ...]
    test: float | None
    marks: tuple[Mark, ...]
    few: int | None
    half: int | None


def drawing(measured: Measured, said: Speech) -> Drawing:
    """Return the drawing of what is expected of one infection among many like this person's."""
    points = measured.curve
    first, count = points[0].day, len(points)
    found = [one.found for one in points if one.found is not None]
    days = {one.day for one in measured.meetings} or {measured.first_day, measured.last_day}
    tested = measured.test_day
    return Drawing(
        ill=_path([one.ill for one in points]),
        found=_path(found) if len(found) == count else None,
        met=tuple(_x(day - first, count) for day in sorted(days)),
        test=None
        if tested is None or not 0 <= tested - first < count
        else _x(tested - first, count),
        marks=_marks(first, count, said),
        few=next((one.day for one in points if one.ill >= _FEW), None),
        half=next((one.day for one in points if one.ill >= _HALF), None),
    )


def _marks(first: int, count: int, said: Speech) -> tuple[Mark, ...]:
    steps = min(_SAID, count)
    places = sorted({round(k * (count - 1) / max(steps - 1, 1)) for k in range(steps)})
    anchors = {0: "start", count - 1: "end"}
    return tuple(
        Mark(_x(place, count), said.short_day(first + place), anchors.get(place, "middle"))
        for place in places
    )


def _x(place: int, count: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * place / max(count - 1, 1), 1)


def _path(shares: Sequence[float]) -> str:
    points = (
        f"{_x(k, len(shares)):g} {BASE - (BASE - TOP) * share:.1f}"
        for k, share in enumerate(shares)
    )
    return "M" + "L".join(points)
