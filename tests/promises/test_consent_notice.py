"""The first lines of the help and of every report say who may be traced, and who cannot know it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from tests.promises.conftest import CASE

from fortnight.report.document import CONSENT_NOTICE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.promises.conftest import Run

# What DESIGN demands of the notice, in the words that people read.
DEMANDED = (
    "Only for people who agreed",
    "cannot know who did",
    "kept by the Fortnight service",
    "Tracing people who did not agree may be a crime",
)
SCREEN = 1_000  # characters: what stands at the top before anybody scrolls


def first_words(text: str) -> str:
    """Return the top of a text without frames, line ends and repeated blanks."""
    return " ".join(re.sub(r"[┃│╭╮╰╯━─┏┓┗┛]", " ", text).split())[:SCREEN]


def holds_the_notice(text: str) -> None:
    for words in DEMANDED:
        assert words in text


def test_the_notice_says_what_is_demanded() -> None:
    holds_the_notice(CONSENT_NOTICE)


@pytest.mark.parametrize("arguments", [("--help",), ("trace", "--help")])
def test_the_help_begins_with_it(command: Run, arguments: tuple[str, ...]) -> None:
    holds_the_notice(first_words(command(*arguments).stdout))


def test_the_help_of_the_index_says_that_it_does_not_delete_itself(command: Run) -> None:
    top = first_words(command("index", "--help").stdout)
    assert "Only for people who agreed" in top
    assert "does not delete itself" in top


def test_the_table_begins_with_it(command: Run, meeting: Path) -> None:
    done = command("trace", meeting, *CASE)
    assert "participant-2" in done.stdout
    holds_the_notice(first_words(done.stdout)[: len(CONSENT_NOTICE) + 10])


def test_json_and_csv_begin_with_it(command: Run, meeting: Path) -> None:
    printed = command("trace", meeting, *CASE, "--format", "json").stdout
    assert list(json.loads(printed))[:2] == ["schema", "notice"]
    assert json.loads(printed)["notice"] == CONSENT_NOTICE
    first_line = command("trace", meeting, *CASE, "--format", "csv").stdout.splitlines()[0]
    assert CONSENT_NOTICE in first_line


@pytest.fixture(scope="module")
def reports(command: Run, meeting: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("reports")
    done = command("trace", meeting, *CASE, "--out", out)
    assert done.code == 0, done.stderr
    return out


def test_every_file_that_is_written_holds_it(reports: Path) -> None:
    names = {path.name for path in reports.iterdir()}
    expected = {"report.html", "trace.json", "contacts.csv", "episodes.csv", "episodes.geojson"}
    assert names == expected
    for path in reports.iterdir():
        assert CONSENT_NOTICE in path.read_text(encoding="utf-8"), path.name


def test_nothing_visible_stands_before_it_on_the_page(reports: Path) -> None:
    page = (reports / "report.html").read_text(encoding="utf-8")
    body = page[page.index("<body>") :]
    seen = re.sub(r"<a class=\"skip\".*?</a>|<[^>]+>", " ", body)
    assert " ".join(seen.split()).startswith(CONSENT_NOTICE)


def test_no_contact_found_says_that_it_does_not_mean_none(
    command: Run, meeting: Path, tmp_path: Path
) -> None:
    alone = meeting / "participant-1.csv"
    done = command("trace", alone, *CASE, "--out", tmp_path)
    assert "No contact found does not mean none" in " ".join(done.stdout.split())
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "No contact found does not mean none" in page
    assert "not a certificate" in page
