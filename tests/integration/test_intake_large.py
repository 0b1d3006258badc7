"""Files as long as spreadsheets are, and longer: no row is lost, and memory stays bounded."""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import pytest
from sqlalchemy import func, select
from tests.databases import new_main
from tests.intake_world import HEADER, WORKER, IntakeOffice
from tests.services import Clock, seeded

from fortnight.db.office_tables import intake_refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.db.engine import Database
    from fortnight.exchange.intake import Progress

BEYOND_OLD, BEYOND_EXCEL = 65_537, 1_048_577
WORKBOOK_ROWS: Final = int(os.environ.get("WORKBOOK_ROWS", "65537"))
"""1048575 is as long as a sheet of Excel can be, below its header; that takes some minutes."""
EVERY = 10_007
"""Of so many rows one has a token that holds; so has the last."""
MOST_GROWTH = 64 << 20
ROW_GROWTH, SHARED_GROWTH = 128, 384
"""What the reader of workbooks holds of each row until the end of the sheet, in bytes: a little,
and where cells share their texts those too. A sheet has 1,048,576 rows at most."""


MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Cases" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    "</Relationships>",
}


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
        yield world.row(place) if is_real(place, count) else stranger(place)


def stranger(place: int) -> tuple[str, ...]:
    """Return a row with a token that nobody gave, unlike every other as a laboratory's are."""
    return (f"fncase-{place:032x}", f"+3706{place:07d}", "covid-19", "", "2026-03-01", "")


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
def watched(world_folder: Path) -> Iterator[IntakeOffice]:
    with new_main(world_folder / "fortnight.db") as database:
        yield IntakeOffice(database, Watching(), seeded(9).randbytes)


@pytest.mark.usually_on_sqlite
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


def workbook_of(world: IntakeOffice, count: int, path: Path, *, shared: bool) -> None:
    """Write a workbook part by part, as Excel does: its texts in the cells, or all in one part."""
    texts: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, content in PARTS.items():
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            size = f'<dimension ref="A1:F{count + 1}"/>' if shared else ""  # not all say it
            sheet.write(f'<worksheet xmlns="{MAIN}">{size}<sheetData>'.encode())
            for place, row in enumerate(with_header(world, count), start=1):
                cells = "".join(_cell(text, texts if shared else None) for text in row)
                sheet.write(f'<row r="{place}">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
        with book.open("xl/sharedStrings.xml", "w") as strings:
            strings.write(f'<sst xmlns="{MAIN}">'.encode())
            for text in texts:
                strings.write(f"<si><t>{escape(text)}</t></si>".encode())
            strings.write(b"</sst>")


def _cell(text: str, texts: dict[str, int] | None) -> str:
    if texts is None:
        return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'
    return f'<c t="s"><v>{texts.setdefault(text, len(texts))}</v></c>'


@pytest.mark.usually_on_sqlite
@pytest.mark.parametrize("shared", [False, True], ids=["texts-in-cells", "texts-shared"])
def test_a_long_workbook_loses_no_row_in_bounded_memory(
    watched: IntakeOffice, tmp_path: Path, *, shared: bool
) -> None:
    count = WORKBOOK_ROWS
    workbook_of(watched, count, tmp_path / "cases.xlsx", shared=shared)
    before = rss()
    with (tmp_path / "cases.xlsx").open("rb") as file:
        done = watched.intake.take(file, WORKER)
    check(watched, done, count)
    assert (done.warning is not None) == (count + 1 in {65_536, 1_048_576})
    assert isinstance(watched.clock, Watching)
    each = ROW_GROWTH + (SHARED_GROWTH if shared else 0)
    assert watched.clock.most - before < MOST_GROWTH + each * count
