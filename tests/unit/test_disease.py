"""Diseases as files: what they must say, and what is refused with the key at fault."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from fortnight.errors import DiseaseError
from fortnight.risk.disease import diseases, load_disease
from fortnight.risk.listing import rows_of

if TYPE_CHECKING:
    from pathlib import Path

WANTED = {
    "covid-19",
    "covid-19-delta",
    "covid-19-omicron",
    "ebola",
    "influenza",
    "measles",
    "mpox",
    "pertussis",
    "tuberculosis",
}


def text_of(name: str) -> str:
    return resources.files("fortnight.risk").joinpath(f"diseases/{name}.toml").read_text()


def refused(tmp_path: Path, name: str, old: str, new: str) -> str:
    """Return what is said of a disease's file with one text in it changed."""
    text = text_of(name)
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(DiseaseError) as raised:
        load_disease(str(path))
    said = str(raised.value)
    assert said.startswith(f"{path}: ")
    return said


def test_the_diseases_of_the_library() -> None:
    assert set(diseases()) == WANTED


def test_covid_19_comes_with_the_library_and_counts_15_minutes_in_24_hours() -> None:
    disease = load_disease("covid-19")
    assert (disease.contact.min_minutes, disease.contact.within_hours) == (15, 24)
    assert (disease.look_back.first_day, disease.look_back.last_day) == (-14, -1)
    assert (disease.look_forward.first_day, disease.look_forward.last_day) == (-2, 10)


def test_measles_hangs_in_the_air_for_two_hours_and_has_no_minimum() -> None:
    rule = load_disease("measles").contact
    assert (rule.kind, rule.linger_minutes, rule.min_minutes) == ("shared-air", 120, 0)


@pytest.mark.parametrize("name", ["ebola", "mpox"])
def test_where_infection_takes_touch_a_place_only_prompts_questions(name: str) -> None:
    disease = load_disease(name)
    assert disease.contact.kind == "prompts"
    assert all(question.endswith("?") for question in disease.contact.asks)
    assert disease.tiers.place == "to-ask"


@pytest.mark.parametrize("name", sorted(WANTED))
def test_every_figure_says_where_it_comes_from_and_how_far_it_was_checked(name: str) -> None:
    rows = rows_of(load_disease(name))
    assert len(rows) >= 9
    for row in rows:
        assert re.search(r"(19|20)\d\d", row.source), row
        assert row.checked in {"source opened", "excerpt read", "unchecked"}


@pytest.mark.parametrize("name", sorted(WANTED))
def test_every_table_of_a_file_is_listed(name: str) -> None:
    tables = {key for key, part in tomllib.loads(text_of(name)).items() if isinstance(part, dict)}
    listed = {row.key for row in rows_of(load_disease(name))}
    assert tables <= listed
    assert listed - tables <= {"testing.detectable"}


def test_what_is_our_own_or_from_memory_is_nowhere_called_checked() -> None:
    for name in diseases():
        for row in rows_of(load_disease(name)):
            if re.search(r"recalled|our own|no (?:curve|figure|day)\b", row.source):
                assert row.checked == "unchecked", row


