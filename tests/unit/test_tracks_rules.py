"""Each rule that cuts a track, on fixes made for it alone."""

from __future__ import annotations

import itertools
from math import sqrt

import numpy as np
import pytest
from tests.reference.people import Fix, Person, Visit
from tests.reference.segments import Segment
from tests.reference.tables import evidence_of
from tests.reference.worlds import Ground

from fortnight.api import index_of
from fortnight.parameters import DEFAULTS, Parameters

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MIDNIGHT = 1_719_792_000_000
NOON = MIDNIGHT + 12 * HOUR
TOWN = Ground(12.5, 55.7)
KINDS = {1: "stay", 2: "leg", 3: "presumed", 4: "area stay", 5: "area leg", 6: "visit"}


def fix(time: int, east: float, accuracy: float | None = 10.0, source: str = "gnss") -> Fix:
    lon, lat = TOWN.at(east, 0.0)
    return Fix(time, lon, lat, accuracy, source)


def still(start: int, minutes: int, east: float = 0.0, every: int = MINUTE) -> list[Fix]:
    return [fix(start + t, east) for t in range(0, minutes * MINUTE + 1, every)]


def cut(
    fixes: list[Fix], visits: tuple[Visit, ...] = (), parameters: Parameters = DEFAULTS
) -> list[Segment]:
    """Return the segments of one person, decoded from their words."""
    evidence = evidence_of((Person("a", tuple(fixes), visits),))
    tracks = index_of(evidence, now=MIDNIGHT + 30 * DAY, parameters=parameters)[0].tracks
    bounds = [*tracks.days[:, 2].tolist(), len(tracks.vertices)]
    out = []
    for d, day in enumerate(tracks.days[:, 1].tolist()):
        words = tracks.vertices[bounds[d] : bounds[d + 1]].astype(np.int64)
        for one, two in itertools.pairwise(words):
            if one[0] >> 27:
                start, end = (day * DAY + int(w[0] & (2**27 - 1)) for w in (one, two))
                here, there = one[1:4] / 256, two[1:4] / 256
                kind = KINDS[int(one[0] >> 27)]
                out.append(Segment(kind, start, end, here, there, one[4] / 1024, two[4] / 1024))
    return out


def told(segments: list[Segment], since: int = NOON) -> list[tuple[str, float, float]]:
    """Return kinds, and minutes since some instant."""
    return [(s.kind, (s.start - since) / MINUTE, (s.end - since) / MINUTE) for s in segments]


def test_fixes_at_one_place_for_two_minutes_are_a_stay() -> None:
    assert told(cut(still(NOON, 2))) == [("stay", 0, 2)]
    assert told(cut([fix(NOON, 0), fix(NOON + 119_999, 0)])) == [("leg", 0, 119_999 / MINUTE)]


def test_one_fix_and_none_are_no_segment() -> None:
    assert cut([fix(NOON, 0)]) == []
    assert index_of(evidence_of((Person("a"),)), now=NOON)[0].tracks.names == ()


@pytest.mark.parametrize(("accuracy", "reach"), [(5.0, 30.0), (15.0, 30.0), (40.0, 80.0)])
def test_a_fix_joins_within_30_m_or_twice_its_accuracy(accuracy: float, reach: float) -> None:
    for east, joins in ((reach - 0.1, True), (reach + 0.1, False)):
        run = [fix(NOON, 0, 3.0), fix(NOON + 3 * MINUTE, east, accuracy)]
        assert (told(cut(run)) == [("stay", 0, 3)]) is joins


def test_one_stray_does_not_end_a_stay_and_two_do() -> None:
    run = still(NOON, 10)
    one = [*run[:5], fix(NOON + 5 * MINUTE, 200.0), *run[6:]]
    assert told(cut(one)) == [("stay", 0, 10)]
    two = [*run[:5], fix(NOON + 5 * MINUTE, 200.0), fix(NOON + 6 * MINUTE, 200.0), *run[7:]]
    kinds = [s.kind for s in cut(two)]
    assert kinds.count("stay") == 2
    assert "leg" in kinds


def test_a_stray_before_a_silence_ends_the_stay() -> None:
    run = [*still(NOON, 5), fix(NOON + 6 * MINUTE, 300.0), *still(NOON + 36 * MINUTE, 5)]
    assert told(cut(run))[0] == ("stay", 0, 5)
    assert "presumed" not in {s.kind for s in cut(run)}


