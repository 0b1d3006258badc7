"""An office with one case whose trace found one contact, for tests of the staff's pages."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tests.services import DAY, HOUR, MINUTE, NOON, Clock, seeded
from tests.staff_server import wait_for
from tests.staff_world import Colleague, colleague
from tests.whole_service import (
    WORKER,
    enrolled,
    open_case,
    opened,
    send_fixes,
    settings_in,
)

from fortnight.vault.purposes import Reader
from fortnight.web.app import create_app
from fortnight.web.server import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fortnight.service import Service

CASE: Final = "+37120000001"
CONTACT: Final = "+37120000002"
NEXT: Final = "+37120000003"
TODAY: Final = NOON // DAY
MET_ON: Final = (TODAY - 3, TODAY - 2, TODAY - 1)
LON, LAT = 24.1, 56.95
PATIENCE_S: Final = 120.0


@dataclass(frozen=True)
class OfficeWorld:
    """A service, who works there, and a case that was traced."""

    service: Service
    clock: Clock
    worker: Colleague
    lead: Colleague
    case_id: str
    contact: str

    @property
    def case(self) -> str:
        return f"/office/cases/{self.case_id}"

    @property
    def met(self) -> str:
        return f"{self.case}/contacts/{self.contact}"

    def token(self, number: str, test: str) -> str:
        """Have a laboratory give a token."""
        now = self.clock()
        laboratory = self.service.laboratories.register(f"Laboratory {test}", now)
        return self.service.laboratories.issue(laboratory.key, test, number, now)


@contextmanager
def office_world(folder: Path, port: int = 8080) -> Iterator[OfficeWorld]:
    """Let two people meet on three evenings, and trace the one who was tested."""
    clock = Clock()
    settings = replace(settings_in(folder, clock()), port=port, district=WORKER.district)
    with opened(settings, clock, seeded(7).randbytes) as service:
        # stopped before anyone else starts: a process has one queue of jobs
        service.traces.start()
        try:
            made = _traced(service, clock)
        finally:
            service.traces.stop()
        yield made


def _traced(service: Service, clock: Clock) -> OfficeWorld:
    for number in (CASE, CONTACT, NEXT):
        person = enrolled(service, number, "trace.phone", "notify")
        if number != NEXT:
            _send(service, person, number)
    service.drain.drain(clock())
    service.days.refresh(clock())
    worker, lead = colleague(service, "case-worker"), colleague(service, "lead")
    case_id = open_case(service, CASE, TODAY - 2)
    own = worker.account.id
    service.work.assignments.assign(case_id, own, lead.account.id, reader(lead), clock())
    ended(service, service.cases.request_trace(case_id, reader(worker), clock()))
    (found,) = service.cases.exposures(case_id)
    return OfficeWorld(service, clock, worker, lead, case_id, found.contact)


def _send(service: Service, person: str, number: str) -> None:
    shift = 1e-5 if number == CASE else 0.0
    for day in MET_ON:
        start = day * DAY + 18 * HOUR
        times = range(start, start + 2 * HOUR, MINUTE)
        send_fixes(service, person, [(at, LON + shift, LAT) for at in times], f"{number}-{day}")


def reader(who: Colleague) -> Reader:
    """Return a colleague as the vault knows them."""
    return Reader(who.account.role, who.account.id, who.account.district)


def ended(service: Service, run_id: str) -> None:
    """Wait until the queue of jobs has done a trace."""
    end = time.monotonic() + PATIENCE_S
    while service.cases.run(run_id).state in ("queued", "running"):
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def served(world: OfficeWorld) -> Iterator[str]:
    """Serve the office from a thread; yield where."""
    stop, loop = asyncio.Event(), asyncio.new_event_loop()
    port = world.service.settings.port

    def serve() -> None:
        loop.run_until_complete(run(create_app(world.service), "127.0.0.1", port, stop=stop))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", thread.is_alive)
        yield f"http://localhost:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
