"""A group of batches is written by few statements, whole and once, however many they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.arrivals_world import enrolled, receipts, stored
from tests.services import NOON, Stores

from fortnight.arrivals.journal import LABEL
from fortnight.arrivals.receipts import Key, Receipt, Waiting, write

if TYPE_CHECKING:
    from collections.abc import Sequence

ANNA = "+37120000001"


def group_of(stores: Stores, person: str, count: int) -> list[Waiting]:
    """Return batches of one row each but every third, of which nothing was kept."""
    return [
        Waiting(
            key=Key(person, "fixes", f"b{place}"),
            origin="phone",
            grant="trace.phone",
            received_at=NOON + place,
            rows=int(place % 3 > 0),
            sealed=stores.vault.seal(person, b"row %d" % place, LABEL),
            answer=b"answer %d" % place,
        )
        for place in range(count)
    ]


def rows_of(group: Sequence[Waiting]) -> list[bytes]:
    return [b"row %d" % place for place, one in enumerate(group) if one.rows]


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 200])
def test_a_group_of_any_size_is_stored_whole(stores: Stores, count: int) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    group = group_of(stores, person, count)
    told = write(stores.database, stores.consents, group)
    assert told == [Receipt(one.answer, repeated=False) for one in group]
    assert receipts(stores) == count
    assert sorted(data for _, data in stored(stores)) == sorted(rows_of(group))


@pytest.mark.parametrize("before", [0, 70, 199])
def test_what_came_before_is_not_stored_again_wherever_it_stands_in_a_group(
    stores: Stores, before: int
) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    group = group_of(stores, person, 200)
    write(stores.database, stores.consents, group[before : before + 1])
    told = write(stores.database, stores.consents, group)
    assert told == [
        Receipt(one.answer, repeated=place == before) for place, one in enumerate(group)
    ]
    assert receipts(stores) == len(group)
    assert sorted(data for _, data in stored(stores)) == sorted(rows_of(group))
