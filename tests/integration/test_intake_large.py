"""Files as long as spreadsheets are, and longer: no row is lost, and memory stays bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped] # it has no types
from sqlalchemy import func, select
from tests.intake_world import HEADER, WORKER, IntakeOffice
from tests.services import Clock, seeded

from fortnight.db.engine import Database, open_sqlite
from fortnight.db.office_tables import intake_refusal
from fortnight.db.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.exchange.intake import Progress

BEYOND_OLD, BEYOND_EXCEL = 65_537, 1_048_577
EVERY = 10_007
"""Of so many rows one has a token that holds; so has the last."""
MOST_GROWTH = 64 << 20
STRANGER = ("fncase-" + "a" * 32, "+37060000009", "covid-19", "", "2026-03-01", "")


def rss() -> int:
    """Return how much memory this process holds, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1_024


@dataclass
class Watching(Clock):
    """A clock that also notes how much memory is held whenever it is asked."""

    most: int = 0
    asked: int = 0

    def __call__(self) -> int:
        self.asked += 1
        self.most = max(self.most, rss())
        return self.now


def rows(world: IntakeOffice, count: int) -> Iterator[tuple[str, ...]]:
    for place in range(1, count + 1):
        yield world.row(place) if is_real(place, count) else STRANGER


def is_real(place: int, count: int) -> bool:
    return place % EVERY == 0 or place == count


def check(world: IntakeOffice, done: Progress, count: int) -> None:
    real = sum(is_real(place, count) for place in range(1, count + 1))
    with world.database.read() as connection:
        kept = connection.scalar(select(func.count()).select_from(intake_refusal))
    assert (done.state, done.rows, done.cases, done.refused) == ("done", count, real, count - real)
    assert (world.cases(), kept) == (real, count - real)


def csv_of(world: IntakeOffice, count: int, path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        for row in with_header(world, count):
            out.write(",".join(row) + "\r\n")


def with_header(world: IntakeOffice, count: int) -> Iterator[tuple[str, ...]]:
    yield HEADER
    yield from rows(world, count)


def test_a_csv_of_65537_rows_loses_none(database: Database, clock: Clock, tmp_path: Path) -> None:
    world = IntakeOffice(database, clock, seeded(9).randbytes)
    csv_of(world, BEYOND_OLD, tmp_path / "cases.csv")
    with (tmp_path / "cases.csv").open("rb") as file:
        check(world, world.intake.take(file, WORKER), BEYOND_OLD)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[IntakeOffice]:
    database = open_sqlite(tmp_path / "fortnight.db")
    with database.write() as connection:
        metadata.create_all(connection)
    yield IntakeOffice(database, Watching(), seeded(9).randbytes)
    database.close()


def test_a_csv_of_1048577_rows_loses_none_in_bounded_memory(
    watched: IntakeOffice, tmp_path: Path
) -> None:
    csv_of(watched, BEYOND_EXCEL, tmp_path / "cases.csv")
    before = rss()
    with (tmp_path / "cases.csv").open("rb") as file:
        check(watched, watched.intake.take(file, WORKER), BEYOND_EXCEL)
    assert isinstance(watched.clock, Watching)
    assert watched.clock.asked > 2_000
    assert watched.clock.most - before < MOST_GROWTH


def test_a_workbook_of_65537_rows_loses_none_in_bounded_memory(
    watched: IntakeOffice, tmp_path: Path
) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in with_header(watched, BEYOND_OLD):
        sheet.append(row)
    book.save(tmp_path / "cases.xlsx")
    before = rss()
    with (tmp_path / "cases.xlsx").open("rb") as file:
        check(watched, watched.intake.take(file, WORKER), BEYOND_OLD)
    assert isinstance(watched.clock, Watching)
    assert watched.clock.most - before < MOST_GROWTH
