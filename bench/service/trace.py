"""How soon a trace among many enrolled people is done, counted from the start of its job.

python -m bench.service.trace [PEOPLE]

Makes a town, puts its fixes into the lake as the drain does, opens a case with a token, and traces
it. Nothing here is served over HTTP: bench.service.ingest measures the doors.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.parquet as pq
from sqlalchemy import insert, select
from tests.whole_service import DAY, WORKER, open_case

from fortnight.consent.texts import current_text
from fortnight.db.tables import arrival, consent_grant, ledger_leaf
from fortnight.evidence.packed import Fixes, pack_fixes
from fortnight.evidence.schema import SOURCES
from fortnight.service import open_service
from fortnight.settings import Settings
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.run import simulate
from fortnight.vault.keys import FileKeys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.service import Service

PEOPLE: Final = 20_000
DAYS: Final = 14
ONSET_DAY: Final = 10
CASES: Final = 5
_CHUNK: Final = 1_000


def main(people: int) -> None:
    """Measure, and print seconds."""
    with tempfile.TemporaryDirectory(prefix="fortnight-bench-") as name, _timed("in all"):
        folder = Path(name)
        with _timed("the town"):
            town = simulate(people, DAYS, 1, folder / "town", truth=False)
        service = _service(folder, town.end_ms)
        try:
            numbers = _fill(service, folder / "town", town.end_ms)
            with _timed("the drain"):
                service.drain.drain(town.end_ms)
            with _timed("the indexes"):
                service.days.refresh(town.end_ms)
            service.traces.start()
            onset = town.start_ms // DAY + ONSET_DAY
            for place, number in enumerate(numbers[: CASES + 1]):  # the first loads the kernels
                _trace(service, number, onset, place)
        finally:
            service.traces.stop()
            service.close()


def _trace(service: Service, number: str, onset: int, place: int) -> None:
    case_id = open_case(service, number, onset, f"test-{place}")
    asked = time.perf_counter()
    run = service.cases.request_trace(case_id, WORKER, service.clock())
    begun = 0.0
    while (state := service.cases.run(run).state) in ("queued", "running"):
        if state == "running" and not begun:
            begun = time.perf_counter()
        time.sleep(0.005)
    ended = time.perf_counter()
    found = len(service.cases.exposures(case_id))
    print(
        f"case {place}: {state}, {found} contacts, {ended - (begun or asked):.2f} s from the "
        f"job's start, {ended - asked:.2f} s from the request",
        flush=True,
    )


def _service(folder: Path, now: int) -> Service:
    settings = Settings(
        home=folder / "home",
        keys=folder / "keys",
        programme_end=(datetime.fromtimestamp(now / 1_000, tz=UTC) + timedelta(days=300)).date(),
    )
    FileKeys.create(settings.keys).close()
    return open_service(settings, clock=lambda: now, random=np.random.default_rng(1).bytes)


def _fill(service: Service, town: Path, now: int) -> list[str]:
    """Enrol everybody, and let their fixes arrive; return numbers, most fixes first."""
    table: Any = pq.read_table(town / FIXES_FILE).sort_by("participant")
    names = table["participant"].combine_chunks().dictionary_encode()
    bounds = np.searchsorted(names.indices.to_numpy(), np.arange(len(names.dictionary) + 1))
    columns = _columns(table)
    counts = np.diff(bounds)
    with _timed(f"enrolling {len(counts)} people, {table.num_rows} fixes"):
        for first in range(0, len(counts), _CHUNK):
            places = range(first, min(first + _CHUNK, len(counts)))
            people = [service.vault.enrol(_number(k), language="en", now=now) for k in places]
            _agree(service, people, now)
            rows = [
                {
                    "person": person,
                    "kind": "fixes",
                    "origin": "phone",
                    "received_at": now,
                    "rows": int(counts[k]),
                    "sealed": service.vault.seal(
                        person, _packed(columns, slice(bounds[k], bounds[k + 1])), b"arrival"
                    ),
                }
                for k, person in zip(places, people, strict=True)
            ]
            with service.database.write() as connection:
                connection.execute(insert(arrival), rows)
    return [_number(int(k)) for k in np.argsort(-counts)]


def _number(place: int) -> str:
    return f"+3712{place:07d}"


def _columns(table: Any) -> Fixes:  # noqa: ANN401 - Arrow's own types
    sources = {name: code for code, name in enumerate(SOURCES)}
    codes = table["source"].combine_chunks().dictionary_encode()
    known = np.array([sources[name] for name in codes.dictionary.to_pylist()], dtype=np.uint8)
    lon, lat = (np.rint(table[name].to_numpy() * 1e7).astype(np.int32) for name in ("lon", "lat"))
    time_ms = table["time"].to_numpy().astype("datetime64[ms]").astype(np.int64)
    accuracy = table["accuracy"].to_numpy().astype(np.float32)
    return Fixes(time_ms, lon, lat, accuracy, known[codes.indices.to_numpy()])


def _packed(whole: Fixes, rows: slice) -> bytes:
    return pack_fixes(
        Fixes(
            whole.time[rows],
            whole.lon_e7[rows],
            whole.lat_e7[rows],
            whole.accuracy[rows],
            whole.source[rows],
        )
    )


def _agree(service: Service, people: list[str], now: int) -> None:
    """Give everybody's grant in one transaction; their entries of the log are one and the same."""
    version = current_text("trace.phone", "en").version
    service.consents.give(
        people[0], "trace.phone", text_version=version, language="en", by="self", now=now
    )
    with service.database.write() as connection:
        (row,) = connection.execute(
            select(consent_grant).where(consent_grant.c.person == people[0])
        ).mappings()
        assert connection.scalar(select(ledger_leaf.c.id)) is not None  # noqa: S101 - a script
        rows = [dict(row) | {"id": f"{k:032x}"[-32:], "person": one} for k, one in _named(people)]
        if rows:
            connection.execute(insert(consent_grant), rows)


def _named(people: list[str]) -> Iterator[tuple[int, str]]:
    for one in people[1:]:
        yield int(one, 16) ^ 1, one


@contextmanager
def _timed(what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
