"""Who works on a case, what they note, and whom the case named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from tests.case_world import CASE_NUMBER, CONTACT_NUMBER, STRANGER_NUMBER
from tests.services import DAY, Clock, seeded
from tests.work_world import Colleagues, contact_id

from fortnight.case.assignments import Assignments
from fortnight.case.named import NamedContacts, NewNamed
from fortnight.case.notes import Notes
from fortnight.db.office_tables import (
    case_assignment,
    case_change,
    case_note,
    named_contact,
    staff_account,
)
from fortnight.errors import ConflictError, QuestionError, RefusedError

if TYPE_CHECKING:
    from fortnight.db.engine import Database

C0 = contact_id(0)


class Desk(Colleagues):
    """An office with its papers."""

    @property
    def assignments(self) -> Assignments:
        return Assignments(self.database, self.vault, self.random)

    @property
    def named(self) -> NamedContacts:
        return NamedContacts(self.database, self.vault, self.random)

    @property
    def notes(self) -> Notes:
        return Notes(self.database, self.vault, self.random)

    def someone(self, case_id: str, setting: str = "work") -> NewNamed:
        today = self.clock() // DAY
        return NewNamed(
            case_id, "Sister", CONTACT_NUMBER, "by the door", today - 2, today, setting, "A",
            pregnant=False, weak_immunity=True,
        )  # fmt: skip

    def add(self, case_id: str, setting: str = "work") -> str:
        new = self.someone(case_id, setting)
        return self.named.add(new, self.ann.actor, self.ann, self.clock())


@pytest.fixture
def desk(database: Database, clock: Clock) -> Desk:
    return Desk(database, clock, seeded().randbytes)


# -- assignments and notes -----------------------------------------------------------------------


def test_a_case_is_one_persons_at_a_time_and_handed_over_with_a_sealed_note(desk: Desk) -> None:
    case_id, lee, now = desk.new_agreed(), desk.lee, desk.clock()
    assert desk.assignments.live(case_id) is None
    first = desk.assignments.assign(case_id, desk.ann.actor, lee.actor, lee, now)
    assert desk.assignments.note_of(first) is None
    now = desk.clock.advance(1)
    second = desk.assignments.hand_over(
        case_id, desk.ben.actor, "Call after work", desk.ann.actor, desk.ann, now
    )
    live = desk.assignments.live(case_id)
    assert live is not None
    assert (live.id, live.account, live.by, live.has_note) == (
        second,
        desk.ben.actor,
        desk.ann.actor,
        True,
    )
    assert desk.assignments.note_of(second) == "Call after work"
    assert [one.until_at for one in desk.assignments.of_case(case_id)] == [None, now]
    with desk.database.read() as connection:
        sealed = connection.scalars(select(case_assignment.c.note_sealed)).all()
        assert connection.scalars(select(case_change.c.kind)).all() == ["handed-over"]
    assert None in sealed
    with pytest.raises(ConflictError, match="theirs already"):
        desk.assignments.assign(case_id, desk.ben.actor, lee.actor, lee, now)
    assert desk.assignments.live(case_id) == live


def test_a_case_is_not_given_to_whoever_cannot_work_on_it(desk: Desk) -> None:
    case_id, lee, now = desk.new_agreed(), desk.lee, desk.clock()
    give = desk.assignments.assign
    for who in (desk.colleague("epidemiologist"), desk.colleague("case-worker", "south")):
        with pytest.raises(RefusedError):
            give(case_id, who.actor, lee.actor, lee, now)
    with desk.database.write() as connection:
        own = {"number_hash": desk.fake.number_hash(CASE_NUMBER)}
        whose = update(staff_account).where(staff_account.c.id == desk.ann.actor)
        connection.execute(whose.values(own))
    desk.assignments.declare_conflict(case_id, desk.ben.actor, desk.ben, now)
    for who in (desk.ann, desk.ben):
        with pytest.raises(RefusedError, match="may not work on this case"):
            give(case_id, who.actor, lee.actor, lee, now)
    with pytest.raises(RefusedError, match="no assignment"):
        desk.assignments.note_of("f" * 32)
    with pytest.raises(QuestionError):
        desk.assignments.hand_over(case_id, lee.actor, " ", lee.actor, lee, now)
    desk.cases.close(case_id, lee, now)
    with pytest.raises(ConflictError, match="closed"):
        give(case_id, lee.actor, lee.actor, lee, now)


def test_whoever_declares_a_conflict_loses_the_case_and_nobody_else_does(desk: Desk) -> None:
    case_id, lee, now = desk.new_agreed(), desk.lee, desk.clock()
    desk.assignments.assign(case_id, desk.ann.actor, lee.actor, lee, now)
    desk.assignments.declare_conflict(case_id, desk.ben.actor, desk.ben, now)
    assert desk.assignments.live(case_id) is not None
    for _ in range(2):
        desk.assignments.declare_conflict(case_id, desk.ann.actor, desk.ann, now)
    assert desk.assignments.live(case_id) is None
    assert set(desk.assignments.conflicts(case_id)) == {desk.ann.actor, desk.ben.actor}


def test_the_schema_refuses_two_live_assignments_of_a_case(desk: Desk) -> None:
    case_id, lee = desk.new_agreed(), desk.lee
    desk.assignments.assign(case_id, desk.ann.actor, lee.actor, lee, 1)
    row = {"id": "e" * 32, "case_id": case_id, "account": lee.actor, "by": lee.actor, "from_at": 1}
    with pytest.raises(IntegrityError), desk.database.write() as connection:
        connection.execute(insert(case_assignment).values(row))


def test_notes_are_sealed_and_read_in_order(desk: Desk) -> None:
    case_id, ann = desk.new_case(STRANGER_NUMBER), desk.ann
    for text in ("Market on Monday", "<b>Choir</b>"):
        desk.notes.add(case_id, f" {text} ", ann.actor, ann, desk.clock.advance(1))
    assert [one.text for one in desk.notes.of_case(case_id)] == ["Market on Monday", "<b>Choir</b>"]
    with desk.database.read() as connection:
        assert b"Market" not in connection.scalars(select(case_note.c.id)).all()
    with pytest.raises(QuestionError):
        desk.notes.add(case_id, "x" * 4_001, ann.actor, ann, 1)
    desk.cases.withdraw_test(case_id, ann, desk.clock())
    with pytest.raises(ConflictError):
        desk.notes.add(case_id, "More", ann.actor, ann, desk.clock())


# -- named in an interview -----------------------------------------------------------------------


def test_a_case_that_is_not_enrolled_works_with_named_contacts_alone(desk: Desk) -> None:
    case_id, ann = desk.new_case(STRANGER_NUMBER), desk.ann
    contact = desk.add(case_id)
    (one,) = desk.named.of_case(case_id)
    assert (one.contact, one.setting, one.weak_immunity) == (contact, "work", True)
    made = desk.decisions.decide(
        case_id, contact, "tell", "They had lunch", ann.actor, ann, desk.clock()
    )
    assert (made.is_told, made.needs_second) == (True, False)
    assert desk.messages() == []  # they are called
    assert desk.decisions.finish(desk.clock() + 120_000) == 0
    desk.decisions.take_back(made.id, "No lunch", ann.actor, ann, desk.clock())


@pytest.mark.parametrize("setting", ["worship", "clinic", "shelter", "gathering"])
def test_somebody_named_of_a_crowd_takes_two_people(desk: Desk, setting: str) -> None:
    case_id, ann = desk.new_case(STRANGER_NUMBER), desk.ann
    contact = desk.add(case_id, setting)
    assert desk.decisions.why_second(case_id, contact) == "setting"
    made = desk.decisions.decide(case_id, contact, "tell", "Met", ann.actor, ann, desk.clock())
    assert made.is_waiting


def test_who_they_are_is_sealed_opened_into_the_log_and_hashed_nowhere(desk: Desk) -> None:
    case_id = desk.new_agreed()
    contact = desk.add(case_id)
    before = desk.leaves("case")
    identity = desk.named.open(case_id, contact, desk.ann, desk.clock())
    assert (identity.name, identity.number, identity.notes) == (
        "Sister",
        CONTACT_NUMBER,
        "by the door",
    )
    assert "may object" in identity.words["en"]
    assert "возразить" in identity.words["ru"]
    assert desk.leaves("case") == before + 1
    # the number is an enrolled person's too: nothing in the row leads to them
    with desk.database.read() as connection:
        (row,) = connection.execute(select(named_contact)).mappings()
    held = {value for key, value in row.items() if key != "sealed"}
    assert not {desk.fake.number_hash(CONTACT_NUMBER), CONTACT_NUMBER, desk.contact} & held
    assert not any("hash" in column.name for column in named_contact.c)


def test_a_named_contact_merges_with_a_measured_one_and_splits_again(desk: Desk) -> None:
    case_id, ann, now = desk.traced(2), desk.ann, desk.clock()
    contact = desk.add(case_id, "worship")
    desk.named.merge(case_id, contact, C0, ann.actor, ann, now)
    assert desk.decisions.why_second(case_id, C0) == "setting"
    with pytest.raises(RefusedError, match="decide about that one"):
        desk.decisions.decide(case_id, contact, "tell", "x", ann.actor, ann, now)
    other = desk.add(case_id)
    for measured in (C0, contact_id(1)):
        with pytest.raises(ConflictError, match="merged already"):
            desk.named.merge(case_id, contact, measured, ann.actor, ann, now)
    with pytest.raises(ConflictError, match="merged already"):
        desk.named.merge(case_id, other, C0, ann.actor, ann, now)
    with pytest.raises(RefusedError, match="no contact"):
        desk.named.merge(case_id, other, contact_id(9), ann.actor, ann, now)
    desk.named.split(case_id, contact, ann.actor, ann, now)
    with pytest.raises(ConflictError, match="with nobody"):
        desk.named.split(case_id, contact, ann.actor, ann, now)
    assert desk.decisions.why_second(case_id, C0) is None
    with desk.database.read() as connection:
        kinds = connection.scalars(select(case_change.c.kind)).all()
    assert sorted(kinds) == ["merged", "split"]


def test_an_interview_is_the_second_kind_of_evidence(desk: Desk) -> None:
    case_id, ann, now = desk.new_agreed(), desk.ann, desk.clock()
    desk.found(case_id, [desk.contact_met(0)], origins=("upload",))
    with pytest.raises(RefusedError, match="uploaded file"):
        desk.decisions.decide(case_id, C0, "tell", "x", ann.actor, ann, now)
    desk.named.merge(case_id, desk.add(case_id), C0, ann.actor, ann, now)
    assert desk.decisions.decide(case_id, C0, "tell", "x", ann.actor, ann, now).is_told


def test_whoever_objects_is_blanked_and_nothing_more_is_done(desk: Desk) -> None:
    case_id, ann, now = desk.traced(), desk.ann, desk.clock()
    contact = desk.add(case_id)
    desk.decisions.decide(case_id, contact, "tell", "Met", ann.actor, ann, now)
    desk.named.object(case_id, contact, ann, now)
    with desk.database.read() as connection:
        (row,) = connection.execute(select(named_contact))
    assert (row.sealed, row.household, row.weak_immunity) == (b"", None, False)
    assert desk.decisions.live(case_id) == {}
    for act in (
        lambda: desk.named.open(case_id, contact, ann, now),
        lambda: desk.named.object(case_id, contact, ann, now),
        lambda: desk.named.merge(case_id, contact, C0, ann.actor, ann, now),
        lambda: desk.decisions.decide(case_id, contact, "tell", "x", ann.actor, ann, now),
    ):
        with pytest.raises(RefusedError, match="objected"):
            act()


def test_named_contacts_go_when_the_follow_up_ends(desk: Desk) -> None:
    case_id = desk.new_agreed()
    desk.add(case_id)
    end = desk.cases.case(case_id).follow_up_end_day
    assert end is not None
    assert desk.named.sweep(end * DAY) == 0
    assert desk.named.sweep((end + 1) * DAY) == 1
    assert desk.named.of_case(case_id) == ()


def test_those_named_in_a_withdrawn_case_stay_a_week_to_be_told_that_it_was_wrong(
    desk: Desk,
) -> None:
    case_id = desk.new_agreed()
    desk.add(case_id)
    desk.cases.withdraw_test(case_id, desk.ann, desk.clock())
    assert desk.named.sweep(desk.clock() + 7 * DAY) == 0
    assert desk.named.sweep(desk.clock() + 8 * DAY) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"name": " "},
        {"name": "x" * 201},
        {"notes": "x" * 2_001},
        {"household": "x" * 17},
        {"setting": "police"},
        {"first_day": 30_000, "last_day": 30_000},
        {"first_day": 5, "last_day": 4},
        {"first_day": -1},
    ],
)
def test_what_cannot_be_is_not_added(desk: Desk, changed: dict[str, object]) -> None:
    case_id = desk.new_agreed()
    new = replace(desk.someone(case_id), **changed)  # type: ignore[arg-type] # by its own test
    with pytest.raises(QuestionError):
        desk.named.add(new, desk.ann.actor, desk.ann, desk.clock())


def test_what_is_no_number_is_refused_and_none_is_fine(desk: Desk) -> None:
    case_id, ann, now = desk.new_agreed(), desk.ann, desk.clock()
    with pytest.raises(RefusedError):
        desk.named.add(replace(desk.someone(case_id), number="12"), ann.actor, ann, now)
    contact = desk.named.add(replace(desk.someone(case_id), number=""), ann.actor, ann, now)
    assert desk.named.open(case_id, contact, ann, now).number == ""
    with pytest.raises(RefusedError, match="named no contact"):
        desk.named.open(case_id, C0, ann, now)
    desk.cases.close(case_id, ann, now)
    with pytest.raises(ConflictError):
        desk.add(case_id)
