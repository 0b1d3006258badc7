"""Two people for a crowd, one call for a household, the most urgent first: through the pages."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Final

import pytest
from litestar.testing import TestClient
from tests.office_world import CASE, TODAY, ended, reader
from tests.services import DAY, HOUR, MINUTE, Clock, seeded
from tests.staff_world import Colleague, colleague
from tests.whole_service import WORKER, enrolled, open_case, opened, send_fixes, settings_in

from fortnight.case.decisions import ALONE
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response
    from litestar import Litestar

    from fortnight.service import Service

A_DAY: Final = 8
"""Guests whom the case has on one day, one after the other: never a crowd."""
GUESTS: Final = ALONE + 2
STAYS: Final = 40 * MINUTE
LON, LAT = 24.1, 56.95


@dataclass
class Desk:
    """An office whose one case met more people than one person may name, and its browser."""

    service: Service
    client: TestClient[Litestar]
    worker: Colleague
    lead: Colleague
    case: str
    met: tuple[str, ...]

    def get(self, path: str, who: Colleague) -> str:
        answer = self.client.get(path, headers=who.headers)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    def send(self, path: str, who: Colleague, **fields: str) -> Response:
        answer: Response = self.client.post(
            path, data=fields, headers=who.headers, follow_redirects=False
        )
        return answer

    def tell(self, contact: str, **fields: str) -> Response:
        path = f"{self.case}/contacts/{contact}/decide"
        return self.send(path, self.worker, kind="tell", reason="They sat together", **fields)

    def name(self, setting: str, **fields: str) -> str:
        """Write down somebody whom the case named; return their number in the case."""
        before = {one.contact for one in self.service.work.named.of_case(self.case_id)}
        told = {"name": "somebody", "first": iso(TODAY - 2), "last": iso(TODAY - 1)}
        number = f"+3712777{len(before):04d}"
        whole = told | {"setting": setting, "number": number} | fields
        answer = self.send(f"{self.case}/named", self.worker, **whole)
        assert answer.status_code == 303, answer.text
        (made,) = {one.contact for one in self.service.work.named.of_case(self.case_id)} - before
        return str(made)

    @property
    def case_id(self) -> str:
        return self.case.rpartition("/")[2]

    def is_told(self, contact: str) -> bool:
        made = self.service.work.decisions.live(self.case_id).get(contact)
        return made is not None and made.is_told

    def waits_for(self, who: Colleague) -> list[str]:
        """Return whom somebody's first page asks them to agree to."""
        return re.findall(r"/contacts/(\w+)/approve", self.get("/office", who))

    def calls(self, *among: str) -> list[tuple[str, ...]]:
        """Return the calls to some contacts on the worker's first page, in its order."""
        page = self.get("/office", self.worker)
        rows = page.partition('id="calls-h"')[2].partition("</section>")[0].split("<tr>")[2:]
        found = [re.findall(r"/contacts/(\w+)", one.partition("</th>")[0]) for one in rows]
        return [tuple(one) for one in found if set(one) & set(among)]


def iso(day: int) -> str:
    return datetime.fromtimestamp(day * DAY / 1_000, UTC).date().isoformat()


@contextmanager
def desk_world(folder: Path, guests: int) -> Iterator[Desk]:
    clock = Clock()
    settings = replace(settings_in(folder, clock()), port=8080, district=WORKER.district)
    with opened(settings, clock, seeded(21).randbytes) as service:
        lead, worker = colleague(service, "lead"), colleague(service, "case-worker")
        host = enrolled(service, CASE, "trace.phone", "notify")
        for place in range(guests):
            day, turn = divmod(place, A_DAY)
            start = (TODAY - 1 - day) * DAY + 8 * HOUR + turn * (STAYS + 10 * MINUTE)
            guest = enrolled(service, f"+3712600{place:04d}", "trace.phone", "notify")
            for person, lon in ((host, LON), (guest, LON + 1e-5)):
                times = range(start, start + STAYS, MINUTE)
                send_fixes(service, person, [(at, lon, LAT) for at in times], f"{place}")
        service.drain.drain(clock())
        service.days.refresh(clock())
        case_id = open_case(service, CASE, TODAY - 2)
        own = worker.account.id
        service.work.assignments.assign(case_id, own, lead.account.id, reader(lead), clock())
        service.traces.start()  # a process has one queue of jobs: stopped before the pages
        try:
            ended(service, service.cases.request_trace(case_id, reader(worker), clock()))
        finally:
            service.traces.stop()
        met = tuple(one.contact for one in service.cases.exposures(case_id))
        with TestClient(create_app(service)) as client:
            yield Desk(service, client, worker, lead, f"/office/cases/{case_id}", met)


