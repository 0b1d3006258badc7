"""Calls, duplicates, changes and the day's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from tests.case_world import CONTACT_NUMBER, STRANGER_NUMBER, FakeGateway
from tests.services import DAY, HOUR, MINUTE, Clock, seeded
from tests.work_world import Colleagues, contact_id

from fortnight.case.calls import NewCall
from fortnight.case.duplicates import WITHIN_MS
from fortnight.case.named import NewNamed
from fortnight.case.state import State
from fortnight.case.work import Work
from fortnight.db.office_tables import case_merge
from fortnight.db.tables import lake_day, trace_run
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.retention.nameless_case import make_nameless

if TYPE_CHECKING:
    from fortnight.case.decision_rows import Decision
    from fortnight.db.engine import Database

C0, C1 = contact_id(0), contact_id(1)


class Day(Colleagues):
    """An office and its work."""

    @property
    def work(self) -> Work:
        return Work.of(self.database, self.vault, self.cases, self.random)

    def add(self, case_id: str, setting: str = "work", **flags: Any) -> str:  # noqa: ANN401 - any column
        today = self.clock() // DAY
        household = flags.pop("household", None)
        marks = {"pregnant": False, "weak_immunity": False} | flags
        new = NewNamed(
            case_id, "Sister", CONTACT_NUMBER, "", today, today, setting, household, **marks
        )
        return self.work.named.add(new, self.ann.actor, self.ann, self.clock.advance(1))

    def tell(self, case_id: str, contact: str) -> Decision:
        ann = self.ann
        return self.work.decisions.decide(
            case_id, contact, "tell", "Met", ann.actor, ann, self.clock()
        )

    def called(self, case_id: str, contact: str | None, outcome: str, **more: Any) -> list[str]:  # noqa: ANN401 - any column
        household = more.pop("household", True)
        new = NewCall(
            case_id=case_id,
            contact=contact,
            outcome=outcome,  # type: ignore[arg-type] # what a form could send
            **{"language": "en", "next_step": "", "next_at": None} | more,
        )
        return self.work.calls.record(
            new, self.ann.actor, self.ann, self.clock(), household=household
        )

    def listed(self, case_id: str) -> list[tuple[str, ...]]:
        items = self.work.calls.call_list(None, self.clock(), district="north")
        return [item.contacts for item in items if item.case_id == case_id and item.contacts]


@pytest.fixture
def office(database: Database, clock: Clock) -> Day:
    return Day(database, clock, seeded().randbytes)


# -- calls ---------------------------------------------------------------------------------------


def test_a_household_is_listed_together_and_called_once(office: Day) -> None:
    case_id = office.new_agreed()
    family = [office.add(case_id, "household", household="A") for _ in range(3)]
    other = office.add(case_id)
    for contact in (*family, other):
        office.tell(case_id, contact)
    assert office.listed(case_id) == [tuple(sorted(family)), (other,)]
    office.clock.advance(1)
    assert len(office.called(case_id, family[1], "reached")) == 3
    assert office.listed(case_id) == [(other,)]
    assert {call.contact for call in office.work.calls.of_case(case_id)} == set(family)


def test_one_of_a_household_can_be_called_alone(office: Day) -> None:
    case_id = office.new_agreed()
    family = [office.add(case_id, "household", household="A") for _ in range(2)]
    for contact in family:
        office.tell(case_id, contact)
    assert len(office.called(case_id, family[0], "reached", household=False)) == 1
    assert office.listed(case_id) == [(family[1],)]


def test_the_most_vulnerable_are_called_first_and_the_overdue_before_them(office: Day) -> None:
    case_id = office.new_agreed()
    late = office.add(case_id)
    office.tell(case_id, late)
    office.clock.advance(DAY + HOUR)
    weak = office.add(case_id, weak_immunity=True)
    pregnant = office.add(case_id, pregnant=True)
    care = office.add(case_id, "care")
    home = office.add(case_id, "household")
    plain = office.add(case_id)
    for contact in (plain, weak, pregnant, care, home):
        office.tell(case_id, contact)
    assert office.listed(case_id) == [(one,) for one in (late, home, care, pregnant, weak, plain)]


def test_whoever_was_not_reached_stays_on_the_list_until_when_was_agreed(office: Day) -> None:
    case_id = office.new_agreed()
    contact = office.add(case_id)
    assert office.listed(case_id) == []  # nobody decided yet
    office.tell(case_id, contact)
    office.clock.advance(1)
    office.called(case_id, contact, "no-answer")
    (item,) = (one for one in office.work.calls.call_list(None, office.clock()) if one.contacts)
    assert (item.attempts, item.last_outcome, item.is_overdue) == (1, "no-answer", False)
    office.clock.advance(1)
    later = office.clock() + HOUR
    office.called(case_id, contact, "call-back", next_at=later, language="ru")
    (item,) = (one for one in office.work.calls.call_list(None, office.clock()) if one.contacts)
    assert (item.due_at, item.language, item.attempts) == (later, "ru", 2)
    office.clock.advance(2 * HOUR)
    (item,) = (one for one in office.work.calls.call_list(None, office.clock()) if one.contacts)
    assert item.is_overdue
    office.called(case_id, contact, "wrong-number")
    assert office.listed(case_id) == []


def test_a_new_case_is_to_be_called_itself_and_only_its_own_worker_sees_it(office: Day) -> None:
    case_id = office.new_case(STRANGER_NUMBER)
    lee = office.lee
    office.work.assignments.assign(case_id, office.ann.actor, lee.actor, lee, office.clock())
    (item,) = office.work.calls.call_list(office.ann.actor, office.clock())
    assert (item.kind, item.contacts, item.case_id) == ("case", (), case_id)
    assert office.work.calls.call_list(office.ben.actor, office.clock()) == ()
    assert office.work.calls.call_list(None, office.clock(), district="south") == ()
    office.called(case_id, None, "reached")
    assert office.work.calls.call_list(office.ann.actor, office.clock()) == ()


def test_whoever_was_told_on_the_phone_is_called_again_when_the_test_was_wrong(
    office: Day,
) -> None:
    case_id = office.new_agreed()
    reached, not_reached = office.add(case_id), office.add(case_id)
    for contact in (reached, not_reached):
        office.tell(case_id, contact)
    office.clock.advance(MINUTE)
    office.called(case_id, reached, "reached")
    office.clock.advance(MINUTE)
    office.cases.withdraw_test(case_id, office.ann, office.clock())
    (item,) = office.work.calls.call_list(None, office.clock())
    assert (item.kind, item.contacts) == ("retraction", (reached,))
    office.clock.advance(MINUTE)
    office.called(case_id, reached, "reached")
    assert office.work.calls.call_list(None, office.clock()) == ()


@pytest.mark.parametrize("texts", [True, False])
def test_who_was_called_for_want_of_a_text_is_called_again_and_others_get_a_text(
    office: Day, *, texts: bool
) -> None:
    case_id = office.traced()
    office.fake.enrol(STRANGER_NUMBER, office.fake.contacts[C0], "en")
    if texts:
        office.grant(office.fake.contacts[C0], "notify")
    office.tell(case_id, C0)
    office.outbox.drain(FakeGateway(), office.clock())
    assert office.cases.takes_a_call(case_id, C0) is not texts
    office.clock.advance(MINUTE)
    office.called(case_id, C0, "reached")
    office.clock.advance(MINUTE)
    office.cases.withdraw_test(case_id, office.ann, office.clock())
    items = office.work.calls.call_list(None, office.clock())
    assert [one.kind for one in items] == ([] if texts else ["retraction"])
    retracted = [row.state for row in office.messages() if row.template == "retracted"]
    assert retracted == (["queued"] if texts else [])


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": "fined"},
        {"language": "English"},
        {"next_step": "x" * 201},
        {"outcome": "call-back"},
        {"next_at": 5},
    ],
)
def test_a_call_that_cannot_be_is_not_written_down(office: Day, changed: dict[str, Any]) -> None:
    case_id = office.new_agreed()
    with pytest.raises(QuestionError):
        office.called(case_id, None, **{"outcome": "reached"} | changed)
    with pytest.raises(RefusedError, match="no contact"):
        office.called(case_id, C0, "reached")


def test_how_to_reach_somebody_is_told_after_the_decision(office: Day) -> None:
    case_id = office.traced()
    contact = office.add(case_id)
    for one in (C0, contact):
        with pytest.raises(ConflictError, match="Decide first"):
            office.work.reach(case_id, one, office.ann, office.clock())
        office.tell(case_id, one)
    measured = office.work.reach(case_id, C0, office.ann, office.clock())
    assert (measured.name, measured.number, measured.language) == (None, CONTACT_NUMBER, "ru")
    assert "enrolled in Fortnight" in measured.words["en"]
    named = office.work.reach(case_id, contact, office.ann, office.clock())
    assert (named.name, named.number) == ("Sister", CONTACT_NUMBER)
    assert "interview" in named.words["en"]
    said = office.work.calls.words("ru", is_named=True)
    assert said == named.words["ru"]
    assert office.work.calls.words("tr", is_named=True) == named.words["en"]


# -- duplicates ----------------------------------------------------------------------------------


def test_two_files_of_one_number_are_found_and_merged_by_a_person(office: Day) -> None:
    kept, merged, ann, now = office.new_agreed(), office.new_agreed(), office.ann, office.clock()
    (found,) = office.work.duplicates.of(kept)
    assert (found.case_id, found.why, found.state) == (merged, "same-number", State.AGREED)
    contact = office.add(merged)
    office.work.notes.add(merged, "Market", ann.actor, ann, now)
    office.work.assignments.assign(merged, ann.actor, office.lee.actor, office.lee, now)
    office.work.assignments.hand_over(merged, office.ben.actor, "Soon", ann.actor, ann, now + 1)
    office.work.duplicates.merge(kept, merged, ann.actor, ann, now + 2)
    assert office.work.duplicates.of(kept) == ()
    assert office.work.duplicates.of(merged) == ()
    assert office.work.duplicates.merged_into(merged) == kept
    assert office.work.duplicates.merged_into(kept) is None
    assert office.work.named.open(kept, contact, ann, now).name == "Sister"
    assert [note.text for note in office.work.notes.of_case(kept)] == ["Market"]
    assert office.work.notes.of_case(merged) == ()
    live = office.work.assignments.live(kept)
    assert live is not None
    assert live.account == office.ben.actor
    assert office.work.assignments.note_of(live.id) == "Soon"
    assert office.work.assignments.live(merged) is None
    assert office.cases.case(merged).state is State.CLOSED
    assert [one.kind for one in office.work.changes.of_case(kept)] == ["merged"]
    with pytest.raises(ConflictError):
        office.work.duplicates.merge(kept, merged, ann.actor, ann, now)
    office.cases.withdraw_test(merged, ann, now)  # its own test may still prove wrong


def test_a_file_that_never_said_yes_can_say_none_after_it_was_merged(office: Day) -> None:
    kept, merged = office.new_agreed(), office.new_case()
    code, now = office.code(), office.clock()
    office.work.duplicates.merge(kept, merged, office.ann.actor, office.ann, now)
    with pytest.raises(RefusedError):
        office.cases.agree(merged, code, now)
    with pytest.raises(ConflictError, match="merged with another"):
        office.cases.send_code(merged, office.ann, now)


def test_files_of_others_of_long_ago_or_withdrawn_are_no_duplicates(office: Day) -> None:
    ann, old = office.ann, office.new_agreed()
    now = office.clock.advance(WITHIN_MS + MINUTE)
    one, other = office.new_agreed(), office.new_case(STRANGER_NUMBER)
    with pytest.raises(ConflictError, match="not two files of one case"):
        office.work.duplicates.merge(one, other, ann.actor, ann, now)
    assert office.cases.case(old).state is State.AGREED
    wrong = office.new_agreed()
    office.cases.withdraw_test(wrong, ann, now)
    assert office.work.duplicates.of(one) == ()
    assert office.work.duplicates.of(wrong) == ()
    with pytest.raises(ConflictError, match="withdrawn"):
        office.work.duplicates.merge(one, wrong, ann.actor, ann, now)
    row = {"kept": one, "merged": one, "by": ann.actor, "at": now}
    with pytest.raises(IntegrityError), office.database.write() as connection:
        connection.execute(insert(case_merge).values(row))


def test_what_was_decided_is_answered_for_after_the_tested_person_is_erased(office: Day) -> None:
    case_id = office.traced()
    made = office.tell(case_id, C0)
    office.add(case_id)
    with office.database.write() as connection:
        make_nameless(connection, case_id, office.random, office.clock())
    assert office.work.decisions.of_case(case_id) == (made,)
    assert office.work.named.of_case(case_id) == ()
    assert not office.cases.case(case_id).enrolled


# -- changes -------------------------------------------------------------------------------------


def test_new_evidence_traces_a_case_again_once_an_hour_at_most(office: Day) -> None:
    case_id = office.traced()
    today, retrace = office.clock() // DAY, office.work.changes.retrace
    row = {"day": today - 3, "index_name": "i", "changed_at": office.clock() + MINUTE}
    with office.database.write() as connection:
        connection.execute(insert(lake_day).values(row | {"indexed_at": None}))
    assert retrace(office.clock() + 2 * HOUR) == []  # not to be found yet
    with office.database.write() as connection:
        connection.execute(update(lake_day).values(indexed_at=row["changed_at"]))
    assert retrace(office.clock() + 30 * MINUTE) == []
    (run_id,) = retrace(office.clock.advance(2 * HOUR))
    assert (office.cases.run(run_id).case_id, office.queue.queued[-1]) == (case_id, run_id)
    assert retrace(office.clock() + MINUTE) == []
    with office.database.write() as connection:
        ended = {"state": "done", "started_at": office.clock(), "ended_at": office.clock()}
        connection.execute(update(trace_run).where(trace_run.c.id == run_id).values(ended))
    assert retrace(office.clock() + 2 * HOUR) == []


@pytest.mark.parametrize("day", [-40, 2])
def test_evidence_of_other_days_traces_nothing_again(office: Day, day: int) -> None:
    office.traced()
    changed = office.clock() + MINUTE
    with office.database.write() as connection:
        row = {"day": office.clock() // DAY + day, "changed_at": changed, "indexed_at": changed}
        connection.execute(insert(lake_day).values(row))
    assert office.work.changes.retrace(office.clock() + 2 * HOUR) == []


def test_a_closed_case_is_not_traced_again(office: Day) -> None:
    case_id = office.traced()
    changed = office.clock() + MINUTE
    with office.database.write() as connection:
        row = {"day": office.clock() // DAY, "changed_at": changed, "indexed_at": changed}
        connection.execute(insert(lake_day).values(row))
    office.cases.close(case_id, office.ann, office.clock())
    assert office.work.changes.retrace(office.clock() + 2 * HOUR) == []


# -- the day's work ------------------------------------------------------------------------------


def test_home_lists_cases_by_deadline_and_what_each_waits_for(office: Day) -> None:
    work, lee = office.work, office.lee
    asked = office.new_case()
    stranger = office.new_case(STRANGER_NUMBER)
    agreed = office.new_agreed()
    found = office.traced(2)
    for case_id in (asked, agreed):
        work.assignments.assign(case_id, office.ann.actor, lee.actor, lee, office.clock())
    now = office.clock()
    whole = work.home(lee.actor, "lead", "north", now)
    assert {one.case_id: one.due for one in whole.cases} == {
        asked: "yes",
        stranger: "interview",
        agreed: "trace",
        found: "decide",
    }
    assert [one.due_at for one in whole.cases] == sorted(one.due_at for one in whole.cases)
    own = work.home(office.ann.actor, "case-worker", "north", now)
    assert [one.case_id for one in own.cases] == [agreed, asked]
    assert (own.overdue, own.cases[0].assigned_to) == (0, office.ann.actor)
    late = work.home(office.ann.actor, "case-worker", "north", now + 2 * HOUR)
    assert (late.overdue, late.cases[0].is_overdue) == (1, True)
    assert work.home(lee.actor, "lead", "south", now).cases == ()


def test_home_shows_a_second_person_what_waits_for_them_and_not_their_own(office: Day) -> None:
    case_id = office.traced()
    ann = office.ann
    made = office.work.decisions.decide(
        case_id, C0, "tell", "Choir", ann.actor, ann, office.clock(), crowd=True
    )
    assert office.work.home(office.lee.actor, "lead", "north", office.clock()).waiting == (made,)
    home = office.work.home(ann.actor, "lead", "north", office.clock())
    assert home.waiting == ()
    assert home.cases[0].due == "second"
    office.work.decisions.approve(made.id, office.lee.actor, office.lee, office.clock())
    home = office.work.home(ann.actor, "lead", "north", office.clock())
    assert (home.cases[0].undecided, home.cases[0].due) == (0, "call")


def test_the_page_of_a_case_puts_measured_and_named_together(office: Day) -> None:
    case_id, ann, now = office.traced(2), office.ann, office.clock()
    both, alone = office.add(case_id), office.add(case_id)
    office.work.named.merge(case_id, both, C1, ann.actor, ann, now)
    office.work.notes.add(case_id, "Market", ann.actor, ann, now)
    office.tell(case_id, C0)
    page = office.work.case_page(case_id, now)
    lines = [
        (one.contact, one.measured is not None, one.named is not None) for one in page.contacts
    ]
    assert lines == [(C0, True, False), (C1, True, True), (alone, False, True)]
    assert page.contacts[0].decision == page.decisions[0]
    assert (page.notes_count, page.district, page.merged_into) == (1, "north", None)
    assert page.run is not None
    with pytest.raises(RefusedError):
        office.work.case_page("f" * 32, now)


def test_a_told_contact_whom_a_later_trace_does_not_find_stays_on_the_page(office: Day) -> None:
    case_id = office.traced()
    office.tell(case_id, C0)
    office.clock.advance(MINUTE)
    office.found(case_id, [office.contact_met(1)])
    page = office.work.case_page(case_id, office.clock())
    assert [one.contact for one in page.contacts] == [C1, C0]
    assert page.contacts[1].decision is not None


def test_the_overview_counts_and_names_nobody(office: Day) -> None:
    numbers = office.work.overview.numbers(None, office.clock())
    assert (numbers.cases, numbers.share_told, numbers.decision_median_ms) == (0, None, None)
    first, second = office.traced(3), office.traced(1)
    ann = office.ann
    office.clock.advance(HOUR)
    office.tell(first, C0)
    office.work.decisions.decide(first, C1, "dismiss", "No", ann.actor, ann, office.clock())
    office.clock.advance(HOUR)
    office.tell(second, C0)
    numbers = office.work.overview.numbers("north", office.clock())
    assert (numbers.cases, numbers.contacts_total, numbers.contacts_median) == (2, 4, 2)
    assert (numbers.decided, numbers.told, numbers.share_told) == (3, 2, 2 / 3)
    assert numbers.decision_median_ms is not None
    assert numbers.decision_p90_ms is not None
    assert HOUR < numbers.decision_median_ms < numbers.decision_p90_ms
    (only,) = numbers.by_district
    assert (only.district, only.cases) == ("north", 2)
    today = office.clock() // DAY
    days = {day: (onsets, tests) for day, onsets, tests in numbers.curve}
    assert (len(days), days[today - 2], days[today - 1]) == (60, (2, 0), (0, 2))
    assert office.work.overview.numbers("south", office.clock()).cases == 0


def test_a_turn_of_the_clock_finishes_retraces_and_lets_go(office: Day) -> None:
    case_id = office.new_agreed()
    office.add(case_id)
    end = office.cases.case(case_id).follow_up_end_day
    assert end is not None
    office.work.turn((end + 1) * DAY)
    assert office.work.named.of_case(case_id) == ()
