"""Uploads: rows in are cases and refusals, on both kinds of database."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped] # it has no types
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from tests.intake_world import HEADER, WORKER, IntakeOffice, as_csv
from tests.services import seeded

from fortnight.db.office_tables import intake_refusal, intake_upload
from fortnight.errors import InputError, RefusedError
from fortnight.exchange.intake import Progress

if TYPE_CHECKING:
    from tests.services import Clock

    from fortnight.db.engine import Database


@pytest.fixture
def world(database: Database, clock: Clock) -> IntakeOffice:
    return IntakeOffice(database, clock, seeded(9).randbytes)


def test_every_row_is_a_case_or_a_refusal(world: IntakeOffice) -> None:
    good = [world.row(place) for place in range(3)]
    bad = [
        ("fncase-none", *good[0][1:]),
        (*good[1][:4], "03/01/2026", good[1][5]),
        good[0],  # its token was used two rows above
        ("only", "two"),
    ]
    done = world.intake.take(BytesIO(as_csv([good[0], *bad, *good[1:]])), WORKER)
    assert (done.state, done.rows, done.cases, done.refused) == ("done", 7, 3, 4)
    assert world.cases() == 3
    assert [one.row for one in world.intake.every_refusal(done.id)] == [3, 4, 5, 6]
    assert world.office.leaves("case") == 1 + 3 + 3 + 1  # laboratory, tokens, cases, the upload


def test_what_was_refused_is_kept_by_row_and_reason_alone(world: IntakeOffice) -> None:
    row = world.row(0)
    shifted = (row[1], row[0], *row[2:])
    done = world.intake.take(BytesIO(as_csv([shifted, ("", *row[1:])])), WORKER)
    with world.database.read() as connection:
        kept = str(connection.execute(select(intake_refusal)).all())
    assert done.refused == 2
    assert row[0] not in kept
    assert row[1] not in kept


def test_the_same_bytes_are_not_read_twice(world: IntakeOffice) -> None:
    content = as_csv([world.row(0)])
    first = world.intake.take(BytesIO(content), WORKER)
    again = world.intake.begin(BytesIO(content), WORKER)
    assert (again.id, again.is_repeated) == (first.id, True)
    assert world.intake.take(BytesIO(content), WORKER) == first
    assert world.cases() == 1


def test_a_workbook_gives_the_same_cases_as_csv(world: IntakeOffice) -> None:
    rows = [world.row(place) for place in range(5)]
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [HEADER, *rows, ("fncase-none", *rows[0][1:])]:
        sheet.append(row)
    content = BytesIO()
    book.save(content)
    done = world.intake.take(content, WORKER)
    assert (done.rows, done.cases, done.refused) == (6, 5, 1)


def test_a_file_that_cannot_be_read_opens_nothing_and_leaves_nothing(world: IntakeOffice) -> None:
    for content in (b"", b"a,b\n1,2\n", b"PK\x03\x04broken"):
        with pytest.raises(InputError):
            world.intake.take(BytesIO(content), WORKER)
    assert world.intake.uploads(WORKER.actor) == ()


def test_progress_is_read_while_an_upload_runs(
    world: IntakeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fortnight.exchange.intake.CHUNK_ROWS", 2)
    begun = world.intake.begin(BytesIO(as_csv([world.row(n) for n in range(5)])), WORKER)
    seen: list[Progress] = []
    opened = world.intake._opened  # noqa: SLF001 - to look in between

    def looking(*arguments: object) -> object:
        seen.append(world.intake.progress(begun.id))
        return opened(*arguments)  # type: ignore[arg-type] # handed on as they came

    monkeypatch.setattr(type(world.intake), "_opened", lambda _, *rest: looking(*rest))
    world.intake.run(begun, WORKER)
    assert [(one.state, one.rows) for one in seen] == [("running", n) for n in (0, 2, 4)]
    assert world.intake.uploads(WORKER.actor)[0].rows == 5


def test_a_service_that_stops_leaves_a_failed_upload_that_can_be_sent_again(
    world: IntakeOffice,
) -> None:
    content = as_csv([world.row(n) for n in range(3)])
    begun = world.intake.begin(BytesIO(content), WORKER)
    world.intake.close()
    with pytest.raises(InputError, match="send it again"):
        world.intake.run(begun, WORKER)
    assert world.intake.progress(begun.id).state == "failed"
    fresh = type(world.intake)(
        world.database, world.office.cases, world.clock, world.random, world.intake.zone
    )
    assert fresh.take(BytesIO(content), WORKER).cases == 3


def test_an_upload_that_a_dead_process_left_running_is_marked_failed(world: IntakeOffice) -> None:
    begun = world.intake.begin(BytesIO(as_csv([world.row(0)])), WORKER)
    world.intake.recover()
    assert world.intake.progress(begun.id).state == "failed"


def test_an_upload_on_its_own_thread_ends(world: IntakeOffice) -> None:
    begun = world.intake.start(BytesIO(as_csv([world.row(n) for n in range(3)])), WORKER)
    world.intake._one.shutdown(wait=True)  # noqa: SLF001 - waits for the thread
    assert world.intake.progress(begun.id).cases == 3


def test_the_tables_hold_no_upload_that_lost_a_row(world: IntakeOffice) -> None:
    done = world.intake.take(BytesIO(as_csv([world.row(0), ("x",)])), WORKER)
    lost = update(intake_upload).where(intake_upload.c.id == done.id).values(rows=3)
    with pytest.raises(IntegrityError), world.database.write() as connection:
        connection.execute(lost)


@pytest.mark.parametrize(("rows", "last"), [(65_535, "65,536"), (1_048_575, "1,048,576")])
def test_a_file_that_ends_where_excel_ends_files_is_pointed_out(rows: int, last: str) -> None:
    whole = Progress("u", "b", 0, "done", rows, 0, rows)
    assert whole.warning is not None
    assert last in whole.warning
    assert Progress("u", "b", 0, "done", rows + 1, 0, rows + 1).warning is None
    assert Progress("u", "b", 0, "running", rows, 0, rows).warning is None


def test_an_unknown_upload_is_refused(world: IntakeOffice) -> None:
    with pytest.raises(RefusedError):
        world.intake.progress("0" * 32)
