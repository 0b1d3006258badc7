"""How far one case is from what the machine allows: what it touches, and how long each part takes.

    python -m bench.limit INDEX [--cases 9] [--minutes 0,15]

The least that a search of this index can take is counted, not timed: the rows that it must read,
at the bandwidth of the memory, or a miss for each cell that they lie in; and the probabilities
that follow from them. Bandwidth, miss and one probability are measured in the same run.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numba
import numpy as np

from bench.machine import describe, memory_speed
from bench.table import grid
from fortnight.api import question as defaults
from fortnight.contact.batch import BATCH, PERIODS, new_batch
from fortnight.contact.bounding import worth_following
from fortnight.contact.episodes import expose
from fortnight.contact.grid import ALL_CLASSES, AREA_CLASS, LEG_CLASS
from fortnight.contact.index import CELL_WORDS
from fortnight.contact.lookup import box_around, ends_of, new_desk, ranges_near, rows_near, shelf_of
from fortnight.contact.outline import ROWS_A_TILE, TILE_SHIFT
from fortnight.contact.passing import follow
from fortnight.contact.probability import all_within, edge_squares, new_samples, rice_table
from fortnight.contact.question import PARTITION, ask, asked_at
from fortnight.contact.search import find_pairs, search
from fortnight.contact.store import load_index
from fortnight.contact.trace import nearness
from fortnight.contact.window import window_of
from fortnight.risk.disease import load_disease
from fortnight.track.tracks import TIME_MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fortnight.compiled import Int
    from fortnight.contact.index import Index
    from fortnight.contact.lookup import Longs, Matrix, Shelf, Words
    from fortnight.contact.meeting import Nearness
    from fortnight.contact.window import Window

REPEATS: Final = 5
SEED: Final = 7
BYTES_A_ROW: Final = 4 * CELL_WORDS
BYTES_AN_OUTLINE: Final = 2 * (1 << TILE_SHIFT) // ROWS_A_TILE
_PROBES: Final = 4_096


@dataclass(frozen=True, slots=True)
class Touched:
    """What one case makes a search touch, and for how long; times in ms of one thread."""

    pieces: float  # occupied cells that may hold a meeting
    rows: float  # in them, whose outlines are read
    hits: float  # of these, which are read whole
    pairs: float  # that came within reach, of those who may come to the minimum
    probabilities: float  # that are integrated where a pair is likely
    meetings: float
    pairs_ms: float
    meetings_ms: float
    episodes_ms: float
    clock_ms: float  # the whole case, two threads


@dataclass(frozen=True, slots=True)
class _Asked:
    index: Index
    window: Window
    near: Nearness
    min_ms: float
    case: int
    question: Matrix


@numba.njit(nogil=True)
def first_row(cells: Words, start: Int, end: Int, time: float) -> Int:
    """Return the first row of a cell that begins at ``time`` or later."""
    while start < end:
        middle = (start + end) // 2
        if cells[middle, 0] & TIME_MASK < time:
            start = middle + 1
        else:
            end = middle
    return start


@numba.njit(nogil=True)
def rows_read(question: Matrix, shelf: Shelf, near: Nearness) -> tuple[Int, Int, Int]:
    """Count the cells that a question reads, the rows in them, and those that are read whole."""
    pieces, rows, hits = np.int64(0), np.int64(0), np.int64(0)
    desk, classes = new_desk(), np.int64(ALL_CLASSES)
    for q in range(question.shape[0]):
        asked = asked_at(question, q)
        if min(asked.sigma0, asked.sigma1) > near.sigma_limit:
            continue
        day, ends = np.int64(question[q, PARTITION]), ends_of(asked)
        desk, count = ranges_near(day, classes, ends, near.reach, shelf, desk)
        pieces += count
        for r in range(count):
            start, last, group = desk.ranges[r, 0], desk.ranges[r, 1], desk.ranges[r, 2]
            if LEG_CLASS <= group < AREA_CLASS:
                start = first_row(shelf.cells, start, last, asked.begin - shelf.leg_max)
            for row in range(start, last):
                if shelf.cells[row, 0] & TIME_MASK >= asked.end:
                    break
                rows += 1
        box = box_around(ends, near.reach)
        desk, count = rows_near(asked, day, classes, ends, near.reach, box, shelf, desk)
        hits += count
    return pieces, rows, hits


@numba.njit(nogil=True)
def _samples(
    question: Matrix, pairs: Longs, cells: Words, near: Nearness, table: Matrix, edge: Matrix
) -> int:
    """Count the probabilities that pairs are followed by, where they are likely."""
    batch, count = new_batch(), 0
    for first in range(0, pairs.shape[0], BATCH):
        last = min(first + BATCH, pairs.shape[0])
        follow(question, pairs, first, last, cells, near, table, edge, batch)
        for period in range(batch.used[PERIODS]):
            count += 3 * batch.panels[period]
    return count


def main(arguments: list[str] | None = None) -> None:
    """Print what a case touches, how long it takes, and how long it would have to."""
    options = _parser().parse_args(arguments)
    index, _ = load_index(Path(options.index))
    print(", ".join(f"{name} {value}" for name, value in describe().items()))
    speed = memory_speed()
    minutes = [float(least) for least in options.minutes.split(",")]
    touched = [measured(index, options.cases, least) for least in minutes]
    asked = [f"from {least:g} minutes" if least else "everybody" for least in minutes]
    print(report(touched, asked, speed, probability_ns()))


def measured(index: Index, cases: int, minutes: float = 0.0) -> Touched:
    """Return the mean of some cases, everybody equally likely; each time the least of a few.

    Asked for are those who come to ``minutes`` in some 24 hours; all, where that is 0.
    """
    rng = np.random.default_rng([SEED, len(index.tracks.names)])
    chosen = rng.choice(len(index.tracks.names), cases, replace=False).tolist()
    window, near = whole_window(index), nearness(defaults().parameters)
    each = [
        _touched(
            _Asked(index, window, near, minutes * 60_000.0, case, ask(index, case, window.edges))
        )
        for case in chosen
    ]
    names = [field.name for field in fields(Touched)]
    return Touched(**{n: float(np.mean([getattr(one, n) for one in each])) for n in names})


def whole_window(index: Index) -> Window:
    """Return the window that the tables' cases have: all days, onset three before the last."""
    first, last = (
        datetime.fromtimestamp(int(day) * 86_400, tz=UTC).date()
        for day in index.day_numbers[[0, -1]]
    )
    anchor = last - timedelta(days=3)
    disease = load_disease("covid-19")
    return window_of(anchor, disease, days=(anchor - first).days, until=last, timezone="UTC")


