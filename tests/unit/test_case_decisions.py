"""One named person decides whom to tell; where many could be named it takes two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from tests.case_world import FakeGateway
from tests.services import DAY, MINUTE, Clock, seeded
from tests.work_world import Colleagues, contact_id

from fortnight.case.crowds import CROWD
from fortnight.case.decisions import ALONE
from fortnight.db.office_tables import case_change, decision
from fortnight.db.tables import exposure_detail, message
from fortnight.errors import ConflictError, QuestionError, RefusedError

if TYPE_CHECKING:
    from fortnight.case.decision_rows import Decision
    from fortnight.db.engine import Database
    from fortnight.vault.purposes import Reader
    from fortnight.vault.reading import Resolved

C0, C1 = contact_id(0), contact_id(1)


@pytest.fixture
def office(database: Database, clock: Clock) -> Colleagues:
    return Colleagues(database, clock, seeded().randbytes)


def tell(office: Colleagues, case_id: str, contact: str = C0, *, crowd: bool = False) -> Decision:
    by = office.ann
    now = office.clock()
    return office.decisions.decide(
        case_id, contact, "tell", "Sat at one table", by.actor, by, now, crowd=crowd
    )


def told(office: Colleagues) -> list[str]:
    """Return whom a text waits for, or has gone to."""
    return [row.person for row in office.messages() if row.template == "please-call"]


def approve(office: Colleagues, made: Decision, by: Reader) -> Decision:
    return office.decisions.approve(made.id, by.actor, by, office.clock())


# -- one person ----------------------------------------------------------------------------------


def test_telling_a_contact_resolves_that_one_and_leaves_who_decided(office: Colleagues) -> None:
    case_id = office.traced(2)
    before = office.leaves("case")
    made = tell(office, case_id)
    assert told(office) == [office.fake.contacts[C0]]
    assert (made.by, made.reason, made.is_told) == (office.ann.actor, "Sat at one table", True)
    assert made.by_name.startswith("case-worker")
    assert office.decisions.live(case_id) == {C0: made}
    assert office.leaves("case") == before + 2  # decided, told


def test_a_dismissal_has_its_reason_and_resolves_nobody(office: Colleagues) -> None:
    case_id = office.traced()
    by = office.ann
    made = office.decisions.decide(
        case_id, C0, "dismiss", " A wall ", by.actor, by, office.clock(), crowd=True
    )
    assert (made.reason, made.is_told, made.needs_second) == ("A wall", False, False)
    assert told(office) == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_decision_without_a_reason_is_none(office: Colleagues, reason: str) -> None:
    case_id = office.traced()
    with pytest.raises(QuestionError, match="Say why"):
        office.decisions.decide(
            case_id, C0, "tell", reason, office.ann.actor, office.ann, office.clock()
        )
    assert office.decisions.of_case(case_id) == ()


def test_a_contact_is_decided_once_until_it_is_taken_back(office: Colleagues) -> None:
    case_id, by = office.traced(), office.ben
    first = office.decisions.decide(
        case_id, C0, "dismiss", "Not there", by.actor, by, office.clock()
    )
    with pytest.raises(ConflictError, match="decided already"):
        tell(office, case_id)
    office.decisions.take_back(first.id, "They were", by.actor, by, office.clock())
    made = tell(office, case_id)
    assert told(office) == [office.fake.contacts[C0]]
    with pytest.raises(ConflictError, match="stands while the test does"):
        office.decisions.take_back(made.id, "Oh", by.actor, by, office.clock())
    with pytest.raises(ConflictError, match="retracted already"):
        office.decisions.take_back(first.id, "Oh", by.actor, by, office.clock())


def test_what_the_vault_refuses_is_no_decision_any_more(
    office: Colleagues, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = office.traced()

    def refuse(*_: object) -> Resolved:
        raise RefusedError("This person has no live grant for trace: nothing is opened.")

    with monkeypatch.context() as patched:
        patched.setattr(office.fake, "resolve", refuse)
        with pytest.raises(RefusedError, match="no live grant"):
            tell(office, case_id)
    (made,) = office.decisions.of_case(case_id)
    assert not made.is_live
    assert "no live grant" in str(made.retracted_why)
    assert tell(office, case_id).is_told


def test_no_contact_no_trace_and_no_word_is_refused(office: Colleagues) -> None:
    case_id = office.traced()
    with pytest.raises(RefusedError, match="no contact"):
        tell(office, case_id, C1)
    with pytest.raises(RefusedError, match="no case"):
        tell(office, "f" * 32)
    with pytest.raises(RefusedError, match="no decision"):
        office.decisions.one("f" * 32)
    with pytest.raises(QuestionError, match="told or dismissed"):
        office.decisions.decide(
            case_id,
            C0,
            "fine",  # type: ignore[arg-type] # what a form could send
            "why",
            office.ann.actor,
            office.ann,
            office.clock(),
        )
    office.cases.close(case_id, office.ann, office.clock())
    with pytest.raises(ConflictError, match="closed"):
        tell(office, case_id)


def test_what_a_crash_left_undone_is_carried_out_by_the_clock(
    office: Colleagues, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = office.traced(2)

    def die(*_: object) -> Resolved:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(office.fake, "resolve", die)
        with pytest.raises(KeyboardInterrupt):
            tell(office, case_id)
    assert told(office) == []
    assert office.decisions.finish(office.clock()) == 0  # it may be under way still
    office.clock.advance(2 * MINUTE)
    assert office.decisions.finish(office.clock()) == 1
    assert told(office) == [office.fake.contacts[C0]]
    assert office.decisions.finish(office.clock()) == 0
    assert office.decisions.finish(office.clock() + 2 * DAY) == 0


def test_what_cannot_be_finished_does_not_stand(
    office: Colleagues, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = office.traced()

    def die(*_: object) -> Resolved:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(office.fake, "resolve", die)
        with pytest.raises(KeyboardInterrupt):
            tell(office, case_id)
    office.cases.close(case_id, office.ann, office.clock())
    office.clock.advance(2 * MINUTE)
    office.decisions.finish(office.clock())
    assert office.decisions.live(case_id) == {}


# -- two people ----------------------------------------------------------------------------------


def test_a_crowd_by_the_reviewers_word_waits_for_somebody_else(office: Colleagues) -> None:
    case_id = office.traced()
    made = tell(office, case_id, crowd=True)
    assert made.is_waiting
    assert told(office) == []
    assert office.decisions.waiting("north") == (made,)
    assert office.decisions.waiting("south") == ()
    with pytest.raises(RefusedError, match="somebody else"):
        approve(office, made, office.ann)
    assert told(office) == []
    agreed = approve(office, made, office.lee)
    assert (agreed.second_by, agreed.is_told) == (office.lee.actor, True)
    assert told(office) == [office.fake.contacts[C0]]
    assert office.decisions.waiting("north") == ()
    with pytest.raises(ConflictError, match="waits for nobody"):
        approve(office, made, office.ben)


def test_what_the_second_person_declines_tells_nobody(office: Colleagues) -> None:
    case_id = office.traced()
    made = tell(office, case_id, crowd=True)
    lee = office.lee
    declined = office.decisions.decline(made.id, "Too far", lee.actor, lee, office.clock())
    assert (declined.is_live, declined.retracted_why) == (False, "Too far")
    assert told(office) == []
    with pytest.raises(ConflictError):
        approve(office, made, office.lee)


def test_the_twenty_first_person_of_a_case_takes_two_people(office: Colleagues) -> None:
    case_id = office.traced(ALONE + 2)
    made = [tell(office, case_id, contact_id(place)) for place in range(ALONE + 1)]
    assert [one.needs_second for one in made] == [False] * ALONE + [True]
    assert len(told(office)) == ALONE
    assert office.decisions.why_second(case_id, contact_id(ALONE + 1)) == "many"
    assert approve(office, made[-1], office.ben).is_told
    assert len(told(office)) == ALONE + 1


def test_ten_contacts_at_one_place_and_time_are_a_crowd(office: Colleagues) -> None:
    few = office.traced(CROWD - 1, together=True)
    assert office.decisions.why_second(few, C0) is None
    many = office.traced(CROWD, together=True)
    assert office.decisions.why_second(many, C0) == "place-time"
    assert tell(office, many).is_waiting


def test_where_nothing_is_held_of_the_place_nobody_can_say_that_it_was_no_crowd(
    office: Colleagues,
) -> None:
    case_id = office.traced(2)
    with office.database.write() as connection:
        connection.execute(exposure_detail.delete().where(exposure_detail.c.contact == C0))
    assert office.decisions.why_second(case_id, C0) == "unknown-place"
    assert office.decisions.why_second(case_id, C1) is None


# -- a test withdrawn ----------------------------------------------------------------------------


def test_a_withdrawn_test_retracts_decisions_and_tells_whoever_was_told(
    office: Colleagues,
) -> None:
    case_id = office.traced(4)
    for place in range(4):
        office.grant(office.fake.contacts[contact_id(place)], "notify")
        office.fake.enrol(f"+3706000010{place}", office.fake.contacts[contact_id(place)], "ru")
    tell(office, case_id, C0)
    gateway = FakeGateway()
    office.outbox.drain(gateway, office.clock())
    gone = len(gateway.taken)
    tell(office, case_id, C1)  # has not left yet
    waiting = tell(office, case_id, contact_id(2), crowd=True)
    by = office.ben
    office.decisions.decide(case_id, contact_id(3), "dismiss", "No", by.actor, by, office.clock())
    office.cases.withdraw_test(case_id, office.ann, office.clock())
    assert office.decisions.live(case_id) == {}
    assert {one.retracted_why for one in office.decisions.of_case(case_id)} == {
        "The test was withdrawn."
    }
    office.outbox.drain(gateway, office.clock())
    (said,) = gateway.taken[gone:]
    assert said.number == "+37060000100"
    assert "по ошибке" in said.words
    with pytest.raises(ConflictError):
        approve(office, waiting, office.lee)
    with office.database.read() as connection:
        (change,) = connection.execute(select(case_change)).all()
    assert (change.kind, change.detail) == (
        "test-withdrawn",
        '{"decisions":4,"stopped":1,"told":1}',
    )


def test_decisions_can_be_retracted_while_the_case_goes_on(office: Colleagues) -> None:
    case_id = office.traced()
    tell(office, case_id)
    done = office.decisions.retract(case_id, "Samples mixed up", office.lee, office.clock())
    assert (done.decisions, done.told) == (1, 0)
    with office.database.read() as connection:
        states = connection.scalars(select(message.c.state)).all()
    assert set(states) == {"stopped"}
    office.clock.advance(1)
    office.grant(office.fake.contacts[C0], "notify")
    assert tell(office, case_id).is_told
    assert office.messages()[-1].state == "queued"


# -- the schema ----------------------------------------------------------------------------------


def test_the_schema_refuses_a_second_decision_and_a_second_person_who_is_the_first(
    office: Colleagues,
) -> None:
    case_id = office.traced()
    made = tell(office, case_id, crowd=True)
    row = {
        "id": "e" * 32,
        "case_id": case_id,
        "contact": C0,
        "kind": "dismiss",
        "reason": "x",
        "by": office.ben.actor,
        "at": 1,
        "needs_second": False,
    }
    for statement in (
        insert(decision).values(row),
        insert(decision).values(row | {"contact": C1, "kind": "accuse"}),
        update(decision).where(decision.c.id == made.id).values(second_by=office.ann.actor),
    ):
        with pytest.raises(IntegrityError), office.database.write() as connection:
            connection.execute(statement)
