"""However a file is damaged: every line of it is in one row, and every row is counted once."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.databases import new_main
from tests.intake_world import HEADER, WORKER, IntakeOffice, as_csv
from tests.services import Clock, seeded

from fortnight.errors import InputError
from fortnight.exchange.intake import rows_of

if TYPE_CHECKING:
    import pytest

    from fortnight.db.engine import Database

HEAD = ",".join(HEADER)
lines = st.lists(st.text(st.sampled_from('ab1",;\t.- \0é'), max_size=30), max_size=40)


@given(lines)
def test_no_line_is_lost_or_read_twice(body: list[str]) -> None:
    rows = list(rows_of(BytesIO("\n".join([HEAD, *body]).encode())))[1:]
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
    told = {
        number: "\n".join(map(str, row.cells)) for number, row in zip(numbers, rows, strict=True)
    }
    for place, line in enumerate(body, start=2):
        if line.strip(' ,"\t;'):  # each line with something in it is in the last row begun by then
            first = max((number for number in numbers if number <= place), default=0)
            assert place - first == 0 or "\n" in told[first]


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_any_bytes_are_rows_or_refused(content: bytes) -> None:
    with suppress(InputError):
        assert all(row.number > 0 for row in rows_of(BytesIO(content)))


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_damaged_upload_conserves_its_rows(
    world_folders: pytest.TempPathFactory, data: st.DataObject
) -> None:
    with new_main(world_folders.mktemp("intake") / "fortnight.db") as database:
        check_conserved(database, data)


def check_conserved(database: Database, data: st.DataObject) -> None:
    world = IntakeOffice(database, Clock(), seeded(data.draw(st.integers(0, 99))).randbytes)
    content = bytearray(as_csv([world.row(place) for place in range(6)]))
    for _ in range(data.draw(st.integers(0, 8))):
        place = data.draw(st.integers(len(HEAD) + 2, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    expected = sum(1 for _ in rows_of(BytesIO(bytes(content)))) - 1
    done = world.intake.take(BytesIO(bytes(content)), WORKER)
    refused = list(world.intake.every_refusal(done.id))
    assert (done.state, done.rows) == ("done", expected)
    assert done.rows == done.cases + done.refused == done.cases + len(refused)
    assert all(0 < len(one.reason) <= 200 for one in refused)