def _touched(asked: _Asked) -> Touched:
    index, window, near = asked.index, asked.window, asked.near
    case, question = asked.case, asked.question
    edge = edge_squares(near.radius, near.min_probability)
    table, shelf = rice_table(), shelf_of(index)

    def found(threads: int) -> list[Matrix]:
        return search(index, case, question, near, asked.min_ms, threads=threads)

    def told(meetings: list[Matrix], threads: int) -> object:
        return expose(
            meetings,
            bridge_ms=defaults().parameters.bridge_s * 1_000.0,
            back=window.back,
            forward=window.forward,
            weight=window.weight,
            threads=threads,
        )

    pairs, meetings = find_pairs(question, case, shelf, near), found(1)
    if asked.min_ms:
        (pairs,) = worth_following(index, question, [pairs], asked.min_ms, None)
    pieces, rows, hits = rows_read(question, shelf, near)
    pairs_ms = _least(lambda: find_pairs(question, case, shelf, near))
    return Touched(
        pieces=float(pieces),
        rows=float(rows),
        hits=float(hits),
        pairs=len(pairs),
        probabilities=_samples(question, pairs, index.cells, near, table, edge),
        meetings=sum(map(len, meetings)),
        pairs_ms=pairs_ms,
        meetings_ms=_least(lambda: found(1)) - pairs_ms,
        episodes_ms=_least(lambda: told(meetings, 1)),
        clock_ms=_least(lambda: told(found(2), 2), time.perf_counter),
    )


