"""Follow-up and support in the office: both languages, relations, looks, red flags, tickets."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any, Final

import pytest
from litestar.testing import TestClient
from sqlalchemy import select, update
from tests.office_world import TODAY, OfficeWorld, office_world, reader
from tests.services import DAY, HOUR
from tests.staff_world import Colleague, colleague
from tests.whole_service import agree

from fortnight.db.support_tables import follow_day, support_ticket
from fortnight.db.tables import case_file, exposure
from fortnight.isolation.needs import Need
from fortnight.isolation.rescore import Reply
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from litestar import Litestar

    from fortnight.service import Service

FIRST: Final = "1970-01-01"


@dataclass
class World:
    """An office that follows a contact who met the case."""

    office: OfficeWorld
    client: TestClient[Litestar]
    person: str  # behind the contact
    follow_up: str

    @property
    def service(self) -> Service:
        return self.office.service

    @property
    def path(self) -> str:
        return f"{self.office.case}/follow-ups/{self.follow_up}"

    def get(self, path: str, who: Colleague | None = None, language: str = "en") -> httpx.Response:
        headers = {**(who or self.office.worker).headers, "accept-language": language}
        return self.client.get(path, headers=headers, follow_redirects=False)

    def send(self, path: str, who: Colleague | None = None, **fields: Any) -> httpx.Response:  # noqa: ANN401 - fields of a form
        headers = (who or self.office.worker).headers
        return self.client.post(path, data=fields, headers=headers, follow_redirects=False)

    def looks(self) -> int:
        return sum(one.purpose == "support" for one in self.service.vault.looks_at(self.person))

    def ask(self, need: Need = Need.FOOD, **details: str) -> str:
        tickets, now = self.service.support.tickets, self.service.clock()
        return tickets.ask(self.person, need, details, now)

    def needs(self) -> set[str]:
        t = support_ticket.c
        with self.service.database.read() as connection:
            return set(connection.scalars(select(t.need).where(t.ended_at.is_(None))))


def iso(day: int) -> str:
    return datetime.fromtimestamp(day * DAY / 1_000, UTC).date().isoformat()


def text(answer: httpx.Response) -> str:
    return unescape(answer.text)


@pytest.fixture(scope="module")
def made(world_folders: pytest.TempPathFactory) -> Iterator[World]:
    with office_world(world_folders.mktemp("followup")) as office:
        service, who, now = office.service, reader(office.worker), office.clock()
        decided = service.work.decisions.decide(
            office.case_id, office.contact, "tell", "so", office.worker.account.id, who, now
        )
        if decided.is_waiting:
            lead = office.lead
            service.work.decisions.approve(decided.id, lead.account.id, reader(lead), now)
        resolved = service.vault.resolve(office.case_id, office.contact, who, now)
        agree(service, resolved.person, "support")
        with TestClient(create_app(service)) as client:
            yield World(office, client, resolved.person, "")


@pytest.fixture
def world(made: World) -> World:
    """Return the office with the contact followed, whatever the tests before have done."""
    support, office = made.service.support, made.office
    now = office.clock()
    with made.service.database.write() as connection:
        tier = update(exposure).where(exposure.c.contact == office.contact)
        connection.execute(tier.values(tier="told-and-tested", minutes=60))
    running = [
        one.id
        for one in support.followups.of_case(office.case_id, now)
        if one.contact and one.state == "running"
    ]
    if not running:
        answer = made.send(f"{office.met}/follow-up")
        assert answer.status_code == 303
        running = [answer.headers["location"].rpartition("/")[2]]
    return replace(made, follow_up=running[0])


# -- the page of a case ---------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "said"), [("en", "Follow-up"), ("ru", "Наблюдение")])
def test_the_page_of_a_case_says_who_is_followed_and_leads_there(
    world: World, language: str, said: str
) -> None:
    page = world.get(world.office.case, language=language).text
    assert f">{said}</h2>" in page
    assert world.path in page


def test_a_contact_is_followed_once_and_a_case_only_where_they_agreed(world: World) -> None:
    again = world.send(f"{world.office.met}/follow-up")
    assert again.status_code == 409
    assert "They are followed already." in text(again)
    refused = world.send(f"{world.office.case}/follow-up")
    assert refused.status_code == 409
    assert "They did not agree to support" in text(refused)


# -- the page of a follow-up ----------------------------------------------------------------------


def test_a_look_is_committed_before_answers_are_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.send(f"{world.path}/answer", day=iso(TODAY), symptom=["cough"], note="A <b>dry</b> one")
    before = world.looks()
    page = world.get(world.path).text
    assert world.looks() == before + 1
    assert "A &lt;b&gt;dry&lt;/b&gt; one" in page

    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(type(world.service.vault), "open_access", broken)
    client = TestClient(world.client.app, raise_server_exceptions=False)
    failed = client.get(world.path, headers=world.office.worker.headers)
    assert failed.status_code == 500
    assert "dry" not in failed.text


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_red_flag_shows_the_number_at_once_and_that_nobody_is_on_duty(
    world: World, language: str
) -> None:
    headers = {**world.office.worker.headers, "accept-language": language}
    answer = world.client.post(
        f"{world.path}/answer",
        data={"day": iso(TODAY), "symptom": ["chest-pain"]},
        headers=headers,
        follow_redirects=False,
    )
    assert answer.status_code == 200
    alarm = text(answer).partition('id="emergency"')[2].partition("</div>")[0]
    assert 'href="tel:112"' in alarm
    nobody = {
        "en": "Nobody is ever on duty here: do not wait for us.",
        "ru": "Дежурных здесь нет: не ждите нас.",
    }
    assert nobody[language] in alarm
    assert "urgent" in world.needs()


def test_the_form_says_the_number_before_anything_is_sent(world: World) -> None:
    form = world.get(world.path).text.partition('id="call"')[2].partition("</form>")[0]
    assert 'href="tel:112"' in form
    assert "<script" not in form


@pytest.mark.parametrize(
    ("step", "fields", "why"),
    [
        ("answer", {"day": "soon"}, "Give a day"),
        ("answer", {"day": "2031-01-01"}, "not one of the follow-up"),
        ("answer", {"day": FIRST, "symptom": ["boredom"]}, "is not asked about"),
        ("answer", {"day": FIRST, "need": ["gold"]}, "Choose needs from the list."),
        ("pause", {"kind": "holiday"}, "A pause is for one of"),
        ("pause", {"kind": "hospital", "until": "2001-01-01T00:00"}, "A pause ends after now"),
        ("reply", {"kind": "nonsense"}, "Choose what they say from the list."),
        ("positive", {"token": "x", "test": "2026-02-28", "sample": "2026-02-28T08:00"}, ""),
    ],
)
def test_what_cannot_be_recorded_says_why_and_changes_nothing(
    world: World, step: str, fields: dict[str, Any], why: str
) -> None:
    answer = world.send(f"{world.path}/{step}", **fields)
    assert answer.status_code == 409, answer.text[:300]
    assert "Nothing was changed" in text(answer)
    assert why in text(answer)


def test_somebody_in_hospital_is_left_alone_until_they_are_back(world: World) -> None:
    assert world.send(f"{world.path}/pause", kind="hospital").status_code == 303
    assert "In hospital" in world.get(world.path).text
    assert world.send(f"{world.path}/back").status_code == 303
    assert "They are back" not in world.get(world.path).text


def test_somebody_is_called_instead_of_texted_and_texted_again(world: World) -> None:
    line = world.service.support.followups.of_case
    for wish, by_voice in (("yes", True), ("no", False)):
        assert world.send(f"{world.path}/voice", by_voice=wish).status_code == 303
        lines = {one.id: one for one in line(world.office.case_id, world.office.clock())}
        assert lines[world.follow_up].by_voice is by_voice


# -- tickets --------------------------------------------------------------------------------------


def ticket_path(world: World, ticket: str) -> str:
    return f"{world.office.case}/tickets/{ticket}"


def test_a_case_worker_says_in_which_time_zone_somebody_is(world: World) -> None:
    refused = world.send(f"{world.path}/zone", zone="Moskow")
    assert refused.status_code == 409
    assert "Did you mean Europe/Moscow?" in text(refused)
    assert 'value="Moskow"' in text(refused)
    assert world.send(f"{world.path}/zone", zone="moscow").status_code == 303
    assert "Europe/Moscow" in text(world.get(world.path))
    (line,) = [
        one for one in world.service.support.record.of_person(world.person)
        if one.kind == "time-zone"
    ]  # fmt: skip
    assert line.detail == "own-time"
    assert world.send(f"{world.path}/zone", zone="").status_code == 303
    assert "Europe/Moscow" not in text(world.get(world.path))


def test_a_ticket_is_read_under_a_look_and_a_partner_gets_its_fields_alone(world: World) -> None:
    held = {"name": "As on the door", "address": "Third floor", "items": "Bread", "note": "cough"}
    path = ticket_path(world, world.ask(Need.FOOD, **held))
    page = text(world.get(path))
    assert not [value for value in held.values() if value in page]
    before = world.looks()
    page = text(world.send(f"{path}/read"))
    assert world.looks() == before + 1
    assert all(value in page for value in held.values())
    given = text(world.send(f"{path}/partner", partner="The pantry"))
    assert world.looks() == before + 2
    handed = given.partition('id="handed"')[2].partition("</dl>")[0]
    assert re.findall(r"<dd>(.*?)</dd>", handed) == [
        "As on the door", "+37120000002", "Third floor", "Bread",
    ]  # fmt: skip
    assert "The pantry" in text(world.get("/office/tickets"))


def test_a_ticket_is_taken_and_ended_with_an_outcome(world: World) -> None:
    path = ticket_path(world, world.ask(Need.LETTER))
    assert world.send(f"{path}/take").status_code == 303
    assert "I see to it" not in text(world.get(path))
    assert world.send(f"{path}/end", outcome="reported").status_code == 409
    assert world.send(f"{path}/end", outcome="helped").status_code == 303
    assert "Helped" in text(world.get(path))
    assert world.send(f"{path}/take").status_code == 409
    assert path not in text(world.get("/office/tickets"))


def test_what_is_overdue_comes_first_and_is_counted_at_home(world: World) -> None:
    late, soon = world.ask(Need.MONEY), world.ask(Need.SAFE_PLACE)
    t = support_ticket.c
    with world.service.database.write() as connection:
        past = {"due_at": world.office.clock() - HOUR}
        connection.execute(update(support_ticket).where(t.id == late).values(past))
    listed = text(world.get("/office/tickets"))
    assert 0 < listed.index(late) < listed.index(soon)
    row = listed[listed.index(late) :].partition("</tr>")[0]
    assert "overdue" in row
    assert "/office/tickets#tickets" in world.get("/office").text
    world.service.support.tickets.end(
        late, "helped", world.office.worker.account.id, reader(world.office.worker), 1
    )


def test_who_did_not_answer_is_listed_and_counted(world: World) -> None:
    values = {"state": "to-call", "since": 1_260, "case_id": world.office.case_id}
    where = {"follow_up": world.follow_up, "day": TODAY - 1}
    with world.service.database.write() as connection:
        connection.execute(follow_day.insert().values(**where, **values))
    assert world.path in text(world.get("/office/tickets"))
    assert "/office/tickets#silent" in world.get("/office").text
    with world.service.database.write() as connection:
        d = follow_day.c
        connection.execute(
            follow_day.delete().where(d.follow_up == world.follow_up, d.day == TODAY - 1)
        )
    assert world.path not in text(world.get("/office")).partition("silent")[2]


# -- replies --------------------------------------------------------------------------------------


def test_a_reply_is_shown_with_before_and_after_read_under_a_look_and_answered(
    world: World,
) -> None:
    replies, now = world.service.support.replies, world.office.clock()
    replies.reply(world.person, world.follow_up, Reply.NOT_THERE, "I was abroad", now)
    (one,) = [one for one in replies.of_case(world.office.case_id, now) if one.stands is None]
    path = f"{world.office.met}/replies/{one.id}"
    home = text(world.get("/office", world.office.lead))
    assert path in home
    page = text(world.get(path)).replace("\u00a0", " ")
    assert ("1 h" in page, "0 min" in page, "abroad" in page) == (True, True, False)
    before = world.looks()
    assert "I was abroad" in text(world.send(f"{path}/read"))
    assert world.looks() == before + 1
    assert "Say whether it is so" in text(world.send(f"{path}/answer", words="x"))
    assert "Say in a sentence" in text(world.send(f"{path}/answer", stands="no"))
    done = world.send(f"{path}/answer", stands="no", words="The phone was there all evening")
    assert done.headers["location"] == "/office/tickets#replies"
    assert path not in text(world.get("/office/tickets"))
    assert replies.of_person(world.person)[0].answered_by == world.office.worker.account.name


def test_a_reply_said_on_the_phone_is_scored_at_once(world: World) -> None:
    assert world.send(f"{world.path}/reply", kind="wall").status_code == 303
    (one,) = [
        one
        for one in world.service.support.replies.of_case(world.office.case_id, 0)
        if one.kind is Reply.WALL
    ]
    assert (one.before.minutes, one.after.minutes) == (60, 0)


# -- who may --------------------------------------------------------------------------------------


def paths(world: World) -> list[str]:
    ticket = world.ask(Need.TALK)
    return [world.path, ticket_path(world, ticket)]


@pytest.mark.parametrize("role", ["epidemiologist", "data-protection", "administrator"])
def test_nobody_else_sees_any_of_it(world: World, role: str) -> None:
    who = colleague(world.service, role)
    for path in (*paths(world), "/office/tickets"):
        assert world.get(path, who).status_code == 404


def test_another_district_sees_the_one_answer_and_empty_lists(world: World) -> None:
    away = colleague(world.service, "lead", district="elsewhere")
    nothing = world.get("/office/nothing/here", away)
    for path in paths(world):
        answer = world.get(path, away)
        assert (answer.status_code, answer.content) == (404, nothing.content)
    assert world.office.case_id not in world.get("/office/tickets", away).text


def test_a_contact_who_works_here_sees_nothing_of_their_own(world: World) -> None:
    own = colleague(world.service, "case-worker", number="+37120000002")
    for path in paths(world):
        assert world.get(path, own).status_code == 404
        assert world.send(f"{path}/answer", own).status_code == 404
    assert world.follow_up not in world.get("/office/tickets", own).text


def test_who_knows_the_case_sees_none_of_it(world: World) -> None:
    knows = colleague(world.service, "lead")
    declare = world.service.work.assignments.declare_conflict
    declare(world.office.case_id, knows.account.id, reader(knows), world.office.clock())
    for path in paths(world):
        assert world.get(path, knows).status_code == 404
    assert world.follow_up not in world.get("/office/tickets", knows).text


def test_a_follow_up_of_another_case_is_not_found_under_this_one(world: World) -> None:
    path = f"/office/cases/{'0' * 32}/follow-ups/{world.follow_up}"
    assert world.get(path).status_code == 404
    assert world.get(f"{world.office.case}/follow-ups/{'0' * 32}").status_code == 404


# -- becomes a case -------------------------------------------------------------------------------


def test_a_contact_who_tests_positive_becomes_a_case_and_the_chain_is_shown(world: World) -> None:
    token = world.office.token("+37120000002", "positive")
    answer = world.send(
        f"{world.path}/positive", token=token, test=iso(TODAY), sample="2026-02-28T08:00"
    )
    assert answer.status_code == 303, text(answer)
    new = answer.headers["location"]
    assert world.office.case_id in world.get(new).text
    assert new in world.get(world.path).text
    assert new in world.get(world.office.case).text
    assert world.send(f"{world.path}/voice", by_voice="yes").status_code == 409
    (own,) = world.service.support.followups.of_case(new.rpartition("/")[2], world.office.clock())
    assert own.contact is None
    assert world.path in world.get(f"{new}/follow-ups/{own.id}").text
    with world.service.database.read() as connection:
        assert connection.scalar(select(case_file.c.id).where(case_file.c.id == own.case_id))
