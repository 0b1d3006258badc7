"""Diseases as files: what they must say, and what is refused with the key at fault."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from fortnight.errors import DiseaseError
from fortnight.risk.disease import diseases, load_disease

if TYPE_CHECKING:
    from pathlib import Path


def text_of(name: str) -> str:
    return resources.files("fortnight.risk").joinpath(f"diseases/{name}.toml").read_text()


def test_covid_19_comes_with_the_library_and_counts_15_minutes_in_24_hours() -> None:
    disease = load_disease("covid-19")
    assert (disease.contact.min_minutes, disease.contact.within_hours) == (15, 24)
    assert (disease.look_back.first_day, disease.look_back.last_day) == (-14, -1)
    assert (disease.look_forward.first_day, disease.look_forward.last_day) == (-2, 10)


@pytest.mark.parametrize("name", diseases())
def test_every_figure_says_where_it_comes_from(name: str) -> None:
    disease = load_disease(name)
    for part in (disease.contact, disease.look_back, disease.look_forward, disease.infectiousness):
        assert re.search(r"(19|20)\d\d", part.source), part


@pytest.mark.parametrize("name", diseases())
def test_infectiousness_is_relative_to_its_highest_day(name: str) -> None:
    disease = load_disease(name)
    curve = disease.infectiousness
    days = range(curve.first_day - 3, curve.first_day + len(curve.mass) + 3)
    values = [disease.relative_infectiousness(day) for day in days]
    assert max(values) == 1.0
    assert values[:3] == values[-3:] == [0.0, 0.0, 0.0]
    assert values[3:-3] == pytest.approx([mass / max(curve.mass) for mass in curve.mass])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("min_minutes = 15", "", "min_minutes"),
        ("min_minutes = 15", 'min_minutes = "much"', "min_minutes"),
        ("min_minutes = 15", "min_minutes = 15\nradius = 3", "radius"),
        ("first_day = -14", "first_day = 14", "first_day"),
        ("first_day = -7", "first_day = -7.5", "first_day"),
        ("0.140, 0.140", "0.9, 0.9", "shares"),
        ("0.140, 0.140", "-0.140, 0.140", "shares"),
        ("[contact]", "[contact", "line"),
        ('version = "1"', "", "version"),
    ],
)
def test_a_wrong_file_is_refused_by_its_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = text_of("covid-19")
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(DiseaseError, match=told) as raised:
        load_disease(str(path))
    assert str(path) in str(raised.value)


def test_an_empty_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(re.sub(r'source = ".*"', 'source = " "', text_of("covid-19"), count=1))
    with pytest.raises(DiseaseError, match="source is empty"):
        load_disease(str(path))


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mumps-here.toml"
    path.write_text(text_of("covid-19").replace("min_minutes = 15", "min_minutes = 7"))
    disease = load_disease(str(path))
    assert (disease.id, disease.contact.min_minutes) == ("mumps-here", 7)


@pytest.mark.parametrize("name", ["plague", "", "no/such.toml", "covid-19.json"])
def test_an_unknown_disease_is_told_with_those_known(name: str) -> None:
    with pytest.raises(DiseaseError, match="covid-19"):
        load_disease(name)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(DiseaseError, match=r"own\.toml"):
        load_disease(str(path))