@pytest.mark.parametrize(
    ("silence", "kinds"),
    [
        (30 * MINUTE - SECOND, ["stay"]),
        (30 * MINUTE, ["stay", "presumed", "stay"]),
        (11 * HOUR, ["stay", "presumed", "stay"]),
        (12 * HOUR, ["stay", "presumed", "stay"]),
        (12 * HOUR + SECOND, ["stay", "stay"]),
    ],
)
def test_silences_of_half_an_hour_to_twelve_are_presumed(silence: int, kinds: list[str]) -> None:
    start = MIDNIGHT + HOUR
    run = [*still(start, 5), *still(start + 5 * MINUTE + silence, 5)]
    segments = cut(run)
    assert [s.kind for s in segments] == kinds
    assert segments[0].start == start
    assert segments[-1].end == start + 10 * MINUTE + silence


def test_a_coarse_fix_elsewhere_contradicts_a_presumed_stay() -> None:
    run = [*still(NOON, 5), *still(NOON + 2 * HOUR, 5)]
    near = [*run, fix(NOON + HOUR, 900.0, 500.0)]
    far = [*run, fix(NOON + HOUR, 1_100.0, 500.0)]
    assert "presumed" in {s.kind for s in cut(near)}
    assert "presumed" not in {s.kind for s in cut(far)}


def test_both_runs_extend_to_midnight() -> None:
    run = still(MIDNIGHT - 10 * MINUTE, 20, every=5 * MINUTE)
    assert told(cut([*run[:2], *run[3:]]), MIDNIGHT) == [("stay", -10, 0), ("stay", 0, 10)]


def test_at_midnight_even_a_minute_is_a_stay() -> None:
    pair = [fix(MIDNIGHT - 30 * SECOND, 0), fix(MIDNIGHT + 30 * SECOND, 0)]
    assert told(cut(pair), MIDNIGHT) == [("stay", -0.5, 0), ("stay", 0, 0.5)]


def test_a_presumed_night_is_cut_at_midnight() -> None:
    run = [*still(MIDNIGHT - 2 * HOUR, 5), *still(MIDNIGHT + 6 * HOUR, 5)]
    assert told(cut(run), MIDNIGHT) == [
        ("stay", -120, -115),
        ("presumed", -115, 0),
        ("presumed", 0, 360),
        ("stay", 360, 365),
    ]


def test_elsewhere_after_midnight_nothing_is_extended() -> None:
    run = [*still(MIDNIGHT - 20 * MINUTE, 5), *still(MIDNIGHT + 10 * MINUTE, 5, east=500.0)]
    assert told(cut(run), MIDNIGHT) == [("stay", -20, -15), ("stay", 10, 15)]


def test_a_leg_is_split_at_midnight_by_interpolation() -> None:
    run = [fix(MIDNIGHT - 90 * SECOND, 0.0), fix(MIDNIGHT + 30 * SECOND - 1, 1_000.0)]
    one, two = cut(run)
    assert (one.kind, two.kind) == ("leg", "leg")
    assert one.end == two.start == MIDNIGHT
    assert np.allclose(one.there, two.here)
    assert np.linalg.norm(one.there - one.here) == pytest.approx(750.0, abs=0.1)
    sigma = 10 / 1.515
    u = 0.75
    assert one.sigma1 == pytest.approx(sqrt(sigma**2 + 100.0**2 * u * (1 - u)), abs=0.01)


@pytest.mark.parametrize(
    ("seconds", "metres", "legs"),
    [(600, 1_000.0, 1), (601, 1_000.0, 0), (10, 999.0, 1), (10, 1_001.0, 0)],
)
def test_a_leg_lasts_ten_minutes_and_stays_under_100_m_a_second(
    seconds: int, metres: float, legs: int
) -> None:
    assert len(cut([fix(NOON, 0.0), fix(NOON + seconds * SECOND, metres)])) == legs


def test_a_stay_is_never_better_placed_than_10_m_and_worse_where_fixes_spread() -> None:
    (calm,) = cut(still(NOON, 30))
    assert calm.sigma0 == pytest.approx(10.0, abs=1e-3)
    spread = [fix(NOON + k * MINUTE, 14.0 * (-1) ** k, 3.0) for k in range(30)]
    (wild,) = cut(spread)
    n, variance = 30, (3 / 1.515) ** 2
    beyond = (n * 196.0 / variance / 2 - (n - 1)) * variance / n
    assert wild.sigma0 == pytest.approx(sqrt(100 + beyond), abs=0.05)


