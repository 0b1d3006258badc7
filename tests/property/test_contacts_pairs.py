"""One segment against one other, over all sizes, speeds and errors, against the brute force."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.reference.calendar import covid_days
from tests.reference.effort import WORLDS
from tests.reference.meetings import Found, found_of
from tests.reference.nearness import Near
from tests.reference.segments import SIGMA_PER_ACCURACY, Segment
from tests.reference.tracks import Track

import fortnight
from fortnight.contact.index import build_index
from fortnight.contact.trace import Trace, trace_one
from fortnight.parameters import DEFAULTS
from fortnight.track.tracks import Tracks

DAY = date(2024, 7, 1)
MIDNIGHT = 1_719_792_000_000
KINDS = {"stay": 1, "leg": 2, "presumed": 3, "area stay": 4, "area leg": 5, "visit": 6}
CENTRE = np.array([6_371_008.8, 0.0, 0.0])


def words_of(segment: Segment) -> list[list[int]]:
    """Return the two vertices of a segment."""
    kind = KINDS[segment.kind]
    ends = (
        (segment.start, kind, segment.here, segment.sigma0),
        (segment.end, 0, segment.there, segment.sigma1),
    )
    return [
        [time - MIDNIGHT + (what << 27), *(int(v) for v in place * 256), int(sigma * 1024)]
        for time, what, place, sigma in ends
    ]


def tracks_of(a: Segment, b: Segment) -> Tracks:
    """Return two people with one segment each."""
    day = MIDNIGHT // 86_400_000
    return Tracks(
        names=("a", "b"),
        vertices=np.array(words_of(a) + words_of(b), dtype=np.int32),
        days=np.array([[0, day, 0] + 9 * [0], [1, day, 2] + 9 * [0]], dtype=np.int32),
        parameters=DEFAULTS,
    )


def traced(a: Segment, b: Segment, radius: float) -> Trace:
    """Ask for the contacts of the first."""
    asked = fortnight.question(radius_m=radius, min_minutes=0.0, days=1, until=DAY)
    return trace_one(build_index(tracks_of(a, b)), fortnight.Case("a", onset=DAY), asked)


def brute(a: Segment, b: Segment, radius: float) -> Found:
    """Hold the two against each other the slow way."""
    tracks = [Track(n, (s,), frozenset(), frozenset(), 1.0) for n, s in (("a", a), ("b", b))]
    days = covid_days(DAY, 1, DAY, "UTC")
    return found_of(tracks[0], tracks[1], days, Near(radius))


metres = st.floats(-1.0, 1.0)
sizes = st.sampled_from((0.0, 1.0, 10.0, 40.0, 150.0, 1_000.0, 8_000.0, 60_000.0))
sigmas = st.sampled_from((2.0, 6.6, 10.0, 13.2, 23.0, 43.0, 66.0, 70.0, 200.0, 1_500.0))


@st.composite
def steps(draw: st.DrawFn) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Draw a step of some size in any direction."""
    size = draw(sizes)
    return size * np.array([draw(metres), draw(metres), draw(metres)])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Segment, Segment]:
    """Draw two segments that share a journey, but for some metres, or that share none."""
    shared = draw(steps())
    out = []
    for _ in range(2):
        moves = draw(st.booleans())
        start = MIDNIGHT + 3_600_000 + draw(st.integers(0, 400_000))
        end = start + draw(st.integers(1_000, 600_000 if moves else 20_000_000))
        here = CENTRE + draw(steps()) if draw(st.booleans()) else CENTRE + 5 * draw(metres)
        there = here + (shared if draw(st.booleans()) else draw(steps())) if moves else here
        first = draw(sigmas)
        kind = "leg" if moves else draw(st.sampled_from(("stay", "presumed")))
        last = draw(sigmas) if moves else first
        coarse = max(first, last) * SIGMA_PER_ACCURACY > 100.5 and kind != "presumed"
        kind = f"area {kind}" if coarse else kind
        out.append(Segment(kind, start, end, here, there, first, last).rounded())
    return out[0], out[1]


def train(offset: float, length: float, seconds: int, late: int) -> Segment:
    """Return a ride along one line, begun some seconds late."""
    start = MIDNIGHT + 3_600_000 + 1_000 * late
    here = CENTRE + np.array([0.0, offset, 0.0])
    there = here + np.array([0.0, 0.0, length])
    return Segment("leg", start, start + 1_000 * seconds, here, there, 6.6, 6.6).rounded()


@WORLDS
@given(pair=pairs(), radius=st.sampled_from((10.0, 25.0, 50.0, 500.0)))
@example(pair=(train(0.0, 1_800.0, 137, 0), train(6.0, 1_800.0, 137, 0)), radius=50.0)
@example(pair=(train(0.0, 18_000.0, 600, 0), train(6.0, 18_000.0, 600, 0)), radius=25.0)
@example(pair=(train(0.0, 1_800.0, 137, 0), train(40.0, 1_800.0, 137, 0)), radius=25.0)
@example(pair=(train(0.0, 1_800.0, 137, 0), train(66.0, 1_800.0, 137, 0)), radius=25.0)
@example(pair=(train(-50.0, 110.0, 115, 0), train(15.0, 0.0, 115, 0)), radius=10.0)
def test_one_pair_meets_as_the_brute_force_says(
    pair: tuple[Segment, Segment], radius: float
) -> None:
    found = brute(*pair, radius)
    assume(not found.doubts)
    rows = traced(*pair, radius).episodes.to_pylist()
    expected = sum(m.expected_s for m in found.meetings)
    near = sum(m.near_s for m in found.meetings)
    # about a second of it in all may be passed over: minutes are promised to within a second
    assume(not 0.0 < max(expected, near) < 1.05)
    # presumed time counts where the estimates are within the radius: else nobody is listed for it
    assume(near or not any(m.presumed for m in found.meetings))
    assert bool(rows) is bool(found.meetings)
    told = 60 * sum(row["expected_minutes"] for row in rows)
    assert abs(told - expected) <= max(1.0, 0.005 * expected)
    assert abs(60 * sum(row["minutes"] for row in rows) - near) <= 1.0
    if rows:
        first, last = rows[0]["start"].timestamp(), rows[-1]["end"].timestamp()
        assert abs(first - min(m.begin for m in found.meetings) / 1_000) <= 1.0
        assert abs(last - max(m.finish for m in found.meetings) / 1_000) <= 1.0
        nearest = min(m.nearest_m for m in found.meetings)
        assert abs(min(row["distance_m"] for row in rows) - nearest) <= 0.16


@WORLDS
@given(pair=pairs(), radius=st.sampled_from((10.0, 25.0, 50.0)))
def test_one_pair_too_coarse_is_in_the_same_area(
    pair: tuple[Segment, Segment], radius: float
) -> None:
    found = brute(*pair, radius)
    lasting = sum(a.finish - a.begin for a in found.areas) / 1_000
    assume(not found.doubts and abs(lasting - 3_600) > 1)
    rows = traced(*pair, radius).same_area.to_pylist()
    assert bool(rows) is (lasting >= 3_600)
    if rows:
        assert abs(60 * rows[0]["minutes"] - lasting) <= 1.0
        assert abs(rows[0]["accuracy_m"] - min(a.accuracy_m for a in found.areas)) <= 0.5
