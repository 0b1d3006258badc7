"""Support at home on both databases: tickets, pauses, reminders and replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.case_world import DAY_MS
from tests.services import HOUR, MINUTE, seeded
from tests.support_world import CONTACT, Following
from tests.work_world import contact_id

from fortnight.db.support_tables import follow_day, follow_up, home_reminder, support_record
from fortnight.db.tables import exposure, ledger_leaf, metadata
from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.isolation.needs import Need
from fortnight.isolation.reminder import Position
from fortnight.isolation.rescore import Reply
from fortnight.retention.nameless_case import make_nameless

if TYPE_CHECKING:
    from tests.services import Clock

    from fortnight.db.engine import Database


@pytest.fixture
def office(database: Database, clock: Clock) -> Following:
    return Following(database, clock, seeded().randbytes)


def tier_of(office: Following) -> str | None:
    with office.database.read() as connection:
        query = select(exposure.c.tier).where(exposure.c.contact == CONTACT)
        return connection.scalar(query)


def test_nobody_is_asked_or_rung_up_after_they_took_back_support(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    office.support.tickets.ask(office.contact, Need.FOOD, {}, office.clock())
    office.consents.withdraw(office.contact, "support", office.clock())
    for days, hour in ((1, 15), (1, 20), (2, 12), (2, 20), (3, 12)):
        office.at(hour, days=days)
    assert len(office.followups.calendar(followed)) == 1
    assert office.needs() == []
    assert office.followups.mine(office.contact, office.clock()) == ()
    assert [one.outcome for one in office.support.tickets.of_person(office.contact)] == [
        "not-needed"
    ]
    assert office.support.tickets.open_ones("north", office.clock()) == ()


def minutes_of(office: Following) -> int:
    with office.database.read() as connection:
        query = select(exposure.c.minutes).where(exposure.c.contact == CONTACT)
        return int(connection.scalar(query) or 0)


# -- tickets -------------------------------------------------------------------------------------


def test_a_ticket_has_an_owner_a_deadline_and_an_outcome(office: Following) -> None:
    office.followed()
    tickets, now = office.support.tickets, office.clock()
    details = {"medicine": "for the heart", "address": "third floor", "name": "as on the door"}
    ticket_id = tickets.ask(office.contact, Need.MEDICINE, details, now)
    (listed,) = tickets.open_ones("north", now)
    assert (listed.need, listed.due_at, listed.owner) == (Need.MEDICINE, now + 4 * HOUR, None)
    assert not listed.is_overdue
    (late,) = tickets.open_ones("north", now + 5 * HOUR)
    assert late.is_overdue
    assert tickets.open_ones("south", now) == ()
    tickets.take(ticket_id, office.ben.actor, office.ben, now)
    (own,) = tickets.open_ones("north", now, account=office.ben.actor)
    assert own.owner == office.ben.actor
    assert tickets.open_ones("north", now, account=office.ann.actor) == ()
    tickets.end(ticket_id, "helped", office.ben.actor, office.ben, now)
    assert tickets.open_ones("north", now) == ()
    (mine,) = tickets.of_person(office.contact)
    assert (mine.outcome, mine.is_taken) == ("helped", True)
    with pytest.raises(ConflictError, match="ended"):
        tickets.end(ticket_id, "helped", office.ben.actor, office.ben, now)
    with pytest.raises(QuestionError, match="ends as one of"):
        tickets.end(ticket_id, "reported", office.ben.actor, office.ben, now)


def test_a_partner_gets_what_the_need_takes_under_a_look(office: Following) -> None:
    office.followed()
    tickets, now = office.support.tickets, office.clock()
    details = {"name": "as on the door", "address": "third floor", "items": "bread", "note": "ill"}
    ticket_id = tickets.ask(office.contact, Need.FOOD, details, now)
    before = len(office.fake.looks)
    told = tickets.give_to_partner(ticket_id, "the pantry", office.ann.actor, office.ann, now)
    assert told == {
        "name": "as on the door",
        "number": "+37060000002",
        "address": "third floor",
        "items": "bread",
    }
    assert office.fake.looks[before:] == [(office.contact, "support", "case,language,number")]
    assert tickets.open_ones("north", now)[0].partner == "the pantry"
    assert "given-to-partner" in {
        one.kind for one in office.support.record.of_person(office.contact)
    }


def test_what_is_the_health_teams_alone_goes_to_no_partner(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    office.answer(followed, "fever")
    (ticket,) = office.support.tickets.open_ones("north", office.clock())
    with pytest.raises(RefusedError, match="health team alone"):
        office.support.tickets.give_to_partner(
            ticket.id, "the pantry", office.ann.actor, office.ann, office.clock()
        )


def test_a_ticket_is_for_what_is_on_the_list(office: Following) -> None:
    office.followed()
    ask, now = office.support.tickets.ask, office.clock()
    with pytest.raises(QuestionError, match="may be asked for"):
        ask(office.contact, Need.HELP, {}, now)
    with pytest.raises(QuestionError, match="no 'employer'"):
        ask(office.contact, Need.LETTER, {"employer": "x"}, now)
    with pytest.raises(ConflictError, match="follow-up is over"):
        ask(office.person, Need.FOOD, {}, now)
    first = ask(office.contact, Need.FOOD, {"items": "bread"}, now)
    assert ask(office.contact, Need.FOOD, {"address": "third floor"}, now) == first
    held = office.support.tickets.read(first, office.ann, now)
    assert (held["items"], held["address"]) == ("bread", "third floor")


# -- pauses --------------------------------------------------------------------------------------


def test_in_hospital_nobody_asks_reminds_or_calls_until_they_are_back(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    office.support.pauses.pause(office.contact, "hospital", None, office.clock())
    for days in range(3):
        for hour in (10, 14, 18, 20, 23):
            office.at(hour, days=int(hour == 10 and days > 0))
    assert office.needs() == []
    assert len(office.texts("question")) == 1
    (mine,) = office.followups.mine(office.contact, office.clock())
    assert mine.paused == "hospital"
    office.support.pauses.back(office.contact, office.clock())
    office.at(10, days=1)
    assert office.state(followed) == "asked"


def test_an_appointment_pauses_for_a_day_at_most_and_ends_by_itself(office: Following) -> None:
    followed = office.followed()
    until = office.clock() + 100 * DAY_MS
    office.support.pauses.pause(office.contact, "appointment", until, office.clock())
    office.at(11)
    assert office.state(followed) == "paused"
    office.at(13, days=1)
    (mine,) = office.followups.mine(office.contact, office.clock())
    assert mine.paused is None
    assert office.state(followed) == "asked"


def test_a_pause_ends_what_silence_opened(office: Following) -> None:
    followed = office.followed()
    office.at(10, days=1)
    for hour in (14, 18, 20):
        office.at(hour)
    assert office.needs() == ["help"]
    later = office.clock() + HOUR
    office.support.pauses.pause_by(followed, "appointment", later, office.ann, office.clock())
    assert office.needs() == []
    with pytest.raises(QuestionError, match="after now"):
        office.support.pauses.pause(office.contact, "hospital", 1, office.clock())


# -- reminders -----------------------------------------------------------------------------------


def away(office: Following, minutes: int) -> list[bool]:
    """Send positions far from home for so many minutes; return what each was answered."""
    said = []
    for minute in range(0, minutes + 1, 5):
        at = office.clock() + minute * MINUTE
        position = Position(at, 720 + minute, 25.0, 54.7, 10.0)
        said.append(office.support.reminders.position(office.contact, position, at))
    return said


def everything(office: Following) -> dict[str, list[tuple[object, ...]]]:
    with office.database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


def test_a_reminder_goes_to_the_phone_that_asked_and_leaves_nothing_anywhere(
    office: Following,
) -> None:
    office.followed()
    assert not any(away(office, 30))  # off until they turn it on
    office.support.reminders.turn_on(office.contact, 25.2, 54.7, office.clock())
    before = everything(office)
    assert away(office, 30) == [False, False, True, False, False, False, False]
    assert everything(office) == before
    assert office.fake.looks == office.fake.looks[: len(office.fake.looks)]
    assert office.support.reminders.held() == 1
    office.support.reminders.turn(office.clock() + 2 * HOUR)
    assert office.support.reminders.held() == 0


def test_of_the_reminder_the_record_has_on_and_off_alone(office: Following) -> None:
    office.followed()
    reminders = office.support.reminders
    reminders.turn_on(office.contact, 25.2, 54.7, office.clock())
    reminders.turn_on(office.contact, 25.3, 54.7, office.clock())
    away(office, 30)
    reminders.turn_off(office.contact, office.clock())
    reminders.turn_off(office.contact, office.clock())
    kinds = [one.kind for one in office.support.record.of_person(office.contact)]
    assert sorted(kinds) == ["begun", "reminder-off", "reminder-on"]
    assert not reminders.is_on(office.contact)
    with office.database.read() as connection:
        assert connection.execute(select(home_reminder)).all() == []


def test_a_pause_and_the_end_of_the_follow_up_turn_it_off(office: Following) -> None:
    office.followed()
    office.support.reminders.turn_on(office.contact, 25.2, 54.7, office.clock())
    office.support.pauses.pause(office.contact, "hospital", None, office.clock())
    assert not any(away(office, 60))
    office.support.pauses.back(office.contact, office.clock())
    office.at(12, days=40)
    assert not office.support.reminders.is_on(office.contact)
    with pytest.raises(ConflictError, match="nothing to remind of"):
        office.support.reminders.turn_on(office.contact, 25.2, 54.7, office.clock())
    with pytest.raises(QuestionError, match="no place"):
        office.support.reminders.turn_on(office.contact, 200.0, 54.7, office.clock())


# -- replies -------------------------------------------------------------------------------------


def test_a_reply_scores_again_at_once_and_shows_before_and_after(office: Following) -> None:
    followed = office.followed()
    found = office.support.replies.reply(
        office.contact, followed, Reply.NOT_THERE, "I was at work", office.clock()
    )
    assert (found.before.tier, found.after.tier) == ("told-and-tested", None)
    assert tier_of(office) is None
    (mine,) = office.followups.mine(office.contact, office.clock())
    assert mine.plan.days == ()
    (own,) = office.support.replies.of_person(office.contact)
    assert (own.before.tier, own.after.tier, own.stands) == ("told-and-tested", None, None)


def test_a_named_person_answers_within_a_day_or_the_lead_sees_it(office: Following) -> None:
    followed = office.followed()
    replies, now = office.support.replies, office.clock()
    replies.reply(office.contact, followed, Reply.WALL, "a wall of bricks", now)
    (waiting,) = replies.waiting("north", now)
    assert waiting.due_at == now + DAY_MS
    assert replies.overdue("north", now) == ()
    assert [one.id for one in replies.overdue("north", now + DAY_MS + 1)] == [waiting.id]
    assert replies.read(waiting.id, office.ann, now) == "a wall of bricks"
    scored = replies.answer(
        waiting.id, "The plan has no wall.", office.ann.actor, office.ann, now, stands=False
    )
    assert scored.tier == tier_of(office) == "told-and-tested"
    (own,) = replies.of_person(office.contact)
    assert own.stands is False
    assert own.answer == "The plan has no wall."
    assert own.answered_by is not None
    assert own.answered_by.startswith("case-worker")
    assert replies.waiting("north", now) == ()
    with pytest.raises(ConflictError, match="answered already"):
        replies.answer(waiting.id, "again", office.ben.actor, office.ben, now, stands=True)


def test_the_same_is_said_once_and_only_about_ones_own_exposure(office: Following) -> None:
    followed = office.followed()
    replies, now = office.support.replies, office.clock()
    replies.reply(office.contact, followed, Reply.MASKS, "", now)
    with pytest.raises(ConflictError, match="said so already"):
        replies.reply(office.contact, followed, Reply.MASKS, "", now)
    with pytest.raises(RefusedError, match="no exposure of yours"):
        replies.reply(office.person, followed, Reply.WALL, "", now)
    own = office.followups.begin_case(office.followups.of_case_id(followed), office.ann, now)
    with pytest.raises(RefusedError, match="no exposure of yours"):
        replies.reply(office.person, own, Reply.WALL, "", now)


def test_masks_by_phone_bring_a_short_meeting_under_the_threshold(office: Following) -> None:
    followed = office.followed()
    with office.database.write() as connection:
        short = exposure.update().where(exposure.c.contact == CONTACT)
        connection.execute(short.values(minutes=30))
    found = office.support.replies.reply_by(followed, Reply.MASKS, "", office.ann, office.clock())
    assert (found.before.tier, found.after.tier) == ("told-and-tested", "told")


def test_a_reply_still_counts_after_a_new_trace(office: Following) -> None:
    followed = office.followed()
    case_id = office.followups.of_case_id(followed)
    office.support.replies.reply(office.contact, followed, Reply.OTHER_PHONE, "", office.clock())
    office.found(case_id, [office.contact_met(0)])
    office.tier(case_id, "asked-to-stay-home")
    office.at(12)
    assert tier_of(office) is None
    assert contact_id(0) == CONTACT


def test_what_a_newer_trace_measured_comes_back_where_a_reply_is_found_not_to_be_so(
    office: Following,
) -> None:
    followed = office.followed()
    replies, now = office.support.replies, office.clock()
    case_id = office.followups.of_case_id(followed)
    replies.reply(office.contact, followed, Reply.OTHER_PHONE, "", now)
    office.tier(case_id, "asked-to-stay-home")
    office.at(12)
    assert tier_of(office) is None
    (waiting,) = replies.waiting("north", office.clock())
    found = replies.answer(
        waiting.id, "Both are yours.", office.ann.actor, office.ann, office.clock(), stands=False
    )
    assert found.tier == tier_of(office) == "asked-to-stay-home"


def test_of_two_replies_the_one_that_stands_counts_once(office: Following) -> None:
    followed = office.followed()
    replies, now = office.support.replies, office.clock()
    with office.database.write() as connection:
        connection.execute(
            exposure.update().where(exposure.c.contact == CONTACT).values(minutes=400)
        )
    replies.reply(office.contact, followed, Reply.WALL, "", now)
    replies.reply(office.contact, followed, Reply.MASKS, "", now + 1)
    wall = next(one for one in replies.waiting("north", now + 2) if one.kind is Reply.WALL)
    found = replies.answer(
        wall.id, "The plan has none.", office.ann.actor, office.ann, now + 2, stands=False
    )
    assert 0 < found.minutes < 400
    for hour in (12, 13):
        office.at(hour)
        assert minutes_of(office) == round(found.minutes)


def test_every_reply_pause_and_ticket_is_in_the_record_with_its_entry(office: Following) -> None:
    followed = office.followed()
    now = office.clock()
    office.support.replies.reply(office.contact, followed, Reply.WALL, "", now)
    office.support.pauses.pause(office.contact, "hospital", None, now)
    office.support.pauses.back(office.contact, now)
    office.support.tickets.ask(office.contact, Need.TALK, {}, now)
    kinds = {one.kind for one in office.support.record.of_person(office.contact)}
    assert {"reply", "plan-changed", "paused", "back", "ticket"} <= kinds
    with office.database.read() as connection:
        leaves = set(connection.scalars(select(support_record.c.leaf)))
        assert leaves <= set(connection.scalars(select(ledger_leaf.c.id)))


# -- endings -------------------------------------------------------------------------------------


def test_when_a_case_is_erased_its_contacts_are_followed_on_and_nobody_else(
    office: Following,
) -> None:
    case_id = office.told()
    named = office.named_contact(case_id)
    now = office.clock()
    theirs = office.followups.begin_contact(case_id, CONTACT, office.ann, now)
    office.followups.begin_contact(case_id, named, office.ann, now)
    office.followups.begin_case(case_id, office.ann, now)
    office.at(10, days=1)
    office.answer(theirs, "fever", needs=("food",))
    with office.database.write() as connection:
        make_nameless(connection, case_id, office.random, office.clock())
    with office.database.read() as connection:
        assert list(connection.scalars(select(follow_up.c.id))) == [theirs]
        assert set(connection.scalars(select(follow_day.c.follow_up))) == {theirs}
    office.at(10, days=1)
    assert office.state(theirs) == "asked"
    page = office.followups.open(theirs, office.ann, office.clock())
    assert [one.symptoms for one, _ in page.answers.values()] == [("fever",)]


def test_somebody_named_becomes_a_case_by_the_number_that_the_case_gave(office: Following) -> None:
    case_id = office.told()
    named = office.named_contact(case_id)
    followed = office.followups.begin_contact(case_id, named, office.ann, office.clock())
    token = office.token("+37060000003", "of-the-neighbour")
    dates = office.today, office.today, office.clock() - 1
    new = office.followups.become_case(followed, token, *dates, office.ann, office.clock())
    assert office.followups.chain(new)[0].contact == named
    with pytest.raises(ConflictError, match="Only a contact who is followed"):
        office.followups.become_case(followed, token, *dates, office.ann, office.clock())
