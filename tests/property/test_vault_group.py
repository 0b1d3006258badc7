"""Who gets a contact number, against a second reading of the rule, over many searches."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.vault_world import TODAY, WORKER, agree, enrolled, sound_case
from tests.services import Clock, stores_in

from fortnight.vault.people import FoundRow
from fortnight.vault.purposes import TRACE_GRANTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.services import Stores

CASE, UNKNOWN = 0, 6  # among the places of people: the case itself, and nobody
ERASED = 5


@dataclass(frozen=True)
class Row:
    who: int
    day: int
    strong: bool
    grants: tuple[str, ...]


ROWS = st.lists(
    st.builds(
        Row,
        who=st.integers(CASE, UNKNOWN),
        day=st.integers(TODAY - 2, TODAY),
        strong=st.booleans(),
        grants=st.lists(st.sampled_from(TRACE_GRANTS), min_size=1, max_size=3).map(tuple),
    ),
    max_size=12,
)
HELD = st.lists(st.frozensets(st.sampled_from(TRACE_GRANTS)), min_size=6, max_size=6)


def expected(rows: Sequence[Row], held: Sequence[frozenset[str]]) -> list[bool]:
    """Say of each row whether it gets a number, the way that the rule is written down."""
    counts = [
        row.who not in (CASE, UNKNOWN, ERASED) and not held[row.who].isdisjoint(row.grants)
        for row in rows
    ]
    contacts = {row.who for row, does in zip(rows, counts, strict=True) if does and row.strong}
    return [does and row.who in contacts for row, does in zip(rows, counts, strict=True)]


def town(stores: Stores, held: Sequence[frozenset[str]]) -> tuple[str, list[str]]:
    """Enrol the case and five others who agreed to something; erase the last."""
    case_id, case = sound_case(stores)
    people = [case, *(enrolled(stores, 10 + place, "notify") for place in range(1, 6))]
    for person, kinds in list(zip(people, held, strict=True))[1:]:
        agree(stores, person, *sorted(kinds))
    return case_id, people


def name_of(stores: Stores, people: list[str], row: Row) -> bytes:
    if row.who == UNKNOWN:
        return b"\0" * 16
    return stores.vault.file_under(people[row.who], row.day)


@pytest.mark.usefixtures("kind")
@settings(max_examples=25, deadline=None)
@given(ROWS, HELD)
def test_who_gets_a_number_and_a_look(rows: list[Row], held: list[frozenset[str]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        stores_in(Path(folder), Clock()) as stores,
    ):
        case_id, people = town(stores, held)
        found = [
            FoundRow(row.day, name_of(stores, people, row), row.strong, row.grants) for row in rows
        ]
        stores.vault.destroy_key(people[ERASED])
        stores.vault.forget_rows(people[ERASED])
        named = stores.vault.group(case_id, WORKER, found, stores.clock())
        assert [one is not None for one in named] == expected(rows, held)
        by_person = {(row.who, one) for row, one in zip(rows, named, strict=True) if one}
        assert (
            len(by_person) == len({who for who, _ in by_person}) == len({n for _, n in by_person})
        )
        looked_at = {who for who in range(6) if stores.vault.looks_at(people[who])}
        assert looked_at == {who for who, _ in by_person}
