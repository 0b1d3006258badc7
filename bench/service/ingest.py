"""How many fixes the service acknowledges in a second, durably, load generator included.

uv run python -m bench.service.ingest

SQLite and PostgreSQL stand side by side, on the same requests: single OwnTracks messages, and
batches in JSON and Arrow. Both databases write through to the disk before they acknowledge.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from tests.postgres_server import APP, OWNER, running_server, why_not_here

from bench.service.load import Run, post, send_all
from bench.service.process import SECRETS
from fortnight.clock import now_ms
from fortnight.db.migrate import migrate_postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Devices = list[tuple[str, str]]

ROUNDS: Final = 3
SINGLES: Final = 10_000
JSON: Final = "application/json"
ARROW: Final = "application/vnd.apache.arrow.stream"
_START_S: Final = 300
_BEGUN_S: Final = now_ms() // 1_000
"""One instant for all turns: by the clock of each, they would send some messages twice."""


def main() -> None:
    """Measure, and print a table."""
    print("| requests | database | fixes/s | requests/s | p50 ms | p99 ms | refused |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    with contextlib.ExitStack() as stack:
        services = {"SQLite": stack.enter_context(_service(""))}
        if why := why_not_here():
            print(f"PostgreSQL is left out: {why}.", file=sys.stderr)
        else:
            services["PostgreSQL"] = stack.enter_context(_service(stack.enter_context(_url())))
        for name, (make, rows, connections) in WORKLOADS.items():
            runs: dict[str, list[Run]] = {database: [] for database in services}
            for place in range(ROUNDS):  # in turns, so that a busy minute hits both
                for database, (port, devices) in services.items():
                    requests = make(devices, place)
                    runs[database].append(send_all(port, requests, connections))
            for database, of in runs.items():
                _print(name, database, rows, of)


def _print(name: str, database: str, rows: int, runs: list[Run]) -> None:
    best = min(runs, key=lambda run: run.seconds)
    rate = len(best.latencies_s) / best.seconds
    latencies = f"{best.latency_ms(0.5):.1f} | {best.latency_ms(0.99):.1f}"
    refused = sum(run.refused for run in runs)
    print(f"| {name} | {database} | {rate * rows:,.0f} | {rate:,.0f} | {latencies} | {refused} |")


def _singles(devices: Devices, turn: int) -> list[bytes]:
    """Return OwnTracks messages, of all devices in turn, none twice."""
    now = _BEGUN_S - SINGLES * turn // len(devices) - 60
    return [
        post("/owntracks", devices[place % len(devices)][0], JSON, _message(now, place, devices))
        for place in range(SINGLES)
    ]


def _message(now: int, place: int, devices: Devices) -> bytes:
    moment = now - place // len(devices)
    return json.dumps(
        {
            "_type": "location",
            "lat": 56.9 + place * 1e-6,
            "lon": 24.1,
            "tst": moment,
            "acc": 12,
            "batt": 80,
            "tid": "ab",
            "vel": 0,
            "conn": "m",
        }
    ).encode()


def _batches(rows: int, count: int, *, arrow: bool) -> Callable[[Devices, int], list[bytes]]:
    def make(devices: Devices, _: int) -> list[bytes]:
        generator = np.random.default_rng(1)
        return [
            post(
                "/api/v1/fixes",
                devices[place % len(devices)][1],
                ARROW if arrow else JSON,
                _batch(rows, generator, arrow=arrow),
            )
            for place in range(count)
        ]

    return make


def _batch(rows: int, generator: np.random.Generator, *, arrow: bool) -> bytes:
    """Return the fixes of one phone, one each ten seconds, under a name of their own."""
    time = now_ms() - 60_000 - 10_000 * np.arange(rows)[::-1]
    lon, lat = (
        np.round(24.1 + generator.normal(0, 0.01, rows), 7),
        np.round(56.9 + generator.normal(0, 0.01, rows), 7),
    )
    columns = {"time": time, "lon": lon, "lat": lat, "accuracy": np.full(rows, 12.0)}
    if not arrow:
        listed = [
            dict(zip(columns, row, strict=True))
            for row in zip(*(column.tolist() for column in columns.values()), strict=True)
        ]
        return json.dumps({"batch": token_hex(8), "fixes": listed}).encode()
    arrays = {name: pa.array(column) for name, column in columns.items()}
    table = pa.table(arrays).replace_schema_metadata({"batch": token_hex(8)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


WORKLOADS: Final = {
    "single OwnTracks messages": (_singles, 1, 64),
    "batches of 100, JSON": (_batches(100, 1_000, arrow=False), 100, 16),
    "batches of 1,000, JSON": (_batches(1_000, 200, arrow=False), 1_000, 8),
    "batches of 1,000, Arrow": (_batches(1_000, 400, arrow=True), 1_000, 8),
}


@contextlib.contextmanager
def _url() -> Iterator[str]:
    """Yield the URL of a migrated PostgreSQL database that writes through to the disk."""
    with running_server(fsync=True) as server:
        server.make_database("bench")
        migrate_postgres(server.url(OWNER, "bench"), APP)
        yield server.url(APP, "bench")


@contextlib.contextmanager
def _service(database_url: str) -> Iterator[tuple[int, Devices]]:
    """Yield the port of a service, and the secrets of its people's devices."""
    with tempfile.TemporaryDirectory(prefix="fortnight-bench-") as name, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        command = [sys.executable, "-m", "bench.service.process", name, str(port), database_url]
        with subprocess.Popen(  # noqa: S603 - it is this repository's own script
            command, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None  # noqa: S101 - it was asked for above
                process.stdout.readline()
                _wait_for(port, process)
                devices = json.loads((Path(name) / SECRETS).read_text())
                yield port, devices
            finally:
                process.terminate()
                process.wait(_START_S)


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
    raise RuntimeError("The service ended while it was starting.")


if __name__ == "__main__":
    main()
