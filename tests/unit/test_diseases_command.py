"""`fortnight diseases`, and docs/diseases.md held against the files."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cyclopts import App

from fortnight.cli.diseases import as_markdown
from fortnight.cli.diseases import diseases as command
from fortnight.errors import DiseaseError
from fortnight.risk.actions import TIERS
from fortnight.risk.disease import diseases, load_disease
from fortnight.risk.listing import best_day, percent, points_of, rows_of, signed

if TYPE_CHECKING:
    from pytest import CaptureFixture  # noqa: PT013 - the name alone is needed

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "diseases.md").read_text(encoding="utf-8")


def run(line: str, capsys: CaptureFixture[str]) -> str:
    app = App(name="fortnight", result_action="return_value")
    app.command(command)
    app(["diseases", *shlex.split(line)])
    return capsys.readouterr().out


@pytest.mark.parametrize("name", diseases())
def test_the_page_holds_every_figure_as_its_file_has_it(name: str) -> None:
    assert as_markdown(load_disease(name)) in PAGE


def test_the_page_has_no_disease_that_does_not_exist() -> None:
    named = set(re.findall(r"^`([a-z0-9-]+)`, version", PAGE, flags=re.MULTILINE))
    assert named == set(diseases())


def test_the_page_explains_every_tier() -> None:
    for tier in TIERS:
        assert f"| `{tier}` |" in PAGE


def test_the_shares_outside_the_window_are_those_of_the_code() -> None:
    covid = load_disease("covid-19")
    window = covid.look_forward.first_day, covid.look_forward.last_day
    known, unknown = covid.curve.outside(*window), covid.curve_since_test.outside(*window)
    assert f"({percent(known)} with a known onset of COVID-19, {percent(unknown)} without)" in PAGE


def test_json_has_every_disease_with_sources_and_marks(capsys: CaptureFixture[str]) -> None:
    found = json.loads(run("--format json", capsys))
    assert [one["id"] for one in found] == list(diseases())
    for one in found:
        assert {"name", "variant", "version", "onset", "curve_checked"} < set(one)
        for figure in one["figures"]:
            assert figure["source"]
            assert figure["checked"]
        assert one["curve"][0]["day"] == 0


def test_one_disease_is_listed_by_its_id(capsys: CaptureFixture[str]) -> None:
    (one,) = json.loads(run("measles --format json", capsys))
    assert one["onset"] == "rash"
    (asked,) = [row for row in one["figures"] if row["key"] == "immunity"]
    assert "72 hours" in asked["figure"]
    assert "6 days" in asked["figure"]


def test_a_table_for_people_is_the_default(capsys: CaptureFixture[str]) -> None:
    shown = run("ebola", capsys)
    assert "Ebola" in shown
    assert "prompt" in shown
    assert "{" not in shown


def test_markdown_is_what_the_page_holds(capsys: CaptureFixture[str]) -> None:
    assert run("--format markdown", capsys).strip() in PAGE


def test_an_unknown_disease_is_told(capsys: CaptureFixture[str]) -> None:
    with pytest.raises(DiseaseError, match="covid-19"):
        run("sadness", capsys)


@pytest.mark.parametrize("name", diseases())
def test_the_curve_rises_from_nothing_and_reaches_the_end_of_the_follow_up(name: str) -> None:
    disease = load_disease(name)
    points = points_of(disease)
    assert (points[0].day, points[0].ill) == (0, 0.0)
    assert disease.follow_up.days - 30 < points[-1].day <= disease.follow_up.days
    assert points[-1].ill == pytest.approx(disease.incubation.cdf(points[-1].day))


def test_the_listed_day_to_test_is_the_first_near_the_highest() -> None:
    assert best_day([0.0, 0.5, 0.895, 0.9, 0.8]) == 2
    (row,) = [row for row in rows_of(load_disease("covid-19")) if row.key == "testing"]
    assert row.figure.startswith("day 10 after a single exposure")


def test_days_are_written_with_their_sign() -> None:
    assert [signed(day) for day in (-4, 0, 4)] == ["\N{MINUS SIGN}4", "0", "+4"]
