"""A person is enrolled, traced, told and erased: nothing of them is left in any file.

The databases, their logs of writes, the lake, its indexes, the public log, the texts handed over,
the keys and the folders for temporary files are searched byte by byte; files of the lake, which
are compressed, are read as well.
"""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.services import DAY, HOUR, MINUTE, NOON, Clock, seeded
from tests.whole_service import (
    WORKER,
    app_of,
    enrolled,
    open_case,
    opened,
    send_fixes,
    settings_in,
)

from fortnight.db.engine import open_postgres
from fortnight.db.tables import GRANT_KINDS
from fortnight.vault.purposes import Field, Purpose, Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tests.databases import PostgresUrls
    from tests.postgres_server import Server

    from fortnight.service import Service

CASE, CANARY = "+37120000771", "+37127946183"
LON, LAT = 24.7318529, 56.9276413
PATIENCE_S: Final = 60.0
TODAY: Final = NOON // DAY
MET_ON: Final = (TODAY - 3, TODAY - 1)


@dataclass(frozen=True)
class Needles:
    """What is searched for: ``secret`` is nowhere after the erasure, ``ids`` name the person."""

    secret: Mapping[str, bytes]
    ids: Mapping[str, bytes]


def coordinates() -> dict[str, bytes]:
    """Return the place as it may lie in a file: words, and numbers in rows and in columns.

    Numbers of four bytes are taken in twos, as two neighbours in a row or a column: alone they
    would be found by chance among random bytes.
    """
    found = {"lon in words": f"{LON:.7f}".encode(), "lat in words": f"{LAT:.7f}".encode()}
    for name, value in (("lon", LON), ("lat", LAT)):
        found[f"{name} in 8 bytes"] = struct.pack("<d", value)
        found[f"{name} in 4 bytes"] = struct.pack("<2f", value, value)
        found[f"{name} e7"] = struct.pack("<2i", round(value * 1e7), round(value * 1e7))
    found["row e7"] = struct.pack("<2i", round(LON * 1e7), round(LAT * 1e7))
    found["row in 4 bytes"] = struct.pack("<2f", LON, LAT)
    return found


def needles(service: Service, person: str, device: str) -> Needles:
    days = range(TODAY - 14, TODAY + 2)
    ids = {"person": person.encode(), "person's bytes": bytes.fromhex(person)}
    for day in days:
        name = service.vault.file_under(person, day)
        ids |= {f"pseudonym of {day}": name, f"pseudonym of {day} in words": name.hex().encode()}
        beacon = service.vault.beacons(person, [day])[day]
        ids |= {f"beacon of {day}": beacon, f"beacon of {day} in words": beacon.hex().encode()}
    key = service.keys.person_key(person)
    secret = {
        "number": CANARY.encode(),
        "number without +": CANARY[1:].encode(),
        "device": device.encode(),
        "key": key,
        "key in words": key.hex().encode(),
    }
    return Needles(secret | coordinates(), ids)


