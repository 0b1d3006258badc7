"""Who may be left out of a search with a minimum: nobody who comes to it, and nobody known besides.

And what comes within reach, row by row, against plain sums over every row of an index.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.reference.effort import FEWER
from tests.reference.people import Fix, Person, World
from tests.reference.tables import evidence_of
from tests.reference.worlds import Ground, worlds

from fortnight.api import index_of
from fortnight.contact.episodes import X_EXPECTED_24H, X_PRESUMED_24H, X_WHO, expose
from fortnight.contact.grid import DAY_SHIFT
from fortnight.contact.lookup import shelf_of
from fortnight.contact.meeting import BEGIN, FINISH, NEAR_MS, WHO
from fortnight.contact.question import FROM, HERE, PARTITION, SIGMA0, START, STOP, THERE, TO, ask
from fortnight.contact.search import find_pairs, search
from fortnight.contact.sifting import ASKED, MOST_MS, ROW, WHOSE
from fortnight.contact.trace import nearness
from fortnight.contact.window import window_of
from fortnight.parameters import DEFAULTS
from fortnight.risk.disease import load_disease
from fortnight.track.geometry import UNITS_A_METRE
from fortnight.track.tracks import SIGMA_UNITS_A_METRE, TIME_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.contact.window import Window

    Floats = NDArray[np.float64]

NOW = 1_800_000_000_000
DAY_MS = 86_400_000
MINUTE_MS = 60_000.0
NEAR = nearness(DEFAULTS)


def indexed(people: World) -> Index:
    """Return an index of those of whom there is anything."""
    seen = tuple(p for p in people if p.visits or any(fix.lon or fix.lat for fix in p.fixes))
    assume(len(seen) > 1)
    return index_of(evidence_of(seen), now=NOW)[0]


def around(base: date) -> Window:
    """Return a window that holds all of a world."""
    until = type(base).fromordinal(base.toordinal() + 6)
    return window_of(until, load_disease("covid-19"), days=9, until=until, timezone="Europe/Berlin")


def summed(parts: list[Floats], window: Window) -> dict[int, Floats]:
    """Return the exposures of everyone in some meetings, without where their episodes stand."""
    _, exposures = expose(
        parts,
        bridge_ms=120_000.0,
        back=window.back,
        forward=window.forward,
        weight=window.weight,
    )
    return {int(row[X_WHO]): row[:15] for row in exposures}


def most_near(rows: Floats) -> float:
    """Return the most time within the radius (ms) in any 24 hours, presumed or not."""
    most = 0.0
    for low in (*rows[:, BEGIN], *(rows[:, FINISH] - DAY_MS)):
        inside = np.minimum(rows[:, FINISH], low + DAY_MS) - np.maximum(rows[:, BEGIN], low)
        share = np.clip(inside / (rows[:, FINISH] - rows[:, BEGIN]), 0.0, 1.0)
        most = max(most, float(share @ rows[:, NEAR_MS]))
    return most


@FEWER
@given(drawn=worlds(), minutes=st.sampled_from((0.5, 2.0, 5.0, 15.0, 60.0)))
def test_nobody_who_comes_to_the_minimum_is_left_out(
    drawn: tuple[World, date], minutes: float
) -> None:
    people, base = drawn
    index, window = indexed(people), around(base)
    for who in range(len(index.tracks.names)):
        question = ask(index, who, window.edges)
        whole = search(index, who, question, NEAR)
        all_of, meetings = summed(whole, window), np.concatenate(whole)
        some = summed(search(index, who, question, NEAR, minutes * MINUTE_MS), window)
        for other, row in all_of.items():
            near = most_near(meetings[meetings[:, WHO] == other])
            if max(row[X_EXPECTED_24H], row[X_PRESUMED_24H], near) >= minutes * MINUTE_MS:
                assert other in some
        for other, row in some.items():
            assert np.array_equal(row, all_of[other])


def seen_at(name: str, first: int, seen: list[tuple[float, float]], north: float) -> Person:
    """Return somebody who was seen so many metres east and minutes after the first moment."""
    ground, fixes = Ground(12.5683, 55.6761), []
    for east, minute in seen:
        lon, lat = ground.at(east, north)
        fixes.append(Fix(first + int(minute * MINUTE_MS), lon, lat, 5.0, "gnss"))
    return Person(name, tuple(fixes), ())


def passing_by() -> World:
    """A case who stays for two hours, somebody who stays too, and one who passes for a minute."""
    first = 1_719_820_800_000
    stays = [(0.0, 5.0 * k) for k in range(25)]
    passes = [(60.0 * (k - 1), 30.0 + k) for k in range(3)]
    return (
        seen_at("case", first, stays, 0.0),
        seen_at("passes", first, passes, 6.0),
        seen_at("stays", first, stays, 4.0),
    )


@pytest.mark.parametrize(("minutes", "met"), [(15.0, True), (19.0, True), (25.0, False)])
def test_a_minimum_may_be_reached_in_two_days_together(minutes: float, *, met: bool) -> None:
    """Ten minutes before midnight UTC, and ten after it."""
    first, stays = 1_719_877_800_000, [(0.0, 2.0 * k) for k in range(11)]
    both = [seen_at(name, first, stays, north) for name, north in (("a", 0.0), ("b", 3.0))]
    index, window = index_of(evidence_of(tuple(both)), now=NOW)[0], around(date(2024, 6, 28))
    assert len(index.day_numbers) == 2
    question = ask(index, 0, window.edges)
    found = summed(search(index, 0, question, NEAR, minutes * MINUTE_MS), window)
    assert (1 in found) is met


@pytest.fixture(scope="module")
def town() -> Index:
    return index_of(evidence_of(passing_by()), now=NOW)[0]


@pytest.mark.parametrize(
    ("min_minutes", "known", "met"),
    [(0.0, [], [1, 2]), (15.0, [], [2]), (15.0, [1], [1, 2]), (15.0, [1, 1, 2], [1, 2])],
)
def test_who_passes_by_is_left_out_but_for_who_is_known_besides(
    town: Index, min_minutes: float, known: list[int], met: list[int]
) -> None:
    window = around(date(2024, 6, 28))
    found = search(
        town,
        0,
        ask(town, 0, window.edges),
        NEAR,
        min_minutes * MINUTE_MS,
        known=np.array(known, dtype=np.int64),
    )
    assert sorted(summed(found, window)) == met


def plainly(question: Floats, who: int, index: Index) -> dict[tuple[int, int], float]:
    """Return for how long (ms) each pair is near at most: every row with every row, as vectors."""
    found, rows = {}, index.cells.astype(np.float64)
    day_of = np.zeros(len(rows), dtype=np.int64)
    for block, after in pairwise([*index.blocks.tolist(), [0, 0, len(index.starts) - 1]]):
        day_of[index.starts[block[2]] : index.starts[after[2]]] = block[0] >> DAY_SHIFT
    start = (index.cells[:, 0] & TIME_MASK).astype(np.float64)
    stop, sigma = rows[:, 1], np.minimum(rows[:, 6], rows[:, 10]) / SIGMA_UNITS_A_METRE
    here, there = rows[:, 3:6] / UNITS_A_METRE, rows[:, 7:10] / UNITS_A_METRE
    for q, asked in enumerate(question):
        begin, end = np.maximum(asked[FROM], start), np.minimum(asked[TO], stop)
        own = (asked[THERE : THERE + 3] - asked[HERE : HERE + 3]) / (asked[STOP] - asked[START])
        speed = (there - here) / (stop - start)[:, None] - own
        away = here + ((begin - start) / (stop - start))[:, None] * (there - here)
        away -= asked[HERE : HERE + 3] + (begin - asked[START])[:, None] * own
        least = min(asked[SIGMA0], asked[SIGMA0 + 1])
        fine = sigma**2 + least**2 <= NEAR.sigma_limit**2
        for k in np.flatnonzero(
            (day_of == asked[PARTITION]) & (end > begin) & fine & (index.cells[:, 2] != who)
        ):
            span = end[k] - begin[k]
            reach, inner = (
                _time_within(away[k], speed[k], span, distance)
                for distance in (NEAR.reach, NEAR.inner)
            )
            if reach >= 0.0:
                inner = max(0.0, inner)
                found[q, int(k)] = inner + NEAR.outer_share * (reach - inner)
    return found


def _time_within(away: Floats, speed: Floats, span: float, distance: float) -> float:
    """Return for how long two are within a distance, -1 where never: by a quadratic's roots."""
    a, b = float(speed @ speed), float(away @ speed)
    c = float(away @ away) - distance**2
    if a * span**2 < 1e-12:
        return span if c <= 0.0 else -1.0
    inside = b * b - a * c
    if inside < 0.0:
        return -1.0
    enter, leave = max(0.0, (-b - inside**0.5) / a), min(span, (-b + inside**0.5) / a)
    return leave - enter if leave >= enter else -1.0


@FEWER
@given(drawn=worlds())
def test_pairs_are_those_that_come_within_reach_and_for_as_long(drawn: tuple[World, date]) -> None:
    people, base = drawn
    index, window = indexed(people), around(base)
    for who in range(len(index.tracks.names)):
        question = ask(index, who, window.edges)
        wanted = plainly(question, who, index)
        rows = find_pairs(question, who, shelf_of(index), NEAR)
        found = {(int(row[ASKED]), int(row[ROW])): int(row[MOST_MS]) for row in rows}
        # who only just comes within reach may be on either side of it
        assert {pair for pair, within in wanted.items() if within > 1.0} <= set(found)
        assert all(found[pair] <= 2 for pair in set(found) - set(wanted))
        for pair in set(found) & set(wanted):
            assert wanted[pair] <= found[pair] <= wanted[pair] + 2.0
        assert np.array_equal(rows[:, WHOSE], index.cells[rows[:, ROW], 2])
        assert np.all(np.diff(rows[:, ASKED]) >= 0)
