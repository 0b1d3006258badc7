"""The tree of cases as a drawing: where each case stands, and the lines between them.

From left to right runs the day of onset, from top to bottom one case a row, each below its
source. Lengths are in the drawing's own units, which a browser scales.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from fortnight.report import wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.report.outbreak_documents import ChainDocument, TreeRow

ROW: Final = 34.0
RADIUS: Final = 12.0
_LEFT: Final = 84.0
_RIGHT: Final = 40.0
_TOP: Final = 40.0
_WIDTH: Final = 900.0
_STEP_LEAST: Final = 10.0
_STEP_MOST: Final = 60.0
_TICK_ROOM: Final = 58.0
_STUB: Final = 30.0
_THINNEST: Final = 1.0
_THICKER: Final = 4.0
_DRAWN: Final = 0.1


@dataclass(frozen=True, slots=True)
class Node:
    """One case."""

    x: float
    y: float
    number: int
    title: str
    evidence: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One source: a path, how wide, its probability in words and where these stand."""

    path: str
    width: float
    unknown: bool
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Other:
    """A possible link that is not in the tree: a path, how wide, and what it says."""

    path: str
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """One day on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that is drawn, and its size."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    others: tuple[Other, ...]
    ticks: tuple[Tick, ...]


def draw(document: ChainDocument) -> Drawing:
    """Return the most probable tree as a drawing, and the other links of 10 % or more."""
    days = [date.fromisoformat(case.onset) for case in document.cases]
    first, span = min(days), (max(days) - min(days)).days
    step = min(_STEP_MOST, max(_STEP_LEAST, _WIDTH / max(1, span)))
    order = rows_in_order(document.tree)
    spots = {
        row.case: (_LEFT + step * (days[row.case - 1] - first).days, _TOP + ROW * (place + 1))
        for place, row in enumerate(order)
    }
    return Drawing(
        width=_LEFT + step * span + _RIGHT,
        height=_TOP + ROW * (len(order) + 1),
        nodes=tuple(_node(document, row, *spots[row.case]) for row in order),
        lines=tuple(_line(row, spots) for row in order),
        others=tuple(_others(document, spots)),
        ticks=_ticks(first, span, step),
    )


def rows_in_order(tree: list[TreeRow]) -> list[TreeRow]:
    """Return the rows of a tree so that each stands below its source, sources by their numbers."""
    below: dict[int | None, list[TreeRow]] = {}
    for row in tree:
        below.setdefault(row.infector, []).append(row)
    found: list[TreeRow] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        row = waiting.pop()
        found.append(row)
        waiting += reversed(below.get(row.case, []))
    return found


def _node(document: ChainDocument, row: TreeRow, x: float, y: float) -> Node:
    case = document.cases[row.case - 1]
    day = wording.calendar_day(case.onset)
    word = "onset" if case.dated_by == "onset" else "tested"
    evidence = "" if case.has_evidence else ", no evidence"
    return Node(x, y, row.case, f"Case {row.case}, {word} {day}{evidence}", case.has_evidence)


def _line(row: TreeRow, spots: dict[int, tuple[float, float]]) -> Line:
    x, y = spots[row.case]
    width = _THINNEST + _THICKER * row.probability
    label = wording.share(row.probability)
    at = x - RADIUS - 4
    if row.infector is None:
        path = f"M{at - _STUB - 20:.1f} {y:.1f}H{x - RADIUS:.1f}"
        return Line(path, width, unknown=True, label=f"? {label}", x=at, y=y - 4)
    path = _path(spots[row.infector], (x, y))
    return Line(path, width, unknown=False, label=label, x=at, y=y - 4)


def _path(source: tuple[float, float], case: tuple[float, float]) -> str:
    """Return a curve from below or above a source to the left of a case."""
    (from_x, from_y), (x, y) = source, case
    bend = min(from_x, x - 2 * RADIUS)
    edge = from_y + RADIUS if y > from_y else from_y - RADIUS
    return (
        f"M{from_x:.1f} {edge:.1f}C{bend:.1f} {y:.1f} {bend:.1f} {y:.1f} {x - RADIUS:.1f} {y:.1f}"
    )


def _others(document: ChainDocument, spots: dict[int, tuple[float, float]]) -> Iterator[Other]:
    """Yield the links that are likely enough to be drawn, and not in the tree."""
    for link in document.links:
        if not link.in_tree and link.probability >= _DRAWN:
            said = (
                f"Case {link.infector} to case {link.infectee}: {wording.share(link.probability)}"
            )
            path = _path(spots[link.infector], spots[link.infectee])
            yield Other(path, _THINNEST + _THICKER * link.probability, said)


def _ticks(first: date, span: int, step: float) -> tuple[Tick, ...]:
    """Return a tick for each day, or for every so many that their labels have room."""
    every = max(1, -(-int(_TICK_ROOM) // int(step)))
    days = [first + timedelta(days=k) for k in range(0, span + 1, every)]
    return tuple(Tick(_LEFT + step * (day - first).days, f"{day.day} {day:%b}") for day in days)
