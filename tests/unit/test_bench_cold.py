"""A cold case is asked of files that the page cache does not hold, and answers as the warm one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bench import cold, worlds

from fortnight.api import gather, index_of
from fortnight.contact.store import load_index, save_index

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Index a plain town of 30 people and four days, on disk."""
    town: Path = tmp_path_factory.mktemp("cold")
    worlds.write_segments(worlds.town(30, 4), 4, 4, town / "segments.parquet")
    worlds.write_fixes(town / "segments.parquet", 4, town / "fixes.parquet")
    save_index(index_of(gather([town / "fixes.parquet"]))[0], town / "index")
    return town / "index"


def test_each_case_is_timed_cold_and_warm(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cold.main([str(folder), "--cases", "3"])
    printed = capsys.readouterr().out
    assert "a case, nothing of it in memory" in printed
    assert printed.count(" ms") == 9


def test_a_case_answers_the_same_after_its_index_was_thrown_out(folder: Path) -> None:
    index, _ = load_index(folder)
    before = cold.one_case(index, 3)
    assert before > 0
    del index
    cold.evict(folder)
    assert cold.one_case(load_index(folder)[0], 3) == before