CHANGES = [
    ("min_minutes = 15", "", "min_minutes"),
    ("min_minutes = 15", 'min_minutes = "much"', "min_minutes"),
    ("min_minutes = 15", "min_minutes = nan", "min_minutes"),
    ("min_minutes = 15", "min_minutes = 15\nradius = 3", "radius"),
    ('kind = "close"', 'kind = "near"', r"contact\.kind"),
    ('kind = "close"', 'kind = "close"\nlinger_minutes = 5', "linger_minutes"),
    ('kind = "close"', 'kind = "prompts"', "asks"),
    ("first_day = -14", "first_day = 14", r"first_day 14.*look_back"),
    ("first_day = -14", "first_day = -1", r"look_back .*comes after look_forward"),
    ("last_day = -1\n", "last_day = 11\n", r"look_back .*comes after look_forward"),
    ("first_day = -2\nlast_day = 10", "first_day = 30\nlast_day = 40", "look_forward"),
    ("first_day = -7", "first_day = -7.5", "first_day"),
    ("first_day = -7", "first_day = -6", "mass of day -6"),
    ("0.140, 0.140", "0.9, 0.9", "shares"),
    ("0.140, 0.140", "-0.140, 0.140", "shares"),
    ("0.140, 0.140", "nan, 0.140", "shares"),
    ("0.140, 0.140", "0.142, 0.138", "mass of day -1"),
    ("first_day = -7", "first_day = -7\nlast_day = 3", "either mass"),
    ("meanlog = 1.63", "meanlog = 900", "median"),
    ("sdlog = 0.5", "sdlog = -0.5", "sdlog"),
    ("mean = 5.5", "mean = -5.5", r"mean is -5\.5.*latent"),
    ("mean = 5.5", "mean = inf", "mean is inf"),
    ("sd = 2.72", "", r"sd.*latent"),
    ('distribution = "lognormal"', 'distribution = "normal"', "normal"),
    ("days = 14", "days = 2", r"follow_up\.days is 2"),
    ("[stay_home]\ndays = 14", "[stay_home]\ndays = 15", r"stay_home\.days is 15"),
    ("[stay_home]\ndays = 14", "[stay_home]\ndays = 0", "days is 0"),
    ('kind = "curve"', 'kind = "symptoms"', "detectable"),
    ('kind = "curve"', 'kind = "curve"\nat_once = true', "at_once"),
    ('kind = "curve"', 'kind = "curve"\ndays = 5', "days belongs"),
    ('place = "told-and-tested"', 'place = "asked-to-stay-home"', r"tiers\.place"),
    ('close = "asked-to-stay-home"', 'close = "told"', "asks more than"),
    ('close = "asked-to-stay-home"', 'close = "detained"', "close"),
    ("outdoors = 0.053", "outdoors = 0.5", "outdoors"),
    ("per_hour = 0.011", "per_hour = 1.1", "per_hour"),
    ("linear_hours = 6", "linear_hours = 0", "linear_hours"),
    ('checked = "excerpt read"', 'checked = "surely"', "checked"),
    ('checked = "excerpt read"\n', "", "checked"),
    ("[contact]", "[contact", "line"),
    ('version = "2"', "", "version"),
    ('version = "2"', 'version = " "', "version is empty"),
    ('version = "2"', 'version = "2"\nid = "mine"', "id"),
    ('version = "2"', 'version = "2"\nseason = "winter"', "season"),
]


@pytest.mark.parametrize(("old", "new", "told"), CHANGES)
def test_a_wrong_file_is_refused_by_its_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert re.search(told, refused(tmp_path, "covid-19", old, new))


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("measles", "vaccine_hours = 72", "vaccine_hours = -1", "vaccine_hours"),
        ("measles", "stay_home_last_day = 21", "stay_home_last_day = 1", "stay_home_last_day"),
        ("ebola", 'place = "to-ask"', 'place = "told"', r"tiers\.place"),
        ("tuberculosis", "within_hours = 168\n", "", "go together"),
        ("tuberculosis", "days = 70\n", "", "days belongs"),
        ("tuberculosis", "shape = 0.675", "shape = 0", "shape"),
        ("influenza", 'close = "told"', 'close = "asked-to-stay-home"', "stay_home"),
        ("influenza", 'close = "told"', 'close = "asked-about-immunity"', "immunity"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(
    tmp_path: Path, name: str, old: str, new: str, told: str
) -> None:
    assert re.search(told, refused(tmp_path, name, old, new))


def test_deadlines_that_no_tier_asks_about_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text_of("measles").replace("asked-about-immunity", "told"))
    with pytest.raises(DiseaseError, match="immunity and a tier"):
        load_disease(str(path))


@pytest.mark.parametrize("number", range(11))
def test_a_missing_or_an_empty_source_is_refused(tmp_path: Path, number: int) -> None:
    text = text_of("covid-19")
    places = [one.span() for one in re.finditer(r'^source = ".*"$', text, flags=re.MULTILINE)]
    begin, end = places[number]
    path = tmp_path / "own.toml"
    path.write_text(text[:begin] + 'source = " "' + text[end:])
    with pytest.raises(DiseaseError, match="source is empty"):
        load_disease(str(path))
    path.write_text(text[:begin] + text[end:])
    with pytest.raises(DiseaseError, match="missing required field `source`"):
        load_disease(str(path))


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mumps-here.toml"
    path.write_text(text_of("covid-19").replace("min_minutes = 15", "min_minutes = 7"))
    disease = load_disease(str(path))
    assert (disease.id, disease.contact.min_minutes) == ("mumps-here", 7)


def test_a_period_that_is_always_the_same_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = text_of("covid-19")
    gamma = 'distribution = "gamma"\nmean = 5.5\nsd = 2.72'
    assert gamma in text
    path.write_text(text.replace(gamma, 'distribution = "point"\ndays = 5'))
    latent = load_disease(str(path)).latent
    assert (latent.mean(), latent.mass(5), latent.cdf(4.9)) == (5.0, 1.0, 0.0)


@pytest.mark.parametrize("name", ["plague", "", "no/such.toml", "covid-19.json"])
def test_an_unknown_disease_is_told_with_those_known(name: str) -> None:
    with pytest.raises(DiseaseError, match="covid-19"):
        load_disease(name)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(DiseaseError, match=r"own\.toml"):
        load_disease(str(path))
