"""The same question gives the same bytes, however the input came and on whatever it ran."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fortnight.api import gather, index_of, question
from fortnight.contact.building import Inputs, index_files
from fortnight.contact.store import load_index, save_index
from fortnight.contact.trace import Case, trace_many, trace_one
from fortnight.report.assemble import document_of
from fortnight.report.encode import to_json
from fortnight.simulate.run import simulate

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.contact.index import Index

DAYS = 4
ONSET = date(2026, 3, 4)
NOW_MS = 1_800_000_000_000
MOST_BYTES_A_FIX = 8


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    simulate(120, DAYS, 3, folder, truth=False)
    return folder


@pytest.fixture(scope="module")
def fixes(town: Path) -> pa.Table:
    return pq.read_table(town / "fixes.parquet")


@pytest.fixture(scope="module")
def index(town: Path) -> Index:
    return index_of(gather([town / "fixes.parquet"], now=NOW_MS))[0]


def answer(index: Index, case: str = "p0000004") -> bytes:
    """Return the JSON of a trace without what it says about its inputs."""
    found = trace_one(index, Case(case, onset=ONSET), question(min_minutes=5))
    document = document_of(found, ())
    assert document.contacts, "a town in which nobody meets shows nothing"
    return to_json(msgspec.structs.replace(document, inputs=[]))


@pytest.fixture(scope="module")
def expected(index: Index) -> bytes:
    return answer(index)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_changes_nothing(fixes: pa.Table, expected: bytes, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(fixes.num_rows)
    shuffled, _ = index_of(fixes.take(order), now=NOW_MS)
    assert answer(shuffled) == expected


@pytest.mark.parametrize("parts", [2, 7])
def test_how_the_input_is_split_changes_nothing(
    fixes: pa.Table, expected: bytes, parts: int, tmp_path: Path
) -> None:
    """Rows are dealt out like cards, so that every person is in every file."""
    for part in range(parts):
        rows = np.arange(part, fixes.num_rows, parts)
        # a later part has an earlier name, so files are not read in the order of time either
        pq.write_table(fixes.take(rows), tmp_path / f"{parts - part}.parquet")
    assert answer(index_files(Inputs([tmp_path], NOW_MS))[0]) == expected


@pytest.mark.parametrize("threads", [1, 2])
def test_rows_cut_while_they_are_read_change_nothing(
    town: Path, expected: bytes, threads: int
) -> None:
    inputs = Inputs([town / "fixes.parquet"], NOW_MS)
    assert answer(index_files(inputs, threads=threads, piece_rows=9_000)[0]) == expected


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_number_of_threads_changes_nothing(
    fixes: pa.Table, expected: bytes, threads: int
) -> None:
    assert answer(index_of(fixes, now=NOW_MS, threads=threads)[0]) == expected


def test_repeated_rows_change_nothing(fixes: pa.Table, expected: bytes) -> None:
    twice = pa.concat_tables([fixes, fixes.slice(0, fixes.num_rows // 2)])
    assert answer(index_of(twice, now=NOW_MS)[0]) == expected


def test_an_index_on_disk_answers_as_the_one_in_memory(
    index: Index, expected: bytes, tmp_path: Path
) -> None:
    save_index(index, tmp_path / "kept")
    opened, _ = load_index(tmp_path / "kept")
    assert answer(opened) == expected


def test_an_index_is_mapped_and_cannot_be_written_to(index: Index, tmp_path: Path) -> None:
    save_index(index, tmp_path / "kept")
    opened, _ = load_index(tmp_path / "kept")
    for array in (opened.tracks.vertices, opened.cells, opened.blocks, opened.starts):
        assert not array.flags.owndata
        assert not array.flags.writeable


def test_an_index_is_small(index: Index, fixes: pa.Table, tmp_path: Path) -> None:
    save_index(index, tmp_path / "kept")
    size = sum(path.stat().st_size for path in (tmp_path / "kept").iterdir())
    assert size <= MOST_BYTES_A_FIX * fixes.num_rows


@pytest.mark.parametrize("threads", [1, 3])
def test_many_cases_are_answered_as_each_alone(index: Index, threads: int) -> None:
    names = [f"p{number:07d}" for number in range(0, 120, 11)]
    cases = [Case(name, onset=ONSET) for name in names]
    asked = question(min_minutes=5)
    together = list(trace_many(index, cases, asked, threads=threads))
    assert [found.case.participant for found in together] == names
    for found in together:
        alone = trace_one(index, found.case, asked, threads=2)
        assert to_json(document_of(found, ())) == to_json(document_of(alone, ()))