def _least(action: Callable[[], object], clock: Callable[[], float] = time.thread_time) -> float:
    """Return the shortest of a few runs, ms."""
    action()
    return min(_lasted(action, clock) for _ in range(REPEATS)) * 1_000.0


def _lasted(action: Callable[[], object], clock: Callable[[], float]) -> float:
    begin = clock()
    action()
    return clock() - begin


def probability_ns() -> float:
    """Return how long one probability of many takes, ns, where nothing has to be fetched."""
    samples, rng = new_samples(_PROBES), np.random.default_rng(SEED)
    squares, variances = rng.uniform(0.0, 40.0**2, _PROBES), rng.uniform(5.0, 30.0, _PROBES) ** 2
    radius, table = defaults().parameters.radius_m, rice_table()

    def once() -> None:
        samples.squares[:], samples.variances[:] = squares, variances  # it overwrites them
        all_within(samples, _PROBES, radius, table)

    return _least(once) * 1e6 / _PROBES


def report(
    touched: Sequence[Touched], asked: Sequence[str], speed: dict[str, float], chance_ns: float
) -> str:
    """Return what was touched and how long it took as Markdown, one column a question."""
    columns = [_column(one, speed, chance_ns) for one in touched]
    words = [
        "cells of the index that it looks at",
        "rows in them, whose outlines are read",
        "rows that are read whole",
        "their bytes",
        "pairs within reach, of who may come to the minimum",
        "probabilities that follow them",
        "meetings",
        f"the bytes at {speed['stream_bytes_a_second'] / 1e9:.1f} GB/s",
        f"a miss of {speed['hop_ns']:.0f} ns for each cell",
        f"the probabilities at {chance_ns:.1f} ns",
        "**the limit, two threads**",
        "finding the pairs, one thread",
        "following them, noting meetings",
        "episodes and sums",
        "together, one thread",
        "**by the clock, two threads**",
    ]
    rows = [list(row) for row in zip(words, *columns, strict=True)]
    return grid(["one case, the mean", *asked], rows)


def _column(touched: Touched, speed: dict[str, float], chance_ns: float) -> list[str]:
    read = touched.rows * BYTES_AN_OUTLINE + touched.hits * BYTES_A_ROW
    stream_ms = read / speed["stream_bytes_a_second"] * 1e3
    miss_ms = touched.pieces * speed["hop_ns"] * 1e-6
    chances_ms = touched.probabilities * chance_ns * 1e-6
    least_ms = max(stream_ms, miss_ms / 2.0) + chances_ms / 2.0
    took = touched.pairs_ms + touched.meetings_ms + touched.episodes_ms
    return [
        f"{touched.pieces:,.0f}",
        f"{touched.rows:,.0f}",
        f"{touched.hits:,.0f}",
        f"{read / 1e6:,.1f} MB",
        f"{touched.pairs:,.0f}",
        f"{touched.probabilities:,.0f}",
        f"{touched.meetings:,.0f}",
        f"{stream_ms:.1f} ms",
        f"{miss_ms:.1f} ms",
        f"{chances_ms:.1f} ms",
        f"**{least_ms:.1f} ms**",
        f"{touched.pairs_ms:.1f} ms",
        f"{touched.meetings_ms:.1f} ms",
        f"{touched.episodes_ms:.1f} ms",
        f"{took:.1f} ms",
        f"**{touched.clock_ms:.1f} ms**",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("index", help="folder that `fortnight index` wrote")
    parser.add_argument("--cases", type=int, default=9)
    parser.add_argument("--minutes", default="0,15", help="least in 24 hours, by comma; 0 for all")
    return parser


if __name__ == "__main__":
    main()