def test_a_stays_centre_leans_to_its_better_fixes() -> None:
    run = [fix(NOON, 0.0, 5.0), fix(NOON + 2 * MINUTE, 20.0, 10.0)]
    (stay,) = cut(run)
    centre = Ground(12.5, 55.7).at(4.0, 0.0)
    lon, lat = np.radians(centre)
    wanted = 6_371_008.8 * np.array(
        [np.cos(lon) * np.cos(lat), np.sin(lon) * np.cos(lat), np.sin(lat)]
    )
    assert np.linalg.norm(stay.here - wanted) < 0.05


def test_coarse_fixes_make_segments_of_their_own_under_the_fine_ones() -> None:
    towers = [fix(NOON + k * 10 * MINUTE, 300.0 * k, 800.0) for k in range(5)]
    segments = cut([*towers, *still(NOON + 12 * MINUTE, 5)])
    assert [s.kind for s in segments] == ["area stay", "stay", "area stay"]
    assert segments[0].sigma0 == pytest.approx(800 / 1.515, rel=0.2)
    assert told(segments)[1] == ("stay", 12, 17)


def test_accuracy_of_exactly_100_m_is_fine() -> None:
    fine = [fix(NOON + k * MINUTE, 0.0, 100.0) for k in range(5)]
    assert [s.kind for s in cut(fine)] == ["stay"]
    assert [s.kind for s in cut([*fine[:-1], fix(NOON + 9 * MINUTE, 0.0, 100.5)])] == ["stay"]
    coarse = [fix(NOON + k * MINUTE, 0.0, 100.5) for k in range(5)]
    assert [s.kind for s in cut(coarse)] == ["area stay"]


@pytest.mark.parametrize(("source", "claimed"), [("gnss", 10.0), ("unknown", 10.0), ("wifi", 40.0)])
def test_missing_accuracies_are_assumed_by_source(source: str, claimed: float) -> None:
    pair = [fix(NOON, 0.0, None, source), fix(NOON + 20 * SECOND, 300.0, None, source)]
    (leg,) = cut(pair)
    assert leg.sigma0 == pytest.approx(claimed / 1.515, abs=1e-3)


def test_a_cell_fix_without_accuracy_is_coarse() -> None:
    run = [fix(NOON + k * MINUTE, 0.0, None, "cell") for k in range(5)]
    assert [s.kind for s in cut(run)] == ["area stay"]


def test_visits_fill_what_fixes_leave_and_give_way_where_they_contradict() -> None:
    lon, lat = TOWN.at(0.0, 0.0)
    visit = Visit(NOON, NOON + 2 * HOUR, lon, lat)
    (whole,) = cut([], (visit,))
    assert whole.kind == "visit"
    assert whole.sigma0 == pytest.approx(50 / 1.515, abs=1e-3)
    segments = cut([fix(NOON + HOUR, 500.0)], (visit,))
    assert told(segments) == [("visit", 0, 50), ("visit", 70, 120)]
    segments = cut(still(NOON + 30 * MINUTE, 30, every=5 * MINUTE), (visit,))
    assert told(segments) == [("visit", 0, 30), ("stay", 30, 60), ("visit", 60, 120)]


def test_of_two_visits_the_earlier_keeps_the_time() -> None:
    here, there = TOWN.at(0.0, 0.0), TOWN.at(4_000.0, 0.0)
    visits = (
        Visit(NOON, NOON + HOUR, *here),
        Visit(NOON + 30 * MINUTE, NOON + 90 * MINUTE, *there),
    )
    assert told(cut([], visits)) == [("visit", 0, 60), ("visit", 60, 90)]


def test_a_visit_over_midnight_becomes_two() -> None:
    visit = Visit(MIDNIGHT - HOUR, MIDNIGHT + HOUR, *TOWN.at(0.0, 0.0))
    assert told(cut([], (visit,)), MIDNIGHT) == [("visit", -60, 0), ("visit", 0, 60)]


def test_presumed_time_gives_way_to_a_visit() -> None:
    run = [*still(NOON, 5), *still(NOON + 3 * HOUR, 5)]
    visit = Visit(NOON + HOUR, NOON + 2 * HOUR, *TOWN.at(0.0, 0.0))
    kinds = [s.kind for s in cut(run, (visit,))]
    assert kinds == ["stay", "presumed", "visit", "presumed", "stay"]
