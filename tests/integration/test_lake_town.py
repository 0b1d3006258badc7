"""A simulated town's cases, traced through the lake and by the library."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.databases import new_main
from tests.reference.lakes import DAY, Waters, tables, waters

from fortnight.api import index_of, question
from fortnight.contact.trace import Case, trace_one
from fortnight.evidence.packed import Fixes, pack_fixes
from fortnight.evidence.schema import SOURCES
from fortnight.simulate.run import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.contact.index import Index

PEOPLE, DAYS = 150, 14
FIRST = 20_514  # 2026-03-02
NOW = (FIRST + DAYS) * DAY - 1
ONSET = date(2026, 3, 11)


@pytest.fixture(scope="module")
def fixes(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    folder = tmp_path_factory.mktemp("town")
    simulate(PEOPLE, DAYS, 5, folder, truth=False)
    return pq.read_table(folder / "fixes.parquet")


@pytest.fixture(scope="module")
def index(fixes: pa.Table) -> Index:
    return index_of(fixes, now=NOW)[0]


@pytest.fixture(scope="module")
def water(fixes: pa.Table, world_folders: pytest.TempPathFactory) -> Iterator[Waters]:
    """Send every person's fixes in parts, out of order, with drains in between."""
    folder = world_folders.mktemp("waters")
    with new_main(folder / "fortnight.db") as database:
        made = waters(folder, database)
        chance = np.random.default_rng(7)
        who: Any = fixes["participant"].combine_chunks().dictionary_encode()
        order = np.argsort(who.indices.to_numpy(), kind="stable")
        bounds = np.searchsorted(who.indices.to_numpy()[order], np.arange(len(who.dictionary) + 1))
        people: list[str] = who.dictionary.to_pylist()
        for name in people:
            made.vault.enrol(name)
        for part in range(3):
            for place in chance.permutation(len(people)).tolist():
                own = np.sort(order[bounds[place] : bounds[place + 1]])
                mine = own[chance.permutation(len(own)) % 3 == part] if part < 2 else own
                made.send(people[place], "fixes", packed(fixes.take(mine)), NOW)
            made.take(NOW + part)
        yield made


def packed(rows: pa.Table) -> bytes:
    return pack_fixes(
        Fixes(
            rows["time"].cast(pa.int64()).to_numpy(),
            np.rint(rows["lon"].to_numpy() * 1e7).astype(np.int32),
            np.rint(rows["lat"].to_numpy() * 1e7).astype(np.int32),
            rows["accuracy"].to_numpy(),
            np.array([SOURCES.index(one) for one in rows["source"].to_pylist()], dtype=np.uint8),
        )
    )


@pytest.mark.parametrize("place", [3, 57, 120])
@pytest.mark.parametrize("disease", ["covid-19", "measles"])
def test_a_towns_case_has_the_same_contacts(
    water: Waters, index: Index, place: int, disease: str
) -> None:
    case = Case(index.tracks.names[place], onset=ONSET)
    asked = question(disease=disease)
    expected = trace_one(index, case, asked)
    found = water.trace(case.participant, case, asked, NOW)
    assert expected.contacts.num_rows > 3
    assert tables(found) == tables(expected)
