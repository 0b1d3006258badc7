"""What a person takes covers the retention schedule: each column is given, or left out with why."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fortnight.retention.schedule import rows
from fortnight.taking.gathering import BESIDE
from fortnight.taking.index_page import LANGUAGES, words
from fortnight.taking.published import as_markdown, left_out
from fortnight.taking.sources import EVIDENCE, SOURCES, covered

DOCS: Final = Path(__file__).parents[2] / "docs"
HELD: Final = {row.where for row in rows()}
LEFT_OUT: Final = [column for group in left_out() for column in group.columns]


def test_every_column_of_the_schedule_is_given_or_on_the_published_list() -> None:
    given, listed = set(covered()), set(LEFT_OUT)
    assert HELD - given - listed == set(), "give it in taking/sources.py, or say why not"
    assert (given | listed) - HELD == set()
    assert given & listed == set()
    assert len(LEFT_OUT) == len(listed)


def test_every_reason_is_given_in_every_language() -> None:
    for group in left_out():
        assert set(group.why) == set(LANGUAGES)
        assert all(why.strip() for why in group.why.values())


def test_the_documentation_shows_the_list_as_it_is() -> None:
    assert as_markdown() in (DOCS / "taking.md").read_text(encoding="utf-8")


def test_every_part_has_a_title_in_every_language() -> None:
    names = {*BESIDE, *EVIDENCE, *(one.name for one in SOURCES)}
    titles = words()["parts"]
    assert set(titles) == names
    said = [*titles.values(), *words()["page"].values()]
    assert all(set(one) == set(LANGUAGES) for one in said)
    assert all(text.strip() for one in said for text in one.values())
