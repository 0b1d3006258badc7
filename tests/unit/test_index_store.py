"""The index: every segment once, the same after a journey to disk, refused when not whole."""

from __future__ import annotations

import json
import mmap
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.reference.people import Fix, Person
from tests.reference.tables import evidence_of
from tests.reference.worlds import Ground, Phone

import fortnight
from fortnight.api import index_of
from fortnight.contact import ahead, store
from fortnight.contact.grid import block_key, box_mask, slot_of
from fortnight.contact.index import hashed
from fortnight.contact.store import is_index, load_index, save_index
from fortnight.parameters import Parameters

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.contact.index import Index

NOW = 1_800_000_000_000
START = int(datetime(2024, 7, 1, 8, tzinfo=UTC).timestamp()) * 1_000
FILES = (
    "by_participant.arrow", "by_cell.arrow", "outlines.arrow", "ticks.arrow", "participants.arrow",
    "index.json",
)  # fmt: skip


def town(people: int = 30, seed: int = 1) -> Index:
    """Return an index of some people who stay, walk and ride for a while."""
    out = []
    for k in range(people):
        phone = Phone(Ground(12.5, 55.7), [(0.0, 0.0), (500.0, 0.0)], START, seed + k)
        for what in ("stay", "walk", "stay", "train", "coarse", "silence", "stay"):
            phone.do(what)
        out.append(Person(f"p{k:02d}", tuple(phone.fixes)))
    return index_of(evidence_of(tuple(out)), now=NOW)[0]


@pytest.fixture(scope="module")
def index() -> Index:
    return town()


def test_every_segment_is_in_the_directory_once(index: Index) -> None:
    tracks = index.tracks
    starts = np.flatnonzero(tracks.vertices[:, 0] >> 27)
    whose = tracks.days[np.searchsorted(tracks.days[:, 2], starts, side="right") - 1, 0]
    times = tracks.vertices[:, 0] & (2**27 - 1)
    wanted = sorted(
        zip(whose.tolist(), times[starts].tolist(), times[starts + 1].tolist(), strict=True)
    )
    held = index.cells
    found = (held[:, 2].tolist(), (held[:, 0] & (2**27 - 1)).tolist(), held[:, 1].tolist())
    assert sorted(zip(*found, strict=True)) == wanted
    assert index.starts[0] == 0
    assert index.starts[-1] == len(held)


def test_rows_of_one_cell_are_in_order_of_time(index: Index) -> None:
    times = index.cells[:, 0] & (2**27 - 1)
    for first, last in zip(index.starts, index.starts[1:], strict=False):
        assert first < last
        assert (np.diff(times[first:last]) >= 0).all()


def test_index_and_tracks_cannot_be_written_to(index: Index) -> None:
    for array in (index.cells, index.blocks, index.starts, index.slots, index.tracks.vertices):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_an_opened_index_is_the_one_that_was_saved(index: Index, tmp_path: Path) -> None:
    save_index(index, tmp_path / "index")
    assert is_index(tmp_path / "index")
    opened, reports = load_index(tmp_path / "index")
    assert reports == ()
    assert opened.tracks.names == index.tracks.names
    assert opened.tracks.parameters == index.tracks.parameters
    for name in ("cells", "blocks", "starts", "slots", "day_numbers", "day_classes"):
        one, two = getattr(opened, name), getattr(index, name)
        assert one.dtype == two.dtype
        assert np.array_equal(one, two), name
    assert np.array_equal(opened.tracks.vertices, index.tracks.vertices)
    assert np.array_equal(opened.tracks.days, index.tracks.days)


def test_what_became_of_the_inputs_is_kept(tmp_path: Path) -> None:
    fix = Fix(START, 12.5, 55.7, 10.0)
    index, reports = index_of(evidence_of((Person("a", (fix, fix)),)).fixes, now=NOW)
    save_index(index, tmp_path / "index", reports)
    assert load_index(tmp_path / "index")[1] == reports
    assert reports[0].refused == {"repeat": 1}


def test_saving_again_replaces_an_index_and_nothing_else(index: Index, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    save_index(index, folder)
    held = fortnight.open_index(folder)
    save_index(town(3, seed=9), folder)
    assert len(fortnight.open_index(folder).tracks.names) == 3
    assert np.array_equal(held.cells, index.cells)  # a running search keeps its files
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index"]


def test_a_folder_of_other_things_is_not_replaced(index: Index, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(fortnight.IndexFormatError, match="not an index"):
        save_index(index, tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_an_empty_folder_is_used(index: Index, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    save_index(index, tmp_path / "index")
    assert is_index(tmp_path / "index")


def test_no_index_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(fortnight.IndexFormatError, match="fortnight index"):
        fortnight.open_index(tmp_path)


def edit(folder: Path, **changes: object) -> None:
    """Change what an index says of itself."""
    text = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**text, **changes}))


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(index: Index, tmp_path: Path, name: str) -> None:
    save_index(index, tmp_path / "index")
    (tmp_path / "index" / name).unlink()
    with pytest.raises(fortnight.IndexFormatError, match="index"):
        fortnight.open_index(tmp_path / "index")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.4, 0.95])
