"""Plans of follow-up: what a disease's file makes of an exposure or onset, and why it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import msgspec
import pytest

from fortnight.errors import DiseaseError, QuestionError
from fortnight.followup.answers import by_text, feeling, has_symptoms, ticked
from fortnight.followup.day import Feeling
from fortnight.followup.emergency import Duty, emergency, is_on_duty
from fortnight.followup.plan import DAILY_UP_TO, Exposed, Plan, changed, plan_case, plan_contact
from fortnight.followup.release import Changer, Ill, Rule
from fortnight.followup.words import LANGUAGES, known, say
from fortnight.isolation.needs import OUTCOMES, Need
from fortnight.isolation.rescore import Reply, Why
from fortnight.risk.actions import TIERS
from fortnight.risk.disease import Disease, diseases, load_disease

COVID = load_disease("covid-19")
TODAY = 20_000


def exposed(tier: str | None = "told-and-tested", last: int = TODAY - 2) -> Exposed:
    return Exposed(last - 1, last, tier)


def covid_plan(tier: str | None = "told-and-tested") -> Plan:
    return plan_contact(COVID, exposed(tier), TODAY)


def test_a_contact_of_covid_19_is_asked_daily_until_14_days_after_the_last_exposure() -> None:
    plan = covid_plan()
    assert plan.end == TODAY - 2 + 14
    assert plan.days == tuple(range(TODAY, TODAY + 13))
    assert [reason.word for reason in plan.reasons] == [
        "days-after-last-exposure",
        "tier",
        "test-when-found",
    ]


@pytest.mark.parametrize("name", diseases())
def test_every_disease_asks_about_symptoms_and_red_flags_that_have_words(name: str) -> None:
    disease = load_disease(name)
    assert disease.symptoms is not None
    assert disease.isolation is not None
    for word in (*disease.symptoms.asked, *disease.symptoms.red_flags):
        for language in LANGUAGES:
            assert say("symptoms", word, language)


def test_every_word_of_the_symptoms_is_asked_by_some_disease() -> None:
    files = [one for name in diseases() if (one := load_disease(name).symptoms) is not None]
    assert {word for one in files for word in (*one.asked, *one.red_flags)} == set(
        known("symptoms")
    )


def test_the_closed_lists_have_their_sentences_in_both_languages() -> None:
    assert set(known("release")) == set(get_args(Rule))
    assert set(known("changes")) == set(get_args(Changer))
    assert set(known("needs")) == set(Need)
    assert set(known("outcomes")) == set(OUTCOMES)
    assert set(known("replies")) == set(Reply)
    assert set(known("rescored")) == set(get_args(Why))
    assert set(known("feelings")) == set(Feeling)
    assert set(known("tiers")) == {*TIERS, "none"}


def test_a_rule_is_said_with_its_dates_in_the_language_that_is_asked_for() -> None:
    home = plan_case(COVID, Ill(20_000, 20_001), 20_001).home
    assert say("release", home.rule, "en", home.values) == (
        "10 days after the first symptoms, which were on 4 October 2024."
    )
    assert "октября 2024" in say("release", home.rule, "ru", home.values)
    assert say("release", home.rule, "fi", home.values).startswith("10 days")
    with pytest.raises(QuestionError, match="no word 'guilty'"):
        say("release", "guilty", "en")


def test_whoever_is_only_to_be_asked_or_may_be_the_source_is_not_followed() -> None:
    for tier in (None, "to-ask"):
        plan = covid_plan(tier)
        assert (plan.days, plan.test_days, plan.home.day) == ((), (), None)
        assert [reason.word for reason in plan.reasons] == ["not-followed"]


def test_tuberculosis_is_tested_at_once_and_again_and_asked_once_a_week() -> None:
    disease = load_disease("tuberculosis")
    plan = plan_contact(disease, exposed(), TODAY)
    assert plan.test_days == (TODAY, TODAY - 2 + 70)
    assert len(plan.days) == 365 // 7
    assert "asked-weekly" in [reason.word for reason in plan.reasons]


def test_a_contact_of_measles_stays_home_only_once_they_said_that_they_are_not_immune() -> None:
    measles = load_disease("measles")
    asked = exposed("asked-about-immunity")
    rules = [
        plan_contact(measles, replace(asked, immune=immune), TODAY).home
        for immune in (None, True, False)
    ]
    assert [one.rule for one in rules] == ["immunity-first", "immune", "days-after-exposure"]
    assert [one.day for one in rules] == [None, None, TODAY - 2 + 21]
    assert all("immunity" in one.changes for one in rules)


def test_a_plan_that_follows_from_the_same_does_not_change() -> None:
    assert changed(covid_plan(), covid_plan()) == ()


def test_another_last_day_moves_end_tests_and_says_why() -> None:
    later = plan_contact(COVID, exposed(last=TODAY - 1), TODAY)
    found = {one.what: one for one in changed(covid_plan(), later)}
    assert set(found) == {"end", "tests"}
    assert (found["end"].before, found["end"].after) == ((TODAY + 12,), (TODAY + 13,))
    assert ("last_day", TODAY - 1) in found["end"].reasons[0].values


def test_another_disease_changes_questions_too() -> None:
    flu = plan_contact(load_disease("influenza"), exposed("told"), TODAY)
    assert {one.what for one in changed(covid_plan("told"), flu)} == {
        "disease",
        "questions",
        "tests",
        "end",
    }


def test_a_lower_tier_takes_back_that_they_were_asked_to_stay_home() -> None:
    (home,) = changed(covid_plan("asked-to-stay-home"), covid_plan("told"))
    assert home.what == "home"
    assert home.after == ("not-asked",)


def test_a_case_is_released_10_days_after_onset_and_3_without_symptoms() -> None:
    early = plan_case(COVID, Ill(TODAY - 3, TODAY - 1, TODAY - 1), TODAY).home
    late = plan_case(COVID, Ill(TODAY - 3, TODAY - 1, TODAY + 6), TODAY).home
    never = plan_case(COVID, Ill(None, TODAY - 1), TODAY).home
    assert (early.day, early.rule) == (TODAY + 7, "days-after-onset")
    assert (late.day, late.rule) == (TODAY + 9, "days-without-symptoms")
    assert (never.day, never.rule) == (TODAY + 9, "days-after-test")


def test_antibiotics_release_sooner_never_later() -> None:
    disease = load_disease("pertussis")
    treated = plan_case(disease, Ill(TODAY - 3, TODAY, None, TODAY), TODAY).home
    too_late = plan_case(disease, Ill(TODAY - 3, TODAY, None, TODAY + 17), TODAY).home
    assert (treated.day, treated.rule) == (TODAY + 5, "treatment")
    assert (too_late.day, too_late.rule) == (TODAY + 18, "days-after-onset")


@pytest.mark.parametrize("name", ["ebola", "mpox", "tuberculosis"])
def test_where_no_days_fit_a_clinician_says_when_it_ends(name: str) -> None:
    home = plan_case(load_disease(name), Ill(TODAY, TODAY), TODAY).home
    assert (home.day, home.rule) == (None, "clinician")
    assert "clinician" in home.changes


def test_a_number_of_a_text_comes_to_a_feeling() -> None:
    plan = covid_plan()
    said = [feeling(plan, by_text(number)) for number in range(1, 6)]
    assert said == [
        Feeling.WELL,
        Feeling.UNWELL,
        Feeling.UNWELL,
        Feeling.NEEDS,
        Feeling.RED_FLAG,
    ]
    for number in (0, 6, -1):
        with pytest.raises(QuestionError):
            by_text(number)


def test_one_red_flag_among_many_symptoms_decides() -> None:
    plan = covid_plan()
    assert feeling(plan, ticked(plan, plan.asked)) is Feeling.UNWELL
    for flag in plan.red_flags:
        assert feeling(plan, ticked(plan, (*plan.asked, flag))) is Feeling.RED_FLAG
    assert feeling(plan, ticked(plan, ())) is Feeling.WELL
    assert feeling(plan, ticked(plan, (), ["food"])) is Feeling.NEEDS
    assert not has_symptoms(plan, ticked(plan, (), ["food"]))
    assert has_symptoms(plan, ticked(plan, ("fever",)))


def test_what_was_not_asked_about_is_refused() -> None:
    with pytest.raises(QuestionError, match="'bad-luck' is not asked about"):
        ticked(covid_plan(), ("bad-luck",))
    with pytest.raises(QuestionError, match="1000 characters"):
        ticked(covid_plan(), (), note="a" * 1_001)


def test_the_emergency_number_is_shown_at_every_hour_and_who_is_on_duty() -> None:
    duty = Duty("112", "+37060000000", 8, 20)
    night = Duty("112", "+37060000000", 20, 8)
    for hour in range(24):
        now = TODAY * 86_400_000 + hour * 3_600_000
        shown = emergency(duty, now)
        assert shown.number == "112"
        assert shown.on_duty is (8 <= hour < 20)
        assert shown.on_duty_from == (None if shown.on_duty else 8)
        assert is_on_duty(night, now) is not is_on_duty(duty, now)
        assert not emergency(Duty("112", ""), now).on_duty
        assert emergency(Duty("112", "+37060000000"), now).on_duty


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("symptoms", {"asked": []}, "at least one thing"),
        ("symptoms", {"asked": ["fever"], "red_flags": ["fever"]}, "named twice"),
        ("isolation", {"days": 0}, "days is 0"),
        ("isolation", {"symptom_free_days": -1}, "symptom_free_days is -1"),
        ("isolation", {"days": None, "symptom_free_days": 3}, "belong to days"),
        ("masks", {"worn": 1.5}, "rise from above 0"),
    ],
)
def test_a_disease_file_that_contradicts_itself_is_refused(
    part: str, value: dict[str, object], said: str
) -> None:
    whole = msgspec.to_builtins(COVID)
    with pytest.raises((msgspec.ValidationError, DiseaseError), match=said):
        msgspec.convert(whole | {part: whole[part] | value}, Disease)


def test_daily_questions_end_where_a_long_follow_up_begins() -> None:
    lengths = {name: load_disease(name).follow_up.days for name in diseases()}
    assert [name for name, days in lengths.items() if days > DAILY_UP_TO] == ["tuberculosis"]
