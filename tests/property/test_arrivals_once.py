"""However a sender splits, repeats and orders what it sends: the same set is stored, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.arrivals_world import BOUNDS, enrolled, fix, message, receipts, times_stored
from tests.services import NOON, Clock, stores_in

from fortnight.arrivals.journal import Journal
from fortnight.arrivals.rows import fixes_of_json


@pytest.mark.usefixtures("kind")
@settings(max_examples=15, deadline=None)
@given(
    places=st.lists(st.integers(0, 100_000), unique=True, max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=6),
    data=st.data(),
)
def test_splits_repeats_and_order_change_nothing(
    places: list[int], cuts: list[int], data: st.DataObject
) -> None:
    edges = [0, *sorted(cuts), len(places)]
    batches = [
        (f"batch-{number}", places[start:stop])
        for number, (start, stop) in enumerate(pairwise(edges))
    ]
    sent = data.draw(st.permutations(batches + data.draw(st.lists(st.sampled_from(batches)))))
    with TemporaryDirectory() as folder, stores_in(Path(folder), Clock()) as stores:
        person = enrolled(stores, "+37120000001", "trace.phone")
        journal = Journal(stores.database, stores.vault, stores.consents, stores.clock)

        def send(batch: tuple[str, list[int]]) -> tuple[str, bytes]:
            name, some = batch
            checked = fixes_of_json(message("fixes", map(fix, some)), BOUNDS, NOON).checked
            return name, journal.put(person, "fixes", "phone", name, checked).answer

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(send, sent))
        journal.close()
        assert times_stored(stores) == sorted(NOON - 1_000 * place for place in places)
        assert receipts(stores) == len(batches)
        assert len(set(answers)) == len(batches)
