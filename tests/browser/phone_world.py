"""A service with a few people of its own: a case, and who sat at a table with them."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.browser.office_world import Town, serving, wait
from tests.whole_service import DAY, agree, enrolled, send_fixes

from fortnight.case.cases import NewCase
from fortnight.staff.accounts import NewAccount
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUR: Final = 3_600_000
MINUTE: Final = 60_000
CASE_NUMBER: Final = "+37120000001"
HOME: Final = (24.10, 56.95)
CAFE: Final = (24.13, 56.96)
THEIR_HOME: Final = (24.16, 56.94)
EVERYTHING: Final = ("trace.phone", "notify", "support")
Stream = list[tuple[int, float, float]]


def evenings(now: int, home: tuple[float, float], *, cafe: bool = True) -> Stream:
    """Return three days of fixes (ms since 1970, lon, lat): an hour and a half in the cafe each."""
    today = now // DAY * DAY
    found: Stream = []
    for days in (3, 2, 1):
        start = today - days * DAY + 15 * HOUR
        for minutes in range(0, 300, 3):
            at = start + minutes * MINUTE
            there = cafe and 60 <= minutes < 150
            lon, lat = CAFE if there else home
            shake = (minutes % 5 - 2) * 1e-5
            found.append((at, lon + shake, lat - shake / 2))
    return found


@dataclass(frozen=True)
class Staffed:
    """The service, and a worker of its office."""

    town: Town
    worker: Reader

    def opened_case(self, number: str, test: str) -> str:
        """Open a case of a laboratory's token, and give its yes by the code that came."""
        service, now = self.town.service, self.town.service.clock()
        before = len(self.town.codes(number))
        token = self.town.token(test, number)
        new = NewCase(token, number, "covid-19", now // DAY - 2, now // DAY, now)
        case_id = service.cases.open(new, self.worker, now)
        service.cases.agree(case_id, self.town.code(number, before), service.clock())
        return case_id

    def traced(self, case_id: str) -> tuple[str, ...]:
        """Have a case traced by the service; return its contacts by rank."""
        service = self.town.service
        run = service.cases.request_trace(case_id, self.worker, service.clock())
        wait(lambda: service.cases.run(run).state == "done", "the trace did not end")
        return tuple(one.contact for one in service.cases.exposures(case_id))

    def told(self, case_id: str, contact: str) -> str:
        """Decide that a contact is told, and begin to ask them; return the follow-up."""
        service, now, account = self.town.service, self.town.service.clock(), self.worker.actor
        why = "They sat at one table."
        service.work.decisions.decide(case_id, contact, "tell", why, account, self.worker, now)
        return service.support.followups.begin_contact(case_id, contact, self.worker, now)


@contextmanager
def staffed_in(folder: Path) -> Iterator[Staffed]:
    """Serve a new service with a worker, and with a case's evenings in it."""
    with serving(folder) as town:
        service = town.service
        district = service.settings.district
        new = NewAccount("worker", "case-worker", "Colleague A", district)
        account = service.staff.accounts.add(new, by="test", now=service.clock()).account
        made = Staffed(town, Reader("case-worker", account, district))
        person = enrolled(service, CASE_NUMBER, *EVERYTHING)
        send_fixes(service, person, evenings(service.clock(), HOME), "case")
        wait(lambda: not service.waiting(), "what was sent was not filed")
        yield made


def exposed(world: Staffed, *numbers: str) -> None:
    """Have people who came in by themselves agree, be found in the cafe, and be told."""
    service = world.town.service
    for number in numbers:
        person = service.vault.person_with(number)
        assert person is not None, "nobody came in with this number"
        agree(service, person, *EVERYTHING)
        send_fixes(service, person, evenings(service.clock(), THEIR_HOME), "theirs")
    wait(lambda: not service.waiting(), "what was sent was not filed")
    case_id = world.opened_case(CASE_NUMBER, "test-1")
    contacts = world.traced(case_id)
    assert len(contacts) == len(numbers)
    for contact in contacts:
        world.told(case_id, contact)


def digits_in(text: str) -> str:
    """Return the eight digits that a text holds."""
    found = re.search(r"\b\d{8}\b", text)
    assert found is not None, text
    return found[0]
