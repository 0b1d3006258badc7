"""Shares of sources by hand: a week of few cases, worked out with a pencil."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from fortnight.contact.confirmed import Shared, in_order, link_of
from fortnight.contact.sources import (
    UNKNOWN_MINUTES,
    observed_share,
    shared_places,
    sources_of,
    unknown_weight,
)
from fortnight.contact.timing import Curve, Dated, Timing, dated, timing_of
from fortnight.contact.trace import Case
from fortnight.risk.disease import load_disease

UTC = ZoneInfo("UTC")
ONSET = date(2026, 3, 9)
TIMING = Timing(
    onset_after=(0.0, 0.1, 0.2, 0.4, 0.2, 0.1),
    since_onset=Curve(-1, (0.5, 1.0, 0.5)),
    test_after=(0.0, 0.0, 0.1, 0.2, 0.4, 0.2, 0.1),
    since_test=Curve(-2, (0.5, 1.0, 0.5)),
)
DATES = [Dated(ONSET - timedelta(days=4)), Dated(ONSET), Dated(ONSET - timedelta(days=3))]


def near(other: int, before: int, minutes: float, lon: float = 2.5) -> Shared:
    """Return a time that case 1 shared with another, so many days before its onset."""
    day = ONSET - timedelta(days=before)
    start = 1_000_000 * (100 - before)
    return Shared(other, day, start, start + 60_000, minutes, lon=lon, lat=54.7)


def test_a_share_is_minutes_by_infectiousness_by_incubation() -> None:
    # 60 min x 0.5 x 0.4 = 12 with case 0, one day after its onset; 30 min x 1.0 x 0.4 = 12 with
    # case 2 on its onset. Wholly observed in the 5 days of incubation: the unknown weighs 6.
    seen = {ONSET - timedelta(days=k): 1.0 for k in range(6)}
    found = sources_of(1, DATES, [near(0, 3, 60), near(2, 3, 30)], seen, TIMING, unknown_minutes=6)
    assert [link.weight for link in found.links] == pytest.approx([12.0, 12.0])
    assert found.observed == pytest.approx(1.0)
    assert found.unknown_share() == pytest.approx(6 / 30)
    assert [found.share(link) for link in found.links] == pytest.approx([0.4, 0.4])


def test_the_range_of_the_unknown_source_is_a_third_to_three_times() -> None:
    found = sources_of(1, DATES, [near(0, 3, 60)], {}, TIMING, unknown_minutes=6)
    assert found.unknown == 12.0  # nothing observed: twice
    assert found.unknown_share(1 / 3) == pytest.approx(4 / 16)
    assert found.unknown_share(3.0) == pytest.approx(36 / 48)


def test_days_count_as_observed_by_the_infections_that_fall_on_them() -> None:
    infectee = Dated(ONSET)
    seen = {ONSET - timedelta(days=3): 0.5, ONSET - timedelta(days=1): 1.0}
    assert observed_share(seen, infectee, TIMING) == pytest.approx(0.5 * 0.4 + 0.1)
    assert observed_share({ONSET + timedelta(days=1): 1.0}, infectee, TIMING) == 0.0
    assert unknown_weight(0.3, 10.0) == 17.0


def test_nobody_met_leaves_the_source_unknown() -> None:
    found = sources_of(1, DATES, [], {}, TIMING)
    assert (found.links, found.unknown_share()) == ((), 1.0)
    assert found.unknown == 2 * UNKNOWN_MINUTES


def test_days_are_summed_and_places_counted() -> None:
    shared = [near(0, 3, 20), near(0, 3, 10, lon=2.6), near(0, 4, 15)]
    link = link_of(0, 1, DATES, shared, TIMING)
    assert [(day.before, day.since, day.minutes, day.places) for day in link.days] == [
        (4, 0, 15.0, 1),
        (3, 1, 30.0, 2),
    ]
    assert link.minutes == 45.0
    assert link.weight == pytest.approx(15 * 1.0 * 0.2 + 30 * 0.5 * 0.4)


def test_a_case_known_by_its_test_alone_has_its_own_tables() -> None:
    tested = [Dated(DATES[0].day, by_test=True), Dated(ONSET, by_test=True)]
    link = link_of(0, 1, tested, [near(0, 4, 10)], TIMING)
    (day,) = link.days
    assert (day.incubation, day.infectiousness) == (0.4, 0.5)


def test_a_place_time_is_listed_from_two_other_cases_on() -> None:
    both = [near(0, 3, 60), near(2, 3, 30)]
    (place,) = shared_places(both, Dated(ONSET), TIMING, 25.0, UTC)
    assert place.others == (0, 2)
    assert (place.lon, place.lat) == (2.5, 54.7)
    assert place.minutes == 90.0
    assert place.weight == pytest.approx(90 * 0.4)
    assert shared_places(both[:1], Dated(ONSET), TIMING, 25.0, UTC) == ()
    apart = [near(0, 3, 60), near(2, 3, 30, lon=2.6)]
    assert shared_places(apart, Dated(ONSET), TIMING, 25.0, UTC) == ()
    late = [near(0, -1, 60), near(2, -1, 30)]
    assert shared_places(late, Dated(ONSET), TIMING, 25.0, UTC) == ()


def test_cases_are_numbered_by_onset_then_name() -> None:
    day = date(2026, 3, 1)
    cases = [Case("b", onset=day), Case("c", test_date=date(2026, 2, 1)), Case("a", onset=day)]
    assert [case.participant for case in in_order(cases)] == ["c", "a", "b"]
    assert dated(cases[0]) == Dated(day)
    assert dated(cases[1]) == Dated(date(2026, 2, 1), by_test=True)


@pytest.mark.parametrize("disease", ["covid-19", "measles", "influenza"])
def test_a_diseases_tables_are_its_own_figures(disease: str) -> None:
    rules = load_disease(disease)
    timing = timing_of(rules)
    assert sum(timing.onset_after) == pytest.approx(1.0, abs=2e-4)
    assert sum(timing.test_after) == pytest.approx(sum(timing.onset_after), abs=1e-9)
    for day in range(30):
        infected = ONSET - timedelta(days=day)
        said = timing.incubation(Dated(ONSET), infected)
        assert said == (rules.incubation.mass(day) if day < len(timing.onset_after) else 0.0)
    for day in range(-15, 15):
        said = timing.infectiousness(Dated(ONSET), ONSET + timedelta(days=day))
        assert said == pytest.approx(rules.relative_infectiousness(day))
        said = timing.infectiousness(Dated(ONSET, by_test=True), ONSET + timedelta(days=day))
        assert said == pytest.approx(rules.relative_infectiousness_since_test(day))


def test_a_test_comes_after_onset_so_infection_lies_further_back() -> None:
    timing = timing_of(load_disease("covid-19"))
    to_onset = sum(day * share for day, share in enumerate(timing.onset_after))
    to_test = sum(day * share for day, share in enumerate(timing.test_after))
    assert to_test > to_onset
