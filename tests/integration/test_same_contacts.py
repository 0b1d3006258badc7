"""A town sends to the service, a case is traced as a durable job: `fortnight trace`'s contacts."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.services import DAY, Clock, seeded
from tests.whole_service import (
    WORKER,
    agree,
    checked_rows,
    open_case,
    opened,
    settings_in,
)

from fortnight.api import gather, index_of, question
from fortnight.contact.trace import Case, trace_one
from fortnight.contact.window import local_date, zone_of
from fortnight.report.contacts import contacts_of
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.run import simulate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fortnight.arrivals.checked import Checked
    from fortnight.report.document import ContactDocument
    from fortnight.service import Service

PEOPLE: Final = 300
ZONE: Final = "UTC"
PATIENCE_S: Final = 120.0
ONSET_DAY: Final = 10


def number_of(place: int) -> str:
    return f"+371200{place:05d}"


@dataclass(frozen=True)
class Town:
    """A simulated town, what its phones have to say, and what the command finds: made once."""

    end_ms: int
    first_day: int  # days since 1970
    sent: Mapping[str, Checked]  # by participant, whoever has most fixes first
    expected: list[ContactDocument]

    @property
    def most_seen(self) -> str:
        return next(iter(self.sent))

    @property
    def onset_day(self) -> int:
        return self.first_day + ONSET_DAY

    def numbers(self) -> dict[str, str]:
        return {name: number_of(place) for place, name in enumerate(sorted(self.sent))}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = simulate(PEOPLE, 14, 5, tmp_path_factory.mktemp("same"), truth=False)
    sent = taken(made.folder, made.end_ms)
    found = Town(made.end_ms, made.start_ms // DAY, sent, [])
    test_day = datetime.fromtimestamp(made.end_ms / 1_000, tz=UTC).date()
    onset = date(1970, 1, 1) + timedelta(days=found.onset_day)
    case = Case(found.most_seen, onset, test_day)
    return replace(found, expected=by_the_library(made.folder, case, made.end_ms))


def taken(folder: Path, now: int) -> dict[str, Checked]:
    """Return what the door takes of each phone's JSON, ordered by fixes, most first."""
    table = pq.read_table(folder / FIXES_FILE).sort_by([("participant", "ascending")])
    names = table["participant"].to_pylist()
    columns = [table["time"].cast(pa.int64()).to_pylist()]
    columns += [table[name].to_pylist() for name in ("lon", "lat", "accuracy", "source")]
    rows: dict[str, list[dict[str, object]]] = {}
    for name, at, lon, lat, accuracy, source in zip(names, *columns, strict=True):
        row = {"time": at, "lon": lon, "lat": lat, "accuracy": accuracy, "source": source}
        rows.setdefault(name, []).append({k: v for k, v in row.items() if v is not None})
    order = sorted(rows, key=lambda name: (-len(rows[name]), name))
    return {name: checked_rows(rows[name], "one", now) for name in order}


def send_town(service: Service, town: Town) -> None:
    """Enrol everybody, and put down what their phones sent."""
    for name, number in town.numbers().items():
        person = service.vault.enrol(number, language="en", now=service.clock())
        agree(service, person, "trace.phone")
        service.journal.put(person, "fixes", "phone", "one", town.sent[name])


def ended(service: Service, run: str) -> None:
    """Wait until the queue of jobs has done a trace."""
    end = time.monotonic() + PATIENCE_S
    while service.cases.run(run).state in ("queued", "running"):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert service.cases.run(run).state == "done", service.cases.run(run).problem


def by_the_library(folder: Path, case: Case, now: int) -> list[ContactDocument]:
    """Return the contacts that `fortnight trace` finds in the town's own file."""
    index, _ = index_of(gather([folder / FIXES_FILE]))
    asked = question(disease="covid-19", timezone=ZONE, until=local_date(now, zone_of(ZONE)))
    return contacts_of(trace_one(index, case, asked))


def said(documents: list[ContactDocument]) -> list[dict[str, Any]]:
    """Return what a list says of each contact, in its order, but for what they are called.

    How long a contact was not seen on days when they did not meet, the lake does not look up.
    """
    left_out = ("participant", "unobserved_minutes", "gaps", "explanation")
    rows = [msgspec.to_builtins(one) for one in documents]
    return [{key: row[key] for key in row if key not in left_out} for row in rows]


def test_a_trace_through_the_service_is_the_one_of_the_command(
    world_folder: Path, town: Town
) -> None:
    clock = Clock(town.end_ms)  # an hour later the door would refuse the first hour
    settings = settings_in(world_folder, clock(), zone=ZONE)
    numbers = town.numbers()
    with opened(settings, clock, seeded(3).randbytes) as service:
        send_town(service, town)
        service.drain.drain(clock())
        service.days.refresh(clock())
        service.start()
        case_id = open_case(service, numbers[town.most_seen], town.onset_day)
        ended(service, service.cases.request_trace(case_id, WORKER, clock()))
        listed = service.cases.exposures(case_id)
        details = [service.cases.detail(case_id, one.contact) for one in listed]
        found = [
            service.vault.resolve(case_id, one.contact, WORKER, clock()).number for one in listed
        ]
    assert len(town.expected) > 5
    assert said(details) == said(town.expected)
    minutes = [round(one.together.minutes) for one in town.expected]
    assert [one.minutes for one in listed] == minutes
    assert found == [numbers[one.participant] for one in town.expected]
