"""What follows for a contact: dose, probability, tier, dates, and the words for each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from scipy import integrate, stats  # type: ignore[import-untyped]  # SciPy ships no types

from fortnight.errors import QuestionError
from fortnight.risk.assessment import Anchor, Contacts, assess_all
from fortnight.risk.daily import add_days, best_days
from fortnight.risk.dates import by_date, curve_of, detectable, ill_by
from fortnight.risk.disease import diseases, load_disease
from fortnight.risk.explanation import Assessment, assess
from fortnight.risk.kinds import KINDS, bits_of

ONSET = date(2024, 7, 15)
COVID = load_disease("covid-19")
OMICRON = load_disease("covid-19-omicron")
MEASLES = load_disease("measles")
EBOLA = load_disease("ebola")
TUBERCULOSIS = load_disease("tuberculosis")


def on(day: int) -> date:
    return ONSET + timedelta(days=day)


def covid(minutes: dict[int, float], *evidence: str) -> Assessment:
    met = {on(day): value for day, value in minutes.items()}
    return assess(COVID, anchor=ONSET, kind="onset", minutes=met, evidence=evidence)


def test_a_dose_is_minutes_by_the_infectiousness_of_their_day() -> None:
    """He et al.: .140 on the day of onset, the highest, and .100 two days later."""
    assert covid({0: 60.0}, "fixes").dose == pytest.approx(60.0)
    assert covid({2: 60.0}, "fixes").dose == pytest.approx(60.0 * 0.100 / 0.140)
    both = covid({0: 60.0, 2: 60.0}, "fixes")
    assert both.dose == both.rank_weight == pytest.approx(60.0 + 60.0 * 0.100 / 0.140)


def test_an_hour_outdoors_counts_less() -> None:
    doses = {}
    for where in ("unknown", "indoors", "outdoors"):
        found = assess(
            COVID,
            anchor=ONSET,
            kind="onset",
            minutes={ONSET: 60.0},
            evidence=["fixes"],
            where=where,
        )
        doses[where] = found.dose
    assert doses["unknown"] == doses["indoors"] == pytest.approx(60.0)
    assert doses["outdoors"] == pytest.approx(60.0 / 18.7, abs=0.05)


@pytest.mark.parametrize("day", [-3, 11])
def test_a_day_outside_the_look_forward_counts_for_nothing(day: int) -> None:
    found = covid({day: 600.0}, "bluetooth")
    assert (found.dose, found.minutes, found.tier) == (0.0, 0.0, None)
    assert found.transmission is None
    dates = (found.first_exposure, found.last_exposure, found.test_day, found.follow_up_end)
    assert dates == (None,) * 4
    assert "possible source" in found.tier_reason


def test_one_hour_over_bluetooth_brings_one_point_one_in_a_hundred_at_the_mean_weight() -> None:
    """The mean of days -2 to +3 is .1165, of the highest day .140."""
    minutes = dict.fromkeys(range(-2, 4), 60.0 / 6.0)
    found = covid(minutes, "bluetooth").transmission
    assert found is not None
    assert found.value == pytest.approx(0.011)
    assert found.low < 0.011 < found.high
    assert (found.low, found.high) == pytest.approx((0.00916, 0.0202), abs=2e-4)


def test_a_probability_saturates_and_its_low_end_counts_no_unmeasured_hour() -> None:
    few, many = (covid({0: hours * 60.0}, "household").transmission for hours in (6, 24))
    assert few is not None
    assert many is not None
    assert few.low == pytest.approx(1.0 - 0.989**6)
    assert many.low == few.low
    assert few.value < many.value < 24 * 0.0132
    assert many.high < 1.0


@pytest.mark.parametrize(
    ("name", "evidence", "words"),
    [
        ("covid-19", "fixes", "not calibrated: measured only"),
        ("covid-19", "visit-room", "not calibrated: measured only"),
        ("covid-19", "sensor", "not calibrated: measured only"),
        ("influenza", "bluetooth", "not calibrated: none was measured"),
        ("measles", "household", "not calibrated: none was measured"),
        ("tuberculosis", "household", "not calibrated: none was measured"),
    ],
)
def test_elsewhere_there_is_no_probability_but_a_rank(name: str, evidence: str, words: str) -> None:
    disease = load_disease(name)
    found = assess(disease, anchor=ONSET, kind="onset", minutes={ONSET: 300.0}, evidence=[evidence])
    assert found.transmission is None
    assert found.transmission_words.startswith(words)
    assert found.rank_weight > 0.0


def test_only_the_minutes_that_bluetooth_vouches_for_make_the_probability() -> None:
    def found(close: float | None) -> float:
        one = assess(
            COVID,
            anchor=ONSET,
            kind="onset",
            minutes={ONSET: 600.0},
            evidence=["fixes", "bluetooth"],
            close_minutes=None if close is None else {ONSET: close},
        )
        assert one.transmission is not None
        return one.transmission.value

    assert found(10.0) < found(600.0) == found(None)


@pytest.mark.parametrize(
    ("evidence", "minutes", "tier"),
    [
        (("fixes",), 14.0, "told"),
        (("fixes",), 15.0, "told-and-tested"),
        (("visit", "visit-room"), 300.0, "told-and-tested"),
        (("fixes", "bluetooth"), 14.0, "told"),
        (("bluetooth",), 15.0, "asked-to-stay-home"),
        (("sensor",), 15.0, "asked-to-stay-home"),
        (("household",), 1.0, "asked-to-stay-home"),
        (("cell",), 600.0, "to-ask"),
        (("ties",), 600.0, None),
        ((), 600.0, None),
    ],
)
def test_the_tier_of_covid_19(evidence: tuple[str, ...], minutes: float, tier: str | None) -> None:
    found = covid({0: minutes}, *evidence)
    assert found.tier == tier
    home = None if tier != "asked-to-stay-home" else on(14)
    assert found.stay_home_until == home
    followed = None if tier in {None, "to-ask"} else on(14)
    assert found.follow_up_end == followed
    assert (found.test_day is not None) == (tier in {"told-and-tested", "asked-to-stay-home"})


def test_omicron_asks_nobody_to_stay_home() -> None:
    found = assess(
        OMICRON, anchor=ONSET, kind="onset", minutes={ONSET: 600.0}, evidence=["household"]
    )
    assert (found.tier, found.stay_home_until) == ("told-and-tested", None)
    assert "used on Omicron: unchecked" in found.curve_words
    assert not found.curve_checked


def test_ebola_asks_about_touch_where_there_is_only_a_place_or_bluetooth() -> None:
    for evidence in ("fixes", "visit-room", "bluetooth"):
        found = assess(
            EBOLA, anchor=ONSET, kind="onset", minutes={ONSET: 600.0}, evidence=[evidence]
        )
        assert found.tier == "to-ask"
        assert found.questions == EBOLA.contact.asks
        assert found.follow_up_end is None
    home = assess(EBOLA, anchor=ONSET, kind="onset", minutes={ONSET: 1.0}, evidence=["household"])
    assert (home.tier, home.follow_up_end, home.test_day) == ("told", on(21), None)


def test_tuberculosis_is_tested_at_once_and_again_after_ten_weeks() -> None:
    met = {on(-day): 240.0 for day in range(5)}
    room = assess(TUBERCULOSIS, anchor=ONSET, kind="onset", minutes=met, evidence=["visit-room"])
    assert (room.tier, room.test_day, room.test_at_once) == ("told-and-tested", on(70), True)
    short = assess(
        TUBERCULOSIS, anchor=ONSET, kind="onset", minutes={ONSET: 240.0}, evidence=["visit-room"]
    )
    assert (short.tier, short.test_day, short.test_at_once) == ("told", None, False)


def test_measles_asks_about_immunity_at_once_with_deadlines_from_the_first_exposure() -> None:
    begun = datetime(2024, 7, 13, 9, 30, tzinfo=UTC)
    found = assess(
        MEASLES,
        anchor=ONSET,
        kind="onset",
        minutes={on(-2): 1.0, on(1): 5.0},
        evidence=["fixes"],
        first_instant=begun,
    )
    assert found.tier == "asked-about-immunity"
    assert found.questions
    assert "immune" in found.questions[0]
    vaccine, globulin = found.deadlines
    assert (vaccine.remedy, vaccine.hours, vaccine.by) == ("vaccine", 72.0, date(2024, 7, 16))
    assert vaccine.instant == datetime(2024, 7, 16, 9, 30, tzinfo=UTC)
    assert (globulin.remedy, globulin.by) == ("immunoglobulin", date(2024, 7, 19))
    assert globulin.instant == datetime(2024, 7, 19, 9, 30, tzinfo=UTC)
    assert found.home_if_not_immune == (date(2024, 7, 18), date(2024, 8, 6))
    assert found.stay_home_until is None


def test_without_the_hour_a_deadline_has_its_date_alone() -> None:
    found = assess(
        MEASLES, anchor=ONSET, kind="onset", minutes={ONSET: 1.0}, evidence=["bluetooth"]
    )
    assert [one.instant for one in found.deadlines] == [None, None]
    assert [one.by for one in found.deadlines] == [on(3), on(6)]


def test_the_curve_is_the_integral_over_latent_period_and_time_detectable() -> None:
    latent = stats.gamma((5.5 / 2.72) ** 2, scale=2.72**2 / 5.5)
    lasting = stats.gamma((11.3 / 3.2) ** 2, scale=3.2**2 / 11.3)
    curve = curve_of(COVID, 20)
    for day in (0, 1, 3, 5, 8, 10, 14, 20):
        wanted, _ = integrate.quad(lambda u, t=day: latent.pdf(u) * lasting.sf(t - u), 0.0, day)
        assert curve[day] == pytest.approx(wanted, abs=5e-4)


def test_a_test_is_best_on_the_day_that_finds_most() -> None:
    """A contact met on one day: no day finds 1 in 100 more, and the day before finds less."""
    for disease, wanted in ((COVID, 10), (OMICRON, 7)):
        found = assess(
            disease, anchor=ONSET, kind="onset", minutes={ONSET: 90.0}, evidence=["fixes"]
        )
        assert found.test_day == on(wanted)
        shares = {point.day: point.detectable or 0.0 for point in found.curve}
        assert max(shares.values()) <= shares[on(wanted)] + 0.01
        assert shares[on(wanted - 1)] < max(shares.values()) - 0.01
        assert min(shares) == ONSET
        assert max(shares) == found.follow_up_end


def test_someone_met_on_two_days_has_the_mean_of_both_curves_by_their_dose() -> None:
    """Day +4 weighs .049, day 0 .140."""
    found = covid({0: 60.0, 4: 60.0}, "fixes")
    share = 0.140 / (0.140 + 0.049)
    single, ill = curve_of(COVID, 40), ill_by(COVID, 40)
    for point in found.curve:
        since = (point.day - ONSET).days
        late = max(since - 4, 0)
        wanted = share * single[since] + (1.0 - share) * single[late]
        assert point.detectable == pytest.approx(wanted, abs=1e-8)
        assert point.ill == pytest.approx(share * ill[since] + (1.0 - share) * ill[late], abs=1e-8)


def test_nobody_is_asked_to_be_tested_on_a_day_that_is_over() -> None:
    def tested(today: date) -> date | None:
        return assess(
            COVID,
            anchor=ONSET,
            kind="onset",
            minutes={ONSET: 60.0},
            evidence=["fixes"],
            today=today,
        ).test_day

    assert tested(on(3)) == on(10)
    assert tested(on(13)) == on(13)
    assert tested(on(15)) is None


def test_contacts_without_a_curve_of_testing_are_shown_when_illness_begins() -> None:
    found = assess(
        load_disease("pertussis"),
        anchor=ONSET,
        kind="onset",
        minutes={ONSET: 90.0},
        evidence=["fixes"],
    )
    assert found.test_day is None
    assert "symptoms" in found.test_words
    assert {point.detectable for point in found.curve} == {None}
    shares = [point.ill for point in found.curve]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(0.975, abs=0.002)


def test_without_an_onset_the_words_say_so_and_how_much_the_window_misses() -> None:
    known = covid({0: 60.0}, "fixes")
    unknown = assess(COVID, anchor=ONSET, kind="test", minutes={ONSET: 60.0}, evidence=["fixes"])
    assert "onset is not known" in unknown.curve_words
    assert "onset" not in known.curve_words
    assert known.share_outside_window == pytest.approx(0.181, abs=0.001)
    assert unknown.share_outside_window > known.share_outside_window
    assert 0.0 < unknown.dose < known.dose
    plain = assess(MEASLES, anchor=ONSET, kind="test", minutes={ONSET: 1.0}, evidence=["fixes"])
    assert "the test's date stands for it" in plain.curve_words


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_minutes_that_cannot_be_are_told_with_their_day(wrong: float) -> None:
    with pytest.raises(QuestionError, match="2024-07-16"):
        covid({0: 5.0, 1: wrong}, "fixes")


def test_an_unknown_kind_of_evidence_or_setting_is_told_with_those_known() -> None:
    with pytest.raises(QuestionError, match="bluetooth"):
        covid({0: 5.0}, "rumour")
    with pytest.raises(QuestionError, match="outdoors"):
        assess(
            COVID,
            anchor=ONSET,
            kind="onset",
            minutes={},
            evidence=[],
            where="moon",  # type: ignore[arg-type]  # what is wrong with it is the point
        )


def test_households_are_ranked_apart_and_equal_doses_alike() -> None:
    minutes = np.zeros((6, 3))
    minutes[:, 1] = [100.0, 400.0, 50.0, 300.0, 100.0, 0.0]
    fixes, home = KINDS["fixes"], KINDS["household"] | KINDS["fixes"]
    evidence = np.array([fixes, home, fixes, home, fixes, fixes])
    found = assess_all(COVID, Anchor(ONSET, "onset"), Contacts(on(-1), minutes, evidence))
    assert found.rank.tolist() == [1, 1, 3, 2, 1, 0]
    assert found.household.tolist() == [False, True, False, True, False, False]


def test_a_case_without_contacts_gives_empty_columns() -> None:
    nobody = Contacts(on(-1), np.zeros((0, 5)), np.zeros(0, dtype=np.int64))
    found = assess_all(COVID, Anchor(ONSET, "onset"), nobody)
    assert len(found.dose) == len(found.tier) == len(found.test_day) == 0


def test_the_day_to_test_of_a_curve_that_never_rises_is_none() -> None:
    def day(found: float, earliest: int) -> float:
        met, weights = np.array([[60.0, 0.0]]), np.ones(2)
        sums, _ = add_days(met, met, np.ones(3, dtype=np.bool_), weights, 1)
        return float(best_days(met, weights, np.full(7, found), sums, 4, earliest)[0])

    assert np.isnan(day(0.0, 0))
    assert day(0.5, 2) == 2.0
    assert np.isnan(day(0.5, 5))


def test_a_curve_by_date_holds_its_last_value() -> None:
    shares = np.array([[0.0, 1.0]])
    assert by_date(shares, np.array([0.1, 0.4]), 5).tolist() == [[0.0, 0.1, 0.4, 0.4, 0.4]]


def test_nothing_is_detectable_on_the_day_of_exposure() -> None:
    for name in diseases():
        disease = load_disease(name)
        if disease.testing.detectable is not None:
            law = disease.testing.detectable.law()
            assert detectable(disease.latent.law(), law, 3)[0] == 0.0


def test_kinds_of_evidence_are_one_bit_each() -> None:
    assert bits_of(KINDS) == sum(KINDS.values()) == 2 ** len(KINDS) - 1
