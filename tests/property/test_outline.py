"""What outlines refuse touches nothing: held against plain comparisons of whole rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortnight.contact.grid import (
    AREA_CLASS,
    CLASS_HALVES,
    CLASS_SIZES,
    CLASSES,
    LEG_CLASS,
    block_key,
)
from fortnight.contact.lookup import Box
from fortnight.contact.outline import outlines_of, ticks_of, touching
from fortnight.track.geometry import UNITS_A_METRE
from fortnight.track.tracks import KIND_SHIFT, TIME_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY_MS = 86_400_000
EARTH_M = 6_378_137.0
TICK_MS = 4_096
UNITS_A_CELL = 64
TOO_LONG_M = 64_000.0
"""In the smallest cells: from here on a question is compared by time alone."""


class World(NamedTuple):
    """Rows of one cell, in order of time, and a question beside or on them."""

    group: int
    before: int  # rows of another cell in front of them, so that they begin anywhere in a tile
    rows: NDArray[np.int32]
    begin: int
    end: int
    box: Box


@st.composite
def worlds(draw: st.DrawFn, *, longest_m: float) -> World:
    group = draw(st.integers(0, CLASSES - 1))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, before = draw(st.integers(0, 100)), draw(st.integers(0, 70))
    place, size, half = rng.uniform(-EARTH_M, EARTH_M, 3), CLASS_SIZES[group], CLASS_HALVES[group]
    middle = place + rng.uniform(0.0, size, (count, 3))
    way = rng.uniform(-half, half, (count, 3)) / np.sqrt(3.0)
    limits = np.clip([middle - way, middle + way], -EARTH_M, EARTH_M) * UNITS_A_METRE
    start = np.sort(rng.integers(0, DAY_MS - 1, count))
    rows = np.zeros((count, 11), dtype=np.int32)
    rows[:, 0] = start | (rng.integers(0, 4, count) << KIND_SHIFT)
    rows[:, 1] = np.minimum(
        DAY_MS, start + rng.integers(1, draw(st.sampled_from([9_000, 90_000_000])), count)
    )
    rows[:, 3:6], rows[:, 7:10] = np.rint(limits[0]), np.rint(limits[1])
    corner = place + rng.uniform(-2.0, 2.0, 3) * size
    extent = rng.uniform(0.0, draw(st.sampled_from([size / 4, size, longest_m])), 3)
    x0, y0, z0 = (int(v) for v in np.floor(corner * UNITS_A_METRE))
    x1, y1, z1 = (int(v) for v in np.ceil((corner + extent) * UNITS_A_METRE))
    begin = int(rng.integers(0, DAY_MS - 1))
    end = min(DAY_MS, begin + int(rng.integers(1, draw(st.sampled_from([9_000, 90_000_000])))))
    return World(group, before, rows, begin, end, Box(x0, y0, z0, x1, y1, z1))


def found(world: World, oldest: int = 0) -> list[int]:
    """Return which rows of the world the outlines let pass."""
    cells = np.vstack([np.zeros((world.before, 11), dtype=np.int32), world.rows])
    zero = np.int64(0)
    keys = [
        block_key(zero, np.int64(0), *[zero] * 3),
        block_key(zero, np.int64(world.group), *[zero] * 3),
    ]
    blocks = np.array([[keys[0], 1, 0], [keys[1] + 1, 1, 1]], dtype=np.int64)
    starts = np.array([0, world.before, len(cells)], dtype=np.int64)
    outlines = outlines_of(cells, blocks, starts)
    ranges = np.array([[world.before, len(cells), world.group]], dtype=np.int64)
    span, hits = (world.begin, world.end, oldest), np.empty(1, dtype=np.int64)
    hits, count = touching(outlines, ticks_of(outlines), ranges, 1, *span, world.box, cells, hits)
    return [int(hit) - world.before for hit in hits[:count]]


def touches(world: World, slack_m: float = 0.0, slack_ms: int = 0) -> NDArray[np.bool_]:
    """Return which rows last during the question and are not wholly to one side of its box."""
    rows, box, slack = world.rows.astype(np.int64), world.box, slack_m * UNITS_A_METRE
    least = np.minimum(rows[:, 3:6], rows[:, 7:10]) - slack
    most = np.maximum(rows[:, 3:6], rows[:, 7:10]) + slack
    in_time = (rows[:, 0] & TIME_MASK) - slack_ms < world.end
    in_time &= rows[:, 1] + slack_ms > world.begin
    beside = (most < [box.x0, box.y0, box.z0]) | (least > [box.x1, box.y1, box.z1])
    return in_time & ~beside.any(axis=1)


def just_touching(world: World, row: int, side: int, *, at_end: bool) -> World:
    """Return the world with a question that touches a row for a millisecond, on one side."""
    held = world.rows[row].astype(np.int64)
    least, most = np.minimum(held[3:6], held[7:10]), np.maximum(held[3:6], held[7:10])
    low, high = least.copy(), most.copy()
    axis, beyond = divmod(side, 2)
    if beyond:
        low[axis], high[axis] = most[axis], most[axis] + 1_000
    else:
        low[axis], high[axis] = least[axis] - 1_000, least[axis]
    start, stop = int(held[0]) & TIME_MASK, int(held[1])
    begin, end = (stop - 1, DAY_MS) if at_end else (0, start + 1)
    return world._replace(begin=begin, end=end, box=Box(*map(int, (*low, *high))))


@settings(deadline=None)  # the first one compiles
@given(worlds(longest_m=3e6), st.integers(0, 5), st.booleans())
def test_no_row_that_touches_a_question_is_refused(world: World, side: int, at_end: bool) -> None:  # noqa: FBT001 - drawn
    assert set(np.flatnonzero(touches(world))) <= set(found(world))
    for row in range(min(5, len(world.rows))):
        just = just_touching(world, row, side, at_end=at_end)
        assert touches(just)[row]
        assert row in found(just)


@settings(deadline=None)  # the first one compiles
@given(worlds(longest_m=TOO_LONG_M))
def test_what_passes_is_a_tick_and_a_unit_away_at_most(world: World) -> None:
    passed = found(world)
    assert passed == sorted(set(passed))
    unit = CLASS_SIZES[world.group] / UNITS_A_CELL
    assert set(passed) <= set(np.flatnonzero(touches(world, 2 * unit, TICK_MS)))


@settings(deadline=None)  # the first one compiles
@given(worlds(longest_m=3e6), st.integers(0, DAY_MS))
def test_only_rows_that_began_before_the_oldest_may_be_left_out(world: World, oldest: int) -> None:
    younger = (world.rows[:, 0] & TIME_MASK) >= oldest
    assert set(np.flatnonzero(touches(world) & younger)) <= set(found(world, oldest))


@pytest.mark.parametrize("group", [0, LEG_CLASS, AREA_CLASS, CLASSES - 1])
def test_a_question_as_long_as_the_earth_is_compared_by_time(group: int) -> None:
    rows = np.zeros((2, 11), dtype=np.int32)
    rows[:, 1] = DAY_MS, 1
    far = int(EARTH_M * UNITS_A_METRE)
    world = World(group, 0, rows, DAY_MS // 2, DAY_MS, Box(-far, -far, -far, far, far, far))
    assert found(world) == [0]
