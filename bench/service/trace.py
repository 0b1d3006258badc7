"""How soon a trace among many enrolled people is done, from the request and from its job's start.

python -m bench.service.trace FOLDER TOWN [--fill [--hours 10 14] | --compare INDEX]
                              [--database URL]

``TOWN`` is a folder that `fortnight simulate` wrote. ``--fill`` enrols its people in a service in
``FOLDER`` and puts their fixes into its lake as the drain does; it is run once. Then cases are
traced: opened with a token, asked for, and run by the queue of jobs. ``--compare`` holds what was
found against what the library finds in an index of the same fixes. Nothing here is served over
HTTP: bench.service.ingest measures the doors.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq
from tests.integration.test_same_contacts import said
from tests.whole_service import DAY, WORKER, open_case

from bench.service.filled import fill, number_of, service_in, timed
from fortnight.api import question
from fortnight.contact.store import load_index
from fortnight.contact.trace import Case, trace_one
from fortnight.contact.window import local_date, zone_of
from fortnight.report.contacts import contacts_of
from fortnight.simulate.files import FIXES_FILE

if TYPE_CHECKING:
    from fortnight.report.document import ContactDocument
    from fortnight.service import Service

BEFORE_NOW: Final = 4
"""Days since the onset."""
CASES: Final = 6
_ZONE: Final = "UTC"
MOST_SENT: Final = "most-sent.json"


def main() -> None:
    """Fill, trace, and print seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("town", type=Path)
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--compare", type=Path)
    parser.add_argument("--database", default="")
    parser.add_argument("--hours", type=int, nargs=2, default=(0, 24), help="of each day, to fill")
    options = parser.parse_args()
    now = end_of(options.town / FIXES_FILE)
    service = service_in(options.folder, now, options.database)
    try:
        if options.fill:
            names = fill(service, options.town, now, range(*options.hours))
            (options.folder / MOST_SENT).write_text(json.dumps(names))
        else:
            names = json.loads((options.folder / MOST_SENT).read_text())
            service.traces.start()
            try:
                for name in names[:CASES]:  # the first loads the kernels
                    _trace(service, name, now // DAY - BEFORE_NOW, options.compare)
            finally:
                service.traces.stop()
    finally:
        service.close()


def end_of(fixes: Path) -> int:
    """Return midnight after a town's last fix, ms since 1970."""
    times: Any = pq.ParquetFile(fixes).metadata
    column = times.schema.names.index("time")
    last = max(
        times.row_group(k).column(column).statistics.max for k in range(times.num_row_groups)
    )
    return (int(last.timestamp() * 1_000) // DAY + 1) * DAY


def _trace(service: Service, name: str, onset: int, index: Path | None) -> None:
    case_id = open_case(service, number_of(name), onset, f"test-{time.time_ns()}")
    asked = time.perf_counter()
    run = service.cases.request_trace(case_id, WORKER, service.clock())
    begun = 0.0
    while (state := service.cases.run(run).state) in ("queued", "running"):
        if state == "running" and not begun:
            begun = time.perf_counter()
        time.sleep(0.005)
    ended = time.perf_counter()
    found = service.cases.exposures(case_id)
    print(
        f"case {name}: {state}, {len(found)} contacts, {ended - (begun or asked):.2f} s from the "
        f"job's start, {ended - asked:.2f} s from the request",
        flush=True,
    )
    if index is not None:
        details = [service.cases.detail(case_id, one.contact) for one in found]
        numbers = [
            service.vault.resolve(case_id, one.contact, WORKER, service.clock()).number
            for one in found
        ]
        expected = _by_the_library(index, name, onset, service.clock())
        known = [number_of(one.participant) for one in expected]
        same = said(details) == said(expected) and numbers == known
        print(f"  `fortnight trace` finds {'the same' if same else 'OTHERS'} in the same fixes")


def _by_the_library(index: Path, name: str, onset: int, now: int) -> list[ContactDocument]:
    """Return what `fortnight trace` finds in an index of the same fixes."""
    first, tested = (datetime.fromtimestamp(at / 1_000, tz=UTC).date() for at in (onset * DAY, now))
    asked = question(disease="covid-19", timezone=_ZONE, until=local_date(now, zone_of(_ZONE)))
    return contacts_of(trace_one(load_index(index)[0], Case(name, first, tested), asked))


if __name__ == "__main__":
    with timed("in all"):
        main()
