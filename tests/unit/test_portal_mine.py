"""My data, who looked, what I was told: the pages on which people see what is held of them."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, update
from tests.case_world import FakeGateway
from tests.endings import unguarded
from tests.portal_world import Portal, portal_world, signed, unlocked
from tests.services import HOUR, MINUTE, Clock, seeded
from tests.unit.sample_document import sample_document
from tests.work_world import iso

from fortnight.case.reviews import CLOCK_MS, Reviews
from fortnight.db.message_tables import receipt_heard
from fortnight.db.office_tables import decision, staff_account
from fortnight.db.sending_tables import sending_phone
from fortnight.db.tables import case_file, exposure
from fortnight.ledger.note import Signer
from fortnight.notify.gateway import Answer, Said
from fortnight.notify.settling import settle
from fortnight.vault.looks import add_looks
from fortnight.vault.people import Ask, Seed
from fortnight.vault.purposes import Field, Purpose, Reader
from fortnight.web.portal.routes import PORTAL_ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.report.document import ContactDocument

VERIFIER: Final = Path(__file__).parents[2] / "verify" / "verify_ledger.py"
NEUTRAL_TITLES: Final = {
    "Start", "Today", "Requests", "Replies", "Record", "Together", "Notes", "Looks", "My data",
    "Days",
}  # fmt: skip
NEUTRAL_PATHS: Final = {
    "/portal", "today", "pause", "household", "help", "reply", "record", "notes", "looks", "held",
    "days", "proof", "leave", "language", "unlock", "choices",
}  # fmt: skip


@pytest.fixture(scope="module")
def shared(world_folders: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal_world(world_folders.mktemp("portal"), Clock()) as made:
        yield signed(made)


@pytest.fixture
def portal(shared: Portal) -> Iterator[Portal]:
    """Yield a portal to which the contact has come: coming in anew each time would be too often."""
    jar = shared.client.cookies.jar
    kept = list(jar)
    yield shared
    jar.clear()
    for cookie in kept:
        jar.set_cookie(cookie)


@pytest.fixture
def own_portal(world_folder: Path, clock: Clock) -> Iterator[Portal]:
    """Return a portal of a test's own, where decisions are changed."""
    with portal_world(world_folder, clock) as made:
        yield signed(made)


def looked(
    portal: Portal, first: int, *, case: str = "0" * 32, actor: str = "", later: int = 0
) -> list[str]:
    """Let two people look at the contact in the same hour; return the looks, drawn from a seed."""
    at = portal.service.now // HOUR * HOUR + later
    ids = []
    for number, (role, purpose, fields) in enumerate(
        (
            ("case-worker", Purpose.TRACE, (Field.CONTACT, Field.EVIDENCE)),
            ("lead", Purpose.SUPPORT, (Field.LANGUAGE, Field.NUMBER)),
        )
    ):
        reader = Reader(role, actor or portal.office.ann.actor, "north")
        seed = Seed.of(random.Random(first + number).randbytes)  # noqa: S311 - the same in each world
        with unguarded(portal.office.database) as connection:
            ask = Ask(reader, purpose, fields, case)
            add_looks(connection, "look", ask, {portal.office.contact: seed}, at + number)
        ids.append(seed.look)
    return ids


def proved(portal: Portal, path: str, folder: Path) -> dict[str, Any]:
    """Return a proof that the stand-alone verifier accepts."""
    answer = portal.get(path)
    assert answer.status_code == 200, answer.text
    (folder / "proof.json").write_bytes(answer.content)
    (folder / "key").write_text(str(Signer("fortnight.invalid/log", bytes(32)).public))
    alone = [sys.executable, "-I", "-S", str(VERIFIER), "--key", str(folder / "key")]
    alone += ["--receipt", str(folder / "proof.json")]
    found = subprocess.run(alone, check=False, capture_output=True, timeout=60)
    assert found.returncode == 0, found.stderr
    document: dict[str, Any] = json.loads(answer.content)
    return document


# -- who looked ----------------------------------------------------------------------------------


def world_of_looks(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, *, other: bool
) -> tuple[bytes, ...]:
    """Return the page of looks, and the log's proofs, where the case is one or another."""
    folder.mkdir()
    drawn = SimpleNamespace(token_bytes=seeded(9).randbytes)
    monkeypatch.setattr("fortnight.web.door.secrets", drawn)  # or each world has its own token
    with portal_world(folder, clock) as portal:
        case, actor, later = "1" * 32, portal.office.ann.actor, 0
        if other:
            case, actor, later = "2" * 32, portal.office.lee.actor, 17 * MINUTE
            values = {"onset_day": 1, "test_day": 2, "disease": "measles", "district": "south"}
            with unguarded(portal.office.database) as connection:
                connection.execute(update(case_file).values(values))
                connection.execute(update(staff_account).values(name="somebody else"))
        signed(portal)
        looks = looked(portal, 0, case=case, actor=actor, later=later)
        pending = portal.get("/portal/looks").content
        portal.log.sequence(portal.service.now + HOUR)
        proofs = [portal.get(f"/portal/looks/{one}/proof/look").content for one in looks]
        return (pending, portal.get("/portal/looks").content, *proofs)


