"""Contacts whom a colleague knows, the chain, and ends of cases: through the office's own pages."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

import pytest
from litestar.testing import TestClient
from sqlalchemy import select, update
from tests.endings import unguarded
from tests.office_world import CONTACT, NEXT, TODAY, OfficeWorld, ended, office_world, reader
from tests.services import DAY
from tests.staff_world import Colleague, colleague
from tests.whole_service import agree, code_sent

from fortnight.case.cases import NewCase
from fortnight.case.named import NewNamed
from fortnight.db.office_tables import case_assignment, named_contact
from fortnight.db.tables import case_file
from fortnight.vault.purposes import Reader
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Response
    from litestar import Litestar

STRANGER = "+37120000009"


class Near(NamedTuple):
    """An office in which colleagues are, or call, the contact of a case; and who asks it."""

    world: OfficeWorld
    client: TestClient[Litestar]
    tied: Colleague
    tied_lead: Colleague
    own: Colleague
    own_lead: Colleague

    def get(self, who: Colleague, path: str, language: str = "en") -> Response:
        headers = {**who.headers, "accept-language": language}
        return self.client.get(path, headers=headers)

    def post(self, who: Colleague, path: str, **fields: str) -> Response:
        return self.client.post(path, data=fields, headers=who.headers, follow_redirects=False)


@pytest.fixture(scope="module")
def near(world_folders: pytest.TempPathFactory) -> Iterator[Near]:
    with office_world(world_folders.mktemp("near")) as world:
        service = world.service
        people = [service.vault.person_with(number) for number in (NEXT, CONTACT)]
        names = []
        for person in people:
            assert person is not None
            agree(service, person, "trace.ties")
            names.append(service.vault.file_under(person, TODAY - 1))
        # a lead and a case worker share one number: an office phone would do that too
        tied, tied_lead = (
            colleague(service, role, number=NEXT, stepped_up=True)
            for role in ("case-worker", "lead")
        )
        own, own_lead = (colleague(service, one, number=CONTACT) for one in ("case-worker", "lead"))
        service.vault.file_ties(TODAY - 1, [(names[1], names[0])])
        with TestClient(create_app(service)) as client:
            yield Near(world, client, tied, tied_lead, own, own_lead)


def given(near: Near, who: Colleague) -> None:
    """Give the case to a colleague."""
    with near.world.service.database.write() as connection:
        c = case_assignment.c
        connection.execute(
            update(case_assignment)
            .where(c.case_id == near.world.case_id, c.until_at.is_(None))
            .values(account=who.account.id)
        )


def counted(near: Near) -> int:
    person = near.world.service.vault.person_with(CONTACT)
    assert person is not None
    return len(near.world.service.vault.looks_at(person))


@pytest.mark.parametrize("whose", ["tied", "own"])
def test_whoever_may_know_a_contact_sees_that_there_is_one_and_nothing_of_them(
    near: Near, whose: str
) -> None:
    who: Colleague = getattr(near, whose)
    given(near, who)
    before = counted(near)
    page = unescape(near.get(who, near.world.case).text)
    assert "for the lead" in page
    assert near.world.contact[:4] in page
    assert "positions of both phones" not in page
    assert near.world.met not in page
    places = near.get(who, f"{near.world.case}/places").text
    assert "<tr data-lon" not in places
    nothing = near.get(who, f"{near.world.case}/contacts/{'0' * 16}")
    there = near.get(who, near.world.met)
    assert there.status_code == nothing.status_code == 404
    assert there.text.splitlines() == nothing.text.splitlines()
    for step in ("decide", "call", "reach", "take-back", "approve"):
        assert near.post(who, f"{near.world.met}/{step}", kind="tell").status_code == 404
    assert counted(near) == before
    russian = unescape(near.get(who, near.world.case, "ru").text)
    assert "для руководителя" in russian


def test_the_lead_works_on_whom_they_call_and_nobody_on_themself(near: Near) -> None:
    assert near.get(near.tied_lead, near.world.met).status_code == 200
    assert near.get(near.own_lead, near.world.met).status_code == 404
    assert near.get(near.world.lead, near.world.met).status_code == 200
    page = near.get(near.tied_lead, near.world.case).text
    assert near.world.met in page
    assert near.world.met not in near.get(near.own_lead, near.world.case).text


def test_a_lead_who_decides_on_whom_they_call_is_looked_into(near: Near) -> None:
    reviews = near.world.service.oversight.reviews
    assert reviews.list() == ()
    path = f"{near.world.met}/decide"
    done = near.post(near.tied_lead, path, kind="dismiss", reason="Only passed by")
    assert done.status_code == 303
    (asked,) = reviews.list()
    assert (asked.kind, asked.answered_at) == ("look-questioned", None)
    assert near.post(near.world.lead, f"{near.world.case}/question").status_code == 303
    assert len(reviews.list()) == 1  # the same question, while it waits
    back = near.post(near.world.lead, f"{near.world.met}/take-back", reason="Of a friend")
    assert back.status_code == 303


def test_neither_home_nor_a_file_tells_of_a_contact_whom_one_knows(near: Near) -> None:
    given(near, near.tied)
    world, service = near.world, near.world.service
    made = service.work.decisions.decide(
        world.case_id, world.contact, "tell", "One table.", world.lead.account.id,
        reader(world.lead), world.clock(),
    )  # fmt: skip
    assert made.is_told
    assert world.met in near.get(world.lead, "/office").text
    assert world.met not in near.get(near.tied, "/office").text
    path = f"{world.case}/export"
    file = near.post(near.tied, path, kind="contacts", form="csv")
    assert file.status_code == 200
    assert world.contact not in file.text
    assert world.contact in near.post(near.tied_lead, path, kind="contacts", form="csv").text


def test_a_decision_that_waits_is_no_colleagues_who_knows_the_contact(near: Near) -> None:
    world, service = near.world, near.world.service
    new = NewNamed(
        world.case_id, "From the choir", STRANGER, "", TODAY, TODAY, "worship", None,
        pregnant=False, weak_immunity=False,
    )  # fmt: skip
    by = world.lead.account.id
    contact = service.work.named.add(new, by, reader(world.lead), world.clock())
    service.work.decisions.decide(
        world.case_id, contact, "tell", "Sang", by, reader(world.lead), world.clock()
    )
    assert f"{contact}/approve" in near.get(near.tied, "/office").text
    c = named_contact.c
    with service.database.write() as connection:  # the choir's contact is found to be the other
        merged = update(named_contact).where(c.contact == contact)
        connection.execute(merged.values(merged_with=world.contact))
    assert f"{contact}/approve" not in near.get(near.tied, "/office").text
    assert f"{contact}/approve" in near.get(near.tied_lead, "/office").text
    with service.database.write() as connection:
        connection.execute(merged.values(merged_with=None))


# -- the chain -----------------------------------------------------------------------------------


def another(near: Near, number: str, onset_day: int, district: str | None = None) -> str:
    """Open a case of somebody, and let them say yes."""
    world, service = near.world, near.world.service
    now = world.clock()
    token = world.token(number, f"test {number} {onset_day}")
    new = NewCase(token, number, "covid-19", onset_day, TODAY, now)
    by = Reader("case-worker", "worker-1", district or world.worker.account.district)
    case_id = service.cases.open(new, by, now)
    service.cases.agree(case_id, code_sent(service, case_id), now)
    return case_id


@pytest.fixture(scope="module")
def source(near: Near) -> str:
    """Make the contact a case of their own, in another district, and trace again."""
    other = another(near, CONTACT, TODAY - 6, "elsewhere")
    world, traces = near.world, near.world.service.traces
    traces.start()
    try:
        run = world.service.cases.request_trace(world.case_id, reader(world.lead), world.clock())
        ended(world.service, run)
    finally:
        traces.stop()
    return other


def test_a_case_shows_its_probable_source_without_the_number_of_another_teams_case(
    near: Near, source: str
) -> None:
    page = unescape(near.get(near.world.lead, near.world.case).text)
    card = page[page.index("chain-h") :]
    assert re.search(r"<b>\d+\s%</b> \(<?\d+\s?%.\d+\s%\) a case of another team", card)
    assert near.world.met in card
    assert "2 h" in card or "together" in card
    assert "Who probably infected whom" in card
    assert source[:6] not in page
    assert "no finding about anybody" in card
    russian = unescape(near.get(near.world.lead, near.world.case, "ru").text)
    assert "случай другой группы" in russian
    assert "another team" not in russian


def test_a_case_of_ones_own_is_linked_and_a_known_contact_never(near: Near, source: str) -> None:
    with unguarded(near.world.service.database) as connection:
        here = near.world.worker.account.district
        moved = update(case_file).where(case_file.c.id == source).values(district=here)
        connection.execute(moved)
    lead = near.get(near.world.lead, near.world.case).text
    assert f'href="/office/cases/{source}"' in lead
    given(near, near.tied)
    tied = unescape(near.get(near.tied, near.world.case).text)
    assert source[:6] not in tied
    assert near.world.met not in tied
    assert "a contact for the lead" in tied


# -- ends ----------------------------------------------------------------------------------------


def test_a_case_of_somebody_not_enrolled_is_closed_and_their_named_contacts_go(near: Near) -> None:
    world, service = near.world, near.world.service
    now = world.clock()
    new = NewCase(world.token(STRANGER, "stranger"), STRANGER, "covid-19", None, TODAY, now)
    case_id = service.cases.open(new, reader(world.lead), now)
    path = f"/office/cases/{case_id}"
    fields = {"name": "Their cousin", "number": NEXT, "setting": "household", "household": "A"}
    day = "2026-02-28"
    named = near.post(world.lead, f"{path}/named", first=day, last=day, **fields)
    assert named.status_code == 303
    assert near.post(world.lead, f"{path}/close").status_code == 303
    page = unescape(near.get(world.lead, path).text)
    assert "This case is closed." in page
    assert f"{path}/close" not in page
    with service.database.read() as connection:
        row = connection.execute(select(case_file).where(case_file.c.id == case_id)).one()
    assert (row.state, row.agreed_at) == ("closed", None)
    assert len(service.work.named.of_case(case_id)) == 1
    end = row.follow_up_end_day
    service.work.named.sweep(end * DAY)
    assert len(service.work.named.of_case(case_id)) == 1
    service.work.named.sweep((end + 1) * DAY)
    assert service.work.named.of_case(case_id) == ()


def test_a_case_of_somebody_enrolled_is_not_closed_before_their_yes(near: Near) -> None:
    world, service = near.world, near.world.service
    now = world.clock()
    new = NewCase(world.token(NEXT, "no yes"), NEXT, "covid-19", None, TODAY, now)
    case_id = service.cases.open(new, reader(world.lead), now)
    answer = near.post(world.lead, f"/office/cases/{case_id}/close")
    assert answer.status_code == 409
    assert "does not follow" in answer.text


def test_a_lead_takes_a_closed_case_out_for_the_file_and_nobody_else_does(near: Near) -> None:
    world, service = near.world, near.world.service
    lead = colleague(service, "lead", stepped_up=True)
    given(near, near.tied)
    service.cases.close(world.case_id, reader(world.lead), world.clock())
    path, before = f"{world.case}/export", counted(near)
    file = near.post(lead, path, kind="contacts", form="csv")
    assert world.contact in file.text
    assert counted(near) == before + 1
    assert f'href="{path}"' in near.get(lead, world.case).text
    assert near.post(near.tied, path, kind="contacts", form="csv").status_code == 404
    service.cases.withdraw_test(world.case_id, reader(world.lead), world.clock())
    refused = near.post(lead, path, kind="contacts", form="csv")
    assert (refused.status_code, counted(near)) == (422, before + 1)


# -- handed over, merged -------------------------------------------------------------------------


def test_what_was_handed_over_is_read_by_who_has_the_case_now(near: Near) -> None:
    world, service = near.world, near.world.service
    case_id = another(near, NEXT, TODAY - 60)
    path, one, other = (
        f"/office/cases/{case_id}",
        near.world.worker,
        colleague(service, "case-worker"),
    )
    service.work.assignments.assign(
        case_id, one.account.id, world.lead.account.id, reader(world.lead), world.clock()
    )
    note = "Rings back <b>after</b> six"
    answer = near.post(one, f"{path}/hand-over", to=other.account.id, note=note)
    assert answer.status_code == 303
    page = near.get(other, path).text
    assert "Rings back &lt;b&gt;after&lt;/b&gt; six" in page
    assert "Handed over by" in page
    assert near.get(one, path).status_code == 404


def test_two_files_of_one_case_are_merged_by_who_may_write_in_both(near: Near) -> None:
    world, service = near.world, near.world.service
    kept, other = (another(near, NEXT, TODAY - ago) for ago in (31, 30))
    path = f"/office/cases/{kept}"
    page = near.get(world.lead, path).text
    assert f'name="other" value="{other}"' in page
    service.work.assignments.assign(
        kept, world.worker.account.id, world.lead.account.id, reader(world.lead), world.clock()
    )
    page = near.get(world.worker, path).text
    assert other not in page
    assert "Another team has a case" in page
    assert near.post(world.worker, f"{path}/merge", other=other).status_code == 404
    assert near.post(world.lead, f"{path}/merge", other=other).status_code == 303
    assert service.work.duplicates.merged_into(other) == kept