@pytest.fixture(scope="module")
def many(world_folders: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_world(world_folders.mktemp("many"), GUESTS) as made:
        yield made


@pytest.fixture(scope="module")
def few(world_folders: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_world(world_folders.mktemp("few"), 2) as made:
        yield made


def test_the_one_after_twenty_waits_until_somebody_else_agrees(many: Desk) -> None:
    assert len(many.met) == GUESTS
    for contact in many.met[:ALONE]:
        assert many.tell(contact).status_code == 303
        assert many.is_told(contact)
    assert many.waits_for(many.lead) == []
    contact = many.met[ALONE]
    path = f"{many.case}/contacts/{contact}"
    assert "This takes a second person" in many.get(path, many.worker)
    assert many.tell(contact).status_code == 303
    assert not many.is_told(contact)
    assert many.waits_for(many.worker) == []
    assert many.send(f"{path}/approve", many.worker).status_code in (403, 404)
    assert not many.is_told(contact)
    assert many.waits_for(many.lead) == [contact]
    assert many.send(f"{path}/approve", many.lead).status_code == 303
    assert many.is_told(contact)
    assert many.waits_for(many.lead) == []


@pytest.mark.parametrize("setting", ["worship", "clinic", "shelter", "gathering"])
def test_anybody_of_a_place_of_many_waits_for_a_second_person(many: Desk, setting: str) -> None:
    contact = many.name(setting)
    assert many.tell(contact).status_code == 303
    assert not many.is_told(contact)
    path = f"{many.case}/contacts/{contact}"
    assert many.send(f"{path}/approve", many.worker).status_code in (403, 404)
    assert contact in many.waits_for(many.lead)
    assert many.send(f"{path}/decline", many.lead, reason="Nobody knows them").status_code == 303
    assert not many.is_told(contact)
    assert contact not in many.waits_for(many.lead)


def test_a_measured_contact_waits_where_the_reviewer_says_that_many_were_there(few: Desk) -> None:
    assert few.tell(few.met[0], crowd="yes").status_code == 303
    assert few.tell(few.met[1]).status_code == 303
    assert [few.is_told(one) for one in few.met] == [False, True]
    assert few.send(f"{few.case}/contacts/{few.met[0]}/approve", few.lead).status_code == 303
    assert few.is_told(few.met[0])


def test_a_household_is_called_once_and_the_most_urgent_come_first(few: Desk) -> None:
    weak = few.name("work", weak_immunity="yes")
    other = few.name("work")
    pregnant = few.name("work", pregnant="yes")
    care = few.name("care")
    home = {few.name("household", household="A") for _ in range(3)}
    everybody = (weak, other, pregnant, care, *sorted(home))
    for contact in everybody:
        assert few.tell(contact).status_code == 303
    calls = few.calls(*everybody)
    assert set(calls[0]) == home
    assert calls[1:] == [(care,), (pregnant,), (weak,), (other,)]
    one = sorted(home)[1]
    said = {"outcome": "reached", "language": "en", "with_household": "yes"}
    assert few.send(f"{few.case}/contacts/{one}/call", few.worker, **said).status_code == 303
    assert few.calls(*everybody) == calls[1:]
    for contact in home:
        assert "reached" in few.get(f"{few.case}/contacts/{contact}", few.worker)


def test_who_of_a_household_was_called_alone_leaves_the_others_on_the_list(few: Desk) -> None:
    home = sorted(few.name("household", household="B") for _ in range(2))
    for contact in home:
        assert few.tell(contact).status_code == 303
    said = {"outcome": "reached", "language": "en"}
    assert few.send(f"{few.case}/contacts/{home[0]}/call", few.worker, **said).status_code == 303
    assert few.calls(*home) == [(home[1],)]