def test_two_worlds_that_differ_only_in_the_case_give_identical_pages(
    world_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = world_of_looks(world_folder / "one", Clock(), monkeypatch, other=False)
    two = world_of_looks(world_folder / "two", Clock(), monkeypatch, other=True)
    assert one[:2] == two[:2]
    assert b"Question this look" in one[0]
    assert b"pending" in one[0]
    assert b"pending" not in one[1]
    for first, second in zip(one[2:], two[2:], strict=True):
        says, also = json.loads(first), json.loads(second)
        assert says["opening"] == also["opening"]
        entries = [json.loads(said["entry"]) for said in (says, also)]
        assert {key for key in entries[0] if entries[0][key] != entries[1][key]} == {"office"}


def test_each_look_says_hour_role_district_purpose_field_and_outcome(portal: Portal) -> None:
    looked(portal, 20)
    page = portal.page("/portal/looks")
    for words in (
        "A case worker", "north", "to find out who met whom", "where or near whom you were",
        "opened, not read", "The lead of the health team", "to help you", "10:00 \u2013 11:00",
        "log: pending",
    ):  # fmt: skip
        assert words in page
    assert portal.office.ann.actor not in page
    assert "0" * 32 not in page


def test_a_look_is_questioned_answered_in_words_and_all_of_it_is_proved(
    portal: Portal, tmp_path: Path
) -> None:
    look, _ = looked(portal, 30)
    assert portal.get(f"/portal/looks/{look}/proof/look").status_code == 409  # pending
    assert portal.send("/portal/looks", look=look).status_code == 303
    assert "The data protection officer answers by Thu 5 Mar, 10:00" in portal.page("/portal/looks")
    assert portal.send("/portal/looks", look=look).status_code == 409  # once
    reviews = Reviews(portal.office.database, seeded(3).randbytes)
    (asked,) = [one for one in reviews.list() if one.subject == look]
    assert (asked.subject, asked.due_at) == (look, portal.service.now + CLOCK_MS)
    words = "It was for a file that they work on. Nothing else was read: нет."
    reviews.answer(asked.id, portal.office.lee.actor, words, portal.service.now + HOUR)
    portal.log.sequence(portal.service.now + HOUR)
    page = portal.page("/portal/looks")
    assert words in page
    assert "log: pending" not in page
    assert (
        proved(portal, f"/portal/looks/{look}/proof/look", tmp_path)["opening"]["detail"]["look"]
        == look
    )
    said = proved(portal, f"/portal/looks/{look}/proof/asked", tmp_path)["opening"]["detail"]
    assert said["step"] == "review-asked"
    said = proved(portal, f"/portal/looks/{look}/proof/answered", tmp_path)["opening"]["detail"]
    assert said["answer"] == words


def test_the_officer_sees_the_look_and_its_clock_and_lateness_shows_on_both_sides(
    own_portal: Portal,
) -> None:
    look, _ = looked(own_portal, 40)
    own_portal.send("/portal/looks", look=look)
    (asked,) = Reviews(own_portal.office.database, seeded(3).randbytes).list()
    assert not asked.is_overdue(own_portal.service.now + CLOCK_MS)
    assert asked.is_overdue(own_portal.service.now + CLOCK_MS + 1)
    own_portal.office.clock.now = own_portal.service.now = (
        own_portal.service.now + CLOCK_MS + MINUTE
    )
    signed(own_portal)
    assert "It is late." in own_portal.page("/portal/looks")


def test_somebody_elses_look_is_answered_like_one_that_is_not_there(portal: Portal) -> None:
    theirs, _ = looked(portal, 50)
    signed(portal, case=True)
    unknown = "f" * 32
    for path in ("/portal/looks/{}/proof/look", "/portal/looks/{}/proof/answered"):
        answers = [portal.get(path.format(one)) for one in (theirs, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    answers = [portal.send("/portal/looks", look=one) for one in (theirs, unknown)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert portal.get(f"/portal/looks/{theirs}/proof/asked").status_code == 404


# -- what I was told -----------------------------------------------------------------------------


def document(portal: Portal, start: int, minutes: float, lon: float) -> ContactDocument:
    made = portal.office.contact_met(0)
    end = start + round(minutes * MINUTE)
    episode = replace(
        sample_document(1).contacts[0].episodes[0],
        start=iso(start), end=iso(end), expected_minutes=minutes, minutes=minutes,
        presumed=False, lon=lon,
    )  # fmt: skip
    return replace(
        made, first=iso(start), last=iso(end), minutes=minutes, episodes=[episode],
        probability_contact=0.83,
    )  # fmt: skip


def told_of(portal: Portal, start: int, minutes: float, lon: float = 24.1) -> None:
    """Put another measurement in the place of what the contact was told of."""
    (case_id,) = {one.case_id for one in decisions(portal)}
    with portal.office.database.write() as connection:
        connection.execute(update(case_file).values(state="agreed"))
    portal.office.found(case_id, [document(portal, start, minutes, lon)])
    portal.office.tier(case_id, "told-and-tested")


def decisions(portal: Portal) -> list[Any]:
    with portal.office.database.read() as connection:
        return list(connection.execute(decision.select()))


def without_token(page: bytes) -> bytes:
    return re.sub(rb'name="csrf" value="\w+"', b"", page)


def test_an_exposure_is_told_in_bands_with_how_sure_why_and_what_to_do(portal: Portal) -> None:
    start = portal.service.now // (24 * HOUR) * 24 * HOUR - 14 * HOUR  # ten on the day before
    told_of(portal, start + 7 * MINUTE, 47)
    page = portal.page("/portal/notes")
    for words in (
        "Sun 1 Mar, in the morning: 15 minutes to 1 hour",
        "In about 8 of 10 cases like this one",
        "positions of both phones: the same place, never two metres",
        "counts as close from 15\u00a0min within 24\u00a0h on",
        "You are asked: to be tested.",
        "Watch for symptoms until 15 March 2026.",
        'href="/portal/reply"', 'href="/portal/today"', '<svg class="curve"',
        "Of the last fourteen days no position covers 100",
    ):  # fmt: skip
        assert words in page
    assert not re.search(r"10:07|47 min|10:54|24\.1", page)


def test_two_exposures_of_the_same_bands_read_the_same_whoever_the_case_is(portal: Portal) -> None:
    morning = portal.service.now // (24 * HOUR) * 24 * HOUR - 17 * HOUR  # seven on the day before
    told_of(portal, morning, 20)
    one = portal.get("/portal/notes").content
    told_of(portal, morning + 211 * MINUTE, 59.4, lon=-70.5)
    with portal.office.database.write() as connection:
        connection.execute(update(case_file).values(onset_day=1, test_day=9))
        connection.execute(update(exposure).values(rank=7))
        connection.execute(update(staff_account).values(name="somebody else"))
    assert without_token(portal.get("/portal/notes").content) == without_token(one)


def test_only_who_is_decided_to_be_told_is_told_and_only_of_what_stands(own_portal: Portal) -> None:
    shown = own_portal.page("/portal/notes")
    assert "COVID-19" in shown
    for values in (
        {"kind": "dismiss"},
        {"kind": "tell", "needs_second": True},
        {"kind": "tell", "needs_second": False, "retracted_at": 1, "retracted_why": "mistaken"},
    ):
        with unguarded(own_portal.office.database) as connection:
            connection.execute(update(decision).values(values))
        assert "COVID-19" not in own_portal.page("/portal/notes")


def test_a_test_that_was_withdrawn_takes_the_exposure_back_in_words(own_portal: Portal) -> None:
    (made,) = decisions(own_portal)
    own_portal.office.cases.withdraw_test(
        made.case_id, own_portal.office.ann, own_portal.service.now
    )
    page = own_portal.page("/portal/notes")
    assert "Taken back:" in page
    assert "The test behind this was wrong." in page
    assert "in the morning" not in page
    assert "Watch for symptoms" not in page


def test_nothing_found_never_means_that_there_was_none(portal: Portal) -> None:
    signed(portal, case=True)
    page = portal.page("/portal/notes")
    assert "No meeting was found" in page
    assert "This does not mean that there was none." in page
    assert "nobody may ask you for this page" in page
    assert re.search(r"Of the last fourteen days no position covers 100\s%: 336\sh", page)


def test_a_reply_shows_bands_and_never_the_minutes(portal: Portal) -> None:
    told_of(portal, portal.service.now - 20 * HOUR, 47)
    page = portal.send("/portal/reply", follow_up=portal.followed, kind="wall").text
    assert "15 minutes to 1 hour" in page
    assert "47" not in re.sub(r"<[^>]+>", "", page)


# -- my data, my days ----------------------------------------------------------------------------


def test_my_data_says_what_is_held_without_a_place(portal: Portal) -> None:
    signed(portal, case=True)
    phone = {"device": "d" * 32, "app": "owntracks", "made_at": portal.service.now}
    with portal.office.database.write() as connection:
        connection.execute(insert(sending_phone).values(person=portal.office.person, **phone))
    page = portal.page("/portal/held")
    for words in (
        "Help at home", "Texts to you", "the text that you read:",
        "Your own positive test", "COVID-19", "Daily questions", "Nothing that tells where",
        "Phones that send", "OwnTracks",
    ):  # fmt: skip
        assert words in page


def test_days_open_only_after_what_was_never_sent(portal: Portal) -> None:
    closed = portal.get("/portal/days")
    assert closed.status_code == 303
    assert closed.headers["location"] == "/portal/unlock?next=/portal/days"
    unlocked(portal)
    assert "Nothing of the last 24 hours is shown here." in portal.page("/portal/days")
    assert "Nothing is held of this day." in portal.page("/portal/days?day=20500")
    assert portal.page("/portal/days?day=no-day")


def test_titles_and_addresses_are_of_a_short_neutral_list(portal: Portal) -> None:
    unlocked(portal)
    for path in ("notes", "looks", "held", "days", "today", "help", "reply", "record"):
        (title,) = re.findall("<title>(.*?)</title>", portal.page(f"/portal/{path}"))
        assert title.removesuffix(" · Fortnight") in NEUTRAL_TITLES
        assert 'action="/portal/leave"' in portal.page(f"/portal/{path}")
    spoken = re.compile(r"(?i)expos|contact|case|covid|test|ill|sick|map|track|trace|infect|locat")
    for route in PORTAL_ROUTES:
        assert not spoken.search(route.path), route.path


# -- the record ----------------------------------------------------------------------------------


def entries_in(page: str) -> list[str]:
    return re.findall(r'href="(/portal/record/proof/\w+)"', page)


def test_every_question_and_text_has_a_proof_that_the_verifier_accepts(
    own_portal: Portal, tmp_path: Path
) -> None:
    office = own_portal.office
    (asked,) = [
        row.id
        for row in office.messages()
        if row.template == "question" and row.person == office.contact
    ]
    waiting = [row for row in office.messages() if row.state == "queued"]
    said = {row.id: Said(Answer.TAKEN, ("part-1",) if row.id == asked else ()) for row in waiting}
    gateway = FakeGateway(window=len(waiting))
    gateway.answers = [
        said[row.id] for row in sorted(waiting, key=lambda one: (one.made_at, one.id))
    ]
    office.outbox.drain(gateway, office.clock())
    with office.database.write() as connection:
        heard = {"id": "e" * 32, "person": office.contact, "reference": "part-1", "marker": None}
        values = heard | {"outcome": "delivered", "heard_at": office.clock()}
        connection.execute(insert(receipt_heard).values(values))
        settle(connection, asked, office.clock() + 1, seeded(9).randbytes)
    pending = own_portal.page("/portal/record")
    assert "A text: how are you today?: arrived" in re.sub(r"<[^>]*>|\n", "", pending)
    assert entries_in(pending) == []
    assert pending.count("log: pending") >= 4
    own_portal.log.sequence()
    page = own_portal.page("/portal/record")
    assert "log: pending" not in page
    assert re.search(r"sent, <a [^>]*>log: entry \d+</a> · arrived, <a [^>]*>log: entry", page)
    proofs = [
        proved(own_portal, path, tmp_path)["opening"]["detail"] for path in set(entries_in(page))
    ]
    texts = [one for one in proofs if one.get("message") == asked]
    assert sorted(one["outcome"] for one in texts) == ["delivered", "sent"]
    assert {one["template"] for one in texts} == {"question"}
    assert "asked" in {one.get("kind") for one in proofs}
    assert {one["person"] for one in proofs} == {office.contact}


def test_a_proof_of_somebody_elses_line_or_of_none_is_not_given(own_portal: Portal) -> None:
    office = own_portal.office
    office.followups.choose_zone(office.person, "Moscow", office.clock())
    own_portal.log.sequence()
    (line, *_) = office.support.record.of_person(office.person)
    (mine, *_) = office.support.record.of_person(office.contact)
    assert own_portal.get(f"/portal/record/proof/{mine.leaf}").status_code == 200
    answers = [
        own_portal.get(f"/portal/record/proof/{leaf}") for leaf in (line.leaf, "0" * 32, "x")
    ]
    assert len({(one.status_code, one.content) for one in answers}) == 1
    assert answers[0].status_code >= 400


def test_a_proof_that_waits_for_the_log_says_so(own_portal: Portal) -> None:
    (line, *_) = own_portal.office.support.record.of_person(own_portal.office.contact)
    answer = own_portal.get(f"/portal/record/proof/{line.leaf}")
    assert answer.status_code == 409
    assert "every minute" in answer.text
