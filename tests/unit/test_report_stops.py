"""Letters of stops, and the district's clock."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.sample_document import PLACES, sample_document

from fortnight.report import wording
from fortnight.report.local_time import local_clock, seconds
from fortnight.report.stops import metres, stop_at, stops


def test_longest_stop_is_a_and_each_place_has_one_letter() -> None:
    found = stops(sample_document().track)
    assert [stop.letter for stop in found] == list("ABCDEF")
    places = ["home", "work", "gym", "canteen", "market", "choir"]
    for stop, place in zip(found, places, strict=True):
        assert metres(stop.lon, stop.lat, *PLACES[place]) < 60
    whole = [stop.minutes + stop.presumed_minutes for stop in found]
    assert whole == sorted(whole, reverse=True)


def test_stop_at_is_the_nearest_within_its_radius() -> None:
    found = stops(sample_document().track)
    assert stop_at(found, *PLACES["work"]) == 1
    assert stop_at(found, 4.40, 52.03) is None
    assert stop_at([], 4.40, 52.03) is None


def test_distance_of_a_degree_and_over_the_antimeridian() -> None:
    assert metres(0, 0, 0, 1) == pytest.approx(111_195, abs=1)
    assert metres(179.999, 0, -179.999, 0) == pytest.approx(222.4, abs=0.1)


def test_clock_change_makes_one_day_longer_and_is_named() -> None:
    clock = local_clock("Europe/Amsterdam")
    days = list(clock.days("2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z"))
    assert [day.name for day in days] == ["Sat 24 Oct", "Sun 25 Oct", "Mon 26 Oct"]
    assert [(day.end - day.start).total_seconds() / 3600 for day in days] == [24, 25, 24]
    assert clock.offsets("2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z") == [
        (seconds("2026-10-23T22:00:00Z"), 7200),
        (seconds("2026-10-25T01:00:00Z"), 3600),
    ]


def test_clock_tells_local_time_and_the_last_day_of_a_period() -> None:
    clock = local_clock("Asia/Kolkata")
    assert clock.moment("2026-11-05T20:00:00Z") == "Fri 6 Nov 01:30"
    assert clock.last_date("2026-11-05T18:30:00Z") == "Thu 5 Nov 2026"
    assert local_clock("Nowhere/At_all").name == "UTC"
    assert local_clock("../etc/passwd").known is False


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.4, "<1"), (4.52, "4.5"), (9.96, "10"), (1234.4, "1,234")],
)
def test_minutes_in_words(value: float, text: str) -> None:
    assert wording.minutes(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "?"), (0.0, "0 %"), (0.001, "<1 %"), (0.5, "50 %"), (0.999, ">99 %"), (1.0, "100 %")],
)
def test_share_in_words(value: float | None, text: str) -> None:
    assert wording.share(value).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 min"), (59.6, "1 h"), (870, "14 h 30 min"), (60_000, "1,000 h")]
)
def test_duration_in_words(value: float, text: str) -> None:
    assert wording.duration(value) == text


def test_no_distance_is_finer_than_phones_can_tell() -> None:
    assert [wording.distance(value) for value in (0.0, 9.9, 10.0, 1765.0)] == [
        "<10 m",
        "<10 m",
        "10 m",
        "1,765 m",
    ]


def test_period_names_both_days_and_a_year_once_unless_it_changes() -> None:
    clock = local_clock("UTC")
    within = wording.period("2026-11-03T00:00:00Z", "2026-11-09T00:00:00Z", clock)
    over = wording.period("2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z", clock)
    assert within == "Tue 3 Nov to Sun 8 Nov 2026"
    assert over == "Mon 28 Dec 2026 to Sun 3 Jan 2027"
    assert wording.period("2026-11-03T00:00:00Z", "2026-11-03T00:00:00Z", clock).startswith(
        "no day"
    )


def test_case_that_was_tested_and_has_no_onset_says_so() -> None:
    document = sample_document(0)
    case = msgspec.structs.replace(
        document.case, onset=None, test_date="2026-11-06", dated_by="test"
    )
    clock = local_clock(document.window.timezone)
    facts = dict(wording.heading(msgspec.structs.replace(document, case=case), clock))
    assert facts["Case"] == "p0417, COVID-19, tested 6 Nov 2026"
