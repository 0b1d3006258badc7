"""Everything in one ZIP: readable, harmless in a spreadsheet, and what the service really holds."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services import DAY, HOUR, MINUTE, NOON, Clock, seeded
from tests.whole_service import WORKER, app_of, enrolled, open_case, opened, send_fixes, settings_in

from fortnight.errors import GoneError
from fortnight.taking.writing import to_csv
from fortnight.vault.purposes import Field, Purpose, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.service import Service

CASE, OTHER = "+37120000771", "+37127946183"
LON, LAT = 24.7318529, -56.9276413
TODAY: Final = NOON // DAY
VERIFIER: Final = Path(__file__).parents[2] / "verify" / "verify_ledger.py"
ENTRIES: Final = (
    "index.html",
    "index.en.html",
    "index.ru.html",
    "index.ar.html",
    "everything.json",
    "places.gpx",
    "receipts/log-key.txt",
)


@dataclass(frozen=True)
class Taken:
    """One archive, and the service that it came from."""

    service: Service
    person: str
    archive: zipfile.ZipFile

    @property
    def parts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.archive.read("everything.json"))["parts"]
        return found


@pytest.fixture(scope="module")
def taken(world_folders: pytest.TempPathFactory) -> Iterator[Taken]:
    """A contact of a case, told, takes everything."""
    folder, clock = world_folders.mktemp("taken"), Clock(NOON)
    with opened(settings_in(folder, NOON), clock, seeded(3).randbytes) as service:
        person = live(service)
        service.log.sequence(clock())
        whole = service.taking.take(person, "ru", clock())
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            yield Taken(service, person, archive)


def live(service: Service) -> str:
    """Let a case and a contact meet, search, and look at the contact; return the contact."""
    case = enrolled(service, CASE, "trace.phone")
    person = enrolled(service, OTHER, "trace.phone", "notify", "support")
    app_of(service, person)
    for day in (TODAY - 3, TODAY - 1):
        times = range(day * DAY + 18 * HOUR, day * DAY + 20 * HOUR, MINUTE)
        send_fixes(service, case, [(at, LON + 2e-5, LAT) for at in times], f"case-{day}")
        send_fixes(service, person, [(at, LON, LAT) for at in times], f"own-{day}")
    service.drain.drain(service.clock())
    service.days.refresh(service.clock())
    open_case(service, CASE, TODAY - 2)
    service.consents.withdraw(person, "support", service.clock())
    look_at(service, person)
    send_fixes(service, person, [(NOON - MINUTE, LON, LAT)], "waits")
    return person


def look_at(service: Service, person: str) -> None:
    reader = Reader("data-protection", "officer-1", "north")
    access = service.vault.open_access(
        reader, Purpose.RIGHTS, None, (Field.NUMBER,), [person], service.clock()
    )
    service.vault.read(access)


def test_it_holds_the_files_that_its_page_names_and_nothing_of_another(taken: Taken) -> None:
    names = taken.archive.namelist()
    assert set(ENTRIES) <= set(names)
    whole = b"".join(taken.archive.read(name) for name in names)
    assert OTHER.encode() in whole
    assert CASE.encode() not in whole
    assert WORKER.actor.encode() not in whole
    assert b"officer-1" not in whole


def test_every_fix_is_there_as_it_was_sent(taken: Taken) -> None:
    fixes = taken.parts["fixes"]
    assert len(fixes) == 240
    assert {(one["lon"], one["lat"], one["accuracy_m"]) for one in fixes} == {(LON, LAT, 10.0)}
    (waits,) = taken.parts["on-its-way"]
    assert (waits["rows"], waits["content"][0]["lat"]) == (1, LAT)


def test_the_gpx_holds_the_same_places_by_day(taken: Taken) -> None:
    tree = ET.fromstring(taken.archive.read("places.gpx"))  # noqa: S314 - our own file
    space = {"g": "http://www.topografix.com/GPX/1/1"}
    assert len(tree.findall("g:trk", space)) == 2
    points = tree.findall(".//g:trkpt", space)
    assert {(one.get("lon"), one.get("lat")) for one in points} == {(str(LON), str(LAT))}
    assert len(points) == 240


def test_csv_holds_what_json_holds(taken: Taken) -> None:
    for name, rows in taken.parts.items():
        if rows:
            text = taken.archive.read(f"csv/{name}.csv").decode("utf-8-sig")
            assert len(list(csv.DictReader(io.StringIO(text)))) == len(rows), name


def test_every_receipt_is_accepted_by_the_program_that_stands_alone(
    taken: Taken, tmp_path: Path
) -> None:
    taken.archive.extractall(tmp_path, [n for n in taken.archive.namelist() if "receipts/" in n])
    found = sorted((tmp_path / "receipts").glob("*.json"))
    kinds = {one.name.partition("-")[0] for one in found}
    assert {"look", "grant", "withdrawal"} <= kinds
    for path in found:
        said = [str(VERIFIER), "--key", str(tmp_path / "receipts/log-key.txt")]
        command = [sys.executable, *said, "--receipt", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_whoever_takes_sees_that_they_took(taken: Taken) -> None:
    mine = [one for one in taken.parts["looks"] if one["role"] == "participant"]
    assert mine
    assert {one["purpose"] for one in mine} == {"rights"}


@pytest.mark.parametrize("language", ["en", "ru", "ar"])
def test_the_page_runs_nothing_and_asks_no_other_host(taken: Taken, language: str) -> None:
    page = taken.archive.read(f"index.{language}.html").decode()
    assert "<script" not in page
    assert not re.search(r"\son\w+=|https?://|//[a-z]", page)
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page
    for address in re.findall(r'href="([^"]+)"', page):
        assert address in taken.archive.namelist()


def test_the_first_page_is_in_the_language_of_whoever_takes(taken: Taken) -> None:
    assert taken.archive.read("index.html") == taken.archive.read("index.ru.html")


def test_nobody_takes_who_is_not_there(taken: Taken) -> None:
    with pytest.raises(GoneError):
        taken.service.taking.take("f" * 32, "en", NOON)


@given(st.text(max_size=30), st.sampled_from("=+-@\t\r|%\uff1d\uff0b"))
def test_no_cell_can_run_as_a_formula(said: str, start: str) -> None:
    row: dict[str, object] = {"words": start + said, "said": {"note": start + said}, "list": [said]}
    cells = next(csv.DictReader(io.StringIO(to_csv([row]).decode("utf-8-sig"), newline="")))
    for cell in cells.values():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b"))
