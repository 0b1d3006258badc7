"""The trace job, on a real vault and a real lake: what it finds, and what it survives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, insert, select
from tests.case_world import CASE_NUMBER, CONTACT_NUMBER, SECRET, WORKER, FakeQueue
from tests.reference.lakes import packed_fixes
from tests.reference.people import Fix
from tests.services import DAY, HOUR, MINUTE, Stores, seeded

from fortnight.case.cases import Cases, NewCase
from fortnight.case.day_parts import cut, day_of, joined
from fortnight.case.state import State
from fortnight.case.token import Laboratories
from fortnight.case.trace_job import TraceParts, give_up, run_trace
from fortnight.consent.texts import current_text
from fortnight.db.tables import arrival, exposure_detail, look, message, trace_run
from fortnight.errors import RefusedError
from fortnight.lake.days import Days
from fortnight.lake.drain import Drain
from fortnight.lake.lake import Lake
from fortnight.notify.outbox import Outbox

THIRD_NUMBER = "+37060000003"
HOME, FAR = (25.2797, 54.6872), (25.40, 54.75)
LABEL = b"message "


@dataclass
class Town:
    """A case who was at one place with a contact for two evenings; a third person elsewhere."""

    stores: Stores

    def __post_init__(self) -> None:
        s, random = self.stores, seeded(7).randbytes
        folder = s.folder / "lake"
        folder.mkdir()
        self.clock = s.clock
        self.database = s.database
        self.drain = Drain(s.database, s.vault, s.consents, folder, random)
        self.days = Days(s.database, s.vault, folder, random)
        self.lake = Lake(s.database, folder)
        self.outbox = Outbox(s.database, s.vault, s.consents, random, "north")
        self.laboratories = Laboratories(s.database, SECRET, s.vault.number_hash, random)
        self.cases = Cases(
            s.database, s.vault, self.laboratories, self.outbox, FakeQueue(), random, SECRET
        )
        self.parts = TraceParts(s.database, s.vault, self.lake, random, "Europe/Vilnius")
        self.person, self.contact, self.third = (
            self.enrolled(number) for number in (CASE_NUMBER, CONTACT_NUMBER, THIRD_NUMBER)
        )
        self.laboratory = self.laboratories.register("North laboratory", s.clock())

    def enrolled(self, number: str) -> str:
        person = self.stores.vault.enrol(number, language="en", now=self.clock())
        version = current_text("trace.phone", "en").version
        self.stores.consents.give(
            person, "trace.phone", text_version=version, language="en", by="self", now=self.clock()
        )
        return person

    def evenings(
        self, *people: str, place: tuple[float, float] = HOME, origin: str = "phone"
    ) -> None:
        today = self.clock() // DAY
        for person in people:
            for day in (today - 3, today - 1):
                start = day * DAY + 18 * HOUR
                self.arrive(
                    person,
                    [Fix(start + k * MINUTE, *place, 10.0, "gnss") for k in range(120)],
                    origin,
                )
        self.drain.drain(self.clock())
        self.days.refresh(self.clock())

    def arrive(self, person: str, fixes: list[Fix], origin: str) -> None:
        sealed = self.stores.vault.seal(person, packed_fixes(fixes), b"arrival")
        with self.database.write() as connection:
            connection.execute(
                insert(arrival).values(
                    person=person,
                    kind="fixes",
                    origin=origin,
                    received_at=self.clock(),
                    rows=len(fixes),
                    sealed=sealed,
                )
            )

    def agreed(self, number: str = CASE_NUMBER, onset_days_ago: int = 2) -> str:
        now = self.clock()
        token = self.laboratories.issue(self.laboratory.key, f"test {number}", number, now)
        today = now // DAY
        new = NewCase(token, number, "covid-19", today - onset_days_ago, today - 1, now - DAY)
        case_id = self.cases.open(new, WORKER, now)
        of_it = (message.c.template == "code") & (message.c.case_id == case_id)
        with self.database.read() as connection:
            (row,) = connection.execute(select(message).where(of_it))
        sealed = self.stores.vault.unseal(row.person, row.sealed, LABEL + row.id.encode())
        self.cases.agree(case_id, msgspec.json.decode(sealed)["code"], now)
        return case_id

    def traced(self, case_id: str) -> str:
        run_id = self.cases.request_trace(case_id, WORKER, self.clock())
        run_trace(self.parts, run_id, self.clock())
        return run_id

    def looks(self, person: str) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(look).where(look.c.person == person)))


@pytest.fixture
def town(stores: Stores) -> Town:
    return Town(stores)


def test_a_trace_finds_who_was_there_and_looks_at_nobody_else(town: Town) -> None:
    town.evenings(town.person, town.contact)
    town.evenings(town.third, place=FAR)
    case_id = town.agreed()
    run = town.cases.run(town.traced(case_id))
    (found,) = town.cases.exposures(case_id)
    today = town.clock() // DAY
    assert (run.state, run.contacts, run.problem) == ("done", 1, None)
    assert run.held_from_day == today - 14
    assert (found.rank, found.first_day, found.last_day) == (1, today - 3, today - 1)
    assert 180 <= found.minutes <= 240
    assert (found.kinds, found.origins) == (("fixes",), ("phone",))
    assert town.cases.case(case_id).state is State.TRACED
    assert [one.purpose for one in town.looks(town.contact)] == ["trace"]
    assert town.looks(town.third) == []
    with town.database.read() as connection:
        (parameters,) = connection.scalars(select(trace_run.c.parameters))
    assert msgspec.json.decode(parameters)["version"] == "5"


def test_the_detail_is_the_contacts_part_of_the_librarys_document(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    town.traced(case_id)
    (found,) = town.cases.exposures(case_id)
    detail = town.cases.detail(case_id, found.contact)
    assert detail.participant == found.contact
    assert len(detail.episodes) == 2
    assert [cut_again.day for cut_again in cut(detail, "Europe/Vilnius")] == [
        found.first_day,
        *sorted({day_of(gap.start) for gap in detail.gaps} & {found.first_day + 1}),
        found.last_day,
    ]
    assert joined(cut(detail, "Europe/Vilnius")) == detail
    assert "positions of both phones" in detail.explanation.epidemiologist


def test_the_places_of_a_day_die_with_their_row_and_the_rest_stays(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    town.traced(case_id)
    (found,) = town.cases.exposures(case_id)
    whole = town.cases.detail(case_id, found.contact)
    with town.database.write() as connection:
        connection.execute(
            delete(exposure_detail).where(exposure_detail.c.last_day < found.last_day)
        )
    left = town.cases.detail(case_id, found.contact)
    assert [episode.start for episode in left.episodes] == [whole.episodes[1].start]
    assert left.first == whole.episodes[1].start
    assert left.minutes == whole.minutes
    assert left.tier == whole.tier


def test_a_run_that_is_started_again_ends_once(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    run_id = town.traced(case_id)
    before = town.cases.exposures(case_id)
    looks = len(town.looks(town.contact))
    run_trace(town.parts, run_id, town.clock())
    assert town.cases.exposures(case_id) == before
    assert len(town.looks(town.contact)) == looks


def test_a_death_on_any_line_is_made_up_by_the_next_start(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiedError(BaseException):
        """As a kill: nothing of ours may catch it."""

    def die(*_: object, **__: object) -> None:
        raise DiedError

    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    run_id = town.cases.request_trace(case_id, WORKER, town.clock())
    for name in ("cut", "exposure_of", "replace_all", "step", "_values"):
        with monkeypatch.context() as patched:
            patched.setattr(f"fortnight.case.trace_job.{name}", die)
            with pytest.raises(DiedError):
                run_trace(town.parts, run_id, town.clock())
        assert town.cases.run(run_id).state == "running"
        assert town.cases.exposures(case_id) == ()
    run_trace(town.parts, run_id, town.clock())
    assert town.cases.run(run_id).state == "done"
    (found,) = town.cases.exposures(case_id)
    assert found.rank == 1


def test_a_later_trace_keeps_the_contacts_number_and_adds_the_new_one(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    town.traced(case_id)
    (first,) = town.cases.exposures(case_id)
    town.evenings(town.third)
    town.traced(case_id)
    found = town.cases.exposures(case_id)
    assert len(found) == 2
    assert first.contact in {one.contact for one in found}
    assert any(one.late for one in found)  # received after the sample was taken


def test_who_withdrew_is_neither_found_nor_looked_at(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    town.stores.consents.withdraw(town.contact, "trace.phone", town.clock())
    run = town.cases.run(town.traced(case_id))
    assert (run.state, run.contacts) == ("done", 0)
    assert town.looks(town.contact) == []


def test_a_case_whose_own_grant_is_gone_is_not_traced_and_says_why(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    town.stores.consents.withdraw(town.person, "trace.phone", town.clock())
    run = town.cases.run(town.traced(case_id))
    assert run.state == "failed"
    assert run.problem
    assert town.looks(town.person) == []
    assert town.cases.case(case_id).state is State.AGREED


def test_a_test_withdrawn_before_the_job_or_during_it_leaves_nothing(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    run_id = town.cases.request_trace(case_id, WORKER, town.clock())
    assemble = town.lake.assemble

    class Meanwhile:
        """A lake that is slow enough for the laboratory to call."""

        search = town.lake.search

        def assemble(self, *given: Any) -> Any:  # noqa: ANN401 - as the lake's
            town.cases.withdraw_test(case_id, WORKER, town.clock())
            return assemble(*given)

    run_trace(replace(town.parts, lake=Meanwhile()), run_id, town.clock())  # type: ignore[arg-type] # the lake's two
    assert town.cases.exposures(case_id) == ()
    assert town.cases.run(run_id).problem == "The test was withdrawn."
    run_trace(town.parts, run_id, town.clock())
    assert town.cases.exposures(case_id) == ()


def test_what_the_case_hid_is_not_searched(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    today = town.clock() // DAY
    town.cases.hide(case_id, (today - 3) * DAY, (today - 2) * DAY, town.clock())
    town.traced(case_id)
    (found,) = town.cases.exposures(case_id)
    assert (found.first_day, found.last_day) == (today - 1, today - 1)


def test_uploaded_files_are_told_apart_and_tell_nobody(town: Town) -> None:
    town.evenings(town.person, origin="upload")
    town.evenings(town.contact)
    case_id = town.agreed()
    town.traced(case_id)
    (found,) = town.cases.exposures(case_id)
    assert "upload" in found.origins
    assert "phone" not in found.origins
    with pytest.raises(RefusedError, match="uploaded file"):
        town.cases.tell(case_id, found.contact, WORKER, town.clock())


def test_nothing_in_the_lake_is_a_trace_with_nobody_in_it(town: Town) -> None:
    case_id = town.agreed()
    run = town.cases.run(town.traced(case_id))
    assert (run.state, run.contacts) == ("done", 0)


def test_a_run_that_was_given_up_says_so_once(town: Town) -> None:
    case_id = town.agreed()
    run_id = town.cases.request_trace(case_id, WORKER, town.clock())
    give_up(town.parts, run_id, town.clock())
    give_up(town.parts, run_id, town.clock(), "another reason")
    run = town.cases.run(run_id)
    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.startswith("The trace failed more than once")
    run_trace(town.parts, "f" * 32, town.clock())  # a run that is gone is nothing to do


def test_a_resolved_contact_is_the_person_who_was_there(town: Town) -> None:
    town.evenings(town.person, town.contact)
    case_id = town.agreed()
    town.traced(case_id)
    (found,) = town.cases.exposures(case_id)
    town.cases.tell(case_id, found.contact, WORKER, town.clock())
    with town.database.read() as connection:
        told = connection.scalars(
            select(message.c.person).where(message.c.template == "please-call")
        ).all()
    assert told == [town.contact]
