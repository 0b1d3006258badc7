"""What one case costs as the town grows while what a case meets stays the same.

    python -m bench.growth --people 300,1000,3000,10000,30000 --out bench/results/growth.json

The plain town's area grows with its people, so a case meets about as many contacts in a large one
as in a small one; what an engine takes longer for is the town, not the meetings.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.data import DAYS, town
from bench.plan import Plan
from bench.run import leave, say, work_folder
from bench.table import NOTHING, grid, seconds
from bench.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 640
HEIGHT: Final = 400
MARGIN: Final = 60
COLOURS: Final = (
    "#0b6e4f",
    "#1f77b4",
    "#d62728",
    "#9467bd",
    "#8c564b",
    "#e377c2",
    "#7f7f7f",
    "#bcbd22",
)


@dataclass(frozen=True, slots=True)
class Point:
    """One engine in one town."""

    name: str
    people: int
    segments: int
    contacts: float  # of one case, the median
    median_s: float


def main(arguments: list[str] | None = None) -> None:
    """Measure, and write JSON, Markdown and a picture."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, leave)
    points: list[Point] = []
    for people in (int(count) for count in options.people.split(",")):
        points += _points(people, options)
    out = Path(options.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps([asdict(point) for point in points], indent=1))
    out.with_suffix(".svg").write_text(svg(points))
    out.with_suffix(".md").write_text(markdown(points) + "\n")
    print(markdown(points))


def markdown(points: list[Point]) -> str:
    """Return one row an engine, one column a town."""
    towns = sorted({(p.people, p.segments) for p in points})
    rows = []
    for name in dict.fromkeys(p.name for p in points):
        own = {p.people: p for p in points if p.name == name}
        cells = [
            f"{seconds(own[people].median_s)} ({own[people].contacts:.0f} contacts)"
            if people in own
            else NOTHING
            for people, _ in towns
        ]
        rows.append([name, *cells])
    return grid(["engine", *(f"{p:,} people, {s:,} segments" for p, s in towns)], rows)


def svg(points: list[Point]) -> str:
    """Draw time over people, both axes logarithmic, one line an engine."""
    names = list(dict.fromkeys(p.name for p in points))
    across = _Scale([p.people for p in points], MARGIN, WIDTH - MARGIN)
    up = _Scale([p.median_s for p in points], HEIGHT - MARGIN, MARGIN)
    parts = [_axes(points, across, up)]
    for number, name in enumerate(names):
        own = sorted((p.people, p.median_s) for p in points if p.name == name)
        line = " ".join(f"{across(people):.1f},{up(median):.1f}" for people, median in own)
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        place = f'x="{WIDTH - MARGIN + 8}" y="{MARGIN + 18 * number}"'
        parts.append(f'<text {place} fill="{colour}">{name}</text>')
    size = f'viewBox="0 0 {WIDTH + 180} {HEIGHT}" font-family="sans-serif" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>\n'


def _points(people: int, options: argparse.Namespace) -> list[Point]:
    plan = Plan(
        sizes=(),
        cases=(1,),
        tables=("segments",),
        engines=tuple(name for name in options.engines.split(",") if name),
        rounds=options.rounds,
        limit_s=options.limit,
        prepare_limit_s=options.prepare_limit,
        town="plain",
        days=DAYS,
        seed=options.seed,
    )
    place = town(people, "plain")
    timing = Timing(plan, "segments", place, work_folder("growth", place), say)
    lines = timing.run()
    for line in lines:
        for problem in line.problem.values():
            say(f"{line.name}, {people} people: {problem}")
    return [
        Point(
            name=line.name,
            people=people,
            segments=place.segment_rows,
            contacts=line.rows[1],
            median_s=statistics.median(line.samples[1]),
        )
        for line in lines
        if line.samples.get(1)
    ]


def _axes(points: list[Point], across: _Scale, up: _Scale) -> str:
    people = sorted({p.people for p in points})
    times = [10.0**power for power in range(-5, 3)]
    low, high = (choose(p.median_s for p in points) for choose in (min, max))
    marks = [
        f'<text x="{across(count):.1f}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">'
        f"{count:,}</text>"
        for count in people
    ]
    marks += [
        f'<text x="{MARGIN - 6}" y="{up(time):.1f}" text-anchor="end">{seconds(time)}</text>'
        f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{up(time):.1f}" y2="{up(time):.1f}" '
        'stroke="#ddd"/>'
        for time in times
        if low <= time <= high
    ]
    return "".join(marks)


class _Scale:
    """A logarithmic axis."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low, self._high = math.log(min(values)), math.log(max(values))
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        """Return where on the picture a value lies."""
        span = self._high - self._low or 1.0
        return self._start + (math.log(value) - self._low) / span * (self._end - self._start)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.growth", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--people", default="300,1000,3000,10000,30000", help="sizes of the towns, by comma")
    add("--engines", default="", help="only these, by comma; all where none is named")
    add("--rounds", type=int, default=3, help="how often each engine has its turn")
    add("--limit", type=float, default=120.0, help="seconds for one question")
    add("--prepare-limit", type=float, default=3_600.0, help="seconds for one index")
    add("--seed", type=int, default=1, help="draws the cases")
    add("--out", default="bench/results/growth.json", help="JSON; .md and .svg beside it")
    return parser


if __name__ == "__main__":
    main()