def contents(folders: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every file, and the columns of those that are compressed."""
    for folder in folders:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            yield str(path), path.read_bytes()
            if path.suffix == ".parquet":
                yield f"{path}, read", _columns(pq.read_table(path))


def _columns(table: pa.Table) -> bytes:
    whole: Any = table.combine_chunks()
    buffers = [part for column in whole.columns for part in column.chunk(0).buffers()]
    return b"".join(part.to_pybytes() for part in buffers if part is not None)


def found_in(folders: Iterable[Path], wanted: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Return what is found, with the files that it is found in."""
    found: dict[str, set[str]] = {}
    for where, held in contents(folders):
        for name, needle in wanted.items():
            if needle in held or needle in where.encode():
                found.setdefault(name, set()).add(where)
    return found


def live(service: Service, clock: Clock) -> tuple[str, Needles]:
    """Enrol the two, let them meet, trace, tell; return the canary and what names them."""
    case = enrolled(service, CASE, "trace.phone")
    canary = enrolled(service, CANARY, *GRANT_KINDS)
    device = app_of(service, canary)
    for day in MET_ON:
        start = day * DAY + 18 * HOUR
        times = range(start, start + 2 * HOUR, MINUTE)
        send_fixes(service, case, [(at, LON + 2e-5, LAT - 1e-5) for at in times], f"case-{day}")
        send_fixes(service, canary, [(at, LON, LAT) for at in times], f"canary-{day}")
    known = needles(service, canary, device)
    turn(service, "drain")
    case_id = open_case(service, CASE, TODAY - 2)
    run = service.cases.request_trace(case_id, WORKER, clock())
    ended(service, run)
    (contact,) = service.cases.exposures(case_id)
    service.cases.tell(case_id, contact.contact, WORKER, clock())
    turn(service, "texts")
    service.log.sequence(clock())
    look_at(service, canary)
    return canary, known


def ended(service: Service, run: str) -> None:
    """Let the queue of jobs do a trace."""
    service.traces.start()
    try:
        end = time.monotonic() + PATIENCE_S
        while service.cases.run(run).state in ("queued", "running"):
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        service.traces.stop()
    assert service.cases.run(run).state == "done"


def look_at(service: Service, person: str) -> None:
    """Read everything about a person, as an office may that helps them with their rights."""
    reader = Reader("data-protection", "officer-1", "north")
    fields = (Field.NUMBER, Field.LANGUAGE, Field.PSEUDONYMS)
    access = service.vault.open_access(
        reader, Purpose.RIGHTS, None, fields, [person], service.clock()
    )
    assert service.vault.read(access)[person][Field.NUMBER] == CANARY


def turn(service: Service, task: str) -> None:
    service.schedule.run_now(task, service.clock())
    assert service.schedule.health()[task].problem is None


def leave(service: Service, person: str, clock: Clock) -> None:
    """Erase the person, and let a day pass as the service does."""
    service.eraser.erase(person, clock())
    for _ in range(48):
        clock.advance(DAY // 48)
        for task in ("drain", "log", "texts", "keys", "sweep"):
            turn(service, task)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that all temporary files go to."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    for name in ("TMPDIR", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def test_nothing_of_an_erased_person_is_left_in_any_file(
    tmp_path: Path, temporary: Path, clock: Clock
) -> None:
    settings = settings_in(tmp_path, clock(), "")
    folders = (settings.home, settings.keys, temporary)
    with opened(settings, clock, seeded(5).randbytes) as service:
        canary, known = live(service, clock)
        before = found_in(folders, {**known.secret, **known.ids})
        leave(service, canary, clock)
        assert found_in(folders, {**known.secret, **known.ids}) == {}  # while it runs, -wal and all
        assert service.fsck.findings(clock()) == []
    assert found_in(folders, {**known.secret, **known.ids}) == {}
    assert is_sensible(before)


def is_sensible(before: Mapping[str, set[str]]) -> bool:
    """Say whether the search had found what was there before the erasure: in lake, index, texts."""
    filed = [f"pseudonym of {day}" for day in MET_ON]
    return {"number", "key", "person", "lon e7", "lat e7", *filed} <= set(before)


def test_on_postgresql_no_number_and_no_place_of_an_erased_person_is_left(
    tmp_path: Path,
    temporary: Path,
    clock: Clock,
    postgres_server: Server,
    postgres_urls: PostgresUrls,
) -> None:
    settings = settings_in(tmp_path, clock(), postgres_urls.app)
    ours = (settings.home, settings.keys, temporary)
    with opened(settings, clock, seeded(6).randbytes) as service:
        canary, known = live(service, clock)
        leave(service, canary, clock)
        assert service.fsck.findings(clock()) == []
    tidy(postgres_server, postgres_urls.owner)
    assert found_in(ours, {**known.secret, **known.ids}) == {}
    assert found_in([postgres_server.folder], known.secret) == {}
    left = found_in([postgres_server.folder], known.ids)
    # What was written stays in the log of writes until the server uses its files again.
    assert {where for hits in left.values() for where in hits if "/pg_wal/" not in where} == set()


def tidy(server: Server, url: str) -> None:
    """Do what the operator's guide asks for: VACUUM FULL by the owner, then a checkpoint."""
    owner = open_postgres(url)
    try:
        with owner.engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            alone.exec_driver_sql("VACUUM FULL")  # plain VACUUM leaves bytes of dead rows in pages
    finally:
        owner.close()
    server.run("CHECKPOINT")
