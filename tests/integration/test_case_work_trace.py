"""Case work on a real vault and a real lake: numbers that stay, changes, and looks."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select
from tests.case_world import CONTACT_NUMBER
from tests.services import HOUR, MINUTE, Stores, seeded
from tests.unit.test_case_trace import THIRD_NUMBER, Town

from fortnight.case.named import NewNamed
from fortnight.case.trace_job import run_trace
from fortnight.case.work import Work
from fortnight.db.office_tables import staff_account
from fortnight.db.tables import ledger_leaf, look
from fortnight.errors import RefusedError
from fortnight.vault.purposes import Reader

ACCOUNT = "d" * 32
READER = Reader("case-worker", ACCOUNT, "north")


@pytest.fixture
def town(stores: Stores) -> Town:
    made = Town(stores)
    row = {"id": ACCOUNT, "login": "w", "name": "Worker", "role": "case-worker"}
    with stores.database.write() as connection:
        connection.execute(insert(staff_account).values(row | {"district": "north", "made_at": 1}))
    return made


def work_of(town: Town) -> Work:
    return Work.of(town.database, town.stores.vault, town.cases, seeded(9).randbytes)


def traced(town: Town, case_id: str) -> None:
    run_id = town.cases.request_trace(case_id, READER, town.clock())
    run_trace(town.parts, run_id, town.clock())
    assert town.cases.run(run_id).state == "done"


def test_new_evidence_updates_the_list_under_the_same_numbers(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    traced(town, case_id)
    (first,) = town.cases.exposures(case_id)
    work = work_of(town)
    assert work.changes.of_case(case_id) == ()
    town.clock.advance(2 * HOUR)
    town.evenings(town.third)  # a phone that was offline
    town.clock.advance(HOUR)
    assert len(work.changes.retrace(town.clock())) == 1
    traced(town, case_id)  # the run that waits
    numbers = {one.contact for one in town.cases.exposures(case_id)}
    assert first.contact in numbers
    assert len(numbers) == 2
    (change,) = work.changes.of_case(case_id)
    assert (change.kind, change.counts) == ("trace-updated", (1, 0, 0))
    assert set(change.added) == numbers - {first.contact}
    town.clock.advance(2 * HOUR)
    assert work.changes.retrace(town.clock()) == []


def test_whoever_sees_where_a_contact_was_leaves_a_look_that_the_contact_sees(
    town: Town,
) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    traced(town, case_id)
    work, vault = work_of(town), town.stores.vault
    (found,) = town.cases.exposures(case_id)
    before = vault.looks_at(town.contact)
    page = work.contact(case_id, found.contact, READER, town.clock())
    assert page.detail is not None
    assert page.detail.participant == found.contact
    (seen,) = [one for one in vault.looks_at(town.contact) if one not in before]
    assert (seen.purpose, seen.fields, seen.outcome) == ("trace", ("contact", "evidence"), "read")
    lines = work.looks_of_case(case_id)
    assert ("contact", "evidence") in {one.fields for one in lines}
    assert all(one.count >= 1 for one in lines)
    with pytest.raises(RefusedError):
        work.contact(case_id, "0" * 16, READER, town.clock())
    both = vault.view(case_id, ["0" * 16, found.contact], READER, town.clock())
    assert both == {found.contact}
    with pytest.raises(RefusedError, match="No such contact"):
        vault.view(case_id, ["0" * 16], READER, town.clock())
    assert work.details(case_id, [], READER, town.clock()) == {}
    town.cases.close(case_id, READER, town.clock())
    assert work.details(case_id, [found.contact], READER, town.clock()) == {}
    with pytest.raises(RefusedError, match="closed"):
        vault.view(case_id, [found.contact], READER, town.clock())


def test_a_list_and_a_map_read_their_part_of_the_same_under_the_same_look(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    traced(town, case_id)
    work, now = work_of(town), town.clock()
    (found,) = town.cases.exposures(case_id)
    asked = (case_id, [found.contact], READER, now)
    whole = work.details(*asked)[found.contact]
    before = len(town.stores.vault.looks_at(town.contact))
    line = work.sums(*asked)[found.contact]
    assert (line.together.minutes, line.assessment) == (whole.together.minutes, whole.assessment)
    assert (line.episodes, line.gaps) == ([], [])
    assert work.episodes(*asked) == whole.episodes
    assert len(whole.episodes) > 0
    assert len(town.stores.vault.looks_at(town.contact)) == before + 2
    town.stores.consents.withdraw(town.contact, "trace.phone", now)
    assert (work.sums(*asked), work.episodes(*asked)) == ({}, [])


def test_whoever_withdrew_is_shown_to_nobody(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    traced(town, case_id)
    (found,) = town.cases.exposures(case_id)
    town.stores.consents.withdraw(town.contact, "trace.phone", town.clock())
    before = town.stores.vault.looks_at(town.contact)
    assert work_of(town).contact(case_id, found.contact, READER, town.clock()).detail is None
    assert town.stores.vault.looks_at(town.contact) == before


def test_deciding_resolves_one_and_calling_leaves_its_own_look(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    traced(town, case_id)
    work = work_of(town)
    (found,) = town.cases.exposures(case_id)
    made = work.decisions.decide(
        case_id, found.contact, "tell", "One table", ACCOUNT, READER, town.clock()
    )
    assert made.is_told
    reached = work.reach(case_id, found.contact, READER, town.clock())
    assert (reached.number, reached.language) == (CONTACT_NUMBER, "en")
    with town.database.read() as connection:
        kinds = connection.scalars(select(ledger_leaf.c.kind)).all()
        people = connection.scalars(select(look.c.person).where(look.c.fields.contains("number")))
        assert set(people) == {town.contact}
    assert kinds.count("resolve") == 2


def test_a_named_contact_who_is_enrolled_is_matched_with_nothing(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    traced(town, case_id)
    work, today = work_of(town), town.clock() // (24 * HOUR)
    before = town.stores.vault.looks_at(town.third)
    new = NewNamed(
        case_id, "Third", THIRD_NUMBER, "", today, today, "work", None,
        pregnant=False, weak_immunity=False,
    )  # fmt: skip
    contact = work.named.add(new, ACCOUNT, READER, town.clock())
    work.decisions.decide(case_id, contact, "tell", "Said so", ACCOUNT, READER, town.clock())
    town.clock.advance(MINUTE)
    work.turn(town.clock())
    page = work.case_page(case_id, town.clock())
    assert [one.named is not None for one in page.contacts] == [False, True]
    assert work.contact(case_id, contact, READER, town.clock()).detail is None
    assert town.stores.vault.looks_at(town.third) == before