def test_a_truncated_file_is_refused(index: Index, tmp_path: Path, name: str, share: float) -> None:
    save_index(index, tmp_path / "index")
    path = tmp_path / "index" / name
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(fortnight.IndexFormatError):
        fortnight.open_index(tmp_path / "index")


def test_another_format_is_refused(index: Index, tmp_path: Path) -> None:
    save_index(index, tmp_path / "index")
    edit(tmp_path / "index", format="fortnight.index/0")
    with pytest.raises(fortnight.IndexFormatError, match=r"fortnight\.index/0"):
        fortnight.open_index(tmp_path / "index")


def test_an_index_of_before_there_were_outlines_is_opened(index: Index, tmp_path: Path) -> None:
    save_index(index, tmp_path / "index")
    (tmp_path / "index" / "outlines.arrow").unlink()
    edit(tmp_path / "index", format="fortnight.index/2")
    (tmp_path / "index" / "slots.arrow").unlink()  # made by another hash: of no use
    opened = load_index(tmp_path / "index")[0]
    assert np.array_equal(opened.outlines, index.outlines)
    assert np.array_equal(opened.slots, index.slots)
    assert np.array_equal(opened.ticks, index.ticks)


def test_an_index_of_before_there_were_ticks_is_opened(index: Index, tmp_path: Path) -> None:
    save_index(index, tmp_path / "index")
    (tmp_path / "index" / "ticks.arrow").unlink()
    edit(tmp_path / "index", format="fortnight.index/3")
    opened = load_index(tmp_path / "index")[0]
    assert np.array_equal(opened.ticks, index.ticks)
    assert np.array_equal(opened.ticks, index.outlines[::256])


@pytest.mark.parametrize("changes", [{"participants": 7}, {"segments": 1}])
def test_files_of_two_indexes_are_told_apart(
    index: Index, tmp_path: Path, changes: dict[str, int]
) -> None:
    save_index(index, tmp_path / "index")
    edit(tmp_path / "index", **changes)
    with pytest.raises(fortnight.IndexFormatError, match="belong together"):
        fortnight.open_index(tmp_path / "index")


def test_an_index_cut_by_other_numbers_is_not_asked(index: Index) -> None:
    other = Parameters(stay_radius_m=50.0)
    with pytest.raises(fortnight.QuestionError, match="stay_radius_m"):
        fortnight.trace(index, case="p00", onset=date(2024, 7, 1), parameters=other)


def test_a_question_may_change_the_radius_of_an_index(index: Index) -> None:
    rows = [
        len(fortnight.trace(index, case="p00", onset=date(2024, 7, 1), radius_m=r).contacts)
        for r in (5.0, 400.0)
    ]
    assert rows[0] < rows[1]


def test_no_evidence_at_all_is_told(tmp_path: Path) -> None:
    empty = index_of(evidence_of(()), now=NOW)[0]
    save_index(empty, tmp_path / "index")
    with pytest.raises(fortnight.QuestionError, match="no evidence"):
        fortnight.trace(fortnight.open_index(tmp_path / "index"), case="a", onset=date(2024, 7, 1))


@pytest.mark.skipif(not hasattr(mmap, "MADV_RANDOM"), reason="this system takes no advice")
@pytest.mark.parametrize("size", [0, ahead.LARGE_BYTES])
def test_only_of_large_files_are_pages_read_one_by_one(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    advised: list[int] = []

    class Noted(mmap.mmap):
        def madvise(self, option: int, *_rest: int) -> None:
            advised.append(option)

    save_index(index, tmp_path / "index")
    monkeypatch.setattr(mmap, "mmap", Noted)
    monkeypatch.setattr(store, "LARGE_BYTES", size)
    load_index(tmp_path / "index")
    files = len(list((tmp_path / "index").glob("*.arrow")))
    assert advised == ([] if size else files * [mmap.MADV_RANDOM])


def test_a_block_is_found_at_the_first_or_second_place(index: Index) -> None:
    keys = [
        block_key(np.int64(day), np.int64(group), *(np.int64(16_000 + k) for k in place))
        for day in range(14)
        for group in range(8)
        for place in np.ndindex(3, 3, 3)
    ]
    blocks = np.zeros((len(keys), 3), dtype=np.int64)
    blocks[:, 0] = sorted(keys)
    for held in (blocks, index.blocks):
        slots = hashed(held)
        home = np.array([int(slot_of(key, len(slots) - 1)) for key in held[:, 0]])
        place = np.argsort(slots)[-len(held) :]  # empty ones are -1
        assert 1.0 + np.mean((place - home) % len(slots)) < 2.0


def test_cells_of_a_block_are_those_between_the_corners() -> None:
    """A box that is wholly to one side of a block has none of its cells."""
    for x0, x1, y0, y1, z0, z1 in np.ndindex(7, 5, 3, 3, 3, 3):
        corners = (x0, x1 - 3, y0, y1 + 1, z0, z1 + 1)
        wanted = sum(
            1 << (16 * z + 4 * y + x)
            for z in range(corners[4], corners[5] + 1)
            for y in range(corners[2], corners[3] + 1)
            for x in range(corners[0], corners[1] + 1)
        )
        assert box_mask(*map(np.int64, corners)) == wanted
