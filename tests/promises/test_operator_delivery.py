"""An operator sends 10,000 subscribers of whom 300 agreed: of the others no byte is on disk."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select
from tests.served import free_port, nursery
from tests.whole_service import enrolled, opened

from fortnight.cli.init import make_home
from fortnight.clock import now_ms
from fortnight.db.tables import alarm, arrival
from fortnight.lake import catalogue
from fortnight.lake.files import DAY_MS, SCHEMAS, read_rows
from fortnight.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from fortnight.service import Service

SUBSCRIBERS: Final = 10_000
ENROLLED: Final = 300
ROWS_EACH: Final = 4
PATIENCE_S: Final = 120.0
MULTIPART: Final = "fortnight-parts"


@dataclass(frozen=True)
class Row:
    number: str
    time: int
    lon: float
    lat: float


def number_of(place: int) -> str:
    return f"+3712{(place * 7_919 + 1_000_003) % 10_000_000:07d}"


def rows_of_all(now: int) -> list[Row]:
    """Return the rows of every subscriber in any order, at places that nobody shares."""
    chance = random.Random(3)  # noqa: S311 - repeatable
    rows = [
        Row(
            number_of(place),
            now - chance.randrange(60_000, DAY_MS),
            round(24 + chance.random(), 7),
            round(56 + chance.random(), 7),
        )
        for place in range(SUBSCRIBERS)
        for _ in range(ROWS_EACH)
    ]
    chance.shuffle(rows)
    return rows


def delivery(rows: list[Row]) -> tuple[bytes, str]:
    """Return a delivery of one CSV file and one Parquet file, as a multipart body."""
    half = len(rows) // 2
    lines = [f"{one.number},{one.time},{one.lon:.7f},{one.lat:.7f}" for one in rows[:half]]
    files = {
        "a.csv": "\n".join(["number,time,lon,lat", *lines, ""]).encode(),
        "b.parquet": _parquet(rows[half:]),
    }
    listed = [
        {"name": name, "rows": half, "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    ]
    manifest = json.dumps({"batch": "one", "files": listed}).encode()
    parts = [_part('name="manifest"', manifest)]
    parts += [_part(f'name="file"; filename="{name}"', data) for name, data in files.items()]
    return b"".join(parts) + f"--{MULTIPART}--\r\n".encode(), MULTIPART


def _part(named: str, data: bytes) -> bytes:
    head = f"--{MULTIPART}\r\nContent-Disposition: form-data; {named}\r\n\r\n"
    return head.encode() + data + b"\r\n"


def _parquet(rows: list[Row]) -> bytes:
    table = pa.table(
        {
            "number": [one.number for one in rows],
            "time": pa.array([one.time for one in rows], pa.timestamp("ms", tz="UTC")),
            "lon": [one.lon for one in rows],
            "lat": [one.lat for one in rows],
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


class Others:
    """Everything by which a subscriber who did not agree could be known in a file."""

    def __init__(self, rows: list[Row]) -> None:
        e7 = [(round(one.lon * 1e7), round(one.lat * 1e7)) for one in rows]
        self._numbers = {one.number[1:].encode() for one in rows}
        self._words = {f"{value:.7f}".encode() for one in rows for value in (one.lon, one.lat)}
        degrees = np.array([(one.lon, one.lat) for one in rows])
        groups = [
            np.array(e7, "<i4").view("<u8"),  # two neighbours in a row of whole numbers
            degrees.astype("<f4").view("<u8"),
            degrees[:, 0].astype("<f8").view("<u8"),
            degrees[:, 1].astype("<f8").view("<u8"),
        ]
        self._eights = [np.unique(group) for group in groups]

    def in_bytes(self, held: bytes) -> list[str]:
        """Return what is found in a file's bytes, at whatever offset."""
        found = [word for word in re.findall(rb"(?=(3712\d{7}))", held) if word in self._numbers]
        found += [word for word in re.findall(rb"(?=(\d\d\.\d{7}))", held) if word in self._words]
        for offset in range(min(8, len(held))):
            whole = held[offset : offset + (len(held) - offset) // 8 * 8]
            found += [b"numbers"] * self._has_eights(np.frombuffer(whole, "<u8"))
        return [one.decode() for one in found]

    def _has_eights(self, values: NDArray[np.uint64]) -> bool:
        for group in self._eights:
            near = values[(values >= group[0]) & (values <= group[-1])]
            if near.size and np.isin(near, group).any():
                return True
        return False


def found_in(others: Others, folder: Path) -> dict[str, list[str]]:
    """Return the files that hold anything of the others, and what."""
    found = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        if hits := others.in_bytes(path.read_bytes()):
            found[str(path)] = hits
    return found


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def is_filed(service: Service, rows: int) -> bool:
    """Say whether nothing waits any more, and so many rows lie in the lake."""
    with service.database.read() as connection:
        waits = connection.execute(select(arrival.c.id)).first()
    return waits is None and len(lake_rows(service)[0]) == rows


def lake_rows(service: Service) -> tuple[list[int], set[bytes]]:
    """Return the longitude of every fix in the lake, and all pseudonyms."""
    with service.database.read() as connection:
        files = catalogue.files(connection, list(catalogue.days(connection)), "fixes")
    tables = [SCHEMAS["fixes"].empty_table()]
    tables += [read_rows(service.drain.folder, names, "fixes") for names in files.values()]
    rows: Any = pa.concat_tables(tables)
    return rows["lon"].to_pylist(), set(rows["pseudonym"].to_pylist())


def pseudonyms(service: Service, agreed: dict[str, str], rows: list[Row]) -> Iterator[bytes]:
    for one in rows:
        yield service.vault.file_under(agreed[one.number], one.time // DAY_MS)


def test_of_those_who_did_not_agree_no_byte_reaches_a_disk(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    make_home(home)
    settings, rows, port = read_settings(home, {}, now=now_ms()), rows_of_all(now_ms()), free_port()
    with opened(settings, now_ms, os.urandom) as service:
        agreed = {
            number: enrolled(service, number, "trace.operator")
            for number in (number_of(place) for place in range(0, ENROLLED * 5, 5))
        }
        operator = service.operators.register("Operator", now_ms())
    theirs = [one for one in rows if one.number in agreed]
    others = Others([one for one in rows if one.number not in agreed])
    body, boundary = delivery(rows)
    folders = {name: str(temporary) for name in ("TMPDIR", "TMP", "TEMP", "SQLITE_TMPDIR")}
    with nursery(home, folders | {"FORTNIGHT_PORT": str(port)}) as nest:
        child = nest.start()
        until(lambda: answers(port))
        answer = httpx.post(
            f"http://127.0.0.1:{port}/api/v1/operators/{operator.id}/deliveries",
            content=body,
            headers={
                "authorization": f"Bearer {operator.key}",
                "content-type": f"multipart/form-data; boundary={boundary}",
            },
            timeout=PATIENCE_S,
        )
        assert answer.status_code == 200, answer.text
        with opened(settings, now_ms, os.urandom) as service:
            until(lambda: is_filed(service, len(theirs)))
            assert found_in(others, tmp_path) == {}
        assert list(temporary.iterdir()) == []
        nest.kill(child)
    said = answer.json()
    assert (said["received"], said["accepted"]) == (len(rows), len(rows))  # says nothing of who
    with opened(settings, now_ms, os.urandom) as service:
        lon, filed = lake_rows(service)
        assert sorted(lon) == sorted(round(one.lon * 1e7) for one in theirs)
        assert filed == set(pseudonyms(service, agreed, theirs))
        with service.database.read() as connection:
            (raised,) = connection.execute(select(alarm)).all()
        assert (raised.kind, raised.subject) == ("strangers-in-delivery", operator.id)
        assert json.loads(raised.detail)["strangers"] == (SUBSCRIBERS - ENROLLED) * ROWS_EACH
    assert found_in(others, tmp_path) == {}


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    one = Row("+37120000001", 0, 24.1234567, 56.7654321)
    others = Others([one])
    numbers = np.array([(round(one.lon * 1e7), round(one.lat * 1e7))], "<i4").tobytes()
    doubles = np.array([one.lat], "<f8").tobytes()
    for held in (b"x37120000001", b"abc" + numbers, b"z" + doubles, b"24.1234567"):
        (tmp_path / "file").write_bytes(held)
        assert found_in(others, tmp_path), held
    (tmp_path / "file").write_bytes(b"+37120000002 24.1234568" + bytes(100))
    assert found_in(others, tmp_path) == {}
