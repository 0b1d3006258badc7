"""What staff see of a person is in that person's copy, and the reverse, minus a published list.

For each of many people of a simulated town, whose cases were traced: the values that the pages of
the health team are given, beside the copy. ``FORTNIGHT_COPIED_PEOPLE=500`` asks for more people.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.office_world import ended, reader
from tests.services import DAY, Clock, seeded
from tests.staff_world import colleague
from tests.whole_service import WORKER, agree, open_case, opened, settings_in

from fortnight.arrivals.checked import Checked
from fortnight.case.calls import Call, NewCall
from fortnight.case.decision_rows import Decision
from fortnight.case.exposures import Exposure
from fortnight.case.files import CaseFile
from fortnight.db.tables import exposure
from fortnight.evidence.packed import Fixes, pack_fixes
from fortnight.evidence.schema import SOURCES
from fortnight.followup.parts import FollowLine
from fortnight.followup.rows import CalendarDay
from fortnight.isolation.needs import Need
from fortnight.isolation.replies import Waiting
from fortnight.isolation.rescore import Reply
from fortnight.isolation.tickets import Ticket
from fortnight.simulate.run import simulate
from fortnight.taking.gathering import BESIDE
from fortnight.taking.meetings import meetings
from fortnight.taking.moments import band, day, instant
from fortnight.taking.published import left_out
from fortnight.taking.sources import EVIDENCE
from fortnight.taking.sources import SOURCES as TABLES
from fortnight.taking.staff_pages import StaffPage, only_in_copy, staff_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fortnight.service import Service
    from fortnight.vault.purposes import Reader

PEOPLE: Final = int(os.environ.get("FORTNIGHT_COPIED_PEOPLE", "40"))
DAYS: Final = 3
FIRST: Final = 20_514  # 2026-03-02, on which the simulated town begins
NOW: Final = (FIRST + DAYS) * DAY + 10 * 3_600_000
CASES: Final = 3
SHOWN: Final = {
    kind.__name__: kind
    for kind in (
        Exposure,
        Decision,
        Call,
        CaseFile,
        FollowLine,
        CalendarDay,
        Ticket,
        Waiting,
    )
}


@dataclass
class Town:
    """A service after some days of a town, and who of it is who in which case."""

    service: Service
    people: list[str]
    cases: dict[str, str]  # case -> its person

    def rows(self, person: str) -> dict[str, list[Any]]:
        """Return everything that pages of the health team are given about a person."""
        found: dict[str, list[Any]] = {name: [] for name in SHOWN}
        for case_id, tested in self.cases.items():
            if tested == person:
                found["CaseFile"].append(self.service.cases.case(case_id))
            contact = self.contact(case_id, person)
            if contact is not None or tested == person:
                self._of_case(found, case_id, contact if tested != person else None)
        return found

    def contact(self, case_id: str, person: str) -> str | None:
        """Return what somebody is called in a case, past the door that asks for a look."""
        return CALLED.get((case_id, person))

    def _of_case(self, found: dict[str, list[Any]], case_id: str, contact: str | None) -> None:
        service, now = self.service, self.service.clock()
        support, work = service.support, service.work
        listed: Sequence[tuple[str, Sequence[Any]]] = (
            ("Exposure", service.cases.exposures(case_id)),
            ("Decision", work.decisions.of_case(case_id)),
            ("Call", work.calls.of_case(case_id)),
            ("FollowLine", support.followups.of_case(case_id, now)),
            ("Ticket", support.tickets.of_case(case_id, now)),
            ("Waiting", support.replies.of_case(case_id, now)),
        )
        for name, values in listed:
            mine = [one for one in values if one.contact == contact]
            found[name] += mine
            if name == "FollowLine":
                for line in mine:
                    found["CalendarDay"] += support.followups.calendar(line.id)


CALLED: Final[dict[tuple[str, str], str]] = {}


@pytest.fixture(scope="module")
def town(world_folders: pytest.TempPathFactory) -> Iterator[Town]:
    folder, clock = world_folders.mktemp("town"), Clock(NOW)
    with opened(
        replace(settings_in(folder, NOW), district=WORKER.district), clock, seeded(4).randbytes
    ) as service:
        made = settled(service, folder)
        service.traces.start()
        try:
            infect(made)
        finally:
            service.traces.stop()
        work(made)
        yield made


def settled(service: Service, folder: Path) -> Town:
    """Enrol a town, and take in where its people were."""
    simulate(PEOPLE, DAYS, 5, folder / "town", truth=False)
    fixes = pq.read_table(folder / "town" / "fixes.parquet")
    who: Any = fixes["participant"].combine_chunks().dictionary_encode()
    numbers = [f"+3712{place:07d}" for place in range(len(who.dictionary))]
    people = service.vault.enrol_many(numbers, language="en", now=NOW)
    codes = who.indices.to_numpy()
    for place, person in enumerate(people):
        agree(service, person, "trace.phone", "notify", "support")
        rows = fixes.filter(pa.array(codes == place))
        checked = Checked(packed(rows), rows.num_rows, rows.num_rows, {}, ())
        service.journal.put(person, "fixes", "phone", f"town-{place}", checked)
    service.drain.drain(NOW)
    service.days.refresh(NOW)
    return Town(service, people, {})


def packed(rows: pa.Table) -> bytes:
    """Return fixes of a simulated person as the journal takes them."""
    source: Any = rows["source"].to_pylist()
    return pack_fixes(
        Fixes(
            np.asarray(rows["time"].cast(pa.int64()).to_numpy()),
            np.round(rows["lon"].to_numpy() * 1e7).astype(np.int32),
            np.round(rows["lat"].to_numpy() * 1e7).astype(np.int32),
            rows["accuracy"].to_numpy().astype(np.float32),
            np.array([SOURCES.index(one) for one in source], dtype=np.uint8),
        )
    )


def infect(town: Town) -> None:
    """Open cases, and trace them."""
    service = town.service
    worker, lead = colleague(service, "case-worker"), colleague(service, "lead")
    for place in range(CASES):
        case_id = open_case(service, f"+3712{place:07d}", FIRST + 1, test=f"test-{place}")
        town.cases[case_id] = town.people[place]
        account = worker.account.id
        service.work.assignments.assign(
            case_id, account, lead.account.id, reader(lead), service.clock()
        )
        ended(service, service.cases.request_trace(case_id, reader(worker), service.clock()))


def work(town: Town) -> None:
    """Decide, call, follow, and let people answer: something on every kind of page."""
    service = town.service
    worker = colleague(service, "case-worker")
    by, account, now = reader(worker), worker.account.id, service.clock()
    second = reader(colleague(service, "lead"))
    CALLED.clear()
    with service.database.write() as connection:  # a town of three days has few long meetings
        connection.execute(exposure.update().values(tier="told-and-tested"))
    for case_id in town.cases:
        for place, one in enumerate(service.cases.exposures(case_id)):
            person = service.vault.resolve(case_id, one.contact, by, now).person
            CALLED[case_id, person] = one.contact
            if place % 2 == 0:
                tell(town, case_id, one.contact, person, by, second)
        call = NewCall(case_id, None, "reached", "en", "call the school", None)
        service.work.calls.record(call, account, by, now)
        followed(service, case_id, None, by)


def tell(town: Town, case_id: str, contact: str, person: str, by: Reader, second: Reader) -> None:
    """Tell a contact, call them, follow them; they ask for food and reply."""
    service, now = town.service, town.service.clock()
    decisions, support, account = service.work.decisions, service.support, by.actor
    made = decisions.decide(case_id, contact, "tell", "sat beside them", account, by, now)
    if made.is_waiting:
        decisions.approve(made.id, second.actor, second, now)
    call = NewCall(case_id, contact, "no-answer", "en", "again", None)
    service.work.calls.record(call, account, by, now)
    follow_up = followed(service, case_id, contact, by)
    support.turn(now)
    support.tickets.ask(person, Need.FOOD, {"items": "bread"}, now)
    support.replies.reply(person, follow_up, Reply.MASKS, "both of us", now)


def followed(service: Service, case_id: str, contact: str | None, by: Reader) -> str:
    """Return the follow-up of a contact, or of a case; it may have begun by itself."""
    followups, now = service.support.followups, service.clock()
    begun = [one.id for one in followups.of_case(case_id, now) if one.contact == contact]
    if begun:
        return begun[0]
    if contact is None:
        return followups.begin_case(case_id, by, now)
    return followups.begin_contact(case_id, contact, by, now)


# -- the list itself -----------------------------------------------------------------------------

every_page = pytest.mark.parametrize("page", staff_pages(), ids=lambda page: page.shows)


@every_page
def test_every_field_that_a_page_is_given_is_in_the_copy_or_on_the_list(page: StaffPage) -> None:
    given = {one.name for one in fields(SHOWN[page.shows])}
    assert set(page.same) | set(page.not_in_copy) == given
    assert not set(page.same) & set(page.not_in_copy)
    assert set(page.not_in_copy.values()) <= {group.id for group in left_out()}


@every_page
def test_everything_of_the_copy_is_on_the_page_or_on_the_list(page: StaffPage) -> None:
    (source,) = (one for one in TABLES if one.name == page.part)
    taken = {*source.columns, *(one.name for one in source.openers)}
    assert set(page.same) | set(page.not_on_page) == taken
    assert not set(page.same) & set(page.not_on_page)


def test_every_part_of_the_copy_is_beside_a_page_or_on_the_list() -> None:
    beside, only = [page.part for page in staff_pages()], only_in_copy()
    parts = {*BESIDE, *EVIDENCE, *(one.name for one in TABLES)}
    assert sorted([*beside, *only]) == sorted(parts)


# -- people --------------------------------------------------------------------------------------


def test_staff_see_nothing_of_a_person_that_they_do_not_have_and_the_reverse(town: Town) -> None:
    compared: Counter[str] = Counter()
    for person in town.people:
        shown = town.rows(person)
        parts = town.service.taking.held(person, town.service.clock()).parts
        for page in staff_pages():
            staff = facts(page, shown[page.shows])
            assert staff == copied(page, parts[page.part]), (page.shows, person)
            compared[page.shows] += len(shown[page.shows])
    assert set(compared) == set(SHOWN)
    assert all(compared.values()), compared  # nothing was compared with nothing


def facts(page: StaffPage, rows: Sequence[Any]) -> Counter[tuple[str, ...]]:
    """Return the rows of a page as the copy would write them."""
    return Counter(tuple(said(name, getattr(row, name)) for name in page.same) for row in rows)


def copied(page: StaffPage, rows: Sequence[dict[str, Any]]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(str(row[name]) for name in page.same) for row in rows)


def said(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a page is given
    """Return a value of a page as the copy writes it."""
    if value is None or isinstance(value, bool):
        return str(value)
    if name == "minutes":
        return band(value)
    if name == "day" or name.endswith("_day"):
        return day(value)
    if name == "at" or name.endswith("_at"):
        return instant(value)
    return ",".join(value) if isinstance(value, tuple) else str(getattr(value, "value", value))


def test_meetings_are_in_the_copy_while_their_case_allows_it_and_of_no_other_case(
    town: Town,
) -> None:
    service, (case_id, tested) = town.service, next(iter(town.cases.items()))
    assert not any(part_of(town, person) for person in town.people)
    agree(service, tested, "exact")
    told = {one.contact for one in service.work.decisions.of_case(case_id) if one.kind == "tell"}
    for person in town.people:
        contact = town.contact(case_id, person)
        seen = [] if contact not in told else service.cases.episodes(case_id, [contact])
        times = {(one.lon, one.lat) for one in seen if not one.presumed}
        whole = service.taking.held(person, service.clock()).parts["meetings"]
        assert whole == part_of(town, person)
        assert {(one["lon"], one["lat"]) for one in whole} == times
    assert any(part_of(town, person) for person in town.people)
    service.consents.withdraw(tested, "exact", service.clock())
    assert not any(part_of(town, person) for person in town.people)


def part_of(town: Town, person: str) -> list[dict[str, Any]]:
    """Return the part of a copy that holds meetings, without the rest of the copy."""
    return meetings(town.service.database, town.service.vault, person)
