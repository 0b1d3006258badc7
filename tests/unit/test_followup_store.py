"""Follow-up on both databases: who is asked when, what an answer leads to, who becomes a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.case_world import CONTACT_NUMBER, DAY_MS, FakeGateway
from tests.services import seeded
from tests.support_world import CONTACT, Following

from fortnight.db.support_tables import duty_ring, follow_day, follow_up, support_record
from fortnight.db.tables import exposure, ledger_leaf
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.followup.codes import NOT_SAID, TRIES
from fortnight.followup.day import DayState, Feeling
from fortnight.followup.emergency import Emergency
from fortnight.followup.record import KINDS
from fortnight.ledger.entries import opens

if TYPE_CHECKING:
    from tests.services import Clock

    from fortnight.db.engine import Database


@pytest.fixture
def office(database: Database, clock: Clock) -> Following:
    return Following(database, clock, seeded().randbytes)


def test_a_contact_is_asked_reminded_twice_and_then_called(office: Following) -> None:
    followed = office.followed()
    seen = []
    for hour in (8, 10, 14, 18, 20):
        office.at(hour, days=1 if hour == 8 else 0)
        seen.append((hour, office.state(followed), office.needs()))
    assert seen == [
        (8, None, []),
        (10, "asked", []),
        (14, "reminded", []),
        (18, "reminded-again", []),
        (20, "to-call", ["help"]),
    ]
    assert len(office.texts("question")) == 1
    assert len(office.texts("question-again")) == 2


def test_silence_changes_neither_the_plan_nor_the_release(office: Following) -> None:
    followed = office.followed()
    before = office.followups.open(followed, office.ann, office.clock())
    for _ in range(3):
        for hour in (10, 14, 18, 20):
            office.at(hour, days=1 if hour == 10 else 0)
    after = office.followups.open(followed, office.ann, office.clock())
    assert after.plan == before.plan
    assert after.changes == ()
    assert after.line.unanswered == 3
    assert office.needs() == ["help"]  # one, however many days


def test_an_answer_by_the_portal_ends_the_day_and_the_call(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    for hour in (14, 18, 20):
        office.at(hour)
    assert office.followups.sign_in(CONTACT_NUMBER, office.digits(), office.clock())
    done = office.answer(followed)
    assert (done.feeling, done.emergency) == (Feeling.WELL, None)
    assert office.state(followed) == "answered"
    assert office.needs() == []


def test_digits_hold_for_one_number_a_day_and_five_tries(office: Following) -> None:
    office.followed()
    office.at(10, days=1)
    digits, now = office.digits(), office.clock()
    assert office.followups.sign_in(CONTACT_NUMBER, f" {digits} ", now) == office.contact
    wrong = [("+37060000099", digits), (CONTACT_NUMBER, "000000"), ("+37060000001", digits)]
    for number, said in wrong:
        with pytest.raises(RefusedError, match=r"do not go together") as refused:
            office.followups.sign_in(number, said, now)
        assert str(refused.value) == NOT_SAID
    with pytest.raises(RefusedError, match=r"do not go together"):
        office.followups.sign_in(CONTACT_NUMBER, digits, now + DAY_MS)
    for _ in range(TRIES - 1):
        with pytest.raises(RefusedError):
            office.followups.sign_in(CONTACT_NUMBER, "999999", now)
    with pytest.raises(RefusedError, match=r"do not go together"):
        office.followups.sign_in(CONTACT_NUMBER, digits, now)


def test_a_number_by_text_is_an_answer_and_five_shows_the_emergency_number_at_once(
    office: Following,
) -> None:
    followed = office.followed()
    assert not office.followups.taken(office.contact, office.today, 1)  # nothing was asked yet
    office.at(10, days=1)
    assert office.followups.taken(office.contact, office.today, 1)
    assert office.state(followed) == "answered"
    office.at(23)
    assert office.followups.taken(office.contact, office.today, 5)
    assert office.texts("emergency-alone") == [{"number": "112"}]  # nobody is on duty at 23
    assert office.needs() == ["urgent"]
    assert not office.followups.taken(office.person, office.today, 1)


def test_a_red_flag_rings_whoever_is_on_duty_and_says_so(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    done = office.answer(followed, "trouble-breathing")
    assert done.feeling is Feeling.RED_FLAG
    assert done.emergency == Emergency("112", on_duty=True, on_duty_from=None)
    gateway = FakeGateway([RuntimeError("the link dropped")])
    assert office.support.bell.turn(gateway, office.clock()) == 0
    assert office.support.bell.turn(gateway, office.clock()) == 1
    assert office.support.bell.turn(gateway, office.clock()) == 0
    assert [text.number for text in gateway.taken] == ["+37060000111"] * 2


def test_at_night_nobody_is_rung_and_the_page_says_from_when(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    office.at(23)
    done = office.answer(followed, "chest-pain")
    assert done.emergency == Emergency("112", on_duty=False, on_duty_from=8)
    with office.database.read() as connection:
        assert connection.execute(select(duty_ring)).all() == []


def test_needs_become_tickets_each_once(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    office.answer(followed, "fever", needs=("food", "medicine"), note="no milk")
    office.answer(followed, needs=("food",))
    assert office.needs() == ["food", "medicine", "unwell"]


def test_what_they_said_is_read_under_a_look_and_the_list_names_nobody(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    office.answer(followed, "fever")
    before = len(office.fake.looks)
    (line,) = office.followups.of_case(office.followups.of_case_id(followed), office.clock())
    assert (line.contact, line.today, line.open_tickets) == (CONTACT, DayState.ANSWERED, 1)
    assert len(office.fake.looks) == before
    page = office.followups.open(followed, office.ann, office.clock())
    assert page.answers[office.today][0].symptoms == ("fever",)
    assert office.fake.looks[before:] == [(office.contact, "support", "case,language")]


def test_nothing_that_they_said_is_readable_in_the_tables(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    office.answer(followed, "fever", note="the secret of the kitchen")
    office.fake.gone.add(office.contact)
    with office.database.read() as connection:
        for table in (follow_up, follow_day, support_record):
            for row in connection.execute(select(table)).mappings():
                plain = {name: value for name, value in row.items() if name != "sealed"}
                assert "fever" not in str(plain)
                assert "kitchen" not in str(plain)


def test_whoever_did_not_agree_to_support_is_told_and_not_followed(office: Following) -> None:
    case_id = office.told()
    office.consents.withdraw(office.contact, "support", office.clock())
    with pytest.raises(RefusedError, match="did not agree to support"):
        office.followups.begin_contact(case_id, CONTACT, office.ann, office.clock())


def test_nobody_is_followed_before_somebody_decided_to_tell_them(office: Following) -> None:
    case_id = office.traced()
    with pytest.raises(ConflictError, match="Decide first"):
        office.followups.begin_contact(case_id, CONTACT, office.ann, office.clock())
    followed = office.followups.begin_contact(office.told(), CONTACT, office.ann, office.clock())
    with pytest.raises(ConflictError, match="followed already"):
        office.followups.begin_contact(
            office.followups.of_case_id(followed), CONTACT, office.ann, office.clock()
        )


def test_whom_the_case_named_is_served_by_voice_alone(office: Following) -> None:
    case_id = office.traced()
    contact = office.named_contact(case_id)
    followed = office.followups.begin_contact(case_id, contact, office.ann, office.clock())
    office.at(10, days=1)
    assert office.state(followed) == "to-call"
    assert office.needs() == ["help"]
    assert office.texts("question") == []
    office.followups.record_call(followed, office.today, ["cough"], office.ann, office.clock())
    page = office.followups.open(followed, office.ann, office.clock())
    assert page.answers[office.today][0].channel == "call"
    assert office.needs() == ["unwell"]


def test_a_later_exposure_moves_the_end_and_says_why(office: Following) -> None:
    followed = office.followed()
    before = office.followups.open(followed, office.ann, office.clock()).plan
    with office.database.write() as connection:
        later = exposure.update().where(exposure.c.contact == CONTACT)
        connection.execute(later.values(last_day=before.end - 14 + 1))
    office.at(12)
    page = office.followups.open(followed, office.ann, office.clock())
    assert page.plan.end == before.end + 1
    assert {one.what for one in page.changes} >= {"end"}
    assert page.changes[0].reasons


def test_a_follow_up_ends_by_itself_after_its_last_day(office: Following) -> None:
    followed = office.followed()
    end = office.followups.open(followed, office.ann, office.clock()).plan.end
    office.at(10, days=end - office.today)
    assert office.state(followed) == "asked"
    office.at(10, days=1)
    with office.database.read() as connection:
        assert connection.scalar(select(follow_up.c.state)) == "over"
    with pytest.raises(RefusedError, match="not yours"):
        office.answer(followed)


def test_a_contact_who_tests_positive_becomes_a_case_with_one_action(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    office.answer(followed, "fever")
    token = office.token(CONTACT_NUMBER, "contact-test")
    dates = office.today, office.today, office.clock() - 1
    case_id = office.followups.become_case(followed, token, *dates, office.ann, office.clock())
    (link,) = office.followups.chain(case_id)
    assert (link.contact, link.case_id) == (CONTACT, case_id)
    assert office.followups.chain(link.source_case) == (link,)
    (mine,) = office.followups.mine(office.contact, office.clock())
    assert mine.plan.role == "case"
    assert mine.plan.home.rule == "days-after-onset"
    page = office.followups.open(mine.follow_up, office.ann, office.clock())
    assert page.before == (followed,)
    history = office.followups.open(followed, office.ann, office.clock())
    assert [one.symptoms for one, _ in history.answers.values()] == [("fever",)]
    assert history.line.state == "became-case"


def test_a_token_of_somebody_else_opens_nothing_and_leaves_the_follow_up(
    office: Following,
) -> None:
    followed = office.followed()
    token = office.token(test="of-somebody-else")
    dates = office.today, office.today, office.clock() - 1
    with pytest.raises(RefusedError):
        office.followups.become_case(followed, token, *dates, office.ann, office.clock())
    with office.database.read() as connection:
        assert connection.scalar(select(follow_up.c.state)) == "running"
    assert len(office.followups.mine(office.contact, office.clock())) == 1


def test_symptoms_move_a_cases_release_and_silence_does_not(office: Following) -> None:
    case_id = office.traced()
    followed = office.followups.begin_case(case_id, office.ann, office.clock())
    (mine,) = office.followups.mine(office.person, office.clock())
    assert mine.plan.home.rule == "days-after-onset"
    release = mine.plan.home.day
    assert release is not None
    office.at(12, days=release - 1 - office.today)
    (silent,) = office.followups.mine(office.person, office.clock())
    assert silent.plan.home.day == release
    office.followups.answer(office.person, followed, ["cough"], office.clock())
    (ill,) = office.followups.mine(office.person, office.clock())
    assert ill.plan.home.rule == "days-without-symptoms"
    assert ill.plan.home.day == office.today + 3
    assert [one.what for one in ill.changes] == ["end", "home"]


def test_a_household_answers_together_where_it_wants_to(office: Following) -> None:
    case_id = office.told()
    theirs = office.followups.begin_contact(case_id, CONTACT, office.ann, office.clock())
    own = office.followups.begin_case(case_id, office.ann, office.clock())
    digits = office.followups.invite(office.person, office.clock())
    with pytest.raises(RefusedError, match="hold no more"):
        office.followups.join(office.contact, "00000000", office.clock())
    office.followups.join(office.contact, digits, office.clock())
    with pytest.raises(RefusedError, match="hold no more"):
        office.followups.join(office.contact, digits, office.clock())
    office.at(10, days=1)
    assert len(office.texts("question")) == 1  # to one of them
    (mine,) = office.followups.mine(office.contact, office.clock())
    assert mine.household == (own,)
    office.answer(own)
    assert (office.state(own), office.state(theirs)) == ("answered", "asked")
    assert office.followups.taken(office.contact, office.today, 1)
    assert office.state(theirs) == "answered"
    office.followups.leave(office.contact, office.clock())
    with pytest.raises(RefusedError, match="not yours"):
        office.answer(own)


def test_who_has_not_answered_is_listed_for_the_district(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    (silent,) = office.followups.unanswered("north", office.clock())
    assert silent.id == followed
    assert office.followups.unanswered("south", office.clock()) == ()
    office.answer(followed)
    assert office.followups.unanswered("north", office.clock()) == ()


def test_every_question_is_in_the_record_and_opens_its_entry_of_the_log(
    office: Following,
) -> None:
    followed = office.followed()
    office.at(10, days=1)
    office.at(14)
    office.answer(followed, "fever", needs=("food",))
    lines = office.support.record.of_person(office.contact)
    kinds = [one.kind for one in lines]
    assert sorted(kinds) == sorted(
        ["begun", "asked", "asked-again", "answered", "ticket", "ticket"]
    )
    assert set(kinds) <= set(KINDS)
    with office.database.read() as connection:
        for line in lines:
            query = select(ledger_leaf.c.entry).where(ledger_leaf.c.id == line.leaf)
            entry = bytes(connection.scalar(query) or b"")
            assert opens(entry, line.salt, line.detail_of(office.contact))


def test_a_day_that_is_yet_to_come_or_was_before_it_all_cannot_be_answered(
    office: Following,
) -> None:
    followed = office.followed()
    for day in (office.today + 1, office.today - 30):
        with pytest.raises(QuestionError, match="not one of the follow-up"):
            office.followups.record_call(followed, day, [], office.ann, office.clock())


def test_a_withdrawn_test_stops_its_follow_ups(office: Following) -> None:
    followed = office.followed()
    office.cases.withdraw_test(office.followups.of_case_id(followed), office.ann, office.clock())
    office.at(10, days=1)
    assert office.state(followed) is None
    with office.database.read() as connection:
        assert connection.scalar(select(follow_up.c.state)) == "stopped"
