"""Pages of an index that is not in memory are asked for before they are touched: all of them."""

from __future__ import annotations

import mmap
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fortnight.api import gather, index_of
from fortnight.contact import ahead, store
from fortnight.contact.lookup import Shelf, shelf_of
from fortnight.contact.question import ask
from fortnight.contact.search import find_pairs, search
from fortnight.contact.store import load_index, save_index
from fortnight.contact.trace import nearness
from fortnight.contact.window import window_of
from fortnight.parameters import DEFAULTS
from fortnight.risk.disease import load_disease
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.run import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.contact.index import Index
    from fortnight.contact.meeting import Matrix

PAGE = 4_096
PATIENCE_S = 30.0
FEW = 0.2  # of the pages: those at both ends of the file are touched when it is mapped
NEAR = nearness(DEFAULTS)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Return an index of a town of 300 people and 2 days: some 60 pages of outlines."""
    folder = tmp_path_factory.mktemp("town")
    simulate(300, 2, 5, folder, truth=False)
    return index_of(gather([folder / FIXES_FILE]))[0]


@pytest.fixture(scope="module")
def mapped(index: Index) -> Iterator[Path]:
    """Save the index where its pages can be thrown out of memory: a disk, and no file in memory."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        save_index(index, Path(folder) / "index")
        yield Path(folder) / "index"


def question_of(index: Index, who: int) -> Matrix:
    first, last = (
        datetime.fromtimestamp(int(day) * 86_400, tz=UTC).date()
        for day in index.day_numbers[[0, -1]]
    )
    disease = load_disease("covid-19")
    window = window_of(last, disease, days=(last - first).days, until=last, timezone="UTC")
    return ask(index, who, window.edges)


def cases(index: Index) -> range:
    return range(0, len(index.tracks.names), 37)


def pages_touched(place: int, bytes_a_row: int, rows: np.ndarray) -> set[int]:
    """Return the pages that rows lie in, of an array that begins ``place`` bytes into its first."""
    begins = place + rows.astype(np.int64) * bytes_a_row
    return set((begins // PAGE).tolist()) | set(((begins + bytes_a_row - 1) // PAGE).tolist())


@pytest.mark.parametrize("place", [0, 328, PAGE - 2])
def test_every_page_that_a_search_finds_somebody_on_is_marked(index: Index, place: int) -> None:
    shelf, marked = shelf_of(index), 0
    held = 2 + (place + max(shelf.cells.nbytes, shelf.outlines.nbytes)) // PAGE
    for who in cases(index):
        asked = question_of(index, who)
        found = find_pairs(asked, who, shelf, NEAR)[:, 1]
        outlines = ahead._outlines_near(asked, shelf, NEAR, place, held)  # noqa: SLF001 - what is tested
        rows = ahead._rows_near(asked, shelf, NEAR, place, held)  # noqa: SLF001 - the same
        # 32 rows make a tile of 512 bytes: 16 a row
        assert pages_touched(place, 512, found // 32) <= set(np.flatnonzero(outlines).tolist())
        assert pages_touched(place, 44, found) <= set(np.flatnonzero(rows).tolist())
        marked += len(np.flatnonzero(rows))
    assert marked > 0


def test_a_small_index_is_left_to_the_system(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_pages_of", _never)
    ahead.read_ahead(question_of(index, 0), shelf_of(index), NEAR, None)


def test_what_is_in_memory_is_not_asked_for(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "LARGE_BYTES", 0)
    monkeypatch.setattr(ahead, "_ask_for", _never)
    for who in cases(index):
        ahead.read_ahead(question_of(index, who), shelf_of(index), NEAR, None)


def test_where_the_system_cannot_be_asked_nothing_is_done(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "LARGE_BYTES", 0)
    monkeypatch.setattr(ahead, "_system", lambda: None)
    monkeypatch.setattr(ahead, "_pages_of", _never)
    ahead.read_ahead(question_of(index, 0), shelf_of(index), NEAR, None)


def _never(*_: object) -> None:
    raise AssertionError("it was asked")


@pytest.mark.parametrize("threads", [1, 2])
def test_pages_that_were_away_come_and_the_answer_is_the_same(
    index: Index, mapped: Path, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = cases(index)[1]
    asked = question_of(index, who)
    wanted = search(index, who, asked, NEAR)
    evict(mapped)
    monkeypatch.setattr(store, "LARGE_BYTES", 0)
    opened, _ = load_index(mapped)
    shelf = shelf_of(opened)
    if there(shelf, asked).mean() > FEW:
        pytest.skip("files here cannot be thrown out of memory")
    monkeypatch.setattr(ahead, "LARGE_BYTES", 0)
    asks = []
    ask_for = ahead._ask_for  # noqa: SLF001 - it is listened to

    def listened(pages: ahead._Pages, marks: ahead.Marks) -> None:
        asks.append(int(marks.sum()))
        ask_for(pages, marks)

    monkeypatch.setattr(ahead, "_ask_for", listened)
    found = search(opened, who, asked, NEAR, threads=threads)
    assert np.concatenate(found).tobytes() == np.concatenate(wanted).tobytes()
    assert sum(asks) > 0
    end = time.monotonic() + PATIENCE_S
    while not there(shelf, asked).all():
        assert time.monotonic() < end, "what was asked for did not come"


def there(shelf: Shelf, asked: Matrix) -> np.ndarray:
    """Return of each page of outlines that a question wants whether it is in memory."""
    pages = ahead._pages_of(shelf.outlines)  # noqa: SLF001 - what is tested
    marks = ahead._outlines_near(asked, shelf, NEAR, pages.before, pages.held)  # noqa: SLF001 - the same
    told = []
    for page in np.flatnonzero(marks).tolist():
        one = np.zeros_like(marks)
        one[page] = 1
        told.append(ahead._are_there(pages, one))  # noqa: SLF001 - the same
    return np.array(told)


def evict(folder: Path) -> None:
    """Throw files out of the page cache: nothing may have them mapped."""
    for path in folder.iterdir():
        file = os.open(path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def test_pages_here_are_of_the_size_that_is_counted_in() -> None:
    assert mmap.PAGESIZE == PAGE
